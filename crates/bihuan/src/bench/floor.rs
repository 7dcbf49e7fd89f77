//! The floor: the same rows, indexes and search tokens, written straight through SQLite.

pub mod postgres;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bihuan_store::schema;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::bench::message::Message;
use crate::bench::server::Place;
use crate::failure::Failure;

/// Cases in one transaction.
const BATCHES: [usize; 5] = [16, 64, 256, 1_024, 4_096];

/// The most cases that are written again: about as many as are taken in, for indexes grow slower with size.
const CASES: usize = 60_000;

/// The tables that the commit writes, and where each row says which case it belongs to.
const TABLES: [(&str, &str); 10] = [
    ("event", "stream_id"),
    ("case_row", "id"),
    ("case_unit", "case_id"),
    ("case_person", "case_id"),
    ("case_campaign", "case_id"),
    ("body_key", "case_id"),
    ("body", "case_id"),
    ("receipt", "case_id"),
    ("identity", "case_id"),
    // The result of a request begins with the case's id.
    ("idempotency", "substr(result, 1, 16)"),
];

/// As many connections as intake is measured with: whoever waits for an answer sends nothing else meanwhile, so no
/// transaction of a server holds more of their messages.
const CONNECTIONS: usize = 64;

/// What the engine alone writes.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Cases a second, at the best batch size.
    pub rate: f64,
    /// That batch size.
    pub batch: usize,
    /// Cases a second in transactions of 64, the most that 64 connections leave a server to write together.
    pub rate_of_64: f64,
    /// Rows of one case, its search document among them.
    pub rows_per_case: f64,
}

impl Floor {
    /// Returns the best of all batch sizes. `write` writes `cases`, which have so many `rows` together, in transactions of
    /// so many, and returns how long that took.
    fn best(cases: usize, rows: usize, mut write: impl FnMut(usize) -> Result<Duration>) -> Result<Floor> {
        let mut floor = Floor {
            rate: 0.0,
            batch: 0,
            rate_of_64: 0.0,
            rows_per_case: rows as f64 / cases as f64,
        };
        for batch in BATCHES {
            let rate = cases as f64 / write(batch)?.as_secs_f64();
            if batch == CONNECTIONS {
                floor.rate_of_64 = rate;
            }
            if rate > floor.rate {
                floor = Floor { rate, batch, ..floor };
            }
        }
        Ok(floor)
    }
}

/// The rows of one case.
#[derive(Debug)]
struct Case {
    /// Which table, and the values in the order of its columns.
    rows: Vec<(usize, Vec<Value>)>,
    /// The number of its search document.
    doc: i64,
}

/// Everything that is written again.
struct Rows {
    /// For each table the statement that writes a row of it.
    inserts: Vec<String>,
    cases: Vec<Case>,
}

/// Writes again what the server wrote, and returns the best rate.
///
/// # Errors
/// A database that cannot be read or written.
pub fn measure(place: &Place, messages: &[Message]) -> Result<Floor, Failure> {
    let measured = || {
        let rows = Rows::read(&place.database())?;
        let written: usize = rows.cases.iter().map(|case| case.rows.len() + 1).sum();
        Floor::best(rows.cases.len(), written, |batch| {
            rows.write(&place.file(&format!("floor-{batch}.db")), batch, messages)
        })
    };
    measured().map_err(Failure::Internal)
}

impl Rows {
    fn read(database: &Path) -> Result<Rows> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .context("the server's database cannot be opened")?;
        let chosen = chosen(&connection)?;
        let numbered = |(id, doc)| {
            let rows = Vec::new();
            (id, Case { rows, doc })
        };
        let mut cases: BTreeMap<Vec<u8>, Case> = chosen.into_iter().map(numbered).collect();
        let mut inserts = Vec::new();
        for (table, (name, case)) in TABLES.iter().enumerate() {
            let columns = columns(&connection, name)?;
            let places: Vec<String> = (1..=columns.len()).map(|at| format!("${at}")).collect();
            let (columns, places) = (columns.join(", "), places.join(", "));
            inserts.push(format!("INSERT INTO {name} ({columns}) VALUES ({places})"));
            let mut select = connection.prepare(&format!("SELECT {case}, {columns} FROM {name}"))?;
            let width = select.column_count();
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let id: Vec<u8> = row.get(0)?;
                // Events of other streams and cases beyond the limit are left out.
                let Some(case) = cases.get_mut(&id) else { continue };
                let values: Vec<Value> = (1..width).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                case.rows.push((table, values));
            }
        }
        let mut cases: Vec<Case> = cases.into_values().collect();
        // As the server wrote them: a document whose number is smaller than the last one's would cost more.
        cases.sort_by_key(|case| case.doc);
        ensure!(!cases.is_empty(), "the server wrote no case");
        Ok(Rows { inserts, cases })
    }

    fn write(&self, file: &Path, batch: usize, messages: &[Message]) -> Result<Duration> {
        let connection = schema::new_database(file).context("no database can be made")?;
        let mut inserts = Vec::new();
        for sql in &self.inserts {
            inserts.push(connection.prepare(sql)?);
        }
        let mut index = connection.prepare("INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)")?;
        let documents = messages.iter().cycle();
        let with_documents: Vec<(&Case, &Message)> = self.cases.iter().zip(documents).collect();
        let began = Instant::now();
        for together in with_documents.chunks(batch) {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for (case, _) in together {
                for (table, values) in &case.rows {
                    inserts[*table].execute(rusqlite::params_from_iter(values))?;
                }
            }
            for (case, message) in together {
                index.execute((case.doc, &message.document))?;
            }
            connection.execute_batch("COMMIT")?;
        }
        // The server's log is copied into its database all the while; what is left of this one counts too.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_counts| Ok(()))?;
        Ok(began.elapsed())
    }
}

/// Returns the cases that are written again, the newest, each with the number of its search document.
fn chosen(connection: &Connection) -> Result<Vec<(Vec<u8>, i64)>> {
    let mut select = connection.prepare("SELECT id, doc FROM case_row ORDER BY id DESC LIMIT $1")?;
    let cases = select.query_map([CASES as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(cases.collect::<Result<_, _>>()?)
}

/// Returns the columns of a table that are written, which leaves the computed ones out.
fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info($1)")?;
    let names = select.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
