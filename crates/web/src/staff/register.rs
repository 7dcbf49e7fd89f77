//! The operator's form: what somebody says on the telephone, at the counter or in a letter, and what
//! inspectors find, taken in on one screen.
//!
//! [`entry`] reads the form, [`choices`] what may be chosen in it, [`draft`] keeps what is written while it is
//! written, [`assist`] says what can be said of it so far, and [`done`] is the page after it was taken in, with
//! the number to read out.

mod assist;
mod callers;
mod choices;
mod done;
pub mod draft;
mod entry;
pub mod similar;

use std::borrow::Borrow;

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::command::Command;
use bihuan_core::event::Linkage;
use bihuan_core::id::{CaseId, Digest};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;

use self::choices::{Choices, REGISTER};
use self::done::Tie;
use self::draft::Begun;
use self::entry::Entry;
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError, dress};
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::portal::alarms::Raised;
use crate::portal::intake;
use crate::show;

#[derive(Template)]
#[template(path = "register/register.html")]
struct RegisterPage<'a> {
    page: Page,
    /// Makes a form that is sent twice one case.
    key: String,
    form: Option<&'a Form>,
    choices: Choices,
    errors: Vec<(String, String)>,
    alarms: Vec<String>,
    most: usize,
    /// Where scripts keep what is written; drafts lie under it by their id.
    keep: &'static str,
    /// What was begun and not sent, but for what the form shows.
    begun: Vec<Begun>,
}

#[derive(Template)]
#[template(path = "register/refused.html")]
struct RefusedPage {
    page: Page,
    /// What is said, and where the rule comes from.
    routes: Vec<(String, String)>,
}

/// `GET /register`: an empty form, or the draft that the address names.
pub async fn new_registration(
    ctx: Ctx,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    access::permit_general(&ctx, REGISTER)?;
    let asked = fields.iter().find(|(name, _)| name == "draft");
    let form = match asked.and_then(|(_, id)| id.parse().ok()) {
        Some(id) => draft::form(&ctx, id).await?,
        None => None,
    };
    Ok(html(&RegisterPage::read(&ctx, form.as_ref(), &[], &[]).await?))
}

/// `POST /register`: takes it in and shows number and code; or says first what has to be said first.
pub async fn create_registration(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    access::permit_general(&ctx, REGISTER)?;
    let (refusing, warning) = intake::alarms(&ctx, &entry::message(&form))?;
    if !refusing.is_empty() {
        draft::discard(&ctx, &form).await?;
        return Ok(refused(&ctx, &refusing));
    }
    let entry = match Entry::read(&ctx, &form) {
        Ok(entry) if warning.is_empty() || form.value("warned") == "yes" => entry,
        Ok(_unwarned) => return again(&ctx, &form, &[], &warning).await,
        Err(complaints) => return again(&ctx, &form, &complaints, &warning).await,
    };
    let receipt = match entry.take(&ctx, entry::once(&form)).await {
        Err(WebError::KeyReused) => return sent_before(&ctx, form).await,
        other => other?,
    };
    draft::discard(&ctx, &form).await?;
    let tie = match form.value("same") {
        "" => None,
        same => {
            let tied = tie(&ctx, receipt.case(), same, form.value("key")).await;
            Some(Tie {
                number: same.to_owned(),
                problem: tied.err().map(|error| dress::said(&ctx, &error).1),
            })
        }
    };
    Ok(html(&done::DonePage::read(&ctx, &receipt, tie).await?))
}

/// `POST /register/links`: links what was just registered as a duplicate of what was there.
pub async fn create_registration_link(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let number = form.value("number").to_owned();
    let case = by_number(&ctx, &number).await?;
    tie(&ctx, case, form.value("same"), form.value("key")).await?;
    Ok(Redirect::to(&format!("/cases/{number}")).into_response())
}

async fn by_number(ctx: &Ctx, number: &str) -> Result<CaseId, WebError> {
    let number = number.to_owned();
    let found = ctx.tenant.read(move |reader| reader.by_number(&number)).await?;
    found.ok_or(WebError::NotFound)
}

/// Links a case as a duplicate of the one with the number `same`, once for a key.
async fn tie(ctx: &Ctx, case: CaseId, same: &str, key: &str) -> Result<(), WebError> {
    let other = by_number(ctx, same).await?;
    let once = Some(Once {
        key: format!("{key} same"),
        request: Digest::of(&[b"link", case.0.as_bytes(), other.0.as_bytes()]),
    })
    .filter(|_| !key.is_empty());
    let command = Command::Link {
        other,
        linkage: Linkage::DuplicateOf,
    };
    let bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    access::execute(ctx, case, command, bodies, once).await.map(drop)
}

/// Shows the form again with what was written, what is wrong with it, and what has to be said first.
async fn again(
    ctx: &Ctx,
    form: &Form,
    complaints: &[Complaint],
    warning: &[Raised],
) -> Result<Response, WebError> {
    let page = RegisterPage::read(ctx, Some(form), complaints, warning).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

/// Shows the form again under a key of its own: with the one it had, something else was registered already.
async fn sent_before(ctx: &Ctx, form: Form) -> Result<Response, WebError> {
    draft::discard(ctx, &form).await?;
    let fields = form.fields().iter().filter(|(name, _)| name != "key");
    let form = Form::of(fields.cloned().collect());
    let said = Complaint::new("text", "register-sent-before");
    again(ctx, &form, &[said], &[]).await
}

/// Tells the lawful route. Nothing of what was written is kept, logged or shown again.
fn refused(ctx: &Ctx, alarms: &[Raised]) -> Response {
    html(&RefusedPage {
        page: ctx.page(Some(Area::Register)),
        routes: routes(ctx, alarms),
    })
}

/// Returns where what may not be entered belongs, each with the rule that says so.
fn routes(ctx: &Ctx, alarms: &[Raised]) -> Vec<(String, String)> {
    let route = |(pack, alarm): &Raised| {
        let source = pack
            .source(&alarm.source)
            .map(|source| show::citation(ctx.tongue, source));
        (ctx.name(&alarm.message), source.unwrap_or_default())
    };
    alarms.iter().map(route).collect()
}

impl<'a> RegisterPage<'a> {
    async fn read(
        ctx: &Ctx,
        form: Option<&'a Form>,
        complaints: &[Complaint],
        warning: &[Raised],
    ) -> Result<RegisterPage<'a>, WebError> {
        let key = form
            .map(|form| form.value("key").to_owned())
            .filter(|key| !key.is_empty());
        let key = key.unwrap_or_else(|| ctx.form_key());
        let error = |complaint: &Complaint| (complaint.field.clone(), complaint.said(ctx.tongue));
        Ok(RegisterPage {
            page: ctx.page(Some(Area::Register)),
            begun: draft::begun(ctx, &key).await?,
            key,
            form,
            choices: Choices::of(ctx),
            errors: complaints.iter().map(error).collect(),
            alarms: warning
                .iter()
                .map(|(_, alarm)| ctx.name(&alarm.message))
                .collect(),
            most: limits::TEXT_CHARS,
            keep: draft::HREF,
        })
    }

    /// Returns what was written in a field.
    fn was(&self, name: &str) -> String {
        self.form
            .map(|form| form.value(name).to_owned())
            .unwrap_or_default()
    }

    /// Whether this is chosen in a field; `first` is chosen where nothing was sent.
    fn is(&self, name: &str, value: &str, first: impl Borrow<bool>) -> bool {
        match self.form {
            Some(form) => form.value(name) == value,
            None => *first.borrow(),
        }
    }
}
