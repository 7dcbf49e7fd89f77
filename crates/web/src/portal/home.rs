//! The first page.

use askama::Template;
use axum::response::Response;

use crate::ctx::Ctx;
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage {
    page: Page,
    /// The way of a report: each stop with a remark.
    way: Vec<(String, String)>,
}

/// `GET /`
pub async fn read_home(ctx: Ctx) -> Response {
    let stops = [
        ("way-raise", "way-raise-note"),
        ("way-act", "way-act-note"),
        ("way-verify", "way-verify-note"),
        ("way-answer", "way-answer-note"),
        ("way-closed", "way-closed-note"),
        ("way-watch", "way-watch-note"),
    ];
    let way = stops
        .map(|(title, note)| (ctx.tongue.t(title), ctx.tongue.t(note)))
        .to_vec();
    html(&HomePage {
        page: ctx.page(None),
        way,
    })
}
