//! How far the followers are behind the log.

use bihuan_core::id::TenantId;
use jiff::Timestamp;

use super::clocks::Clocks;
use super::follower::{Follower, cursor};
use super::outbox::Outbox;
use super::rollups::Rollups;
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence;
use crate::read::Reader;
use crate::value::{Id, instant};

statements! {
    RECORDED = "SELECT e.recorded_at FROM sequence s
        JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
            AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq = $2";
}

statements! {
    in sqlite
    // The plus keeps the engine from reading the whole tenant by its key.
    AFTER_ROW = "SELECT count(*), min(recorded_at) FROM event WHERE +tenant = $1 AND rowid > $2";
}

statements! {
    in postgres
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
        for follower in [Clocks::NAME, Rollups::NAME, Outbox::NAME] {
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
            let after = sequence::last_row(connection, tenant)?;
            connection.query_row(AFTER_ROW, (Id(tenant.0), after), read)?
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
    let at = connection.query_optional(RECORDED, (Id(tenant.0), seq.cast_signed()), |row| row.get(0))?;
    at.map(instant).transpose()
}
