//! The rows of a file, from CSV or from a workbook.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use bihuan_report::decode::{FileEncoding, SAMPLE_BYTES, Undecodable};
use calamine::{Data, Reader, open_workbook_auto};
use csv::ByteRecord;

use super::map::FileRules;
use super::row::Reject;
use super::template::Columns;

/// The longest cell that is read, in bytes; a row with a longer one is rejected.
pub const CELL_BYTES: usize = 256 << 10;

/// A row of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number as a spreadsheet counts: the header is 1, a cell of several lines does not count more.
    pub number: u64,
    /// Its cells; where it is rejected, as much as can be shown of them.
    pub fields: Vec<String>,
    /// Why it could not be read.
    pub problem: Option<Reject>,
    /// How much of the file is read, from 0 to 1.
    pub share: f64,
}

/// An open file: its columns and its rows.
pub struct Sheet {
    /// The columns of its header.
    pub columns: Columns,
    /// How it was read: the encoding's name, or the sheet's.
    pub read_as: String,
    /// The rows under the header, in order.
    pub rows: Box<dyn Iterator<Item = Result<Row>>>,
}

impl Sheet {
    /// Opens a file; its name's ending tells whether it is a workbook.
    pub fn open(path: &Path, rules: &FileRules) -> Result<Sheet> {
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or("")
            .to_lowercase();
        let sheet = match ending.as_str() {
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => open_workbook(path, rules),
            _ => open_csv(path, rules),
        };
        sheet.with_context(|| format!("cannot read {}", path.display()))
    }
}

fn open_csv(path: &Path, rules: &FileRules) -> Result<Sheet> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len().max(1);
    let mut sample = Vec::new();
    file.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut sample)?;
    file.seek(SeekFrom::Start(0))?;
    let encoding = FileEncoding::of(&sample, rules.encoding.as_deref())?;
    let mut start = Vec::new();
    encoding
        .reader(std::io::Cursor::new(sample))
        .take(64 << 10)
        .read_to_end(&mut start)?;
    let delimiter = match rules.delimiter {
        Some(named) => u8::try_from(named).context("the delimiter is not an ASCII character")?,
        None => delimiter_of(&start),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(encoding.reader(file));
    let mut header = ByteRecord::new();
    if !reader.read_byte_record(&mut header)? {
        bail!("the file is empty: its first row must name the columns");
    }
    let Ok(names) = encoding.row(header.iter()) else {
        bail!("the column names are in no known encoding")
    };
    let columns = Columns::new(
        names
            .into_iter()
            .map(|name| name.replace('\u{feff}', ""))
            .collect(),
    );
    let width = columns.names.len();
    let rows = reader.into_byte_records().zip(2..).map(move |(record, number)| {
        let record = record.context("the file cannot be read on")?;
        let read = record.position().map_or(0, csv::Position::byte);
        let (fields, problem) = read_cells(encoding, &record, width);
        Ok(Row {
            number,
            fields,
            problem,
            share: (read as f64 / size as f64).min(1.0),
        })
    });
    Ok(Sheet {
        columns,
        read_as: encoding.name().to_owned(),
        rows: Box::new(rows),
    })
}

/// Tells the delimiter from the header: the one that stands there most often.
fn delimiter_of(start: &[u8]) -> u8 {
    let header = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    // Of equally frequent ones the last wins, so the comma stands last.
    [b'|', b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

fn read_cells(encoding: FileEncoding, record: &ByteRecord, width: usize) -> (Vec<String>, Option<Reject>) {
    let problem = if let Some(at) = record.iter().position(|cell| cell.len() > CELL_BYTES) {
        let detail = format!(
            "cell {} has {} bytes, {CELL_BYTES} are allowed",
            at + 1,
            record[at].len()
        );
        Reject::new("a cell is too long (an open quote?)", detail)
    } else if record.len() < width || record.iter().skip(width).any(|cell| !cell.is_empty()) {
        let detail = format!("{} cells for {width} columns", record.len());
        Reject::new("the row does not fit the header", detail)
    } else {
        match encoding.row(record.iter()) {
            Ok(mut fields) => {
                fields.truncate(width);
                return (fields, None);
            }
            Err(Undecodable(at)) => {
                Reject::new("the text is in no known encoding", format!("cell {}", at + 1))
            }
        }
    };
    let shown = record.iter().map(|cell| {
        let cut = &cell[..cell.len().min(1_000)];
        let text = encoding
            .row([cut].into_iter())
            .ok()
            .and_then(|mut texts| texts.pop());
        text.unwrap_or_else(|| String::from_utf8_lossy(cut).into_owned())
    });
    (shown.collect(), Some(problem))
}

fn open_workbook(path: &Path, rules: &FileRules) -> Result<Sheet> {
    let mut workbook = open_workbook_auto(path)?;
    let names = workbook.sheet_names();
    let name = match &rules.sheet {
        Some(name) => name.clone(),
        None => names.first().context("the workbook has no sheet")?.clone(),
    };
    let range = workbook
        .worksheet_range(&name)
        .with_context(|| format!("the workbook has no sheet `{name}`; it has {}", names.join(", ")))?;
    let first = range.start().map_or(0, |start| u64::from(start.0));
    let mut lines: Vec<Vec<String>> = range
        .rows()
        .map(|row| row.iter().map(text_of).collect())
        .collect();
    if lines.is_empty() {
        bail!("the sheet `{name}` is empty: its first row must name the columns");
    }
    let columns = Columns::new(lines.remove(0));
    let count = lines.len().max(1) as f64;
    let rows = lines
        .into_iter()
        .enumerate()
        .filter(|(_, fields)| fields.iter().any(|cell| !cell.is_empty()));
    let rows = rows.map(move |(number, fields)| {
        let long = fields.iter().any(|cell| cell.len() > CELL_BYTES);
        Ok(Row {
            number: first + number as u64 + 2,
            fields,
            problem: long.then(|| Reject::new("a cell is too long (an open quote?)", String::new())),
            share: number as f64 / count,
        })
    });
    Ok(Sheet {
        columns,
        read_as: name,
        rows: Box::new(rows),
    })
}

/// Returns a cell as text; days and times in ISO 8601, whole numbers without a point.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("the file is written");
        path
    }

    fn rows(path: &Path) -> (Sheet, Vec<Row>) {
        let mut sheet = Sheet::open(path, &FileRules::default()).expect("the file opens");
        let rows = std::mem::replace(&mut sheet.rows, Box::new(std::iter::empty()));
        (sheet, rows.map(|row| row.expect("a row")).collect())
    }

    #[test]
    fn quoted_line_ends_and_quotes_stay_in_their_cell() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = file(
            &dir,
            "a.csv",
            b"\xef\xbb\xbfid,text\r\n1,\"a\r\nb \"\"c\"\"\"\r\n\r\n2,d\n",
        );
        let (sheet, rows) = rows(&path);
        assert_eq!(sheet.columns.names, ["id", "text"]);
        assert_eq!(rows[0].fields, ["1", "a\r\nb \"c\""]);
        assert_eq!((rows[1].number, rows[1].fields.len(), rows.len()), (3, 2, 2));
    }

    #[test]
    fn gb18030_with_tabs_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let bytes = encoding_rs::GB18030
            .encode("编号\t内容，详\n1\t噪音,扰民\n")
            .0
            .into_owned();
        let (sheet, rows) = rows(&file(&dir, "a.csv", &bytes));
        assert_eq!(
            (sheet.read_as.as_str(), rows[0].fields[1].as_str()),
            ("gb18030", "噪音,扰民")
        );
        assert_eq!(sheet.columns.names, ["编号", "内容，详"]);
    }

    #[test]
    fn ragged_rows_are_rejected_but_not_the_next_ones() {
        let dir = tempfile::tempdir().expect("a directory");
        let (_, rows) = rows(&file(&dir, "a.csv", b"id,text\n1\n2,a,b\n3,c,\n4,d\n"));
        let rejected: Vec<bool> = rows.iter().map(|row| row.problem.is_some()).collect();
        assert_eq!(rejected, [true, true, false, false]);
        assert_eq!(rows[1].fields, ["2", "a", "b"]);
    }

    #[test]
    fn a_cell_of_ten_megabytes_is_rejected_with_its_beginning() {
        let dir = tempfile::tempdir().expect("a directory");
        let bytes = format!("id,text\n1,\"{}\"\n2,b\n", "长".repeat(10 << 20 >> 2));
        let (_, rows) = rows(&file(&dir, "a.csv", bytes.as_bytes()));
        let problem = rows[0].problem.as_ref().expect("rejected");
        assert!(problem.to_string().contains("too long"), "{problem}");
        assert!(rows[0].fields[1].len() < 5_000 && rows[1].problem.is_none());
    }

    #[test]
    fn an_undecodable_row_is_rejected_with_its_cell() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut bytes = "id,text\n1,夜间施工噪音扰民\n2,".as_bytes().to_vec();
        bytes.extend(&"停暖三天无人处理".as_bytes()[1..]);
        bytes.extend(b"\n3,ok\n");
        let (_, rows) = rows(&file(&dir, "a.csv", &bytes));
        assert!(
            rows[1]
                .problem
                .as_ref()
                .expect("rejected")
                .to_string()
                .contains("cell 2")
        );
        assert!(rows[0].problem.is_none() && rows[2].problem.is_none());
    }

    #[test]
    fn a_workbook_is_read_with_its_times() {
        use bihuan_report::table::{Cell, Column, Table};
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.xlsx");
        let table = Table {
            name: "s".to_owned(),
            columns: vec![Column::new("id", 8), Column::new("time", 8)],
            offset: jiff::tz::Offset::UTC,
            made_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let at = "2020-01-02T03:04:05Z".parse().expect("a time");
        let cells = [Ok::<_, std::io::Error>(vec![Cell::Integer(7), Cell::Instant(at)])];
        let out = File::create(&path).expect("a file");
        bihuan_report::xlsx::write(out, &table, cells, &mut |_| std::ops::ControlFlow::Continue(()))
            .expect("the workbook is written");
        let (_, rows) = rows(&path);
        assert_eq!(
            (rows[0].number, rows[0].fields.clone()),
            (2, vec!["7".to_owned(), "2020-01-02T03:04:05".to_owned()])
        );
    }

    #[test]
    fn an_empty_file_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = Sheet::open(&file(&dir, "a.csv", b""), &FileRules::default())
            .err()
            .expect("refused");
        assert!(format!("{error:#}").contains("name the columns"));
    }
}
