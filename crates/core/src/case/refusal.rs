//! Why a command was not taken: the rule it breaks, where the rule comes from, what would satisfy it.

use jiff::Timestamp;

use crate::calendar::CalendarGap;
use crate::event::PackRef;
use crate::id::{PersonId, UnitId};
use crate::pack::model::{Ask, EndKind, Need, Relation};

/// The rule that a command breaks. Shown to people as it is, through the message catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The pack has no such kind, or the kind is raised by somebody else.
    #[error("no kind {0:?} may be raised here")]
    UnknownKind(String),
    /// The kind has no such step.
    #[error("the kind has no step {0:?}")]
    UnknownStep(String),
    /// The kind's taxonomy has no such category.
    #[error("the taxonomy has no category {0:?}")]
    UnknownCategory(String),
    /// The pack has no such channel.
    #[error("the pack has no channel {0:?}")]
    UnknownChannel(String),
    /// The pack has no such supervision source.
    #[error("the pack has no supervision source {0:?}")]
    UnknownSource(String),
    /// There is no such person.
    #[error("there is no person {0}")]
    UnknownPerson(PersonId),
    /// There is no such unit today.
    #[error("there is no unit {0} today")]
    UnknownUnit(UnitId),
    /// The case is not in a state that the step starts from.
    #[error("step {step:?} cannot be taken in state {state:?}")]
    WrongState {
        /// The step's id.
        step: String,
        /// The state the case is in.
        state: String,
    },
    /// The actor does not stand to the case as the step demands.
    #[error("only {0:?} may do this")]
    WrongRelation(Relation),
    /// Nobody verifies their own work: the actor's unit is, or is under, a unit that was responsible.
    #[error("nobody verifies their own work: {0} was responsible")]
    OwnWork(UnitId),
    /// Something must be given.
    #[error("{0:?} must be given")]
    Missing(Ask),
    /// Something must be there already.
    #[error("{0:?} is needed first")]
    Needs(Need),
    /// The publication still runs.
    #[error("the publication runs until {0}")]
    StillPublished(Timestamp),
    /// The reporter said "not solved".
    #[error("the reporter says it is not solved")]
    NotSolved,
    /// The reporter may still speak.
    #[error("the reporter may still speak until {0}")]
    SilenceNotOver(Timestamp),
    /// The reporter must first be called.
    #[error("the reporter must be called {due} times more")]
    CallsDue {
        /// How many calls nobody answered.
        made: u32,
        /// How many are still to be made.
        due: u32,
    },
    /// A guard of the step is not true of the case.
    #[error("the step's guard is not met: {0}")]
    Guard(String),
    /// The kind does not allow this end.
    #[error("this kind does not end as {0:?}")]
    EndNotAllowed(EndKind),
    /// The state is a closed one, and the step brings no proof of an end.
    #[error("state {0:?} is closed, and the step proves no end")]
    Unproven(String),
    /// The case has ended.
    #[error("the case has ended")]
    Ended,
    /// The case has not ended.
    #[error("the case has not ended")]
    NotEnded,
    /// The unit assigned is complained about in the case.
    #[error("unit {0} is complained about in this case")]
    Accused(UnitId),
    /// The person named is complained about in the case.
    #[error("person {0} is complained about in this case")]
    AccusedPerson(PersonId),
    /// There is no such clock on the case, or it does not stand as the command demands.
    #[error("clock {0:?} is not running here, or not paused, or may not be paused or extended")]
    Clock(String),
    /// The extension is longer than the rule allows.
    #[error("clock {clock:?} may be extended by {most} in all")]
    ExtensionTooLong {
        /// The clock's id.
        clock: String,
        /// The most that the rule allows in all.
        most: u32,
    },
    /// A due instant was given, and the kind starts no clock that it could be of.
    #[error("kind {0:?} starts no clock that the due instant could be of")]
    NoClock(String),
    /// A number is out of its range.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// There is nothing to change.
    #[error("there is nothing to change")]
    NoChange,
    /// A case cannot be linked with, split into or merged into itself.
    #[error("a case cannot be linked with itself")]
    Itself,
    /// There is no such evidence, or it was withdrawn.
    #[error("there is no such evidence")]
    NoEvidence,
    /// The evidence was verified in this round and stays.
    #[error("the evidence was verified in this round and stays")]
    EvidenceVerified,
    /// The reporter has not allowed pictures to be shown.
    #[error("the reporter has not allowed pictures to be shown")]
    PicturesNotAllowed,
    /// Such cases do not stand in the public list.
    #[error("such cases do not stand in the public list")]
    NotListed,
    /// There is no dispute, or one is open already.
    #[error("there is no open dispute, or one is open already")]
    Dispute,
    /// Only an import may say what happened to a case elsewhere.
    #[error("only an import may say what happened to a case elsewhere")]
    ImportOnly,
    /// Another pack judges the case.
    #[error("pack {} version {} does not judge this case", .0.id, .0.version)]
    WrongPack(PackRef),
    /// There is no identity to read.
    #[error("there is no identity to read")]
    NoIdentity,
    /// The calendar does not reach far enough.
    #[error("the calendar does not cover {0}")]
    Calendar(jiff::civil::Date),
}

impl From<CalendarGap> for Refusal {
    fn from(gap: CalendarGap) -> Refusal {
        Refusal::Calendar(gap.on)
    }
}
