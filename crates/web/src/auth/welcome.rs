//! The first log-in: somebody came with a code, and chooses the password that replaces it.

use askama::Template;
use axum::response::Response;
use bihuan_store::account::Account;

use super::invitation::Invitation;
use super::{open_session, password};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::{Door, Form};
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "staff/welcome.html")]
struct WelcomePage {
    page: Page,
    login: String,
    code: String,
    /// Whose login it is, with the login.
    lead: String,
    error: Option<String>,
    hint: String,
}

/// Returns the page on which a password is chosen.
pub fn page(ctx: &Ctx, account: &Account, code: &str, error: Option<&'static str>) -> Response {
    let login = account.login.as_str();
    let person = ctx.scene.org.person(account.person);
    let name = person.map_or_else(|| login.to_owned(), |person| ctx.name(&person.name));
    html(&WelcomePage {
        page: ctx.page_at_the_door(),
        lead: ctx.tongue.t2("welcome-lead", ("name", name), ("login", login)),
        login: login.to_owned(),
        code: code.to_owned(),
        error: error.map(|key| ctx.tongue.t(key)),
        hint: ctx.tongue.t1("welcome-hint", "least", password::LEAST_CHARS),
    })
}

/// Returns what is wrong with the new password of a form. It is typed once, and can be looked at; where no script
/// shows it, the form asks for it twice.
pub fn fault(form: &Form) -> Option<&'static str> {
    let new = form.value("password");
    let chars = new.chars().count();
    if chars < password::LEAST_CHARS {
        Some("password-short")
    } else if chars > password::MOST_CHARS {
        Some("password-long")
    } else if form.values("again").any(|again| again != new) {
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
pub async fn create_welcome(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    ctx.app.throttle_login(ctx.peer, ctx.now)?;
    let (login, code) = (form.value("login").trim().to_owned(), form.value("code"));
    let name = login.clone();
    let account = ctx.tenant.read(move |reader| reader.account(&name)).await?;
    let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
        return Err(WebError::Login);
    };
    let stored = account.password_hash.clone();
    if !Invitation::read(&stored).is_some_and(|kept| kept.is(code, ctx.now)) {
        return Err(WebError::Login);
    }
    if let Some(wrong) = fault(&form) {
        return Ok(page(&ctx, &account, code, Some(wrong)));
    }
    let hash = hashed(form.value("password")).await?;
    match ctx.tenant.exchange_password(&login, stored, hash).await? {
        true => open_session(&ctx, &login, "/desk").await,
        false => Err(WebError::Login),
    }
}
