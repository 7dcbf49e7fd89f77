//! Statements over `case_row c` that are put together for one list or count.

use bihuan_core::filter::{Checked, Dialect, Sql, SqlValue, TextSql, Way};
use uuid::Uuid;

use crate::commit::search;
use crate::engine::connection::Engine;
use crate::read::Reader;
use crate::read::order::{Cursor, Sort};

/// The most values of a column that SQLite compares faster than it looks them up.
const COMPARED: usize = 8;

/// Returns how an engine writes a filter.
pub(crate) fn dialect<'a>(engine: Engine, text: &'a TextSql<'a>) -> Dialect<'a> {
    let compared = match engine {
        Engine::Sqlite => COMPARED,
        Engine::Postgres => 0,
    };
    Dialect { text, compared }
}

/// A statement over `case_row c` that is put together: `FROM … WHERE tenant AND filter`.
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) params: Vec<SqlValue>,
}

impl Query {
    /// Begins with the tenant and the filter.
    ///
    /// The engine numbers parameters by their first appearance, so each is bound where it is written.
    pub(crate) fn of(reader: &Reader, filter: &Checked, way: Way) -> Self {
        Query::with(reader, filter, way, &search::condition)
    }

    /// Begins with the tenant and the filter, over the cases of the newest documents that hold what it asks for, of
    /// those whose numbers lie between two. SQLite's own.
    pub(crate) fn over_newest(
        reader: &Reader,
        filter: &Checked,
        documents: (i64, i64),
        newest: usize,
    ) -> Self {
        let condition = |_, parameter| search::condition_of_newest(parameter, documents, newest);
        Query::with(reader, filter, Way::Fewest, &condition)
    }

    /// Begins with the tenant and the filter, over cases whose documents' numbers lie between two where these are
    /// known.
    pub(crate) fn between(reader: &Reader, filter: &Checked, documents: Option<(i64, i64)>) -> Self {
        let condition = |engine, parameter| search::condition_within(engine, parameter, documents);
        Query::with(reader, filter, Way::Fewest, &condition)
    }

    fn with(
        reader: &Reader,
        filter: &Checked,
        way: Way,
        condition: &dyn Fn(Engine, usize) -> String,
    ) -> Self {
        let tenant = blob(reader.tenant.id().0);
        let engine = reader.tenant.engine();
        let way = match (engine, way) {
            (Engine::Postgres, Way::Marked) => Way::Fewest,
            (Engine::Sqlite | Engine::Postgres, way) => way,
        };
        let text_condition = |tokens: &[String], parameter: usize| {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (condition(engine, parameter), asked)
        };
        let Sql { text, params } = filter.to_sql(2, way, dialect(engine, &text_condition));
        Query {
            text: format!("FROM case_row c WHERE c.tenant = $1 AND ({text})"),
            params: std::iter::once(tenant).chain(params).collect(),
        }
    }

    /// Goes on with the cases after a row, by columns of which `hidden` says how they are hidden from indexes.
    pub(crate) fn after(&mut self, sort: Sort, after: Option<&Cursor>, hidden: &str) {
        let Some(after) = after else { return };
        let beyond = if sort.descending { "<" } else { ">" };
        let (key, id) = (self.bind(after.value()), self.bind(blob(after.id().0)));
        let column = sort.by.column();
        self.text
            .push_str(&format!(" AND ({hidden}{column}, c.id) {beyond} (${key}, ${id})"));
    }

    /// Ends at a row, which is still among them.
    pub(crate) fn until(&mut self, sort: Sort, end: Option<&Cursor>, hidden: &str) {
        let Some(end) = end else { return };
        let not_beyond = if sort.descending { ">=" } else { "<=" };
        let (key, id) = (self.bind(end.value()), self.bind(blob(end.id().0)));
        let column = sort.by.column();
        self.text.push_str(&format!(
            " AND ({hidden}{column}, c.id) {not_beyond} (${key}, ${id})"
        ));
    }

    /// Adds a number of rows and returns its parameter's number.
    pub(crate) fn bind_count(&mut self, rows: usize) -> usize {
        self.bind(SqlValue::Int(i64::try_from(rows).unwrap_or(i64::MAX)))
    }

    /// Adds a parameter and returns its number.
    pub(crate) fn bind(&mut self, value: SqlValue) -> usize {
        self.params.push(value);
        self.params.len()
    }
}

fn blob(id: Uuid) -> SqlValue {
    SqlValue::Uuid(*id.as_bytes())
}
