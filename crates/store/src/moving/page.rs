//! Rows on their way from one database to the other.

use crate::engine::connection::Connection;
use crate::engine::value::{Bind, Owned, Value};
use crate::error::StoreError;

/// Rows of one width, value by value.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    values: Vec<Owned>,
}

impl Page {
    /// Reads what a statement finds; `after` and `limit` are its parameters.
    pub(super) fn read(
        connection: &Connection,
        sql: &str,
        after: &[Owned],
        limit: usize,
        width: usize,
    ) -> Result<Page, StoreError> {
        let mut params = after.to_vec();
        params.push(Owned::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        let mut values = Vec::new();
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(params.as_slice())?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                values.push(row.value(column)?.to_owned());
            }
        }
        Ok(Page { width, values })
    }

    /// Returns the rows.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &[Owned]> + ExactSizeIterator {
        self.values.chunks(self.width)
    }

    /// Returns the first columns of the last row, if there is a row.
    pub(super) fn last(&self, columns: usize) -> Option<Vec<Owned>> {
        self.rows().next_back().map(|row| row[..columns].to_vec())
    }

    /// Returns all values, row by row.
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        self.values.iter().map(Bind::bind).collect()
    }

    /// Returns the values of some columns, row by row.
    pub(super) fn pick(&self, columns: &[usize]) -> Vec<Value<'_>> {
        let mut picked = Vec::with_capacity(self.rows().len() * columns.len());
        for row in self.rows() {
            picked.extend(columns.iter().map(|column| row[*column].bind()));
        }
        picked
    }
}
