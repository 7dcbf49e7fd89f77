//! Migrations: numbered SQL files, applied once each, recorded in a version table.
//!
//! Applied files never change. A database newer than the program is refused.

pub mod partitions;

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::engine::connection::Place;
use crate::error::StoreError;

/// One numbered step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, from 1 without a gap.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// All migrations of the SQLite engine, in order.
pub const SQLITE: &[Migration] = &[Migration {
    number: 1,
    name: "founding",
    sql: include_str!("migrations/sqlite/0001_founding.sql"),
}];

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT";

/// Brings the database to the newest schema, each migration in a transaction of its own.
///
/// # Errors
/// [`StoreError::Unavailable`] if the database is newer than this program.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute(VERSIONS, [])?;
    let newest = SQLITE.last().map_or(0, |migration| migration.number);
    let found = version(connection)?;
    if found > newest {
        return Err(StoreError::unavailable(format!(
            "the database has schema {found}, this program knows {newest}: use a newer program"
        )));
    }
    for migration in SQLITE.iter().filter(|migration| migration.number > found) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO schema_version (number, name) VALUES ($1, $2)",
            (migration.number, migration.name),
        )?;
        tx.commit()?;
    }
    Ok(())
}

/// Makes an empty database in a new file and returns it as the writer opens it: the same schema, the same
/// durability. For measuring what the engine can do by itself.
///
/// # Errors
/// [`StoreError::Unavailable`] if the file cannot be made.
pub fn new_database(file: &Path) -> Result<Connection, StoreError> {
    let place = Place {
        file: file.to_owned(),
        vfs: None,
    };
    let mut connection = place.open_writer()?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Returns the number of the last migration applied, 0 where none was.
///
/// # Errors
/// [`StoreError::Unavailable`] if the version table cannot be read.
pub fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(
        connection.query_row("SELECT coalesce(max(number), 0) FROM schema_version", [], |row| {
            row.get(0)
        })?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection).expect("first");
        migrate(&mut connection).expect("second");
        assert_eq!(version(&connection).expect("version"), SQLITE.len() as u32);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection).expect("first");
        connection
            .execute("INSERT INTO schema_version VALUES (999, 'later')", [])
            .expect("insert");
        let refused = migrate(&mut connection).expect_err("newer");
        assert!(refused.to_string().contains("schema 999"), "{refused}");
    }

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        for (place, migration) in SQLITE.iter().enumerate() {
            assert_eq!(migration.number as usize, place + 1);
        }
    }
}
