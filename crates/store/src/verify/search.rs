//! The search index against the texts: an index is built anew beside it, and both vocabularies are read
//! in order and compared. Findings name the case, never the word.

use bihuan_core::id::TenantId;

use super::findings::{Check, Findings};
use crate::engine::connection::{Connection, Rows};
use crate::engine::sqlite;
use crate::error::StoreError;
use crate::schema;
use crate::value::Id;

/// Lists each word with each document it is in.
const VOCABULARY: &str =
    "CREATE VIRTUAL TABLE temp.case_vocabulary USING fts5vocab('main', 'case_text', 'instance')";

/// The index built anew. Lies in a file of its own that SQLite removes, not in memory.
pub(super) struct Index {
    scratch: Connection,
}

impl Index {
    pub(super) fn new() -> Result<Index, StoreError> {
        let scratch = sqlite::temporary()?;
        schema::migrate(&scratch)?;
        scratch.begin()?;
        Ok(Index { scratch })
    }

    /// Adds the document of a case as its texts make it.
    pub(super) fn add(&self, document: i64, tokens: &str) -> Result<(), StoreError> {
        self.scratch.execute(
            "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)",
            (document, tokens),
        )?;
        Ok(())
    }

    /// Compares the tenant's index with what was added.
    pub(super) fn check(
        &self,
        connection: &Connection,
        tenant: TenantId,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.scratch.run(VOCABULARY)?;
        run_on_reader(connection, VOCABULARY)?;
        let compared = self.compare(connection, tenant, findings);
        run_on_reader(connection, "DROP TABLE temp.case_vocabulary")?;
        compared
    }

    fn compare(
        &self,
        connection: &Connection,
        tenant: TenantId,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut expected = self
            .scratch
            .prepare("SELECT term, doc FROM case_vocabulary ORDER BY term, doc")?;
        let mut expected = expected.query(())?;
        let mut found = connection.prepare(
            "SELECT term, doc FROM case_vocabulary
             WHERE doc IN (SELECT doc FROM case_row WHERE tenant = $1) ORDER BY term, doc",
        )?;
        let mut found = found.query((Id(tenant.0),))?;
        let (mut left, mut right) = (next(&mut expected)?, next(&mut found)?);
        loop {
            let order = match (&left, &right) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(left), Some(right)) => left.cmp(right),
            };
            let one_sided = if order.is_gt() { &right } else { &left };
            if let (Some((_, document)), false) = (one_sided, order.is_eq()) {
                let problem = if order.is_lt() {
                    "is not found by a word of its text"
                } else {
                    "is found by a word that is not in its text"
                };
                findings.add(Check::Search, subject(connection, tenant, *document)?, problem);
            }
            if order.is_le() {
                left = next(&mut expected)?;
            }
            if order.is_ge() {
                right = next(&mut found)?;
            }
        }
    }
}

/// Runs a statement on the temporary schema, which a reader's connection forbids with all other writing.
fn run_on_reader(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.run("PRAGMA query_only = OFF")?;
    let ran = connection.run(sql);
    connection.run("PRAGMA query_only = ON")?;
    ran
}

fn next(rows: &mut Rows<'_>) -> Result<Option<(String, i64)>, StoreError> {
    match rows.next()? {
        Some(row) => Ok(Some((row.get(0)?, row.get(1)?))),
        None => Ok(None),
    }
}

fn subject(connection: &Connection, tenant: TenantId, document: i64) -> Result<String, StoreError> {
    let mut statement = connection.prepare("SELECT id FROM case_row WHERE tenant = $1 AND doc = $2")?;
    let case: Option<Id> = statement.query_optional((Id(tenant.0), document), |row| row.get(0))?;
    Ok(case.map_or_else(
        || format!("search document {document}"),
        |Id(case)| format!("case {case}"),
    ))
}
