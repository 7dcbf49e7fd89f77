//! The log's events: what is written once and for ever.
//!
//! These types are the serialised form; every version ever written has golden files under
//! `tests/events/` and must stay readable. New fields are optional or come with a new variant. An event
//! holds no free text and no identity: what people wrote is a [`BodyRef`], who they are an
//! [`IdentityId`].
//!
//! The bytes of an event are the JSON of [`Entry`], written once by the store and never re-encoded; its
//! hash covers those bytes and the hash of the event before it in the same stream.

mod case_event;
mod parts;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, Digest, PersonId, UnitId};
use crate::org::OrgEvent;

pub use case_event::CaseEvent;
pub use parts::{
    AccusedParty, BodyRef, CallOutcome, ClockSpan, Correction, Disclosure, End, EvidenceMoment, ExternalRef,
    Fields, Instruction, Linkage, PackRef, RaisedBy, ReplyWay,
};

/// A typed stream of the tenant's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// The units, posts, persons, tenures, duties and role grants.
    Org,
    /// The installed packs.
    Packs,
    /// The installed working-day calendars.
    Calendars,
    /// One case.
    Case(CaseId),
}

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the org tree, acting for a unit.
    Person {
        /// Who acted.
        person: PersonId,
        /// The unit acted for, at that time.
        unit: UnitId,
        /// Whom they stood in for 代理, where they acted by that person's rights.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_person: Option<PersonId>,
    },
    /// The reporter of the case, known by the receipt code only.
    Reporter,
    /// The system itself: a timer, a rule.
    System,
    /// An import of records made elsewhere.
    Import,
}

/// What lies in the log at one position of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it happened in the world.
    pub occurred_at: Timestamp,
    /// When the system took it down.
    pub recorded_at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

/// What happened, by kind of stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Something happened to a case.
    Case(CaseEvent),
    /// The org tree, its people or their roles changed.
    Org(OrgEvent),
    /// A pack was installed.
    Pack(PackInstalled),
    /// A calendar was installed.
    Calendar(CalendarInstalled),
}

/// A version of a pack came into the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackInstalled {
    /// The pack's id, such as `hotline`.
    pub id: String,
    /// The pack's version.
    pub version: u32,
    /// SHA-256 of the pack's TOML text.
    pub digest: Digest,
    /// The TOML text itself: the log alone is enough to judge any case again.
    pub toml: String,
}

/// A working-day calendar came into the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarInstalled {
    /// The calendar's id, such as `cn`.
    pub id: String,
    /// Its version; a higher one replaces the lower.
    pub version: u32,
    /// The calendar's TOML text.
    pub toml: String,
}

/// Returns the hash of an event: over the hash before it, its stream, its version and its bytes.
///
/// `bytes` is the JSON of [`Entry`] as stored; `version` counts from 1 in its stream. The leaf of the
/// tenant's proof tree is this hash.
pub fn link(prev: Digest, stream: Stream, version: u32, bytes: &[u8]) -> Digest {
    let (kind, id) = stream.key();
    Digest::of(&[&prev.0, &[kind], id.as_bytes(), &version.to_be_bytes(), bytes])
}

impl Stream {
    /// Returns the stream's key: its kind as one byte and its id (nil where there is one stream only).
    pub fn key(self) -> (u8, uuid::Uuid) {
        match self {
            Stream::Org => (1, uuid::Uuid::nil()),
            Stream::Packs => (2, uuid::Uuid::nil()),
            Stream::Calendars => (3, uuid::Uuid::nil()),
            Stream::Case(case) => (4, case.0),
        }
    }

    /// Returns the stream with this key, or `None` where there is no such kind.
    pub fn from_key(kind: u8, id: uuid::Uuid) -> Option<Stream> {
        match kind {
            1 => Some(Stream::Org),
            2 => Some(Stream::Packs),
            3 => Some(Stream::Calendars),
            4 => Some(Stream::Case(CaseId(id))),
            5.. | 0 => None,
        }
    }
}
