//! The log and its proof: every event's bytes against its hash, its link to the event before it and its place;
//! the tree against the order, signed heads against the tree.

use bihuan_core::id::TenantId;

use super::apart;
use super::events::{Checked, check_event, check_stranger, subject};
use super::findings::{Check, Findings};
use super::links::Links;
use super::log::{Log, Page, Place};
use super::places::{Places, Signed, check_tiles};
use crate::beside::beside;
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::proof::tree::Tiles;
use crate::proof::{Head, checkpoint};
use crate::value::Id;

statements! {
    KEPT = "SELECT size, note FROM checkpoint WHERE tenant = $1 ORDER BY size";
}

/// What can be said of the log by the log alone, as far as it was read.
struct Checker {
    places: Places,
    links: Links,
}

/// Goes through the log once and returns the head computed from it. What of it has to be looked up is looked up
/// through `asked`, which is as new as `connection` or newer: none of it ever changes.
pub(super) fn check(
    connection: &Connection,
    asked: &Connection,
    keys: &TenantKeys,
    mut heads: Vec<Signed>,
    findings: &mut Findings,
    tick: &mut dyn FnMut(usize),
) -> Result<Head, StoreError> {
    heads.extend(kept_heads(connection, keys, findings)?);
    heads.sort_by_key(|(head, _)| head.size);
    let places = Places::new(heads);
    let places = match connection.engine() {
        Engine::Sqlite => check_rows(connection, keys.tenant, places, findings, tick)?,
        Engine::Postgres => apart::check(connection, asked, keys.tenant, places, findings, tick)?,
    };
    places.end(&Tiles::new(connection, keys.tenant), findings)
}

/// Goes through a log whose rows are its places.
fn check_rows(
    connection: &Connection,
    tenant: TenantId,
    places: Places,
    findings: &mut Findings,
    tick: &mut dyn FnMut(usize),
) -> Result<Places, StoreError> {
    let mut log = Log::begin(connection, tenant)?;
    let asked = Log::begin(connection, tenant)?;
    let tiles = Tiles::new(connection, tenant);
    let checker = beside(
        Checker {
            places,
            links: Links::new(),
        },
        |checker, page| checker.page(&page),
        || log.page(),
        |checked: Checked| {
            findings.take(checked.findings);
            check_tiles(&tiles, &checked.tiles, findings)?;
            for stranger in &checked.strangers {
                check_stranger(stranger, || asked.before(stranger), findings)?;
            }
            tick(checked.events);
            Ok(())
        },
    )?;
    Ok(checker.places)
}

impl Checker {
    fn page(&mut self, page: &Page) -> Result<Checked, StoreError> {
        let mut checked = Checked {
            events: page.places.len(),
            ..Checked::default()
        };
        for place in &page.places {
            match &place.event {
                Some(event) => check_event(&mut self.links, Some(place.seq), event, &page.data, &mut checked),
                None => {
                    let findings = &mut checked.findings;
                    findings.add(Check::Order, place.called(), "holds no event any more");
                }
            }
            self.places
                .take((place.seq, place.leaf), || place.called(), &mut checked)?;
        }
        Ok(checked)
    }
}

impl Place {
    fn called(&self) -> String {
        match &self.event {
            Some(event) => subject(event.stream, event.version),
            None => format!("place {}", self.seq),
        }
    }
}

/// Returns the heads that the store itself keeps.
fn kept_heads(
    connection: &Connection,
    keys: &TenantKeys,
    findings: &mut Findings,
) -> Result<Vec<Signed>, StoreError> {
    let mut statement = connection.prepare(KEPT)?;
    let mut rows = statement.query((Id(keys.tenant.0),))?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        let (size, note): (i64, String) = (row.get(0)?, row.get(1)?);
        match checkpoint::open(keys, &note) {
            Ok(head) => heads.push((head, "a kept checkpoint")),
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
