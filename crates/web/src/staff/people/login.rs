//! Logins: a new code for somebody who has lost theirs, and an end for who has left.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::PersonId;
use bihuan_core::permission::{self, Permit, Viewer};
use bihuan_store::account::Account;

use super::{ADMIN, Made, page, unit_of};
use crate::access;
use crate::app::SystemEntropy;
use crate::auth::invitation::{Invitation, new_code};
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::people::hands::in_hands_of;

/// `POST /people/codes`: takes a login's password away, and shows a code for choosing another.
pub async fn create_login_code(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let account = account(&ctx, &permit, &form).await?;
    let code = new_code(&mut SystemEntropy);
    let stored = Invitation::of(&code, ctx.now).stored();
    ctx.tenant.set_password(&permit, &account.login, stored).await?;
    let (by, of) = (ctx.who()?.viewer.person, account.person);
    tracing::info!(by.id = %by, of.id = %of, "{by} made a new code for a login of {of}");
    let name = ctx
        .scene
        .org
        .person(account.person)
        .map(|person| ctx.name(&person.name));
    let made = Made {
        name: name.unwrap_or_default(),
        unit: unit_of(&ctx, account.person),
        login: account.login,
        code: Some(code),
    };
    Ok(page::done(&ctx, 0, vec![made]).await)
}

/// `POST /people/disabled`: keeps a login from being used, and leads to what still lies with its owner.
pub async fn disable_login(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let account = account(&ctx, &permit, &form).await?;
    ctx.tenant
        .disable_account(&permit, &account.login, ctx.now)
        .await?;
    let (by, of) = (ctx.who()?.viewer.person, account.person);
    tracing::info!(by.id = %by, of.id = %of, "{by} closed a login of {of}");
    let theirs = in_hands_of(account.person);
    let left = ctx.tenant.read(move |reader| reader.count(&theirs, 1)).await?;
    let next = match left.known {
        0 => "/people".to_owned(),
        _ => format!("/persons/{}/hand-over", account.person),
    };
    Ok(Redirect::to(&next).into_response())
}

/// Returns the login that a form names. Nobody locks themselves out: their own is another's to change. Nor does who
/// stands in for an administrator take over the login of one.
async fn account(ctx: &Ctx, permit: &Permit, form: &Form) -> Result<Account, WebError> {
    let login = form.value("login").to_owned();
    let found = ctx.tenant.read(move |reader| reader.account(&login)).await?;
    let account = found.ok_or(WebError::NotFound)?;
    let refused = |key| Err(WebError::Input(vec![Complaint::new("login", key)]));
    if ctx.who()?.is_or_stands_in_for(account.person) {
        refused("people-own-login")
    } else if permit.is_lent() && administers(ctx, account.person) {
        refused("people-lent-login")
    } else {
        Ok(account)
    }
}

/// Whether somebody holds the right to look after people and logins themselves.
fn administers(ctx: &Ctx, person: PersonId) -> bool {
    let today = ctx.scene.calendar.date_of(ctx.now);
    let held = ctx.scene.org.roles_of(person, today).into_iter();
    let roles = held.map(|(role, unit)| (role.to_owned(), unit)).collect();
    let viewer = Viewer::with(person, roles, std::iter::empty());
    viewer.is_some_and(|viewer| {
        ctx.with_rights(|rights| permission::authorize_general(&viewer, ADMIN, rights).is_ok())
    })
}
