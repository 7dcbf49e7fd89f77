//! Archiving what an open store holds.

use bihuan_core::id::Entropy;

use super::{ArchiveFile, Archived, Archiving, Progress, file, server};
use crate::engine::connection::Engine;
use crate::error::StoreError;
use crate::tenant::Store;
use crate::value::millis;

impl Store {
    /// Archives, or goes on archiving. Blocks for as long as it takes; readers and writers go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the archive lies elsewhere already, or something else is in its place;
    /// [`StoreError::NotFound`] if the directory or tablespace is not there.
    pub fn archive(
        &self,
        wanted: &Archiving,
        entropy: &mut dyn Entropy,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Archived, StoreError> {
        let database = self.database()?;
        let connection = database.open_writer()?;
        match self.engine() {
            Engine::Sqlite => {
                file::found(&connection, &database, wanted, entropy)?;
                file::move_all(&connection, millis(wanted.before), progress)
            }
            Engine::Postgres => server::move_all(&connection, wanted, progress),
        }
    }

    /// Returns what [`Store::archive`] would take, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub fn would_archive(
        &self,
        wanted: &Archiving,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Archived, StoreError> {
        match self.engine() {
            Engine::Sqlite => file::weigh_all(self.snapshot()?.connection(), millis(wanted.before), progress),
            Engine::Postgres => server::weigh_all(self.snapshot()?.connection(), wanted, progress),
        }
    }

    /// Returns the archive's file; `None` where nothing was archived, and on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it is not where it must be.
    pub fn archive_file(&self) -> Result<Option<ArchiveFile>, StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(None);
        }
        let snapshot = self.snapshot()?;
        let connection = snapshot.connection();
        match connection.has_archive() {
            true => file::describe(connection).map(Some),
            false => Ok(None),
        }
    }
}
