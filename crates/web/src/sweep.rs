//! What has ended by itself is cleared away now and then: sessions, requests known for a repeat, drafts,
//! reports that were begun and not sent, exports, notifications.

use bihuan_store::error::StoreError;
use bihuan_store::tenant::Tenant;
use jiff::SignedDuration;

use crate::app::App;
use crate::form::waiting;
use crate::portal::report::kept;
use crate::staff::export::job;

/// How long a repeated request is known as such.
const REQUESTS_KNOWN: SignedDuration = SignedDuration::from_hours(72);
/// How long a draft is kept that nobody goes on writing: what it holds of people must not lie for ever.
const DRAFTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long people find what they were told, and administrators what became of its mail and of posts to other systems:
/// what is still open then stands on the desk.
const TOLD: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Clears away what of a tenant has ended by itself.
///
/// # Errors
/// [`StoreError`] if the store cannot be used; what is left is cleared away next time.
pub async fn sweep(app: &App, tenant: &Tenant) -> Result<(), StoreError> {
    let now = app.now();
    tenant.close_expired_sessions(now).await?;
    tenant
        .forget_requests(now.saturating_sub(REQUESTS_KNOWN).unwrap_or(now))
        .await?;
    tenant
        .forget_drafts(now.saturating_sub(DRAFTS_KEPT).unwrap_or(now))
        .await?;
    tenant
        .forget_notifications(now.saturating_sub(TOLD).unwrap_or(now))
        .await?;
    tenant
        .forget_mails(now.saturating_sub(TOLD).unwrap_or(now))
        .await?;
    tenant
        .forget_deliveries(now.saturating_sub(TOLD).unwrap_or(now))
        .await?;
    tenant.forget_drafts_of(kept::FORM, waiting::oldest(now)).await?;
    let files = tenant.waiting();
    tokio::task::spawn_blocking(move || files.forget(waiting::oldest(now)))
        .await
        .map_err(|error| StoreError::caused("clearing away was stopped", error))??;
    job::sweep(app, tenant).await
}
