//! XLSX in constant memory: rows go to a temporary file as they come.

use std::error::Error;
use std::io::{Seek, Write};

use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use crate::table::{Cell, Table, Watch, WriteError, Written, go_on};

/// The rows of one sheet, the header included; what is more goes on in a further sheet.
///
/// Source: Microsoft, *Excel specifications and limits*.
pub const SHEET_ROWS: u32 = 1_048_576;

/// The longest text of a cell, in UTF-16 units; a longer one is cut and ends with [`CUT_MARK`].
///
/// Source: Microsoft, *Excel specifications and limits*.
pub const CELL_CHARS: usize = 32_767;

/// What ends a text that was cut.
pub const CUT_MARK: &str = "…[截断/cut]";

/// The largest whole number that Excel shows exactly: 15 digits. Larger ones are written as text.
const EXACT_INTEGER: u64 = 999_999_999_999_999;

/// The longest name of a sheet.
const SHEET_NAME_CHARS: usize = 31;

/// Writes `rows` under the header of `table`, which stays in sight when scrolling.
///
/// # Errors
/// [`WriteError`]; nothing is written to `out` before all rows were read.
pub fn write<E>(
    out: impl Write + Seek + Send,
    table: &Table,
    rows: impl IntoIterator<Item = Result<Vec<Cell>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Written, WriteError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    write_in_sheets_of(SHEET_ROWS, out, table, rows, watch)
}

fn write_in_sheets_of<E>(
    sheet_rows: u32,
    out: impl Write + Seek + Send,
    table: &Table,
    rows: impl IntoIterator<Item = Result<Vec<Cell>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Written, WriteError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let styles = Styles::new();
    let mut workbook = Workbook::new();
    let made = excel_time(table.local(table.made_at));
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made.unwrap_or_default()));
    let mut written = Written::default();
    let mut sheet = add_sheet(&mut workbook, table, &styles, &mut written)?;
    let mut line = 1;
    for row in rows {
        let cells = row.map_err(|error| WriteError::Rows(error.into()))?;
        table.check_width(written.rows + 1, &cells)?;
        if line == sheet_rows {
            sheet = add_sheet(&mut workbook, table, &styles, &mut written)?;
            line = 1;
        }
        for (column, cell) in (0..).zip(cells) {
            written.cut_cells += u64::from(write_cell(sheet, (line, column), cell, table, &styles)?);
        }
        line += 1;
        written.rows += 1;
        go_on(watch, written.rows)?;
    }
    workbook.save_to_writer(out)?;
    Ok(written)
}

/// Writes a workbook of several small tables, a sheet for each.
///
/// # Errors
/// [`WriteError`]; nothing is written to `out` then.
pub fn write_book(
    out: impl Write + Seek + Send,
    tables: Vec<(Table, Vec<Vec<Cell>>)>,
) -> Result<(), WriteError> {
    let styles = Styles::new();
    let mut workbook = Workbook::new();
    for (table, rows) in tables {
        let made = excel_time(table.local(table.made_at));
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made.unwrap_or_default()));
        let sheet = add_sheet(&mut workbook, &table, &styles, &mut Written::default())?;
        for (row, line) in rows.into_iter().zip(1..) {
            table.check_width(u64::from(line), &row)?;
            for (cell, column) in row.into_iter().zip(0..) {
                write_cell(sheet, (line, column), cell, &table, &styles)?;
            }
        }
    }
    workbook.save_to_writer(out)?;
    Ok(())
}

struct Styles {
    header: Format,
    text: Format,
    integer: Format,
    instant: Format,
    date: Format,
}

impl Styles {
    fn new() -> Self {
        let cell = Format::new().set_align(FormatAlign::Top);
        Styles {
            header: Format::new()
                .set_bold()
                .set_background_color(Color::RGB(0xf3efe6))
                .set_border_bottom(FormatBorder::Thin),
            integer: cell.clone().set_num_format("0"),
            instant: cell.clone().set_num_format("yyyy-mm-dd hh:mm:ss"),
            date: cell.clone().set_num_format("yyyy-mm-dd"),
            text: cell,
        }
    }
}

/// Adds the next sheet, with its header.
fn add_sheet<'a>(
    workbook: &'a mut Workbook,
    table: &Table,
    styles: &Styles,
    written: &mut Written,
) -> Result<&'a mut Worksheet, WriteError> {
    written.sheets += 1;
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(sheet_name(&table.name, written.sheets))?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    for (number, column) in (0..).zip(&table.columns) {
        sheet.set_column_width(number, column.width_chars)?;
        sheet.write_string_with_format(0, number, shortened(&column.title).0, &styles.header)?;
    }
    Ok(sheet)
}

/// Returns the name of the `number`th sheet: what Excel refuses in a name becomes `_`.
fn sheet_name(name: &str, number: u32) -> String {
    let suffix = if number == 1 {
        String::new()
    } else {
        format!(" ({number})")
    };
    let clean = |c: char| {
        if c.is_control() || "[]:*?/\\'".contains(c) {
            '_'
        } else {
            c
        }
    };
    let mut units = 0;
    let kept: String = name
        .chars()
        .map(clean)
        .take_while(|c| {
            units += c.len_utf16();
            units <= SHEET_NAME_CHARS - suffix.len()
        })
        .collect();
    let stem = if kept.trim().is_empty() {
        "_"
    } else {
        kept.as_str()
    };
    format!("{stem}{suffix}")
}

/// Writes a cell and tells whether its text was cut.
fn write_cell(
    sheet: &mut Worksheet,
    (line, column): (u32, u16),
    cell: Cell,
    table: &Table,
    styles: &Styles,
) -> Result<bool, WriteError> {
    let (text, cut) = match cell {
        Cell::Empty => return Ok(false),
        Cell::Text(text) => shortened(&text),
        Cell::Integer(number) if number.unsigned_abs() <= EXACT_INTEGER => {
            sheet.write_number_with_format(line, column, number as f64, &styles.integer)?;
            return Ok(false);
        }
        Cell::Integer(number) => (number.to_string(), false),
        Cell::Instant(at) => match excel_time(table.local(at)) {
            Some(time) => {
                sheet.write_datetime_with_format(line, column, &time, &styles.instant)?;
                return Ok(false);
            }
            None => (table.local(at).to_string(), false),
        },
        Cell::Date(day) => match excel_day(day) {
            Some(time) => {
                sheet.write_datetime_with_format(line, column, &time, &styles.date)?;
                return Ok(false);
            }
            None => (day.to_string(), false),
        },
    };
    sheet.write_string_with_format(line, column, text, &styles.text)?;
    Ok(cut)
}

/// Returns `text` as long as a cell may be, and whether it was cut.
fn shortened(text: &str) -> (String, bool) {
    if text.len() <= CELL_CHARS || text.encode_utf16().count() <= CELL_CHARS {
        return (text.to_owned(), false);
    }
    let room = CELL_CHARS - CUT_MARK.encode_utf16().count();
    let mut units = 0;
    let kept = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= room
    });
    (kept.chain(CUT_MARK.chars()).collect(), true)
}

/// Returns `day` as Excel counts days; `None` before 1900, which Excel does not know.
fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let part = |number: i8| u8::try_from(number).ok();
    ExcelDateTime::from_ymd(
        u16::try_from(day.year()).ok()?,
        part(day.month())?,
        part(day.day())?,
    )
    .ok()
}

fn excel_time(at: DateTime) -> Option<ExcelDateTime> {
    let part = |number: i8| u8::try_from(number).ok();
    let hour = u16::try_from(at.hour()).ok()?;
    excel_day(at.date())?
        .and_hms(hour, part(at.minute())?, f64::from(at.second()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;
    use std::io::Cursor;
    use std::ops::ControlFlow;

    #[test]
    fn sheet_names_keep_to_what_excel_allows() {
        assert_eq!(sheet_name("台账[1]:a/b", 1), "台账_1__a_b");
        assert_eq!(sheet_name("", 2), "_ (2)");
        assert_eq!(sheet_name(&"账".repeat(40), 12).chars().count(), 31);
    }

    #[test]
    fn a_text_is_cut_at_whole_characters() {
        let (text, cut) = shortened(&"😀".repeat(20_000));
        assert!(cut && text.ends_with(CUT_MARK));
        assert!(text.encode_utf16().count() <= CELL_CHARS);
        assert_eq!(shortened("短"), ("短".to_owned(), false));
    }

    #[test]
    fn a_book_of_tables_is_read_back_sheet_by_sheet() {
        let table = |name: &str| Table {
            name: name.to_owned(),
            columns: vec![Column::new("a", 8), Column::new("b", 8)],
            offset: jiff::tz::Offset::UTC,
            made_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let row = vec![Cell::Text("=1+1".to_owned()), Cell::Integer(7)];
        let mut file = Cursor::new(Vec::new());
        write_book(
            &mut file,
            vec![(table("单位"), vec![row]), (table("人员"), Vec::new())],
        )
        .expect("written");
        let bounds = crate::upload::Bounds {
            unpacked_bytes: 1 << 20,
            sheets: 3,
            rows: 9,
            columns: 9,
            cell_chars: 9,
        };
        let read = crate::upload::read(file.get_ref(), &bounds).expect("read");
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].name.as_str(), read[1].name.as_str()), ("单位", "人员"));
        assert_eq!(read[0].rows[1].cells, ["=1+1", "7"]);
    }

    #[test]
    fn a_full_sheet_goes_on_in_the_next() {
        let table = Table {
            name: "台账".to_owned(),
            columns: vec![Column::new("n", 8)],
            offset: jiff::tz::Offset::UTC,
            made_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let rows = (1..=5).map(|n| Ok::<_, std::io::Error>(vec![Cell::Integer(n)]));
        let mut file = Cursor::new(Vec::new());
        let written = write_in_sheets_of(3, &mut file, &table, rows, &mut |_| ControlFlow::Continue(()))
            .expect("written");
        assert_eq!((written.rows, written.sheets), (5, 3));
    }
}
