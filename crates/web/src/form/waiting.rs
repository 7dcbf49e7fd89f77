//! Photos that came with a form which is not sent yet: they wait on the server, sealed, for whoever brought
//! them, and no longer than [`limits::UNSENT_LIFE`].

use bihuan_core::id::{PersonId, uuid_v7};
use bihuan_store::waiting::Ticket;
use jiff::Timestamp;
use uuid::Uuid;

use super::document;
use super::photo::Photo;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::limits;

/// Lets a photo wait and returns its id; `None` where there is no room.
///
/// # Errors
/// [`WebError`] if the disk fails.
pub async fn keep(ctx: &Ctx, whose: PersonId, photo: Photo) -> Result<Option<Uuid>, WebError> {
    let id = uuid_v7(ctx.now, &mut SystemEntropy);
    let waiting = ctx.tenant.waiting();
    let keep = move || {
        let ticket = Ticket { whose, id };
        waiting.keep(ticket, &photo.bytes, limits::WAITING_BYTES, &mut SystemEntropy)
    };
    let kept = tokio::task::spawn_blocking(keep).await;
    Ok(kept.map_err(WebError::internal)??.then_some(id))
}

/// Returns those of the photos that still wait.
///
/// # Errors
/// [`WebError`] if the disk fails.
pub async fn open(ctx: &Ctx, whose: PersonId, photos: &[Uuid]) -> Result<Vec<Photo>, WebError> {
    let (waiting, photos) = (ctx.tenant.waiting(), photos.to_vec());
    let open = move || {
        let opened = photos.iter().map(|id| waiting.open(Ticket { whose, id: *id }));
        opened.collect::<Result<Vec<_>, _>>()
    };
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(WebError::internal)??;
    // They were clean when they were kept, and say what they are.
    let photos = opened.iter().flatten();
    Ok(photos.filter_map(|bytes| document::take(bytes).ok()).collect())
}

/// Takes photos away, those that are still there.
///
/// # Errors
/// [`WebError`] if the disk fails.
pub async fn remove(ctx: &Ctx, photos: &[Uuid]) -> Result<(), WebError> {
    let (waiting, photos) = (ctx.tenant.waiting(), photos.to_vec());
    let remove = move || photos.iter().try_for_each(|id| waiting.remove(*id));
    let removed = tokio::task::spawn_blocking(remove).await;
    Ok(removed.map_err(WebError::internal)??)
}

/// Returns the instant before which nothing waits.
pub fn oldest(now: Timestamp) -> Timestamp {
    now.saturating_sub(limits::UNSENT_LIFE).unwrap_or(now)
}
