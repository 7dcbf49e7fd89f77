//! The reporter's identity: every look at it needs the grant and a reason, and leaves an event first.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::Command;
use bihuan_store::bodies::Bodies;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cases::case_id;
use super::commands::{Request, Write};
use super::wire::{Line, Note};
use super::{Asked, json};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;

/// A look at the reporter's identity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentityRead {
    /// Why; the reporter sees how often it was looked at.
    pub reason: Note,
}

/// The reporter's identity.
#[derive(Serialize, ToSchema)]
pub struct IdentityShape {
    /// Their name.
    pub name: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their address.
    pub address: Option<String>,
}

/// A text is erased for good; the log, its fold and its proof stay whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// The body's id, as the log's events refer to it.
    pub body: Line,
    /// By which rule or request.
    pub reason: Note,
}

impl Request for NewErasure {
    fn command(self, _ctx: &Ctx, write: &mut Write<'_>) -> Result<Command, WebError> {
        let body = self.body.0.parse().map_err(|_| WebError::NotFound)?;
        Ok(Command::EraseBody {
            body,
            reason: write(self.reason.0),
        })
    }
}

/// `POST /api/v1/cases/{id}/identity-reads`
pub async fn create_identity_read(
    ctx: Ctx,
    Path(id): Path<String>,
    asked: Asked<NewIdentityRead>,
) -> Result<Response, WebError> {
    let id = case_id(&id)?;
    let view = access::open(&ctx, id).await?;
    let permit = access::permit(&ctx, "identity", &view.facts)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let reason = bodies.write(asked.body.reason.0);
    let identity = ctx
        .tenant
        .read_identity(&permit, id, bodies, reason, ctx.now)
        .await?;
    let shape = IdentityShape {
        name: identity.name.clone(),
        phone: identity.phone.clone(),
        address: identity.address.clone(),
    };
    Ok(json(StatusCode::CREATED, &shape))
}
