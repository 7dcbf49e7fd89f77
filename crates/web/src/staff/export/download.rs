//! Files on their way out.

use std::fs::File;
use std::io::{Cursor, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bihuan_store::export_job::ExportJob;
use bihuan_store::read::Reader;
use futures_core::Stream;
use tokio::sync::mpsc;

use super::order::{Format, Order};
use super::{file, table};
use crate::ctx::Ctx;
use crate::error::WebError;

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 64 << 10;
/// How many chunks may wait for a slow reader.
const CHUNKS: usize = 4;

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

/// Answers with the file of a long export, chunk by chunk.
///
/// # Errors
/// [`WebError::NotFound`] if it has none.
pub async fn of_job(ctx: &Ctx, job: &ExportJob) -> Result<Response, WebError> {
    let format = Format::named(&job.form).ok_or(WebError::NotFound)?;
    let path = file::path(ctx, job).ok_or(WebError::NotFound)?;
    let (send, chunks) = mpsc::channel(CHUNKS);
    let mut file = File::open(path).map_err(|_gone| WebError::NotFound)?;
    tokio::task::spawn_blocking(move || {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut chunk);
            let (ended, failed) = (matches!(read, Ok(0)), read.is_err());
            let piece = read.map(|length| Bytes::copy_from_slice(&chunk[..length]));
            // Whoever downloads may have gone.
            if ended || send.blocking_send(piece).is_err() || failed {
                break;
            }
        }
    });
    Ok(attachment(ctx, format, Body::from_stream(Chunks(chunks))))
}

/// The chunks of a file as they come.
struct Chunks(mpsc::Receiver<std::io::Result<Bytes>>);

impl Stream for Chunks {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
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
