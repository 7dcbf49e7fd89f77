//! The search index against the texts. On SQLite an index is built anew beside it, and both vocabularies are
//! read in order and compared; on PostgreSQL the words of each case are compared by themselves. Findings name
//! the case, never the word.

use std::collections::HashSet;

use bihuan_core::id::{CaseId, TenantId};

use super::derived::Derived;
use super::findings::{Check, Findings};
use crate::commit::search;
use crate::engine::connection::{Connection, Engine, Rows};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::schema;
use crate::value::Id;

statements! {
    in postgres
    ORPHANS = "SELECT t.case_id FROM case_text t WHERE t.tenant = $1 AND NOT EXISTS (
        SELECT 1 FROM case_row c WHERE c.tenant = t.tenant AND c.id = t.case_id) ORDER BY t.case_id";
}

/// Lists each word with each document it is in.
const VOCABULARY: &str =
    "CREATE VIRTUAL TABLE temp.case_vocabulary USING fts5vocab('main', 'case_text', 'instance')";

/// The index as the texts make it.
pub(super) enum Index {
    /// Built anew, to be compared in the end. Lies in a file of its own that SQLite removes, not in memory.
    Built(Connection),
    /// Compared case by case.
    Compared,
}

impl Index {
    pub(super) fn new(engine: Engine) -> Result<Index, StoreError> {
        if engine == Engine::Postgres {
            return Ok(Index::Compared);
        }
        let scratch = Connection::temporary()?;
        schema::migrate(&scratch)?;
        scratch.begin()?;
        Ok(Index::Built(scratch))
    }

    /// Takes up the document of a case as its texts make it.
    pub(super) fn take(
        &self,
        case: CaseId,
        texts: &[String],
        derived: &Derived,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        match self {
            Index::Built(scratch) => {
                let insert = "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)";
                if let Some(document) = derived.documents.one(case) {
                    let text = search::index_text(Engine::Sqlite, texts);
                    scratch.execute(insert, (*document, text))?;
                }
            }
            Index::Compared => {
                let document = bihuan_text::document(texts.iter().map(String::as_str));
                let expected: HashSet<&str> = bihuan_text::lexemes(&document).collect();
                let found = derived.tokens.one(case);
                let same = found.is_some_and(|found| {
                    let found: HashSet<&str> = found.split_terminator(' ').collect();
                    found == expected
                });
                if !same {
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
        match self {
            Index::Built(scratch) => {
                scratch.run(VOCABULARY)?;
                run_on_reader(connection, VOCABULARY)?;
                let compared = compare(scratch, connection, tenant, findings);
                run_on_reader(connection, "DROP TABLE temp.case_vocabulary")?;
                compared
            }
            Index::Compared => {
                for case in connection.query(ORPHANS, (Id(tenant.0),), |row| row.get::<Id>(0))? {
                    let problem = "is found by words and has no row";
                    findings.add(Check::Search, format!("case {}", case.0), problem);
                }
                Ok(())
            }
        }
    }
}

/// Compares the tenant's index with the one built anew.
fn compare(
    scratch: &Connection,
    connection: &Connection,
    tenant: TenantId,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    // The documents of a word come in their order. To ask for it as well makes SQLite sort all of it, in memory.
    let mut expected = scratch.prepare("SELECT term, doc FROM case_vocabulary ORDER BY term")?;
    let mut expected = expected.query(())?;
    let mut found = connection.prepare(
        "SELECT term, doc FROM case_vocabulary
         WHERE doc IN (SELECT doc FROM case_row WHERE tenant = $1) ORDER BY term",
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
