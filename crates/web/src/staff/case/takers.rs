//! Who takes a step of a case: by name where they are few, else by role. Whoever may read the case may also open the
//! pages of the people who are named: no page of a person is closed to the staff.

use std::collections::BTreeMap;

use bihuan_core::case::decide::available_steps;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::Actor;
use bihuan_core::filter::{self, Scene};
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::pack::model::{Grant, Relation, Step};

use super::context;
use crate::story::Story;

/// The most people who are named; of more the roles are told.
const NAMED: usize = 3;

/// Returns who takes a step, in words.
pub fn named(story: &Story<'_>, step: &Step) -> String {
    match step.relation {
        Relation::Reporter | Relation::Timer | Relation::Finder => told(story, step),
        Relation::Any | Relation::Responsible | Relation::Independent => {
            let t = story.ctx.tongue;
            let able = able(story, step);
            match able.len() {
                0 => t.t1("next-nobody", "roles", told(story, step)),
                1..=NAMED => names(story, &able),
                _ => told(story, step),
            }
        }
    }
}

/// Returns who takes a step, in words that name nobody.
pub fn told(story: &Story<'_>, step: &Step) -> String {
    let t = story.ctx.tongue;
    match step.relation {
        Relation::Reporter => t.t("by-reporter"),
        Relation::Timer => t.t("case-who-timer"),
        Relation::Finder => t.t("case-who-finder"),
        Relation::Independent => t.t1("case-who-independent", "roles", roles(story, step)),
        Relation::Responsible => match story.case().unit {
            Some(unit) => story.words().unit(unit),
            None => t.t("case-who-responsible"),
        },
        Relation::Any => roles(story, step),
    }
}

/// Returns the names of people, the visitor first, each with the unit that they act for.
fn names(story: &Story<'_>, able: &[(PersonId, UnitId)]) -> String {
    let (t, words) = (story.ctx.tongue, story.words());
    let visitor = story.ctx.who.as_ref().map(|who| who.viewer.person);
    let you = visitor.filter(|visitor| is_among(able, *visitor));
    let others = able.iter().filter(|(person, _)| Some(*person) != you);
    let others = others.map(|(person, unit)| {
        let unit = ("unit", words.unit(*unit));
        t.t2("next-person", ("person", words.person(*person)), unit)
    });
    let names: Vec<String> = you.map(|_| t.t("next-you")).into_iter().chain(others).collect();
    names.join(&t.t("next-or"))
}

/// Returns who may take a step, with the unit that they act for, each once: all of them, or one more than are named.
fn able(story: &Story<'_>, step: &Step) -> Vec<(PersonId, UnitId)> {
    let ctx = story.ctx;
    let today = ctx.scene.calendar.date_of(ctx.now);
    // A scope says the same of everybody with one role in one unit, but where it speaks of the person.
    let mut covered: BTreeMap<(&str, UnitId), Option<bool>> = BTreeMap::new();
    let mut able = Vec::new();
    for (person, role, unit) in ctx.scene.org.roles_on(today) {
        if able.len() > NAMED {
            break;
        }
        let gives = |grant: &Grant| gives(grant, role, step);
        if is_among(&able, person) || !ctx.scene.grants.iter().any(gives) {
            continue;
        }
        let alike = covered.entry((role, unit));
        let alike = *alike.or_insert_with(|| covers(story, step, role, (None, unit)));
        let covered = alike.or_else(|| covers(story, step, role, (Some(person), unit)));
        if covered == Some(true) && stands_right(story, step, person, unit) {
            able.push((person, unit));
        }
    }
    able
}

/// Returns the unit that handles what is dispatched, where no more than one of the city's units does.
pub fn only_handler(story: &Story<'_>) -> Option<UnitId> {
    let ctx = story.ctx;
    let own = |step: &&Step| step.relation == Relation::Responsible;
    let own: Vec<&Step> = story.kind.steps.iter().filter(own).collect();
    let handles = |grant: &Grant, role: &str| own.iter().any(|step| gives(grant, role, step));
    let today = ctx.scene.calendar.date_of(ctx.now);
    let held = ctx.scene.org.roles_on(today);
    let mut units = held
        .filter(|(_, role, _)| ctx.scene.grants.iter().any(|grant| handles(grant, role)))
        .map(|(_, _, unit)| unit);
    let only = units.next()?;
    units.all(|unit| unit == only).then_some(only)
}

fn is_among(able: &[(PersonId, UnitId)], person: PersonId) -> bool {
    able.iter().any(|(other, _)| *other == person)
}

fn gives(grant: &Grant, role: &str, step: &Step) -> bool {
    let action = step.action.as_ref();
    grant.role == role && action.is_some_and(|action| grant.actions.contains(action))
}

/// Whether a role that is held in a unit reaches the case with the action of a step; `None` where that depends on
/// who holds it, and nobody was named.
fn covers(story: &Story<'_>, step: &Step, role: &str, held: (Option<PersonId>, UnitId)) -> Option<bool> {
    let (me, unit) = held;
    let scope = |grant: &Grant| {
        let units = [unit];
        let scope = filter::check(&grant.scope, &scene(story, me, &units)).ok()?;
        Some(scope.matches(&story.view.facts, &|_| false))
    };
    let grants = story.ctx.scene.grants.iter();
    let scopes = grants.filter(|grant| gives(grant, role, step)).map(scope);
    let mut of_all = Some(false);
    for found in scopes {
        match found {
            Some(true) => return Some(true),
            Some(false) => {}
            None => of_all = None,
        }
    }
    of_all
}

/// Whether somebody who acts for a unit stands to the case as a step demands: to the core this is the first thing that
/// it asks of a step.
fn stands_right(story: &Story<'_>, step: &Step, person: PersonId, unit: UnitId) -> bool {
    let actor = Actor::Person {
        person,
        unit,
        for_person: None,
    };
    let context = context(story, actor);
    let permitted = |action: &str| step.action.as_deref() == Some(action);
    let choices = available_steps(story.case(), &permitted, &context);
    let choice = choices.iter().find(|choice| choice.step.id == step.id);
    choice.is_some_and(|choice| {
        !matches!(
            choice.refusal,
            Some(Refusal::OwnWork(_) | Refusal::WrongRelation(_))
        )
    })
}

/// Returns the roles whose grants hold the action of a step on the case, by name.
fn roles(story: &Story<'_>, step: &Step) -> String {
    let ctx = story.ctx;
    let units: Vec<UnitId> = story.case().unit.into_iter().collect();
    let scene = scene(story, None, &units);
    let covers = |grant: &&Grant| {
        let scope = filter::check(&grant.scope, &scene);
        scope.is_ok_and(|scope| scope.matches(&story.view.facts, &|_| false))
    };
    let grants = ctx.scene.grants.iter();
    let holding = grants.filter(|grant| gives(grant, &grant.role, step));
    let mut names: Vec<String> = holding
        .filter(covers)
        .map(|grant| ctx.name(&grant.title))
        .collect();
    names.dedup();
    names.join(&ctx.tongue.t("list-comma"))
}

fn scene<'a>(story: &'a Story<'_>, me: Option<PersonId>, my_units: &'a [UnitId]) -> Scene<'a> {
    let ctx = story.ctx;
    Scene {
        org: &ctx.scene.org,
        packs: std::slice::from_ref(&story.pack),
        calendar: &ctx.scene.calendar,
        now: ctx.now,
        tree_on: None,
        me,
        my_units,
        tokens: &|_| Vec::new(),
    }
}
