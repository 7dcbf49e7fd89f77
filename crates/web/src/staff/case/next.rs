//! What comes next on the way of a case, and who does it; apart from that, the ways back and off the way.
//!
//! All of it is read from the kind: the steps that start from the state that the case is in, which way each leads
//! ([`Course`]), who may take it, and what it waits for. Where the way goes no further because the reporter says that
//! nothing is solved, the ways back are the way.

use bihuan_core::case::decide::{StepChoice, available_steps};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::Actor;
use bihuan_core::pack::course::Course;
use bihuan_core::pack::model::{Need, Relation, Step};

use super::{context, takers};
use crate::show;
use crate::story::Story;

/// What comes next.
pub struct Next {
    /// What goes on, each with who does it; nothing where the case has ended.
    pub moves: Vec<Move>,
    /// What else may be done from here, without names.
    pub others: Vec<Move>,
}

/// Something that may come next, and who does it.
pub struct Move {
    /// What.
    pub what: String,
    /// Who; empty where the words for what say it.
    pub who: String,
}

/// Whether a step goes on with the case; everything else is the exception, and so is what follows the end.
pub fn goes_on(story: &Story<'_>, step: &Step) -> bool {
    let case = story.case();
    let course = |step: &Step| story.kind.course(&case.state, step);
    let is_barred = |step: &Step| {
        let asks = step.needs.contains(&Need::Satisfaction);
        asks && course(step) == Course::Ahead && case.satisfied == Some(false)
    };
    match course(step) {
        _ if case.end.is_some() => false,
        Course::Ahead => !is_barred(step),
        Course::Back => !is_reporters(step) && story.kind.steps_from(&case.state).any(is_barred),
        Course::Aside => false,
    }
}

fn is_reporters(step: &Step) -> bool {
    step.relation == Relation::Reporter
}

/// Returns what comes next.
pub fn next(story: &Story<'_>) -> Next {
    let steps = story.kind.steps_from(&story.case().state);
    let (on, others): (Vec<&Step>, Vec<&Step>) = steps.partition(|step| goes_on(story, step));
    let waits: Vec<(&Step, Option<Refusal>)> =
        on.iter().map(|step| (*step, waits_for(story, step))).collect();
    let free = waits
        .iter()
        .filter(|(step, waits)| waits.is_none() && step.relation != Relation::Timer);
    let mut moves: Vec<Move> = free.map(|(step, _)| of_step(story, step)).collect();
    if moves.is_empty() {
        let by_itself = on.iter().any(|step| step.relation == Relation::Timer);
        let waits = waits.iter().find_map(|(_, waits)| waits.as_ref());
        moves.extend(waits.map(|waits| of_waiting(story, waits, by_itself)));
    }
    // That the reporter may withdraw or come back is theirs to know, and true all the time.
    let others = others.into_iter().filter(|step| !is_reporters(step));
    let other = |step: &Step| Move {
        what: story.ctx.name(&step.title),
        who: takers::told(story, step),
    };
    Next {
        moves,
        others: others.map(other).collect(),
    }
}

/// Returns what a step waits for that whoever takes it cannot bring about.
fn waits_for(story: &Story<'_>, step: &Step) -> Option<Refusal> {
    let who = story.ctx.who.as_ref()?;
    let anybody = Actor::Person {
        person: who.viewer.person,
        unit: who.viewer.unit,
        for_person: None,
    };
    let context = context(story, anybody);
    let choices = available_steps(story.case(), &|_| true, &context);
    let choice: &StepChoice<'_> = choices.iter().find(|choice| choice.step.id == step.id)?;
    let others = choice
        .needs
        .iter()
        .filter(|(need, _)| !matches!(need, Need::Evidence | Need::Photo));
    others.filter_map(|(_, missing)| missing.clone()).next()
}

fn of_step(story: &Story<'_>, step: &Step) -> Move {
    Move {
        what: story.ctx.name(&step.title),
        who: takers::named(story, step),
    }
}

/// Returns what is waited for; `by_itself` tells whether the clock goes on where nothing comes.
fn of_waiting(story: &Story<'_>, waits: &Refusal, by_itself: bool) -> Move {
    let ctx = story.ctx;
    match waits {
        Refusal::SilenceNotOver(at) => {
            let date = show::date(&ctx.scene.calendar, ctx.tongue, *at);
            let key = match by_itself {
                true => "next-silence-timer",
                false => "next-silence",
            };
            let who = ctx.tongue.t1(key, "date", date);
            Move {
                what: ctx.tongue.t("next-reporter-judges"),
                who,
            }
        }
        other => Move {
            what: story.words().refusal(other).said,
            who: String::new(),
        },
    }
}

impl Next {
    /// Returns what comes next in one sentence, for the word about what was just done.
    pub fn sentence(&self, story: &Story<'_>) -> Option<String> {
        let t = story.ctx.tongue;
        let said = |one: &Move| match one.who.is_empty() {
            true => one.what.clone(),
            false => t.t2(
                "next-move",
                ("what", one.what.as_str()),
                ("who", one.who.as_str()),
            ),
        };
        let moves: Vec<String> = self.moves.iter().map(said).collect();
        (!moves.is_empty()).then(|| t.t1("next-said", "moves", moves.join(&t.t("next-semicolon"))))
    }
}
