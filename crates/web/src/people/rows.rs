//! The two tables, units and people, as they are written down: in a workbook, in CSV, or in the fields of a form.

use bihuan_core::label::Lang;
use bihuan_report::upload::{Bounds, Grid, Row};
use serde::{Deserialize, Serialize};

use crate::lang::Tongue;

/// How much of a file is read.
pub const BOUNDS: Bounds = Bounds {
    unpacked_bytes: 32 << 20,
    sheets: 20,
    rows: 4_000,
    columns: 40,
    cell_chars: 2_000,
};

/// In how many rows from the top the headings may stand.
const HEADING_ROWS: usize = 5;

/// What begins a row that is left out, such as an example.
pub const LEFT_OUT: char = '#';

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// The units.
    Units,
    /// The people.
    People,
}

/// A column: its name in files, and the message of its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in CSV files and forms.
    pub id: &'static str,
    /// The message of its heading.
    pub key: &'static str,
    /// The message that says what goes into it.
    pub help: &'static str,
}

const fn column(id: &'static str, key: &'static str, help: &'static str) -> Column {
    Column { id, key, help }
}

/// The columns of the units, in order.
pub const UNITS: [Column; 8] = [
    column("code", "people-col-code", "people-col-code-help"),
    column("name_zh", "people-col-unit-zh", "people-col-unit-zh-help"),
    column("name_en", "people-col-unit-en", "people-col-unit-en-help"),
    column("parent", "people-col-parent", "people-col-parent-help"),
    column("class", "people-col-class", "people-col-class-help"),
    column("aliases", "people-col-aliases", "people-col-aliases-help"),
    column("duties", "people-col-duties", "people-col-duties-help"),
    column("external", "people-col-external", "people-col-external-help"),
];

/// The columns of the people, in order.
pub const PEOPLE: [Column; 7] = [
    column("name_zh", "people-col-name-zh", "people-col-name-zh-help"),
    column("name_en", "people-col-name-en", "people-col-name-en-help"),
    column("login", "people-col-login", "people-col-login-help"),
    column("unit", "people-col-unit", "people-col-unit-help"),
    column("roles", "people-col-roles", "people-col-roles-help"),
    column("post", "people-col-post", "people-col-post-help"),
    column("head", "people-col-head", "people-col-head-help"),
];

impl Table {
    /// Returns its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Units => &UNITS,
            Table::People => &PEOPLE,
        }
    }

    /// Returns the message that names it.
    pub fn key(self) -> &'static str {
        match self {
            Table::Units => "people-units",
            Table::People => "people-people",
        }
    }
}

impl Column {
    /// Returns the heading in both languages.
    pub fn heading(self) -> String {
        let [zh, en] = [Lang::Zh, Lang::En].map(|lang| Tongue(lang).t(self.key));
        format!("{zh} {en}")
    }

    /// Whether a heading names this column.
    fn is_named(self, heading: &str) -> bool {
        let heading = folded(heading);
        let one = |lang| folded(&Tongue(lang).t(self.key)) == heading;
        folded(self.id) == heading || one(Lang::Zh) || one(Lang::En) || folded(&self.heading()) == heading
    }
}

/// Returns a heading without what people write differently.
fn folded(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A row of one of the tables: a cell for each column, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number in the sheet or the form.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// All rows. Also the written form in which they wait until somebody has looked at what they would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rows {
    /// The units.
    pub units: Vec<Record>,
    /// The people.
    pub people: Vec<Record>,
}

/// Something wrong, with its place and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// In which table.
    pub table: Option<Table>,
    /// In which row.
    pub line: Option<u64>,
    /// In which column.
    pub column: Option<Column>,
    /// The message.
    pub key: &'static str,
    /// What fills the message's places.
    pub places: Vec<(&'static str, String)>,
}

impl Fault {
    /// Says something of the whole file.
    pub fn of_file(key: &'static str) -> Fault {
        Fault {
            table: None,
            line: None,
            column: None,
            key,
            places: Vec::new(),
        }
    }

    /// Says something of a table.
    fn of_table(table: Table, line: u64, key: &'static str, value: &str) -> Fault {
        Fault {
            table: Some(table),
            line: Some(line),
            places: vec![("value", value.to_owned())],
            ..Fault::of_file(key)
        }
    }

    /// Returns where it is, in words: table, row and column.
    pub fn place(&self, tongue: Tongue) -> String {
        let table = self.table.map(|table| tongue.t(table.key()));
        let line = self
            .line
            .map(|line| tongue.t1("people-row", "row", line.to_string()));
        let column = self.column.map(|column| tongue.t(column.key));
        let parts: Vec<String> = [table, line, column].into_iter().flatten().collect();
        parts.join(" · ")
    }

    /// Returns what is wrong, and what to do.
    pub fn said(&self, tongue: Tongue) -> String {
        let places: Vec<_> = self
            .places
            .iter()
            .map(|(name, value)| (*name, value.clone().into()))
            .collect();
        tongue.tell(self.key, &places)
    }
}

impl std::fmt::Display for Fault {
    /// Writes place and words in English, for the command line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let english = Tongue(Lang::En);
        write!(f, "{}: {}", self.place(english), self.said(english))
    }
}

impl Rows {
    /// Reads the tables of a file. A sheet that is neither of the two, such as the template's help, is left alone.
    ///
    /// # Errors
    /// Every heading that is not known or stands twice; a file without any of the tables.
    pub fn of_file(grids: &[Grid]) -> Result<Rows, Vec<Fault>> {
        let (mut rows, mut faults, mut found) = (Rows::default(), Vec::new(), false);
        for grid in grids {
            let heading = grid
                .rows
                .iter()
                .take(HEADING_ROWS)
                .position(|row| table_of(row).is_some());
            let Some((at, table)) = heading.and_then(|at| Some((at, table_of(&grid.rows[at])?))) else {
                continue;
            };
            found = true;
            let order = order_of(table, &grid.rows[at], &mut faults);
            let read = grid.rows[at + 1..]
                .iter()
                .filter_map(|row| record(table, &order, row, &mut faults));
            let into = match table {
                Table::Units => &mut rows.units,
                Table::People => &mut rows.people,
            };
            into.extend(read.collect::<Vec<_>>());
        }
        if !found {
            faults.push(Fault::of_file("people-fault-no-table"));
        } else if rows.is_empty() && faults.is_empty() {
            faults.push(Fault::of_file("people-fault-empty"));
        }
        if faults.is_empty() { Ok(rows) } else { Err(faults) }
    }

    /// Reads the rows of a form: `values` returns what stands in all fields of a name, row by row.
    pub fn of_form(values: impl Fn(&str) -> Vec<String>) -> Rows {
        let read = |table: Table, prefix: &str| {
            let columns: Vec<Vec<String>> = table
                .columns()
                .iter()
                .map(|column| values(&format!("{prefix}_{}", column.id)))
                .collect();
            let count = columns.iter().map(Vec::len).max().unwrap_or(0);
            let record = |at: usize| Record {
                line: at as u64 + 1,
                cells: columns.iter().map(|cells| cell(cells, at)).collect(),
            };
            (0..count)
                .map(record)
                .filter(|record| is_filled(table, record))
                .collect()
        };
        Rows {
            units: read(Table::Units, "unit"),
            people: read(Table::People, "person"),
        }
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.people.is_empty()
    }
}

fn cell(cells: &[String], at: usize) -> String {
    cells.get(at).map_or("", |cell| cell.trim()).to_owned()
}

/// Whether a row of the form has a name: the rest may be filled in beforehand.
fn is_filled(table: Table, record: &Record) -> bool {
    let names = table
        .columns()
        .iter()
        .zip(&record.cells)
        .filter(|(column, _)| column.id.starts_with("name"));
    names.into_iter().any(|(_, cell)| !cell.is_empty())
}

/// Tells which table stands under these headings: people work in a unit, units have a code or one above them.
fn table_of(row: &Row) -> Option<Table> {
    [Table::People, Table::Units].into_iter().find(|table| {
        let has = |id: &str| {
            let column = table.columns().iter().find(|column| column.id == id);
            column.is_some_and(|column| row.cells.iter().any(|heading| column.is_named(heading)))
        };
        let named = has("name_zh") || has("name_en");
        named && (has("unit") || has("code") || has("parent"))
    })
}

/// Returns the index of the column of each heading; what is wrong with the headings goes to `faults`.
fn order_of(table: Table, headings: &Row, faults: &mut Vec<Fault>) -> Vec<Option<usize>> {
    let mut order: Vec<Option<usize>> = Vec::new();
    for heading in &headings.cells {
        let at = table.columns().iter().position(|column| column.is_named(heading));
        let known = order.iter().flatten().any(|taken| Some(*taken) == at);
        if at.is_none() && !heading.is_empty() {
            faults.push(Fault::of_table(
                table,
                headings.number,
                "people-fault-heading",
                heading,
            ));
        } else if known {
            faults.push(Fault::of_table(
                table,
                headings.number,
                "people-fault-heading-twice",
                heading,
            ));
        }
        order.push(at);
    }
    order
}

fn record(table: Table, order: &[Option<usize>], row: &Row, faults: &mut Vec<Fault>) -> Option<Record> {
    let first = row.cells.iter().find(|cell| !cell.is_empty())?;
    if first.starts_with(LEFT_OUT) {
        return None;
    }
    let mut cells = vec![String::new(); table.columns().len()];
    for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        match order.get(at).copied().flatten() {
            Some(column) => cells[column].clone_from(cell),
            None => faults.push(Fault::of_table(table, row.number, "people-fault-beside", cell)),
        }
    }
    let line = row.number;
    Some(Record { line, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&[&str]]) -> Grid {
        let row = |(cells, number): (&&[&str], u64)| Row {
            number,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        };
        Grid {
            name: String::new(),
            rows: rows.iter().zip(1..).map(row).collect(),
        }
    }

    #[test]
    fn headings_are_known_in_either_language_and_in_any_order() {
        let units = grid(&[
            &["Title of the sheet"],
            &["上级单位", "单位名称（中文）"],
            &["city", "水务局"],
        ]);
        let people = grid(&[
            &["Name (Chinese)", "Unit", "Roles"],
            &["# 例", "", ""],
            &["王芳", "水务局", "承办员"],
        ]);
        let rows = Rows::of_file(&[units, people, grid(&[&["help"]])]).unwrap();
        assert_eq!(rows.units[0].cells[..4], ["", "水务局", "", "city"]);
        assert_eq!((rows.units[0].line, rows.people.len()), (3, 1));
        assert_eq!(rows.people[0].cells[3..5], ["水务局", "承办员"]);
    }

    #[test]
    fn the_template_s_own_headings_are_known() {
        for table in [Table::Units, Table::People] {
            let headings: Vec<String> = table.columns().iter().map(|column| column.heading()).collect();
            let row = Row {
                number: 1,
                cells: headings,
            };
            assert_eq!(table_of(&row), Some(table));
            let mut faults = Vec::new();
            let order = order_of(table, &row, &mut faults);
            assert_eq!(order, (0..table.columns().len()).map(Some).collect::<Vec<_>>());
            assert!(faults.is_empty());
        }
    }

    #[test]
    fn what_is_wrong_with_headings_and_cells_beside_them_is_told_with_its_row() {
        let faults = Rows::of_file(&[grid(&[
            &["name_zh", "parent", "colour", "parent"],
            &["a", "", "", "", "e"],
        ])]);
        let faults: Vec<_> = faults
            .unwrap_err()
            .iter()
            .map(|fault| (fault.line, fault.key))
            .collect();
        assert_eq!(
            faults,
            [
                (Some(1), "people-fault-heading"),
                (Some(1), "people-fault-heading-twice"),
                (Some(2), "people-fault-beside")
            ]
        );
        let faults = Rows::of_file(&[grid(&[&["a", "b"]])]).unwrap_err();
        assert_eq!(faults[0].key, "people-fault-no-table");
    }

    #[test]
    fn a_row_of_the_form_without_a_name_is_not_there() {
        let values = |name: &str| match name {
            "person_name_zh" => vec!["王芳".to_owned(), " ".to_owned()],
            "person_unit" => vec!["city".to_owned(); 2],
            _ => Vec::new(),
        };
        let rows = Rows::of_form(values);
        assert_eq!((rows.units.len(), rows.people.len()), (0, 1));
        assert_eq!(rows.people[0].cells[3], "city");
    }
}
