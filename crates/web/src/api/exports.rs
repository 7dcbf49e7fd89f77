//! Exports: begun here, written in the background by the same job as the page's, fetched when they are done.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_store::export_job::{ExportJob, ExportState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::place;
use super::wire::{Line, Note};
use super::{Asked, json};
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::staff::export::order::{Format, Order};
use crate::staff::export::{find, job};

/// Which cases, as what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// The format: `csv` or `xlsx`.
    pub format: Line,
    /// The filter; everything that may be read and exported where it is absent.
    pub filter: Option<Note>,
    /// The order, such as `due` or `-raised`.
    pub sort: Option<Line>,
    /// The columns beside number and title, such as `unit` or `state`.
    #[serde(default)]
    pub columns: Vec<Line>,
}

/// How an export stands. It is kept for a day, and shown to nobody but whoever asked for it.
#[derive(Serialize, ToSchema)]
pub struct ExportShape {
    /// Its id.
    pub id: String,
    /// `running`, `done`, `cancelled` or `failed`.
    pub state: &'static str,
    /// Its format.
    pub format: String,
    /// Its filter.
    pub filter: String,
    /// Rows written so far.
    pub done: u64,
    /// Rows that it was expected to have.
    pub total: u64,
    /// When it was asked for.
    pub made_at: String,
    /// When its file is removed.
    pub expires_at: String,
    /// Where its file is, once it is there.
    pub file: Option<String>,
}

/// `POST /api/v1/exports`
pub async fn begin_export(ctx: Ctx, asked: Asked<NewExport>) -> Result<Response, WebError> {
    let new = asked.body;
    let format = Format::named(&new.format.0)
        .ok_or_else(|| WebError::Input(vec![Complaint::new("format", "field-bad-choice")]))?;
    let place = place(new.filter, new.sort, &new.columns)?;
    let order = Order::of(&ctx, place, format)?;
    let id = job::start(&ctx, order, asked.once).await?;
    Ok(json(
        StatusCode::CREATED,
        &ExportShape::of(&find(&ctx, id).await?),
    ))
}

/// `GET /api/v1/exports/{export}`
pub async fn read_export_state(ctx: Ctx, Path(export): Path<Uuid>) -> Result<Response, WebError> {
    Ok(json(StatusCode::OK, &ExportShape::of(&find(&ctx, export).await?)))
}

/// `DELETE /api/v1/exports/{export}`: stops it; one that has ended stays as it is.
pub async fn stop_export(ctx: Ctx, Path(export): Path<Uuid>) -> Result<Response, WebError> {
    let job = find(&ctx, export).await?;
    ctx.tenant.cancel_export(job.person, job.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl ExportShape {
    fn of(job: &ExportJob) -> ExportShape {
        let state = match job.state {
            ExportState::Running => "running",
            ExportState::Done => "done",
            ExportState::Cancelled => "cancelled",
            ExportState::Failed => "failed",
        };
        ExportShape {
            id: job.id.to_string(),
            state,
            format: job.form.clone(),
            filter: job.filter.clone(),
            done: job.done,
            total: job.total,
            made_at: job.made_at.to_string(),
            expires_at: job::expires(job.made_at).to_string(),
            file: job
                .file
                .as_ref()
                .map(|_| format!("/api/v1/exports/{}/file", job.id)),
        }
    }
}
