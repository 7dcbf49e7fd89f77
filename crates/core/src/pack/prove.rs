//! The proofs of a kind: what must hold on every path that its steps allow.
//!
//! [`walk`] explores the kind's graph as a product of states and of what the present round of handling
//! has brought: a responsible unit, evidence, an independent verification, an answer, a publication, the
//! finder's consent. A new round voids them, as folding the events does. [`paths`] then demands of every
//! way into an end that its proof is there, of every state that it is reached and left; [`steps`] and
//! [`whole`] check what a single step and the kind as a whole must look like. What they find prints the
//! offending path.

mod paths;
mod steps;
mod walk;
mod whole;

use super::model::{Effect, Kind, Step};
use walk::Walk;

/// Something a kind fails to guarantee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, with the path that shows it where there is one.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The part of the kind at fault.
    pub place: Place,
}

/// A part of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The kind as a whole.
    Kind,
    /// The state at this index.
    State(usize),
    /// The step at this index.
    Step(usize),
}

/// Proves a kind whose ids all name something; an empty list is the proof.
pub fn prove(kind: &Kind) -> Vec<Finding> {
    let walk = Walk::explore(kind);
    let mut findings = whole::check(kind);
    findings.extend(steps::check(kind, &walk));
    findings.extend(paths::check(kind, &walk));
    findings
}

/// Returns the steps of a shortest way from the raise to a strike-off; none where the kind has no such end.
pub fn way_to_strike_off(kind: &Kind) -> Vec<&Step> {
    Walk::explore(kind).way_to(Effect::StrikeOff)
}

impl Finding {
    fn new(place: Place, message: impl Into<String>) -> Finding {
        Finding {
            message: message.into(),
            hint: None,
            place,
        }
    }

    #[must_use]
    fn with_hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }
}
