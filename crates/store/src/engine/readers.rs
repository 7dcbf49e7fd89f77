//! Connections that read, kept for the next reader. Readers never wait for the writer.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::connection::{Connection, Engine};
use crate::engine::database::Database;
use crate::error::StoreError;

/// Idle connections that are kept open.
const KEPT: usize = 16;

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    database: Database,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(database: Database) -> Arc<Self> {
        Arc::new(Readers {
            database,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Returns the engine of the database.
    pub(crate) fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// Takes a connection and begins a transaction: everything read through it is of one instant.
    pub(crate) fn begin(self: &Arc<Self>) -> Result<Snapshot, StoreError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let (connection, is_new) = match idle {
                Some(connection) => (connection, false),
                None => (self.database.open_reader()?, true),
            };
            match connection.begin_reading() {
                Ok(()) => {
                    return Ok(Snapshot {
                        connection: Some(connection),
                        pool: Arc::clone(self),
                    });
                }
                // A kept connection may have been lost while it lay there.
                Err(error) if error.is_transient() && !is_new => drop(connection),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A connection in a read transaction; ends it and goes back to the pool when dropped.
#[derive(Debug)]
pub(crate) struct Snapshot {
    connection: Option<Connection>,
    pool: Arc<Readers>,
}

impl Snapshot {
    /// Returns the connection.
    pub(crate) fn connection(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("the connection is taken out only when the snapshot is dropped")
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // A connection that cannot end its transaction is closed instead of kept.
        let ended = connection.commit().is_ok();
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if ended && idle.len() < KEPT {
            idle.push(connection);
        }
    }
}
