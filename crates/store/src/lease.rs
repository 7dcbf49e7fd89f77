//! Leases: which of several processes on one server does what only one may do at a time.
//!
//! Whoever holds a lease shows signs of life. Another takes it over when it has seen none for a while by its
//! own clock, so the clocks of two machines need not agree. A lease only spares work and order in the
//! queues: what is done under it is right even where two believe to hold it, because each step is written
//! against what it was read from.

use std::time::{Duration, Instant};

use bihuan_core::id::{Entropy, uuid_v7};
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::tenant::Tenant;
use crate::value::Id;

statements! {
    in postgres
    BEAT = "UPDATE lease SET beat = beat + 1 WHERE tenant = $1 AND name = $2 AND holder = $3";
    SEE = "SELECT holder, beat FROM lease WHERE tenant = $1 AND name = $2";
    BEGIN = "INSERT INTO lease (tenant, name, holder, beat) VALUES ($1, $2, $3, 1)
        ON CONFLICT (tenant, name) DO NOTHING";
    TAKE_OVER = "UPDATE lease SET holder = $1, beat = beat + 1
        WHERE tenant = $2 AND name = $3 AND holder = $4 AND beat = $5";
    GIVE_UP = "DELETE FROM lease WHERE tenant = $1 AND name = $2 AND holder = $3";
}

/// How long another's lease must show no sign of life before it is taken over.
const SILENCE: Duration = Duration::from_secs(5);

/// This process's claim on a lease of a tenant.
#[derive(Debug)]
pub struct Lease {
    tenant: Tenant,
    name: &'static str,
    own: Uuid,
    /// Another's last sign of life, and when it was first seen.
    other: Option<(Uuid, i64, Instant)>,
}

impl Lease {
    /// Claims the lease `name` of a tenant; nothing is held yet.
    pub fn new(tenant: &Tenant, name: &'static str, now: Timestamp, entropy: &mut dyn Entropy) -> Lease {
        Lease {
            tenant: tenant.clone(),
            name,
            own: uuid_v7(now, entropy),
            other: None,
        }
    }

    /// Shows a sign of life and returns whether the lease is this process's for the next few seconds. To be
    /// called about once a second. On SQLite there is one serving process, which always holds it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn hold(&mut self) -> Result<bool, StoreError> {
        if self.tenant.engine() == Engine::Sqlite {
            return Ok(true);
        }
        let (tenant, name, own) = (Id(self.tenant.id().0), self.name, Id(self.own));
        let other = self.other;
        let seen = self
            .tenant
            .write_plain(move |connection| seize(connection, (tenant, name), own, other))
            .await?;
        let known = |(holder, beat, _): (Uuid, i64, Instant)| seen == Some((holder, beat));
        if !self.other.is_some_and(known) {
            self.other = seen.map(|(holder, beat)| (holder, beat, Instant::now()));
        }
        Ok(seen.is_none())
    }

    /// Gives the lease up, so that another need not wait; nothing happens where it is not held.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn give_up(self) -> Result<(), StoreError> {
        if self.tenant.engine() == Engine::Sqlite {
            return Ok(());
        }
        let (name, own) = (self.name, Id(self.own));
        self.tenant
            .change(GIVE_UP, move |tenant| (tenant, name, own))
            .await
            .map(drop)
    }
}

/// Tries to get or keep the lease; returns another's sign of life where that one has it.
fn seize(
    connection: &Connection,
    (tenant, name): (Id, &str),
    own: Id,
    other: Option<(Uuid, i64, Instant)>,
) -> Result<Option<(Uuid, i64)>, StoreError> {
    if connection.execute(BEAT, (tenant, name, own))? == 1 {
        return Ok(None);
    }
    if let Some((holder, beat, since)) = other
        && since.elapsed() >= SILENCE
        && connection.execute(TAKE_OVER, (own, tenant, name, Id(holder), beat))? == 1
    {
        return Ok(None);
    }
    let seen =
        connection.query_optional(SEE, (tenant, name), |row| Ok((row.get::<Id>(0)?.0, row.get(1)?)))?;
    match seen {
        Some(seen) => Ok(Some(seen)),
        None if connection.execute(BEGIN, (tenant, name, own))? == 1 => Ok(None),
        // Another began it at the same moment; it is seen the next time.
        None => Ok(Some((Uuid::nil(), 0))),
    }
}
