//! Search in what people wrote: the newest matches, the best of them first.
//!
//! Ranking every match of a common word would read the whole index, so only the newest
//! [`RANKED`] matches are ranked: words in the title count more than words in the text, and between
//! equals the newer comes first.

use bihuan_core::filter::{Checked, SqlValue, Way};

use crate::bodies;
use crate::commit::search;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{COLUMNS, ListRow, Query};

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
        for row in rows {
            let text = self.main_text(&row)?;
            let score = TITLE_WEIGHT * held(row.title.as_deref(), &tokens) + held(text.as_deref(), &tokens);
            ranked.push((score, Hit { row, text }));
        }
        // A stable sort keeps the newer first between equals.
        ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let hits = ranked.into_iter().map(|(_, hit)| hit).take(limit).collect();
        Ok(Hits { hits, tokens, more })
    }

    /// Opens the text of a case that is listed.
    fn main_text(&self, row: &ListRow) -> Result<Option<String>, StoreError> {
        let connection = self.snapshot.connection();
        let loaded = crate::commit::load(connection, self.tenant.id(), self.tenant.keys(), row.id)?;
        let Some(loaded) = loaded else { return Ok(None) };
        let Some(key) = &loaded.key else { return Ok(None) };
        bodies::open_unchecked(connection, self.tenant.id(), row.id, key, loaded.case.text.id)
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
