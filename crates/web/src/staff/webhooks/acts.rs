//! What is done with a subscription: tried, paused, given another secret, deleted, and sent once more.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use uuid::Uuid;

use super::{ADMIN, HREF, find, page, to};
use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;

/// `POST /webhooks/{webhook}/test`: a trial goes out a moment later.
pub async fn try_webhook(ctx: Ctx, Path(webhook): Path<Uuid>, _form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let found = find(&ctx, webhook).await?;
    if found.paused_at.is_some() {
        return Err(WebError::Input(vec![Complaint::new("test", "webhook-is-paused")]));
    }
    ctx.tenant.try_webhook(&permit, webhook, ctx.now).await?;
    Ok(to(webhook))
}

/// `POST /webhooks/{webhook}/pause`: pauses it, or lets it go on.
pub async fn pause_webhook(ctx: Ctx, Path(webhook): Path<Uuid>, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    find(&ctx, webhook).await?;
    let paused_at = (form.value("paused") == "yes").then_some(ctx.now);
    ctx.tenant.pause_webhook(&permit, webhook, paused_at).await?;
    let paused = paused_at.is_some();
    tracing::info!(webhook.id = %webhook, paused, "webhook {webhook} was paused or resumed");
    Ok(to(webhook))
}

/// `POST /webhooks/{webhook}/secret`: makes another secret in place of the one that the form knows, and shows it; sent
/// twice, it shows the same one again.
pub async fn rotate_webhook_secret(
    ctx: Ctx,
    Path(webhook): Path<Uuid>,
    form: Form,
) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    find(&ctx, webhook).await?;
    let of = form.value("of").parse().ok();
    let of = of.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let Some(of) = of else {
        return Ok(to(webhook));
    };
    let rotated = ctx
        .tenant
        .rotate_webhook_secret(&permit, webhook, of, ctx.now)
        .await?;
    if rotated {
        tracing::info!(webhook.id = %webhook, "webhook {webhook} has another secret");
    }
    let found = find(&ctx, webhook).await?;
    match found.old_secret {
        Some((replaced, _)) if replaced == of => Ok(page::secret(&ctx, &found)),
        _ => Ok(to(webhook)),
    }
}

/// `POST /webhooks/{webhook}/delete`
pub async fn delete_webhook(ctx: Ctx, Path(webhook): Path<Uuid>, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    find(&ctx, webhook).await?;
    if form.value("sure") != "yes" {
        return Err(WebError::Input(vec![Complaint::new("sure", "webhook-not-sure")]));
    }
    ctx.tenant.drop_webhook(&permit, webhook).await?;
    tracing::info!(webhook.id = %webhook, "webhook {webhook} was deleted");
    Ok(Redirect::to(HREF).into_response())
}

/// `POST /webhooks/{webhook}/deliveries`: whatever was given up is tried again.
pub async fn revive_deliveries(
    ctx: Ctx,
    Path(webhook): Path<Uuid>,
    _form: Form,
) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    find(&ctx, webhook).await?;
    ctx.tenant.revive_deliveries(&permit, webhook, ctx.now).await?;
    Ok(to(webhook))
}

/// `POST /webhooks/{webhook}/deliveries/{delivery}`: one is sent once more, under the same id.
pub async fn resend_delivery(
    ctx: Ctx,
    Path((webhook, delivery)): Path<(Uuid, Uuid)>,
    _form: Form,
) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let again = ctx
        .tenant
        .resend_delivery(&permit, (webhook, delivery), ctx.now)
        .await?;
    match again {
        true => Ok(to(webhook)),
        false => Err(WebError::NotFound),
    }
}
