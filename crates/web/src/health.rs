//! What load balancers and watchdogs ask.

use crate::ctx::Ctx;
use crate::error::WebError;

/// `GET /healthz`: the process answers.
pub async fn read_health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers too.
pub async fn read_readiness(ctx: Ctx) -> Result<&'static str, WebError> {
    ctx.tenant.read(|reader| reader.by_number("-")).await?;
    Ok("ready\n")
}
