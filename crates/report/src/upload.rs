//! Reads the tables of a small file that somebody sent: a workbook or CSV, whole and within bounds.
//!
//! The file is a stranger's. A workbook is a packed archive that may claim any size, so it is unpacked once into
//! nothing, counted, before anything else reads it; cells are taken one by one, wherever they claim to stand.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use crate::decode::FileEncoding;

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most that a workbook comes to when unpacked, in bytes.
    pub unpacked_bytes: u64,
    /// The most sheets of a workbook.
    pub sheets: usize,
    /// The most rows of all tables together, headers included.
    pub rows: usize,
    /// The most columns.
    pub columns: usize,
    /// The longest cell, in characters.
    pub cell_chars: usize,
}

/// A table: a sheet of a workbook, or a CSV file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The sheet's name; empty for CSV.
    pub name: String,
    /// Its rows from the top, those left out in which nothing stands.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as a spreadsheet counts: the first is 1.
    pub number: u64,
    /// Its cells, trimmed, empty ones included up to the last that is not.
    pub cells: Vec<String>,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is a workbook of the format before 2007, or one under a password.
    #[error("it is an old or encrypted workbook")]
    OldWorkbook,
    /// It is larger than is read, unpacked or in rows, columns, sheets or a cell.
    #[error("it is too large")]
    TooLarge,
    /// It is no workbook and no CSV.
    #[error("it cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> UploadError {
    UploadError::Unreadable(error.into())
}

/// Reads the tables of a file; its first bytes tell what it is.
///
/// # Errors
/// [`UploadError`]; nothing is read of a file that breaks one of the bounds.
pub fn read(bytes: &[u8], bounds: &Bounds) -> Result<Vec<Grid>, UploadError> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => {
            weigh(bytes, bounds)?;
            read_workbook(bytes, bounds)
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(UploadError::OldWorkbook),
        text => read_csv(text, bounds),
    }
}

/// Unpacks every part of a workbook once, without keeping it, and refuses what comes to too much.
fn weigh(bytes: &[u8], bounds: &Bounds) -> Result<(), UploadError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut left = bounds.unpacked_bytes;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(unreadable)?;
        let name = part.name().map_err(unreadable)?.to_ascii_lowercase();
        let is_strings = name.ends_with("sharedstrings.xml");
        let mut part = part.take(left + 1);
        let taken = if is_strings {
            let mut text = Vec::new();
            part.read_to_end(&mut text).map_err(unreadable)?;
            claims_little(&text, bounds)?;
            text.len() as u64
        } else {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(unreadable)?
        };
        left = left.checked_sub(taken).ok_or(UploadError::TooLarge)?;
    }
    Ok(())
}

/// Refuses shared texts that claim to be more than can be: the reader makes room for what is claimed.
fn claims_little(text: &[u8], bounds: &Bounds) -> Result<(), UploadError> {
    // In another encoding the claim could not be found.
    let text = std::str::from_utf8(text).map_err(unreadable)?;
    let most = bounds.rows * bounds.columns;
    for claim in text.split("uniqueCount").skip(1) {
        let claim = claim.trim_start_matches(|c: char| c.is_whitespace() || "='\"".contains(c));
        let digits: String = claim.chars().take_while(char::is_ascii_digit).collect();
        if digits.parse().is_ok_and(|claimed: u128| claimed > most as u128) {
            return Err(UploadError::TooLarge);
        }
    }
    Ok(())
}

fn read_workbook(bytes: &[u8], bounds: &Bounds) -> Result<Vec<Grid>, UploadError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let names = workbook.sheet_names();
    if names.len() > bounds.sheets {
        return Err(UploadError::TooLarge);
    }
    let mut grids = Vec::new();
    let mut left = bounds.rows;
    for name in names {
        // A chart has a sheet of its own, in which there are no cells.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else {
            continue;
        };
        let mut rows: Vec<Row> = Vec::new();
        while let Some(cell) = cells.next_cell().map_err(unreadable)? {
            let ((line, column), text) = (cell.get_position(), text_of(cell.get_value()));
            if !text.is_empty() {
                put(
                    &mut rows,
                    u64::from(line) + 1,
                    column as usize,
                    text,
                    (left, bounds),
                )?;
            }
        }
        left -= rows.len();
        grids.push(Grid { name, rows });
    }
    Ok(grids)
}

/// Puts a cell into its row; rows come from the top.
fn put(
    rows: &mut Vec<Row>,
    number: u64,
    column: usize,
    text: String,
    (left, bounds): (usize, &Bounds),
) -> Result<(), UploadError> {
    if column >= bounds.columns || text.chars().count() > bounds.cell_chars {
        return Err(UploadError::TooLarge);
    }
    match rows.last().map(|row| row.number) {
        Some(last) if last > number => return Err(unreadable("its rows are out of order")),
        Some(last) if last == number => {}
        Some(_) | None if rows.len() >= left => return Err(UploadError::TooLarge),
        Some(_) | None => rows.push(Row {
            number,
            cells: Vec::new(),
        }),
    }
    if let Some(row) = rows.last_mut() {
        let width = row.cells.len().max(column + 1);
        row.cells.resize(width, String::new());
        row.cells[column] = text;
    }
    Ok(())
}

/// Returns a cell as text: whole numbers without a point; what is wrong in itself is shown as it stands.
fn text_of(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => tidy(text),
        DataRef::SharedString(text) => tidy(text),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(time) => time.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn read_csv(bytes: &[u8], bounds: &Bounds) -> Result<Vec<Grid>, UploadError> {
    let text = FileEncoding::told(bytes).text(bytes);
    let is_text = |c: char| c != '\u{fffd}' && (!c.is_control() || c.is_whitespace());
    if !text.chars().all(is_text) {
        return Err(unreadable("it holds bytes that are no text"));
    }
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| header.matches(char::from(*delimiter)).count());
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (record, number) in reader.records().zip(1..) {
        let record = record.map_err(unreadable)?;
        for (column, cell) in record.iter().enumerate() {
            let cell = tidy(cell);
            if !cell.is_empty() {
                put(&mut rows, number, column, cell, (bounds.rows, bounds))?;
            }
        }
    }
    let name = String::new();
    Ok(vec![Grid { name, rows }])
}

/// Returns a text as one line, without what no one types, and without the apostrophe that keeps a spreadsheet
/// from taking it for a formula.
fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| *c != '\u{feff}')
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let plain = plain.trim();
    let bare = plain
        .strip_prefix('\'')
        .filter(|bare| crate::csv::disarmed((*bare).to_owned()) == plain);
    bare.unwrap_or(plain).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        unpacked_bytes: 4 << 20,
        sheets: 4,
        rows: 100,
        columns: 10,
        cell_chars: 50,
    };

    fn cells(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let grids = read(bytes, &BOUNDS).expect("read");
        grids[0]
            .rows
            .iter()
            .map(|row| (row.number, row.cells.clone()))
            .collect()
    }

    /// A workbook with this sheet, and these shared texts.
    fn workbook(sheet: &str, strings: &[u8]) -> Vec<u8> {
        let mut file = ZipWriter::new(Cursor::new(Vec::new()));
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let book = format!(
            r#"<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>"#
        );
        let to = |id: &str, kind: &str, target: &str| {
            format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="{id}" Type="{relations}/{kind}" Target="{target}"/></Relationships>"#
            )
        };
        let sheet = format!(r#"<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>"#);
        for (name, content) in [
            (
                "_rels/.rels",
                to("r0", "officeDocument", "xl/workbook.xml").as_bytes(),
            ),
            ("xl/workbook.xml", book.as_bytes()),
            (
                "xl/_rels/workbook.xml.rels",
                to("r1", "worksheet", "worksheets/sheet1.xml").as_bytes(),
            ),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            ("xl/sharedStrings.xml", strings),
        ] {
            file.start_file(name, SimpleFileOptions::default())
                .expect("begun");
            file.write_all(content).expect("written");
        }
        file.finish().expect("finished").into_inner()
    }

    const NO_STRINGS: &[u8] =
        br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"></sst>"#;

    #[test]
    fn csv_of_any_encoding_keeps_its_row_numbers() {
        let chinese = encoding_rs::GB18030
            .encode("代码;名称\n\nwater;水务局\n")
            .0
            .into_owned();
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            cells(&chinese),
            [(1, row(["代码", "名称"])), (2, row(["water", "水务局"]))]
        );
        assert_eq!(cells("\u{feff}a,\"b\nc\"\r\n'=1,".as_bytes())[1].1, ["=1"]);
    }

    #[test]
    fn cells_of_a_workbook_stand_where_they_say() {
        let sheet =
            r#"<row r="3"><c r="B3" t="inlineStr"><is><t>水务局</t></is></c><c r="C3"><v>7</v></c></row>"#;
        let expected = ["", "水务局", "7"].map(str::to_owned).to_vec();
        assert_eq!(cells(&workbook(sheet, NO_STRINGS)), [(3, expected)]);
    }

    #[test]
    fn what_claims_to_be_huge_is_refused_before_it_is_read() {
        let refused = |bytes: &[u8]| matches!(read(bytes, &BOUNDS), Err(UploadError::TooLarge));
        let far = r#"<row r="9"><c r="XFD9"><v>7</v></c></row>"#;
        assert!(refused(&workbook(far, NO_STRINGS)));
        let claim = br#"<sst uniqueCount = "99999999999"><si><t>a</t></si></sst>"#;
        assert!(refused(&workbook("", claim)));
        assert!(refused(&workbook(&" ".repeat(5 << 20), NO_STRINGS)));
        assert!(refused("a,b\n".repeat(101).as_bytes()));
        assert!(refused(format!("a,{}", "长".repeat(51)).as_bytes()));
    }

    #[test]
    fn what_is_no_table_is_refused_and_harms_nobody() {
        let old = read(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1], &BOUNDS);
        assert!(matches!(old, Err(UploadError::OldWorkbook)));
        for bytes in [b"PK\x03\x04 no archive".as_slice(), b"a\0b,\xff\xfe\0\0"] {
            assert!(
                matches!(read(bytes, &BOUNDS), Err(UploadError::Unreadable(_))),
                "{bytes:?}"
            );
        }
        let backwards = r#"<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
        let read = read(&workbook(backwards, NO_STRINGS), &BOUNDS);
        assert!(matches!(read, Err(UploadError::Unreadable(_))));
    }

    #[test]
    fn an_empty_file_has_no_rows() {
        assert_eq!(cells(b""), []);
    }
}
