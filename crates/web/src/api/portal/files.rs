//! What a reporter adds and fetches as files, by the code in the body: photos, and the proof.

use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::id::EvidenceId;
use bihuan_core::permission::Permit;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Code, find};
use crate::api::evidence::Stored;
use crate::api::wire::{Line, Text};
use crate::api::{Asked, json};
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::{self, Bringer};
use crate::form::Unbound;
use crate::limits;
use crate::portal::{proof, talk, view};

/// A photo from the reporter, as `multipart/form-data`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the fields come as a form")]
pub struct NewOwnEvidence {
    /// The code.
    pub code: Line,
    /// The photo: JPEG, PNG or WebP.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

/// A file of the report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedEvidence {
    /// The code.
    pub code: Line,
    /// The evidence's id.
    pub evidence: Line,
}

/// `POST /api/v1/portal/evidence`: a photo of how it was, as with the report itself.
pub async fn create_own_evidence(ctx: Ctx, Unbound(form): Unbound) -> Result<Response, WebError> {
    let mut read = form.read();
    let code = read.needed("code", limits::LINE_CHARS);
    read.done()?;
    let case = find(&ctx, &Text(code)).await?;
    let input = |complaint| WebError::Input(vec![complaint]);
    let file = form
        .files
        .first()
        .ok_or_else(|| input(Complaint::new("file", "field-required")))?;
    let photo = evidence::clean(file, Bringer::Reporter).map_err(input)?;
    talk::room_for_more(&view::case(&ctx, case).await?)?;
    let stored = evidence::add(&ctx, &Permit::reporter(), case, photo, evidence::BEFORE).await?;
    let stored = Stored {
        id: stored.to_string(),
    };
    Ok(json(StatusCode::CREATED, &stored))
}

/// `POST /api/v1/portal/evidence-reads`: a file of the report.
pub async fn read_own_evidence(ctx: Ctx, asked: Asked<WantedEvidence>) -> Result<Response, WebError> {
    let piece: EvidenceId = asked.body.evidence.0.parse().map_err(|_| WebError::NotFound)?;
    let case = find(&ctx, &asked.body.code).await?;
    let case = view::case(&ctx, case).await?.case;
    evidence::file(&ctx, &case, piece, Bringer::Reporter).await
}

/// `POST /api/v1/portal/proofs`: where each step of the report lies under a signed head.
pub async fn read_own_proof(ctx: Ctx, asked: Asked<Code>) -> Result<Response, WebError> {
    let case = find(&ctx, &asked.body.code).await?;
    proof::file(&ctx, &view::case(&ctx, case).await?.case).await
}
