//! The search index: one document per case, over its present title, text and place.
//!
//! On SQLite an FTS5 table without content, keyed by `case_row.doc`. Its row number is global to the file, so
//! a document of another tenant is kept out by the join with `case_row`, which names the tenant. On
//! PostgreSQL a table of `tsvector`, keyed by the case. The tokens are cut by us in both.

use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::event::BodyRef;

use crate::engine::connection::{Connection, Engine};
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::value::Id;

statements! {
    in sqlite
    FIND = "SELECT doc FROM case_row WHERE tenant = $1 AND id = $2";
    DELETE = "DELETE FROM case_text WHERE rowid = $1";
    INSERT = "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)";
    MERGE = "INSERT INTO case_text (case_text) VALUES ('optimize')";
    MERGE_SOME = "INSERT INTO case_text (case_text, rank) VALUES ('merge', $1)";
    CHANGES = "SELECT total_changes()";
    HOLDING = "SELECT count(*) FROM (SELECT 1 FROM case_text WHERE case_text MATCH $1 LIMIT $2) AS holding";
    NEWEST = "SELECT rowid FROM case_text WHERE case_text MATCH $1 AND rowid BETWEEN $2 AND $3
        ORDER BY rowid DESC LIMIT $4";
}

/// PostgreSQL's own.
static UPSERT: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("case_id", Form::Blob),
        ("tokens", Form::Text),
    ];
    let conflict = "ON CONFLICT (tenant, case_id) DO UPDATE SET tokens = excluded.tokens";
    Many::insert("case_text", &columns, conflict).selecting("tokens", "CAST(tokens AS TSVECTOR)")
});

/// What a case is found by from now on.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its tokens, as the index reads them: made by [`index_text`].
    pub(crate) tokens: String,
    /// Whether nothing may be left of the older one: a text was erased.
    pub(crate) erases: bool,
}

/// A document on its way into the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) tenant: Id,
    pub(crate) case: Id,
    pub(crate) tokens: &'a str,
    /// The number of a new case's document; `None` where an older one is replaced.
    pub(crate) doc: Option<i64>,
    /// Whether nothing may be left of the older one.
    pub(crate) erases: bool,
}

/// Returns the document of texts as the engine's index reads it.
pub(crate) fn index_text(engine: Engine, texts: &[String]) -> String {
    let document = bihuan_text::document(texts.iter().map(String::as_str));
    match engine {
        Engine::Sqlite => document,
        Engine::Postgres => bihuan_text::tsvector(&document),
    }
}

/// Returns what the engine's index is asked for cases holding all tokens.
pub(crate) fn question(engine: Engine, tokens: &[String]) -> String {
    match engine {
        Engine::Sqlite => bihuan_text::fts_query(tokens),
        Engine::Postgres => bihuan_text::tsquery(tokens),
    }
}

/// The SQL over `case_row c` that is true of cases answering the [`question`] `$n`.
pub(crate) fn condition(engine: Engine, parameter: usize) -> String {
    match engine {
        Engine::Sqlite => {
            format!("c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${parameter})")
        }
        // Not `IN`: so the planner may begin with the matches or walk the list in its order and look each up.
        Engine::Postgres => format!(
            "EXISTS (SELECT 1 FROM case_text t WHERE t.tenant = c.tenant AND t.case_id = c.id
                AND t.tokens @@ CAST(CAST(${parameter} AS TEXT) AS TSQUERY))"
        ),
    }
}

/// Like [`condition`], of cases whose documents' numbers lie between two, where these are known: SQLite reads no
/// others then.
pub(crate) fn condition_within(engine: Engine, parameter: usize, documents: Option<(i64, i64)>) -> String {
    match (engine, documents) {
        (Engine::Sqlite, Some((first, last))) => format!(
            // Read backwards, which is faster; an order is kept only where there is a limit.
            "c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${parameter}
                AND rowid BETWEEN {first} AND {last} ORDER BY rowid DESC LIMIT {})",
            last - first + 1
        ),
        (Engine::Sqlite, None) | (Engine::Postgres, _) => condition(engine, parameter),
    }
}

/// Like [`condition`], of cases whose documents are among the newest that answer it of those numbers. SQLite's own.
pub(crate) fn condition_of_newest(parameter: usize, (first, last): (i64, i64), newest: usize) -> String {
    format!(
        "c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${parameter}
            AND rowid BETWEEN {first} AND {last} ORDER BY rowid DESC LIMIT {newest})"
    )
}

/// Returns how many documents hold all tokens, of all tenants, counted up to `cap`. SQLite's own.
pub(crate) fn holding(connection: &Connection, tokens: &[String], cap: usize) -> Result<usize, StoreError> {
    let cap = i64::try_from(cap).unwrap_or(i64::MAX);
    let asked = question(Engine::Sqlite, tokens);
    let holding: i64 = connection.query_row(HOLDING, (asked, cap), |row| row.get(0))?;
    Ok(usize::try_from(holding).unwrap_or(0))
}

/// Returns the newest documents that hold all tokens, of those whose numbers lie between two. SQLite's own.
pub(crate) fn newest(
    connection: &Connection,
    tokens: &[String],
    (first, last): (i64, i64),
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let asked = question(Engine::Sqlite, tokens);
    connection.query(NEWEST, (asked, first, last, most), |row| row.get(0))
}

/// Returns the bodies that a case is found by.
pub(crate) fn searched(case: &Case) -> impl Iterator<Item = BodyRef> {
    [Some(case.title), Some(case.text), case.place]
        .into_iter()
        .flatten()
}

/// Writes documents, once the rows of their cases are written.
pub(crate) fn write(connection: &Connection, documents: &[Written<'_>]) -> Result<(), StoreError> {
    match connection.engine() {
        Engine::Sqlite => write_fts(connection, documents),
        Engine::Postgres => {
            let rows: Vec<_> = documents
                .iter()
                .map(|written| {
                    [
                        written.tenant.bind(),
                        written.case.bind(),
                        Value::Text(written.tokens),
                    ]
                })
                .collect();
            connection.write_many(&UPSERT, &rows)
        }
    }
}

/// Merges segments of SQLite's index where four of a size lie side by side, until so many pages are written; returns
/// whether there was anything to merge. What it merged in part before goes on.
pub(crate) fn merge_some(connection: &Connection, pages: u32) -> Result<bool, StoreError> {
    let changes = || connection.query_row(CHANGES, (), |row| row.get::<i64>(0));
    let before = changes()?;
    connection.execute(MERGE_SOME, (pages,))?;
    // The statement itself counts as one.
    Ok(changes()? - before > 1)
}

fn write_fts(connection: &Connection, documents: &[Written<'_>]) -> Result<(), StoreError> {
    for written in documents {
        let doc = match written.doc {
            Some(doc) => doc,
            None => {
                let place = (written.tenant, written.case);
                let doc: i64 = connection.query_row(FIND, place, |row| row.get(0))?;
                connection.execute(DELETE, (doc,))?;
                doc
            }
        };
        // One row by its values: a statement that might write several has a savepoint of its own.
        connection.execute(INSERT, (doc, written.tokens))?;
    }
    // SQLite only marks the tokens of replaced documents as gone until it merges its segments by itself.
    // This merges all of them: about as much work as writing the index anew, and for erasing only.
    if documents.iter().any(|written| written.erases) {
        connection.execute(MERGE, ())?;
    }
    Ok(())
}
