//! Copying the log: first the events that have a place in the order, in that order, then the rest.
//!
//! On SQLite the order of rows is the order of commit, so events must go in as they were placed.

use bihuan_core::id::TenantId;

use super::copy::Copying;
use super::page::Page;
use super::tables::{EVENT, SEQUENCE};
use crate::engine::connection::Engine;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Owned};
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::proof::sequence;
use crate::value::Id;

statements! {
    PLACED = "SELECT s.tenant, s.stream_kind, s.stream_id, s.version,
            e.recorded_at, e.data, e.prev, e.hash, s.seq, s.hash
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE (s.tenant, s.seq) > ($1, $2) ORDER BY s.tenant, s.seq LIMIT $3";
}

statements! {
    in sqlite
    AFTER_ROW = "SELECT tenant, stream_kind, stream_id, version, recorded_at, data, prev, hash, rowid
        FROM event WHERE +tenant = $1 AND rowid > $2 ORDER BY rowid LIMIT $3";
}

statements! {
    in postgres
    QUEUED = "SELECT u.tenant, u.stream_kind, u.stream_id, u.version,
            e.recorded_at, e.data, e.prev, e.hash
        FROM unplaced u LEFT JOIN event e ON e.tenant = u.tenant AND e.stream_kind = u.stream_kind
        AND e.stream_id = u.stream_id AND e.version = u.version
        WHERE (u.tenant, u.stream_kind, u.stream_id, u.version) > ($1, $2, $3, $4)
        ORDER BY u.tenant, u.stream_kind, u.stream_id, u.version LIMIT $5";
}

/// The columns of [`EVENT`] in the three statements, which have them first.
const EVENT_COLUMNS: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// The columns of [`SEQUENCE`] in [`PLACED`].
const SEQUENCE_COLUMNS: [usize; 6] = [0, 8, 1, 2, 3, 9];

/// The columns of the queue in [`QUEUED`] and [`AFTER_ROW`].
const QUEUE_COLUMNS: [usize; 6] = [0, 1, 2, 3, 4, 7];

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
        match self.source.engine() {
            Engine::Sqlite => {
                for keys in tenants {
                    self.copy_after_last(keys.tenant)?;
                }
                Ok(())
            }
            Engine::Postgres => self.copy_queued(),
        }
    }

    /// An event and its place go into the target together, so the last place says how far it is.
    fn copy_placed(&mut self) -> Result<(), StoreError> {
        let events = Many::insert(EVENT.name, EVENT.columns, "");
        let places = Many::insert(SEQUENCE.name, SEQUENCE.columns, "");
        let last = SEQUENCE.last_key(self.target)?;
        let mut after = last.unwrap_or_else(|| SEQUENCE.before_all());
        loop {
            let page = Page::read(self.source, PLACED, &after, self.page_rows, 10)?;
            let Some(last) = page.rows().next_back() else {
                return Ok(());
            };
            after = vec![last[0].clone(), last[8].clone()];
            check_events(&page)?;
            self.target.transaction(|target| {
                target.write_rows(&events, EVENT_COLUMNS.len(), &page.pick(&EVENT_COLUMNS))?;
                target.write_rows(&places, SEQUENCE_COLUMNS.len(), &page.pick(&SEQUENCE_COLUMNS))
            })?;
            self.step(2 * page.rows().len());
        }
    }

    /// Copies the events of a tenant on SQLite that have no place.
    fn copy_after_last(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        let row = sequence::last_row(self.source, tenant)?;
        let tenant = Id(tenant.0).bind().to_owned();
        let mut after = vec![tenant.clone(), Owned::Int(row)];
        loop {
            let page = Page::read(self.source, AFTER_ROW, &after, self.page_rows, 9)?;
            let Some(last) = page.rows().next_back() else {
                return Ok(());
            };
            after = vec![tenant.clone(), last[8].clone()];
            self.write_unplaced(&page)?;
        }
    }

    /// Copies the events on PostgreSQL that have no place.
    fn copy_queued(&mut self) -> Result<(), StoreError> {
        let mut after = EVENT.before_all();
        loop {
            let page = Page::read(self.source, QUEUED, &after, self.page_rows, 8)?;
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
        self.target.transaction(|target| {
            target.write_rows(&events, EVENT_COLUMNS.len(), &page.pick(&EVENT_COLUMNS))?;
            match target.engine() {
                // There the sequencer finds them by the order of rows.
                Engine::Sqlite => Ok(()),
                Engine::Postgres => target.write_rows(&queue, QUEUE.len(), &page.pick(&QUEUE_COLUMNS)),
            }
        })?;
        self.step(page.rows().len());
        Ok(())
    }
}

/// A place without its event cannot be copied.
fn check_events(page: &Page) -> Result<(), StoreError> {
    if page.rows().all(|row| row[7] != Owned::Null) {
        return Ok(());
    }
    let problem = "an event that has its place in the order is gone: verify the source";
    Err(StoreError::Corrupt(problem.into()))
}
