//! The events of a case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parts::{
    BodyRef, CallOutcome, ClockSpan, Correction, End, EvidenceMoment, Fields, Instruction, Linkage, PackRef,
    ReplyWay,
};
use crate::id::{BodyId, CaseId, Digest, EvidenceId, PersonId, UnitId};

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
        /// Why, where the step asks for a reason and nothing else it does holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
        /// What was found, where the step asks for it and nothing else it does holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finding: Option<BodyRef>,
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
    /// Somebody above the work took it up themselves 批示.
    Instructed {
        /// In which way.
        instruction: Instruction,
        /// What they said, for staff.
        words: BodyRef,
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
    /// The reporter was called after the answer 回访; what they said of the result is an event of its own.
    CallMade {
        /// What came of it.
        outcome: CallOutcome,
        /// When they wish to be called again, if they do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again_at: Option<Timestamp>,
        /// What the caller remarked, for staff.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<BodyRef>,
    },
    /// The reporter said whether pictures of it may be shown to everybody, or took that back.
    PicturesAllowed {
        /// Whether they may.
        allowed: bool,
    },
    /// A picture was put into the public list beside what was struck off.
    PictureShown {
        /// The piece of evidence.
        evidence: EvidenceId,
    },
    /// A picture was taken out of the public list, or was looked at and not put into it.
    PictureHidden {
        /// The piece of evidence.
        evidence: EvidenceId,
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
    /// The reporter got another receipt code, because theirs was lost; the ones before follow nothing.
    CodeReissued {
        /// A digest of the keyed hash by which the new code is found.
        code: Digest,
        /// What was checked before.
        checked: BodyRef,
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
