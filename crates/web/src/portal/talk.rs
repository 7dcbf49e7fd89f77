//! What a reporter says about their report: more about it, whether it is solved, that they withdraw it.

use axum::response::Response;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::BodyRef;
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::pack::model::Relation;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;

use super::intake;
use super::track;
use super::view::{self, TrackPage};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::limits;
use crate::page::html;

/// `POST /track/replies`: more about the matter, or the answer to a question.
pub async fn create_track_reply(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let mut read = form.read();
    let text = read.needed("text", limits::NOTE_CHARS);
    read.done()?;
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| Command::Reply { text: write(&text) };
    say(&ctx, &form, make, "track-sent").await
}

/// `POST /track/satisfaction`: whether it is solved.
pub async fn create_track_satisfaction(ctx: Ctx, form: Form) -> Result<Response, WebError> {
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

/// `POST /track/steps`: a step of the kind that is the reporter's own, such as to withdraw.
pub async fn create_track_step(ctx: Ctx, form: Form) -> Result<Response, WebError> {
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

/// Carries out what the reporter says and shows the report again.
async fn say(
    ctx: &Ctx,
    form: &Form,
    make: impl FnOnce(&mut dyn FnMut(&str) -> BodyRef) -> Command,
    done: &'static str,
) -> Result<Response, WebError> {
    let case = track::followed(ctx).await?.ok_or(WebError::NotFound)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let command = command(ctx, make, &mut bodies)?;
    own_step(ctx, case, &command).await?;
    let once = once(case, form);
    ctx.tenant
        .execute(&Permit::reporter(), case, command, bodies, once, ctx.now)
        .await?;
    ctx.note_written();
    Ok(html(&TrackPage::read(ctx, case, Some(ctx.tongue.t(done))).await?))
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
///
/// # Errors
/// [`WebError::NotFound`] if it is somebody else's.
pub async fn own_step(ctx: &Ctx, case: CaseId, command: &Command) -> Result<(), WebError> {
    let Command::TakeStep(given) = command else {
        return Ok(());
    };
    let case = view::case(ctx, case).await?.case;
    let kind = ctx.pack(&case)?.kind(&case.kind);
    let step = kind.and_then(|kind| kind.step(&given.step));
    step.filter(|step| step.relation == Relation::Reporter)
        .map(|_| ())
        .ok_or(WebError::NotFound)
}

/// Makes what is sent twice from the same page one thing.
fn once(case: CaseId, form: &Form) -> Option<Once> {
    let key = form.value("key");
    let said = ["text", "remark", "solved", "step", "reason"].map(|name| form.value(name));
    let request = Digest::of(&said.map(|text| text.as_bytes()));
    (!key.is_empty()).then(|| Once {
        key: format!("{key} {case}"),
        request,
    })
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
