//! The search index against the texts. On SQLite an index is built anew beside it, and both vocabularies are
//! read in order and compared; PostgreSQL compares the document of each case by itself. Findings name the
//! case, never the word.

use bihuan_core::id::{CaseId, TenantId};

use super::findings::{Check, Findings};
use crate::commit::search;
use crate::engine::connection::{Connection, Engine, Rows};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::schema;
use crate::value::Id;

statements! {
    in postgres
    SAME = "SELECT tokens = CAST(CAST($1 AS TEXT) AS TSVECTOR) FROM case_text
        WHERE tenant = $2 AND case_id = $3";
    ORPHANS = "SELECT t.case_id FROM case_text t WHERE t.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM case_row c WHERE c.tenant = t.tenant AND c.id = t.case_id) ORDER BY t.case_id";
}

/// Lists each word with each document it is in.
const VOCABULARY: &str =
    "CREATE VIRTUAL TABLE temp.case_vocabulary USING fts5vocab('main', 'case_text', 'instance')";

/// The index built anew. Lies in a file of its own that SQLite removes, not in memory.
pub(super) struct Index {
    scratch: Connection,
}

impl Index {
    pub(super) fn new() -> Result<Index, StoreError> {
        let scratch = Connection::temporary()?;
        schema::migrate(&scratch)?;
        scratch.begin()?;
        Ok(Index { scratch })
    }

    /// Takes up the document of a case as its texts make it.
    pub(super) fn take(
        &self,
        connection: &Connection,
        tenant: TenantId,
        (case, document): (CaseId, i64),
        texts: &[String],
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let text = search::index_text(connection.engine(), texts);
        match connection.engine() {
            Engine::Sqlite => {
                let insert = "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)";
                self.scratch.execute(insert, (document, text))?;
            }
            Engine::Postgres => {
                let params = (text, Id(tenant.0), Id(case.0));
                if connection.query_optional(SAME, params, |row| row.get(0))? != Some(true) {
                    let problem = "is not found by the words of its text";
                    findings.add(Check::Search, format!("case {case}"), problem);
                }
            }
        }
        Ok(())
    }

    /// Compares the tenant's index with what was added.
    pub(super) fn check(
        &self,
        connection: &Connection,
        tenant: TenantId,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        if connection.engine() == Engine::Postgres {
            for case in connection.query(ORPHANS, (Id(tenant.0),), |row| row.get::<Id>(0))? {
                let problem = "is found by words and has no row";
                findings.add(Check::Search, format!("case {}", case.0), problem);
            }
            return Ok(());
        }
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
