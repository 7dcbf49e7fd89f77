//! Bytes on disk against the bytes of what they hold.
//!
//! The content of a case is what people wrote of it, its events as they are hashed, and one hash for each.
//! Everything else is the store's, and what it saves by dense forms counts against that: seals, keys, rows and indexes, the search index, the order and the tree.

use anyhow::Result;
use bihuan_store::dense::event;
use rusqlite::{Connection, OpenFlags};

use super::figure::Figure;
use super::fill::Filled;
use crate::failure::Failure;

/// A hash.
const HASH_BYTES: i64 = 32;

/// What is looked at by itself: a table with its indexes, or the tables behind the search index.
const PARTS: [&str; 8] = [
    "event",
    "body",
    "case_row",
    "case_text",
    "body_key",
    "case_unit",
    "tile",
    "receipt",
];

/// Measures the bytes of a case.
///
/// # Errors
/// A database that cannot be read.
pub fn measure(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let connection = Connection::open_with_flags(
        filled.place.database(),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    let connection = connection.map_err(|error| Failure::Internal(error.into()))?;
    let cases = filled.cases as f64;
    let content = content(&connection, filled.text_bytes).map_err(Failure::Internal)?;
    let parts = parts(&connection).map_err(Failure::Internal)?;
    let disk = filled.place.bytes()? as f64 / cases;
    let part = |bytes: i64| bytes as f64 / cases;
    let all = part(content.text + content.events + content.hashes);
    let total = Figure {
        name: "space",
        values: vec![
            ("bytes_per_case", disk),
            ("content", all),
            ("text", part(content.text)),
            ("events", part(content.events)),
            ("hashes", part(content.hashes)),
            ("events_pressed", part(content.pressed)),
            ("ratio", disk / all),
        ],
        cost: disk,
    };
    let lying = Figure {
        name: "space_by_table",
        values: parts
            .into_iter()
            .map(|(name, bytes)| (name, part(bytes)))
            .collect(),
        cost: disk,
    };
    Ok(vec![total, lying])
}

/// What is held, in bytes.
struct Content {
    text: i64,
    events: i64,
    hashes: i64,
    /// The events as they lie on disk.
    pressed: i64,
}

fn content(connection: &Connection, text: u64) -> Result<Content> {
    // What lies in the write-ahead log moves into the file, so that nothing counts twice.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))?;
    let mut statement = connection.prepare("SELECT data FROM event")?;
    let mut rows = statement.query([])?;
    let (mut count, mut events, mut pressed) = (0, 0, 0);
    while let Some(row) = rows.next()? {
        let stored = row.get_ref(0)?.as_blob()?;
        count += 1;
        pressed += stored.len() as i64;
        events += event::open(stored)?.len() as i64;
    }
    Ok(Content {
        text: text.cast_signed(),
        events,
        hashes: count * HASH_BYTES,
        pressed,
    })
}

/// Returns the bytes of the largest tables with their indexes, and of all others together.
fn parts(connection: &Connection) -> Result<Vec<(&'static str, i64)>> {
    let mut statement = connection.prepare(
        "SELECT s.name, coalesce((SELECT tbl_name FROM sqlite_schema WHERE name = s.name), s.name), s.pgsize
         FROM dbstat s WHERE s.aggregate = TRUE",
    )?;
    let mut rows = statement.query([])?;
    let mut parts: Vec<(&'static str, i64)> = PARTS.into_iter().map(|name| (name, 0)).collect();
    let (mut rest, mut indexes) = (0, 0);
    while let Some(row) = rows.next()? {
        let (name, table, bytes): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let of = |part: &str| table == part || part == "case_text" && table.starts_with("case_text_");
        match parts.iter_mut().find(|(part, _)| of(part)) {
            Some((_, sum)) => *sum += bytes,
            None => rest += bytes,
        }
        if table == "case_row" && name != table {
            indexes += bytes;
        }
    }
    parts.push(("rest", rest));
    parts.push(("case_row_indexes", indexes));
    Ok(parts)
}
