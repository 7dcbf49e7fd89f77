//! Marks: what an installation is for ever, and whether it is whole.

use jiff::Timestamp;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::millis;

statements! {
    MARK = "INSERT INTO mark (name, set_at) VALUES ($1, $2)";
    UNMARK = "DELETE FROM mark WHERE name = $1";
    MARKS = "SELECT name FROM mark ORDER BY name";
    COUNT_TENANTS = "SELECT count(*) FROM tenant";
}

/// The mark of a database that is the target of a move which is not complete.
const MOVING: &str = "moving";

/// What a directory is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// Made for tests: limits may be switched off.
    pub testing: bool,
    /// A fictional city: every page says so, and its secrets come from a seed.
    pub demo: bool,
}

/// Reads what a database is for ever.
///
/// # Errors
/// [`StoreError::Unavailable`] where a move into it is not complete.
pub(crate) fn read(connection: &Connection) -> Result<Marks, StoreError> {
    let names = names(connection)?;
    let set = |mark: &str| names.iter().any(|name| name == mark);
    if set(MOVING) {
        return Err(StoreError::unavailable(
            "a move into this database is not complete: run `bihuan move` again until it is, or empty the database",
        ));
    }
    Ok(Marks {
        testing: set("testing"),
        demo: set("demo"),
    })
}

/// Writes what a new database is for ever.
pub(crate) fn write(connection: &Connection, marks: Marks, now: Timestamp) -> Result<(), StoreError> {
    for (name, set) in [("testing", marks.testing), ("demo", marks.demo)] {
        if set {
            connection.execute(MARK, (name, millis(now)))?;
        }
    }
    Ok(())
}

/// Marks a database as the target of a move, unless an earlier run of it has.
///
/// # Errors
/// [`StoreError::Conflict`] if it holds an installation.
pub(crate) fn begin_move(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.transaction(|connection| {
        let names = names(connection)?;
        if names.iter().any(|name| name == MOVING) {
            return Ok(());
        }
        let tenants: i64 = connection.query_row(COUNT_TENANTS, (), |row| row.get(0))?;
        if tenants > 0 || !names.is_empty() {
            let problem = "the target holds an installation already: nothing is moved over it";
            return Err(StoreError::Conflict(problem.into()));
        }
        connection.execute(MARK, (MOVING, millis(now))).map(drop)
    })
}

/// Takes the mark away: the move is complete.
pub(crate) fn end_move(connection: &Connection) -> Result<(), StoreError> {
    connection.transaction(|connection| connection.execute(UNMARK, (MOVING,)).map(drop))
}

fn names(connection: &Connection) -> Result<Vec<String>, StoreError> {
    connection.query(MARKS, (), |row| row.get(0))
}
