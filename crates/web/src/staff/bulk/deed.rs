//! The acts that can be done to many cases at once: those whose words may be the same for all of them.

use std::collections::BTreeMap;

use bihuan_core::case::command::Command;
use bihuan_core::case::decide::{asks_of, available_steps};
use bihuan_core::pack::model::{Ask, Step};
use bihuan_store::read::list::ListRow;
use serde_json::{Map, Value};

use crate::access;
use crate::api::commands::{NewStep, Write};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::staff::case::acts::table::{ASSIGNMENTS, INSTRUCTIONS, TRANSFERS};
use crate::staff::case::acts::{self, Act};
use crate::staff::case::fields::{Field, Shape, of_asks};
use crate::staff::case::{context, steps};
use crate::staff::desk::owed;
use crate::staff::export::order;
use crate::story::Story;

/// The word of the export of chosen cases, which is no act on them.
pub const EXPORT: &str = "export";

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A step, by its id: each case's own kind says what it is.
    Step(String),
    /// Passing responsibility to another unit.
    Transfer,
    /// Naming the person in charge; the co-units stay.
    Person,
    /// Urging 催办, one of the instructions.
    Urge,
}

/// An act that a list offers for its chosen cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its word, as forms send it.
    pub word: String,
    /// What it is called.
    pub title: String,
}

/// What would be, or why it cannot be.
pub type Ahead = Result<String, String>;

impl Deed {
    /// Returns the act with this word.
    pub fn named(word: &str) -> Option<Deed> {
        match word {
            "transfer" => Some(Deed::Transfer),
            "person" => Some(Deed::Person),
            "urge" => Some(Deed::Urge),
            _ => word.strip_prefix("step-").map(|step| Deed::Step(step.to_owned())),
        }
    }

    /// Returns its word.
    pub fn word(&self) -> String {
        match self {
            Deed::Step(step) => format!("step-{step}"),
            Deed::Transfer => "transfer".to_owned(),
            Deed::Person => "person".to_owned(),
            Deed::Urge => "urge".to_owned(),
        }
    }

    /// Returns what it is called; `None` for a step that no kind has.
    pub fn title(&self, ctx: &Ctx) -> Option<String> {
        let key = match self {
            Deed::Step(id) => {
                let mut kinds = ctx.scene.newest().flat_map(|pack| &pack.kinds);
                let step = kinds.find_map(|kind| kind.step(id))?;
                return Some(ctx.name(&step.title));
            }
            Deed::Transfer => TRANSFERS.title,
            Deed::Person => "act-assignment-person",
            Deed::Urge => "instruction-urge",
        };
        Some(ctx.tongue.t(key))
    }

    /// Returns what it asks for in a case.
    pub fn fields(&self, story: &Story<'_>) -> Vec<Field> {
        match self {
            Deed::Step(id) => match story.kind.step(id) {
                Some(step) if is_for_many(step) => of_asks(&asks_of(step)),
                Some(_) | None => Vec::new(),
            },
            Deed::Transfer => TRANSFERS.fields.to_vec(),
            Deed::Person => vec![Field::needed("person", "act-assignment-person", Shape::Person)],
            Deed::Urge => vec![Field::needed("words", "act-instruction-words", Shape::Note)],
        }
    }

    /// Returns what it would make of a case, in words, or why it cannot be done.
    pub fn ahead(&self, story: &Story<'_>) -> Ahead {
        let t = story.ctx.tongue;
        match self {
            Deed::Step(id) => step_ahead(story, id),
            Deed::Transfer => act_ahead(story, &TRANSFERS).map(|()| t.t("bulk-then-transfer")),
            Deed::Person => act_ahead(story, &ASSIGNMENTS).map(|()| t.t("bulk-then-person")),
            Deed::Urge => act_ahead(story, &INSTRUCTIONS).map(|()| t.t("bulk-then-urge")),
        }
    }

    /// Returns the body of the request for a case, out of the one that was written for all.
    pub fn body(&self, story: &Story<'_>, all: Map<String, Value>) -> Map<String, Value> {
        let own = self.fields(story);
        let is_own = |name: &String| own.iter().any(|field| field.name == name);
        let mut body: Map<String, Value> = all.into_iter().filter(|(name, _)| is_own(name)).collect();
        match self {
            Deed::Step(id) => drop(body.insert("step".to_owned(), id.as_str().into())),
            Deed::Person => {
                let units = story
                    .case()
                    .co_units
                    .iter()
                    .map(|unit| Value::from(unit.to_string()));
                body.insert("co_units".to_owned(), units.collect());
            }
            Deed::Urge => drop(body.insert("instruction".to_owned(), "urge".into())),
            Deed::Transfer => {}
        }
        body
    }

    /// Makes the command for a case.
    ///
    /// # Errors
    /// [`WebError::Input`] if the body names what is not there.
    pub fn command(
        &self,
        story: &Story<'_>,
        body: Map<String, Value>,
        write: &mut Write<'_>,
    ) -> Result<Command, WebError> {
        let make = match self {
            Deed::Step(id) => match story.kind.step(id) {
                Some(step) if is_for_many(step) => acts::make::<NewStep>,
                Some(_) | None => return Err(WebError::Stale),
            },
            Deed::Transfer => TRANSFERS.command,
            Deed::Person => ASSIGNMENTS.command,
            Deed::Urge => INSTRUCTIONS.command,
        };
        make(body, story.ctx, write)
    }
}

/// Whether the words that a step asks for may be the same for many cases. An answer, a finding, a notice are
/// about one case: they are written where that case is seen.
fn is_for_many(step: &Step) -> bool {
    asks_of(step)
        .iter()
        .all(|ask| matches!(ask, Ask::Remark | Ask::Reason | Ask::Unit))
}

fn step_ahead(story: &Story<'_>, id: &str) -> Ahead {
    let t = story.ctx.tongue;
    let not_now = || t.t1("bulk-not-now", "state", story.state());
    let step = story
        .kind
        .steps_from(&story.case().state)
        .find(|step| step.id == id);
    let step = step.ok_or_else(not_now)?;
    if !is_for_many(step) {
        return Err(t.t("bulk-own-words"));
    }
    let actor = steps::actor(story, step).ok_or_else(|| t.t("bulk-not-yours"))?;
    let context = context(story, actor);
    let permitted = |action: &str| step.action.as_deref() == Some(action);
    let choices = available_steps(story.case(), &permitted, &context);
    let choice = choices.into_iter().find(|choice| choice.step.id == id);
    let choice = choice.ok_or_else(|| t.t("bulk-not-yours"))?;
    if let Some(refusal) = &choice.refusal {
        return Err(story.words().refusal(refusal).said);
    }
    let to = story.kind.state(&step.to);
    let to = to.map_or_else(|| step.to.clone(), |state| story.ctx.name(&state.title));
    Ok(t.t1("bulk-then-step", "state", to))
}

fn act_ahead(story: &Story<'_>, act: &Act) -> Result<(), String> {
    match act.obstacle(story) {
        Some(Ok(())) => Ok(()),
        Some(Err(refusal)) => Err(story.words().refusal(&refusal).said),
        None => Err(story.ctx.tongue.t("bulk-not-yours")),
    }
}

/// Returns the acts to offer for rows of a list: steps from where they stand, by the grants of the visitor.
/// What stands in the way of one case is only said when it is chosen.
pub fn offers<'a>(ctx: &Ctx, rows: impl Iterator<Item = &'a ListRow>) -> Vec<Offer> {
    let mut held: BTreeMap<String, bool> = BTreeMap::new();
    let mut may = |action: &str| {
        *held
            .entry(action.to_owned())
            .or_insert_with(|| owed::may(ctx, action))
    };
    let mut offers: Vec<Offer> = Vec::new();
    let mut any = false;
    for row in rows {
        any = true;
        let pack = ctx.scene.pack(&row.pack);
        let Some(kind) = pack.and_then(|pack| pack.kind(&row.kind)) else {
            continue;
        };
        for step in kind.steps_from(&row.state).filter(|step| is_for_many(step)) {
            let word = format!("step-{}", step.id);
            let known = offers.iter().any(|offer| offer.word == word);
            if !known && step.action.as_deref().is_some_and(&mut may) {
                let title = ctx.name(&step.title);
                offers.push(Offer { word, title });
            }
        }
    }
    let of_all = [
        (Deed::Transfer, "assign"),
        (Deed::Person, "handle"),
        (Deed::Urge, "instruct"),
    ];
    for (deed, _) in of_all.into_iter().filter(|(_, action)| any && may(action)) {
        let word = deed.word();
        offers.extend(deed.title(ctx).map(|title| Offer { word, title }));
    }
    if any && access::permit_general(ctx, order::EXPORT).is_ok() {
        let title = ctx.tongue.t("bulk-export");
        let word = EXPORT.to_owned();
        offers.push(Offer { word, title });
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_found_by_its_word() {
        let step = Deed::Step("sign".to_owned());
        for deed in [step, Deed::Transfer, Deed::Person, Deed::Urge] {
            assert_eq!(Deed::named(&deed.word()), Some(deed));
        }
        assert_eq!(Deed::named("export"), None);
    }

    #[test]
    fn what_is_said_of_one_case_is_not_said_of_many() {
        let pack = bihuan_core::pack::parse::parse(bihuan_packs::HOTLINE).unwrap();
        let kind = pack.kind("help").unwrap();
        let many = |id: &str| is_for_many(kind.step(id).unwrap());
        assert_eq!(
            ["accept", "assign", "sign", "submit", "strike_off"].map(many),
            [true; 5]
        );
        assert_eq!(["verify", "fail", "answer", "refuse"].map(many), [false; 4]);
    }
}
