//! Where the files of long exports lie.

use std::path::PathBuf;

use bihuan_store::export_job::ExportJob;
use uuid::Uuid;

use super::order::Format;
use crate::app::App;
use crate::ctx::Ctx;

/// Returns the directory of the files of long exports.
pub fn directory(app: &App) -> PathBuf {
    app.store().directory().join("exports")
}

/// Returns what the file of an export is called on disk.
pub fn name(id: Uuid, format: Format) -> String {
    format!("{id}.{}", format.word())
}

/// Returns where the file of an export lies, if it ever had one.
pub fn path(ctx: &Ctx, job: &ExportJob) -> Option<PathBuf> {
    let format = Format::named(&job.form)?;
    job.file
        .as_ref()
        .map(|_| directory(&ctx.app).join(name(job.id, format)))
}
