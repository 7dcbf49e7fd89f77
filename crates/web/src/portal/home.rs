//! The first page.

use askama::Template;
use axum::response::Response;

use super::struck::{self, Line};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page, html};

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage {
    page: Page,
    /// The way of a report: each stop with a remark.
    way: Vec<(String, String)>,
    /// What was struck off last.
    lately: Vec<Line>,
}

/// `GET /`
pub async fn read_home(ctx: Ctx) -> Result<Response, WebError> {
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
    Ok(html(&HomePage {
        page: ctx.page(Some(Area::Home)),
        way,
        lately: struck::lately(&ctx).await?,
    }))
}
