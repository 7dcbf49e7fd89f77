//! Case rows against the fold: the rows are written anew into an empty database by the code that the
//! commit uses, and compared column by column.

use bihuan_core::id::{CaseId, TenantId};

use super::findings::{Check, Findings};
use crate::commit::rows::{self, Row, RowChange};
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::engine::value::Owned;
use crate::error::StoreError;
use crate::schema;
use crate::value::Id;

statements! {
    in sqlite
    COLUMNS = "SELECT name FROM pragma_table_info($1) WHERE name <> 'doc' ORDER BY cid";
    DOCUMENT = "SELECT doc FROM case_row WHERE tenant = $1 AND id = $2";
}

statements! {
    in postgres
    THERE = "SELECT 0 FROM case_row WHERE tenant = $1 AND id = $2";
}

/// The tables that hold a case, each with its column of the case's id.
const TABLES: [(&str, &str); 5] = [
    ("case_row", "id"),
    ("case_unit", "case_id"),
    ("case_person", "case_id"),
    ("case_campaign", "case_id"),
    ("case_link", "case_id"),
];

/// A table, its columns, and the statement that reads a case's rows.
struct Table {
    name: &'static str,
    columns: Vec<String>,
    select: String,
}

/// Compares the rows of one case after the other.
pub(super) struct Comparison {
    scratch: Connection,
    tables: Vec<Table>,
}

impl Comparison {
    pub(super) fn new() -> Result<Comparison, StoreError> {
        let scratch = Connection::in_memory()?;
        schema::migrate(&scratch)?;
        let tables = TABLES.map(|(name, key)| table(&scratch, name, key));
        Ok(Comparison {
            tables: tables.into_iter().collect::<Result<_, _>>()?,
            scratch,
        })
    }

    /// Compares the rows of a case with those that `row` makes.
    pub(super) fn check(
        &self,
        connection: &Connection,
        tenant: TenantId,
        row: &Row,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(document) = document(connection, tenant, row.id)? else {
            findings.add(Check::Rows, format!("case {}", row.id), "has events but no row");
            return Ok(());
        };
        self.scratch.begin()?;
        let change = RowChange {
            tenant,
            before: None,
            row,
            doc: document,
        };
        rows::write(&self.scratch, &[change])?;
        for table in &self.tables {
            let expected = table.read(&self.scratch, tenant, row.id)?;
            let found = table.read(connection, tenant, row.id)?;
            if let Some(problem) = table.difference(&expected, &found) {
                findings.add(Check::Rows, format!("row of case {}", row.id), problem);
            }
        }
        self.scratch.roll_back()?;
        Ok(())
    }
}

impl Table {
    fn read(
        &self,
        connection: &Connection,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<Vec<Vec<Owned>>, StoreError> {
        let mut statement = connection.prepare(&self.select)?;
        let width = self.columns.len();
        statement.query_map((Id(tenant.0), Id(case.0)), |row| {
            (0..width)
                .map(|place| row.get(place))
                .collect::<Result<Vec<Owned>, _>>()
        })
    }

    /// Returns what differs first, if anything does.
    fn difference(&self, expected: &[Vec<Owned>], found: &[Vec<Owned>]) -> Option<String> {
        if expected.len() != found.len() {
            return Some(format!(
                "{} has {} rows where the log makes {}",
                self.name,
                found.len(),
                expected.len()
            ));
        }
        let cells = expected.iter().flatten().zip(found.iter().flatten());
        let (place, (expected, found)) = cells
            .enumerate()
            .find(|(_, (expected, found))| expected != found)?;
        let column = &self.columns[place % self.columns.len()];
        Some(format!(
            "{}.{column} is {} where the log makes it {}",
            self.name,
            shown(found),
            shown(expected)
        ))
    }
}

fn table(scratch: &Connection, name: &'static str, key: &str) -> Result<Table, StoreError> {
    let mut statement = scratch.prepare(COLUMNS)?;
    let columns: Vec<String> = statement.query_map((name,), |row| row.get(0))?;
    let list = columns.join(", ");
    let select = format!("SELECT {list} FROM {name} WHERE tenant = $1 AND {key} = $2 ORDER BY {list}");
    Ok(Table {
        name,
        columns,
        select,
    })
}

/// Returns the number of a case's search document, `None` where the case has no row; always 0 on PostgreSQL.
pub(super) fn document(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
) -> Result<Option<i64>, StoreError> {
    let sql = match connection.engine() {
        Engine::Sqlite => DOCUMENT,
        Engine::Postgres => THERE,
    };
    connection.query_optional(sql, (Id(tenant.0), Id(case.0)), |row| row.get(0))
}

fn shown(value: &Owned) -> String {
    match value {
        Owned::Null => "nothing".to_owned(),
        Owned::Int(number) => number.to_string(),
        Owned::Text(text) => format!("{text:?}"),
        Owned::Blob(bytes) => hex::encode(bytes),
    }
}
