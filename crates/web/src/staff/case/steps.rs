//! The steps from where the case is that the visitor may take: what each needs, what stands in its way, where it
//! comes from, and whether it goes on with the case.

use bihuan_core::case::decide::{StepChoice, available_steps};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::Actor;
use bihuan_core::pack::model::{Need, Step};

use super::fields::of_asks;
use super::forms::{Again, Sheet};
use super::{context, moments, next};
use crate::access;
use crate::sentence::refusal::need_key;
use crate::show;
use crate::story::Story;

/// A step as the page shows it.
pub struct StepSheet {
    /// Its form.
    pub sheet: Sheet,
    /// What must be there before it, and whether it is.
    pub needs: Vec<(bool, String)>,
    /// What stands in its way, in words.
    pub obstacle: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// Whether the reporter is told of it.
    pub tells: bool,
    /// Whether it goes on with the case; others lead back or off the way.
    pub goes_on: bool,
    /// Whether its form is open.
    pub open: bool,
    /// Whether it is the one to take.
    pub primary: bool,
    /// Whether a piece of evidence is missing before it that the visitor can add.
    pub lacks_evidence: bool,
}

/// Returns the steps of the visitor: first those that go on, of these first those that can be taken.
pub fn sheets(story: &Story<'_>, again: Option<&Again<'_>>) -> Vec<StepSheet> {
    let mut found = Vec::new();
    for step in story.kind.steps_from(&story.case().state) {
        let Some(actor) = actor(story, step) else { continue };
        let context = context(story, actor);
        let permitted = |action: &str| step.action.as_deref() == Some(action);
        let choices = available_steps(story.case(), &permitted, &context);
        let choice = choices.into_iter().find(|choice| choice.step.id == step.id);
        found.extend(choice.map(|choice| sheet(story, &choice, again)));
    }
    found.sort_by_key(|step| (!step.goes_on, step.obstacle.is_some()));
    let sent = found.iter().position(|step| step.sheet.refused.is_some());
    // The exception is never offered first: somebody else's turn is no reason to take it.
    if let Some(first) = found
        .get_mut(sent.unwrap_or(0))
        .filter(|step| step.goes_on || sent.is_some())
    {
        // Where nothing can be taken yet, what the first one lacks is what there is to do.
        (first.primary, first.open) = (first.obstacle.is_none(), true);
    }
    found
}

/// Returns as whom the visitor would take a step: the unit in which they hold what it needs.
pub fn actor(story: &Story<'_>, step: &Step) -> Option<Actor> {
    let action = step.action.as_deref()?;
    Some(access::permit(story.ctx, action, &story.view.facts).ok()?.actor())
}

fn sheet(story: &Story<'_>, choice: &StepChoice<'_>, again: Option<&Again<'_>>) -> StepSheet {
    let step = choice.step;
    let (ctx, words) = (story.ctx, story.words());
    let title = ctx.name(&step.title);
    let sheet = Sheet::of_step(story, &step.id, title, &of_asks(&choice.asks), again);
    let source = story
        .pack
        .source(&step.source)
        .map(|source| show::citation(ctx.tongue, source));
    let need = |(need, missing): &(_, Option<Refusal>)| (missing.is_none(), ctx.tongue.t(need_key(*need)));
    StepSheet {
        needs: choice.needs.iter().map(need).collect(),
        // A need that is not there yet stands in the list of needs already, with its mark.
        obstacle: choice.refusal.as_ref().map(|refusal| words.refusal(refusal).said),
        source: source.unwrap_or_default(),
        tells: step.tell.is_some(),
        goes_on: next::goes_on(story, step),
        open: sheet.refused.is_some(),
        primary: false,
        lacks_evidence: choice.needs.iter().any(lacks_evidence) && moments::may_add(story),
        sheet,
    }
}

fn lacks_evidence((need, missing): &(Need, Option<Refusal>)) -> bool {
    matches!(need, Need::Evidence | Need::Photo) && missing.is_some()
}
