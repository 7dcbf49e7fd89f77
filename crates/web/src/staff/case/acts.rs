//! The acts that are true of every kind: what each asks for, and on what it is possible now.
//!
//! Whether an act is possible is asked of the core with a trial command, which names what it would be
//! done to and nothing else; so this table knows no rule.

pub mod table;

use bihuan_core::case::Case;
use bihuan_core::case::command::Command;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::clock::Limit;
use bihuan_core::event::BodyRef;
use bihuan_core::id::{BodyId, CaseId, Digest};
use serde_json::{Map, Value};

use super::fields::Field;
use super::obstacle;
use crate::api::commands::{Request, Write};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::show;
use crate::story::Story;

/// An act on a case.
pub struct Act {
    /// Its resource, the last part of its address.
    pub id: &'static str,
    /// The message that names it.
    pub title: &'static str,
    /// The message that says what it does.
    pub hint: &'static str,
    /// Where on the page it stands.
    pub place: Place,
    /// What it asks for.
    pub fields: &'static [Field],
    /// Makes the command of the API's request for it.
    pub command: Make,
    trials: fn(&Story<'_>) -> Vec<Trial>,
}

/// Makes a command out of a body.
pub type Make = fn(Map<String, Value>, &Ctx, &mut Write<'_>) -> Result<Command, WebError>;

/// Where on the page an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the steps, where it is the visitor's turn.
    Now,
    /// With the pictures.
    Evidence,
    /// With what passes between staff and reporter.
    Thread,
    /// With the remarks.
    Remarks,
    /// With the other acts: who is responsible.
    Responsible,
    /// With the other acts: the clocks.
    Clocks,
    /// With the other acts: what the register says.
    Register,
    /// With the other acts: other cases.
    Relations,
}

/// A command that would do the act to one thing: its id, its name, the command.
pub struct Trial {
    target: (String, String),
    command: Command,
}

/// Stands for a text in a trial; nothing is written.
pub const NOTHING: BodyRef = BodyRef {
    id: BodyId(uuid::Uuid::nil()),
    digest: Digest::ZERO,
};
/// Stands for some other case in a trial.
const ANOTHER: CaseId = CaseId(uuid::Uuid::nil());

impl Act {
    /// Returns what the act is possible on now, for the visitor: nothing where it is not.
    pub fn targets(&self, story: &Story<'_>) -> Vec<(String, String)> {
        let trials = (self.trials)(story).into_iter();
        let possible = trials.filter(|trial| obstacle(story, &trial.command) == Some(Ok(())));
        possible.map(|trial| trial.target).collect()
    }

    /// Returns what stands in the way of the act, tried on the first thing it could be done to; `None` where
    /// the visitor may not do it, or there is nothing to do it to.
    pub fn obstacle(&self, story: &Story<'_>) -> Option<Result<(), Refusal>> {
        let trial = (self.trials)(story).into_iter().next()?;
        obstacle(story, &trial.command)
    }
}

/// Makes the command of a request out of its body.
pub fn make<R: Request>(
    body: Map<String, Value>,
    ctx: &Ctx,
    write: &mut Write<'_>,
) -> Result<Command, WebError> {
    let request: R = serde_json::from_value(Value::Object(body)).map_err(WebError::internal)?;
    request.command(ctx, write)
}

fn one(command: Option<Command>) -> Vec<Trial> {
    command
        .into_iter()
        .map(|command| Trial {
            target: Default::default(),
            command,
        })
        .collect()
}

fn each_clock(story: &Story<'_>, command: impl Fn(String) -> Command) -> Vec<Trial> {
    let Case { clocks, .. } = story.case();
    let trial = |clock: &String| Trial {
        target: (clock.clone(), story.words().clock_title(clock)),
        command: command(clock.clone()),
    };
    clocks.keys().map(trial).collect()
}

/// Returns a clock's name with how much it may still be extended.
fn with_what_is_left(story: &Story<'_>, (clock, title): &(String, String)) -> String {
    let most = story.pack.clock(clock).and_then(|rule| rule.extension);
    let Some(most) = most else { return title.clone() };
    let used = story
        .case()
        .clocks
        .get(clock)
        .map(|state| state.extended_by())
        .unwrap_or_default();
    let left = Limit {
        amount: most.amount.saturating_sub(used),
        ..most
    };
    let t = story.ctx.tongue;
    t.t2(
        "act-extension-left",
        ("clock", title),
        ("left", show::limit(t, left)),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::fields::REASON;
    use super::table::ACTS;

    #[test]
    fn every_act_has_an_address_of_its_own_and_ends_with_its_reason() {
        let ids: BTreeSet<_> = ACTS.iter().map(|act| act.id).collect();
        assert_eq!(ids.len(), ACTS.len());
        for act in ACTS {
            let reasons = act.fields.iter().position(|field| *field == REASON);
            assert!(reasons.is_none_or(|at| at == act.fields.len() - 1), "{}", act.id);
        }
    }
}
