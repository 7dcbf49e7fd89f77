//! Which database it is, and opening connections to it.

use std::sync::Arc;

use crate::engine::backfill::Backfill;
use crate::engine::connection::{Connection, Engine};
use crate::engine::durable::Durability;
use crate::engine::postgres::server::Server;
use crate::engine::sqlite::File;
use crate::engine::syncer::Syncer;
use crate::error::StoreError;

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// In a file.
    Sqlite(File),
    /// On a server.
    Postgres(Server),
}

impl Database {
    /// Reads the URL of a server.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be understood.
    pub(crate) fn postgres(url: &str) -> Result<Database, StoreError> {
        Server::at(url).map(Database::Postgres)
    }

    /// Returns its engine.
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Database::Sqlite(_) => Engine::Sqlite,
            Database::Postgres(_) => Engine::Postgres,
        }
    }

    /// Opens a connection that may write.
    pub(crate) fn open_writer(&self) -> Result<Connection, StoreError> {
        match self {
            Database::Sqlite(file) => file.open_writer().map(Connection::Sqlite),
            Database::Postgres(server) => server.open(),
        }
    }

    /// Starts what works beside the writer, where the engine has none of its own.
    pub(crate) fn start_backfill(&self) -> Result<Option<Backfill>, StoreError> {
        match self {
            Database::Sqlite(file) => Backfill::start(file.open_backfill()?).map(Some),
            Database::Postgres(_) => Ok(None),
        }
    }

    /// Starts what syncs commits beside the writer, where that can be; the writer's connection is open and stays
    /// so. A file layer of its own knows alone how to sync.
    pub(crate) fn start_syncer(&self) -> Result<Option<Syncer>, StoreError> {
        match self {
            Database::Sqlite(file) if file.vfs.is_none() => {
                let durability = Arc::new(Durability::open(&file.path)?);
                Syncer::start(&durability).map(Some)
            }
            Database::Sqlite(_) | Database::Postgres(_) => Ok(None),
        }
    }

    /// Opens a connection that only reads.
    pub(crate) fn open_reader(&self) -> Result<Connection, StoreError> {
        match self {
            Database::Sqlite(file) => file.open_reader().map(Connection::Sqlite),
            Database::Postgres(server) => server.open(),
        }
    }
}
