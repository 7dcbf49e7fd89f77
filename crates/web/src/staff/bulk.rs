//! One act on many chosen cases: first what it would do to each, then what became of each.
//!
//! Every case gets a command of its own, decided as if it had come from the case's page, under a key of its
//! own that is made from the form's: a form that is sent twice does nothing twice. What a rule refuses in one
//! case hinders no other.

pub mod deed;
mod page;

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use bihuan_core::filter::{Ast, Name, NameField, NameValue, Relation, Span, Term, Test};
use bihuan_core::id::Digest;
use bihuan_core::label::Lang;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::read::case::CaseView;
use serde_json::{Map, Value};

use self::deed::Deed;
use self::page::{ConfirmPage, DonePage, Outcome};
use super::case::{fields, open};
use super::{export, ledger::place::Place};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError, dress};
use crate::form::Form;
use crate::limits;
use crate::page::html;
use crate::story::Story;

/// What a form for many cases says.
pub struct Asked<'a> {
    /// The act.
    pub deed: Deed,
    /// The numbers of the cases, each once.
    pub numbers: Vec<String>,
    /// Where they were chosen: the query of a place in the ledger, or `desk`.
    pub list: &'a str,
    /// The form.
    pub form: &'a Form,
}

/// `POST /bulk`: what an act would do to the chosen cases, and what it still asks for; or a file of them.
pub async fn prepare_bulk(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    if form.value("act") == deed::EXPORT {
        return export::create_export(ctx.clone(), selection(&ctx, &form)?).await;
    }
    let asked = Asked::of(&form)?;
    let views = asked.views(&ctx).await?;
    Ok(html(&ConfirmPage::read(&ctx, &asked, &views, None)?))
}

/// `POST /bulk/commands`: carries the act out on each of the cases, and tells what became of it.
pub async fn create_bulk(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let asked = Asked::of(&form)?;
    let views = asked.views(&ctx).await?;
    let body = match fields::read(&ctx, &form, &asked.fields(&ctx, &views)?).await {
        Ok(body) => body,
        Err(WebError::Input(complaints)) => {
            let status = WebError::Input(Vec::new()).status();
            let page = ConfirmPage::read(&ctx, &asked, &views, Some(&complaints))?;
            return Ok((status, html(&page)).into_response());
        }
        Err(error) => return Err(error),
    };
    let mut outcomes = Vec::new();
    for (number, view) in &views {
        let done = match view {
            Some(view) => carry_out(&ctx, &asked, view, body.clone()).await,
            None => Err(WebError::NotFound),
        };
        let refused = done.err().map(|error| said(&ctx, &error));
        outcomes.push(Outcome::of(&ctx, number, view.as_ref(), refused));
    }
    Ok(html(&DonePage::of(&ctx, &asked, outcomes)?))
}

impl<'a> Asked<'a> {
    fn of(form: &'a Form) -> Result<Asked<'a>, WebError> {
        let deed = Deed::named(form.value("act")).ok_or(WebError::NotFound)?;
        Ok(Asked {
            deed,
            numbers: numbers(form)?,
            list: form.value("list"),
            form,
        })
    }

    /// Returns where the cases were chosen.
    pub fn back(&self) -> String {
        match self.list {
            DESK => "/desk".to_owned(),
            query => Place::of_query(query).href(),
        }
    }

    /// Opens the cases; those that the visitor may not read are not there.
    async fn views(&self, ctx: &Ctx) -> Result<Vec<(String, Option<CaseView>)>, WebError> {
        let mut views = Vec::new();
        for number in &self.numbers {
            let view = match open(ctx, number).await {
                Ok(view) => Some(view),
                Err(WebError::NotFound) => None,
                Err(error) => return Err(error),
            };
            views.push((number.clone(), view));
        }
        Ok(views)
    }

    /// Returns all that the act asks for in any of the cases.
    fn fields(
        &self,
        ctx: &Ctx,
        views: &[(String, Option<CaseView>)],
    ) -> Result<Vec<fields::Field>, WebError> {
        let mut all: Vec<fields::Field> = Vec::new();
        for view in views.iter().filter_map(|(_, view)| view.as_ref()) {
            let story = Story::of(ctx, view)?;
            for field in self.deed.fields(&story) {
                if all.iter().all(|known| known.name != field.name) {
                    all.push(field);
                }
            }
        }
        Ok(all)
    }
}

/// What a form says that was sent from the desk.
pub const DESK: &str = "desk";

/// Carries the act out on one case.
async fn carry_out(
    ctx: &Ctx,
    asked: &Asked<'_>,
    view: &CaseView,
    body: Map<String, Value>,
) -> Result<(), WebError> {
    let story = Story::of(ctx, view)?;
    let body = asked.deed.body(&story, body);
    let once = once(asked, &story, &body);
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let command = asked.deed.command(&story, body, &mut |text| bodies.write(text))?;
    access::execute(ctx, view.case.id, command, bodies, once).await?;
    Ok(())
}

/// Makes what is sent twice from the same page one thing in each case.
fn once(asked: &Asked<'_>, story: &Story<'_>, body: &Map<String, Value>) -> Option<Once> {
    let key = asked.form.value("key");
    let (case, act) = (story.case().id, asked.deed.word());
    let said = serde_json::to_string(body).unwrap_or_default();
    let request = Digest::of(&[act.as_bytes(), b"\0", said.as_bytes()]);
    (!key.is_empty()).then(|| Once {
        key: format!("{key} {case} {act} {request}"),
        request,
    })
}

/// Returns why an act was not done, in words.
fn said(ctx: &Ctx, error: &WebError) -> String {
    match error {
        WebError::Input(complaints) => {
            let said = complaints.iter().map(|complaint| complaint.said(ctx.tongue));
            said.collect::<Vec<_>>().join(&ctx.tongue.t("list-comma"))
        }
        error => dress::said(ctx, error).1,
    }
}

/// Returns the numbers of the chosen cases, each once.
fn numbers(form: &Form) -> Result<Vec<String>, WebError> {
    let mut seen = BTreeSet::new();
    let given = form.values("case").map(str::trim);
    let numbers: Vec<String> = given
        .filter(|number| !number.is_empty() && number.len() <= limits::LINE_CHARS && seen.insert(*number))
        .map(str::to_owned)
        .collect();
    let complaint = match numbers.len() {
        0 => Complaint::new("case", "bulk-none"),
        1..=limits::CASES => return Ok(numbers),
        _ => Complaint::new("case", "bulk-too-many").with("most", limits::CASES),
    };
    Err(WebError::Input(vec![complaint]))
}

/// Returns the form that exports the chosen cases as the ledger would.
fn selection(ctx: &Ctx, form: &Form) -> Result<Form, WebError> {
    let name = |number: String| Name {
        span: Span::default(),
        value: NameValue::Said(number),
    };
    let test = Test::Name {
        field: NameField::Number,
        relation: Relation::In,
        names: numbers(form)?.into_iter().map(name).collect(),
    };
    let span = Span::default();
    let place = Place::of_query(form.value("list"));
    let filter = Ast::Term(Term { span, test }).print(Lang::En);
    let fields = [
        ("filter", filter),
        ("sort", place.sort.by.word().to_owned()),
        ("dir", place.direction().to_owned()),
        ("columns", place.column_words()),
        ("format", form.value("format").to_owned()),
        ("key", ctx.form_key()),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok(Form::of(fields.collect()))
}
