//! Long exports: written in the background, stopped by their owner, removed after a day.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use bihuan_report::table::{WriteError, Written};
use bihuan_store::commit::idempotency::Once;
use bihuan_store::error::StoreError;
use bihuan_store::export_job::{ExportState, NewExport};
use bihuan_store::made::Made;
use bihuan_store::tenant::Tenant;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::order::Order;
use super::{file, table};
use crate::app::{App, SystemEntropy};
use crate::ctx::Ctx;
use crate::error::WebError;

/// How long a file is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The most exports that run at once; each holds a reader and a temporary file.
const AT_ONCE: usize = 4;

/// Returns when a file made at an instant is removed.
pub fn expires(made_at: Timestamp) -> Timestamp {
    made_at.saturating_add(KEPT).unwrap_or(made_at)
}

/// Returns the instant before which exports are no longer kept.
pub fn kept_since(now: Timestamp) -> Timestamp {
    now.saturating_sub(KEPT).unwrap_or(now)
}

/// Begins a long export and returns its id; the one that the same request began before, if it did.
///
/// # Errors
/// [`WebError::Busy`] if too many run.
pub async fn start(ctx: &Ctx, order: Order, once: Option<Once>) -> Result<Uuid, WebError> {
    if ctx.app.exports().count() >= AT_ONCE {
        return Err(WebError::Busy);
    }
    let filter = order.filter.clone();
    let total = ctx.tenant.read(move |reader| reader.count_all(&filter)).await?;
    let export = NewExport {
        filter: order.place.filter.clone(),
        form: order.format.word().to_owned(),
        total: total as u64,
    };
    let person = ctx.who()?.viewer.person;
    let Made { id, repeated } = ctx
        .tenant
        .begin_export(person, export, once, ctx.now, &mut SystemEntropy)
        .await?;
    if repeated {
        return Ok(id);
    }
    ctx.app.exports().begin(id);
    let ctx = ctx.clone();
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        run(&ctx, id, &order, &handle);
        ctx.app.exports().end(id);
    });
    Ok(id)
}

/// Writes the file and notes how that ended.
fn run(ctx: &Ctx, id: Uuid, order: &Order, handle: &Handle) {
    let name = file::name(id, order.format);
    let path = file::directory(&ctx.app).join(&name);
    let part = path.with_extension("part");
    let written = write(ctx, id, order, &part, handle);
    let (state, rows) = match &written {
        Ok(written) => (ExportState::Done, written.rows),
        Err(WriteError::Cancelled) => (ExportState::Cancelled, 0),
        Err(error) => {
            tracing::error!(export.id = %id, cause = %error, "export {id} broke off");
            (ExportState::Failed, 0)
        }
    };
    // The name is told only once the file has it.
    let kept = state == ExportState::Done && fs::rename(&part, &path).is_ok();
    let (state, told) = match (state, kept) {
        (ExportState::Done, false) => (ExportState::Failed, None),
        (state, kept) => (state, kept.then_some(name)),
    };
    let wanted = handle.block_on(ctx.tenant.end_export(id, state, told, rows));
    if !kept || !matches!(wanted, Ok(true)) {
        remove(&part);
        remove(&path);
    }
}

fn write(ctx: &Ctx, id: Uuid, order: &Order, part: &Path, handle: &Handle) -> Result<Written, WriteError> {
    fs::create_dir_all(file::directory(&ctx.app))?;
    let out = create(part)?;
    let mut watch = |rows| match handle.block_on(ctx.tenant.note_export(id, rows)) {
        Ok(false) => ControlFlow::Break(()),
        // A writer that is busy is no reason to throw the work away.
        Ok(true) | Err(_) => ControlFlow::Continue(()),
    };
    let reader = ctx.tenant.reader();
    let reader = reader.map_err(|error| WriteError::Rows(error.into()))?;
    table::write(ctx, order, &reader, io::BufWriter::new(&out), &mut watch)
}

/// Creates a file that only the server's own user reads.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes the files of a tenant that are no longer kept, then their rows, so that no file is left behind.
///
/// # Errors
/// [`StoreError`] if the store cannot be used.
pub async fn sweep(app: &App, tenant: &Tenant) -> Result<(), StoreError> {
    let before = kept_since(app.now());
    let old = tenant.read(move |reader| reader.exports_before(before)).await?;
    for job in old.into_iter().filter(|job| !app.exports().has(job.id)) {
        let directory = file::directory(app);
        if let Some(name) = &job.file {
            remove(&directory.join(name));
        }
        remove(&directory.join(job.id.to_string()).with_extension("part"));
        tenant.forget_export(job.id).await?;
    }
    Ok(())
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(cause = %error, "the file of an export could not be removed");
    }
}
