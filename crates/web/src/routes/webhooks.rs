//! The pages on which administrators say which other systems are told of cases.

use axum::routing::on;

use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::staff::webhooks;

/// Webhooks: for administrators.
pub(super) const ROUTES: &[Route] = &[
    Route::staff("read_webhooks", Get, webhooks::HREF, |m| {
        on(m, webhooks::read_webhooks)
    })
    .needs("admin"),
    Route::staff("create_webhook", Post, webhooks::HREF, |m| {
        on(m, webhooks::create_webhook)
    })
    .needs("admin"),
    Route::staff("read_webhook", Get, "/webhooks/{webhook}", |m| {
        on(m, webhooks::read_webhook)
    })
    .needs("admin")
    .query(&["after"]),
    Route::staff("save_webhook", Post, "/webhooks/{webhook}", |m| {
        on(m, webhooks::save_webhook)
    })
    .needs("admin"),
    Route::staff("try_webhook", Post, "/webhooks/{webhook}/test", |m| {
        on(m, webhooks::acts::try_webhook)
    })
    .needs("admin"),
    Route::staff("pause_webhook", Post, "/webhooks/{webhook}/pause", |m| {
        on(m, webhooks::acts::pause_webhook)
    })
    .needs("admin"),
    Route::staff("rotate_webhook_secret", Post, "/webhooks/{webhook}/secret", |m| {
        on(m, webhooks::acts::rotate_webhook_secret)
    })
    .needs("admin"),
    Route::staff("delete_webhook", Post, "/webhooks/{webhook}/delete", |m| {
        on(m, webhooks::acts::delete_webhook)
    })
    .needs("admin"),
    Route::staff("revive_deliveries", Post, "/webhooks/{webhook}/deliveries", |m| {
        on(m, webhooks::acts::revive_deliveries)
    })
    .needs("admin"),
    Route::staff(
        "resend_delivery",
        Post,
        "/webhooks/{webhook}/deliveries/{delivery}",
        |m| on(m, webhooks::acts::resend_delivery),
    )
    .needs("admin"),
];
