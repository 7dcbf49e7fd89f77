//! The order against the events, the tree against the order, signed heads against the tree.

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};

use super::findings::{Check, Findings};
use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::proof::sequence::stream_of;
use crate::proof::tree::{Growth, TileRow, Tiles};
use crate::proof::{Head, checkpoint};
use crate::value::{Hash, Id};

statements! {
    KEPT = "SELECT size, note FROM checkpoint WHERE tenant = $1 ORDER BY size";
}

statements! {
    in sqlite
    PLACES = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, s.hash, e.hash, e.rowid
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq >= $2 ORDER BY s.seq LIMIT $3";
    COUNT_PLACED = "SELECT count(*) FROM event WHERE +tenant = $1 AND rowid <= $2";
}

// Rows have no order of their own there, so the place itself stands for it; and what has no place is queued.
statements! {
    in postgres
    PLACES_ALONE = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, s.hash, e.hash, s.seq
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.tenant = $1 AND s.seq >= $2 ORDER BY s.seq LIMIT $3";
    COUNT_NOT_QUEUED = "SELECT count(*) FROM event e WHERE e.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM unplaced u WHERE u.tenant = e.tenant AND u.stream_kind = e.stream_kind
        AND u.stream_id = e.stream_id AND u.version = e.version AND u.hash = e.hash)";
}

/// Places that are read at a time.
const PAGE: i64 = 8_192;

/// A place in the order, and the event there.
struct Place {
    seq: u64,
    stream: Stream,
    version: u32,
    hash: Digest,
    /// The event's own hash and row; `None` where it is gone.
    event: Option<(Digest, i64)>,
}

/// Goes through the order once and returns the head computed from it.
pub(super) fn check(
    connection: &Connection,
    keys: &TenantKeys,
    mut heads: Vec<(Head, &str)>,
    findings: &mut Findings,
    tick: &mut dyn FnMut(),
) -> Result<Head, StoreError> {
    heads.extend(
        kept_heads(connection, keys, findings)?
            .into_iter()
            .map(|head| (head, "a kept checkpoint")),
    );
    heads.sort_by_key(|(head, _)| head.size);
    let mut heads = heads.into_iter().peekable();
    let tiles = Tiles::new(connection, keys.tenant);
    let mut growth = Growth::default();
    let mut last_row = i64::MIN;
    let mut from = 0;
    loop {
        let page = page(connection, keys.tenant, from)?;
        let Some(last) = page.last() else { break };
        from = last.seq + 1;
        for place in &page {
            last_row = check_place(place, growth.size(), last_row, findings);
            while let Some((head, whose)) = heads.next_if(|(head, _)| head.size == growth.size()) {
                check_head(&growth, head, whose, findings);
            }
            growth.push(place.hash, &mut |tile| check_tile(&tiles, &tile, findings))?;
            tick();
        }
    }
    for tile in growth.edge() {
        check_tile(&tiles, &tile, findings)?;
    }
    for (head, whose) in heads {
        check_head(&growth, head, whose, findings);
    }
    check_unplaced(connection, keys.tenant, last_row, growth.size(), findings)?;
    Ok(growth.head())
}

fn page(connection: &Connection, tenant: TenantId, from: u64) -> Result<Vec<Place>, StoreError> {
    let places = match connection.engine() {
        Engine::Sqlite => PLACES,
        Engine::Postgres => PLACES_ALONE,
    };
    connection.query(places, (Id(tenant.0), from.cast_signed(), PAGE), read_place)
}

fn read_place(row: Row<'_>) -> Result<Place, StoreError> {
    let (kind, id, Hash(hash)) = (row.get(1)?, row.get(2)?, row.get(4)?);
    let event = match row.get::<Option<Hash>>(5)? {
        Some(Hash(own)) => Some((own, row.get(6)?)),
        None => None,
    };
    Ok(Place {
        seq: row.get::<i64>(0)?.cast_unsigned(),
        stream: stream_of(kind, id)?,
        version: row.get(3)?,
        hash,
        event,
    })
}

/// Checks one place and returns the row of its event, or the row before it.
fn check_place(place: &Place, expected: u64, last_row: i64, findings: &mut Findings) -> i64 {
    let subject = || format!("event {} of {}", place.version, name(place.stream));
    if place.seq != expected {
        findings.add(
            Check::Order,
            subject(),
            format!("has place {} where {expected} follows", place.seq),
        );
    }
    let Some((own, row)) = place.event else {
        findings.add(
            Check::Order,
            subject(),
            format!("is gone; it had place {}", place.seq),
        );
        return last_row;
    };
    if own != place.hash {
        findings.add(
            Check::Order,
            subject(),
            format!("has another hash than at place {}", place.seq),
        );
    }
    if row <= last_row {
        findings.add(
            Check::Order,
            subject(),
            format!("at place {} was committed earlier than the one before", place.seq),
        );
    }
    row.max(last_row)
}

fn check_tile(tiles: &Tiles<'_>, tile: &TileRow, findings: &mut Findings) -> Result<(), StoreError> {
    if tiles.load(tile.level, tile.place)? != tile.hashes {
        let subject = format!("tile {} of level {}", tile.place, tile.level);
        findings.add(Check::Tree, subject, "differs from the order");
    }
    Ok(())
}

fn check_head(growth: &Growth, head: Head, whose: &str, findings: &mut Findings) {
    if head.size > growth.size() {
        let problem = format!(
            "covers {} events, the log has {}: events were taken out",
            head.size,
            growth.size()
        );
        findings.add(Check::Checkpoint, whose, problem);
    } else if growth.head() != head {
        let problem = format!(
            "does not fit: the first {} events are not those it was signed over",
            head.size
        );
        findings.add(Check::Checkpoint, whose, problem);
    }
}

/// Returns the heads that the store itself keeps.
fn kept_heads(
    connection: &Connection,
    keys: &TenantKeys,
    findings: &mut Findings,
) -> Result<Vec<Head>, StoreError> {
    let mut statement = connection.prepare(KEPT)?;
    let mut rows = statement.query((Id(keys.tenant.0),))?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        let (size, note): (i64, String) = (row.get(0)?, row.get(1)?);
        match checkpoint::open(keys, &note) {
            Ok(head) => heads.push(head),
            Err(error) => {
                findings.add(
                    Check::Checkpoint,
                    format!("the kept checkpoint of size {size}"),
                    error.to_string(),
                );
            }
        }
    }
    Ok(heads)
}

/// Every event up to the last placed one must have a place.
fn check_unplaced(
    connection: &Connection,
    tenant: TenantId,
    last_row: i64,
    placed: u64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let count: i64 = match connection.engine() {
        Engine::Sqlite => connection.query_row(COUNT_PLACED, (Id(tenant.0), last_row), |row| row.get(0)),
        Engine::Postgres => connection.query_row(COUNT_NOT_QUEUED, (Id(tenant.0),), |row| row.get(0)),
    }?;
    if count.cast_unsigned() > placed {
        let problem = format!("{count} events up to the last placed one, but {placed} places");
        findings.add(Check::Order, "the order", problem);
    }
    Ok(())
}

/// Returns how a stream is called in findings.
pub(super) fn name(stream: Stream) -> String {
    match stream {
        Stream::Org => "the org tree".to_owned(),
        Stream::Packs => "the packs".to_owned(),
        Stream::Calendars => "the calendars".to_owned(),
        Stream::Case(case) => format!("case {case}"),
    }
}
