//! The sequencer: gives the committed events of a tenant one order without a gap, and grows the tree.
//!
//! It runs after the commit, in batches, so intake needs no tenant-wide order. An event keeps its place
//! for ever; two events of one stream stand in the order of their versions.

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};

use super::Head;
use super::tree::{Growth, Tiles};
use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::{Hash, Id};

statements! {
    LAST = "SELECT seq, stream_kind, stream_id, version, hash FROM sequence
        WHERE tenant = $1 ORDER BY seq DESC LIMIT 1";
}

// SQLite's own: the order of commit is that of the rows.
statements! {
    in sqlite
    INSERT = "INSERT INTO sequence (tenant, seq, stream_kind, stream_id, version, hash)
        VALUES ($1, $2, $3, $4, $5, $6)";
    ROW = "SELECT rowid FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version = $4";
    UNPLACED = "SELECT stream_kind, stream_id, version, hash FROM event
        WHERE +tenant = $1 AND rowid > $2 ORDER BY rowid LIMIT $3";
}

// PostgreSQL's own: what has no place lies in a queue, because transactions end in another order than they
// began in. It is taken by key, so that no batch ends between two events of a stream whose writers' clocks
// differ; inside the batch the order is that of time, kept from running backwards within a stream.
statements! {
    in postgres
    TAKE = "WITH head AS (
            SELECT stream_kind, stream_id, version FROM unplaced WHERE tenant = $1
            ORDER BY stream_kind, stream_id, version LIMIT $2 FOR UPDATE
        ), taken AS (
            DELETE FROM unplaced q USING head WHERE q.tenant = $1 AND q.stream_kind = head.stream_kind
                AND q.stream_id = head.stream_id AND q.version = head.version
            RETURNING q.stream_kind, q.stream_id, q.version, q.hash, q.recorded_at
        ), timed AS (
            SELECT stream_kind, stream_id, version, hash,
                max(recorded_at) OVER (PARTITION BY stream_kind, stream_id ORDER BY version) AS at FROM taken
        )
        INSERT INTO sequence (tenant, seq, stream_kind, stream_id, version, hash)
        SELECT $1, CAST($3 AS BIGINT) - 1 + row_number() OVER (ORDER BY at, stream_kind, stream_id, version),
            stream_kind, stream_id, version, hash FROM timed
        RETURNING seq, hash";
}

/// An event and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The place, from 0; the index of its leaf.
    pub seq: u64,
    /// The event's stream.
    pub stream: Stream,
    /// The event's version in it.
    pub version: u32,
    /// The event's hash.
    pub hash: Digest,
}

/// Gives places to at most `limit` events and returns how many it gave; the caller's transaction makes
/// rows and tree one.
///
/// # Errors
/// [`StoreError::Corrupt`] if the event that was placed last is gone.
pub(crate) fn place(tx: &Connection, tenant: TenantId, limit: usize) -> Result<usize, StoreError> {
    let last = last_placed(tx, tenant)?;
    let size = last.as_ref().map_or(0, |placed| placed.seq + 1);
    let hashes = match tx.engine() {
        Engine::Sqlite => place_by_row(tx, tenant, last.as_ref(), limit)?,
        Engine::Postgres => place_queued(tx, tenant, size, limit)?,
    };
    if hashes.is_empty() {
        return Ok(0);
    }
    let tiles = Tiles::new(tx, tenant);
    let mut growth = Growth::resume(size, |level, at| tiles.load(level, at))?;
    for hash in &hashes {
        growth.push(*hash, &mut |tile| tiles.store(&tile))?;
    }
    for tile in growth.edge() {
        tiles.store(&tile)?;
    }
    Ok(hashes.len())
}

/// Gives places in the order of the rows, and returns the hashes in that order.
fn place_by_row(
    tx: &Connection,
    tenant: TenantId,
    last: Option<&Placed>,
    limit: usize,
) -> Result<Vec<Digest>, StoreError> {
    let size = last.map_or(0, |placed| placed.seq + 1);
    let after = last.map_or(Ok(i64::MIN), |placed| row_of(tx, tenant, placed))?;
    let unplaced = unplaced(tx, tenant, after, limit)?;
    let mut insert = tx.prepare(INSERT)?;
    for (seq, (stream, version, hash)) in (size.cast_signed()..).zip(&unplaced) {
        let (kind, id) = stream.key();
        insert.execute((Id(tenant.0), seq, kind, Id(id), version, Hash(*hash)))?;
    }
    Ok(unplaced.into_iter().map(|(_, _, hash)| hash).collect())
}

/// Gives places to what is queued, and returns the hashes in their order.
fn place_queued(
    tx: &Connection,
    tenant: TenantId,
    size: u64,
    limit: usize,
) -> Result<Vec<Digest>, StoreError> {
    let params = (Id(tenant.0), limit as i64, size.cast_signed());
    let mut placed = tx.query(TAKE, params, |row| {
        Ok((row.get::<i64>(0)?, row.get::<Hash>(1)?.0))
    })?;
    placed.sort_unstable_by_key(|(seq, _)| *seq);
    Ok(placed.into_iter().map(|(_, hash)| hash).collect())
}

/// Returns the head of the tree over all placed events.
pub(crate) fn head(connection: &Connection, tenant: TenantId) -> Result<Head, StoreError> {
    let size = last_placed(connection, tenant)?.map_or(0, |placed| placed.seq + 1);
    let tiles = Tiles::new(connection, tenant);
    Ok(Growth::resume(size, |level, at| tiles.load(level, at))?.head())
}

fn last_placed(connection: &Connection, tenant: TenantId) -> Result<Option<Placed>, StoreError> {
    let mut statement = connection.prepare(LAST)?;
    let mut rows = statement.query((Id(tenant.0),))?;
    rows.next()?.map(read_placed).transpose()
}

fn read_placed(row: Row<'_>) -> Result<Placed, StoreError> {
    let (kind, id, hash): (u8, Id, Hash) = (row.get(1)?, row.get(2)?, row.get(4)?);
    Ok(Placed {
        seq: row.get::<i64>(0)?.cast_unsigned(),
        stream: stream_of(kind, id)?,
        version: row.get(3)?,
        hash: hash.0,
    })
}

/// Returns the stream with this key.
///
/// # Errors
/// [`StoreError::Corrupt`] where there is no such kind.
pub(crate) fn stream_of(kind: u8, id: Id) -> Result<Stream, StoreError> {
    Stream::from_key(kind, id.0).ok_or_else(|| StoreError::Corrupt(format!("there is no stream kind {kind}")))
}

/// Returns how many events have a place.
pub(crate) fn size(connection: &Connection, tenant: TenantId) -> Result<u64, StoreError> {
    Ok(last_placed(connection, tenant)?.map_or(0, |placed| placed.seq + 1))
}

/// Returns the row of the event that was placed last; SQLite's own.
pub(crate) fn last_row(connection: &Connection, tenant: TenantId) -> Result<i64, StoreError> {
    let last = last_placed(connection, tenant)?;
    last.map_or(Ok(i64::MIN), |placed| row_of(connection, tenant, &placed))
}

fn row_of(connection: &Connection, tenant: TenantId, placed: &Placed) -> Result<i64, StoreError> {
    let (kind, id) = placed.stream.key();
    let mut statement = connection.prepare(ROW)?;
    let row = statement.query_optional((Id(tenant.0), kind, Id(id), placed.version), |row| row.get(0))?;
    row.ok_or_else(|| {
        StoreError::Corrupt(format!(
            "event {} of {:?}, which was placed last, is gone",
            placed.version, placed.stream
        ))
    })
}

fn unplaced(
    connection: &Connection,
    tenant: TenantId,
    after: i64,
    limit: usize,
) -> Result<Vec<(Stream, u32, Digest)>, StoreError> {
    // The plus keeps the engine from reading the whole tenant by its key and sorting it.
    let mut statement = connection.prepare(UNPLACED)?;
    let mut rows = statement.query((Id(tenant.0), after, limit as i64))?;
    let mut unplaced = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, id, hash): (u8, Id, Hash) = (row.get(0)?, row.get(1)?, row.get(3)?);
        unplaced.push((stream_of(kind, id)?, row.get(2)?, hash.0));
    }
    Ok(unplaced)
}
