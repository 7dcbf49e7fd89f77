//! The steps from where the case is: which the visitor may take now, what each needs, what stands in its
//! way, where it comes from; and who takes the next one, where it is not the visitor.

use bihuan_core::case::decide::{StepChoice, available_steps};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::Actor;
use bihuan_core::filter::{self, Scene};
use bihuan_core::id::UnitId;
use bihuan_core::pack::model::{Effect, Grant, Need, Relation, Step};

use super::fields::of_asks;
use super::forms::{Again, Sheet};
use super::{context, moments};
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
    /// Whether its form is open.
    pub open: bool,
    /// Whether it is the one to take.
    pub primary: bool,
    /// Whether a piece of evidence is missing before it that the visitor can add.
    pub lacks_evidence: bool,
}

/// A step that may come next, and who takes it.
pub struct Next {
    /// The step.
    pub step: String,
    /// Who takes it.
    pub who: String,
}

/// Returns the steps of the visitor, those that can be taken first.
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
    found.sort_by_key(|step| step.obstacle.is_some());
    let sent = found.iter().position(|step| step.sheet.refused.is_some());
    if let Some(first) = found.get_mut(sent.unwrap_or(0)) {
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
        open: sheet.refused.is_some(),
        primary: false,
        lacks_evidence: choice.needs.iter().any(lacks_evidence) && moments::may_add(story),
        sheet,
    }
}

fn lacks_evidence((need, missing): &(Need, Option<Refusal>)) -> bool {
    matches!(need, Need::Evidence | Need::Photo) && missing.is_some()
}

/// Returns the steps that may come next, with who takes each. That the reporter can withdraw is true all
/// the time and no next step.
pub fn next(story: &Story<'_>) -> Vec<Next> {
    let steps = story
        .kind
        .steps_from(&story.case().state)
        .filter(|step| step.effect != Effect::Withdraw);
    let next = |step: &Step| Next {
        step: story.ctx.name(&step.title),
        who: who(story, step),
    };
    steps.map(next).collect()
}

fn who(story: &Story<'_>, step: &Step) -> String {
    let t = story.ctx.tongue;
    match step.relation {
        Relation::Reporter => t.t("by-reporter"),
        Relation::Timer => t.t("case-who-timer"),
        Relation::Finder => t.t("case-who-finder"),
        Relation::Independent => {
            let roles = roles(story, step.action.as_deref().unwrap_or_default());
            t.t1("case-who-independent", "roles", roles)
        }
        Relation::Responsible => match story.case().unit {
            Some(unit) => story.words().unit(unit),
            None => t.t("case-who-responsible"),
        },
        Relation::Any => roles(story, step.action.as_deref().unwrap_or_default()),
    }
}

/// Returns the roles whose grants hold an action on the case, by name.
fn roles(story: &Story<'_>, action: &str) -> String {
    let ctx = story.ctx;
    let units: Vec<UnitId> = story.case().unit.into_iter().collect();
    let scene = Scene {
        org: &ctx.scene.org,
        packs: &[story.pack],
        calendar: &ctx.scene.calendar,
        now: ctx.now,
        tree_on: None,
        me: None,
        my_units: &units,
        tokens: &|_| Vec::new(),
    };
    let covers = |grant: &&Grant| {
        let scope = filter::check(&grant.scope, &scene);
        scope.is_ok_and(|scope| scope.matches(&story.view.facts, &|_| false))
    };
    let holding = ctx
        .scene
        .grants
        .iter()
        .filter(|grant| grant.actions.iter().any(|held| held == action));
    let mut names: Vec<String> = holding
        .filter(covers)
        .map(|grant| ctx.name(&grant.title))
        .collect();
    names.dedup();
    names.join(&ctx.tongue.t("list-comma"))
}
