//! Written tables, read back by other readers.

use std::io::Cursor;
use std::ops::ControlFlow;

use bihuan_report::table::{Cell, Column, Table, WATCH_EVERY, WriteError, Written};
use bihuan_report::{csv, xlsx};
use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use jiff::tz::{Offset, offset};

type Row = Result<Vec<Cell>, std::io::Error>;

fn table(columns: usize) -> Table {
    Table {
        name: "台账".to_owned(),
        columns: (1..=columns).map(|n| Column::new(format!("列{n}"), 20)).collect(),
        offset: offset(8),
        made_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn to_csv(table: &Table, rows: Vec<Vec<Cell>>) -> String {
    let mut out = Vec::new();
    csv::write(&mut out, table, rows.into_iter().map(Row::Ok), &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("the table is written");
    String::from_utf8(out).expect("the file is UTF-8")
}

fn to_xlsx(table: &Table, rows: Vec<Vec<Cell>>) -> (Written, Xlsx<Cursor<Vec<u8>>>) {
    let mut out = Cursor::new(Vec::new());
    let written = xlsx::write(&mut out, table, rows.into_iter().map(Row::Ok), &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("the table is written");
    (
        written,
        Xlsx::new(Cursor::new(out.into_inner())).expect("the workbook opens"),
    )
}

fn sheet(workbook: &mut Xlsx<Cursor<Vec<u8>>>) -> Vec<Vec<Data>> {
    let range = workbook
        .worksheet_range_at(0)
        .expect("there is a sheet")
        .expect("the sheet is read");
    range.rows().map(<[Data]>::to_vec).collect()
}

const HOSTILE: [&str; 8] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝cmd",
    "=HYPERLINK(\"http://x\",\"y\")",
];

#[test]
fn csv_begins_with_the_utf8_mark_and_quotes_what_needs_it() {
    let written = to_csv(&table(2), vec![vec![text("一,\"二\"\n三"), Cell::Empty]]);
    assert_eq!(written, "\u{feff}列1,列2\r\n\"一,\"\"二\"\"\n三\",\r\n");
}

#[test]
fn csv_disarms_formulas_but_leaves_numbers() {
    let rows = HOSTILE
        .iter()
        .map(|hostile| vec![text(hostile), Cell::Integer(-5)])
        .collect();
    let written = to_csv(&table(2), rows);
    let mut reader = ::csv::Reader::from_reader(written.as_bytes());
    let records: Vec<::csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    for (record, hostile) in records.iter().zip(HOSTILE) {
        assert_eq!(&record[0], format!("'{hostile}"));
        assert_eq!(&record[1], "-5");
    }
}

#[test]
fn a_formula_in_a_title_is_disarmed_too() {
    let mut table = table(1);
    table.columns[0].title = "=1".to_owned();
    assert!(to_csv(&table, Vec::new()).starts_with("\u{feff}'=1"));
}

#[test]
fn instants_are_written_in_local_time() {
    let at = date(2026, 2, 13)
        .at(10, 0, 0, 0)
        .to_zoned(Offset::UTC.to_time_zone())
        .expect("a time")
        .timestamp();
    let row = vec![Cell::Instant(at), Cell::Date(date(2026, 2, 13))];
    assert!(to_csv(&table(2), vec![row.clone()]).contains("2026-02-13 18:00:00,2026-02-13"));
    let (_, mut workbook) = to_xlsx(&table(2), vec![row]);
    let rows = sheet(&mut workbook);
    let Data::DateTime(instant) = &rows[1][0] else {
        panic!("not an instant: {:?}", rows[1][0])
    };
    assert!((instant.as_f64() - 46_066.75).abs() < 1e-9, "{instant}");
    assert!(matches!(&rows[1][1], Data::DateTime(day) if (day.as_f64() - 46_066.0).abs() < 1e-9));
}

#[test]
fn xlsx_holds_text_as_text_and_numbers_as_numbers() {
    let rows = HOSTILE
        .iter()
        .map(|hostile| vec![text(hostile), Cell::Integer(-5)])
        .collect();
    let (_, mut workbook) = to_xlsx(&table(2), rows);
    let formulas = workbook.worksheet_formula("台账").expect("the sheet is read");
    assert!(formulas.used_cells().next().is_none());
    let rows = sheet(&mut workbook);
    assert_eq!(rows[0], [Data::String("列1".into()), Data::String("列2".into())]);
    for (row, hostile) in rows[1..].iter().zip(HOSTILE) {
        assert_eq!(row[1], Data::Float(-5.0));
        assert!(
            matches!(&row[0], Data::String(held) if held.contains(hostile.trim())),
            "{row:?}"
        );
    }
}

#[test]
fn a_number_that_excel_would_round_is_text() {
    let (_, mut workbook) = to_xlsx(&table(1), vec![vec![Cell::Integer(i64::MAX)]]);
    assert_eq!(sheet(&mut workbook)[1][0], Data::String(i64::MAX.to_string()));
}

#[test]
fn a_day_before_excel_began_is_text() {
    let (_, mut workbook) = to_xlsx(&table(1), vec![vec![Cell::Date(date(1893, 12, 26))]]);
    assert_eq!(sheet(&mut workbook)[1][0], Data::String("1893-12-26".to_owned()));
}

#[test]
fn a_text_too_long_for_a_cell_is_cut_with_a_mark() {
    let (written, mut workbook) = to_xlsx(&table(1), vec![vec![text(&"长".repeat(40_000))]]);
    assert_eq!(written.cut_cells, 1);
    let Data::String(held) = &sheet(&mut workbook)[1][0] else {
        panic!("not a text")
    };
    assert_eq!(held.chars().count(), xlsx::CELL_CHARS);
    assert!(held.ends_with(xlsx::CUT_MARK));
}

#[test]
fn control_characters_do_not_break_the_workbook() {
    let (_, mut workbook) = to_xlsx(
        &table(1),
        vec![vec![text("a\u{0}b\u{1b}c\u{fffe}")], vec![text("后")]],
    );
    assert_eq!(sheet(&mut workbook)[2][0], Data::String("后".to_owned()));
}

#[test]
fn equal_input_gives_equal_bytes() {
    let bytes = || {
        let mut out = Cursor::new(Vec::new());
        let rows = (0..10).map(|n| Row::Ok(vec![Cell::Integer(n)]));
        xlsx::write(&mut out, &table(1), rows, &mut |_| ControlFlow::Continue(())).expect("written");
        out.into_inner()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_watch_sees_progress_and_can_stop() {
    let endless = || (0..).map(|n| Row::Ok(vec![Cell::Integer(n)]));
    let mut seen = Vec::new();
    let mut watch = |rows| {
        seen.push(rows);
        if rows >= 3 * WATCH_EVERY {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stopped = xlsx::write(Cursor::new(Vec::new()), &table(1), endless(), &mut watch);
    assert!(matches!(stopped, Err(WriteError::Cancelled)));
    let stopped = csv::write(Vec::new(), &table(1), endless(), &mut watch);
    assert!(matches!(stopped, Err(WriteError::Cancelled)));
    assert_eq!(seen[..3], [WATCH_EVERY, 2 * WATCH_EVERY, 3 * WATCH_EVERY]);
}

#[test]
fn a_failing_or_misshapen_row_ends_the_writing() {
    let failing = [Row::Err(std::io::Error::other("the store is gone"))];
    let error = csv::write(Vec::new(), &table(1), failing, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(error, Err(WriteError::Rows(_))));
    let short = [Row::Ok(Vec::new())];
    let error = xlsx::write(Cursor::new(Vec::new()), &table(1), short, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(
        error,
        Err(WriteError::Width {
            row: 1,
            cells: 0,
            columns: 1
        })
    ));
}
