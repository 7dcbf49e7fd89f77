//! The log-in page.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::PersonId;
use bihuan_store::account::Account;
use jiff::SignedDuration;

use super::invitation::{Invitation, is_shaped_like_a_code};
use super::{open_session, password, secret_hash, welcome};
use crate::ctx::cookie::Cookie;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::form::{Door, Form};
use crate::page::{Page, html};
use crate::staff::tour;

/// The password of all accounts of a demo directory; it stands on the page for everybody to read.
pub const DEMO_PASSWORD: &str = "demo-2026";

/// After so many failures in a row a login waits.
const FREE_FAILURES: u32 = 5;
/// The longest it waits.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

#[derive(Template)]
#[template(path = "staff/login.html")]
struct LoginPage {
    page: Page,
    next: String,
    login: String,
    error: Option<String>,
    /// The accounts of a demo directory; empty elsewhere.
    accounts: Vec<DemoAccount>,
    password: String,
}

struct DemoAccount {
    login: String,
    role: String,
    who: String,
    /// What they may try.
    worth: Vec<tour::Hint>,
}

/// `GET /login`
pub async fn new_session(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let next = query
        .and_then(|query| query_value(&query, "next"))
        .unwrap_or_default();
    Ok(html(&LoginPage::new(&ctx, next, String::new(), None).await?))
}

/// `POST /login`
pub async fn create_session(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    ctx.app.throttle_login(ctx.peer, ctx.now)?;
    let (login, next) = (
        form.value("login").trim().to_owned(),
        form.value("next").to_owned(),
    );
    let name = login.clone();
    let account = ctx.tenant.read(move |reader| reader.account(&name)).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    // One that waits is answered like one that is not there, and as late: else it would be known to exist.
    let waits = |account: &Account| wait(account.failures, account.failed_at, ctx.now);
    let waiting = account.as_ref().is_some_and(waits);
    let account = account.filter(|_| !waiting);
    let given = form.value("password").to_owned();
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let check = tokio::task::spawn_blocking(move || password::is_right(&given, stored.as_deref()));
    let is_right = check.await.map_err(WebError::internal)?;
    if let Some(account) = account.filter(|account| is_invited(account, form.value("password"), ctx.now)) {
        return Ok(welcome::page(&ctx, &account, form.value("password"), None));
    }
    if !is_right {
        if !waiting {
            ctx.tenant.login_failed(&login, ctx.now).await?;
        }
        // Said of whatever looks like a code, so that nothing is told of the login.
        let said = ctx.tongue.t(match is_shaped_like_a_code(form.value("password")) {
            true => "login-code",
            false => "login-wrong",
        });
        return Ok(html(&LoginPage::new(&ctx, next, login, Some(said)).await?));
    }
    open_session(&ctx, &login, place(&next)).await
}

/// Whether a login still waits for its first use, and this is its code.
fn is_invited(account: &Account, code: &str, now: jiff::Timestamp) -> bool {
    Invitation::read(&account.password_hash).is_some_and(|kept| kept.is(code, now))
}

/// `POST /logout`
pub async fn delete_session(ctx: Ctx, _form: Form) -> Result<Response, WebError> {
    ctx.tenant.close_session(secret_hash(ctx.secret())).await?;
    let mut response = Redirect::to("/login").into_response();
    Cookie::Session.clear(response.headers_mut(), ctx.secure);
    Ok(response)
}

/// Returns whether a login still has to wait after its last failure: from the fifth on, twice as long each.
fn wait(failures: u32, failed_at: Option<jiff::Timestamp>, now: jiff::Timestamp) -> bool {
    let (Some(beyond), Some(failed_at)) = (failures.checked_sub(FREE_FAILURES), failed_at) else {
        return false;
    };
    let pause = SignedDuration::from_secs(1 << beyond.min(20)).min(LONGEST_WAIT);
    // A failure that lies ahead was noted before the clock was set back.
    (failed_at..failed_at + pause).contains(&now)
}

/// Returns where to go after the log-in: a place of our own, never another host. Browsers leave tabs and
/// line ends out of an address, so that a slash, a tab and a slash would name a host too.
fn place(next: &str) -> &str {
    let foreign = |c: char| c == '\\' || c.is_control();
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(foreign);
    if own { next } else { "/desk" }
}

impl LoginPage {
    async fn new(
        ctx: &Ctx,
        next: String,
        login: String,
        error: Option<String>,
    ) -> Result<LoginPage, WebError> {
        let accounts = if ctx.tenant.marks().demo {
            demo_accounts(ctx).await?
        } else {
            Vec::new()
        };
        Ok(LoginPage {
            page: ctx.page_at_the_door(),
            next,
            login,
            error,
            accounts,
            password: DEMO_PASSWORD.to_owned(),
        })
    }
}

/// Returns the accounts of a demo directory, by the roles of their people.
async fn demo_accounts(ctx: &Ctx) -> Result<Vec<DemoAccount>, WebError> {
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await?;
    let shown = accounts.into_iter().map(|account| {
        let (role, who) = role_and_place(ctx, account.person);
        let held = ctx
            .scene
            .org
            .roles_of(account.person, ctx.scene.calendar.date_of(ctx.now));
        let roles: Vec<&str> = held.iter().map(|(role, _)| *role).collect();
        DemoAccount {
            worth: tour::hints(ctx, &roles),
            login: account.login,
            role,
            who,
        }
    });
    Ok(shown.collect())
}

fn role_and_place(ctx: &Ctx, person: PersonId) -> (String, String) {
    let org = &ctx.scene.org;
    let held = org.roles_of(person, ctx.scene.calendar.date_of(ctx.now));
    let title = |role: &str| {
        let grant = ctx.scene.grants.iter().find(|grant| grant.role == role);
        grant.map_or_else(|| role.to_owned(), |grant| ctx.name(&grant.title))
    };
    let mut roles: Vec<String> = held.iter().map(|(role, _)| title(role)).collect();
    roles.dedup();
    let unit = held
        .first()
        .and_then(|(_, unit)| org.unit(*unit))
        .map(|unit| ctx.name(&unit.name));
    let name = org.person(person).map(|person| ctx.name(&person.name));
    let who = [unit, name].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (roles.join(&ctx.tongue.t("list-comma")), who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert_eq!(place("/cases?filter=a"), "/cases?filter=a");
        for evil in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "/\u{1}",
        ] {
            assert_eq!(place(evil), "/desk");
        }
    }

    #[test]
    fn failures_in_a_row_make_a_login_wait_longer_and_longer() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let after = |failures, seconds| wait(failures, Some(at), at + SignedDuration::from_secs(seconds));
        assert!(!after(4, 0));
        assert!(after(5, 0) && !after(5, 1));
        assert!(after(9, 15) && !after(9, 16));
        assert!(after(60, 899) && !after(60, 900));
    }
}
