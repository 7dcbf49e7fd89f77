//! Help that stands on a page of its own.

use askama::Template;
use axum::response::Response;

use crate::ctx::Ctx;
use crate::page::keys::{ALL, Keys};
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "help/keys.html")]
struct KeysPage {
    page: Page,
    all: &'static [Keys],
}

/// `GET /keys`: the keys of every page.
pub async fn read_keys(ctx: Ctx) -> Response {
    let page = ctx.page(None);
    html(&KeysPage { page, all: ALL })
}
