//! Calling back 回访: who is to be called after the answer, one after the other, the longest waiting first.
//!
//! One screen holds what a call takes: what it is about, what was answered, what to say. The number is opened
//! only when the caller asks for it, and leaves the trace that every look at an identity leaves. Whatever comes
//! of the call is one key; then comes the next.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::command::{Call, Command};
use bihuan_core::event::{Actor, CaseEvent, Event};
use bihuan_core::filter::Checked;
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::pack::model::{Callback, SourceGrade};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::case::CaseView;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Sort, SortBy};
use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::asked::Asked;
use super::case::{obstacle, open};
use super::ledger::page::{CAP, capped};
use super::line::{Line, unit_name};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::{Ctx, query_value};
use crate::error::{Complaint, WebError, dress};
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::show;
use crate::story::Story;

/// Who may take down what a reporter says on the telephone.
const ANSWER: &str = "answer";
/// Who may open the number.
const IDENTITY: &str = "identity";
/// The most cases that are looked at for one that can be called now.
const LOOKED_AT: usize = 50;
/// The most that stand below as those that come next.
const NEXT_SHOWN: usize = 8;
/// For how long a case is left to whoever opened its number.
const TAKEN: SignedDuration = SignedDuration::from_mins(15);

/// The results of a call, in the order of their keys.
const OUTCOMES: [(&str, &str); 5] = [
    ("solved", "call-solved"),
    ("not_solved", "call-not-solved"),
    ("no_answer", "call-no-answer"),
    ("no_number", "call-no-number"),
    ("again", "call-again"),
];

#[derive(Template)]
#[template(path = "callbacks/callbacks.html")]
struct CallbacksPage {
    page: Page,
    count: String,
    /// What was noted just now.
    done: Option<String>,
    current: Option<Current>,
    next: Vec<Line>,
    /// Whether some wait for a moment that was agreed, or are being called by somebody else.
    put_off: bool,
}

/// The case that is called now.
struct Current {
    number: String,
    title: String,
    text: String,
    answer: String,
    answered: String,
    unit: String,
    /// Which attempt this is, of how many.
    attempt: String,
    script: Vec<String>,
    /// Whether the script is an example.
    example: bool,
    may_open: bool,
    /// The reporter's name and number, once they were opened.
    phone: Option<(Option<String>, Option<String>)>,
    key: String,
    /// Value, message, key.
    outcomes: Vec<(&'static str, &'static str, usize)>,
    remark: String,
    at: String,
    errors: Vec<(String, String)>,
    refused: Option<String>,
}

/// `GET /callbacks`
pub async fn read_callbacks(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    access::permit_general(&ctx, ANSWER)?;
    let done = query.and_then(|query| query_value(&query, "done"));
    let done = OUTCOMES.iter().find(|(word, _)| Some(*word) == done.as_deref());
    let done = done.map(|(_, key)| ctx.tongue.t1("call-noted", "what", ctx.tongue.t(key)));
    Ok(html(&page_of(&ctx, None, done).await?))
}

/// `POST /callbacks/{number}/number`: opens the reporter's number, after the event that says who did.
pub async fn create_callback_number(
    ctx: Ctx,
    Path(number): Path<String>,
    _form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let permit = access::permit(&ctx, IDENTITY, &view.facts)?;
    access::permit(&ctx, ANSWER, &view.facts)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let reason = bodies.write(ctx.tongue.t("call-reason"));
    let identity = ctx
        .tenant
        .read_identity(&permit, view.case.id, bodies, reason, ctx.now)
        .await?;
    let phone = (identity.name.clone(), identity.phone.clone());
    let current = Current {
        phone: Some(phone),
        ..Current::of(&ctx, &view)?
    };
    Ok(html(&page_of(&ctx, Some((view.case.id, current)), None).await?))
}

/// `POST /callbacks/{number}/calls`: what came of the call; then the next.
pub async fn create_callback_call(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let error = match note(&ctx, &view, &form).await {
        Ok(()) => {
            let next = format!("/callbacks?done={}", form.value("outcome"));
            return Ok(Redirect::to(&next).into_response());
        }
        Err(error @ (WebError::Input(_) | WebError::Refused(_) | WebError::Busy | WebError::Stale)) => error,
        Err(error) => return Err(error),
    };
    let current = Current {
        remark: form.value("remark").to_owned(),
        at: form.value("at").to_owned(),
        errors: match &error {
            WebError::Input(complaints) => complaints
                .iter()
                .map(|complaint| (complaint.field.clone(), complaint.said(ctx.tongue)))
                .collect(),
            _ => Vec::new(),
        },
        refused: match &error {
            WebError::Input(_) => None,
            _ => Some(dress::said(&ctx, &error).1),
        },
        ..Current::of(&ctx, &view)?
    };
    let page = page_of(&ctx, Some((view.case.id, current)), None).await?;
    let mut response = html(&page);
    *response.status_mut() = error.status();
    Ok(response)
}

/// Takes down what came of a call.
async fn note(ctx: &Ctx, view: &CaseView, form: &Form) -> Result<(), WebError> {
    let mut read = form.read();
    let remark = read.text("remark", limits::NOTE_CHARS);
    let said = |solved| Call::Said { solved, score: None };
    let call = match form.value("outcome") {
        "solved" => Some(said(true)),
        "not_solved" => {
            if remark.is_none() {
                read.complain(Complaint::new("remark", "call-reason-needed"));
            }
            Some(said(false))
        }
        "no_answer" => Some(Call::NoAnswer),
        "no_number" => Some(Call::NoNumber),
        "again" => {
            let at = form.value("at").parse::<DateTime>().ok();
            let at = at.map(|at| ctx.scene.calendar.instant(at));
            if at.is_none() {
                read.complain(Complaint::new("at", "call-at-needed"));
            }
            at.map(|at| Call::Again { at })
        }
        _ => {
            read.complain(Complaint::new("outcome", "field-required"));
            None
        }
    };
    read.done()?;
    let call = call.ok_or_else(|| WebError::Input(Vec::new()))?;
    let request = Digest::of(&[
        format!("{call:?}").as_bytes(),
        remark.as_deref().unwrap_or_default().as_bytes(),
    ]);
    let key = form.value("key");
    let once = (!key.is_empty()).then(|| Once {
        key: format!("{key} {} call {request}", view.case.id),
        request,
    });
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let remark = remark.map(|remark| bodies.write(&remark));
    let command = Command::MakeCall { call, remark };
    access::execute(ctx, view.case.id, command, bodies, once).await?;
    Ok(())
}

/// Reads the page: with the case that is being called, or with the next that can be.
async fn page_of(
    ctx: &Ctx,
    current: Option<(CaseId, Current)>,
    done: Option<String>,
) -> Result<CallbacksPage, WebError> {
    let (count, rows) = waiting(ctx).await?;
    let (mut put_off, mut passed) = (false, BTreeSet::new());
    let mut chosen = current;
    for row in &rows {
        if chosen.is_some() {
            break;
        }
        let view = access::open(ctx, row.id).await?;
        let later = view.case.calls.again_at.is_some_and(|at| at > ctx.now);
        let waits = later || is_taken(ctx, &view);
        put_off |= waits;
        if waits || !can_call(ctx, &view)? {
            passed.insert(row.id);
            continue;
        }
        chosen = Some((row.id, Current::of(ctx, &view)?));
    }
    let now = chosen.as_ref().map(|(id, _)| *id);
    let others = rows
        .iter()
        .filter(|row| Some(row.id) != now && !passed.contains(&row.id));
    Ok(CallbacksPage {
        count: capped(count),
        done,
        next: others
            .take(NEXT_SHOWN)
            .map(|row| Line::of(ctx, row, &[]))
            .collect(),
        current: chosen.map(|(_, current)| current),
        put_off,
        page: ctx.page(Some(Area::Callbacks)),
    })
}

/// Returns who waits for a call of the visitor's, the one that nothing happened to for longest first.
async fn waiting(ctx: &Ctx) -> Result<(Count, Vec<ListRow>), WebError> {
    let asked = Asked::of(
        ctx,
        "open and phase = answer and to_call and not unit under my unit",
    );
    debug_assert!(asked.faults.is_empty(), "{:?}", asked.faults);
    let filter: Checked = asked.within(ctx, ANSWER)?;
    let read = ctx.tenant.read(move |reader| {
        let listing = Listing {
            filter: &filter,
            sort: Sort {
                by: SortBy::Changed,
                descending: false,
            },
            after: None,
            limit: LOOKED_AT,
        };
        reader.list_and_count(&listing, CAP + 1)
    });
    let (page, count) = read.await?;
    Ok((count, page.rows))
}

/// Whether somebody else opened the number a moment ago: nobody is to be called twice at once.
fn is_taken(ctx: &Ctx, view: &CaseView) -> bool {
    let me = ctx.who.as_ref().map(|who| who.viewer.person);
    let others_look = view.log.iter().rev().any(|logged| {
        let entry = &logged.entry;
        let looked = matches!(entry.event, Event::Case(CaseEvent::IdentityRead { .. }));
        let other = matches!(entry.actor, Actor::Person { person, .. } if Some(person) != me);
        looked && other && ctx.now.duration_since(entry.recorded_at) < TAKEN
    });
    let called = view
        .log
        .last()
        .is_some_and(|logged| matches!(logged.entry.event, Event::Case(CaseEvent::CallMade { .. })));
    others_look && !called
}

/// Whether the visitor may call about a case: whoever had a part in the work does not.
fn can_call(ctx: &Ctx, view: &CaseView) -> Result<bool, WebError> {
    let story = Story::of(ctx, view)?;
    let command = Command::MakeCall {
        call: Call::NoAnswer,
        remark: None,
    };
    Ok(matches!(obstacle(&story, &command), Some(Ok(()))))
}

impl Current {
    fn of(ctx: &Ctx, view: &CaseView) -> Result<Current, WebError> {
        let story = Story::of(ctx, view)?;
        let case = &view.case;
        let answer = case.answered;
        let unit = case.unit.map(|unit| unit_name(ctx, unit)).unwrap_or_default();
        let title = story.text(case.title);
        let most = story.kind.calls.map_or(0, |rule| rule.attempts);
        let callback = story.pack.callback.as_ref();
        let grade = callback.and_then(|callback| story.pack.sources.get(&callback.source));
        let fills = [("number", &case.number), ("title", &title), ("unit", &unit)];
        Ok(Current {
            script: callback.map_or_else(Vec::new, |callback| script(ctx, callback, &fills)),
            example: grade.is_some_and(|source| source.grade == SourceGrade::Example),
            number: case.number.clone(),
            text: story.text(case.text),
            answer: answer.map(|answer| story.text(answer.text)).unwrap_or_default(),
            answered: answer
                .map(|answer| show::brief(&ctx.scene.calendar, ctx.tongue, answer.at, ctx.now))
                .unwrap_or_default(),
            attempt: ctx.tongue.t2(
                "call-attempt",
                ("now", (case.calls.unanswered + 1).min(most.max(1))),
                ("most", most),
            ),
            may_open: access::may(ctx, IDENTITY, &view.facts),
            phone: None,
            key: ctx.form_key(),
            outcomes: OUTCOMES
                .iter()
                .enumerate()
                .map(|(at, (word, key))| (*word, *key, at + 1))
                .collect(),
            remark: String::new(),
            at: String::new(),
            errors: Vec::new(),
            refused: None,
            title,
            unit,
        })
    }
}

/// Returns what the caller says, with what is known filled in.
fn script(ctx: &Ctx, callback: &Callback, fills: &[(&str, &String)]) -> Vec<String> {
    let filled = |text: String| {
        fills.iter().fold(text, |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    };
    callback
        .script
        .iter()
        .map(|line| filled(ctx.name(line)))
        .collect()
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter;

    #[test]
    fn the_filter_of_who_waits_can_be_read() {
        let text = "open and phase = answer and to_call and not unit under my unit";
        assert_eq!(filter::parse(text).map(drop), Ok(()));
    }
}
