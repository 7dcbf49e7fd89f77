//! The log page by page, in its order, each event at its place.
//!
//! On SQLite an event's row is its place, so the table is read from end to end, and a place without a row is seen
//! by the number that is missing. On PostgreSQL each event is looked up by the name that its place gives it, and the
//! server looks up the next page while this one is gone through.

use std::ops::Range;

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};
use tlog_tiles::{HASH_SIZE, Hash as TreeHash};

use crate::engine::connection::{Ahead, Connection, Engine, Row, Rows};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::{self, stream_of};
use crate::proof::tree::{Tiles, leaf};
use crate::value::{Hash, Id};

statements! {
    in sqlite
    ROWS = "SELECT e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.data, e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid << 40) + $2
        WHERE t.tenant = $3 ORDER BY e.place LIMIT $4";
    EVENT_BEFORE = "SELECT e.hash, e.place - (t.rowid << 40)
        FROM tenant t CROSS JOIN event e ON e.tenant = t.tenant
        WHERE t.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 AND e.version = $4";
}

// What has no place is queued.
statements! {
    in postgres
    PLACES = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, e.data, e.hash, s.hash
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq >= $2 AND s.seq < $3 ORDER BY s.seq LIMIT 4096";
    EVENT_BEFORE_THERE = "SELECT e.hash, s.seq FROM event e LEFT JOIN sequence s ON s.tenant = e.tenant
        AND s.stream_kind = e.stream_kind AND s.stream_id = e.stream_id AND s.version = e.version
        WHERE e.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 AND e.version = $4";
    COUNT_NOT_QUEUED = "SELECT count(*) FROM event e WHERE e.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM unplaced u WHERE u.tenant = e.tenant AND u.stream_kind = e.stream_kind
        AND u.stream_id = e.stream_id AND u.version = e.version AND u.hash = e.hash)";
}

/// Places that are read at a time.
const PAGE: u64 = 1_024;

/// Places that a server is asked for at a time, as the statement says too: its planner must know.
const PAGE_THERE: u64 = 4_096;

/// A piece of the log: places one after the other, and the bytes of their events.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) places: Vec<Place>,
    pub(super) data: Vec<u8>,
}

/// A place in the order, and the event there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) seq: u64,
    /// Which event belongs there; `None` where it is gone and nothing else says.
    pub(super) name: Option<(Stream, u32)>,
    /// The leaf that the place says it has, or that the tree has where the event is gone.
    pub(super) leaf: TreeHash,
    /// `None` where the event is gone.
    pub(super) event: Option<There>,
}

/// An event as it lies in the table.
#[derive(Debug)]
pub(super) struct There {
    pub(super) stream: Stream,
    pub(super) version: u32,
    /// Where its bytes are in the page.
    pub(super) bytes: Range<usize>,
    pub(super) hash: Digest,
}

/// A log that is being read.
pub(super) struct Log<'c> {
    connection: &'c Connection,
    tenant: TenantId,
    next: u64,
    /// How many places there are.
    size: u64,
    /// The page from `next` on, where a server is looking for it already.
    ahead: Option<Ahead>,
}

impl<'c> Log<'c> {
    pub(super) fn begin(connection: &'c Connection, tenant: TenantId) -> Result<Log<'c>, StoreError> {
        Ok(Log {
            connection,
            tenant,
            next: 0,
            size: sequence::size(connection, tenant)?,
            ahead: None,
        })
    }

    /// Reads the next page; `None` at the end. Until then nothing else may be asked of the connection, if it is to
    /// a server.
    pub(super) fn page(&mut self) -> Result<Option<Page>, StoreError> {
        let page = match self.connection.engine() {
            Engine::Sqlite => self.rows()?,
            Engine::Postgres => self.looked_up()?,
        };
        Ok((!page.places.is_empty()).then_some(page))
    }

    /// Reads rows, and notes each place that has none.
    fn rows(&mut self) -> Result<Page, StoreError> {
        let end = self.size.min(self.next + PAGE);
        let mut page = Page::default();
        let mut statement = self.connection.prepare(ROWS)?;
        let tenant = Id(self.tenant.0);
        let (from, to) = (self.next.cast_signed(), end.cast_signed());
        let mut rows = statement.query((from, to, tenant, PAGE.cast_signed()))?;
        let mut expected = self.next;
        while let Some(row) = rows.next()? {
            let seq = row.get::<i64>(0)?.cast_unsigned();
            for gone in expected..seq {
                page.places.push(self.gone(gone)?);
            }
            let event = there(row, &mut page.data)?;
            page.places.push(Place {
                seq,
                name: Some((event.stream, event.version)),
                leaf: leaf(event.hash),
                event: Some(event),
            });
            expected = seq + 1;
        }
        for gone in expected..end {
            page.places.push(self.gone(gone)?);
        }
        self.next = end;
        Ok(page)
    }

    /// Returns a place whose event is gone, with the leaf that the tree still has of it.
    fn gone(&self, seq: u64) -> Result<Place, StoreError> {
        let tile = Tiles::new(self.connection, self.tenant).load(0, seq >> 8)?;
        let at = (seq & 255) as usize * HASH_SIZE;
        let leaf = tile.get(at..).and_then(|rest| rest.first_chunk()).copied();
        Ok(Place {
            seq,
            name: None,
            leaf: TreeHash(leaf.unwrap_or_default()),
            event: None,
        })
    }

    /// Reads places, each with the event that it names.
    fn looked_up(&mut self) -> Result<Page, StoreError> {
        let mut page = Page::default();
        // A page of places that are all gone is not the end.
        while page.places.is_empty() && self.next < self.size {
            let asked = match self.ahead.take() {
                Some(ahead) => Some(ahead),
                None => self.ask()?,
            };
            let Some(asked) = asked else { break };
            let rows = asked.rows()?;
            self.next += PAGE_THERE;
            if self.next < self.size {
                self.ahead = self.ask()?;
            }
            take_places(rows, &mut page)?;
        }
        Ok(page)
    }

    fn ask(&self) -> Result<Option<Ahead>, StoreError> {
        let (from, to) = (self.next.cast_signed(), (self.next + PAGE_THERE).cast_signed());
        self.connection.ask_ahead(PLACES, (Id(self.tenant.0), from, to))
    }

    /// Returns the hash of an event and its place, if it has one; `None` where there is no such event.
    pub(super) fn event(
        &self,
        stream: Stream,
        version: u32,
    ) -> Result<Option<(Digest, Option<u64>)>, StoreError> {
        let (kind, id) = stream.key();
        let sql = match self.connection.engine() {
            Engine::Sqlite => EVENT_BEFORE,
            Engine::Postgres => EVENT_BEFORE_THERE,
        };
        let key = (Id(self.tenant.0), kind, Id(id), version);
        self.connection.query_optional(sql, key, |row| {
            let (Hash(hash), seq) = (row.get(0)?, row.get::<Option<i64>>(1)?);
            Ok((hash, seq.map(i64::cast_unsigned)))
        })
    }

    /// Returns how many events there are that have a place or must have one; `placed` is how many places
    /// there are.
    pub(super) fn count_due(&self, placed: u64) -> Result<u64, StoreError> {
        match self.connection.engine() {
            // Places are rows: what is beyond them follows them.
            Engine::Sqlite => Ok(placed),
            Engine::Postgres => {
                let tenant = (Id(self.tenant.0),);
                let count = self
                    .connection
                    .query_row(COUNT_NOT_QUEUED, tenant, |row| row.get::<i64>(0))?;
                Ok(count.cast_unsigned())
            }
        }
    }
}

/// Takes in places, each with the event that it names.
fn take_places(mut rows: Rows<'_>, page: &mut Page) -> Result<(), StoreError> {
    while let Some(row) = rows.next()? {
        let Hash(hash) = row.get(6)?;
        let event = match row.get::<Option<Hash>>(5)? {
            Some(_) => Some(there(row, &mut page.data)?),
            None => None,
        };
        page.places.push(Place {
            seq: row.get::<i64>(0)?.cast_unsigned(),
            name: Some((stream_of(row.get(1)?, row.get(2)?)?, row.get(3)?)),
            leaf: leaf(hash),
            event,
        });
    }
    Ok(())
}

/// Reads an event from the columns that follow its place.
fn there(row: Row<'_>, data: &mut Vec<u8>) -> Result<There, StoreError> {
    let begins = data.len();
    data.extend_from_slice(row.value(4)?.blob()?);
    let Hash(hash) = row.get(5)?;
    Ok(There {
        stream: stream_of(row.get(1)?, row.get(2)?)?,
        version: row.get(3)?,
        bytes: begins..data.len(),
        hash,
    })
}
