//! Files on their way out.

use std::fs::File;
use std::io::Cursor;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bihuan_store::export_job::ExportJob;
use bihuan_store::read::Reader;

use super::order::{Format, Order};
use super::{file, table};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::stream::FileBody;

/// Writes a small export and answers with it.
///
/// # Errors
/// [`WebError::Internal`] if it cannot be written.
pub async fn at_once(ctx: &Ctx, order: Order) -> Result<Response, WebError> {
    let (writing, format) = (ctx.clone(), order.format);
    let write = move |reader: &Reader| {
        let mut out = Cursor::new(Vec::new());
        let goes_on = &mut |_rows| std::ops::ControlFlow::Continue(());
        table::write(&writing, &order, reader, &mut out, goes_on).map_err(WebError::internal)?;
        Ok::<_, WebError>(out.into_inner())
    };
    let bytes = ctx.tenant.read(write).await?;
    Ok(attachment(ctx, format, Body::from(bytes)))
}

/// Answers with the file of a long export, piece by piece.
///
/// # Errors
/// [`WebError::NotFound`] if it has none.
pub async fn of_job(ctx: &Ctx, job: &ExportJob) -> Result<Response, WebError> {
    let format = Format::named(&job.form).ok_or(WebError::NotFound)?;
    let path = file::path(ctx, job).ok_or(WebError::NotFound)?;
    let file = File::open(path).map_err(|_gone| WebError::NotFound)?;
    let size_bytes = file.metadata().map_err(WebError::internal)?.len();
    Ok(attachment(ctx, format, FileBody::of(file, size_bytes)))
}

fn attachment(ctx: &Ctx, format: Format, body: Body) -> Response {
    let day = ctx.scene.calendar.date_of(ctx.now);
    let name = format!("attachment; filename=\"bihuan-{day}.{}\"", format.word());
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.media_type()),
    );
    if let Ok(name) = name.parse() {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
