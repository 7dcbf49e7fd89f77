//! The pages of an installation that is not founded yet.

use axum::routing::on;

use crate::assets;
use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::setup::{Setup, city, page};

/// The set-up, and what its pages are made of.
pub(super) const ROUTES: &[Route<Setup>] = &[
    Route::public("read_setup", Get, "/setup", |m| on(m, page::read_setup)),
    Route::public("open_setup", Post, "/setup", |m| on(m, page::open_setup)),
    Route::code("read_setup_city", Get, "/setup/city", |m| {
        on(m, city::read_setup_city)
    }),
    Route::code("create_installation", Post, "/setup/city", |m| {
        on(m, city::create_installation)
    })
    .audited(),
    Route::public("read_setup_asset", Get, "/assets/{name}", |m| {
        on(m, assets::read_asset)
    }),
    Route::public("read_setup_health", Get, "/healthz", |m| {
        on(m, page::read_setup_health)
    }),
];
