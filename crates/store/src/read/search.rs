//! Search in what people wrote: the newest matches, the best of them first.
//!
//! Ranking every match of a common word would read the whole index, so only the newest
//! [`RANKED`] matches are ranked: words in the title count more than words in the text, and between
//! equals the newer comes first.

use std::collections::HashMap;

use bihuan_core::case::fold::fold_all;
use bihuan_core::event::Stream;
use bihuan_core::filter::{Checked, SqlValue, Way};
use bihuan_core::id::{BodyId, CaseId};
use uuid::Uuid;

use crate::bodies;
use crate::commit::{log, search};
use crate::engine::connection::Engine;
use crate::engine::sql::statements;
use crate::engine::value::Bind;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{COLUMNS, ListRow};
use crate::read::query::Query;
use crate::value::Id;

statements! {
    in postgres
    EVENTS = "SELECT e.stream_id, e.data FROM unnest(CAST($2 AS BIGINT[]), CAST($3 AS BYTEA[])) AS asked (kind, id)
        JOIN event e ON e.tenant = $1 AND e.stream_kind = asked.kind AND e.stream_id = asked.id
        ORDER BY e.stream_id, e.version";
    TEXTS = "SELECT b.case_id, b.id, k.wrapped_key, b.sealed
        FROM unnest(CAST($2 AS BYTEA[]), CAST($3 AS BYTEA[])) AS asked (case_id, id)
        JOIN body b ON b.tenant = $1 AND b.case_id = asked.case_id AND b.id = asked.id
        JOIN body_key k ON k.tenant = $1 AND k.case_id = asked.case_id";
}

/// The most matches that are ranked.
pub const RANKED: usize = 200;

/// How much a word in the title counts against one in the text.
const TITLE_WEIGHT: usize = 4;

/// A case that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The case.
    pub row: ListRow,
    /// Its text; `None` where it was erased.
    pub text: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    /// The cases, best first.
    pub hits: Vec<Hit>,
    /// The tokens that were asked for, to be marked in title and text.
    pub tokens: Vec<String>,
    /// Whether there are older matches that were not ranked.
    pub more: bool,
}

impl Reader {
    /// Finds the cases under `filter` whose text holds what `question` asks for; at most `limit`.
    ///
    /// A question without a word to search for finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn search(&self, question: &str, filter: &Checked, limit: usize) -> Result<Hits, StoreError> {
        let tokens = bihuan_text::query_tokens(question);
        if tokens.is_empty() {
            return Ok(Hits::default());
        }
        let mut query = Query::of(self, filter, &tokens, Way::Fewest);
        let newest_first = search::newest_first(self.tenant.engine());
        let most = query.bind(SqlValue::Int(i64::try_from(RANKED + 1).unwrap_or(i64::MAX)));
        query
            .text
            .push_str(&format!(" ORDER BY {newest_first} LIMIT ${most}"));
        let mut rows = self.rows(&format!("SELECT {COLUMNS} {}", query.text), query.params)?;
        let more = rows.len() > RANKED;
        rows.truncate(RANKED);
        let mut ranked = Vec::with_capacity(rows.len());
        self.add_titles(&mut rows)?;
        let mut texts = self.main_texts(&rows)?;
        for row in rows {
            let text = texts.remove(&row.id).flatten();
            let score = TITLE_WEIGHT * held(row.title.as_deref(), &tokens) + held(text.as_deref(), &tokens);
            ranked.push((score, Hit { row, text }));
        }
        // A stable sort keeps the newer first between equals.
        ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let hits = ranked.into_iter().map(|(_, hit)| hit).take(limit).collect();
        Ok(Hits { hits, tokens, more })
    }

    /// Opens the texts of the cases that are listed.
    fn main_texts(&self, rows: &[ListRow]) -> Result<HashMap<CaseId, Option<String>>, StoreError> {
        match self.tenant.engine() {
            // A few look-ups a row cost less in the same process than larger statements for all.
            Engine::Sqlite => {
                let texts = rows.iter().map(|row| Ok((row.id, self.main_text(row.id)?)));
                texts.collect()
            }
            Engine::Postgres => self.open_texts(&self.text_of_each(rows)?),
        }
    }

    fn main_text(&self, case: CaseId) -> Result<Option<String>, StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), &self.tenant);
        let loaded = crate::commit::load(connection, tenant.id(), tenant.keys(), case)?;
        let Some(loaded) = loaded else { return Ok(None) };
        let Some(key) = &loaded.key else { return Ok(None) };
        bodies::open_unchecked(connection, tenant.id(), case, key, loaded.case.text.id)
    }

    /// Returns which text each case has, read from all their events by one statement.
    fn text_of_each(&self, rows: &[ListRow]) -> Result<Vec<(CaseId, BodyId)>, StoreError> {
        let tenant = Id(self.tenant.id().0);
        let (kind, _) = Stream::Case(CaseId(Uuid::nil())).key();
        let kind = i64::from(kind);
        let ids: Vec<Id> = rows.iter().map(|row| Id(row.id.0)).collect();
        let (kinds, ids): (Vec<_>, Vec<_>) = ids.iter().map(|id| (kind.bind(), id.bind())).unzip();
        let connection = self.snapshot.connection();
        let events = connection.query_each(EVENTS, tenant.bind(), &[&kinds, &ids], |row| {
            let Id(case) = row.get(0)?;
            let entry = log::entry_of(row.value(1)?.blob()?)
                .map_err(|error| StoreError::Corrupt(format!("an event of case {case}: {error}")))?;
            Ok((CaseId(case), entry))
        })?;
        let mut texts = Vec::with_capacity(rows.len());
        for events in events.chunk_by(|(one, _), (other, _)| one == other) {
            let (id, _) = events[0];
            let case = fold_all(id, events.iter().map(|(_, entry)| entry))
                .map_err(|error| StoreError::Corrupt(format!("case {id}: {error}")))?;
            texts.extend(case.map(|case| (id, case.text.id)));
        }
        Ok(texts)
    }

    /// Opens texts, read by one statement; `None` where one was erased.
    fn open_texts(&self, texts: &[(CaseId, BodyId)]) -> Result<HashMap<CaseId, Option<String>>, StoreError> {
        let tenant = Id(self.tenant.id().0);
        let keys: Vec<(Id, Id)> = texts
            .iter()
            .map(|(case, text)| (Id(case.0), Id(text.0)))
            .collect();
        let (cases, ids): (Vec<_>, Vec<_>) = keys.iter().map(|(case, id)| (case.bind(), id.bind())).unzip();
        let connection = self.snapshot.connection();
        let opened = connection.query_each(TEXTS, tenant.bind(), &[&cases, &ids], |row| {
            let (Id(case), Id(text)) = (row.get(0)?, row.get(1)?);
            let (case, text) = (CaseId(case), BodyId(text));
            let (wrapped, sealed): (Vec<u8>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
            let open =
                |sealed: Vec<u8>| bodies::open_sealed(self.tenant.keys(), case, &wrapped, text, &sealed);
            Ok((case, sealed.map(open).transpose()?))
        })?;
        Ok(opened.into_iter().collect())
    }
}

/// Counts the tokens that a text holds.
fn held(text: Option<&str>, tokens: &[String]) -> usize {
    let Some(text) = text else { return 0 };
    let document = bihuan_text::tokens(text).into_iter().collect();
    tokens
        .iter()
        .filter(|token| bihuan_text::holds(&document, std::slice::from_ref(token)))
        .count()
}
