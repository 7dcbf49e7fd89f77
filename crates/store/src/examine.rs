//! Examining a database: what it says of itself, without judging and without changing anything.
//!
//! Opening a store brings its schema up to date; whoever wants to know first whether that is wise, or why
//! it fails, begins here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::engine::archive;
use crate::engine::connection::Connection;
use crate::engine::database::Database;
use crate::engine::sql::statements;
use crate::engine::sqlite::File;
use crate::error::StoreError;
use crate::schema;
use crate::value::instant;

/// Files up to this size are checked page by page unasked; larger ones take minutes.
const CHECKED_BYTES: u64 = 2 << 30;

statements! {
    in sqlite
    FILE_VERSION = "SELECT sqlite_version()";
    JOURNAL = "SELECT journal_mode FROM pragma_journal_mode";
    CHECK = "PRAGMA quick_check(10)";
    HAS_SCHEMA = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
}

statements! {
    in postgres
    SERVER = "SELECT current_setting('server_version'), pg_is_in_recovery(),
        current_setting('transaction_read_only') = 'on',
        CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
    ENCRYPTION = "SELECT CASE WHEN s.ssl THEN s.version END, coalesce(
            NOT (inet_client_addr() << '127.0.0.0/8' OR inet_client_addr() = '::1'), FALSE)
        FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()";
    SERVER_HAS_SCHEMA = "SELECT to_regclass('schema_version') IS NOT NULL";
    SETTINGS = "SELECT name, setting FROM pg_settings WHERE name IN ('synchronous_commit', 'fsync',
        'full_page_writes', 'synchronous_standby_names', 'data_checksums', 'max_connections',
        'superuser_reserved_connections', 'server_encoding') ORDER BY name";
    STANDBYS = "SELECT application_name, coalesce(state, ''), coalesce(sync_state, ''),
        CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS BIGINT)
        FROM pg_stat_replication ORDER BY application_name";
}

/// What a database in a file says of itself.
#[derive(Debug, Clone)]
pub struct FileState {
    /// The engine's version.
    pub version: String,
    /// The number of the last migration applied; 0 where nothing was founded.
    pub schema: u32,
    /// How it keeps what is not yet in the file; `wal` is what the store sets.
    pub journal_mode: String,
    /// The size of the file.
    pub size_bytes: u64,
    /// What is wrong with its pages; `None` where that was not looked at, because the file is large.
    pub problems: Option<Vec<String>>,
    /// Its archive; `None` where nothing was archived.
    pub archive: Option<ArchiveState>,
}

/// The archive that a database names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveState {
    /// Where it must be.
    pub path: PathBuf,
    /// Its size; `None` where it is not there.
    pub size_bytes: Option<u64>,
}

/// What a database server says of itself.
#[derive(Debug, Clone)]
pub struct ServerState {
    /// The server's version.
    pub version: String,
    /// The number of the last migration applied; 0 where nothing was founded.
    pub schema: u32,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// Whether transactions may not write unless they ask for it.
    pub read_only: bool,
    /// Settings that durability rests on, and how many connections it gives, by name.
    pub settings: BTreeMap<String, String>,
    /// The standbys that are connected.
    pub standbys: Vec<Standby>,
    /// The version of TLS that the connection is encrypted with; `None` where it is not.
    pub encryption: Option<String>,
    /// Whether the connection leaves this machine.
    pub over_network: bool,
    /// What the server's clock showed.
    pub clock: Timestamp,
}

/// A standby, as its primary sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standby {
    /// The name it gave itself.
    pub name: String,
    /// Such as `streaming`; empty where the role may not see it.
    pub state: String,
    /// Such as `sync`; empty where the role may not see it.
    pub sync_state: String,
    /// How many bytes of the log it has not replayed yet; `None` where the role may not see it.
    pub lag_bytes: Option<u64>,
}

/// Returns the number of the newest migration that this program knows.
pub fn newest_schema() -> u32 {
    schema::MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Examines the database in a file. A large one is checked page by page only where `thorough` says so.
///
/// # Errors
/// [`StoreError::Unavailable`] if it cannot be read, or cannot be written now; [`StoreError::Corrupt`] if
/// it is no database.
pub fn file(path: &Path, thorough: bool) -> Result<FileState, StoreError> {
    let size_bytes = std::fs::metadata(path)?.len();
    let file = File {
        path: path.to_owned(),
        vfs: None,
    };
    let connection = Connection::Sqlite(file.open_reader()?);
    let text = |sql| connection.query_row(sql, (), |row| row.get::<String>(0));
    let checked = thorough || size_bytes <= CHECKED_BYTES;
    let problems = checked.then(|| {
        match connection.query(CHECK, (), |row| row.get::<String>(0)) {
            Ok(lines) => Ok(lines.into_iter().filter(|line| line != "ok").collect()),
            // Some pages are so bad that checking breaks off at them.
            Err(StoreError::Corrupt(what)) => Ok(vec![what]),
            Err(error) => Err(error),
        }
    });
    let founded = connection.query_row(HAS_SCHEMA, (), |row| row.get::<i64>(0))? > 0;
    let state = FileState {
        archive: archive_of(&connection)?,
        version: text(FILE_VERSION)?,
        schema: schema_of(&connection, founded)?,
        journal_mode: text(JOURNAL)?,
        size_bytes,
        problems: problems.transpose()?,
    };
    // Takes the right to write and gives it back; whether the archive is there is another question.
    connection.run("PRAGMA query_only = off; BEGIN IMMEDIATE; ROLLBACK")?;
    Ok(state)
}

fn archive_of(connection: &Connection) -> Result<Option<ArchiveState>, StoreError> {
    let Connection::Sqlite(sqlite) = connection else {
        return Ok(None);
    };
    if archive::batches(sqlite, "main")? == 0 {
        return Ok(None);
    }
    let link = archive::file_of(sqlite)?;
    let size_bytes = link.metadata().ok().map(|file| file.len());
    let path = link.read_link().unwrap_or(link);
    Ok(Some(ArchiveState { path, size_bytes }))
}

/// Examines the database on a server; of several hosts the one that can be written.
///
/// # Errors
/// [`StoreError::Unavailable`] if no such server can be reached.
pub fn server(url: &str) -> Result<ServerState, StoreError> {
    let connection = Database::postgres(url)?.open_reader()?;
    let (version, in_recovery, read_only, clock) = connection.query_row(SERVER, (), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<i64>(3)?))
    })?;
    let founded = connection.query_row(SERVER_HAS_SCHEMA, (), |row| row.get::<bool>(0))?;
    let (encryption, over_network) =
        connection.query_row(ENCRYPTION, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let settings = connection.query(SETTINGS, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let standbys = match in_recovery {
        true => Vec::new(),
        false => connection.query(STANDBYS, (), |row| {
            Ok(Standby {
                name: row.get(0)?,
                state: row.get(1)?,
                sync_state: row.get(2)?,
                lag_bytes: row
                    .get::<Option<i64>>(3)?
                    .map(|bytes| u64::try_from(bytes).unwrap_or(0)),
            })
        })?,
    };
    Ok(ServerState {
        version,
        schema: schema_of(&connection, founded)?,
        in_recovery,
        read_only,
        settings: settings.into_iter().collect(),
        standbys,
        encryption,
        over_network,
        clock: instant(clock)?,
    })
}

fn schema_of(connection: &Connection, founded: bool) -> Result<u32, StoreError> {
    if founded {
        schema::version(connection)
    } else {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_is_sound_and_examining_it_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("city.db");
        drop(schema::new_database(&path).expect("made"));
        let before = std::fs::read(&path).expect("read");
        let state = file(&path, true).expect("examined");
        assert_eq!(state.schema, newest_schema());
        assert_eq!(
            (state.journal_mode.as_str(), state.problems),
            ("wal", Some(vec![]))
        );
        assert_eq!(std::fs::read(&path).expect("read"), before);
    }

    #[test]
    fn a_page_that_was_overwritten_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("city.db");
        let made = schema::new_database(&path).expect("made");
        // Not a page that opening or asking for the version reads.
        let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'timer'";
        let page: u32 = made.query_row(page, [], |row| row.get(0)).expect("a table");
        drop(made);
        let mut bytes = std::fs::read(&path).expect("read");
        let begins = (page as usize - 1) * 4096;
        bytes[begins..begins + 2048].fill(0xff);
        std::fs::write(&path, bytes).expect("written");
        let state = file(&path, true).expect("examined");
        assert!(!state.problems.expect("looked at").is_empty());
    }

    #[test]
    fn a_file_that_is_no_database_and_one_that_is_not_there_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("city.db");
        assert!(file(&path, true).is_err());
        std::fs::write(&path, "路灯不亮".repeat(1_000)).expect("written");
        assert!(matches!(file(&path, true), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn a_server_says_what_durability_rests_on() {
        let database = bihuan_test_postgres::empty();
        let state = server(database.url()).expect("examined");
        assert_eq!(state.schema, 0);
        assert_eq!(state.settings["fsync"], "off", "the test server forgoes it");
        assert_eq!(state.settings["synchronous_commit"], "on");
        assert!(!state.in_recovery && !state.read_only);
        assert_eq!(state.standbys, []);
        assert_eq!((state.encryption, state.over_network), (None, false));
        let skew = state.clock.duration_since(Timestamp::now());
        assert!(skew.abs() < jiff::SignedDuration::from_secs(60), "{skew}");
    }
}
