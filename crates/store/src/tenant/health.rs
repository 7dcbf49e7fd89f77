//! What tells whether the store is well: it takes a write, and what it counted while it worked.

use std::sync::PoisonError;

use super::{Store, Tenant};
use crate::engine::database::Database;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::measure::{CacheUse, Measured, ReaderUse, ReplicaUse};

statements! {
    // No row has this name: the engine takes the lock that writing needs, and changes nothing.
    TOUCH = "UPDATE cursor SET position = position WHERE tenant = $1 AND follower = ''";
}

impl Store {
    /// Returns where its database is, for a connection of one's own.
    pub(crate) fn database(&self) -> Result<Database, StoreError> {
        self.inner.options.database(&self.inner.directory)
    }

    /// Returns what was counted while the writer worked.
    pub fn measured(&self) -> Measured {
        self.inner.writer.measured()
    }

    /// Returns how many connections read now, and who could not.
    pub fn reader_use(&self) -> ReaderUse {
        self.inner.readers.used()
    }

    /// Returns how often the replica was read, where there is one.
    pub fn replica_use(&self) -> Option<ReplicaUse> {
        self.inner.replica.as_ref().map(|replica| replica.used())
    }
}

impl Tenant {
    /// Passes through the writer without changing anything: its thread runs, the database takes writes.
    ///
    /// # Errors
    /// [`StoreError`] if that is not so, or too much waits.
    pub async fn prove_writable(&self) -> Result<(), StoreError> {
        self.change(TOUCH, |tenant| (tenant,)).await.map(drop)
    }

    /// Returns how often a folded case was found in the cache of this process.
    pub fn cache_use(&self) -> CacheUse {
        self.inner
            .cases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .used
    }
}
