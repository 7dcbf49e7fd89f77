//! What the filter language and the case row see of a case: one list, used by both.

use jiff::Timestamp;

use crate::event::{AccusedParty, Linkage};
use crate::id::{PersonId, UnitId};
use crate::pack::model::Phase;

/// A flag that a case can carry in lists and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// Not ended.
    Open,
    /// A clock ran out.
    Breached,
    /// Its assignment is disputed.
    Disputed,
    /// A question waits for the reporter.
    QuestionOpen,
    /// It is linked as a duplicate of another.
    Duplicate,
    /// It is linked as a recurrence.
    Recurrence,
    /// It was taken up again at least once.
    Reopened,
    /// The reporter said "not solved" last.
    Unsatisfied,
    /// A due instant rests on an unpublished calendar 暂定.
    Provisional,
    /// It came by an import.
    Imported,
    /// Its reporter is anonymous.
    Anonymous,
}

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
    /// Who found it, where a person of the tree did: person and unit.
    pub finder: Option<(PersonId, UnitId)>,
}

impl Flag {
    /// All flags, in the order of their bits in the case row.
    pub const ALL: [Flag; 11] = [
        Flag::Open,
        Flag::Breached,
        Flag::Disputed,
        Flag::QuestionOpen,
        Flag::Duplicate,
        Flag::Recurrence,
        Flag::Reopened,
        Flag::Unsatisfied,
        Flag::Provisional,
        Flag::Imported,
        Flag::Anonymous,
    ];

    /// Returns the flag's word in the filter language.
    pub fn word(self) -> &'static str {
        match self {
            Flag::Open => "open",
            Flag::Breached => "breached",
            Flag::Disputed => "disputed",
            Flag::QuestionOpen => "asked",
            Flag::Duplicate => "duplicate",
            Flag::Recurrence => "recurrence",
            Flag::Reopened => "reopened",
            Flag::Unsatisfied => "unsatisfied",
            Flag::Provisional => "provisional",
            Flag::Imported => "imported",
            Flag::Anonymous => "anonymous",
        }
    }

    /// Returns the flag that stands for `linkage`, if one does.
    pub fn of_linkage(linkage: Linkage) -> Option<Flag> {
        match linkage {
            Linkage::DuplicateOf => Some(Flag::Duplicate),
            Linkage::RecurrenceOf => Some(Flag::Recurrence),
            Linkage::PartOf => None,
        }
    }
}
