//! The events of a case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BodyRef, PackRef};
use crate::id::{BodyId, CaseId, Digest, EvidenceId, IdentityId, PersonId, UnitId};

/// Something that happened to a case. Stored as JSON with the tag `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseEvent {
    /// The problem came in 登记.
    Raised(Fields),
    /// It was put into a category 分类.
    Classified {
        /// The code of the category in the kind's taxonomy.
        category: String,
    },
    /// Its severity was raised.
    SeverityChanged {
        /// From 1 (slight) to 5 (grave).
        from: u8,
        /// From 1 to 5, above `from`.
        to: u8,
        /// Why.
        reason: BodyRef,
    },
    /// Its severity was lowered 降级.
    Downgraded {
        /// From 1 to 5.
        from: u8,
        /// From 1 to 5, below `from`.
        to: u8,
        /// Why.
        reason: BodyRef,
    },
    /// A unit became responsible 派单.
    Assigned {
        /// The responsible unit 承办单位.
        unit: UnitId,
        /// The co-units 协办单位.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        co_units: Vec<UnitId>,
        /// The person in charge, if already named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
    },
    /// Responsibility passed to another unit 转办.
    Transferred {
        /// The unit that was responsible.
        from: UnitId,
        /// The unit that is responsible now.
        to: UnitId,
        /// Why.
        reason: BodyRef,
    },
    /// The responsible unit gave it back 退回.
    Returned {
        /// The unit that gave it back; nobody is responsible until it is assigned again.
        from: UnitId,
        /// Why.
        reason: BodyRef,
    },
    /// The responsible unit disputes the assignment 派单异议.
    AssignmentDisputed {
        /// The unit that disputes.
        by: UnitId,
        /// The unit it thinks responsible.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposed: Option<UnitId>,
        /// Why.
        reason: BodyRef,
    },
    /// The dispute was ruled 裁定.
    DisputeRuled {
        /// Whether the disputing unit was right.
        upheld: bool,
        /// The unit responsible from now on.
        unit: UnitId,
        /// Why.
        reason: BodyRef,
    },
    /// A step of the kind was taken: the case moved from one state to another.
    StepTaken {
        /// The step's id in the pack.
        step: String,
        /// The state before.
        from: String,
        /// The state after.
        to: String,
        /// Whether the step leads back into handling, so that a new round begins and what the round
        /// before brought is void.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        new_round: bool,
        /// What the actor remarked, for staff only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<BodyRef>,
    },
    /// A clock began to run.
    ClockStarted(ClockSpan),
    /// A clock stands still 暂停.
    ClockPaused {
        /// The clock's id in the pack.
        clock: String,
        /// Why.
        reason: BodyRef,
    },
    /// A clock runs again.
    ClockResumed(ClockSpan),
    /// A clock got more time 延期, approved by somebody.
    ClockExtended {
        /// The new span.
        span: ClockSpan,
        /// How much more it got, in the unit of the clock's extension rule.
        by: u32,
        /// Who approved.
        approved_by: PersonId,
        /// Why.
        reason: BodyRef,
    },
    /// The due instant moved because a calendar was imported.
    ClockRecomputed(ClockSpan),
    /// A clock was met: what it waited for happened.
    ClockStopped {
        /// The clock's id.
        clock: String,
    },
    /// A clock came near its end 临期.
    ClockWarned {
        /// The clock's id.
        clock: String,
    },
    /// A clock ran out 超期.
    ClockBreached {
        /// The clock's id.
        clock: String,
        /// The instant that passed.
        due_at: Timestamp,
    },
    /// Evidence was added 佐证.
    EvidenceAdded {
        /// Its id.
        evidence: EvidenceId,
        /// SHA-256 of the stored file, after its metadata was stripped.
        blob: Digest,
        /// Its media type, such as `image/jpeg`.
        media_type: String,
        /// The stored file's size.
        size_bytes: u64,
        /// Whether it shows the state before or after the fix.
        moment: EvidenceMoment,
        /// What it shows, in words; holds the file's name too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<BodyRef>,
    },
    /// Evidence was withdrawn; the file stays, the case no longer rests on it.
    EvidenceWithdrawn {
        /// Its id.
        evidence: EvidenceId,
        /// Why.
        reason: BodyRef,
    },
    /// Somebody remarked something for staff.
    Commented {
        /// The remark.
        text: BodyRef,
    },
    /// The reporter was asked something.
    ReporterAsked {
        /// The question.
        text: BodyRef,
    },
    /// The reporter wrote: an answer to a question, or more about the problem.
    ReporterReplied {
        /// What they wrote.
        text: BodyRef,
    },
    /// The reporter was answered 答复.
    Answered {
        /// The answer.
        text: BodyRef,
        /// How it reached them.
        way: ReplyWay,
    },
    /// The reporter said whether the problem is solved 满意度.
    SatisfactionGiven {
        /// Whether they say it is solved.
        solved: bool,
        /// From 1 (very dissatisfied) to 5 (very satisfied), if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<u8>,
        /// What they added.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<BodyRef>,
    },
    /// Somebody independent verified the fix 核验.
    Verified {
        /// Who verified.
        person: PersonId,
        /// The unit they verified for.
        unit: UnitId,
        /// What was found.
        finding: BodyRef,
    },
    /// The verification failed: the fix is not there.
    VerificationFailed {
        /// Who verified.
        person: PersonId,
        /// The unit they verified for.
        unit: UnitId,
        /// What was found.
        finding: BodyRef,
    },
    /// The result was made public 公示, where nobody outside raised the problem.
    Published {
        /// The notice.
        text: BodyRef,
        /// When the period for objections ends.
        until: Timestamp,
    },
    /// The finder agreed that it is solved, where nobody outside raised the problem.
    FinderConsented {
        /// Who agreed.
        person: PersonId,
    },
    /// The case ended, with the proof its end needs.
    Ended(End),
    /// It was taken up again 重办.
    Reopened {
        /// Why.
        reason: BodyRef,
    },
    /// Somebody looked whether the fix held 回头看.
    LookedBack {
        /// Whether it held.
        held: bool,
        /// What was found.
        finding: BodyRef,
    },
    /// It was linked with another case.
    Linked {
        /// The other case.
        other: CaseId,
        /// How this case relates to the other.
        linkage: Linkage,
    },
    /// It was split 拆分 into parts; each part is a case of its own.
    Split {
        /// The parts.
        into: Vec<CaseId>,
        /// Why.
        reason: BodyRef,
    },
    /// It was merged 并案 into another case, which is handled for both.
    Merged {
        /// The case it went into.
        into: CaseId,
        /// Why.
        reason: BodyRef,
    },
    /// A case was merged into this one: its responsible units count here for independence.
    ResponsibilityAbsorbed {
        /// The merged case.
        from: CaseId,
        /// Every unit that was ever responsible in it.
        units: Vec<UnitId>,
    },
    /// A mistake of registration was corrected.
    RegistrationCorrected {
        /// What is right; absent fields stay.
        correction: Correction,
        /// Why.
        reason: BodyRef,
    },
    /// Somebody read the reporter's sealed identity.
    IdentityRead {
        /// Why.
        reason: BodyRef,
    },
    /// A body was erased: its text, salt and search tokens are gone.
    BodyErased {
        /// The body.
        body: BodyId,
        /// The rule or request that it was erased by.
        reason: BodyRef,
    },
    /// The case moved to a newer version of its pack.
    PackChanged {
        /// The version that judges it from now on.
        pack: PackRef,
    },
}

/// What is known of a problem when it comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The case's number for people, unique in the tenant.
    pub number: String,
    /// The kind's id in the pack.
    pub kind: String,
    /// The pack that judges the case.
    pub pack: PackRef,
    /// The state it begins in.
    pub state: String,
    /// How it came: a channel's id in the pack.
    pub channel: String,
    /// Which supervision source raised it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The category, if already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The campaigns it serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<String>,
    /// From 1 (slight) to 5 (grave).
    pub severity: u8,
    /// The title.
    pub title: BodyRef,
    /// The text.
    pub text: BodyRef,
    /// Where it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<BodyRef>,
    /// Who raised it.
    pub raised_by: RaisedBy,
    /// Whom it complains about: they never see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accused: Vec<AccusedParty>,
    /// Its key in the system it was imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRef>,
}

/// Who raised a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaisedBy {
    /// Somebody outside: a citizen or an enterprise.
    Reporter {
        /// The sealed identity, if they gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<IdentityId>,
        /// What may be said about who they are.
        disclosure: Disclosure,
    },
    /// A person of the org tree found it.
    Finder {
        /// Who found it.
        person: PersonId,
        /// For which unit.
        unit: UnitId,
    },
}

/// What a reporter allows to be known about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// Under their own name 实名.
    RealName,
    /// Known to the registrar, kept from the handlers 保密.
    Confidential,
    /// Not known at all 匿名.
    Anonymous,
}

/// A unit or person that a case complains about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccusedParty {
    /// A unit, with all below it.
    Unit(UnitId),
    /// A person.
    Person(PersonId),
}

/// The key of an imported record in its own system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExternalRef {
    /// The system, as the import map names it.
    pub system: String,
    /// The record's key there.
    pub key: String,
}

/// A running span of a clock, with what was resolved when it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSpan {
    /// The clock's id in the pack.
    pub clock: String,
    /// When it began to run.
    pub started_at: Timestamp,
    /// When it runs out.
    pub due_at: Timestamp,
    /// When it comes near its end; absent where the clock has no warning point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Timestamp>,
    /// The calendar's version that the instants were computed by.
    pub calendar: u32,
    /// Whether a day in the span is not covered by a published calendar 暂定.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

/// How an answer reached the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyWay {
    /// On the page that the receipt code opens.
    ReceiptPage,
    /// By telephone.
    Phone,
    /// By letter.
    Letter,
    /// By e-mail.
    Email,
    /// Face to face.
    InPerson,
}

/// What a piece of evidence shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceMoment {
    /// The state before the fix.
    Before,
    /// The state after the fix.
    After,
    /// A document or anything else.
    Other,
}

/// How a case ended, with the proof of that end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case", deny_unknown_fields)]
pub enum End {
    /// Struck off 销号: fixed, verified by somebody independent, answered.
    StruckOff,
    /// Answered: a consultation that needed nothing but an answer.
    Answered,
    /// Refused 不予受理, with a notice and a way to object.
    Refused {
        /// Why.
        reason: BodyRef,
        /// The notice to the reporter.
        notice: BodyRef,
        /// How they can object.
        objection_way: BodyRef,
    },
    /// Withdrawn by the reporter.
    Withdrawn {
        /// What they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Handed over to another organ 移送, which gave a receipt.
    HandedOver {
        /// The organ.
        organ: BodyRef,
        /// Its receipt.
        receipt: BodyRef,
    },
    /// Merged into another case, where it is handled on.
    Merged,
    /// Closed in the system it was imported from; this system proves nothing about it.
    ImportedClosed,
}

/// How a case relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// The same problem raised again 重复件.
    DuplicateOf,
    /// A part of the other.
    PartOf,
    /// The same problem come back after it was struck off 复发.
    RecurrenceOf,
}

/// What a correction of the registration sets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The right title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<BodyRef>,
    /// The right text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<BodyRef>,
    /// The right place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<BodyRef>,
    /// The right channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The right source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All parties complained about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accused: Option<Vec<AccusedParty>>,
}
