//! The log and its proof: every event's bytes against its hash, its link to the event before it and its place;
//! the tree against the order, signed heads against the tree.

use std::iter::Peekable;
use std::vec;

use bihuan_core::event::{Stream, link};
use bihuan_core::id::Digest;

use super::findings::{Check, Findings};
use super::links::{Last, Links};
use super::log::{Log, Page, Place, There};
use crate::beside::beside;
use crate::dense;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::proof::tree::{Growth, TileRow, Tiles, leaf};
use crate::proof::{Head, checkpoint};
use crate::value::Id;

statements! {
    KEPT = "SELECT size, note FROM checkpoint WHERE tenant = $1 ORDER BY size";
}

/// A signed head, and whose.
pub(super) type Signed = (Head, &'static str);

/// What can be said of the log by the log alone, as far as it was read.
struct Checker {
    heads: Peekable<vec::IntoIter<Signed>>,
    growth: Growth,
    links: Links,
}

/// What came of a page, and what of it the database has to be asked about.
#[derive(Default)]
struct Checked {
    findings: Findings,
    tiles: Vec<TileRow>,
    strangers: Vec<Stranger>,
    events: usize,
}

/// An event whose stream was not remembered to end with the one before it.
struct Stranger {
    stream: Stream,
    version: u32,
    seq: u64,
    /// Its bytes as they lie on disk.
    stored: Vec<u8>,
    hash: Digest,
}

/// Goes through the log once and returns the head computed from it. What of it has to be looked up is looked up
/// through `asked`, which is as new as `connection` or newer: none of it ever changes.
pub(super) fn check(
    connection: &Connection,
    asked: &Connection,
    keys: &TenantKeys,
    mut heads: Vec<Signed>,
    findings: &mut Findings,
    tick: &mut dyn FnMut(usize),
) -> Result<Head, StoreError> {
    heads.extend(kept_heads(connection, keys, findings)?);
    heads.sort_by_key(|(head, _)| head.size);
    let mut log = Log::begin(connection, keys.tenant)?;
    let tiles = Tiles::new(asked, keys.tenant);
    let asked = Log::begin(asked, keys.tenant)?;
    let checker = beside(
        Checker::new(heads),
        |checker, page| checker.page(&page),
        || log.page(),
        |checked: Checked| {
            findings.take(checked.findings);
            for tile in &checked.tiles {
                check_tile(&tiles, tile, findings)?;
            }
            for stranger in &checked.strangers {
                check_stranger(&asked, stranger, findings)?;
            }
            tick(checked.events);
            Ok(())
        },
    )?;
    let tiles = Tiles::new(connection, keys.tenant);
    for tile in checker.growth.edge() {
        check_tile(&tiles, &tile, findings)?;
    }
    for (head, whose) in checker.heads {
        check_head(&checker.growth, head, whose, findings);
    }
    let (placed, due) = (checker.growth.size(), log.count_due(checker.growth.size())?);
    if due > placed {
        let problem = format!("{due} events up to the last placed one, but {placed} places");
        findings.add(Check::Order, "the order", problem);
    }
    Ok(checker.growth.head())
}

impl Checker {
    fn new(heads: Vec<Signed>) -> Checker {
        Checker {
            heads: heads.into_iter().peekable(),
            growth: Growth::default(),
            links: Links::new(),
        }
    }

    fn page(&mut self, page: &Page) -> Result<Checked, StoreError> {
        let mut checked = Checked {
            events: page.places.len(),
            ..Checked::default()
        };
        for place in &page.places {
            self.check_place(place, &mut checked.findings);
            if let Some(event) = &place.event {
                self.check_event(place.seq, event, page, &mut checked);
            }
            while let Some((head, whose)) = self.heads.next_if(|(head, _)| head.size == self.growth.size()) {
                check_head(&self.growth, head, whose, &mut checked.findings);
            }
            self.growth.push_leaf(place.leaf, &mut |tile| {
                checked.tiles.push(tile);
                Ok(())
            })?;
        }
        Ok(checked)
    }

    /// Checks that a place follows the one before it, and that its event is there.
    fn check_place(&mut self, place: &Place, findings: &mut Findings) {
        let called = || match place.name {
            Some((stream, version)) => subject(stream, version),
            None => format!("place {}", place.seq),
        };
        let expected = self.growth.size();
        if place.seq != expected {
            let problem = format!("has place {} where {expected} follows", place.seq);
            findings.add(Check::Order, called(), problem);
        }
        match &place.event {
            None => {
                let problem = match place.name {
                    Some(_) => format!("is gone; it had place {}", place.seq),
                    None => "holds no event any more".to_owned(),
                };
                findings.add(Check::Order, called(), problem);
            }
            Some(event) if leaf(event.hash) != place.leaf => {
                let problem = format!("has another hash than at place {}", place.seq);
                findings.add(Check::Order, called(), problem);
            }
            Some(_) => {}
        }
    }

    /// Checks an event's bytes, and that it follows the one before it in its stream.
    fn check_event(&mut self, seq: u64, event: &There, page: &Page, checked: &mut Checked) {
        let (stream, version) = (event.stream, event.version);
        let stored = &page.data[event.bytes.clone()];
        let next = Last {
            version,
            hash: event.hash,
        };
        let before = match self.links.replace(stream, next) {
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

/// Looks up the event before one whose stream was not remembered.
fn check_stranger(log: &Log<'_>, event: &Stranger, findings: &mut Findings) -> Result<(), StoreError> {
    let subject = subject(event.stream, event.version);
    let (prev, place) = match event.version {
        // The first of a stream, which an event before it in the order belongs to.
        0 | 1 => (Digest::ZERO, None),
        version => match log.event(event.stream, version - 1)? {
            Some(before) => before,
            None => {
                let problem = format!("follows event {}, which is gone", version - 1);
                findings.add(Check::Link, subject, problem);
                return Ok(());
            }
        },
    };
    if let Some(problem) = bytes_problem(prev, event.stream, event.version, &event.stored, event.hash) {
        findings.add(Check::Link, subject, problem);
    } else if place.is_none_or(|place| place >= event.seq) {
        let problem = "has a place before that of the event before it";
        findings.add(Check::Order, subject, problem);
    }
    Ok(())
}

fn check_tile(tiles: &Tiles<'_>, tile: &TileRow, findings: &mut Findings) -> Result<(), StoreError> {
    if tiles.load(tile.level, tile.place)? != tile.hashes {
        let subject = format!("tile {} of level {}", tile.place, tile.level);
        findings.add(Check::Tree, subject, "differs from the order");
    }
    Ok(())
}

fn check_head(growth: &Growth, head: Head, whose: &str, findings: &mut Findings) {
    if head.size > growth.size() {
        let problem = format!(
            "covers {} events, the log has {}: events were taken out",
            head.size,
            growth.size()
        );
        findings.add(Check::Checkpoint, whose, problem);
    } else if growth.head() != head {
        let problem = format!(
            "does not fit: the first {} events are not those it was signed over",
            head.size
        );
        findings.add(Check::Checkpoint, whose, problem);
    }
}

/// Returns the heads that the store itself keeps.
fn kept_heads(
    connection: &Connection,
    keys: &TenantKeys,
    findings: &mut Findings,
) -> Result<Vec<Signed>, StoreError> {
    let mut statement = connection.prepare(KEPT)?;
    let mut rows = statement.query((Id(keys.tenant.0),))?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        let (size, note): (i64, String) = (row.get(0)?, row.get(1)?);
        match checkpoint::open(keys, &note) {
            Ok(head) => heads.push((head, "a kept checkpoint")),
            Err(error) => {
                findings.add(
                    Check::Checkpoint,
                    format!("the kept checkpoint of size {size}"),
                    error.to_string(),
                );
            }
        }
    }
    Ok(heads)
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
