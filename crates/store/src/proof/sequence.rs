//! The sequencer: gives the committed events of a tenant one order without a gap, and grows the tree.
//!
//! It runs after the commit, in batches, so intake on PostgreSQL needs no tenant-wide order; on SQLite the one
//! writer has given it already, and what is left is to grow the tree. An event keeps its place for ever; two events
//! of one stream stand in the order of their versions.

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};

use super::Head;
use super::tree::{Growth, Tiles};
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::{Hash, Id};

// SQLite's own: the writer gives an event its row, which is its place; it counts once the tree holds it.
statements! {
    in sqlite
    SIZE = "SELECT place * 256 + length(hashes) / 32 FROM tile WHERE tenant = $1 AND level = 0
        ORDER BY place DESC LIMIT 1";
    BEYOND = "SELECT e.place - (t.rowid << 40), e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2 ORDER BY e.place LIMIT $3";
}

// PostgreSQL's own: what has no place lies in a queue, because transactions end in another order than they
// began in. It is taken by key, so that no batch ends between two events of a stream whose writers' clocks
// differ; inside the batch the order is that of time, kept from running backwards within a stream.
statements! {
    in postgres
    QUEUED = "SELECT 1 FROM unplaced WHERE tenant = $1 LIMIT 1";
    HOLD = "SELECT 1 FROM tenant WHERE tenant = $1 FOR NO KEY UPDATE";
    LAST = "SELECT seq + 1 FROM sequence WHERE tenant = $1 ORDER BY seq DESC LIMIT 1";
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

/// Gives places to at most `limit` events and returns how many it gave; the caller's transaction makes
/// rows and tree one.
///
/// # Errors
/// [`StoreError::Corrupt`] if the event of a place is gone.
pub(crate) fn place(tx: &Connection, tenant: TenantId, limit: usize) -> Result<usize, StoreError> {
    if tx.engine() == Engine::Postgres {
        let queued = tx.query_optional(QUEUED, (Id(tenant.0),), |_row| Ok(()))?;
        if queued.is_none() {
            // A transaction that holds nothing writes nothing, and waits for no disk.
            return Ok(0);
        }
        hold(tx, tenant)?;
    }
    let size = size(tx, tenant)?;
    let hashes = match tx.engine() {
        Engine::Sqlite => beyond(tx, tenant, size, limit)?,
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

/// Holds, on a server, what follows from a tenant's log until the transaction ends: one sequencer and one of each
/// follower at a time, of whatever connection or process. The next waits, and then sees how far it came; whoever holds
/// more than this does so afterwards, so that none waits for the other. A file has one writer anyway.
///
/// # Errors
/// [`StoreError::Unavailable`] if the server cannot be reached.
pub(crate) fn hold(tx: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    match tx.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => tx.query_row(HOLD, (Id(tenant.0),), |_row| Ok(())),
    }
}

/// Returns the hashes of the events that follow the tree.
fn beyond(tx: &Connection, tenant: TenantId, size: u64, limit: usize) -> Result<Vec<Digest>, StoreError> {
    let mut statement = tx.prepare(BEYOND)?;
    let mut rows = statement.query((size.cast_signed(), Id(tenant.0), limit as i64))?;
    let mut hashes = Vec::new();
    for seq in size.cast_signed().. {
        let Some(row) = rows.next()? else { break };
        if row.get::<i64>(0)? != seq {
            return Err(StoreError::Corrupt(format!("the event at place {seq} is gone")));
        }
        hashes.push(row.get::<Hash>(1)?.0);
    }
    Ok(hashes)
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
    let size = size(connection, tenant)?;
    let tiles = Tiles::new(connection, tenant);
    Ok(Growth::resume(size, |level, at| tiles.load(level, at))?.head())
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
    let size = match connection.engine() {
        Engine::Sqlite => SIZE,
        Engine::Postgres => LAST,
    };
    let size = connection.query_optional(size, (Id(tenant.0),), |row| row.get::<i64>(0))?;
    Ok(size.unwrap_or(0).cast_unsigned())
}
