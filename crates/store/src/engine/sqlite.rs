//! The embedded engine: one SQLite file, one connection that writes, many that read.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};

use crate::engine::durable;
use crate::engine::value::Value;
use crate::error::StoreError;

/// How long a statement waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared.
const PREPARED: usize = 256;

/// After how many pages of write-ahead log the writer copies into the database what `backfill` has not yet,
/// so that the log begins again at its start: a log of 128 MiB.
const CHECKPOINT_PAGES: u32 = 32_000;

/// Page cache of the writer, which touches every index with every case; negative means KiB.
const WRITER_CACHE: i64 = -32_768;

/// Page cache of each reader; negative means KiB.
const READER_CACHE: i64 = -4_096;

/// Where the database lies, and through which file layer it is reached.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// The database file.
    pub(crate) path: PathBuf,
    /// The name of a registered SQLite VFS; `None` for the operating system's.
    pub(crate) vfs: Option<String>,
}

impl File {
    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, flags, vfs.as_str())?,
            None => Connection::open_with_flags(&self.path, flags)?,
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // A plan that looks at bound values is made anew for each use of a statement.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "cache_size", READER_CACHE)?;
        Ok(connection)
    }

    /// Opens the connection that writes, making the file where it is not there yet.
    pub(crate) fn open_writer(&self) -> Result<Connection, StoreError> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        // What is erased must not linger in free pages.
        connection.pragma_update(None, "secure_delete", true)?;
        Ok(connection)
    }

    /// Opens a connection to a file that may be new, before anything is set that stays in it.
    pub(crate) fn open_plain(&self) -> Result<Connection, StoreError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens a connection to a file that is there.
    pub(crate) fn open_existing(&self) -> Result<Connection, StoreError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a connection that copies the write-ahead log into the database.
    pub(crate) fn open_backfill(&self) -> Result<Connection, StoreError> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(connection)
    }

    /// Opens a connection that only reads.
    pub(crate) fn open_reader(&self) -> Result<Connection, StoreError> {
        let mut connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.progress_handler(STEPS, Some(has_done_enough))?;
        // Reading a WAL database needs its shared memory, hence a file opened for writing.
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

/// Makes durable what a transaction that has begun can see.
pub(crate) fn settle(connection: &Connection) -> Result<(), StoreError> {
    match connection.path().filter(|path| !path.is_empty()) {
        Some(path) => durable::sync_log(Path::new(path)),
        None => Ok(()),
    }
}

/// Copies what is in the write-ahead log into the database, as far as no reader stands in the way.
pub(crate) fn carry_over(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_counts| Ok(()))?)
}

/// Binds the values of all parameters.
pub(crate) fn bind(statement: &mut CachedStatement<'_>, values: &[Value<'_>]) -> Result<(), StoreError> {
    // Binding checks no count by itself; a parameter without a value would be nothing.
    if statement.parameter_count() != values.len() {
        let (takes, given) = (statement.parameter_count(), values.len());
        return Err(StoreError::unavailable(format!(
            "a statement takes {takes} parameters and was given {given}"
        )));
    }
    for (place, value) in values.iter().enumerate() {
        let value = match *value {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        };
        statement.raw_bind_parameter(place + 1, ToSqlOutput::Borrowed(value))?;
    }
    Ok(())
}

/// After how many steps of its machine a reading connection looks whether it has done enough.
const STEPS: i32 = 1_000;

thread_local! {
    /// How often the statement of this thread may look before it has done enough; `None` without an end.
    static LOOKS: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Whether the statement of this thread has done enough.
fn has_done_enough() -> bool {
    LOOKS.with(|looks| {
        let left = looks.get();
        looks.set(left.map(|left| left.saturating_sub(1)));
        left == Some(0)
    })
}

/// Reads the rows of a statement until so many steps were done, on a connection that only reads; returns whether
/// that were all rows.
pub(crate) fn query_in_steps(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
    steps: u64,
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    LOOKS.set(Some(steps / u64::from(STEPS.unsigned_abs())));
    let mut rows = statement.raw_query();
    let ended = loop {
        match rows.next() {
            Ok(Some(row)) => {
                if let Err(error) = read(row) {
                    break Err(error);
                }
            }
            Ok(None) => break Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                break Ok(false);
            }
            Err(error) => break Err(error.into()),
        }
    };
    LOOKS.set(None);
    ended
}

/// Returns a column's value.
pub(crate) fn value(value: ValueRef<'_>) -> Result<Value<'_>, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(_) => return Err(StoreError::Corrupt("a column holds a fraction".into())),
        ValueRef::Text(text) => Value::Text(
            std::str::from_utf8(text)
                .map_err(|_| StoreError::Corrupt("a column's text is not UTF-8".into()))?,
        ),
        ValueRef::Blob(bytes) => Value::Blob(bytes),
    })
}
