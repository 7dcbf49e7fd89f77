//! The log page by page, in its order, each event at its place.
//!
//! On SQLite the order is that of the rows, so both tables are read from end to end and only laid side by side.
//! Where they do not fit, and on PostgreSQL, each event is looked up by the name that its place gives it.

use std::ops::Range;

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};

use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::stream_of;
use crate::value::{Hash, Id};

statements! {
    ORDER = "SELECT seq, stream_kind, stream_id, version, hash FROM sequence
        WHERE tenant = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
    EVENT_BEFORE = "SELECT e.hash, s.seq FROM event e LEFT JOIN sequence s ON s.tenant = e.tenant
        AND s.stream_kind = e.stream_kind AND s.stream_id = e.stream_id AND s.version = e.version
        WHERE e.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 AND e.version = $4";
}

statements! {
    in sqlite
    // The plus keeps the engine from reading the tenant by its key.
    ROWS = "SELECT stream_kind, stream_id, version, data, prev, hash, rowid FROM event
        WHERE +tenant = $1 AND rowid > $2 ORDER BY rowid LIMIT $3";
    PLACES = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, s.hash, e.data, e.prev, e.hash, e.rowid
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq >= $2 ORDER BY s.seq LIMIT $3";
    COUNT_PLACED = "SELECT count(*) FROM event WHERE +tenant = $1 AND rowid <= $2";
}

// Rows have no order of their own there, so the place itself stands for it; and what has no place is queued.
statements! {
    in postgres
    PLACES_ALONE = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, s.hash, e.data, e.prev, e.hash, s.seq
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq >= $2 ORDER BY s.seq LIMIT $3";
    COUNT_NOT_QUEUED = "SELECT count(*) FROM event e WHERE e.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM unplaced u WHERE u.tenant = e.tenant AND u.stream_kind = e.stream_kind
        AND u.stream_id = e.stream_id AND u.version = e.version AND u.hash = e.hash)";
}

/// Places that are read at a time.
const PAGE: i64 = 1_024;

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
    pub(super) stream: Stream,
    pub(super) version: u32,
    pub(super) hash: Digest,
    /// `None` where the event is gone.
    pub(super) event: Option<There>,
}

/// An event as it lies in the table.
#[derive(Debug)]
pub(super) struct There {
    /// Where its bytes are in the page.
    pub(super) bytes: Range<usize>,
    pub(super) prev: Digest,
    pub(super) hash: Digest,
    /// Its row, which grows in the order of commit.
    pub(super) row: i64,
}

/// A log that is being read.
pub(super) struct Log<'c> {
    connection: &'c Connection,
    tenant: TenantId,
    next: u64,
    /// The row of the last event that was read.
    last_row: i64,
    /// Whether rows and places have fitted so far, which leaves no event between two placed ones.
    fits: bool,
}

impl<'c> Log<'c> {
    pub(super) fn begin(connection: &'c Connection, tenant: TenantId) -> Log<'c> {
        Log {
            connection,
            tenant,
            next: 0,
            last_row: i64::MIN,
            fits: true,
        }
    }

    /// Reads the next page; `None` at the end.
    pub(super) fn page(&mut self) -> Result<Option<Page>, StoreError> {
        let page = match self.connection.engine() {
            Engine::Sqlite => match self.side_by_side()? {
                Some(page) => page,
                None => {
                    self.fits = false;
                    self.looked_up(PLACES)?
                }
            },
            Engine::Postgres => self.looked_up(PLACES_ALONE)?,
        };
        let Some(last) = page.places.last() else {
            return Ok(None);
        };
        self.next = last.seq + 1;
        let rows = page
            .places
            .iter()
            .filter_map(|place| Some(place.event.as_ref()?.row));
        self.last_row = rows.max().unwrap_or(self.last_row).max(self.last_row);
        Ok(Some(page))
    }

    /// Reads places, and as many rows; `None` where a row is not the event of its place.
    fn side_by_side(&self) -> Result<Option<Page>, StoreError> {
        let tenant = Id(self.tenant.0);
        let mut page = Page {
            places: self
                .connection
                .query(ORDER, (tenant, self.next.cast_signed(), PAGE), place)?,
            data: Vec::new(),
        };
        let count = page.places.len() as i64;
        let mut statement = self.connection.prepare(ROWS)?;
        let mut rows = statement.query((tenant, self.last_row, count))?;
        for place in &mut page.places {
            let Some(row) = rows.next()? else { return Ok(None) };
            let stream = stream_of(row.get(0)?, row.get(1)?)?;
            if (stream, row.get::<u32>(2)?) != (place.stream, place.version) {
                return Ok(None);
            }
            place.event = Some(there(row, 3, &mut page.data)?);
        }
        Ok(Some(page))
    }

    /// Reads places, each with the event that it names.
    fn looked_up(&self, places: &str) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let mut statement = self.connection.prepare(places)?;
        let mut rows = statement.query((Id(self.tenant.0), self.next.cast_signed(), PAGE))?;
        while let Some(row) = rows.next()? {
            let mut place = place(row)?;
            if row.get::<Option<Hash>>(7)?.is_some() {
                place.event = Some(there(row, 5, &mut page.data)?);
            }
            page.places.push(place);
        }
        Ok(page)
    }

    /// Returns the hash of an event and its place, if it has one; `None` where there is no such event.
    pub(super) fn event(
        &self,
        stream: Stream,
        version: u32,
    ) -> Result<Option<(Digest, Option<u64>)>, StoreError> {
        let (kind, id) = stream.key();
        let key = (Id(self.tenant.0), kind, Id(id), version);
        self.connection.query_optional(EVENT_BEFORE, key, |row| {
            let (Hash(hash), seq) = (row.get(0)?, row.get::<Option<i64>>(1)?);
            Ok((hash, seq.map(i64::cast_unsigned)))
        })
    }

    /// Returns how many events there are that have a place or must have one; `placed` is how many places
    /// there are.
    pub(super) fn count_due(&self, placed: u64) -> Result<u64, StoreError> {
        let tenant = Id(self.tenant.0);
        let count: i64 = match self.connection.engine() {
            Engine::Sqlite if self.fits => return Ok(placed),
            Engine::Sqlite => self
                .connection
                .query_row(COUNT_PLACED, (tenant, self.last_row), |row| row.get(0)),
            Engine::Postgres => self
                .connection
                .query_row(COUNT_NOT_QUEUED, (tenant,), |row| row.get(0)),
        }?;
        Ok(count.cast_unsigned())
    }
}

fn place(row: Row<'_>) -> Result<Place, StoreError> {
    let (kind, id, Hash(hash)) = (row.get(1)?, row.get(2)?, row.get(4)?);
    Ok(Place {
        seq: row.get::<i64>(0)?.cast_unsigned(),
        stream: stream_of(kind, id)?,
        version: row.get(3)?,
        hash,
        event: None,
    })
}

/// Reads an event's bytes, links and row from the columns that begin with `first`.
fn there(row: Row<'_>, first: usize, data: &mut Vec<u8>) -> Result<There, StoreError> {
    let begins = data.len();
    data.extend_from_slice(row.value(first)?.blob()?);
    let (Hash(prev), Hash(hash)) = (row.get(first + 1)?, row.get(first + 2)?);
    Ok(There {
        bytes: begins..data.len(),
        prev,
        hash,
        row: row.get(first + 3)?,
    })
}
