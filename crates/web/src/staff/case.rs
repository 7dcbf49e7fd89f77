//! The case page: one case, whole, with what its viewer may do now.
//!
//! Reading starts in [`page`], which tells the case; [`steps`] and [`acts`] say what may be done, each
//! a form of [`fields`]; what is sent back comes in at [`send`], which reads it by the same fields and
//! makes the same command as the API. What may be done is asked of the core's one decision every time:
//! no rule lives here.

pub mod acts;
pub mod code;
mod corrected;
mod facts;
pub mod fields;
pub mod files;
pub mod forms;
pub mod identity;
pub mod kept;
pub mod lines;
mod map;
mod moments;
mod next;
pub mod notices;
pub mod page;
pub mod relations;
mod responsible;
pub mod send;
mod sieve;
pub mod steps;
mod takers;

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use bihuan_core::case::command::{Command, Context};
use bihuan_core::case::decide::decide;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::Actor;
use bihuan_store::read::case::CaseView;

use crate::access;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::html;
use crate::staff::inbox;
use crate::story::Story;

/// `GET /cases/{number}`
pub async fn read_case_page(
    ctx: Ctx,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let seen = match ctx.ahead {
        true => 0,
        false => inbox::see(&ctx, view.case.id).await?,
    };
    let done = query.and_then(|query| query_value(&query, "done"));
    let mut page = page::CasePage::read(&ctx, &view, done.as_deref(), None).await?;
    page.page.saw(seen);
    Ok(html(&page))
}

/// Opens the case with this number, if the visitor may read it.
///
/// # Errors
/// [`WebError::NotFound`] if there is none, or none for them.
pub async fn open(ctx: &Ctx, number: &str) -> Result<CaseView, WebError> {
    let number = number.to_owned();
    let id = ctx.tenant.read(move |reader| reader.by_number(&number)).await?;
    access::open(ctx, id.ok_or(WebError::NotFound)?).await
}

/// Returns the page of a case.
pub fn address(number: &str) -> String {
    format!("/cases/{number}")
}

/// Returns what deciding about a case needs to know, with `actor` as who asks.
pub fn context<'a>(story: &'a Story<'_>, actor: Actor) -> Context<'a> {
    let ctx = story.ctx;
    let (org, calendar) = (&ctx.scene.org, &ctx.scene.calendar);
    Context {
        pack: story.pack,
        org,
        calendar,
        actor,
        occurred_at: ctx.now,
        now: ctx.now,
    }
}

/// Returns what stands in the way of a command that the visitor might give; `None` where they may not
/// give it at all. That it would change nothing does not stand in its way: the form will say what to.
pub fn obstacle(story: &Story<'_>, command: &Command) -> Option<Result<(), Refusal>> {
    let permit = access::permit_for(story.ctx, story.view, command).ok()?;
    Some(
        match decide(story.case(), command, &context(story, permit.actor())) {
            Ok(_) | Err(Refusal::NoChange) => Ok(()),
            Err(refusal) => Err(refusal),
        },
    )
}
