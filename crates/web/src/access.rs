//! What a person may do with cases: one question to the core's one decision, asked alike for a page, a
//! list, an export and the API.

use bihuan_core::case::command::{Command, Raise};
use bihuan_core::case::decide::action_needed;
use bihuan_core::case::facts::CaseFacts;
use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_core::pack::model::Kind;
use bihuan_core::permission::{self, Denied, Permit, READ};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::execute::{Appended, Receipt};
use bihuan_store::read::case::CaseView;
use bihuan_store::seal::Identity;

use crate::ctx::{Ctx, Who};
use crate::error::WebError;
use crate::metrics::Intake;

/// Returns the cases on which the visitor may do `action`: nothing where no grant of theirs holds it.
///
/// # Errors
/// [`WebError::Login`] if nobody is logged in; [`WebError::Scope`] if their token does not reach that far.
pub fn scope(ctx: &Ctx, action: &str) -> Result<Checked, WebError> {
    let who = ctx.who()?;
    reaches(who, action)?;
    let scope = ctx.with_rights(|rights| permission::scope(&who.viewer, action, rights));
    Ok(scope.unwrap_or_else(Checked::nothing))
}

/// Returns the permit for `action` on a case with these facts.
///
/// # Errors
/// [`WebError::NotFound`] if the visitor may not even know of it, [`WebError::Forbidden`] if they may.
pub fn permit(ctx: &Ctx, action: &str, facts: &CaseFacts) -> Result<Permit, WebError> {
    let who = ctx.who()?;
    reaches(who, action)?;
    ctx.with_rights(|rights| permission::authorize(&who.viewer, action, facts, rights))
        .map_err(of_denied)
}

/// Returns the permit for an action that concerns no case yet, such as to register one.
///
/// # Errors
/// [`WebError::Forbidden`] if no grant of the visitor's holds it.
pub fn permit_general(ctx: &Ctx, action: &str) -> Result<Permit, WebError> {
    let who = ctx.who()?;
    reaches(who, action)?;
    let permit = ctx.with_rights(|rights| permission::authorize_general(&who.viewer, action, rights));
    permit.map_err(|_denied| WebError::Forbidden)
}

/// Whether the visitor may do `action` on a case with these facts.
pub fn may(ctx: &Ctx, action: &str, facts: &CaseFacts) -> bool {
    permit(ctx, action, facts).is_ok()
}

/// Opens a case that the visitor may read.
///
/// # Errors
/// [`WebError::NotFound`] if there is none, or none for them.
pub async fn open(ctx: &Ctx, id: CaseId) -> Result<CaseView, WebError> {
    let view = find(ctx, id).await?;
    permit(ctx, READ, &view.facts).map_err(|error| match error {
        WebError::Forbidden => WebError::NotFound,
        other => other,
    })?;
    Ok(view)
}

/// Returns a case before it is asked what the visitor may do with it.
async fn find(ctx: &Ctx, id: CaseId) -> Result<CaseView, WebError> {
    ctx.who()?;
    ctx.tenant
        .read(move |reader| reader.case(id))
        .await?
        .ok_or(WebError::NotFound)
}

/// Takes in a new case, and counts what became of it.
///
/// # Errors
/// [`WebError`] if a rule forbids it or the store has no room.
pub async fn raise(
    ctx: &Ctx,
    permit: &Permit,
    raise: Raise,
    identity: Option<Identity>,
    bodies: Bodies,
    once: Option<Once>,
) -> Result<Receipt, WebError> {
    let raised = ctx
        .tenant
        .raise(permit, raise, identity, bodies, once, ctx.now)
        .await;
    let raised = raised.map_err(WebError::from);
    ctx.app.metrics().note(Intake::of(&raised));
    if raised.is_ok() {
        ctx.note_written();
    }
    raised
}

/// Carries out a command of the visitor on a case: the permit is for whatever action the command needs.
/// Some act on cases that they may not read, such as whoever erases a text.
///
/// # Errors
/// [`WebError`] if there is no such case for them, they may not do this, or a rule forbids it.
pub async fn execute(
    ctx: &Ctx,
    case: CaseId,
    command: Command,
    bodies: Bodies,
    once: Option<Once>,
) -> Result<Appended, WebError> {
    let view = find(ctx, case).await?;
    let permit = permit_for(ctx, &view, &command)?;
    for other in others_of(&command) {
        open(ctx, *other).await?;
    }
    Ok(ctx
        .tenant
        .execute(&permit, case, command, bodies, once, ctx.now)
        .await?)
}

/// Returns the other cases that a command names: who may not read them cannot do anything with them.
fn others_of(command: &Command) -> &[CaseId] {
    match command {
        Command::Link { other, .. } => std::slice::from_ref(other),
        Command::Merge { into, .. } => std::slice::from_ref(into),
        Command::Split { into, .. } => into,
        _ => &[],
    }
}

/// Returns the permit for whatever action a command on a case needs.
///
/// # Errors
/// [`WebError::Forbidden`] if no grant of the visitor's holds it here.
pub fn permit_for(ctx: &Ctx, view: &CaseView, command: &Command) -> Result<Permit, WebError> {
    let action = action_needed(command, kind(ctx, view)?);
    // What needs no action is the reporter's or the timer's; asked by a person, deciding names the rule.
    permit(ctx, action.unwrap_or(READ), &view.facts)
}

fn kind<'a>(ctx: &'a Ctx, view: &CaseView) -> Result<&'a Kind, WebError> {
    let kind = ctx.pack(&view.case)?.kind(&view.case.kind);
    kind.ok_or_else(|| WebError::internal("the pack has no such kind"))
}

/// Lets through what the visitor's token, if they came by one, may be used for.
fn reaches(who: &Who, action: &str) -> Result<(), WebError> {
    match &who.scopes {
        Some(scopes) if !scopes.iter().any(|scope| scope == action) => Err(WebError::Scope),
        Some(_) | None => Ok(()),
    }
}

fn of_denied(denied: Denied) -> WebError {
    match denied {
        Denied::Hidden => WebError::NotFound,
        Denied::Forbidden { .. } => WebError::Forbidden,
    }
}
