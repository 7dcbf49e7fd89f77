//! Search documents, made anew from the texts: the engines keep them in forms of their own.

use std::collections::HashMap;

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold;
use bihuan_core::event::Stream;
use bihuan_core::id::CaseId;
use uuid::Uuid;

use super::copy::Copying;
use super::page::Page;
use crate::commit::log;
use crate::commit::search::{self, Written};
use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Read};
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::seal::BodyKey;
use crate::value::Id;

statements! {
    EVENTS = "SELECT stream_id, version, data FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id >= $3 AND stream_id <= $4
        ORDER BY stream_id, version";
    BODY_KEYS = "SELECT case_id, wrapped_key FROM body_key
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3";
    BODIES = "SELECT id, sealed FROM body
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 AND sealed IS NOT NULL";
}

statements! {
    in sqlite
    DOCS = "SELECT id, doc FROM case_row WHERE tenant = $1 AND id >= $2 AND id <= $3";
}

/// The documents of cases that follow each other.
#[derive(Debug)]
pub(super) struct Documents {
    range: (Id, Id, Id),
    tokens: Vec<(Uuid, String)>,
}

impl Copying<'_> {
    /// Makes the documents of a page of cases, those of each tenant together.
    pub(super) fn documents(
        &self,
        tenants: &[TenantKeys],
        page: &Page,
    ) -> Result<Vec<Documents>, StoreError> {
        let mut ranges: Vec<(Id, Id, Id)> = Vec::new();
        for row in page.rows() {
            let (tenant, case) = (Id::read(row[0].bind())?, Id::read(row[1].bind())?);
            match ranges.last_mut() {
                Some((of, _, last)) if *of == tenant => *last = case,
                Some(_) | None => ranges.push((tenant, case, case)),
            }
        }
        let documents = ranges.into_iter().map(|range| {
            let keys = tenants.iter().find(|keys| keys.tenant.0 == range.0.0);
            let keys = keys.ok_or_else(|| StoreError::Corrupt("a case has no tenant".into()))?;
            self.range(keys, range)
        });
        documents.collect()
    }

    fn range(&self, keys: &TenantKeys, range: (Id, Id, Id)) -> Result<Documents, StoreError> {
        let engine = self.target.engine();
        let body_keys: HashMap<Uuid, Vec<u8>> = pairs(self.source, BODY_KEYS, range)?;
        let bodies: HashMap<Uuid, Vec<u8>> = pairs(self.source, BODIES, range)?;
        let mut tokens = Vec::new();
        for case in cases(self.source, range)? {
            let unreadable =
                |_opaque| StoreError::Corrupt(format!("a text of case {} does not open", case.id));
            let key = body_keys.get(&case.id.0);
            let key = key.map(|wrapped| BodyKey::unwrap_for(keys, case.id, wrapped).map_err(unreadable));
            let mut texts = Vec::new();
            if let Some(key) = key.transpose()? {
                for body in search::searched(&case) {
                    // What was erased is not there.
                    if let Some(sealed) = bodies.get(&body.id.0) {
                        texts.push(key.open(body.id, sealed).map_err(unreadable)?.text);
                    }
                }
            }
            tokens.push((case.id.0, search::index_text(engine, &texts)));
        }
        Ok(Documents { range, tokens })
    }
}

impl Documents {
    /// Writes them, once the rows of their cases are written.
    pub(super) fn write(&self, target: &Connection) -> Result<(), StoreError> {
        let docs: HashMap<Uuid, i64> = match target.engine() {
            Engine::Sqlite => pairs(target, DOCS, self.range)?,
            Engine::Postgres => HashMap::new(),
        };
        let mut written: Vec<Written<'_>> = self
            .tokens
            .iter()
            .map(|(case, tokens)| Written {
                tenant: self.range.0,
                case: Id(*case),
                tokens,
                doc: docs.get(case).copied(),
                erases: false,
            })
            .collect();
        // SQLite's index begins a new piece wherever a number does not follow the one before.
        written.sort_unstable_by_key(|written| written.doc);
        search::write(target, &written)
    }
}

/// Reads two columns of the rows in a range of cases.
fn pairs<T: Read>(
    connection: &Connection,
    sql: &str,
    range: (Id, Id, Id),
) -> Result<HashMap<Uuid, T>, StoreError> {
    let read = |row: Row<'_>| Ok((row.get::<Id>(0)?.0, row.get(1)?));
    Ok(connection.query(sql, range, read)?.into_iter().collect())
}

/// Folds the cases in a range.
fn cases(connection: &Connection, (tenant, first, last): (Id, Id, Id)) -> Result<Vec<Case>, StoreError> {
    let (kind, _) = Stream::Case(CaseId(first.0)).key();
    let mut statement = connection.prepare(EVENTS)?;
    let mut rows = statement.query((tenant, kind, first, last))?;
    let mut cases: Vec<Case> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = CaseId(row.get::<Id>(0)?.0);
        let version = row.get(1)?;
        let damaged = |reason: String| StoreError::Corrupt(format!("event {version} of case {id}: {reason}"));
        let entry = log::entry_of(row.value(2)?.blob()?).map_err(damaged)?;
        let before = cases.pop_if(|case| case.id == id);
        cases.push(fold(before, id, version, &entry).map_err(|error| damaged(error.to_string()))?);
    }
    Ok(cases)
}
