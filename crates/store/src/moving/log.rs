//! Copying the log: first the events that have a place in the order, in that order, then the rest.
//!
//! On SQLite an event's row is its place, so events must go in as they were placed.

use bihuan_core::id::TenantId;

use super::copy::Copying;
use super::page::Page;
use super::tables::{EVENT, SEQUENCE};
use crate::commit::log;
use crate::engine::connection::Engine;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Owned};
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::proof::sequence;
use crate::value::Id;

statements! {
    in sqlite
    PLACED = "SELECT t.tenant, e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash,
            e.place - (t.rowid << 40), e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= t.rowid << 40 AND e.place < (t.rowid << 40) + coalesce((
                SELECT k.place * 256 + length(k.hashes) / 32 FROM tile k
                WHERE k.tenant = t.tenant AND k.level = 0 ORDER BY k.place DESC LIMIT 1), 0)
            AND e.place > CASE WHEN t.tenant = $1 THEN (t.rowid << 40) + $2 ELSE 0 END
        WHERE t.tenant >= $1 ORDER BY t.tenant, e.place LIMIT $3";
    BEYOND = "SELECT t.tenant, e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash,
            e.place - (t.rowid << 40)
        FROM tenant t CROSS JOIN event e ON e.place > (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2 ORDER BY e.place LIMIT $3";
    // What an earlier run has copied of what has no place: it would not begin where the others end.
    FORGET_BEYOND = "DELETE FROM main.event WHERE place >= (SELECT t.rowid << 40 FROM tenant t WHERE t.tenant = $1) + $2
        AND place < (SELECT (t.rowid + 1) << 40 FROM tenant t WHERE t.tenant = $1)";
}

statements! {
    in postgres
    PLACED_THERE = "SELECT s.tenant, s.stream_kind, s.stream_id, s.version,
            e.recorded_at, e.data, e.hash, s.seq, s.hash
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE (s.tenant, s.seq) > ($1, $2) ORDER BY s.tenant, s.seq LIMIT $3";
    QUEUED = "SELECT u.tenant, u.stream_kind, u.stream_id, u.version,
            e.recorded_at, e.data, e.hash
        FROM unplaced u LEFT JOIN event e ON e.tenant = u.tenant AND e.stream_kind = u.stream_kind
        AND e.stream_id = u.stream_id AND e.version = u.version
        WHERE (u.tenant, u.stream_kind, u.stream_id, u.version) > ($1, $2, $3, $4)
        ORDER BY u.tenant, u.stream_kind, u.stream_id, u.version LIMIT $5";
}

/// The columns of [`EVENT`] in the statements, which have them first.
const EVENT_COLUMNS: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];

/// The columns of [`SEQUENCE`] in [`PLACED`] and [`PLACED_THERE`].
const SEQUENCE_COLUMNS: [usize; 6] = [0, 7, 1, 2, 3, 8];

/// The columns of the queue in [`QUEUED`] and [`BEYOND`].
const QUEUE_COLUMNS: [usize; 6] = [0, 1, 2, 3, 4, 6];

/// The queue of the sequencer on PostgreSQL.
const QUEUE: [(&str, Form); 6] = [
    ("tenant", Form::Blob),
    ("stream_kind", Form::Int),
    ("stream_id", Form::Blob),
    ("version", Form::Int),
    ("recorded_at", Form::Int),
    ("hash", Form::Blob),
];

/// For what may have been copied before: nothing tells how far it was.
const UNLESS_THERE: &str = "ON CONFLICT (tenant, stream_kind, stream_id, version) DO NOTHING";

impl Copying<'_> {
    /// Copies all events and their places.
    pub(super) fn copy_log(&mut self, tenants: &[TenantKeys]) -> Result<(), StoreError> {
        self.copy_placed()?;
        if self.target.engine() == Engine::Sqlite {
            for keys in tenants {
                let size = sequence::size(self.source, keys.tenant)?;
                let beyond = (Id(keys.tenant.0), size.cast_signed());
                self.target
                    .transaction(|target| target.execute(FORGET_BEYOND, beyond).map(drop))?;
            }
        }
        match self.source.engine() {
            Engine::Sqlite => {
                for keys in tenants {
                    self.copy_beyond(keys.tenant)?;
                }
                Ok(())
            }
            Engine::Postgres => self.copy_queued(),
        }
    }

    /// An event and its place go into the target together, so the last place says how far it is.
    fn copy_placed(&mut self) -> Result<(), StoreError> {
        let places = Many::insert(SEQUENCE.name, SEQUENCE.columns, "");
        let placed = match self.source.engine() {
            Engine::Sqlite => PLACED,
            Engine::Postgres => PLACED_THERE,
        };
        let last = SEQUENCE.last_key(self.target)?;
        let mut after = last.unwrap_or_else(|| SEQUENCE.before_all());
        loop {
            let page = Page::read(self.source, placed, &after, self.page_rows, 9)?;
            let Some(last) = page.rows().next_back() else {
                return Ok(());
            };
            check_places(&page, &after)?;
            after = vec![last[0].clone(), last[7].clone()];
            check_events(&page)?;
            self.target.transaction(|target| {
                log::write_rows(target, &page.pick(&EVENT_COLUMNS))?;
                match target.engine() {
                    // There the row is the place.
                    Engine::Sqlite => Ok(()),
                    Engine::Postgres => {
                        target.write_rows(&places, SEQUENCE_COLUMNS.len(), &page.pick(&SEQUENCE_COLUMNS))
                    }
                }
            })?;
            self.step(2 * page.rows().len());
        }
    }

    /// Copies the events of a tenant on SQLite that have no place.
    fn copy_beyond(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        let size = sequence::size(self.source, tenant)?;
        let mut after = vec![Owned::Int(size.cast_signed() - 1), Id(tenant.0).bind().to_owned()];
        loop {
            let page = Page::read(self.source, BEYOND, &after, self.page_rows, 8)?;
            let Some(last) = page.rows().next_back() else {
                return Ok(());
            };
            after[0] = last[7].clone();
            self.write_unplaced(&page)?;
        }
    }

    /// Copies the events on PostgreSQL that have no place.
    fn copy_queued(&mut self) -> Result<(), StoreError> {
        let mut after = EVENT.before_all();
        loop {
            let page = Page::read(self.source, QUEUED, &after, self.page_rows, 7)?;
            let Some(last) = page.last(EVENT.key) else {
                return Ok(());
            };
            after = last;
            check_events(&page)?;
            self.write_unplaced(&page)?;
        }
    }

    fn write_unplaced(&mut self, page: &Page) -> Result<(), StoreError> {
        let events = Many::insert(EVENT.name, EVENT.columns, UNLESS_THERE);
        let queue = Many::insert("unplaced", &QUEUE, UNLESS_THERE);
        self.target.transaction(|target| match target.engine() {
            // There the sequencer finds them beyond the tree.
            Engine::Sqlite => log::write_rows(target, &page.pick(&EVENT_COLUMNS)),
            Engine::Postgres => {
                target.write_rows(&events, EVENT_COLUMNS.len(), &page.pick(&EVENT_COLUMNS))?;
                target.write_rows(&queue, QUEUE.len(), &page.pick(&QUEUE_COLUMNS))
            }
        })?;
        self.step(page.rows().len());
        Ok(())
    }
}

/// A place without its event cannot be copied.
fn check_events(page: &Page) -> Result<(), StoreError> {
    if page.rows().all(|row| row[6] != Owned::Null) {
        return Ok(());
    }
    Err(gone())
}

/// Nor can places between which one is missing: on SQLite that is how an event that is gone shows.
fn check_places(page: &Page, after: &[Owned]) -> Result<(), StoreError> {
    let mut last = after.to_vec();
    for row in page.rows() {
        let follows = match (&last[1], &row[7]) {
            (Owned::Int(before), Owned::Int(place)) if last[0] == row[0] => *place == before.max(&-1) + 1,
            (_, place) => *place == Owned::Int(0),
        };
        if !follows {
            return Err(gone());
        }
        last = vec![row[0].clone(), row[7].clone()];
    }
    Ok(())
}

fn gone() -> StoreError {
    let problem = "an event that has its place in the order is gone: verify the source";
    StoreError::Corrupt(problem.into())
}
