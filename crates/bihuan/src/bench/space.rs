//! Bytes on disk against the bytes of what they hold.
//!
//! The content of a case is what people wrote of it, its events as they are hashed, and one hash for each.
//! Everything else is the store's: seals, keys, rows and indexes, the search index, the order and the tree.

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};

use super::figure::Figure;
use super::fill::Filled;
use crate::failure::Failure;

/// What sealing adds to a text: nonce, tag and salt.
const SEAL_BYTES: i64 = 24 + 16 + 16;
/// A hash.
const HASH_BYTES: i64 = 32;

/// What is looked at by itself: a table with its indexes, or the tables behind the search index.
const PARTS: [&str; 10] = [
    "event",
    "body",
    "case_row",
    "case_text",
    "sequence",
    "body_key",
    "case_unit",
    "tile",
    "inbox",
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
    let content = content(&connection).map_err(Failure::Internal)?;
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
}

fn content(connection: &Connection) -> Result<Content> {
    // What lies in the write-ahead log moves into the file, so that nothing counts twice.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))?;
    let sum =
        |sql: &str| connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let (events, event_bytes) = sum("SELECT count(*), coalesce(sum(length(data)), 0) FROM event")?;
    let (bodies, sealed) = sum("SELECT count(*), coalesce(sum(length(sealed)), 0) FROM body")?;
    Ok(Content {
        text: sealed - bodies * SEAL_BYTES,
        events: event_bytes,
        hashes: events * HASH_BYTES,
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
