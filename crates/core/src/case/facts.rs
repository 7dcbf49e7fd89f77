//! What the filter language and the case row see of a case: one list, used by both.

use jiff::Timestamp;

use super::{Case, ClockRun};
use crate::event::{AccusedParty, Disclosure, RaisedBy};
use crate::id::{PersonId, UnitId};
use crate::pack::model::{Kind, Phase};

// Apart, so that the filter language can lean on it without a circle.
pub use super::flag::{ACCUSING_BIT, Flag};

/// The filterable facts of a case: exactly the columns of its row, but for the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its number.
    pub number: String,
    /// Its kind's id.
    pub kind: String,
    /// Its state's id.
    pub state: String,
    /// Its phase.
    pub phase: Phase,
    /// Its category's code.
    pub category: Option<String>,
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// The co-units.
    pub co_units: Vec<UnitId>,
    /// The person in charge.
    pub person: Option<PersonId>,
    /// How it came.
    pub channel: String,
    /// Which supervision source raised it.
    pub source: Option<String>,
    /// The campaigns it serves.
    pub campaigns: Vec<String>,
    /// From 1 to 5.
    pub severity: u8,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// The due instant of its worst clock: the earliest of those that run or, once closed, that ran.
    pub due_at: Option<Timestamp>,
    /// How often it was given back.
    pub returns: u32,
    /// How often it was taken up again.
    pub reopened: u32,
    /// The flags it carries, without order.
    pub flags: Vec<Flag>,
    /// Whom it complains about.
    pub accused: Vec<AccusedParty>,
    /// Who gave instructions about it, in the order of their ids.
    pub instructors: Vec<PersonId>,
    /// Who found it, where a person of the tree did: person and unit.
    pub finder: Option<(PersonId, UnitId)>,
}

/// Returns what lists and filters see of `case`, whose kind is `kind`.
pub fn facts(case: &Case, kind: &Kind) -> CaseFacts {
    CaseFacts {
        number: case.number.clone(),
        kind: case.kind.clone(),
        state: case.state.clone(),
        phase: case.phase(kind),
        category: case.category.clone(),
        unit: case.unit,
        co_units: case.co_units.clone(),
        person: case.person,
        channel: case.channel.clone(),
        source: case.source.clone(),
        campaigns: case.campaigns.clone(),
        severity: case.severity,
        raised_at: case.raised_at,
        changed_at: case.changed_at,
        closed_at: case.ended_at,
        due_at: case.due_at(),
        returns: case.returns,
        reopened: case.reopened,
        flags: Flag::ALL
            .into_iter()
            .filter(|flag| case.carries(*flag, kind))
            .collect(),
        accused: case.accused.clone(),
        instructors: case.instructors.iter().copied().collect(),
        finder: case.finder(),
    }
}

impl Case {
    /// Returns the phase the case is in: that of its state, or closed where it ended in a state that is
    /// not (merged, or closed in the system it was imported from).
    pub fn phase(&self, kind: &Kind) -> Phase {
        let of_state = kind.phase(&self.state).unwrap_or(Phase::Raise);
        if self.end.is_some() && !of_state.is_end() {
            Phase::Closed
        } else {
            of_state
        }
    }

    /// Returns the due instant of its worst clock: the earliest of those that run or, once the case has
    /// ended, of those that ran until the end.
    ///
    /// A clock that stands still and one that was met before the end do not count.
    pub fn due_at(&self) -> Option<Timestamp> {
        let counts = |run: ClockRun| match (run, self.ended_at) {
            (ClockRun::Running, _) => true,
            (ClockRun::Stopped(at), Some(ended_at)) => at >= ended_at,
            (ClockRun::Stopped(_), None) | (ClockRun::Paused(_), _) => false,
        };
        let counting = self.clocks.values().filter(|clock| counts(clock.run));
        counting.map(|clock| clock.span.due_at).min()
    }

    /// Returns who found the case and for which unit, where a person of the tree did.
    pub fn finder(&self) -> Option<(PersonId, UnitId)> {
        match self.raised_by {
            RaisedBy::Finder { person, unit } => Some((person, unit)),
            RaisedBy::Reporter { .. } => None,
        }
    }

    /// Whether its reporter left a sealed identity.
    pub fn has_identity(&self) -> bool {
        matches!(
            self.raised_by,
            RaisedBy::Reporter {
                identity: Some(_),
                ..
            }
        )
    }

    /// Returns how many unanswered calls are still due before the reporter need no longer be called; `None`
    /// where they are not to be called: not answered, heard already, or nobody who could be.
    pub fn calls_due(&self, kind: &Kind) -> Option<u32> {
        let rule = kind.calls?;
        let waits = self.end.is_none() && self.answered.is_some() && self.satisfied.is_none();
        let due = rule.attempts.saturating_sub(self.calls.unanswered);
        (waits && self.has_identity() && !self.calls.no_number && due > 0).then_some(due)
    }

    fn carries(&self, flag: Flag, kind: &Kind) -> bool {
        match flag {
            Flag::Open => self.end.is_none(),
            Flag::Breached => self.breaches > 0,
            Flag::Disputed => self.dispute.is_some(),
            Flag::QuestionOpen => self.question_open,
            Flag::Duplicate | Flag::Recurrence => {
                let linkages = self.links.iter().map(|(linkage, _)| *linkage);
                linkages.filter_map(Flag::of_linkage).any(|of| of == flag)
            }
            Flag::Reopened => self.reopened > 0,
            Flag::Unsatisfied => self.unsatisfied,
            Flag::Provisional => self.clocks.values().any(|clock| {
                // A clock that was met rests on nothing that can still move.
                clock.span.provisional && !matches!(clock.run, ClockRun::Stopped(_))
            }),
            Flag::Imported => self.external.is_some(),
            Flag::Anonymous => match self.raised_by {
                RaisedBy::Reporter { disclosure, .. } => disclosure == Disclosure::Anonymous,
                RaisedBy::Finder { .. } => false,
            },
            Flag::Instructed => !self.instructors.is_empty(),
            Flag::ToCall => self.calls_due(kind).is_some(),
            Flag::Satisfied => self.satisfied == Some(true),
            Flag::Pictured => !self.pictures.shown.is_empty(),
            Flag::ToShow => self.has_to_show(kind),
        }
    }
}
