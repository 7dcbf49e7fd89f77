//! Whether a table has the same rows on both sides.

use bihuan_core::id::Digest;
use sha2::{Digest as _, Sha256};

use super::page::Page;
use super::tables::Table;
use crate::engine::connection::Connection;
use crate::engine::value::Owned;
use crate::error::StoreError;

/// A table that is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over the rows in the order of their keys, each value with its form and length.
    pub digest: Digest,
}

/// Compares a table; `tick` is told how many rows were compared so far.
///
/// # Errors
/// [`StoreError::Conflict`] if it is not the same.
pub(super) fn table(
    source: &Connection,
    target: &Connection,
    table: &Table,
    page_rows: usize,
    tick: &mut dyn FnMut(u64),
) -> Result<Copied, StoreError> {
    let expected = digest(source, table, page_rows, &mut |_| {})?;
    let found = digest(target, table, page_rows, tick)?;
    if expected != found {
        return Err(StoreError::Conflict(format!(
            "table {} has {} rows in the source and {} in the target, and they differ: the source was written \
             to after the move began, or it is another one; empty the target and move again",
            table.name, expected.rows, found.rows
        )));
    }
    Ok(found)
}

fn digest(
    connection: &Connection,
    table: &Table,
    page_rows: usize,
    tick: &mut dyn FnMut(u64),
) -> Result<Copied, StoreError> {
    let next_rows = table.next_rows(connection.engine());
    let mut hasher = Sha256::new();
    let mut rows = 0;
    let mut after = table.before_all();
    loop {
        let page = Page::read(connection, &next_rows, &after, page_rows, table.columns.len())?;
        let Some(last) = page.last(table.key) else {
            break;
        };
        page.rows().flatten().for_each(|value| take(&mut hasher, value));
        rows += page.rows().len() as u64;
        after = last;
        tick(rows);
    }
    Ok(Copied {
        table: table.name,
        rows,
        digest: Digest(hasher.finalize().into()),
    })
}

fn take(hasher: &mut Sha256, value: &Owned) {
    let mut bytes = |form: u8, bytes: &[u8]| {
        hasher.update([form]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    match value {
        Owned::Null => bytes(0, &[]),
        Owned::Int(number) => bytes(1, &number.to_be_bytes()),
        Owned::Text(text) => bytes(2, text.as_bytes()),
        Owned::Blob(blob) => bytes(3, blob),
    }
}
