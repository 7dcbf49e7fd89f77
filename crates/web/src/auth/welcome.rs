//! The first log-in: somebody came with a code, and chooses the password that replaces it.

use askama::Template;
use axum::response::Response;

use super::invitation::Invitation;
use super::{open_session, password};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "staff/welcome.html")]
struct WelcomePage {
    page: Page,
    login: String,
    code: String,
    error: Option<String>,
    hint: String,
}

/// Returns the page on which a password is chosen.
pub fn page(ctx: &Ctx, login: &str, code: &str, error: Option<&'static str>) -> Response {
    html(&WelcomePage {
        page: ctx.page(None),
        login: login.to_owned(),
        code: code.to_owned(),
        error: error.map(|key| ctx.tongue.t(key)),
        hint: ctx.tongue.t1("welcome-hint", "least", password::LEAST_CHARS),
    })
}

/// Returns what is wrong with a new password that was typed twice.
pub fn fault(new: &str, again: &str) -> Option<&'static str> {
    let chars = new.chars().count();
    if chars < password::LEAST_CHARS {
        Some("password-short")
    } else if chars > password::MOST_CHARS {
        Some("password-long")
    } else if new != again {
        Some("password-differs")
    } else {
        None
    }
}

/// Hashes a password without holding anybody up.
///
/// # Errors
/// [`WebError::Internal`] if it cannot be hashed.
pub async fn hashed(new: &str) -> Result<String, WebError> {
    let new = new.to_owned();
    let hash = tokio::task::spawn_blocking(move || password::hash(&new, &mut SystemEntropy));
    let hash = hash.await.map_err(WebError::internal)?;
    hash.map_err(|error| WebError::internal(error.to_string()))
}

/// `POST /welcome`: takes the code away and sets the password.
pub async fn create_welcome(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    ctx.app.throttle_login(ctx.peer, ctx.now)?;
    let (login, code) = (form.value("login").trim().to_owned(), form.value("code"));
    let name = login.clone();
    let account = ctx.tenant.read(move |reader| reader.account(&name)).await?;
    let stored = account.filter(|account| account.disabled_at.is_none());
    let stored = stored.map(|account| account.password_hash).unwrap_or_default();
    if !Invitation::read(&stored).is_some_and(|kept| kept.is(code, ctx.now)) {
        return Err(WebError::Login);
    }
    let new = form.value("password");
    if let Some(wrong) = fault(new, form.value("again")) {
        return Ok(page(&ctx, &login, code, Some(wrong)));
    }
    let hash = hashed(new).await?;
    match ctx.tenant.exchange_password(&login, stored, hash).await? {
        true => open_session(&ctx, &login, "/desk").await,
        false => Err(WebError::Login),
    }
}
