//! What a citizen keeps to prove that their report is in the log, and what anybody checks it against.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bihuan_core::case::Case;

use super::{track, view};
use crate::ctx::Ctx;
use crate::error::WebError;

/// `GET /track/proof`: where each step of the report lies under a signed head; it names nobody.
pub async fn read_track_proof(ctx: Ctx) -> Result<Response, WebError> {
    let id = track::followed(&ctx).await?.ok_or(WebError::NotFound)?;
    file(&ctx, &view::case(&ctx, id).await?.case).await
}

/// Returns the proof of a case that may be seen, as a file to be kept.
///
/// # Errors
/// [`WebError::Internal`] if the store fails.
pub async fn file(ctx: &Ctx, case: &Case) -> Result<Response, WebError> {
    let proof = ctx.tenant.case_proof(case.id, ctx.now).await?;
    let text = serde_json::to_string_pretty(&proof).map_err(WebError::internal)?;
    let name = case.number.escape_default();
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}-proof.json\""),
        ),
    ];
    Ok((headers, text).into_response())
}

/// `GET /checkpoint`: the signed head of the log, in the C2SP form, for witnesses to keep.
pub async fn read_checkpoint(ctx: Ctx) -> Result<String, WebError> {
    Ok(ctx.tenant.checkpoint(ctx.now).await?)
}

/// `GET /checkpoint/key`: the key that checks its signature.
pub async fn read_checkpoint_key(ctx: Ctx) -> String {
    format!("{}\n", ctx.tenant.verifier_key())
}
