//! Following a report by its code. The code comes in a body, lives in a cookie, and stands in no address.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::{CaseId, EvidenceId};
use bihuan_store::receipt::{ReceiptCode, ReceiptCodeError};

use super::view::{self, Said, TrackPage};
use crate::ctx::Ctx;
use crate::ctx::cookie::Cookie;
use crate::error::WebError;
use crate::evidence::{self, Bringer};
use crate::form::Door;
use crate::page::{Area, Page, html};

#[derive(Template)]
#[template(path = "portal/code.html")]
struct CodePage {
    page: Page,
    value: String,
    error: Option<String>,
    left: bool,
}

/// `GET /track`: the report whose code the cookie holds, else the question for a code.
pub async fn read_track(ctx: Ctx) -> Result<Response, WebError> {
    match followed(&ctx).await? {
        Some(case) => Ok(html(&TrackPage::read(&ctx, case, Said::default()).await?)),
        None => {
            let ended = match in_cookie(&ctx) {
                Some(code) => ended(&ctx, &code).await?,
                None => None,
            };
            Ok(ask(&ctx, "", ended, false))
        }
    }
}

/// `GET /code`: the question for a code, whatever is followed already: the QR code of a receipt leads here.
pub async fn read_code(ctx: Ctx) -> Response {
    ask(&ctx, "", None, false)
}

/// `POST /track`: puts the code into the cookie, if there is a report with it.
pub async fn open_track(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let written = form.value("code");
    let code = match written.parse::<ReceiptCode>() {
        Ok(code) => code,
        Err(error) => return Ok(ask(&ctx, written, Some(mistake(&ctx, error)), false)),
    };
    if find(&ctx, &code).await?.is_none() {
        let ended = ended(&ctx, &code).await?;
        let said = ended.unwrap_or_else(|| ctx.tongue.t("track-unknown"));
        return Ok(ask(&ctx, written, Some(said), false));
    }
    let mut response = Redirect::to("/track").into_response();
    Cookie::Code.set(response.headers_mut(), &code.to_string(), ctx.secure);
    Ok(response)
}

/// `POST /track/leave`: takes the code out of the browser.
pub async fn leave_track(ctx: Ctx, _form: Door) -> Response {
    let mut response = ask(&ctx, "", None, true);
    Cookie::Code.clear(response.headers_mut(), ctx.secure);
    response
}

/// `GET /track/evidence/{evidence}`: a file of the report that is followed.
pub async fn read_track_evidence(ctx: Ctx, Path(evidence): Path<String>) -> Result<Response, WebError> {
    let id: EvidenceId = evidence.parse().map_err(|_| WebError::NotFound)?;
    let case = followed(&ctx).await?.ok_or(WebError::NotFound)?;
    let case = view::case(&ctx, case).await?.case;
    evidence::file(&ctx, &case, id, Bringer::Reporter).await
}

/// Returns the case whose code the cookie holds.
///
/// # Errors
/// [`WebError::Internal`] if the store fails.
pub async fn followed(ctx: &Ctx) -> Result<Option<CaseId>, WebError> {
    match in_cookie(ctx) {
        Some(code) => find(ctx, &code).await,
        None => Ok(None),
    }
}

fn in_cookie(ctx: &Ctx) -> Option<ReceiptCode> {
    ctx.code.as_deref().and_then(|code| code.parse().ok())
}

/// Returns the case with this code.
///
/// # Errors
/// [`WebError::TooMany`] if it is looked at too often; [`WebError::Internal`] if the store fails.
pub async fn find(ctx: &Ctx, code: &ReceiptCode) -> Result<Option<CaseId>, WebError> {
    let wanted = code.clone();
    let found = ctx.tenant.read(move |reader| reader.by_code(&wanted)).await?;
    // Only codes that there are: made-up ones would fill the table of those that are counted.
    if found.is_some() {
        ctx.app.throttle_code(code, ctx.now)?;
    }
    Ok(found)
}

/// Says to who has a code that it has ended. Whoever did not ask for another learns that somebody else has one.
async fn ended(ctx: &Ctx, code: &ReceiptCode) -> Result<Option<String>, WebError> {
    let wanted = code.clone();
    let ended = ctx.tenant.read(move |reader| reader.has_ended(&wanted)).await?;
    if ended {
        ctx.app.throttle_code(code, ctx.now)?;
    }
    Ok(ended.then(|| ctx.tongue.t("track-ended")))
}

fn ask(ctx: &Ctx, written: &str, error: Option<String>, left: bool) -> Response {
    let value = written.chars().take(80).collect();
    html(&CodePage {
        page: ctx.page(Some(Area::Track)),
        value,
        error,
        left,
    })
}

fn mistake(ctx: &Ctx, error: ReceiptCodeError) -> String {
    match error {
        ReceiptCodeError::Length(count) => ctx.tongue.t1("track-length", "count", count),
        ReceiptCodeError::Character(_) | ReceiptCodeError::Check => ctx.tongue.t("track-mistyped"),
    }
}
