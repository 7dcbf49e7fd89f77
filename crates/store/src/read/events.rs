//! The log as it lies there, in the sequencer's order: what an export and a second engine are fed with.

use std::borrow::Cow;

use bihuan_core::event::Stream;
use bihuan_core::id::Digest;

use crate::dense;
use crate::engine::connection::Engine;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::{self, stream_of};
use crate::read::Reader;
use crate::value::{Hash, Id};

statements! {
    in sqlite
    PLACED = "SELECT e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.data,
            (SELECT p.hash FROM event p WHERE p.tenant = e.tenant AND p.stream_kind = e.stream_kind
                AND p.stream_id = e.stream_id AND p.version = e.version - 1), e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2 ORDER BY e.place LIMIT $3";
    PLACE = "SELECT e.place - (t.rowid << 40) FROM tenant t CROSS JOIN event e ON e.tenant = t.tenant
        WHERE t.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 AND e.version = $4";
}

statements! {
    in postgres
    PLACED_THERE = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, e.data,
            (SELECT p.hash FROM event p WHERE p.tenant = e.tenant AND p.stream_kind = e.stream_kind
                AND p.stream_id = e.stream_id AND p.version = e.version - 1), e.hash
        FROM sequence s JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
            AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.seq >= $1 AND s.tenant = $2 ORDER BY s.seq LIMIT $3";
    PLACE_THERE = "SELECT seq FROM sequence
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version = $4";
}

/// An event and its place in the tenant's one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEvent {
    /// Its place, from 0.
    pub seq: u64,
    /// Its stream.
    pub stream: Stream,
    /// Its place in its stream, from 1.
    pub version: u32,
    /// Its bytes, which the hash covers: JSON in UTF-8, on one line.
    pub data: Vec<u8>,
    /// The hash of the event before it in its stream; `None` before the first, and where that event is gone.
    pub prev: Option<Digest>,
    /// Its own hash.
    pub hash: Digest,
}

impl Reader {
    /// Returns the place of an event in the tenant's one order, from 0; `None` while it has none yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn place(&self, stream: Stream, version: u32) -> Result<Option<u64>, StoreError> {
        let (kind, id) = stream.key();
        let (connection, tenant) = (self.snapshot.connection(), self.tenant.id());
        let sql = match connection.engine() {
            Engine::Sqlite => PLACE,
            Engine::Postgres => PLACE_THERE,
        };
        let key = (Id(tenant.0), kind, Id(id), version);
        let place = connection.query_optional(sql, key, |row| row.get::<i64>(0))?;
        let size = sequence::size(connection, tenant)?;
        Ok(place.map(i64::cast_unsigned).filter(|place| *place < size))
    }

    /// Returns at most `limit` events from the place `from` on, in their order.
    ///
    /// Only events that have a place are seen: [`crate::tenant::Tenant::follow`] gives one to every
    /// committed event.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a stream is of no known kind or the bytes of an event cannot be read.
    pub fn events(&self, from: u64, limit: usize) -> Result<Vec<PlacedEvent>, StoreError> {
        let mut events = self.stored_events(from, limit)?;
        for event in &mut events {
            if let Cow::Owned(data) = dense::event::open(&event.data)? {
                event.data = data;
            }
        }
        Ok(events)
    }

    /// Returns events like [`Reader::events`], with their bytes as they lie on disk.
    pub(crate) fn stored_events(&self, from: u64, limit: usize) -> Result<Vec<PlacedEvent>, StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), self.tenant.id());
        let mut statement = connection.prepare(match connection.engine() {
            Engine::Sqlite => PLACED,
            Engine::Postgres => PLACED_THERE,
        })?;
        let there = sequence::size(connection, tenant)?.saturating_sub(from);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX).min(there.cast_signed());
        let mut rows = statement.query((from.cast_signed(), Id(tenant.0), limit))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let (prev, Hash(hash)) = (row.get::<Option<Hash>>(5)?, row.get(6)?);
            events.push(PlacedEvent {
                seq: row.get::<i64>(0)?.cast_unsigned(),
                stream: stream_of(row.get(1)?, row.get(2)?)?,
                version: row.get(3)?,
                data: row.get(4)?,
                prev: prev.map(|prev| prev.0),
                hash,
            });
        }
        Ok(events)
    }
}
