//! Cases whose texts hold much of what is asked for: what may be the same matter.

use std::cmp::Reverse;
use std::collections::HashMap;

use bihuan_core::filter::{Checked, Predicate, SqlValue, Way};

use crate::commit::{rows, search};
use crate::engine::connection::Engine;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{COLUMNS, ListRow, Listing};
use crate::read::order::NEWEST;
use crate::read::query::Query;

/// The most documents that are looked at for one question, the newest: one that few answer finds all of them, so
/// what shares much with what is asked for is found however old it is.
const OF_EACH: usize = 100;

/// The most documents whose cases are asked whether the filter is true of them: those that answer most questions.
const LOOKED_UP: usize = 200;

/// Of how many documents that is asked at once: where it is true of most of them, the others are left alone.
const AT_ONCE: usize = 50;

/// How many cases are enough, where they are those that answer most questions.
const ENOUGH: usize = 40;

impl Reader {
    /// Returns cases under `filter` whose texts answer any of `questions`, which is to hold all of its tokens: at most
    /// `most`, the newest first.
    ///
    /// On SQLite those are taken that answer most questions, of the newest that answer each, until they are enough.
    /// PostgreSQL takes the newest that answer any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn alike(
        &self,
        questions: &[Vec<String>],
        filter: &Checked,
        most: usize,
    ) -> Result<Vec<ListRow>, StoreError> {
        match self.tenant.engine() {
            Engine::Sqlite => self.answering_most(questions, filter, most),
            Engine::Postgres => {
                let any = questions
                    .iter()
                    .map(|tokens| Checked::Is(Predicate::Text(tokens.clone())));
                let filter = &Checked::and(vec![filter.clone(), Checked::or(any.collect())]);
                let listing = Listing {
                    filter,
                    sort: NEWEST,
                    after: None,
                    limit: most,
                };
                Ok(self.list(&listing)?.rows)
            }
        }
    }

    /// Returns the cases under `filter` that answer most questions, the newest first.
    fn answering_most(
        &self,
        questions: &[Vec<String>],
        filter: &Checked,
        most: usize,
    ) -> Result<Vec<ListRow>, StoreError> {
        let mut rows = Vec::new();
        for documents in self.answering(questions)?.chunks(AT_ONCE.min(most).max(1)) {
            if rows.len() >= ENOUGH.min(most) {
                break;
            }
            rows.extend(self.of_documents(documents, filter)?);
        }
        rows.truncate(most);
        rows.sort_by(|one, other| NEWEST.compare(one, other));
        self.add_titles(&mut rows)?;
        Ok(rows)
    }

    /// Returns the documents that answer most questions, at most [`LOOKED_UP`], these first.
    fn answering(&self, questions: &[Vec<String>]) -> Result<Vec<i64>, StoreError> {
        let connection = self.snapshot.connection();
        let Some(documents) = rows::documents(connection, self.tenant.id())? else {
            return Ok(Vec::new());
        };
        let mut answers: HashMap<i64, usize> = HashMap::new();
        for tokens in questions {
            for document in search::newest(connection, tokens, documents, OF_EACH)? {
                *answers.entry(document).or_default() += 1;
            }
        }
        let mut documents: Vec<(Reverse<usize>, Reverse<i64>)> = answers
            .into_iter()
            .map(|(document, answered)| (Reverse(answered), Reverse(document)))
            .collect();
        documents.sort_unstable();
        documents.truncate(LOOKED_UP);
        Ok(documents
            .into_iter()
            .map(|(_, Reverse(document))| document)
            .collect())
    }

    /// Returns the cases, without titles, of some documents of which the filter is true, the newest first.
    fn of_documents(&self, documents: &[i64], filter: &Checked) -> Result<Vec<ListRow>, StoreError> {
        let Some(last) = documents.last() else {
            return Ok(Vec::new());
        };
        let mut query = Query::of(self, filter, Way::Marked);
        // As many parameters for few documents as for many, so that the statement is prepared once.
        let padded = documents.iter().chain(std::iter::repeat(last)).take(AT_ONCE);
        let among: Vec<String> = padded
            .map(|document| format!("${}", query.bind(SqlValue::Int(*document))))
            .collect();
        let sql = format!(
            "SELECT {COLUMNS} {} AND c.doc IN ({}) ORDER BY +{}",
            query.text,
            among.join(", "),
            NEWEST.order()
        );
        self.rows(&sql, query.params)
    }
}
