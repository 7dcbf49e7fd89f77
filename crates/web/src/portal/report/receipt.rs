//! What a citizen takes home: the code of their report, the way back to it, and what happens next.

use askama::Template;
use axum::response::Response;
use bihuan_core::case::Case;
use bihuan_core::pack::model::Pack;
use bihuan_store::execute::Receipt;

use crate::ctx::Ctx;
use crate::ctx::cookie::Cookie;
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::portal::qr::{self, Drawing};
use crate::portal::view;
use crate::show::{self, ClockFace};

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    page: Page,
    code: String,
    number: String,
    /// When it was taken in.
    raised: String,
    clocks: Vec<ClockFace>,
    repeated: bool,
    /// That photos could not be kept.
    lost: Option<String>,
    /// Where the code is typed in, without the code.
    home: String,
    /// The same with the code, to be read by a telephone.
    drawing: Option<Drawing>,
    /// Where the whole way of its kind is told.
    way: String,
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
    let origin = ctx.origin();
    // What follows the mark stays in the browser that reads it: no server is told it. The page asks for a code also
    // where another report is followed.
    let drawing = qr::draw(&format!("{origin}/code#{code}"));
    let home = format!("{origin}/track");
    let page = ReceiptPage {
        page: ctx.page(Some(Area::Report)),
        code: code.to_string(),
        number: receipt.number().to_owned(),
        raised: show::moment(&ctx.scene.calendar, ctx.tongue, case.raised_at),
        clocks: clocks(ctx, &case, pack),
        repeated: receipt.appended().is_repeated(),
        lost: (lost > 0).then(|| ctx.tongue.t1("receipt-photos-lost", "count", lost)),
        home,
        drawing,
        way: format!("/how?kind={}", case.kind),
    };
    let mut response = html(&page);
    Cookie::Code.set(response.headers_mut(), &page.code, ctx.secure);
    Ok(response)
}

fn clocks(ctx: &Ctx, case: &Case, pack: &Pack) -> Vec<ClockFace> {
    let clocks = case.clocks.values();
    show::clock_faces(clocks, pack, &ctx.scene.calendar, ctx.tongue, ctx.now)
}
