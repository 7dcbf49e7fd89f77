//! CSV as spreadsheets read it: UTF-8 with a mark at the beginning, CRLF, no formulas.

use std::error::Error;
use std::io::Write;

use crate::table::{Cell, Table, Watch, WriteError, Written, go_on};

/// What a spreadsheet may take for the beginning of a formula.
///
/// Source: OWASP, *CSV Injection*; the full-width forms are taken for ASCII by East Asian editions.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Writes `rows` under the header of `table`.
///
/// A text that begins like a formula gets an apostrophe before it; numbers do not. Instants are written
/// as `2026-02-13 18:00:00` in the table's offset.
///
/// # Errors
/// [`WriteError`]; the first failing row ends the writing.
pub fn write<E>(
    mut out: impl Write,
    table: &Table,
    rows: impl IntoIterator<Item = Result<Vec<Cell>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Written, WriteError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    out.write_all("\u{feff}".as_bytes())?;
    let mut csv = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(out);
    csv.write_record(table.columns.iter().map(|column| disarmed(column.title.clone())))
        .map_err(output)?;
    let mut written = Written {
        sheets: 1,
        ..Written::default()
    };
    for row in rows {
        let cells = row.map_err(|error| WriteError::Rows(error.into()))?;
        written.rows += 1;
        table.check_width(written.rows, &cells)?;
        csv.write_record(cells.into_iter().map(|cell| field(table, cell)))
            .map_err(output)?;
        go_on(watch, written.rows)?;
    }
    csv.flush()?;
    Ok(written)
}

fn field(table: &Table, cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => disarmed(text),
        Cell::Integer(number) => number.to_string(),
        Cell::Instant(at) => table.local(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Date(day) => day.to_string(),
    }
}

/// Returns `text` with an apostrophe before it where a spreadsheet would take it for a formula.
pub fn disarmed(text: String) -> String {
    if text.starts_with(FORMULA_STARTS) {
        format!("'{text}")
    } else {
        text
    }
}

fn output(error: ::csv::Error) -> WriteError {
    WriteError::Output(error.into())
}
