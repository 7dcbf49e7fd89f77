//! Every stream, event by event: its fold, and what was derived from the case.

use std::collections::{BTreeSet, HashSet};

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold;
use bihuan_core::event::{CaseEvent, Entry, Event, Stream};
use bihuan_core::id::{CaseId, Digest, TenantId};
use jiff::Timestamp;
use uuid::Uuid;

use super::derived::Derived;
use super::events::{bytes_problem, subject};
use super::findings::{Check, Counts, Findings};
use super::rows;
use super::search::Index;
use super::texts::{self, Texts};
use crate::beside::beside;
use crate::commit::row_of;
use crate::dense;
use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::followers::clocks::{self, Clocks};
use crate::followers::follower::{Follower, cursor};
use crate::followers::handling;
use crate::followers::rollups::{self, Rollups};
use crate::proof::sequence::{self, stream_of};
use crate::tenant::Tenant;
use crate::tenant::scene::Scene;
use crate::value::{Hash, Id, millis};

statements! {
    COUNT_EVENTS = "SELECT count(*) FROM event WHERE tenant = $1";
    NEXT_KIND = "SELECT min(stream_kind) FROM event WHERE tenant = $1 AND stream_kind > $2";
    COUNT_TIMERS = "SELECT count(*) FROM timer WHERE tenant = $1";
    ORPHANS = "SELECT c.id FROM case_row c WHERE c.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM event e WHERE e.tenant = c.tenant AND e.stream_kind = $2 AND e.stream_id = c.id)
        ORDER BY c.id";
}

statements! {
    in sqlite
    EVENTS = "SELECT e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash,
            e.place - (t.rowid << 40) FROM tenant t CROSS JOIN event e ON e.tenant = t.tenant
        WHERE t.tenant = $1 AND e.stream_kind = $2 AND e.stream_id >= $3 AND (e.stream_id, e.version) > ($3, $4)
        ORDER BY e.stream_id, e.version LIMIT $5";
}

statements! {
    in postgres
    EVENTS_THERE = "SELECT e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash, s.seq
        FROM event e LEFT JOIN sequence s ON s.tenant = e.tenant AND s.stream_kind = e.stream_kind
        AND s.stream_id = e.stream_id AND s.version = e.version
        WHERE e.tenant = $1 AND e.stream_kind = $2 AND e.stream_id >= $3 AND (e.stream_id, e.version) > ($3, $4)
        ORDER BY e.stream_id, e.version LIMIT $5";
}

/// Files whose content is remembered as checked; beyond that many a file may be read twice.
const REMEMBERED_FILES: usize = 100_000;

/// Events that are read at a time.
const PAGE: i64 = 1_024;

/// An event as it lies in the table.
struct Raw {
    stream: Stream,
    version: u32,
    recorded_at: i64,
    /// Its bytes as they lie on disk.
    data: Vec<u8>,
    hash: Digest,
    /// Its place in the order; `None` while it has none.
    seq: Option<u64>,
}

/// The stream that is being read.
struct Current {
    stream: Stream,
    version: u32,
    hash: Digest,
    /// The case so far; `None` for other streams, and from the first event that does not fold.
    case: Option<Case>,
    folds: bool,
    texts: Texts,
    /// The timer at the place that the clocks' follower has reached, if it has reached this case.
    timer: Option<Option<Timestamp>>,
}

/// Whole streams, and what was derived from their cases.
struct Batch {
    events: Vec<Raw>,
    derived: Derived,
}

/// Reads the streams, a few hundred at a time.
struct Reading<'a> {
    tenant: TenantId,
    connection: &'a Connection,
    /// How many events have a place.
    size: u64,
    /// The kind of stream that is being read, and the last event of it that was.
    after: (i64, Uuid, u32),
    /// Events of streams that may go on.
    pending: Vec<Raw>,
    ended: bool,
}

/// Holds streams against what was derived from them.
pub(super) struct Streams<'a> {
    tenant: &'a Tenant,
    engine: Engine,
    index: Index,
    files: HashSet<Digest>,
    counts: Counts,
    timers: u64,
    recount: Rollups,
    clocks_at: u64,
    rollups_at: u64,
    /// The stream that is being gone through.
    current: Option<Current>,
}

/// Returns the number of events of a tenant.
pub(super) fn count(connection: &Connection, tenant: TenantId) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(COUNT_EVENTS, (Id(tenant.0),), |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Reads every event once, in the order of streams and versions, and all that was derived with it.
pub(super) fn check(
    tenant: &Tenant,
    connection: &Connection,
    findings: &mut Findings,
    tick: &mut dyn FnMut(usize),
) -> Result<Counts, StoreError> {
    let mut reading = Reading {
        tenant: tenant.id(),
        connection,
        size: sequence::size(connection, tenant.id())?,
        after: (0, Uuid::nil(), 0),
        pending: Vec::new(),
        ended: false,
    };
    let streams = beside(
        Streams::begin(tenant, connection)?,
        |streams, batch| streams.batch(&batch),
        || reading.batch(),
        |(events, found)| {
            findings.take(found);
            tick(events);
            Ok(())
        },
    )?;
    streams.finish(connection, findings)
}

impl Reading<'_> {
    /// Reads the next whole streams; `None` at the end.
    fn batch(&mut self) -> Result<Option<Batch>, StoreError> {
        loop {
            if !self.ended {
                self.read_on()?;
            }
            let whole = match self.pending.last() {
                None if self.ended => return Ok(None),
                Some(last) if !self.ended => {
                    self.pending.partition_point(|event| event.stream != last.stream)
                }
                Some(_) | None => self.pending.len(),
            };
            // A stream longer than a page is read until it ends.
            if whole > 0 {
                let rest = self.pending.split_off(whole);
                let events = std::mem::replace(&mut self.pending, rest);
                let derived = self.derived(&events)?;
                return Ok(Some(Batch { events, derived }));
            }
        }
    }

    /// Reads the events that follow, in the order of streams and versions. Each kind of stream by itself: a
    /// server would plan for no rows where all that comes after a key of three columns is asked for.
    fn read_on(&mut self) -> Result<(), StoreError> {
        let (kind, id, version) = self.after;
        let tenant = Id(self.tenant.0);
        let events = match self.connection.engine() {
            Engine::Sqlite => EVENTS,
            Engine::Postgres => EVENTS_THERE,
        };
        let read = |row: Row<'_>| {
            let mut raw = read_raw(row)?;
            raw.seq = raw.seq.filter(|seq| *seq < self.size);
            Ok(raw)
        };
        let key = (tenant, kind, Id(id), version, PAGE);
        let page = self.connection.query(events, key, read)?;
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => {
                let (_, id) = last.stream.key();
                self.after = (kind, id, last.version);
            }
            Some(_) | None => {
                let next: Option<i64> = self
                    .connection
                    .query_row(NEXT_KIND, (tenant, kind), |row| row.get(0))?;
                match next {
                    Some(next) => self.after = (next, Uuid::nil(), 0),
                    None => self.ended = true,
                }
            }
        }
        self.pending.extend(page);
        Ok(())
    }

    fn derived(&self, events: &[Raw]) -> Result<Derived, StoreError> {
        let mut cases = events.iter().filter_map(|event| match event.stream {
            Stream::Case(case) => Some(case),
            Stream::Org | Stream::Packs | Stream::Calendars => None,
        });
        let Some(first) = cases.next() else {
            return Ok(Derived::default());
        };
        let last = cases.next_back().unwrap_or(first);
        Derived::read(self.connection, self.tenant, (first, last))
    }
}

impl<'a> Streams<'a> {
    fn begin(tenant: &'a Tenant, connection: &Connection) -> Result<Streams<'a>, StoreError> {
        Ok(Streams {
            tenant,
            engine: connection.engine(),
            index: Index::new(connection.engine())?,
            files: HashSet::new(),
            counts: Counts::default(),
            timers: 0,
            recount: Rollups::default(),
            clocks_at: cursor(connection, tenant.id(), Clocks::NAME)?,
            rollups_at: cursor(connection, tenant.id(), Rollups::NAME)?,
            current: None,
        })
    }

    /// Goes through whole streams; returns how many events that were, and what is wrong with them.
    fn batch(&mut self, batch: &Batch) -> Result<(usize, Findings), StoreError> {
        let mut findings = Findings::default();
        let scene = self.tenant.scene();
        for raw in &batch.events {
            let mut current = match self.current.take() {
                Some(current) if current.stream == raw.stream => current,
                Some(ended) => {
                    self.end(ended, &scene, &batch.derived, &mut findings)?;
                    Current::begin(raw.stream)
                }
                None => Current::begin(raw.stream),
            };
            self.event(&mut current, raw, &scene, &mut findings)?;
            self.current = Some(current);
        }
        if let Some(last) = self.current.take() {
            self.end(last, &scene, &batch.derived, &mut findings)?;
        }
        Ok((batch.events.len(), findings))
    }

    /// Compares what can be compared only at the end, and returns the counts.
    fn finish(self, connection: &Connection, findings: &mut Findings) -> Result<Counts, StoreError> {
        let tenant = self.tenant.id();
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
        let found = handling::of_all_classes(&handling::read(connection, tenant)?);
        let expected = handling::of_all_classes(&self.recount.handled);
        if found != expected {
            let keys: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
            let differing = keys.into_iter().filter(|key| found.get(key) != expected.get(key));
            let problem = format!("{} counts differ from a recount", differing.count());
            findings.add(Check::Rollups, "the time in phases", problem);
        }
        Ok(self.counts)
    }

    fn event(
        &mut self,
        current: &mut Current,
        raw: &Raw,
        scene: &Scene,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.counts.events += 1;
        check_unplaced(self.engine, current, raw, findings);
        let subject = || subject(raw.stream, raw.version);
        let read = dense::event::open(&raw.data).map_err(|error| error.to_string());
        let read = read.and_then(|data| match serde_json::from_slice::<Entry>(&data) {
            Ok(entry) => Ok((data, entry)),
            Err(error) => Err(error.to_string()),
        });
        let (data, entry) = match read {
            Ok(read) => read,
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
            Stream::Case(case) => {
                current.texts.refer(&data);
                self.case_event(current, raw, (case, entry), scene, findings)
            }
            // Opening the tenant has folded these streams already.
            Stream::Org | Stream::Packs | Stream::Calendars => Ok(()),
        }
    }

    fn case_event(
        &mut self,
        current: &mut Current,
        raw: &Raw,
        (case, entry): (CaseId, Entry),
        scene: &Scene,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.refer(current, case, &entry, findings);
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
        if raw.seq.is_some_and(|seq| seq < self.clocks_at) {
            current.timer = Some(clocks::timer(scene, &after)?);
        }
        if raw.seq.is_some_and(|seq| seq < self.rollups_at) {
            self.recount.take(scene, &entry, &after)?;
        }
        current.case = Some(after);
        Ok(())
    }

    /// Notes which texts an event erases and which files it refers to, and checks the files.
    fn refer(&mut self, current: &mut Current, case: CaseId, entry: &Entry, findings: &mut Findings) {
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
    fn end(
        &mut self,
        current: Current,
        scene: &Scene,
        derived: &Derived,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(case) = &current.case else {
            return Ok(());
        };
        self.counts.cases += 1;
        let row = row_of(scene, case)?;
        let has_row = rows::compare(self.tenant.id(), &row, derived, findings);
        let opened = texts::open(self.tenant.keys(), case, &current.texts, derived, findings);
        self.counts.bodies += opened.count;
        self.counts.erased += opened.erased;
        if has_row {
            self.index.take(case.id, &opened.found_by, derived, findings)?;
        }
        if let Some(timer) = current.timer {
            self.timers += u64::from(timer.is_some());
            // Columns hold milliseconds.
            let stored = derived.timers.of(case.id).iter().map(|(_, due_at)| *due_at);
            if !stored.eq(timer.into_iter().map(millis)) {
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
            case: None,
            folds: true,
            texts: Texts::default(),
            timer: None,
        }
    }
}

fn read_raw(row: Row<'_>) -> Result<Raw, StoreError> {
    let (kind, id, Hash(hash)) = (row.get(0)?, row.get(1)?, row.get(5)?);
    Ok(Raw {
        stream: stream_of(kind, id)?,
        version: row.get(2)?,
        recorded_at: row.get(3)?,
        data: row.get(4)?,
        hash,
        seq: row.get::<Option<i64>>(6)?.map(i64::cast_unsigned),
    })
}

/// Checks an event that has no place yet: its bytes, and its link to the event before it. All others, and those of a
/// server too, were checked with the log.
fn check_unplaced(engine: Engine, current: &mut Current, raw: &Raw, findings: &mut Findings) {
    if engine == Engine::Sqlite && raw.seq.is_none() {
        let mut differs = |problem: String| {
            findings.add(Check::Link, subject(raw.stream, raw.version), problem);
        };
        let expected = current.version + 1;
        if raw.version != expected {
            differs(format!("follows event {}: {expected} is gone", current.version));
        } else if let Some(problem) =
            bytes_problem(current.hash, raw.stream, raw.version, &raw.data, raw.hash)
        {
            differs(problem);
        }
    }
    current.version = raw.version;
    current.hash = raw.hash;
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
