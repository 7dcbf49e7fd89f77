//! What the events of a case are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{BodyId, Digest, IdentityId, PersonId, UnitId};

/// A text kept beside the log: its id and the salted digest that proves it.
///
/// The digest is SHA-256 over the 16-byte salt and the UTF-8 text; salt and text lie in the body store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyRef {
    /// The body's id.
    pub id: BodyId,
    /// SHA-256 over salt and text.
    pub digest: Digest,
}

/// A reference to one version of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackRef {
    /// The pack's id.
    pub id: String,
    /// The pack's version.
    pub version: u32,
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
    /// Whether the due instant was given by the system the case was imported from, and not computed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
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

/// What came of a call to the reporter 回访结果.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// They said whether it is solved.
    Reached,
    /// They wish to be called again.
    CallAgain,
    /// Nobody answered.
    NoAnswer,
    /// There is no number, or not theirs.
    NoNumber,
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

/// How somebody above the work takes up a case themselves: the four things that are asked of the first
/// person responsible 一把手四亲自, and the reminder 催办 that a supervision office gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    /// Sets the work in motion 部署.
    Deploy,
    /// Asks how it stands 过问.
    Ask,
    /// Brings those together who must act together 协调.
    Coordinate,
    /// Presses for the result 督办.
    Supervise,
    /// Reminds of the time 催办.
    Urge,
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
