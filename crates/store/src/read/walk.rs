//! Reading a list in its order, up to so many cases.
//!
//! The cases that an index leaves are read in the order of the list ([`paths::along`]) and each is asked whether
//! the filter is true of it, until the page is full. After so many the list is cut short, and goes on from
//! there when somebody asks for more: so no list reads more than that, whatever is asked.
//!
//! On SQLite a text that many cases hold is looked for among the documents of the cases in question only, in
//! windows that grow: the newest first, where the page is nearly always filled.

use std::collections::BTreeSet;

use bihuan_core::filter::{Checked, Sql, SqlValue, Way};

use crate::commit::search;
use crate::engine::connection::Engine;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{COLUMNS, ListRow};
use crate::read::order::{Cursor, Sort};
use crate::read::outline::{self, Detail, Outline};
use crate::read::paths;
use crate::read::query::{Query, dialect};
use crate::value::Id;

/// The stretch of a list's order that is being read.
pub(super) struct Stretch<'a> {
    filter: &'a Checked,
    /// What of the filter an index is entered by.
    along: Checked,
    sort: Sort,
    after: Option<Cursor>,
    /// The most cases in it.
    size: usize,
    /// The numbers of the first and the last of its documents, where texts are asked for.
    documents: Option<(i64, i64)>,
    /// Its last case, where documents are known and it is not the last of the list.
    end: Option<Cursor>,
}

impl Reader {
    /// Reads the rows of a filter in the order of a list, until there are `wanted` or those parts of what may be
    /// examined were; and where it was cut short, if it was.
    pub(super) fn walk(
        &self,
        filter: &Checked,
        sort: Sort,
        after: Option<&Cursor>,
        wanted: usize,
        parts: &[usize],
    ) -> Result<(Vec<ListRow>, Option<Cursor>), StoreError> {
        let mut rows = Vec::new();
        let cut = self.each_stretch(filter, sort, after, parts, |stretch| {
            rows.extend(self.rows_of(stretch, wanted - rows.len())?);
            Ok(rows.len() < wanted)
        })?;
        rows.sort_by(|one, other| sort.compare(one, other));
        Ok((rows, cut))
    }

    /// Goes from stretch to stretch while `go_on` says so, each of so many sixteenths of what may be examined; returns
    /// where it was cut short, if it was.
    pub(super) fn each_stretch(
        &self,
        filter: &Checked,
        sort: Sort,
        after: Option<&Cursor>,
        parts: &[usize],
        mut go_on: impl FnMut(&Stretch<'_>) -> Result<bool, StoreError>,
    ) -> Result<Option<Cursor>, StoreError> {
        let examined = self.bounds().examined;
        let in_windows = self.tenant.engine() == Engine::Sqlite && paths::asks_text(filter);
        let mut stretch = Stretch {
            filter,
            along: paths::along(filter, sort.by),
            sort,
            after: after.cloned(),
            size: 0,
            documents: None,
            end: None,
        };
        for part in parts {
            stretch.size = (examined * part / 16).max(1);
            if in_windows {
                let Some(documents) = self.documents_of(&stretch)? else {
                    return Ok(None);
                };
                stretch.documents = Some(documents);
                stretch.end = self.end_of(&stretch)?;
            }
            if !go_on(&stretch)? {
                return Ok(None);
            }
            let end = match in_windows {
                true => stretch.end.take(),
                false => self.end_of(&stretch)?,
            };
            match end {
                Some(end) => stretch.after = Some(end),
                None => return Ok(None),
            }
        }
        Ok(stretch.after)
    }

    /// Returns the rows of a stretch of which the filter is true, the first `wanted` of them.
    fn rows_of(&self, stretch: &Stretch<'_>, wanted: usize) -> Result<Vec<ListRow>, StoreError> {
        if stretch.documents.is_some() && paths::tokens(stretch.filter).is_some() {
            return self.rows_by_documents(stretch, wanted);
        }
        let (sql, params) = self.found(self.names_in(stretch), wanted, COLUMNS);
        self.rows(&sql, params)
    }

    /// Returns the outlines of the cases of a stretch of which the filter is true, the first `wanted` of them.
    pub(super) fn outlines_of(
        &self,
        stretch: &Stretch<'_>,
        wanted: usize,
        detail: Detail,
    ) -> Result<Vec<Outline>, StoreError> {
        let (sql, params) = match paths::in_one_unit(&stretch.along) {
            // The index of a unit's cases holds their outlines.
            true => {
                let mut query = self.found_in(stretch, detail.columns());
                let limit = query.bind_count(wanted);
                query.text.push_str(&format!(" LIMIT ${limit}"));
                (query.text, query.params)
            }
            false => self.found(self.names_in(stretch), wanted, detail.columns()),
        };
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        statement.query_map(&params[..], outline::read)
    }

    /// Begins a statement that finds the rows of the cases of a stretch of which the filter is true, in its order.
    fn names_in(&self, stretch: &Stretch<'_>) -> Query {
        self.found_in(stretch, &format!("c.{} AS found", self.row_name()))
    }

    /// Begins a statement for columns of the cases of a stretch of which the filter is true, in its order.
    fn found_in(&self, stretch: &Stretch<'_>, columns: &str) -> Query {
        let mut query = self.tested(stretch, &format!("SELECT {columns}"));
        if self.tenant.engine() == Engine::Postgres {
            // SQLite reads the stretch as it comes, and would sort it again.
            query
                .text
                .push_str(&format!(" ORDER BY {}", stretch.sort.order()));
        }
        query
    }

    /// Like [`Reader::rows_of`], from the documents of the stretch that hold what the filter asks for.
    fn rows_by_documents(&self, stretch: &Stretch<'_>, wanted: usize) -> Result<Vec<ListRow>, StoreError> {
        let mut query = Query::between(self, stretch.filter, stretch.documents);
        query.after(stretch.sort, stretch.after.as_ref(), "+");
        query.until(stretch.sort, stretch.end.as_ref(), "+");
        let limit = query.bind_count(wanted);
        let sql = format!(
            "SELECT {COLUMNS} {} ORDER BY +{} LIMIT ${limit}",
            query.text,
            stretch.sort.order()
        );
        self.rows(&sql, query.params)
    }

    /// Counts the cases of a stretch of which the filter is true, by the number of their phase.
    pub(super) fn phases_of(&self, stretch: &Stretch<'_>) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut query = self.tested(stretch, "SELECT c.phase, count(*)");
        query.text.push_str(" GROUP BY c.phase ORDER BY c.phase");
        let mut statement = self.snapshot.connection().prepare_once(&query.text)?;
        statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Begins a statement over the cases of a stretch of which the filter is true.
    fn tested(&self, stretch: &Stretch<'_>, select: &str) -> Query {
        let engine = self.tenant.engine();
        let mut query = self.stretched(stretch);
        let documents = stretch.documents;
        let condition = |tokens: &[String], parameter: usize| {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (search::condition_within(engine, parameter, documents), asked)
        };
        let Sql { text, params } =
            stretch
                .filter
                .to_sql(query.params.len() + 1, Way::InOrder, dialect(engine, &condition));
        query.params.extend(params);
        // Only what is asked for is read of each row, so that an index that holds it is enough.
        let read: BTreeSet<&str> = columns_in(&text)
            .chain(columns_in(select))
            .chain(["tenant", "id", stretch.sort.by.name()])
            .collect();
        let read: Vec<String> = read
            .iter()
            .map(|column| format!("c.{column} AS {column}"))
            .collect();
        query.text = format!(
            "{select} FROM (SELECT {} {}) c WHERE ({text})",
            read.join(", "),
            query.text
        );
        query
    }

    /// Returns `FROM … LIMIT` of the cases of a stretch.
    fn stretched(&self, stretch: &Stretch<'_>) -> Query {
        let mut query = Query::of(self, &stretch.along, Way::Fewest);
        query.after(stretch.sort, stretch.after.as_ref(), "");
        let size = query.bind_count(stretch.size);
        query
            .text
            .push_str(&format!(" ORDER BY {} LIMIT ${size}", stretch.sort.order()));
        query
    }

    /// Returns where the next stretch begins; `None` where the list ends in this one.
    fn end_of(&self, stretch: &Stretch<'_>) -> Result<Option<Cursor>, StoreError> {
        let mut query = Query::of(self, &stretch.along, Way::Fewest);
        query.after(stretch.sort, stretch.after.as_ref(), "");
        let before = query.bind_count(stretch.size.saturating_sub(1));
        let sql = format!(
            "SELECT {}, c.id {} ORDER BY {} LIMIT 1 OFFSET ${before}",
            stretch.sort.by.column(),
            query.text,
            stretch.sort.order()
        );
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        statement.query_optional(&query.params[..], |row| {
            let Id(id) = row.get(1)?;
            Cursor::read(stretch.sort.by, row, id)
        })
    }

    /// Returns the statement for columns of the first `wanted` cases that another finds, and its parameters.
    fn found(&self, mut query: Query, wanted: usize, columns: &str) -> (String, Vec<SqlValue>) {
        let limit = query.bind_count(wanted);
        let sql = format!(
            "SELECT {columns} FROM ({} LIMIT ${limit}) f CROSS JOIN case_row c
            WHERE c.tenant = $1 AND c.{} = f.found",
            query.text,
            self.row_name()
        );
        (sql, query.params)
    }

    /// Returns the column by which a row is found again: every index of SQLite's holds the row's own number, which leads
    /// to it without asking the index of ids.
    fn row_name(&self) -> &'static str {
        match self.tenant.engine() {
            Engine::Sqlite => "rowid",
            Engine::Postgres => "id",
        }
    }

    /// Returns the numbers of the first and the last document of a stretch; `None` where it is empty.
    fn documents_of(&self, stretch: &Stretch<'_>) -> Result<Option<(i64, i64)>, StoreError> {
        let query = self.stretched(stretch);
        let sql = format!(
            "SELECT min(d.doc), max(d.doc) FROM (SELECT c.doc {}) d",
            query.text
        );
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        let (first, last): (Option<i64>, Option<i64>) =
            statement.query_row(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last))
    }
}

/// Returns the columns of `case_row c` that a part of a statement names.
fn columns_in(part: &str) -> impl Iterator<Item = &str> {
    let named = part.match_indices("c.").filter(|(at, _)| {
        // Not the end of another word.
        let before = part[..*at].chars().next_back();
        before.is_none_or(|before| !before.is_ascii_alphanumeric() && before != '_')
    });
    named.map(|(at, _)| {
        let rest = &part[at + 2..];
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[cfg(test)]
mod tests {
    use bihuan_core::case::facts::Flag;
    use bihuan_core::filter::{IdColumn, NumberColumn, Order, Predicate, WordColumn};
    use bihuan_core::pack::model::Phase;
    use uuid::Uuid;

    use super::*;
    use crate::engine::connection::Connection;
    use crate::read::order::{NEWEST, SortBy};
    use crate::read::told;
    use crate::schema;

    fn database() -> Connection {
        let connection = Connection::in_memory().expect("memory");
        schema::migrate(&connection).expect("migrated");
        connection.run("ANALYZE sqlite_schema").expect("read again");
        connection
    }

    /// Returns how SQLite reads what a filter leaves in the order of a list.
    fn plan(connection: &Connection, filter: &Checked, sort: Sort) -> String {
        plan_of("c.id, c.kind, c.flags", connection, filter, sort)
    }

    fn plan_of(columns: &str, connection: &Connection, filter: &Checked, sort: Sort) -> String {
        let text = |_: &[String], _| (String::new(), SqlValue::Int(0));
        let along = paths::along(&told::told(filter), sort.by);
        let sql = along.to_sql(2, Way::Fewest, dialect(Engine::Sqlite, &text));
        let explain = format!(
            "EXPLAIN QUERY PLAN SELECT {columns} FROM case_row c WHERE c.tenant = $1 AND ({})
            ORDER BY {} LIMIT 1000",
            sql.text,
            sort.order()
        );
        let mut params = vec![SqlValue::Uuid([0; 16])];
        params.extend(sql.params);
        let steps = connection.query(&explain, &params[..], |row| row.get::<String>(3));
        steps.expect("explained").join("\n")
    }

    #[test]
    fn what_came_back_in_some_ways_is_read_by_the_index_of_all() {
        let flag = |flag| Checked::Is(Predicate::Flag(flag));
        let again = Checked::Is(Predicate::Number(NumberColumn::Reopened, Order::AtLeast, 1));
        let back = Checked::or(vec![again, flag(Flag::Recurrence)]);
        let open = Checked::and(vec![flag(Flag::Open), back]);
        let sort = Sort {
            by: SortBy::Due,
            descending: false,
        };
        let plan = plan(&database(), &open, sort);
        assert!(plan.contains("case_row_back"), "{plan}");
    }

    #[test]
    fn what_has_ended_is_read_by_its_end() {
        let phase = || Checked::Is(Predicate::Phase([Phase::Watch].into()));
        let unit = || Checked::Is(Predicate::Id(IdColumn::Unit, [Uuid::nil()].into()));
        let ended = || Checked::not(Checked::Is(Predicate::Flag(Flag::Open)));
        let state = || Checked::Is(Predicate::Word(WordColumn::State, ["settled".into()].into()));
        let sort = Sort {
            by: SortBy::Closed,
            descending: true,
        };
        let connection = database();
        let in_unit = "case_row_unit_closed (tenant=? AND unit=?";
        for (filter, index) in [
            (phase(), "case_row_closed"),
            (Checked::and(vec![unit(), phase()]), in_unit),
            (Checked::and(vec![ended(), state()]), "case_row_closed"),
        ] {
            let plan = plan(&connection, &filter, sort);
            assert!(plan.contains(index), "{filter:?}: {plan}");
        }
    }

    #[test]
    fn what_became_of_the_newest_of_a_unit_is_read_from_an_index_alone() {
        let unit = Checked::Is(Predicate::Id(IdColumn::Unit, [Uuid::nil()].into()));
        let asked = format!("{}, c.kind, c.phase, c.id", Detail::Fate.columns());
        let plan = plan_of(&asked, &database(), &unit, NEWEST);
        assert!(
            plan.contains("COVERING INDEX case_row_unit (tenant=? AND unit=?)"),
            "{plan}"
        );
    }

    #[test]
    fn no_list_is_sorted_before_it_is_read() {
        let connection = database();
        let open = || Checked::Is(Predicate::Flag(Flag::Open));
        let unit = || Checked::Is(Predicate::Id(IdColumn::Unit, [Uuid::nil()].into()));
        let state = || Checked::Is(Predicate::Word(WordColumn::State, ["handling".into()].into()));
        let kind = || Checked::Is(Predicate::Word(WordColumn::Kind, ["help".into()].into()));
        let filters = [
            Checked::everything(),
            open(),
            unit(),
            Checked::and(vec![open(), unit()]),
            Checked::and(vec![open(), state()]),
            Checked::and(vec![open(), kind(), state()]),
        ];
        let all = filters
            .iter()
            .flat_map(|filter| SortBy::ALL.map(|by| (filter, by)));
        // What is open in one unit is so little that it may be sorted where no index has its order.
        let of_unit = Checked::and(vec![open(), unit()]);
        for (filter, by) in all.filter(|(filter, by)| **filter != of_unit || *by == SortBy::Due) {
            let sort = Sort { by, descending: true };
            let plan = plan(&connection, filter, sort);
            assert!(!plan.contains("TEMP B-TREE"), "{sort}, {filter:?}: {plan}");
        }
    }

    #[test]
    fn the_columns_of_a_condition_are_found() {
        let condition =
            "(c.due_order < $1) AND EXISTS (SELECT 1 FROM t r WHERE r.rc.x = c.id AND c.tenant = $2)";
        assert_eq!(
            columns_in(condition).collect::<Vec<_>>(),
            ["due_order", "id", "tenant"]
        );
    }
}
