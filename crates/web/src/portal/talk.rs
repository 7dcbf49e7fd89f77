//! What a reporter says about their report: more about it, whether it is solved, that they withdraw it.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, BodyRef, CaseEvent, End, Event};
use bihuan_core::id::CaseId;
use bihuan_core::pack::model::Relation;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::commit::log::Logged;
use bihuan_store::execute::Appended;
use bihuan_store::read::case::CaseView;

use super::intake;
use super::track;
use super::view::{self, Said, TrackPage, Typed};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{WebError, dress};
use crate::form::{Door, Form};
use crate::limits;
use crate::page::html;
use crate::story::Story;

/// How often it is looked whether the clock has acted, and how long after each look.
const LOOKS: (u32, Duration) = (10, Duration::from_millis(100));

/// `POST /track/replies`: more about the matter, or the answer to a question.
pub async fn create_track_reply(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let mut read = form.read();
    let text = read.needed("text", limits::NOTE_CHARS);
    read.done()?;
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| Command::Reply { text: write(&text) };
    say(&ctx, &form, make, "track-sent").await
}

/// `POST /track/satisfaction`: whether it is solved.
pub async fn create_track_satisfaction(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let mut read = form.read();
    let remark = read.text("remark", limits::NOTE_CHARS);
    let solved = read.choice("solved", yes_or_no);
    read.done()?;
    let solved = solved.ok_or(WebError::Input(Vec::new()))?;
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| Command::GiveSatisfaction {
        solved,
        score: None,
        remark: remark.as_deref().map(write),
    };
    say(&ctx, &form, make, "track-thanks").await
}

/// `POST /track/consents`: whether pictures of it may be shown to everybody.
pub async fn create_track_consent(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let mut read = form.read();
    let allowed = read.choice("pictures", yes_or_no);
    read.done()?;
    let allowed = allowed.ok_or(WebError::Input(Vec::new()))?;
    let make = |_: &mut dyn FnMut(&str) -> BodyRef| Command::AllowPictures { allowed };
    say(&ctx, &form, make, "track-thanks").await
}

/// `POST /track/steps`: a step of the kind that is the reporter's own, such as to withdraw.
pub async fn create_track_step(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let mut read = form.read();
    let reason = read.text("reason", limits::NOTE_CHARS);
    read.done()?;
    let step = form.value("step").to_owned();
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| {
        let reason = reason.as_deref().map(write);
        Command::TakeStep(TakeStep {
            step,
            reason,
            ..TakeStep::default()
        })
    };
    say(&ctx, &form, make, "track-sent").await
}

/// Carries out what the reporter says and shows the report again; with what was typed, where it is not taken.
async fn say(
    ctx: &Ctx,
    form: &Form,
    make: impl FnOnce(&mut dyn FnMut(&str) -> BodyRef) -> Command,
    done: &'static str,
) -> Result<Response, WebError> {
    let case = track::followed(ctx).await?.ok_or(WebError::NotFound)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let command = command(ctx, make, &mut bodies)?;
    // Whether pictures are allowed is so or it is not: an old page that is sent again takes back what was allowed since.
    let is_word = matches!(command, Command::AllowPictures { .. });
    let once = once(ctx, case, form).filter(|_| !is_word);
    let is_solved = matches!(command, Command::GiveSatisfaction { solved: true, .. });
    let (status, said) = match carry_out(ctx, case, command, bodies, once).await {
        Ok(_) => (StatusCode::OK, Said::done(ctx.tongue.t(done))),
        Err(WebError::Refused(Refusal::NoChange)) if is_word => {
            (StatusCode::OK, Said::done(ctx.tongue.t(done)))
        }
        Err(error @ (WebError::KeyReused | WebError::Enough | WebError::Refused(_))) => {
            (error.status(), not_taken(ctx, form, &error))
        }
        Err(error) => return Err(error),
    };
    let is_taken = status == StatusCode::OK;
    let said = match is_taken && is_solved && is_struck_off_now(ctx, case).await? {
        true => Said::done(ctx.tongue.t("track-thanks-struck")),
        false => said,
    };
    let mut response = html(&TrackPage::read(ctx, case, said).await?);
    *response.status_mut() = status;
    Ok(response)
}

/// Waits a moment for the clock, where it is to strike the case off now: whoever said that it is solved sees the seal.
/// Returns whether it did.
async fn is_struck_off_now(ctx: &Ctx, case: CaseId) -> Result<bool, WebError> {
    let (looks, pause) = LOOKS;
    for _ in 0..looks {
        let view = view::case(ctx, case).await?;
        if !view::is_struck_off_soon(&Story::of(ctx, &view)?) {
            return Ok(view.case.end == Some(End::StruckOff));
        }
        tokio::time::sleep(pause).await;
    }
    Ok(false)
}

/// Returns what is said where a form was not taken, with what was typed in it.
fn not_taken(ctx: &Ctx, form: &Form, error: &WebError) -> Said {
    let problem = match error {
        WebError::KeyReused => ctx.tongue.t("track-sent-before"),
        other => dress::said(ctx, other).1,
    };
    let typed = |name: &str| form.value(name).to_owned();
    Said {
        done: None,
        problem: Some(problem),
        typed: Typed {
            text: typed("text"),
            remark: typed("remark"),
            step: typed("step"),
            reason: typed("reason"),
            pictures: typed("pictures"),
        },
    }
}

/// Carries out a reporter's command, whichever door it came by.
///
/// # Errors
/// [`WebError::NotFound`] for a step that is not theirs; [`WebError::Enough`] where they have added as much as
/// is taken; what a rule or the store refuses.
pub async fn carry_out(
    ctx: &Ctx,
    case: CaseId,
    command: Command,
    bodies: Bodies,
    once: Option<Once>,
) -> Result<Appended, WebError> {
    let view = view::case(ctx, case).await?;
    let room = match &command {
        Command::TakeStep(given) => own_step(ctx, &view, &given.step),
        // Whether it is solved can be said once however much was added.
        Command::GiveSatisfaction { .. } if view.case.satisfied.is_none() => Ok(()),
        // What they allowed can be taken back at any time.
        Command::AllowPictures { allowed: false } if view.case.pictures.allowed => Ok(()),
        _ => room_for_more(&view),
    };
    match room {
        // What was taken already is answered as it was, however much has come since.
        Err(WebError::Enough) if is_known(ctx, once.as_ref()).await? => {}
        other => other?,
    }
    let permit = Permit::reporter();
    let execute = ctx.tenant.execute(&permit, case, command, bodies, once, ctx.now);
    let appended = execute.await?;
    ctx.note_written();
    Ok(appended)
}

async fn is_known(ctx: &Ctx, once: Option<&Once>) -> Result<bool, WebError> {
    match once {
        Some(once) => Ok(ctx.tenant.knows(&Permit::reporter(), once).await?),
        None => Ok(false),
    }
}

/// Whether the reporter may add something: there is a bound on it until staff act, and one in all.
///
/// # Errors
/// [`WebError::Enough`] if not.
pub fn room_for_more(view: &CaseView) -> Result<(), WebError> {
    let added = |logged: &&Logged| {
        let additions = matches!(
            logged.entry.event,
            Event::Case(
                CaseEvent::ReporterReplied { .. }
                    | CaseEvent::EvidenceAdded { .. }
                    | CaseEvent::SatisfactionGiven { .. }
                    | CaseEvent::PicturesAllowed { .. }
            )
        );
        additions && logged.entry.actor == Actor::Reporter
    };
    let by_staff = |logged: &&Logged| matches!(logged.entry.actor, Actor::Person { .. });
    let log = view.log.iter();
    let lately = log.clone().rev().take_while(|logged| !by_staff(logged));
    match lately.filter(added).count() < limits::REPORTERS_ADDITIONS
        && log.filter(added).count() < limits::REPORTERS_ADDITIONS_IN_ALL
    {
        true => Ok(()),
        false => Err(WebError::Enough),
    }
}

/// Makes a reporter's command; what may not be entered is refused here too, not only in the first message.
///
/// # Errors
/// [`WebError::Elsewhere`] with the lawful routes.
pub fn command(
    ctx: &Ctx,
    make: impl FnOnce(&mut dyn FnMut(&str) -> BodyRef) -> Command,
    bodies: &mut Bodies,
) -> Result<Command, WebError> {
    let mut said = String::new();
    let command = make(&mut |text| {
        said.push_str(text);
        said.push('\n');
        bodies.write(text)
    });
    intake::refuse_forbidden(ctx, &said)?;
    Ok(command)
}

/// Lets a reporter take no step but their own; deciding would refuse it too, with less kind words.
fn own_step(ctx: &Ctx, view: &CaseView, step: &str) -> Result<(), WebError> {
    let kind = ctx.pack(&view.case)?.kind(&view.case.kind);
    let step = kind.and_then(|kind| kind.step(step));
    step.filter(|step| step.relation == Relation::Reporter)
        .map(|_| ())
        .ok_or(WebError::NotFound)
}

/// Makes what is sent twice from the same form one thing: the forms of a page have one key.
fn once(ctx: &Ctx, case: CaseId, form: &Form) -> Option<Once> {
    let key = form.value("key");
    let said = ["text", "remark", "solved", "step", "reason"].map(|name| Some(form.value(name)));
    (!key.is_empty()).then(|| Once {
        key: format!("{key} {case} {}", ctx.route),
        request: intake::digest(said),
    })
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
