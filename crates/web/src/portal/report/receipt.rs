//! What a citizen takes home: the code of their report.

use askama::Template;
use axum::response::Response;
use bihuan_store::execute::Receipt;

use crate::ctx::Ctx;
use crate::ctx::cookie::Cookie;
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::portal::view;
use crate::show::{self, ClockFace};

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    page: Page,
    code: String,
    number: String,
    clocks: Vec<ClockFace>,
    repeated: bool,
    /// That photos could not be kept.
    lost: Option<String>,
}

/// Shows the code of a report that was taken in, and puts it into the visitor's cookie.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn show(ctx: &Ctx, receipt: &Receipt, lost: usize) -> Result<Response, WebError> {
    let case = view::case(ctx, receipt.case()).await?.case;
    let pack = ctx.pack(&case)?;
    let code = receipt
        .code()
        .ok_or_else(|| WebError::internal("a report without a receipt code"))?;
    let page = ReceiptPage {
        page: ctx.page(Some(Area::Report)),
        code: code.to_string(),
        number: receipt.number().to_owned(),
        clocks: show::clock_faces(
            case.clocks.values(),
            pack,
            &ctx.scene.calendar,
            ctx.tongue,
            ctx.now,
        ),
        repeated: receipt.appended().is_repeated(),
        lost: (lost > 0).then(|| ctx.tongue.t1("receipt-photos-lost", "count", lost)),
    };
    let mut response = html(&page);
    Cookie::Code.set(response.headers_mut(), &page.code, ctx.secure);
    Ok(response)
}
