//! The search index: one document per case, over its present title, text and place.
//!
//! SQLite's own: an FTS5 table without content, keyed by `case_row.doc`. Its row number is global to the
//! file, so a document of another tenant is kept out by the join with `case_row`, which names the tenant.

use bihuan_core::case::Case;
use bihuan_core::event::BodyRef;
use bihuan_core::id::{CaseId, TenantId};

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    FIND = "SELECT doc FROM case_row WHERE tenant = $1 AND id = $2";
    DELETE = "DELETE FROM case_text WHERE rowid = $1";
    INSERT = "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)";
    MERGE = "INSERT INTO case_text (case_text) VALUES ('optimize')";
}

/// What a case is found by from now on.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) case: CaseId,
    /// Its tokens, as the index reads them.
    pub(crate) tokens: String,
    /// Whether there is an older document of the case.
    pub(crate) replaces: bool,
    /// Whether nothing may be left of the older one: a text was erased.
    pub(crate) erases: bool,
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

/// Writes a document, once the row of its case is written.
///
/// At the end of a transaction, after the last savepoint: each savepoint makes the index write out what it
/// holds in memory, which costs more than the tokens themselves.
pub(crate) fn write(
    connection: &Connection,
    tenant: TenantId,
    document: &Document,
) -> Result<(), StoreError> {
    let doc: i64 = connection.query_row(FIND, (Id(tenant.0), Id(document.case.0)), |row| row.get(0))?;
    if document.replaces {
        connection.execute(DELETE, (doc,))?;
    }
    // One row by its values: a statement that might write several has a savepoint of its own.
    connection.execute(INSERT, (doc, &document.tokens))?;
    if document.erases {
        scrub(connection)
    } else {
        Ok(())
    }
}

/// Takes the tokens of replaced documents out of the index for good.
///
/// SQLite only marks them as gone until it merges its segments by itself. This merges all of them: it costs
/// about as much as writing the whole index anew, and is for erasing only.
fn scrub(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(MERGE, ())?;
    Ok(())
}
