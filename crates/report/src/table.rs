//! What a table to be written is made of.

use std::error::Error;
use std::ops::ControlFlow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The table around the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name; the sheet's name in a workbook, after characters that Excel refuses became `_`.
    pub name: String,
    /// Its columns, from left to right.
    pub columns: Vec<Column>,
    /// The offset in which instants are written.
    pub offset: Offset,
    /// When it was made; goes into the workbook's properties, so that equal input gives equal bytes.
    pub made_at: Timestamp,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// Its width in a workbook, in characters of half width; at most 255.
    pub width_chars: u8,
}

impl Column {
    /// Makes a column.
    pub fn new(title: impl Into<String>, width_chars: u8) -> Self {
        Column {
            title: title.into(),
            width_chars,
        }
    }
}

/// A cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, which never becomes a formula.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An instant, written in local time to the second.
    Instant(Timestamp),
    /// A day.
    Date(Date),
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Cell::Empty, Cell::Text)
    }
}

impl From<Option<Timestamp>> for Cell {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Cell::Empty, Cell::Instant)
    }
}

impl Table {
    /// Returns the local time of `at` without its fraction of a second.
    pub(crate) fn local(&self, at: Timestamp) -> DateTime {
        let local = self.offset.to_datetime(at);
        local.date().at(local.hour(), local.minute(), local.second(), 0)
    }

    /// Refuses a row that has not one cell for each column; `number` counts rows from 1.
    pub(crate) fn check_width(&self, number: u64, cells: &[Cell]) -> Result<(), WriteError> {
        if cells.len() == self.columns.len() {
            return Ok(());
        }
        Err(WriteError::Width {
            row: number,
            cells: cells.len(),
            columns: self.columns.len(),
        })
    }
}

/// Is told how many rows are written, every [`WATCH_EVERY`] rows, and may stop the writing.
pub type Watch<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// How many rows lie between two calls of a [`Watch`].
pub const WATCH_EVERY: u64 = 256;

/// Asks `watch` whether to go on after `rows` rows.
pub(crate) fn go_on(watch: &mut Watch<'_>, rows: u64) -> Result<(), WriteError> {
    if rows.is_multiple_of(WATCH_EVERY) && watch(rows).is_break() {
        return Err(WriteError::Cancelled);
    }
    Ok(())
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows without the header.
    pub rows: u64,
    /// Cells that were longer than the format allows, and were cut with a mark.
    pub cut_cells: u64,
    /// Sheets; 1 in CSV.
    pub sheets: u32,
}

/// Why a table could not be written; what is written until then is of no use.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The watch stopped it.
    #[error("the export was stopped")]
    Cancelled,
    /// The rows failed.
    #[error("cannot read the rows")]
    Rows(#[source] Box<dyn Error + Send + Sync>),
    /// A row has not one cell for each column.
    #[error("row {row} has {cells} cells for {columns} columns")]
    Width {
        /// The row, from 1.
        row: u64,
        /// Its cells.
        cells: usize,
        /// The table's columns.
        columns: usize,
    },
    /// The file could not be written.
    #[error("cannot write the table")]
    Output(#[from] std::io::Error),
    /// The workbook could not be written.
    #[error("cannot write the workbook")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}
