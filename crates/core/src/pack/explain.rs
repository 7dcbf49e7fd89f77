//! Which rules of a pack a case met, stands under and may still meet, each with its source.
//!
//! This is what `pack explain` prints: the answer to "why was it due then, and who says so".

use jiff::Timestamp;

use super::model::{ClockRule, Grant, Kind, Pack, Source, Step};
use crate::case::{Case, ClockState};
use crate::event::{CaseEvent, Entry, Event};
use crate::filter::Ast;

/// A rule of the pack and how it touches the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule<'p> {
    /// What the rule is and what it did.
    pub part: Part<'p>,
    /// Where it comes from.
    pub source: &'p Source,
}

/// A part of a pack, as it touches a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'p> {
    /// The kind that the case is of.
    Kind(&'p Kind),
    /// A step that was taken, and when it was in the world.
    Taken(&'p Step, Timestamp),
    /// A clock that was started, as it stands now.
    Clock(&'p ClockRule, &'p ClockState),
    /// A step that starts from the state the case is in.
    Open(&'p Step),
    /// A grant whose scope holds the case.
    Grant(&'p Grant),
}

/// Explains a case by the pack version that judges it; `None` where the pack does not have its kind.
///
/// `entries` is the log of the case, from which the steps taken are read; `in_scope` tells whether the scope
/// of a grant holds the case, in the eyes of whoever the shell asks for. Rules come in the order: kind,
/// steps taken (oldest first), clocks, steps open now, grants.
pub fn explain<'p>(
    pack: &'p Pack,
    case: &'p Case,
    entries: &[Entry],
    in_scope: &dyn Fn(&Ast) -> bool,
) -> Option<Vec<Rule<'p>>> {
    let kind = pack.kind(&case.kind)?;
    let taken = entries.iter().filter_map(|entry| taken(kind, entry));
    let clocks = case
        .clocks
        .iter()
        .filter_map(|(id, state)| Some(Part::Clock(pack.clock(id)?, state)));
    let open = kind.steps_from(&case.state).map(Part::Open);
    let grants = pack
        .grants
        .iter()
        .filter(|grant| in_scope(&grant.scope))
        .map(Part::Grant);
    let parts = [Part::Kind(kind)]
        .into_iter()
        .chain(taken)
        .chain(clocks)
        .chain(open)
        .chain(grants);
    let rule = |part: Part<'p>| {
        let source = pack.source(part.source())?;
        Some(Rule { part, source })
    };
    Some(parts.filter_map(rule).collect())
}

fn taken<'p>(kind: &'p Kind, entry: &Entry) -> Option<Part<'p>> {
    match &entry.event {
        Event::Case(CaseEvent::StepTaken { step, .. }) => {
            Some(Part::Taken(kind.step(step)?, entry.occurred_at))
        }
        Event::Case(_) | Event::Org(_) | Event::Pack(_) | Event::Calendar(_) => None,
    }
}

impl<'p> Part<'p> {
    /// Returns the id of the source that the rule cites.
    pub fn source(&self) -> &'p str {
        match self {
            Part::Kind(kind) => &kind.source,
            Part::Taken(step, _) | Part::Open(step) => &step.source,
            Part::Clock(clock, _) => &clock.source,
            Part::Grant(grant) => &grant.source,
        }
    }
}
