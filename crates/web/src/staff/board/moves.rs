//! The steps of one case, where somebody takes it from one column of the board to another: each with what it
//! needs, what stands in its way and the rule it rests on. Nothing happens before its form is sent.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use bihuan_core::pack::words::Word as _;

use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::staff::case::{address, kept, open, page, steps};
use crate::staff::origin::{self, Origin, Way};
use crate::story::{Stop, Story};

#[derive(Template)]
#[template(path = "board/moves.html")]
struct MovesPage {
    page: Page,
    address: String,
    way: Option<Way>,
    key: String,
    number: String,
    title: String,
    state: String,
    stops: Vec<Stop>,
    steps: Vec<steps::StepSheet>,
    /// Whether none of the steps leads to where it was to go, so that all of them are shown.
    elsewhere: bool,
    units: Vec<(String, String)>,
}

/// `GET /cases/{number}/moves`: the steps that the visitor may take, those of `step` or `to` a phase alone.
pub async fn read_case_moves(
    ctx: Ctx,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let story = Story::of(&ctx, &view)?;
    let asked = |name: &str| query.as_deref().and_then(|query| query_value(query, name));
    let (step, to) = (asked("step"), asked("to"));
    let is_asked = |sheet: &steps::StepSheet| {
        let taken = sheet.sheet.step.as_deref();
        let leads = || story.kind.phase(&story.kind.step(taken?)?.to);
        step.as_deref().is_none_or(|step| taken == Some(step))
            && to
                .as_deref()
                .is_none_or(|to| leads().is_some_and(|phase| phase.word() == to))
    };
    let all = steps::sheets(&story, None);
    let (mut steps, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_asked);
    let elsewhere = steps.is_empty();
    if elsewhere {
        steps = others;
    }
    for (at, step) in steps.iter_mut().enumerate() {
        let free = step.obstacle.is_none();
        (step.open, step.primary) = (!elsewhere || free && at == 0, free && at == 0 && !elsewhere);
        step.sheet.action = origin::kept_on(&ctx, format!("{}/steps", address(&number)));
    }
    for kept in kept::of_case(&ctx, view.case.id).await? {
        let own = steps.iter_mut().find(|step| step.sheet.id == kept.sheet);
        if let Some(step) = own {
            step.sheet.fill(&kept.form, kept.unsent(&story));
        }
    }
    let case = story.case();
    Ok(html(&MovesPage {
        page: ctx.page(Some(Area::Board)),
        address: origin::kept(&ctx, address(&case.number)),
        way: Origin::of(&ctx).map(|origin| origin.way(&case.number)),
        key: ctx.form_key(),
        number: case.number.clone(),
        title: story.text(case.title),
        state: story.state(),
        stops: story.rail(),
        steps,
        elsewhere,
        units: page::units(&ctx),
    }))
}
