//! The archive: the bytes of cases that ended long ago, on a disk of their own.
//!
//! What was said and done in them goes over; their rows, order and proof stay, so that lists, filters, search
//! and `verify` find them as before ([design 4](../../../docs/design/0004-the-archive.md)). On SQLite the bytes
//! go into a second file ([`file`]), on PostgreSQL whole months go to a tablespace ([`server`]). Both run while
//! the installation is served, and again where they were broken off.

pub mod compact;
pub(crate) mod file;
pub mod running;
pub(crate) mod server;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::engine::archive as engine_archive;
use crate::engine::connection::Connection;
use crate::error::StoreError;
use crate::value::Id;

pub use crate::engine::archive::FILE as ARCHIVE_FILE;

/// What to archive, and where to.
#[derive(Debug, Clone)]
pub struct Archiving {
    /// Cases go over that ended before this instant and were silent since.
    pub before: Timestamp,
    /// On SQLite the directory that the archive is to lie in, by default the data directory; on PostgreSQL the
    /// name of a tablespace.
    pub to: Option<String>,
    /// When.
    pub now: Timestamp,
    /// How long to try a partition that readers do not let go of; on PostgreSQL alone.
    pub patience: Duration,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Cases that were looked at.
    pub done: u64,
    /// Cases that are to be looked at.
    pub total: u64,
}

/// What went over, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Cases of which something went over.
    pub cases: u64,
    /// How many bytes: of events and sealed texts on SQLite, of tables and indexes on PostgreSQL.
    pub size_bytes: u64,
    /// Cases that could go, but lie together with some that cannot; on PostgreSQL alone.
    pub kept_back: u64,
    /// Partitions that readers did not let go of; the next run takes them. On PostgreSQL alone.
    pub in_use: Vec<String>,
}

/// An archive in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// Where it really lies.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// How many bytes of the database it belongs to are free for what comes next.
    pub free_bytes: u64,
}

/// Erases a text from the archive, if there is one: part of [`crate::bodies::erase`].
pub(crate) fn erase(connection: &Connection, tenant: Id, case: Id, body: Id) -> Result<(), StoreError> {
    match connection.has_archive() {
        true => file::erase(connection, tenant, case, body),
        false => Ok(()),
    }
}

/// Attaches the archive of a database that was opened for itself, and erases again what was erased last.
pub(crate) fn open(connection: &Connection) -> Result<(), StoreError> {
    let Connection::Sqlite(sqlite) = connection else {
        return Ok(());
    };
    engine_archive::follow(sqlite)?;
    match connection.has_archive() {
        true => {
            // One that came out of a backup is not so yet.
            connection.query("PRAGMA archive.journal_mode = wal", (), |_mode| Ok(()))?;
            file::erase_again(connection)
        }
        false => Ok(()),
    }
}
