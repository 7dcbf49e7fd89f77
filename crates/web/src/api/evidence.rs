//! Evidence: files into a case and out of it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::Command;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::EvidenceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cases::case_id;
use super::commands::{Request, Write};
use super::json;
use super::wire::{Line, Note};
use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::{self, Bringer, Note as FileNote};
use crate::form::Form;

/// A stored file.
#[derive(Serialize, ToSchema)]
pub struct Stored {
    /// The evidence's id.
    pub id: String,
}

/// Files as `multipart/form-data`: `file`, `moment` (`before`, `after` or `other`), `caption`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the fields come as a form")]
pub struct NewEvidence {
    /// A photo (JPEG, PNG or WebP), which is cleaned, or a PDF, which is kept as it is.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// `before`, `after` or `other`.
    pub moment: String,
    /// What it shows.
    pub caption: Option<Line>,
}

/// Evidence is withdrawn; the file stays, the case no longer rests on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWithdrawal {
    /// The evidence's id.
    pub evidence: Line,
    /// Why.
    pub reason: Note,
}

impl Request for NewWithdrawal {
    fn command(self, _ctx: &Ctx, write: &mut Write<'_>) -> Result<Command, WebError> {
        let evidence = self.evidence.0.parse().map_err(|_| WebError::NotFound)?;
        Ok(Command::WithdrawEvidence {
            evidence,
            reason: write(self.reason.0),
        })
    }
}

/// A picture is put into the public list, beside what was struck off, taken out of it, or looked at and held back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShowing {
    /// The evidence's id.
    pub evidence: Line,
    /// Whether everybody sees it.
    pub shown: bool,
}

impl Request for NewShowing {
    fn command(self, _ctx: &Ctx, _write: &mut Write<'_>) -> Result<Command, WebError> {
        let evidence = self.evidence.0.parse().map_err(|_| WebError::NotFound)?;
        Ok(Command::ShowPicture {
            evidence,
            shown: self.shown,
        })
    }
}

/// `POST /api/v1/cases/{id}/evidence`
pub async fn create_evidence(ctx: Ctx, Path(id): Path<String>, form: Form) -> Result<Response, WebError> {
    let mut read = form.read();
    let moment = read.choice("moment", evidence::moment);
    let caption = read.text("caption", crate::limits::LINE_CHARS);
    read.done()?;
    let input = |complaint| WebError::Input(vec![complaint]);
    let file = form
        .files
        .first()
        .ok_or_else(|| input(Complaint::new("file", "field-required")))?;
    let photo = evidence::clean(file, Bringer::Staff).map_err(input)?;
    let note = FileNote {
        moment: moment.unwrap_or(EvidenceMoment::Other),
        caption: caption.as_deref(),
    };
    let id = case_id(&id)?;
    let view = access::open(&ctx, id).await?;
    let permit = access::permit(&ctx, "handle", &view.facts)?;
    let stored = evidence::add(&ctx, &permit, id, photo, note).await?;
    Ok(json(
        StatusCode::CREATED,
        &Stored {
            id: stored.to_string(),
        },
    ))
}

/// `GET /api/v1/cases/{id}/evidence/{evidence}`
pub async fn read_evidence(
    ctx: Ctx,
    Path((id, piece)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let piece: EvidenceId = piece.parse().map_err(|_| WebError::NotFound)?;
    let view = access::open(&ctx, case_id(&id)?).await?;
    evidence::file(&ctx, &view.case, piece, Bringer::Staff).await
}
