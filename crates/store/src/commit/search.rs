//! The search index: one document per case, over its present title, text and place.
//!
//! SQLite's own: an FTS5 table without content, keyed by `case_row.doc`. Its row number is global to the
//! file, so a document of another tenant is kept out by the join with `case_row`, which names the tenant.

use std::collections::HashSet;

use bihuan_core::case::Case;
use bihuan_core::event::BodyRef;
use bihuan_core::id::{CaseId, TenantId};
use rusqlite::Connection;

use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    INSERT = "INSERT INTO case_text (tokens) VALUES ($1)";
    DELETE = "DELETE FROM case_text WHERE rowid =
        (SELECT doc FROM case_row WHERE tenant = $1 AND id = $2)";
    REPLACE = "INSERT INTO case_text (rowid, tokens)
        SELECT doc, $1 FROM case_row WHERE tenant = $2 AND id = $3";
}

/// The SQL over `case_row c` that is true of cases holding all tokens of the `MATCH` text `$n`.
pub(crate) fn condition(parameter: usize) -> String {
    format!("c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${parameter})")
}

/// Returns the bodies that a case is found by.
pub(crate) fn searched(case: &Case) -> impl Iterator<Item = BodyRef> {
    [Some(case.title), Some(case.text), case.place]
        .into_iter()
        .flatten()
}

/// Returns the distinct tokens of the texts that a case is found by, in order of appearance.
pub fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for token in texts.into_iter().flat_map(bihuan_text::tokens) {
        if seen.insert(token.clone()) {
            all.push(token);
        }
    }
    all
}

/// Writes the document of a new case and returns its number.
pub(crate) fn insert(connection: &Connection, document: &str) -> Result<i64, StoreError> {
    connection.prepare_cached(INSERT)?.execute([document])?;
    Ok(connection.last_insert_rowid())
}

/// Writes the document of a case anew; the old tokens are gone.
pub(crate) fn replace(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    document: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(DELETE)?
        .execute((Id(tenant.0), Id(case.0)))?;
    connection
        .prepare_cached(REPLACE)?
        .execute((document, Id(tenant.0), Id(case.0)))?;
    Ok(())
}
