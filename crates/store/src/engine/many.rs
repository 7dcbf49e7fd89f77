//! Rows that one statement writes many of.
//!
//! Where rows go in one after the other, a server costs a round trip for each. So a statement for many rows
//! has two texts: for SQLite, that of one row, which runs once for each; for PostgreSQL, one that takes each
//! column as an array and runs once for all. SQLite numbers `$1` by where it first appears, `?1` by its number; what
//! is written there names the table of the database itself, before which a view of its archive may stand.

use crate::engine::connection::{Connection, Row};
use crate::engine::value::Value;
use crate::error::StoreError;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Int,
    Text,
    Blob,
}

/// A statement for many rows.
#[derive(Debug)]
pub(crate) struct Many {
    pub(crate) sqlite: String,
    pub(crate) postgres: String,
}

impl Form {
    fn array(self) -> &'static str {
        match self {
            Form::Int => "BIGINT[]",
            Form::Text => "TEXT[]",
            Form::Blob => "BYTEA[]",
        }
    }
}

impl Many {
    /// Inserts into `table`; `conflict` is the clause for keys that are there already, or empty.
    pub(crate) fn insert(table: &str, columns: &[(&str, Form)], conflict: &str) -> Many {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        let places = places.join(", ");
        Many {
            sqlite: format!("INSERT INTO main.{table} ({names}) VALUES ({places}) {conflict}"),
            postgres: format!(
                "INSERT INTO {table} ({names}) SELECT {names} FROM {} {conflict}",
                unnest(columns)
            ),
        }
    }

    /// Writes `text` where `column` would be selected on PostgreSQL.
    pub(crate) fn selecting(mut self, column: &str, text: &str) -> Many {
        let (before, given) = (format!("{column} FROM unnest"), format!("{text} FROM unnest"));
        self.postgres = self.postgres.replace(&before, &given);
        self
    }

    /// Adds a column whose value SQLite computes from the others: `?n` is the value of the `n`th.
    pub(crate) fn giving(mut self, column: &str, text: &str) -> Many {
        let (columns, values) = (format!(" ({column}, "), format!(" VALUES ({text}, "));
        self.sqlite = self
            .sqlite
            .replacen(" (", &columns, 1)
            .replacen(" VALUES (", &values, 1);
        self
    }

    /// Sets the columns from `keys` on, in the rows that the first `keys` columns name.
    pub(crate) fn update(table: &str, columns: &[(&str, Form)], keys: usize) -> Many {
        let placed: Vec<(usize, &str)> = (1..).zip(columns.iter().map(|(name, _)| *name)).collect();
        let (named, set) = placed.split_at(keys);
        let each = |columns: &[(usize, &str)], text: fn(usize, &str) -> String, between: &str| {
            let texts: Vec<String> = columns.iter().map(|(at, name)| text(*at, name)).collect();
            texts.join(between)
        };
        let place = |at: usize, name: &str| format!("{name} = ?{at}");
        let given = |_at: usize, name: &str| format!("{name} = given.{name}");
        Many {
            sqlite: format!(
                "UPDATE main.{table} SET {} WHERE {}",
                each(set, place, ", "),
                each(named, place, " AND ")
            ),
            postgres: format!(
                "UPDATE {table} SET {} FROM {} WHERE {}",
                each(set, given, ", "),
                unnest(columns),
                matches(table, &columns[..keys])
            ),
        }
    }

    /// Carries out `text` for each row of values. It is given how each value is written, and has `{given}` where the
    /// tables begin that it selects from.
    pub(crate) fn choosing<const N: usize>(
        columns: &[(&str, Form); N],
        text: impl Fn([String; N]) -> String,
    ) -> Many {
        let places = std::array::from_fn(|at| format!("?{}", at + 1));
        let given = std::array::from_fn(|at| format!("given.{}", columns[at].0));
        Many {
            sqlite: text(places).replace("{given}", ""),
            postgres: text(given).replace("{given}", &format!("{} CROSS JOIN ", unnest(columns))),
        }
    }

    /// Deletes the rows that the columns name.
    pub(crate) fn delete(table: &str, columns: &[(&str, Form)]) -> Many {
        let places: Vec<String> = (1..)
            .zip(columns)
            .map(|(at, (name, _))| format!("{name} = ?{at}"))
            .collect();
        Many {
            sqlite: format!("DELETE FROM main.{table} WHERE {}", places.join(" AND ")),
            postgres: format!(
                "DELETE FROM {table} USING {} WHERE {}",
                unnest(columns),
                matches(table, columns)
            ),
        }
    }
}

fn matches(table: &str, columns: &[(&str, Form)]) -> String {
    let matches: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("{table}.{name} = given.{name}"))
        .collect();
    matches.join(" AND ")
}

/// Returns the arrays of all columns as a table `given` with their names.
fn unnest(columns: &[(&str, Form)]) -> String {
    let arrays: Vec<String> = (1..)
        .zip(columns)
        .map(|(at, (_, form))| format!("${at}::{}", form.array()))
        .collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    format!("unnest({}) AS given ({})", arrays.join(", "), names.join(", "))
}

impl Connection {
    /// Writes rows, each with a value for every column of the statement.
    ///
    /// On SQLite what an error leaves half done is undone by the caller's transaction; on PostgreSQL a
    /// statement is done whole or not at all.
    pub(crate) fn write_many<const N: usize>(
        &self,
        many: &Many,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        self.write_rows(many, N, rows.as_flattened())
    }

    /// Like [`Connection::write_many`], for rows whose width is not known beforehand: their values lie one
    /// after the other.
    pub(crate) fn write_rows(
        &self,
        many: &Many,
        width: usize,
        values: &[Value<'_>],
    ) -> Result<(), StoreError> {
        if values.is_empty() {
            return Ok(());
        }
        match self {
            Connection::Sqlite(_) => {
                let mut statement = self.prepare(&many.sqlite)?;
                for row in values.chunks(width) {
                    statement.execute_values(row)?;
                }
                Ok(())
            }
            Connection::Postgres(session) => {
                let column = |at: usize| values.iter().skip(at).step_by(width).copied().collect();
                let columns: Vec<Vec<Value<'_>>> = (0..width).map(column).collect();
                session.execute_arrays(&many.postgres, &columns)
            }
        }
    }
}

impl Connection {
    /// Reads the rows of a statement for PostgreSQL whose second parameter is an array.
    pub(crate) fn query_any<T>(
        &self,
        sql: &str,
        first: Value<'_>,
        any: &[Value<'_>],
        read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.query_each(sql, first, &[any], read)
    }

    /// Like [`Connection::query_any`], where all parameters after the first are arrays of one length.
    pub(crate) fn query_each<T>(
        &self,
        sql: &str,
        first: Value<'_>,
        any: &[&[Value<'_>]],
        mut read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let Connection::Postgres(session) = self else {
            return Err(StoreError::unavailable("only PostgreSQL takes arrays"));
        };
        if any.iter().all(|any| any.is_empty()) {
            return Ok(Vec::new());
        }
        let mut rows = session.query_any(sql, first, any)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next() {
            all.push(read(Row::Postgres(row))?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_sets_what_is_no_key() {
        let columns = [("tenant", Form::Blob), ("id", Form::Blob), ("n", Form::Int)];
        let many = Many::update("t", &columns, 2);
        assert_eq!(
            many.sqlite,
            "UPDATE main.t SET n = ?3 WHERE tenant = ?1 AND id = ?2"
        );
        assert_eq!(
            many.postgres,
            "UPDATE t SET n = given.n FROM unnest($1::BYTEA[], $2::BYTEA[], $3::BIGINT[]) \
             AS given (tenant, id, n) WHERE t.tenant = given.tenant AND t.id = given.id"
        );
    }

    #[test]
    fn a_delete_takes_the_rows_with_all_values() {
        let many = Many::delete("t", &[("tenant", Form::Blob), ("n", Form::Int)]);
        assert_eq!(many.sqlite, "DELETE FROM main.t WHERE tenant = ?1 AND n = ?2");
        assert_eq!(
            many.postgres,
            "DELETE FROM t USING unnest($1::BYTEA[], $2::BIGINT[]) AS given (tenant, n) \
             WHERE t.tenant = given.tenant AND t.n = given.n"
        );
    }

    #[test]
    fn a_given_column_stands_before_the_others_with_its_value() {
        let many = Many::insert("t", &[("tenant", Form::Blob), ("n", Form::Int)], "").giving("doc", "?2 + 1");
        assert_eq!(
            many.sqlite.trim_end(),
            "INSERT INTO main.t (doc, tenant, n) VALUES (?2 + 1, ?1, ?2)"
        );
    }

    #[test]
    fn both_texts_of_an_insert_name_the_same_columns() {
        let columns = [("tenant", Form::Blob), ("n", Form::Int)];
        let many = Many::insert("t", &columns, "ON CONFLICT (tenant) DO NOTHING");
        assert_eq!(
            many.sqlite,
            "INSERT INTO main.t (tenant, n) VALUES (?1, ?2) ON CONFLICT (tenant) DO NOTHING"
        );
        assert_eq!(
            many.postgres,
            "INSERT INTO t (tenant, n) SELECT tenant, n FROM unnest($1::BYTEA[], $2::BIGINT[]) \
             AS given (tenant, n) ON CONFLICT (tenant) DO NOTHING"
        );
    }
}
