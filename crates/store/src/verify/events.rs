//! Events of the log: the bytes of each against its hash, and its link to the event before it in its stream.

use std::ops::Range;

use bihuan_core::event::{Stream, link};
use bihuan_core::id::Digest;

use super::findings::{Check, Findings};
use super::links::{Last, Links};
use crate::dense;
use crate::error::StoreError;
use crate::proof::tree::TileRow;

/// What is wrong with an event whose place lies before that of the event it follows.
pub(super) const OUT_OF_ORDER: &str = "has a place before that of the event before it";

/// An event as it lies in the table.
#[derive(Debug)]
pub(super) struct There {
    pub(super) stream: Stream,
    pub(super) version: u32,
    /// Where its bytes are in the page.
    pub(super) bytes: Range<usize>,
    pub(super) hash: Digest,
}

/// What came of a page, and what of it the database has to be asked about.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) findings: Findings,
    pub(super) tiles: Vec<TileRow>,
    pub(super) strangers: Vec<Stranger>,
    pub(super) events: usize,
}

/// An event whose stream was not remembered to end with the one before it.
pub(super) struct Stranger {
    pub(super) stream: Stream,
    pub(super) version: u32,
    /// Its place, where that was read with it.
    pub(super) seq: Option<u64>,
    /// Its bytes as they lie on disk.
    stored: Vec<u8>,
    hash: Digest,
}

/// The event before one, as it lies in the table.
pub(super) struct Before {
    pub(super) hash: Digest,
    /// Its place, where that is to be compared.
    pub(super) seq: Option<u64>,
}

/// Checks an event's bytes, which lie in `data`, and that it follows the one before it in its stream.
pub(super) fn check_event(
    links: &mut Links,
    seq: Option<u64>,
    event: &There,
    data: &[u8],
    checked: &mut Checked,
) {
    let (stream, version) = (event.stream, event.version);
    let stored = &data[event.bytes.clone()];
    let next = Last {
        version,
        hash: event.hash,
    };
    let before = match links.replace(stream, next) {
        Some(last) if last.version + 1 == version => Some(last.hash),
        None if version == 1 => Some(Digest::ZERO),
        Some(_) | None => None,
    };
    match before {
        Some(prev) => {
            if let Some(problem) = bytes_problem(prev, stream, version, stored, event.hash) {
                let findings = &mut checked.findings;
                findings.add(Check::Link, subject(stream, version), problem);
            }
        }
        None => checked.strangers.push(Stranger {
            stream,
            version,
            seq,
            stored: stored.to_vec(),
            hash: event.hash,
        }),
    }
}

/// Returns what is wrong with an event's bytes as they lie on disk, if together with the hash of the event before
/// they do not give its hash.
pub(super) fn bytes_problem(
    prev: Digest,
    stream: Stream,
    version: u32,
    stored: &[u8],
    hash: Digest,
) -> Option<String> {
    match dense::event::open(stored) {
        Ok(data) if link(prev, stream, version, &data) == hash => None,
        Ok(_) => Some("its bytes and the event before it do not give its hash".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// Holds an event whose stream was not remembered against the one before it, which is looked up.
pub(super) fn check_stranger(
    event: &Stranger,
    before: impl FnOnce() -> Result<Option<Before>, StoreError>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let subject = subject(event.stream, event.version);
    let before = match event.version {
        // The first of a stream, which an event before it in the order belongs to.
        0 | 1 => Before {
            hash: Digest::ZERO,
            seq: None,
        },
        version => match before()? {
            Some(before) => before,
            None => {
                let problem = format!("follows event {}, which is gone", version - 1);
                findings.add(Check::Link, subject, problem);
                return Ok(());
            }
        },
    };
    if let Some(problem) = bytes_problem(
        before.hash,
        event.stream,
        event.version,
        &event.stored,
        event.hash,
    ) {
        findings.add(Check::Link, subject, problem);
    } else if event
        .seq
        .is_some_and(|seq| before.seq.is_none_or(|before| before >= seq))
    {
        findings.add(Check::Order, subject, OUT_OF_ORDER);
    }
    Ok(())
}

/// Returns how an event is called in findings.
pub(super) fn subject(stream: Stream, version: u32) -> String {
    let stream = match stream {
        Stream::Org => "the org tree".to_owned(),
        Stream::Packs => "the packs".to_owned(),
        Stream::Calendars => "the calendars".to_owned(),
        Stream::Case(case) => format!("case {case}"),
    };
    format!("event {version} of {stream}")
}
