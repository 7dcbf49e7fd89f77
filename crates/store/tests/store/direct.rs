//! The database past the store, on either engine: for tests that look at rows, or change them behind its back.

use std::path::Path;
use std::sync::OnceLock;

use bihuan_core::id::Digest;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio::runtime::Runtime;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// A connection of one's own.
pub enum Direct {
    Sqlite(rusqlite::Connection),
    Postgres(Client),
}

/// A value in a row or a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Direct {
    pub fn file(path: &Path) -> Direct {
        Direct::Sqlite(rusqlite::Connection::open(path).expect("opens"))
    }

    pub fn server(url: &str) -> Direct {
        // Its sockets are driven by a thread of their own, so that tests may wait for it on theirs.
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(1).enable_all().build().expect("a runtime")
        });
        let url = url.to_owned();
        let connecting = runtime.spawn(async move { tokio_postgres::connect(&url, NoTls).await });
        let connected = pollster::block_on(connecting).expect("a task");
        let (client, connection) = connected.expect("connects");
        runtime.spawn(connection);
        Direct::Postgres(client)
    }

    /// Chooses what is written differently for each.
    pub fn choose<T>(&self, sqlite: T, postgres: T) -> T {
        match self {
            Direct::Sqlite(_) => sqlite,
            Direct::Postgres(_) => postgres,
        }
    }

    /// Runs statements without parameters.
    pub fn run(&self, sql: &str) {
        match self {
            Direct::Sqlite(connection) => connection.execute_batch(sql).expect(sql),
            Direct::Postgres(client) => pollster::block_on(client.batch_execute(sql)).expect(sql),
        }
    }

    /// Runs a statement and returns how many rows it changed.
    pub fn change(&self, sql: &str, params: &[Cell]) -> usize {
        match self {
            Direct::Sqlite(connection) => {
                let params = rusqlite::params_from_iter(params);
                connection.execute(sql, params).expect(sql)
            }
            Direct::Postgres(client) => {
                let changed = pollster::block_on(client.execute(sql, &references(params)));
                usize::try_from(changed.expect(sql)).expect("a count")
            }
        }
    }

    /// Returns the rows that a query finds.
    pub fn rows(&self, sql: &str, params: &[Cell]) -> Vec<Vec<Cell>> {
        match self {
            Direct::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).expect(sql);
                let width = statement.column_count();
                let cells = |row: &rusqlite::Row<'_>| {
                    (0..width).map(|column| Ok(row.get_ref(column)?.into())).collect()
                };
                let rows = statement.query_map(rusqlite::params_from_iter(params), cells);
                rows.expect(sql).collect::<Result<_, _>>().expect(sql)
            }
            Direct::Postgres(client) => {
                let rows = pollster::block_on(client.query(sql, &references(params))).expect(sql);
                let cells =
                    |row: &tokio_postgres::Row| (0..row.len()).map(|column| cell(row, column)).collect();
                rows.iter().map(cells).collect()
            }
        }
    }

    /// Returns the first column of the rows that a query finds.
    pub fn column(&self, sql: &str, params: &[Cell]) -> Vec<Cell> {
        let rows = self.rows(sql, params).into_iter();
        rows.map(|mut row| row.swap_remove(0)).collect()
    }

    /// Returns the one value of the one row that a query finds.
    pub fn value(&self, sql: &str, params: &[Cell]) -> Cell {
        let mut column = self.column(sql, params);
        assert_eq!(column.len(), 1, "{sql}");
        column.remove(0)
    }
}

fn references(params: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

fn cell(row: &tokio_postgres::Row, column: usize) -> Cell {
    match *row.columns()[column].type_() {
        Type::INT8 => row.get::<_, Option<i64>>(column).map_or(Cell::Null, Cell::Int),
        Type::BYTEA => row
            .get::<_, Option<Vec<u8>>>(column)
            .map_or(Cell::Null, Cell::Blob),
        Type::TEXT => row
            .get::<_, Option<String>>(column)
            .map_or(Cell::Null, Cell::Text),
        ref other => panic!("column {column} is {other}, which no column of ours is"),
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => panic!("{number} is a fraction, which no column of ours holds"),
            ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec()).expect("UTF-8")),
            ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        }
    }
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Int(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(number) => number.to_sql_checked(ty, out),
            Cell::Text(text) => text.to_sql_checked(ty, out),
            Cell::Blob(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(_ty: &Type) -> bool {
        // Checked for the value that it is.
        true
    }

    to_sql_checked!();
}

impl Cell {
    pub fn int(&self) -> i64 {
        match self {
            Cell::Int(number) => *number,
            other => panic!("{other:?} is not a number"),
        }
    }

    pub fn blob(&self) -> &[u8] {
        match self {
            Cell::Blob(bytes) => bytes,
            other => panic!("{other:?} is not bytes"),
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Cell::Text(text) => text,
            other => panic!("{other:?} is not text"),
        }
    }

    pub fn digest(&self) -> Digest {
        Digest(self.blob().try_into().expect("32 bytes"))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Int(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Cell::Int(number.into())
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<Uuid> for Cell {
    fn from(id: Uuid) -> Self {
        Cell::Blob(id.as_bytes().to_vec())
    }
}

impl From<Digest> for Cell {
    fn from(digest: Digest) -> Self {
        Cell::Blob(digest.0.to_vec())
    }
}

impl From<Vec<u8>> for Cell {
    fn from(bytes: Vec<u8>) -> Self {
        Cell::Blob(bytes)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}
