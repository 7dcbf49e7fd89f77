//! The pages on which units, people and logins are looked after.

use axum::routing::on;

use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::staff::people;

/// Units, people and logins: for administrators.
pub(super) const ROUTES: &[Route] = &[
    Route::staff("read_people", Get, "/people", |m| on(m, people::read_people))
        .needs("admin")
        .query(&["after"]),
    Route::staff("read_people_template", Get, "/people/template", |m| {
        on(m, people::read_people_template)
    })
    .needs("admin")
    .query(&["as"]),
    Route::staff("prepare_people", Post, "/people/drafts", |m| {
        on(m, people::prepare_people)
    })
    .needs("admin")
    .upload(),
    Route::staff("read_people_draft", Get, "/people/drafts/{draft}", |m| {
        on(m, people::read_people_draft)
    })
    .needs("admin"),
    Route::staff("create_people", Post, "/people/drafts/{draft}", |m| {
        on(m, people::create_people)
    })
    .needs("admin")
    .audited(),
    Route::staff(
        "discard_people_draft",
        Post,
        "/people/drafts/{draft}/discard",
        |m| on(m, people::discard_people_draft),
    )
    .needs("admin"),
    Route::staff("create_login_code", Post, "/people/codes", |m| {
        on(m, people::login::create_login_code)
    })
    .needs("admin"),
    Route::staff("disable_login", Post, "/people/disabled", |m| {
        on(m, people::login::disable_login)
    })
    .needs("admin"),
];
