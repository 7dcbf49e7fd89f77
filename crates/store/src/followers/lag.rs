//! How far the followers are behind the log.

use bihuan_core::id::TenantId;
use jiff::Timestamp;

use super::clocks::Clocks;
use super::follower::{Follower, cursor};
use super::notifications::Told;
use super::outbox::Outbox;
use super::rollups::Rollups;
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence;
use crate::read::Reader;
use crate::value::{Id, instant};

statements! {
    in sqlite
    RECORDED = "SELECT e.recorded_at FROM tenant t CROSS JOIN event e ON e.place = (t.rowid << 40) + $1
        WHERE t.tenant = $2";
    BEYOND = "SELECT count(*), min(e.recorded_at) FROM tenant t
        CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2";
}

statements! {
    in postgres
    RECORDED_THERE = "SELECT e.recorded_at FROM sequence s
        JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
            AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.seq = $1 AND s.tenant = $2";
    QUEUED = "SELECT count(*), min(recorded_at) FROM unplaced WHERE tenant = $1";
}

/// How far a follower is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Who: the sequencer or a follower, by the name of its cursor.
    pub follower: &'static str,
    /// Events that it has not seen.
    pub events: u64,
    /// When the oldest of them was taken down.
    pub oldest: Option<Timestamp>,
}

impl Reader {
    /// Returns how far the sequencer and each follower are behind.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub fn lags(&self) -> Result<Vec<Lag>, StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), self.tenant.id());
        let waiting = waiting(connection, tenant)?;
        let size = sequence::size(connection, tenant)?;
        let mut lags = vec![waiting.clone()];
        for follower in [Clocks::NAME, Rollups::NAME, Outbox::NAME, Told::NAME] {
            let seen = cursor(connection, tenant, follower)?;
            let oldest = match seen < size {
                true => recorded(connection, tenant, seen)?,
                false => waiting.oldest,
            };
            lags.push(Lag {
                follower,
                events: size.saturating_sub(seen) + waiting.events,
                oldest,
            });
        }
        Ok(lags)
    }
}

/// Returns what has no place in the order yet.
fn waiting(connection: &Connection, tenant: TenantId) -> Result<Lag, StoreError> {
    let read = |row: crate::engine::connection::Row<'_>| Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?));
    let (events, oldest) = match connection.engine() {
        Engine::Sqlite => {
            let size = sequence::size(connection, tenant)?;
            connection.query_row(BEYOND, (size.cast_signed(), Id(tenant.0)), read)?
        }
        Engine::Postgres => connection.query_row(QUEUED, (Id(tenant.0),), read)?,
    };
    Ok(Lag {
        follower: "sequence",
        events: events.cast_unsigned(),
        oldest: oldest.map(instant).transpose()?,
    })
}

fn recorded(connection: &Connection, tenant: TenantId, seq: u64) -> Result<Option<Timestamp>, StoreError> {
    let recorded = match connection.engine() {
        Engine::Sqlite => RECORDED,
        Engine::Postgres => RECORDED_THERE,
    };
    let at = connection.query_optional(recorded, (seq.cast_signed(), Id(tenant.0)), |row| row.get(0))?;
    at.map(instant).transpose()
}
