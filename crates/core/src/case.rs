//! The case 事项: what it is, how commands become events, and how events become the case.

pub mod command;
pub mod decide;
pub mod facts;
pub(crate) mod flag;
pub mod fold;
pub mod pictures;
pub mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::event::{
    AccusedParty, BodyRef, ClockSpan, End, EvidenceMoment, ExternalRef, Linkage, PackRef, RaisedBy, ReplyWay,
};
use crate::id::{CaseId, Digest, EvidenceId, PersonId, UnitId};

/// A case as its events made it. Only [`fold`] makes or changes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// How many events made it; the next one has this plus one.
    pub version: u32,
    /// Its number for people.
    pub number: String,
    /// Its kind's id.
    pub kind: String,
    /// The pack that judges it.
    pub pack: PackRef,
    /// Its state's id.
    pub state: String,
    /// The states that it went through since it was raised or taken up again, the last one its own.
    pub trail: Vec<Stay>,
    /// How it came.
    pub channel: String,
    /// Which supervision source raised it.
    pub source: Option<String>,
    /// Its category's code.
    pub category: Option<String>,
    /// The campaigns it serves.
    pub campaigns: Vec<String>,
    /// From 1 (slight) to 5 (grave).
    pub severity: u8,
    /// Its title.
    pub title: BodyRef,
    /// Its text.
    pub text: BodyRef,
    /// Where it is, in words.
    pub place: Option<BodyRef>,
    /// Who raised it.
    pub raised_by: RaisedBy,
    /// Whom it complains about.
    pub accused: Vec<AccusedParty>,
    /// Its key in the system it was imported from.
    pub external: Option<ExternalRef>,
    /// When it was raised in the world.
    pub raised_at: Timestamp,
    /// When its last event was taken down.
    pub changed_at: Timestamp,
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// The co-units.
    pub co_units: Vec<UnitId>,
    /// The person in charge.
    pub person: Option<PersonId>,
    /// Every unit that was ever responsible, here or in a case merged into this one.
    pub ever_responsible: BTreeSet<UnitId>,
    /// How often it was given back.
    pub returns: u32,
    /// The dispute that waits for a ruling: the unit that disputes and the one it proposes.
    pub dispute: Option<(UnitId, Option<UnitId>)>,
    /// The round of handling, from 1; reopening or a failed verification begins the next.
    pub round: u32,
    /// Its clocks, by id.
    pub clocks: BTreeMap<String, ClockState>,
    /// Its evidence that was not withdrawn, oldest first.
    pub evidence: Vec<Evidence>,
    /// The standing verification of this round.
    pub verified: Option<Verification>,
    /// The answer of this round.
    pub answered: Option<Answer>,
    /// Whether the reporter said "solved" since that answer.
    pub satisfied: Option<bool>,
    /// Whether the reporter said "not solved" last, in whatever round.
    pub unsatisfied: bool,
    /// When the reporter last wrote; silence is counted from here or from the answer.
    pub reporter_wrote_at: Option<Timestamp>,
    /// The end of the publication of this round.
    pub published_until: Option<Timestamp>,
    /// Who consented as the finder in this round.
    pub consented: Option<PersonId>,
    /// Whether a question to the reporter waits for their answer.
    pub question_open: bool,
    /// How it ended, if it did.
    pub end: Option<End>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The case it was merged into.
    pub merged_into: Option<CaseId>,
    /// Links to other cases.
    pub links: Vec<(Linkage, CaseId)>,
    /// The cases it was split into.
    pub parts: Vec<CaseId>,
    /// How often a clock of it ran out.
    pub breaches: u32,
    /// How often it was taken up again.
    pub reopened: u32,
    /// When it was last looked back at, and whether the fix held.
    pub looked_back: Option<(Timestamp, bool)>,
    /// How often the reporter's identity was read.
    pub identity_reads: u32,
    /// The digest of the receipt code that follows it, where another was given since the first.
    pub code: Option<Digest>,
    /// The calls to the reporter since the last answer.
    pub calls: Calls,
    /// Who gave instructions about it.
    pub instructors: BTreeSet<PersonId>,
    /// What of its evidence everybody may see.
    pub pictures: pictures::Pictures,
}

/// A state that a case came into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Its id.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
}

/// The calls to the reporter since they were last answered 回访.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// How many nobody answered.
    pub unanswered: u32,
    /// When the reporter wishes to be called again.
    pub again_at: Option<Timestamp>,
    /// Whether there turned out to be no number to call.
    pub no_number: bool,
}

/// A clock of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockState {
    /// Its span as last computed.
    pub span: ClockSpan,
    /// What it does.
    pub run: ClockRun,
    /// Whether it came near its end.
    pub warned: bool,
    /// Whether it ran out.
    pub breached: bool,
    /// Whether it had run out before it was taken down here: imported history neither warns nor breaches.
    pub history: bool,
    /// The pauses and extensions so far, oldest first: a new calendar applies them again.
    pub changes: Vec<ClockChange>,
}

/// What moved the due instant of a clock after its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChange {
    /// It stood still.
    Paused {
        /// Since when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// It got more time, in the unit of the clock's extension rule.
    Extended {
        /// How much more.
        by: u32,
    },
}

/// What a clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockRun {
    /// It runs.
    Running,
    /// It stands still since an instant.
    Paused(Timestamp),
    /// It was met at an instant, or the case ended.
    Stopped(Timestamp),
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// The file's SHA-256.
    pub blob: Digest,
    /// Its media type.
    pub media_type: String,
    /// The file's size.
    pub size_bytes: u64,
    /// What it shows.
    pub moment: EvidenceMoment,
    /// What it shows, in words.
    pub caption: Option<BodyRef>,
    /// The round it belongs to.
    pub round: u32,
    /// Whether the reporter added it; such evidence never proves the fix.
    pub from_reporter: bool,
    /// When it was added.
    pub added_at: Timestamp,
}

/// A standing verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// Who verified.
    pub person: PersonId,
    /// For which unit.
    pub unit: UnitId,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub finding: BodyRef,
}

/// An answer to the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The text.
    pub text: BodyRef,
    /// How it reached them.
    pub way: ReplyWay,
    /// When.
    pub at: Timestamp,
}
