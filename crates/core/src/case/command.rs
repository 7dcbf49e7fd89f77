//! What may be asked of a case. A command carries everything that deciding needs: ids, digests of
//! bodies, and nothing that has to be looked up.

use jiff::Timestamp;

use crate::event::{
    AccusedParty, Actor, BodyRef, Correction, EvidenceMoment, ExternalRef, Instruction, Linkage, PackRef,
    RaisedBy, ReplyWay,
};
use crate::id::{BodyId, CaseId, Digest, EvidenceId, PersonId, UnitId};

/// A problem that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// The number given to it.
    pub number: String,
    /// The kind's id.
    pub kind: String,
    /// How it came.
    pub channel: String,
    /// Which supervision source raised it.
    pub source: Option<String>,
    /// Its category, if known.
    pub category: Option<String>,
    /// The campaigns it serves.
    pub campaigns: Vec<String>,
    /// From 1 to 5.
    pub severity: u8,
    /// Its title.
    pub title: BodyRef,
    /// Its text.
    pub text: BodyRef,
    /// Where it is.
    pub place: Option<BodyRef>,
    /// Who raised it.
    pub raised_by: RaisedBy,
    /// Whom it complains about.
    pub accused: Vec<AccusedParty>,
    /// How it relates to cases that are there already, where whoever registers it sees that.
    pub links: Vec<(Linkage, CaseId)>,
    /// Its key elsewhere, if imported.
    pub external: Option<ExternalRef>,
    /// What an import knows of its later life; such a case neither notifies nor breaches.
    pub imported: Option<ImportedLife>,
}

/// What another system says of a case's life there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedLife {
    /// The unit that was responsible.
    pub unit: Option<UnitId>,
    /// When it was due there, for the kind's first clock; overrides what the pack would compute.
    /// Without it, a case that was closed there runs no clock here.
    pub due_at: Option<Timestamp>,
    /// When it was closed there.
    pub closed_at: Option<Timestamp>,
    /// The answer given there, if any.
    pub answer: Option<BodyRef>,
    /// When that answer was given.
    pub answered_at: Option<Timestamp>,
}

/// What may be asked of a case that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take a step of its kind.
    TakeStep(TakeStep),
    /// Put it into a category.
    Classify {
        /// The category's code.
        category: String,
    },
    /// Raise or lower its severity.
    SetSeverity {
        /// From 1 to 5.
        to: u8,
        /// Why.
        reason: BodyRef,
    },
    /// Name the person in charge, or change the co-units, within the responsible unit's power.
    Staff {
        /// The co-units from now on.
        co_units: Vec<UnitId>,
        /// The person in charge.
        person: Option<PersonId>,
    },
    /// Pass responsibility to another unit.
    Transfer {
        /// The unit.
        to: UnitId,
        /// Why.
        reason: BodyRef,
    },
    /// Dispute the assignment.
    Dispute {
        /// The unit thought responsible.
        proposed: Option<UnitId>,
        /// Why.
        reason: BodyRef,
    },
    /// Rule a dispute.
    RuleDispute {
        /// Whether the disputing unit was right.
        upheld: bool,
        /// The unit responsible from now on.
        unit: UnitId,
        /// Why.
        reason: BodyRef,
    },
    /// Let a clock stand still.
    PauseClock {
        /// The clock's id.
        clock: String,
        /// Why.
        reason: BodyRef,
    },
    /// Let a clock run again.
    ResumeClock {
        /// The clock's id.
        clock: String,
    },
    /// Give a clock more time; the actor is who approves.
    ExtendClock {
        /// The clock's id.
        clock: String,
        /// How much more, in the unit of the clock's extension rule.
        by: u32,
        /// Why.
        reason: BodyRef,
    },
    /// Note that a clock came near its end or ran out; issued by the timer.
    Tick,
    /// Compute the due instants again by the present calendar; issued when one is imported.
    RecomputeClocks,
    /// Add evidence.
    AddEvidence {
        /// Its id.
        evidence: EvidenceId,
        /// The stored file's SHA-256.
        blob: Digest,
        /// Its media type.
        media_type: String,
        /// Its size.
        size_bytes: u64,
        /// What it shows.
        moment: EvidenceMoment,
        /// What it shows, in words.
        caption: Option<BodyRef>,
    },
    /// Withdraw evidence.
    WithdrawEvidence {
        /// Its id.
        evidence: EvidenceId,
        /// Why.
        reason: BodyRef,
    },
    /// Remark something for staff.
    Comment {
        /// The remark.
        text: BodyRef,
    },
    /// Take it up oneself, from above the work 批示.
    Instruct {
        /// In which way.
        instruction: Instruction,
        /// What is said.
        words: BodyRef,
    },
    /// Ask the reporter something.
    AskReporter {
        /// The question.
        text: BodyRef,
    },
    /// Write as the reporter.
    Reply {
        /// What they wrote.
        text: BodyRef,
    },
    /// Say as the reporter, or take down from them by telephone, whether it is solved.
    GiveSatisfaction {
        /// Whether it is solved.
        solved: bool,
        /// From 1 to 5.
        score: Option<u8>,
        /// What they added.
        remark: Option<BodyRef>,
    },
    /// Say as the reporter whether pictures of it may be shown to everybody.
    AllowPictures {
        /// Whether they may.
        allowed: bool,
    },
    /// Put a picture into the public list beside what was struck off, take it out, or hold it back.
    ShowPicture {
        /// The piece of evidence.
        evidence: EvidenceId,
        /// Whether everybody sees it.
        shown: bool,
    },
    /// Note what came of a call to the reporter.
    MakeCall {
        /// What came of it.
        call: Call,
        /// What they said, or what the caller remarks; needed where they say "not solved".
        remark: Option<BodyRef>,
    },
    /// Link with another case.
    Link {
        /// The other case.
        other: CaseId,
        /// How this one relates to it.
        linkage: Linkage,
    },
    /// Split into parts that were raised as cases of their own.
    Split {
        /// The parts.
        into: Vec<CaseId>,
        /// Why.
        reason: BodyRef,
    },
    /// Merge into another case.
    Merge {
        /// The case that is handled for both.
        into: CaseId,
        /// Why.
        reason: BodyRef,
    },
    /// Take note, in the case that stays, of every unit responsible in one merged into it.
    AbsorbResponsible {
        /// The merged case.
        from: CaseId,
        /// Its units.
        units: Vec<UnitId>,
        /// Whom it complains about.
        accused: Vec<AccusedParty>,
    },
    /// Correct the registration.
    CorrectRegistration {
        /// What is right.
        correction: Correction,
        /// Why.
        reason: BodyRef,
    },
    /// Note that the reporter's identity is read; the store opens it only after this is on disk.
    ReadIdentity {
        /// Why.
        reason: BodyRef,
    },
    /// Give the reporter another receipt code; the store makes the code and writes its hash with the event.
    ReissueCode {
        /// A digest of the keyed hash by which the new code is found.
        code: Digest,
        /// What was checked before.
        checked: BodyRef,
    },
    /// Note that a body is erased; the store erases it in the same transaction.
    EraseBody {
        /// The body.
        body: BodyId,
        /// By which rule or request.
        reason: BodyRef,
    },
    /// Move to a newer version of its pack.
    ChangePack {
        /// The version.
        pack: PackRef,
    },
}

/// What came of a call to the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// They said whether it is solved.
    Said {
        /// Whether it is.
        solved: bool,
        /// From 1 to 5.
        score: Option<u8>,
    },
    /// They wish to be called again.
    Again {
        /// When.
        at: Timestamp,
    },
    /// Nobody answered.
    NoAnswer,
    /// There is no number, or not theirs.
    NoNumber,
}

/// A step and what the actor gives with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakeStep {
    /// The step's id.
    pub step: String,
    /// A remark for staff.
    pub remark: Option<BodyRef>,
    /// A reason.
    pub reason: Option<BodyRef>,
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// The co-units.
    pub co_units: Vec<UnitId>,
    /// The person in charge.
    pub person: Option<PersonId>,
    /// The answer to the reporter.
    pub reply: Option<BodyRef>,
    /// How the answer reaches them; the receipt page where not said.
    pub reply_way: Option<ReplyWay>,
    /// What was found.
    pub finding: Option<BodyRef>,
    /// The notice of a refusal.
    pub notice: Option<BodyRef>,
    /// How the reporter can object.
    pub objection_way: Option<BodyRef>,
    /// The other organ.
    pub organ: Option<BodyRef>,
    /// The other organ's receipt.
    pub organ_receipt: Option<BodyRef>,
    /// The text of a publication.
    pub publication: Option<BodyRef>,
    /// How many working days it is published.
    pub publication_days: Option<u32>,
}

/// Everything beside the case and the command that deciding needs.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The pack version that judges the case.
    pub pack: &'a crate::pack::model::Pack,
    /// The org tree.
    pub org: &'a crate::org::Org,
    /// The calendar in force.
    pub calendar: &'a crate::calendar::Calendar,
    /// Who asks.
    pub actor: Actor,
    /// When it happened in the world; equal to `now` except for imports.
    pub occurred_at: Timestamp,
    /// The present instant.
    pub now: Timestamp,
}
