//! What a follower is: the cursor, taking in the log, writing its rows.

use bihuan_core::case::Case;
use bihuan_core::event::Entry;
use bihuan_core::id::TenantId;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    CURSOR = "SELECT position FROM cursor WHERE tenant = $1 AND follower = $2";
    // Held until the transaction ends, so that of two processes one finds the cursor moved.
    HOLD_CURSOR = "INSERT INTO cursor (tenant, follower, position) VALUES ($1, $2, 0)
        ON CONFLICT (tenant, follower) DO UPDATE SET position = cursor.position";
    SET_CURSOR = "INSERT INTO cursor (tenant, follower, position) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, follower) DO UPDATE SET position = excluded.position";
}

/// Takes in the log and writes rows.
pub(crate) trait Follower: Default + Send + 'static {
    /// The name of its cursor.
    const NAME: &'static str;

    /// Takes in an event and what its case is after it; events of a case come in their order, each once.
    fn take(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Result<(), StoreError>;

    /// Takes in what a case is at the end of a batch.
    fn settle(&mut self, scene: &Scene, case: &Case) -> Result<(), StoreError>;

    /// Writes what was taken in. Only [`Following::write`] calls this.
    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError>;

    /// Removes all its rows of the tenant.
    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError>;
}

/// A follower on its way from its cursor to the end of a batch.
#[derive(Debug)]
pub(crate) struct Following<F> {
    from: u64,
    rows: F,
}

impl<F: Follower> Following<F> {
    /// Begins at the follower's cursor.
    pub(crate) fn resume(connection: &Connection, tenant: TenantId) -> Result<Self, StoreError> {
        Following::resume_with(connection, tenant, F::default())
    }

    /// Begins at the follower's cursor, with a follower that knows something beforehand.
    pub(crate) fn resume_with(
        connection: &Connection,
        tenant: TenantId,
        rows: F,
    ) -> Result<Self, StoreError> {
        let from = cursor(connection, tenant, F::NAME)?;
        Ok(Following { from, rows })
    }

    /// Returns what is written in the end, to be told something beforehand.
    pub(crate) fn rows(&mut self) -> &mut F {
        &mut self.rows
    }

    /// Returns the place of the first event that it has not seen.
    pub(crate) fn from(&self) -> u64 {
        self.from
    }

    /// Takes in the event at place `seq`, if it has not seen it.
    pub(crate) fn take(
        &mut self,
        scene: &Scene,
        seq: u64,
        entry: &Entry,
        after: &Case,
    ) -> Result<(), StoreError> {
        if seq < self.from {
            return Ok(());
        }
        self.rows.take(scene, entry, after)
    }

    /// Takes in what a case is after its last event of the batch, which stands at place `seq`.
    pub(crate) fn settle(&mut self, scene: &Scene, seq: u64, case: &Case) -> Result<(), StoreError> {
        if seq < self.from {
            return Ok(());
        }
        self.rows.settle(scene, case)
    }

    /// Writes the rows and moves the cursor to `to`, in the caller's transaction.
    ///
    /// Writes nothing where another run has moved the cursor in the meantime, or where nothing was new.
    pub(crate) fn write(&self, connection: &Connection, tenant: TenantId, to: u64) -> Result<(), StoreError> {
        if self.from >= to {
            return Ok(());
        }
        connection.execute(HOLD_CURSOR, (Id(tenant.0), F::NAME))?;
        if cursor(connection, tenant, F::NAME)? != self.from {
            return Ok(());
        }
        self.rows.write(connection, tenant)?;
        set_cursor(connection, tenant, F::NAME, to)
    }
}

/// Removes the follower's rows and sets its cursor to the beginning, in the caller's transaction.
pub(crate) fn reset<F: Follower>(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    F::clear(connection, tenant)?;
    set_cursor(connection, tenant, F::NAME, 0)
}

/// Returns the place of the next event that the follower reads.
pub(crate) fn cursor(connection: &Connection, tenant: TenantId, follower: &str) -> Result<u64, StoreError> {
    let position: Option<i64> =
        connection.query_optional(CURSOR, (Id(tenant.0), follower), |row| row.get(0))?;
    Ok(position.unwrap_or(0).cast_unsigned())
}

/// Sets the place of the next event that the follower reads.
pub(crate) fn set_cursor(
    connection: &Connection,
    tenant: TenantId,
    follower: &str,
    position: u64,
) -> Result<(), StoreError> {
    connection.execute(SET_CURSOR, (Id(tenant.0), follower, position.cast_signed()))?;
    Ok(())
}
