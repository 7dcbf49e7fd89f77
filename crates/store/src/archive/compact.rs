//! Giving the room that an archive left back to the disk.
//!
//! The database is copied without its empty pages, the copy is synced and takes its place. Nobody may have it
//! open meanwhile, which SQLite itself checks: it leaves the write-ahead log only where nobody else is.

use std::fs;
use std::path::Path;

use crate::blob::sync_directory;
use crate::engine::connection::Connection;
use crate::engine::database::Database;
use crate::error::StoreError;
use crate::tenant::{DATABASE_FILE, Options};

/// The copy until it is complete.
const COPY: &str = "bihuan.db.compact";

/// The size of the database before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before_bytes: u64,
    /// After.
    pub after_bytes: u64,
}

/// Copies the database in a directory without its empty pages. Needs as much room as it takes then.
///
/// # Errors
/// [`StoreError::Unavailable`] if somebody has it open, or it lies on a server, which does this by itself.
pub fn compact(directory: &Path, options: &Options) -> Result<Compacted, StoreError> {
    let Database::Sqlite(file) = options.database(directory)? else {
        return Err(StoreError::unavailable("a server gives room back by itself"));
    };
    let path = fs::canonicalize(&file.path).map_err(|_gone| {
        let database = directory.join(DATABASE_FILE);
        StoreError::NotFound(database.display().to_string())
    })?;
    let copy = path.with_file_name(COPY);
    let _ = fs::remove_file(&copy);
    let connection = Connection::Sqlite(file.open_existing()?);
    connection.run("PRAGMA locking_mode = EXCLUSIVE")?;
    let mode: Result<String, _> = connection.query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0));
    if mode.ok().as_deref() != Some("delete") || connection.run("BEGIN EXCLUSIVE; COMMIT").is_err() {
        return Err(StoreError::unavailable(
            "the database is in use: stop the server first",
        ));
    }
    let before_bytes = path.metadata()?.len();
    let quoted = copy.to_str().map(|copy| copy.replace('\'', "''"));
    let quoted = quoted.ok_or_else(|| StoreError::unavailable("the directory's path is not UTF-8"))?;
    let copied = connection.run(&format!("VACUUM main INTO '{quoted}'"));
    if copied.is_err() {
        let _ = fs::remove_file(&copy);
    }
    copied?;
    fs::File::open(&copy)?.sync_all()?;
    let after_bytes = copy.metadata()?.len();
    // Before the lock goes: whoever opens the name next has the copy.
    fs::rename(&copy, &path)?;
    sync_directory(path.parent().unwrap_or(directory))?;
    Ok(Compacted {
        before_bytes,
        after_bytes,
    })
}
