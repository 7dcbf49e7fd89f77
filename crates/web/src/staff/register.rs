//! The operator's form: what somebody says on the telephone, at the counter or in a letter, and what
//! inspectors find, taken in on one screen.
//!
//! [`entry`] reads the form, [`choices`] what may be chosen in it, [`done`] is the page after it was
//! taken in, with the number to read out, whose duty it is, and what looks like the same matter.

mod choices;
mod done;
mod entry;
pub mod similar;

use std::borrow::Borrow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::command::Command;
use bihuan_core::event::Linkage;
use bihuan_core::id::Digest;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;

use self::choices::{Choices, REGISTER};
use self::entry::Entry;
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
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
}

#[derive(Template)]
#[template(path = "register/refused.html")]
struct RefusedPage {
    page: Page,
    /// What is said, and where the rule comes from.
    routes: Vec<(String, String)>,
}

/// `GET /register`
pub async fn new_registration(ctx: Ctx) -> Result<Response, WebError> {
    access::permit_general(&ctx, REGISTER)?;
    Ok(html(&RegisterPage::of(&ctx, None, &[], &[])))
}

/// `POST /register`: takes it in and shows number and code; or says first what has to be said first.
pub async fn create_registration(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    access::permit_general(&ctx, REGISTER)?;
    let (refusing, warning) = intake::alarms(&ctx, &entry::message(&form))?;
    if !refusing.is_empty() {
        return Ok(refused(&ctx, &refusing));
    }
    let entry = match Entry::read(&ctx, &form) {
        Ok(entry) if warning.is_empty() || form.value("warned") == "yes" => entry,
        Ok(_unwarned) => return Ok(again(&ctx, &form, &[], &warning)),
        Err(complaints) => return Ok(again(&ctx, &form, &complaints, &warning)),
    };
    let receipt = entry.take(&ctx, form.value("key")).await?;
    Ok(html(&done::DonePage::read(&ctx, &receipt).await?))
}

/// `POST /register/links`: links what was just registered as a duplicate of what was there.
pub async fn create_registration_link(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let (number, same) = (form.value("number").to_owned(), form.value("same").to_owned());
    let request = Digest::of(&[b"link", number.as_bytes(), b" ", same.as_bytes()]);
    let find = |number: String| ctx.tenant.read(move |reader| reader.by_number(&number));
    let case = find(number.clone()).await?.ok_or(WebError::NotFound)?;
    let other = find(same).await?.ok_or(WebError::NotFound)?;
    access::open(&ctx, other).await?;
    let command = Command::Link {
        other,
        linkage: Linkage::DuplicateOf,
    };
    let once = Some(Once {
        key: form.value("key").to_owned(),
        request,
    })
    .filter(|once| !once.key.is_empty());
    access::execute(
        &ctx,
        case,
        command,
        Bodies::new(ctx.now, &mut SystemEntropy),
        once,
    )
    .await?;
    Ok(Redirect::to(&format!("/cases/{number}")).into_response())
}

/// Shows the form again with what was written, what is wrong with it, and what has to be said first.
fn again(ctx: &Ctx, form: &Form, complaints: &[Complaint], warning: &[Raised]) -> Response {
    let page = RegisterPage::of(ctx, Some(form), complaints, warning);
    (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
}

/// Tells the lawful route. Nothing of what was written is kept, logged or shown again.
fn refused(ctx: &Ctx, alarms: &[Raised]) -> Response {
    let route = |(pack, alarm): &Raised| {
        let source = pack
            .source(&alarm.source)
            .map(|source| show::citation(ctx.tongue, source));
        (ctx.name(&alarm.message), source.unwrap_or_default())
    };
    html(&RefusedPage {
        page: ctx.page(Some(Area::Register)),
        routes: alarms.iter().map(route).collect(),
    })
}

impl<'a> RegisterPage<'a> {
    fn of(
        ctx: &Ctx,
        form: Option<&'a Form>,
        complaints: &[Complaint],
        warning: &[Raised],
    ) -> RegisterPage<'a> {
        let key = form
            .map(|form| form.value("key").to_owned())
            .filter(|key| !key.is_empty());
        let error = |complaint: &Complaint| (complaint.field.clone(), complaint.said(ctx.tongue));
        RegisterPage {
            page: ctx.page(Some(Area::Register)),
            key: key.unwrap_or_else(|| ctx.form_key()),
            form,
            choices: Choices::of(ctx),
            errors: complaints.iter().map(error).collect(),
            alarms: warning
                .iter()
                .map(|(_, alarm)| ctx.name(&alarm.message))
                .collect(),
            most: limits::TEXT_CHARS,
        }
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
