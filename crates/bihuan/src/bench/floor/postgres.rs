//! The floor on a PostgreSQL server: the same rows, written straight through the driver, each table's with one
//! statement that takes its columns as arrays.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::{CASES, Floor, TABLES};
use crate::bench::on_server::{Database, Session};
use crate::failure::Failure;

/// The columns that are written, with their types; computed ones are left out.
const COLUMNS: &str = "SELECT CAST(attname AS TEXT), CAST(atttypid::regtype AS TEXT) FROM pg_attribute
    WHERE attrelid = CAST(CAST($1 AS TEXT) AS regclass) AND attnum > 0 AND NOT attisdropped
        AND attgenerated = '' ORDER BY attnum";

/// The newest cases; ids are in the order of time.
const CHOSEN: &str = "SELECT id FROM case_row ORDER BY id DESC LIMIT $1";

/// The commit writes two more here: the search document, and each event's place in the queue of those that have
/// none in the order yet. The sequencer has emptied that queue, so it is filled from the events.
const MORE: [(&str, &str, &str); 2] = [
    ("case_text", "case_text", "case_id"),
    ("unplaced", "event", "stream_id"),
];

/// The rows of a table, column by column, in the order of their cases.
struct Table {
    name: &'static str,
    insert: Statement,
    columns: Vec<Column>,
    /// For each case where its rows end.
    ends: Vec<usize>,
}

/// The values of a column.
enum Column {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Blob(Vec<Option<Vec<u8>>>),
}

/// Writes again what the server wrote, and returns the best rate.
///
/// # Errors
/// A database that cannot be read or written.
pub fn measure(database: &Database) -> Result<Floor, Failure> {
    Ok(best(database)?)
}

fn best(database: &Database) -> Result<Floor> {
    let session = Session::open(database.url())?;
    let mut cases: Vec<Vec<u8>> = Vec::new();
    for row in session.wait(session.client.query(CHOSEN, &[&(CASES as i64)]))? {
        cases.push(row.try_get(0)?);
    }
    cases.reverse();
    ensure!(!cases.is_empty(), "the server wrote no case");
    let mut tables = Vec::new();
    let same = TABLES.iter().map(|(name, case)| (*name, *name, *case));
    for (name, source, case) in same.chain(MORE) {
        tables.push(Table::read(&session, name, source, case, &cases)?);
    }
    let written: usize = tables.iter().filter_map(|table| table.ends.last()).sum();
    Floor::best(cases.len(), written, |batch| {
        write(&session, &tables, cases.len(), batch)
    })
}

/// Empties the tables and writes the rows of all cases again.
fn write(session: &Session, tables: &[Table], cases: usize, batch: usize) -> Result<Duration> {
    let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
    session.run(&format!("TRUNCATE {}", names.join(", ")))?;
    // So that none falls into the time that is measured; a role that may not leaves it to the server.
    let _ = session.run("CHECKPOINT");
    let began = Instant::now();
    for first in (0..cases).step_by(batch) {
        session.run("BEGIN")?;
        for table in tables {
            table.write(session, first, (first + batch).min(cases))?;
        }
        session.run("COMMIT")?;
    }
    Ok(began.elapsed())
}

impl Table {
    fn read(
        session: &Session,
        name: &'static str,
        source: &str,
        case: &str,
        cases: &[Vec<u8>],
    ) -> Result<Table> {
        let mut columns: Vec<(String, Column)> = Vec::new();
        let mut casts = Vec::new();
        for row in session.wait(session.client.query(COLUMNS, &[&name]))? {
            let (column, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            casts.push(if kind == "tsvector" { "TSVECTOR" } else { "" });
            columns.push((column, Column::of(&kind)?));
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let insert = session.wait(session.client.prepare(&insert(name, &columns, &casts)))?;
        let read: Vec<String> = columns
            .iter()
            .map(|(name, column)| format!("CAST({name} AS {})", column.sql()))
            .collect();
        let of_cases = if names.contains(&"stream_kind") {
            "stream_kind = 4 AND"
        } else {
            ""
        };
        let select = format!(
            "SELECT {case}, {} FROM {source} WHERE {of_cases} {case} >= $1 ORDER BY {case}",
            read.join(", ")
        );
        let mut columns: Vec<Column> = columns.into_iter().map(|(_, column)| column).collect();
        let mut ends = Vec::with_capacity(cases.len());
        let rows = session.wait(session.client.query(&select, &[&cases.first()]))?;
        let mut rows = rows.into_iter().peekable();
        let mut taken = 0;
        for id in cases {
            while let Some(row) = rows.next_if(|row| row.get::<_, &[u8]>(0) <= id.as_slice()) {
                for (at, column) in columns.iter_mut().enumerate() {
                    column.push(&row, at + 1)?;
                }
                taken += 1;
            }
            ends.push(taken);
        }
        Ok(Table {
            name,
            insert,
            columns,
            ends,
        })
    }

    /// Writes the rows of the cases from `first` up to and without `end`.
    fn write(&self, session: &Session, first: usize, end: usize) -> Result<()> {
        let from = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let to = self.ends[end - 1];
        if from == to {
            return Ok(());
        }
        let slices: Vec<Slice<'_>> = self.columns.iter().map(|column| column.slice(from, to)).collect();
        let values: Vec<&(dyn ToSql + Sync)> = slices.iter().map(Slice::bind).collect();
        let written = session.wait(session.client.execute(&self.insert, &values));
        written.with_context(|| format!("table {}", self.name))?;
        Ok(())
    }
}

fn insert(table: &str, columns: &[(String, Column)], casts: &[&str]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let arrays: Vec<String> = (1..)
        .zip(columns)
        .map(|(at, (_, column))| format!("${at}::{}[]", column.sql()))
        .collect();
    let selected: Vec<String> = columns
        .iter()
        .zip(casts)
        .map(|((name, _), cast)| match *cast {
            "" => name.clone(),
            cast => format!("CAST({name} AS {cast})"),
        })
        .collect();
    format!(
        "INSERT INTO {table} ({names}) SELECT {} FROM unnest({}) AS given ({names})",
        selected.join(", "),
        arrays.join(", ")
    )
}

/// A part of a column.
enum Slice<'a> {
    Int(&'a [Option<i64>]),
    Text(&'a [Option<String>]),
    Blob(&'a [Option<Vec<u8>>]),
}

impl Slice<'_> {
    fn bind(&self) -> &(dyn ToSql + Sync) {
        match self {
            Slice::Int(values) => values,
            Slice::Text(values) => values,
            Slice::Blob(values) => values,
        }
    }
}

impl Column {
    fn of(kind: &str) -> Result<Column> {
        Ok(match kind {
            "bigint" => Column::Int(Vec::new()),
            "text" | "tsvector" => Column::Text(Vec::new()),
            "bytea" => Column::Blob(Vec::new()),
            other => anyhow::bail!("the floor knows no columns of type {other}"),
        })
    }

    /// The type that values are read and given as.
    fn sql(&self) -> &'static str {
        match self {
            Column::Int(_) => "BIGINT",
            Column::Text(_) => "TEXT",
            Column::Blob(_) => "BYTEA",
        }
    }

    fn push(&mut self, row: &tokio_postgres::Row, at: usize) -> Result<()> {
        match self {
            Column::Int(values) => values.push(row.try_get(at)?),
            Column::Text(values) => values.push(row.try_get(at)?),
            Column::Blob(values) => values.push(row.try_get(at)?),
        }
        Ok(())
    }

    fn slice(&self, from: usize, to: usize) -> Slice<'_> {
        match self {
            Column::Int(values) => Slice::Int(&values[from..to]),
            Column::Text(values) => Slice::Text(&values[from..to]),
            Column::Blob(values) => Slice::Blob(&values[from..to]),
        }
    }
}
