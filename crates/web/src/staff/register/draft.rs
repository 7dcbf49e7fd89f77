//! What an operator has begun to write: kept by itself while they write, for themselves alone, until it is
//! sent or thrown away. Nothing of it stays in the browser.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_store::personal::draft::{Draft, Filling};
use uuid::Uuid;

use super::assist::Assist;
use super::choices::REGISTER;
use super::entry::{self, FIELDS};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::page::html;
use crate::portal::intake;
use crate::show;

/// Where scripts keep what is written.
pub const HREF: &str = "/register/drafts";
/// The form's name in the store.
const FORM: &str = "register";
/// The most of one draft, in bytes; the fields of an honest form come to a third of it.
const BYTES: usize = 64 << 10;
/// The most drafts that one person may have lying, so that nobody fills the store by hand or by script.
const MOST: u32 = 20;
/// How much of a draft stands in the list, in characters.
const TITLE_CHARS: usize = 30;
/// What is typed by hand: a form in which all of this is empty has not been begun.
const TYPED: [&str; 7] = ["text", "title", "place", "category", "name", "phone", "address"];

/// A draft as the list shows it.
pub struct Begun {
    /// Its id.
    pub id: Uuid,
    /// How it begins; `None` where neither title nor text was written yet.
    pub title: Option<String>,
    /// When it was saved last.
    pub when: String,
}

/// `POST /register/drafts`: keeps what is written so far, and answers with what can be said of it.
pub async fn save_registration_draft(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, REGISTER)?;
    let alarms = intake::alarms(&ctx, &entry::message(&form))?;
    // What was registered meanwhile, from another page or faster than this came, is no draft any more.
    let sent = match entry::once(&form) {
        Some(once) => ctx.tenant.knows(&permit, &once).await?,
        None => false,
    };
    // What may not be entered here is not kept either.
    let is_begun = !sent && TYPED.iter().any(|name| !form.value(name).trim().is_empty());
    if alarms.0.is_empty() && is_begun {
        keep(&ctx, &form).await?;
    } else {
        discard(&ctx, &form).await?;
    }
    Ok(html(&Assist::of(&ctx, &form, alarms, is_begun).await?))
}

/// `POST /register/drafts/discard`
pub async fn discard_registration_draft(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    access::permit_general(&ctx, REGISTER)?;
    drop_one(&ctx, form.value("draft")).await?;
    Ok(Redirect::to("/register").into_response())
}

async fn keep(ctx: &Ctx, form: &Form) -> Result<(), WebError> {
    let person = ctx.who()?.viewer.person;
    let id = id_of(form.value("key")).ok_or_else(|| WebError::Input(Vec::new()))?;
    let fields: Vec<(&str, &str)> = FIELDS
        .iter()
        .chain(&["key"])
        .map(|name| (*name, form.value(name)))
        .collect();
    let text = serde_json::to_string(&fields).map_err(WebError::internal)?;
    if text.len() > BYTES {
        return Err(WebError::TooLarge);
    }
    let filling = Filling { form: FORM, id };
    let others = ctx
        .tenant
        .read(move |reader| reader.other_drafts(person, filling));
    if others.await? >= MOST as usize {
        return Err(WebError::TooMany { wait_seconds: 60 });
    }
    let saved = ctx
        .tenant
        .save_draft(person, filling, &text, ctx.now, &mut SystemEntropy)
        .await;
    Ok(saved?)
}

/// Throws away the draft of a form, if there is one.
pub async fn discard(ctx: &Ctx, form: &Form) -> Result<(), WebError> {
    drop_one(ctx, form.value("key")).await
}

async fn drop_one(ctx: &Ctx, key: &str) -> Result<(), WebError> {
    let Some(id) = id_of(key) else {
        return Ok(());
    };
    let filling = Filling { form: FORM, id };
    Ok(ctx.tenant.drop_draft(ctx.who()?.viewer.person, filling).await?)
}

/// Returns the visitor's draft with an id as the form it was; `None` where there is none.
pub async fn form(ctx: &Ctx, id: Uuid) -> Result<Option<Form>, WebError> {
    let person = ctx.who()?.viewer.person;
    let filling = Filling { form: FORM, id };
    let draft = ctx
        .tenant
        .read(move |reader| reader.draft(person, filling))
        .await?;
    Ok(draft.as_ref().map(form_of))
}

/// Returns the visitor's drafts but the one that the form with this key shows.
pub async fn begun(ctx: &Ctx, key: &str) -> Result<Vec<Begun>, WebError> {
    let person = ctx.who()?.viewer.person;
    let drafts = ctx
        .tenant
        .read(move |reader| reader.drafts(person, FORM, MOST))
        .await?;
    let shown = id_of(key);
    let others = drafts.iter().filter(|draft| Some(draft.id) != shown);
    let line = |draft: &Draft| {
        let form = form_of(draft);
        let title = ["title", "text"].map(|name| form.value(name).trim().to_owned());
        let title = title.into_iter().find(|title| !title.is_empty());
        Begun {
            id: draft.id,
            title: title.map(|title| title.chars().take(TITLE_CHARS).collect()),
            when: show::brief(&ctx.scene.calendar, ctx.tongue, draft.saved_at, ctx.now),
        }
    };
    Ok(others.map(line).collect())
}

/// Returns a draft as the form it was; one written by another version of the form keeps the fields it had.
fn form_of(draft: &Draft) -> Form {
    Form::of(serde_json::from_str(&draft.text).unwrap_or_default())
}

/// Returns the id with which a form's key begins: it may stand in an address, the key may not.
fn id_of(key: &str) -> Option<Uuid> {
    key.split('.').next()?.parse().ok()
}
