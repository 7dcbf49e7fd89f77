//! Every stream, event by event: links, fold, and what was derived from the case.

use std::collections::HashSet;

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold;
use bihuan_core::event::{CaseEvent, Entry, Event, Stream, link};
use bihuan_core::id::{CaseId, Digest, TenantId};
use jiff::Timestamp;
use uuid::Uuid;

use super::findings::{Check, Counts, Findings};
use super::order::name;
use super::rows::{Comparison, document};
use super::search::Index;
use super::texts::{self, Texts};
use crate::commit::row_of;
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::followers::clocks::{self, Clocks};
use crate::followers::follower::{Follower, cursor};
use crate::followers::rollups::{self, Rollups};
use crate::proof::sequence::stream_of;
use crate::tenant::Tenant;
use crate::value::{Hash, Id, millis};

statements! {
    COUNT_EVENTS = "SELECT count(*) FROM event WHERE tenant = $1";
    EVENTS = "SELECT e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.prev, e.hash, s.seq
        FROM event e LEFT JOIN sequence s ON s.tenant = e.tenant AND s.stream_kind = e.stream_kind
        AND s.stream_id = e.stream_id AND s.version = e.version
        WHERE e.tenant = $1 AND (e.stream_kind, e.stream_id, e.version) > ($2, $3, $4)
        ORDER BY e.stream_kind, e.stream_id, e.version LIMIT $5";
    COUNT_TIMERS = "SELECT count(*) FROM timer WHERE tenant = $1";
    ORPHANS = "SELECT c.id FROM case_row c WHERE c.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM event e WHERE e.tenant = c.tenant AND e.stream_kind = $2 AND e.stream_id = c.id)
        ORDER BY c.id";
}

/// Files whose content is remembered as checked; beyond that many a file may be read twice.
const REMEMBERED_FILES: usize = 100_000;

/// Events that are read at a time.
const PAGE: i64 = 4_096;

/// An event as it lies in the table.
struct Raw {
    stream: Stream,
    version: u32,
    recorded_at: i64,
    data: Vec<u8>,
    prev: Digest,
    hash: Digest,
    /// Its place in the order; `None` while it has none.
    seq: Option<u64>,
}

/// The stream that is being read.
struct Current {
    stream: Stream,
    version: u32,
    hash: Digest,
    /// The place of the last event; `None` before the first, and where it has none yet.
    seq: Option<u64>,
    /// The case so far; `None` for other streams, and from the first event that does not fold.
    case: Option<Case>,
    folds: bool,
    texts: Texts,
    /// The timer at the place that the clocks' follower has reached, if it has reached this case.
    timer: Option<Option<Timestamp>>,
}

/// Goes through all streams of a tenant.
pub(super) struct Streams<'a> {
    tenant: &'a Tenant,
    connection: &'a Connection,
    comparison: Comparison,
    index: Index,
    files: HashSet<Digest>,
    counts: Counts,
    timers: u64,
    recount: Rollups,
    clocks_at: u64,
    rollups_at: u64,
}

/// Returns the number of events of a tenant.
pub(super) fn count(connection: &Connection, tenant: TenantId) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(COUNT_EVENTS, (Id(tenant.0),), |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

impl<'a> Streams<'a> {
    pub(super) fn begin(tenant: &'a Tenant, connection: &'a Connection) -> Result<Streams<'a>, StoreError> {
        Ok(Streams {
            tenant,
            connection,
            comparison: Comparison::new()?,
            index: Index::new()?,
            files: HashSet::new(),
            counts: Counts::default(),
            timers: 0,
            recount: Rollups::default(),
            clocks_at: cursor(connection, tenant.id(), Clocks::NAME)?,
            rollups_at: cursor(connection, tenant.id(), Rollups::NAME)?,
        })
    }

    /// Reads every event once, in the order of streams and versions.
    pub(super) fn check(
        &mut self,
        findings: &mut Findings,
        tick: &mut dyn FnMut(),
    ) -> Result<(), StoreError> {
        let mut current: Option<Current> = None;
        let mut after = None;
        loop {
            let page = self.page(after)?;
            let Some(last) = page.last() else { break };
            after = Some((last.stream, last.version));
            for raw in &page {
                if current
                    .as_ref()
                    .is_none_or(|current| current.stream != raw.stream)
                    && let Some(ended) = current.replace(Current::begin(raw.stream))
                {
                    self.end(ended, findings)?;
                }
                if let Some(current) = &mut current {
                    self.event(current, raw, findings)?;
                }
                tick();
            }
        }
        match current {
            Some(last) => self.end(last, findings),
            None => Ok(()),
        }
    }

    /// Reads the events that follow one, in the order of streams and versions.
    fn page(&self, after: Option<(Stream, u32)>) -> Result<Vec<Raw>, StoreError> {
        let (kind, id, version) = after.map_or((-1, Uuid::nil(), 0), |(stream, version)| {
            let (kind, id) = stream.key();
            (i64::from(kind), id, version)
        });
        let params = (Id(self.tenant.id().0), kind, Id(id), version, PAGE);
        self.connection.query(EVENTS, params, read_raw)
    }

    /// Compares what can be compared only at the end, and returns the counts.
    pub(super) fn finish(self, findings: &mut Findings) -> Result<Counts, StoreError> {
        let (connection, tenant) = (self.connection, self.tenant.id());
        self.index.check(connection, tenant, findings)?;
        check_orphans(connection, tenant, findings)?;
        let timers: i64 = connection.query_row(COUNT_TIMERS, (Id(tenant.0),), |row| row.get(0))?;
        if timers.cast_unsigned() != self.timers {
            let problem = format!("{timers} rows where the log makes {}", self.timers);
            findings.add(Check::Timers, "the timers", problem);
        }
        let found = rollups::read(connection, tenant)?;
        for key in found
            .keys()
            .chain(self.recount.counts.keys().filter(|key| !found.contains_key(key)))
        {
            let (found, expected) = (found.get(key), self.recount.counts.get(key));
            if found != expected {
                let shown = |count: Option<&i64>| count.map_or("nothing".to_owned(), i64::to_string);
                let subject = format!("roll-up {} {} {} {}", key.day, key.what, key.kind, key.unit);
                let problem = format!("is {} where a recount gives {}", shown(found), shown(expected));
                findings.add(Check::Rollups, subject, problem);
            }
        }
        Ok(self.counts)
    }

    fn event(&mut self, current: &mut Current, raw: &Raw, findings: &mut Findings) -> Result<(), StoreError> {
        self.counts.events += 1;
        check_link(current, raw, findings);
        let subject = || format!("event {} of {}", raw.version, name(raw.stream));
        let entry: Entry = match serde_json::from_slice(&raw.data) {
            Ok(entry) => entry,
            Err(error) => {
                findings.add(Check::Fold, subject(), format!("cannot be read: {error}"));
                current.folds = false;
                return Ok(());
            }
        };
        if millis(entry.recorded_at) != raw.recorded_at {
            findings.add(
                Check::Rows,
                subject(),
                "its column recorded_at is not what the event says",
            );
        }
        match raw.stream {
            Stream::Case(case) => self.case_event(current, case, raw, entry, findings),
            // Opening the tenant has folded these streams already.
            Stream::Org | Stream::Packs | Stream::Calendars => Ok(()),
        }
    }

    fn case_event(
        &mut self,
        current: &mut Current,
        case: CaseId,
        raw: &Raw,
        entry: Entry,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.refer(current, case, &raw.data, &entry, findings)?;
        if !current.folds {
            return Ok(());
        }
        let after = match fold(current.case.take(), case, raw.version, &entry) {
            Ok(after) => after,
            Err(error) => {
                findings.add(
                    Check::Fold,
                    format!("event {} of case {case}", raw.version),
                    error.to_string(),
                );
                current.folds = false;
                return Ok(());
            }
        };
        let scene = self.tenant.scene();
        if raw.seq.is_some_and(|seq| seq < self.clocks_at) {
            current.timer = Some(clocks::timer(&scene, &after)?);
        }
        if raw.seq.is_some_and(|seq| seq < self.rollups_at) {
            self.recount.take(&scene, &entry, &after)?;
        }
        current.case = Some(after);
        Ok(())
    }

    /// Notes which texts and files an event refers to, and checks the files.
    fn refer(
        &mut self,
        current: &mut Current,
        case: CaseId,
        data: &[u8],
        entry: &Entry,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        current.texts.refer(data);
        match &entry.event {
            Event::Case(CaseEvent::BodyErased { body, .. }) => {
                current.texts.erased.insert(*body);
            }
            Event::Case(CaseEvent::EvidenceAdded { blob, .. }) => {
                self.counts.files += 1;
                if !self.files.contains(blob) {
                    self.check_file(case, *blob, findings);
                }
            }
            Event::Case(_) | Event::Org(_) | Event::Pack(_) | Event::Calendar(_) => {}
        }
        Ok(())
    }

    fn check_file(&mut self, case: CaseId, digest: Digest, findings: &mut Findings) {
        match self.tenant.blobs().verify(digest) {
            Ok(_) => {
                if self.files.len() < REMEMBERED_FILES {
                    self.files.insert(digest);
                }
            }
            Err(error) => findings.add(Check::Files, format!("a file of case {case}"), error.to_string()),
        }
    }

    /// Compares what was derived from a case after its last event.
    fn end(&mut self, current: Current, findings: &mut Findings) -> Result<(), StoreError> {
        let Some(case) = &current.case else {
            return Ok(());
        };
        self.counts.cases += 1;
        let (connection, tenant) = (self.connection, self.tenant.id());
        let row = row_of(&self.tenant.scene(), case)?;
        self.comparison.check(connection, tenant, &row, findings)?;
        let opened = texts::open(self.tenant, connection, case, &current.texts, findings)?;
        self.counts.bodies += opened.count;
        self.counts.erased += opened.erased;
        if let Some(document) = document(connection, tenant, case.id)? {
            let place = (case.id, document);
            self.index
                .take(connection, tenant, place, &opened.found_by, findings)?;
        }
        if let Some(timer) = current.timer {
            let expected: Vec<Timestamp> = timer.into_iter().collect();
            self.timers += expected.len() as u64;
            // Columns hold milliseconds.
            let same = clocks::stored(connection, tenant, case.id)?
                .into_iter()
                .map(millis)
                .eq(expected.into_iter().map(millis));
            if !same {
                findings.add(
                    Check::Timers,
                    format!("timer of case {}", case.id),
                    "is not where the log puts it",
                );
            }
        }
        Ok(())
    }
}

impl Current {
    fn begin(stream: Stream) -> Current {
        Current {
            stream,
            version: 0,
            hash: Digest::ZERO,
            seq: None,
            case: None,
            folds: true,
            texts: Texts::default(),
            timer: None,
        }
    }
}

fn read_raw(row: Row<'_>) -> Result<Raw, StoreError> {
    let (kind, id, Hash(prev), Hash(hash)) = (row.get(0)?, row.get(1)?, row.get(5)?, row.get(6)?);
    Ok(Raw {
        stream: stream_of(kind, id)?,
        version: row.get(2)?,
        recorded_at: row.get(3)?,
        data: row.get(4)?,
        prev,
        hash,
        seq: row.get::<Option<i64>>(7)?.map(i64::cast_unsigned),
    })
}

fn check_link(current: &mut Current, raw: &Raw, findings: &mut Findings) {
    let subject = || format!("event {} of {}", raw.version, name(raw.stream));
    let expected = current.version + 1;
    if raw.version != expected {
        findings.add(
            Check::Link,
            subject(),
            format!("follows event {}: {expected} is gone", current.version),
        );
    } else if raw.prev != current.hash {
        findings.add(Check::Link, subject(), "does not link to the event before it");
    }
    if link(raw.prev, raw.stream, raw.version, &raw.data) != raw.hash {
        findings.add(Check::Link, subject(), "its bytes do not give its hash");
    }
    let is_before = match (current.seq, raw.seq) {
        (_, None) => false,
        (None, Some(_)) => current.version > 0,
        (Some(before), Some(place)) => place <= before,
    };
    if is_before {
        findings.add(
            Check::Order,
            subject(),
            "has a place before that of the event before it",
        );
    }
    current.version = raw.version;
    current.hash = raw.hash;
    current.seq = raw.seq;
}

/// Every case row must have a stream.
fn check_orphans(
    connection: &Connection,
    tenant: TenantId,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(ORPHANS)?;
    let (case_kind, _) = Stream::Case(CaseId(Uuid::nil())).key();
    let mut rows = statement.query((Id(tenant.0), case_kind))?;
    while let Some(row) = rows.next()? {
        let Id(case) = row.get(0)?;
        findings.add(Check::Rows, format!("case {case}"), "has a row but no event");
    }
    Ok(())
}
