//! The archive of a SQLite database: a second file beside it, with the bytes of what is seldom asked for.
//!
//! Every row stays in the database, with nothing in its heavy column; the archive has the bytes by the row's
//! key. A connection that sees the archive reads through temporary views named as the tables; what is written
//! names the tables themselves. Whether there is an archive is said by a number in the header of the database,
//! which every transaction reads as it begins: so a connection that was open before takes it up.

use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::error::StoreError;

/// The archive's file beside the database; may be a symbolic link to where it really lies.
pub const FILE: &str = "archive.db";

/// The name that it is attached by.
pub(crate) const NAME: &str = "archive";

/// Pages that are kept of it in memory; negative means KiB.
const CACHE: i64 = -4_096;

/// Bytes in a page of it: texts are long, and what is kept of a case is read together.
const PAGE_BYTES: u32 = 16_384;

/// A table whose heavy column goes over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) table: &'static str,
    pub(crate) key: &'static [&'static str],
    pub(crate) column: &'static str,
    /// The columns that its rows lie by.
    pub(crate) lies_by: &'static [&'static str],
    /// What is read where the archive must have the bytes and has not.
    missing: &'static str,
}

/// Events. Bytes that are missing do not give the hash.
pub(crate) const EVENT: Kept = Kept {
    table: "event",
    key: &["tenant", "stream_kind", "stream_id", "version"],
    column: "data",
    lies_by: &["place"],
    missing: "X''",
};

/// Texts. One that is missing is gone, and no event says that it was erased.
pub(crate) const BODY: Kept = Kept {
    table: "body",
    key: &["tenant", "case_id", "id"],
    column: "sealed",
    lies_by: &["tenant", "case_id", "id"],
    missing: "NULL",
};

impl Kept {
    /// Returns the condition that rows of two aliases have the same key.
    pub(crate) fn same_key(&self, one: &str, other: &str) -> String {
        let same = |column: &&str| format!("{one}.{column} = {other}.{column}");
        self.key.iter().map(same).collect::<Vec<_>>().join(" AND ")
    }

    /// Makes the view that readers read.
    fn view(&self, connection: &Connection) -> Result<String, StoreError> {
        let Kept {
            table,
            column,
            missing,
            ..
        } = self;
        let same = self.same_key("a", "m");
        let heavy = format!(
            "CASE WHEN length(m.{column}) = 0 THEN coalesce(
                (SELECT a.{column} FROM {NAME}.{table} a WHERE {same}), {missing})
            ELSE m.{column} END AS {column}"
        );
        let columns = columns(connection, table)?
            .into_iter()
            .map(|(name, _)| match name == *column {
                true => heavy.clone(),
                false => format!("m.{name} AS {name}"),
            });
        let columns = columns.collect::<Vec<_>>().join(", ");
        Ok(format!(
            "CREATE TEMP VIEW IF NOT EXISTS {table} AS SELECT {columns} FROM main.{table} m"
        ))
    }

    /// Makes the table of the archive, its columns as the database has them.
    fn archive_table(&self, connection: &Connection) -> Result<String, StoreError> {
        let found = columns(connection, self.table)?;
        let wanted = self.key.iter().chain([&self.column]);
        let typed = wanted.map(|column| {
            let of = found.iter().find(|(name, _)| name == column);
            let (name, of) = of.ok_or_else(|| StoreError::Corrupt(format!("there is no column {column}")))?;
            Ok(format!("{name} {of} NOT NULL"))
        });
        Ok(format!(
            "CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({})) STRICT, WITHOUT ROWID",
            self.table,
            typed.collect::<Result<Vec<_>, StoreError>>()?.join(", "),
            self.key.join(", ")
        ))
    }
}

/// Returns the names and types of a table's columns.
fn columns(connection: &Connection, table: &str) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1, 'main')")?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Begins a transaction that reads, and attaches the archive if there is one that the connection has not seen yet.
pub(crate) fn begin_reading(connection: &Connection) -> Result<(), StoreError> {
    begin(connection, "BEGIN DEFERRED")
}

/// Like [`begin_reading`], with the right to write.
///
/// Of the database alone: SQLite would take the archive's at once as well, and every commit would depend on its
/// disk. Whoever writes to the archive has the database's right too, so it is free when it is wanted.
pub(crate) fn begin_writing(connection: &Connection) -> Result<(), StoreError> {
    if !is_attached(connection) {
        begin(connection, "BEGIN IMMEDIATE")?;
        if !is_attached(connection) {
            return Ok(());
        }
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    connection.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let right = "DELETE FROM main.archive_erasure WHERE FALSE";
    let taken = connection
        .prepare_cached(right)
        .and_then(|mut take| take.execute([]));
    if taken.is_err() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    taken?;
    Ok(())
}

fn begin(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    // Inside the transaction: what it reads of the database is of one instant, this number with it.
    let unseen = is_unseen(connection);
    if matches!(unseen, Ok(false)) {
        return Ok(());
    }
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    unseen?;
    attach(connection)?;
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Attaches the archive if there is one, outside of a transaction.
pub(crate) fn follow(connection: &Connection) -> Result<(), StoreError> {
    if is_unseen(connection)? {
        attach(connection)?;
    }
    Ok(())
}

fn is_unseen(connection: &Connection) -> Result<bool, StoreError> {
    // Read in any case: it is the first thing that a transaction reads, and what fixes its instant.
    let went_over = batches(connection, "main")?;
    Ok(went_over > 0 && !is_attached(connection))
}

/// Chooses whether a commit is synced before it returns. If not, the log is still synced before any of it is
/// copied into the database, so that the file stays whole. Beside an archive each commit is synced: erasing
/// changes both, and the event of it must not be lost where the text is.
pub(crate) fn sync_in_commit(connection: &Connection, synced: bool) -> Result<(), StoreError> {
    let level = match synced || is_attached(connection) {
        true => "full",
        false => "normal",
    };
    Ok(connection.pragma_update(None, "synchronous", level)?)
}

/// Whether the connection sees an archive; after the database itself and the temporary one it is the third.
pub(crate) fn is_attached(connection: &Connection) -> bool {
    connection.db_name(2).is_ok()
}

/// Returns how many batches went over, as the database or the archive has it; 0 where there is no archive.
pub(crate) fn batches(connection: &Connection, schema: &str) -> Result<i64, StoreError> {
    let sql = match schema {
        NAME => "PRAGMA archive.user_version",
        _ => "PRAGMA main.user_version",
    };
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Where a database file has the number of batches, in the header that SQLite writes.
const BATCHES_AT: usize = 60;

/// Returns whether a database file that nobody has open names an archive.
pub(crate) fn is_named_in(database: &Path) -> Result<bool, StoreError> {
    let mut header = [0; 100];
    std::fs::File::open(database)?.read_exact(&mut header)?;
    Ok(header[BATCHES_AT..BATCHES_AT + 4] != [0; 4])
}

/// Returns where the archive of the connection's database is or would be.
pub(crate) fn file_of(connection: &Connection) -> Result<PathBuf, StoreError> {
    let database = connection.path().filter(|path| !path.is_empty());
    let database = database.ok_or_else(|| StoreError::unavailable("the database lies in no file"))?;
    Ok(Path::new(database).with_file_name(FILE))
}

/// Attaches the archive and puts the views before the tables.
fn attach(connection: &Connection) -> Result<(), StoreError> {
    let file = file_of(connection)?;
    if !file.exists() {
        return Err(missing(&file));
    }
    let reads_only: bool = connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
    connection.pragma_update(None, "query_only", false)?;
    let attached = attach_file(connection, &file);
    connection.pragma_update(None, "query_only", reads_only)?;
    attached
}

fn attach_file(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let path = file
        .to_str()
        .ok_or_else(|| StoreError::unavailable("the archive's path is not UTF-8"))?;
    connection.execute("ATTACH ?1 AS archive", [path])?;
    let fits = check(connection, file).and_then(|()| {
        for file in ["main", NAME] {
            connection.pragma_update(Some(file), "synchronous", "full")?;
        }
        connection.pragma_update(Some(NAME), "cache_size", CACHE)?;
        for kept in [EVENT, BODY] {
            connection.execute_batch(&kept.view(connection)?)?;
        }
        Ok(())
    });
    if fits.is_err() {
        connection.execute_batch("DETACH archive")?;
    }
    fits
}

/// Checks that an archive is that of the database, and has all that went over.
fn check(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    // The database first: the archive is never behind it.
    let went_over = batches(connection, "main")?;
    let id = |schema: &str| {
        let sql = format!("SELECT id FROM {schema}.archive");
        connection.query_row(&sql, [], |row| row.get::<_, Vec<u8>>(0))
    };
    let ours = id("main")?;
    let refused = |why: &str| {
        StoreError::unavailable(format!(
            "the archive {} {why}: put back the one that belongs to the database",
            file.display()
        ))
    };
    match id(NAME) {
        Ok(theirs) if theirs == ours => {}
        Ok(_) => return Err(refused("is that of another database")),
        Err(error) => {
            let error = StoreError::from(error);
            return Err(StoreError::caused(refused("cannot be read").to_string(), error));
        }
    }
    if batches(connection, NAME)? < went_over {
        return Err(refused("is an older copy, without what was archived since"));
    }
    Ok(())
}

/// The error of an archive that is not where it must be.
pub(crate) fn missing(file: &Path) -> StoreError {
    let place = match file.read_link() {
        Ok(target) => format!("{}, which leads to {}", file.display(), target.display()),
        Err(_no_link) => file.display().to_string(),
    };
    StoreError::unavailable(format!(
        "the archive is not there: {place}; mount its disk or put it back, nothing can be served without it"
    ))
}

/// Makes the archive's tables in a new file, or in one that was left before anything went over.
///
/// # Errors
/// [`StoreError::Conflict`] if the file holds something.
pub(crate) fn make_file(
    database: &Connection,
    file: &crate::engine::sqlite::File,
    id: &[u8],
    made_at: i64,
) -> Result<(), StoreError> {
    let archive = file.open_plain()?;
    archive.pragma_update(None, "page_size", PAGE_BYTES)?;
    archive.pragma_update(None, "journal_mode", "wal")?;
    archive.execute_batch("BEGIN IMMEDIATE")?;
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('event', 'body', 'archive')";
    let tables: i64 = archive.query_row(tables, [], |row| row.get(0))?;
    let all = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
    let all: i64 = archive.query_row(all, [], |row| row.get(0))?;
    let holds_something = all != tables || tables > 0 && batches(&archive, "main")? > 1;
    if holds_something {
        return Err(StoreError::Conflict(format!(
            "{} holds something that does not belong to this database: move it away",
            file.path.display()
        )));
    }
    for kept in [EVENT, BODY] {
        archive.execute_batch(&kept.archive_table(database)?)?;
    }
    archive.execute_batch(
        "CREATE TABLE IF NOT EXISTS archive (id BLOB NOT NULL PRIMARY KEY, made_at INTEGER NOT NULL) STRICT;
        DELETE FROM archive; PRAGMA user_version = 1",
    )?;
    archive.execute("INSERT INTO archive (id, made_at) VALUES (?1, ?2)", (id, made_at))?;
    archive.execute_batch("COMMIT")?;
    Ok(())
}
