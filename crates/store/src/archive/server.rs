//! Archiving on PostgreSQL: months in which every case has ended go to another tablespace.
//!
//! A partition is moved whole, with its index, in a transaction of its own; its readers wait meanwhile. Whatever
//! is there already is left alone, so a run goes on where another was broken off.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Archived, Archiving, Progress};
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::schema::partitions::{Month, months_before};
use crate::value::millis;

statements! {
    in postgres
    TABLESPACE = "SELECT CAST(spcname AS TEXT) FROM pg_tablespace WHERE spcname = $1";
    // How many cases a month has, and how many of them have to stay.
    CASES = "SELECT count(*), coalesce(sum(CASE WHEN c.closed_at < $1 AND c.changed_at < $2 THEN 0 ELSE 1 END), 0)
        FROM tenant t JOIN case_row c ON c.tenant = t.tenant AND c.id >= $3 AND c.id < $4";
    // The table and its indexes that do not lie in the tablespace; what an index is called, what it takes.
    PARTS = "SELECT CAST(c.relname AS TEXT), c.relkind = 'i', CAST(pg_table_size(c.oid) AS BIGINT) FROM pg_class c
        WHERE (c.oid = to_regclass($1) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass($1)))
            AND c.reltablespace <> (SELECT oid FROM pg_tablespace WHERE spcname = $2)
        ORDER BY c.relkind DESC, c.relname";
}

/// How long an attempt to get hold of a partition keeps new readers of it waiting, and how long they may then
/// come in before the next.
const ATTEMPT: &str = "1s";
const PAUSE: Duration = Duration::from_millis(500);

/// A part of a partition that is to be moved.
struct Part {
    name: String,
    is_index: bool,
    size_bytes: u64,
}

/// Moves what is to go, a part at a time.
pub(super) fn move_all(
    connection: &Connection,
    wanted: &Archiving,
    progress: &mut dyn FnMut(Progress),
) -> Result<Archived, StoreError> {
    each_month(connection, wanted, progress, |part, tablespace| {
        let kind = if part.is_index { "INDEX" } else { "TABLE" };
        let statements = format!(
            "SET LOCAL lock_timeout = '{ATTEMPT}'; ALTER {kind} {} SET TABLESPACE {}",
            quoted(&part.name),
            quoted(tablespace)
        );
        let began = Instant::now();
        loop {
            match connection.transaction(|connection| connection.run(&statements)) {
                Ok(()) => return Ok(true),
                Err(StoreError::Busy(_)) if began.elapsed() < wanted.patience => sleep(PAUSE),
                Err(StoreError::Busy(_)) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    })
}

/// Says what would go.
pub(super) fn weigh_all(
    connection: &Connection,
    wanted: &Archiving,
    progress: &mut dyn FnMut(Progress),
) -> Result<Archived, StoreError> {
    each_month(connection, wanted, progress, |_part, _tablespace| Ok(true))
}

/// Goes through the months that are over, and hands on the parts of those that may go.
fn each_month(
    connection: &Connection,
    wanted: &Archiving,
    progress: &mut dyn FnMut(Progress),
    mut take: impl FnMut(&Part, &str) -> Result<bool, StoreError>,
) -> Result<Archived, StoreError> {
    let tablespace = tablespace(connection, wanted)?;
    let months = months_before(wanted.before)?;
    let mut counted = Vec::with_capacity(months.len());
    for month in &months {
        counted.push(count(connection, wanted, month)?);
    }
    let total = counted.iter().map(|(cases, _)| cases).sum();
    let (mut archived, mut done) = (Archived::default(), 0);
    for (month, (cases, staying)) in months.iter().zip(counted) {
        if staying > 0 {
            archived.kept_back += cases - staying;
        } else if cases > 0 {
            let mut went = false;
            for table in &month.tables {
                for part in parts(connection, table, &tablespace)? {
                    if take(&part, &tablespace)? {
                        went = true;
                        archived.size_bytes += part.size_bytes;
                    } else {
                        archived.in_use.push(part.name);
                    }
                }
            }
            archived.cases += if went { cases } else { 0 };
        }
        done += cases;
        progress(Progress { done, total });
    }
    Ok(archived)
}

/// Returns the name of the tablespace that was named.
fn tablespace(connection: &Connection, wanted: &Archiving) -> Result<String, StoreError> {
    let named = wanted.to.as_deref();
    let named =
        named.ok_or_else(|| StoreError::Conflict("name the tablespace that takes the archive".into()))?;
    let found = connection.query_optional(TABLESPACE, (named,), |row| row.get(0))?;
    found.ok_or_else(|| StoreError::NotFound(format!("the tablespace {named}")))
}

/// Returns how many cases a month has, and how many of them keep it from going.
fn count(connection: &Connection, wanted: &Archiving, month: &Month) -> Result<(u64, u64), StoreError> {
    let before = millis(wanted.before);
    let params = (before, before, month.from.as_slice(), month.to.as_slice());
    connection.query_row(CASES, params, |row| {
        Ok((
            row.get::<i64>(0)?.cast_unsigned(),
            row.get::<i64>(1)?.cast_unsigned(),
        ))
    })
}

fn parts(connection: &Connection, table: &str, tablespace: &str) -> Result<Vec<Part>, StoreError> {
    connection.query(PARTS, (table, tablespace), |row: Row<'_>| {
        Ok(Part {
            name: row.get(0)?,
            is_index: row.get(1)?,
            size_bytes: row.get::<i64>(2)?.cast_unsigned(),
        })
    })
}

/// Returns a name as it is written in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
