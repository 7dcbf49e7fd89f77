//! A session on the server: statements, values, and what an error means.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::{error, fmt, mem, vec};

use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::engine::postgres::driver::Driver;
use crate::engine::value::Value;
use crate::error::StoreError;

/// A session. Statements are named and kept, unless a pooler stands in between.
pub(crate) struct Session {
    client: Arc<Client>,
    /// Drives the socket for as long as the session is there.
    _driver: Arc<Driver>,
    /// Set when the server says that a commit was confirmed by no standby.
    unconfirmed: Arc<AtomicBool>,
    prepared: Option<RefCell<HashMap<String, tokio_postgres::Statement>>>,
    /// Whether another session is to be opened in its place.
    distrusted: Cell<bool>,
    /// Statements that are sent and whose answers are not awaited yet, while that is allowed.
    under_way: RefCell<Option<Vec<UnderWay>>>,
}

/// The answer to a statement that is sent.
type UnderWay = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

/// The rows of a statement that is sent and that the server works on, until they are awaited.
pub(crate) struct Asked(AskedRows);

enum AskedRows {
    Coming(Pin<Box<dyn Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + Send>>),
    There(Vec<Row>),
}

/// A statement of a session.
pub(crate) struct Statement<'c> {
    session: &'c Session,
    form: Form,
}

enum Form {
    Named(tokio_postgres::Statement),
    /// Sent anew each time, with the types of its values.
    Unnamed(String),
}

/// The rows that a statement found.
#[derive(Debug)]
pub(crate) struct Rows {
    rows: vec::IntoIter<Row>,
    current: Option<Row>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        client: Client,
        driver: Arc<Driver>,
        unconfirmed: Arc<AtomicBool>,
        keeps_statements: bool,
    ) -> Session {
        Session {
            client: Arc::new(client),
            _driver: driver,
            unconfirmed,
            prepared: keeps_statements.then(RefCell::default),
            distrusted: Cell::new(false),
            under_way: RefCell::default(),
        }
    }

    /// Returns whether the server is no longer there for it.
    pub(crate) fn is_lost(&self) -> bool {
        self.distrusted.get() || self.client.is_closed()
    }

    /// Lets another session be opened in its place: this one may be of a server that others no longer write to.
    pub(crate) fn distrust(&self) {
        self.distrusted.set(true);
    }

    /// A statement that is sent with its values.
    pub(crate) fn once(&self, sql: &str) -> Statement<'_> {
        Statement {
            session: self,
            form: Form::Unnamed(sql.to_owned()),
        }
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement<'_>, StoreError> {
        let Some(prepared) = &self.prepared else {
            return Ok(self.once(sql));
        };
        let known = prepared.borrow().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = pollster::block_on(self.client.prepare(sql))?;
                prepared.borrow_mut().insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        Ok(Statement {
            session: self,
            form: Form::Named(statement),
        })
    }

    pub(crate) fn run(&self, sql: &str) -> Result<(), StoreError> {
        Ok(pollster::block_on(self.client.batch_execute(sql))?)
    }

    /// Prepares a statement with arrays, whose types are read from the statement; behind a pooler for this
    /// once.
    fn statement(&self, sql: &str) -> Result<tokio_postgres::Statement, StoreError> {
        match self.prepare(sql)?.form {
            Form::Named(statement) => Ok(statement),
            Form::Unnamed(sql) => Ok(pollster::block_on(self.client.prepare(&sql))?),
        }
    }

    /// Runs a statement whose parameters are arrays.
    pub(crate) fn execute_arrays(&self, sql: &str, columns: &[Vec<Value<'_>>]) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let Some(under_way) = &mut *self.under_way.borrow_mut() else {
            pollster::block_on(self.client.execute_raw(&statement, columns.iter()))?;
            return Ok(());
        };
        let encoded = columns.iter().zip(statement.params());
        let encoded: Vec<Encoded> = encoded
            .map(|(column, of)| Encoded::of(column, of))
            .collect::<Result<_, _>>()?;
        let client = Arc::clone(&self.client);
        let mut answer: UnderWay =
            Box::pin(async move { client.execute_raw(&statement, encoded.iter()).await });
        // Looking for the answer once is what sends it.
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => drop(answer?),
            Poll::Pending => under_way.push(answer),
        }
        Ok(())
    }

    /// Lets the statements with arrays of `work` be sent without waiting for the answer to the one before:
    /// the server goes from each straight to the next. Returns once all are answered.
    pub(crate) fn pipelined<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.under_way.replace(Some(Vec::new()));
        let done = work();
        let mut first = Ok(());
        for answer in mem::take(&mut *self.under_way.borrow_mut()).into_iter().flatten() {
            let answer = pollster::block_on(answer);
            // Whatever comes after one that fails is refused for its sake.
            if first.is_ok() {
                first = answer.map(drop);
            }
        }
        first?;
        done
    }

    /// Runs a statement whose parameters after the first are arrays, and returns its rows.
    pub(crate) fn query_any(
        &self,
        sql: &str,
        first: Value<'_>,
        any: &[&[Value<'_>]],
    ) -> Result<Rows, StoreError> {
        let statement = self.statement(sql)?;
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&first];
        params.extend(any.iter().map(|any| any as &(dyn ToSql + Sync)));
        let rows = pollster::block_on(self.client.query(&statement, &params))?;
        Ok(Rows::of(rows))
    }

    /// Sends a statement without waiting for its rows. They must be awaited before anything else is asked of this
    /// session: what is not taken off the wire stands in the way of every other answer.
    pub(crate) fn ask(&self, sql: &str, values: &[Value<'_>]) -> Result<Asked, StoreError> {
        let statement = self.statement(sql)?;
        let params = values.iter().zip(statement.params());
        let params: Vec<Encoded> = params
            .map(|(value, of)| Encoded::of(value, of))
            .collect::<Result<_, _>>()?;
        let client = Arc::clone(&self.client);
        let mut rows = Box::pin(async move {
            let params: Vec<&(dyn ToSql + Sync)> =
                params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
            client.query(&statement, &params).await
        });
        // Looking for the answer once is what sends it.
        Ok(Asked(
            match rows.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(rows) => AskedRows::There(rows?),
                Poll::Pending => AskedRows::Coming(rows),
            },
        ))
    }

    /// Commits. What the server made durable here alone, because it was told to stop waiting for its
    /// standby, may be lost with it and counts as not committed.
    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        self.unconfirmed.store(false, Ordering::SeqCst);
        self.run("COMMIT")?;
        if self.unconfirmed.load(Ordering::SeqCst) {
            return Err(StoreError::caused("the commit may be lost", Unconfirmed));
        }
        Ok(())
    }
}

impl Statement<'_> {
    pub(crate) fn execute(&self, values: &[Value<'_>]) -> Result<usize, StoreError> {
        let client = &self.session.client;
        let changed = match &self.form {
            Form::Named(statement) => {
                pollster::block_on(client.execute_raw(statement, values.iter().copied()))?
            }
            Form::Unnamed(sql) => {
                let typed: Vec<(&(dyn ToSql + Sync), Type)> = typed(values);
                pollster::block_on(client.execute_typed(sql, &typed))?
            }
        };
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(crate) fn query(&self, values: &[Value<'_>]) -> Result<Rows, StoreError> {
        let client = &self.session.client;
        let rows = match &self.form {
            Form::Named(statement) => {
                let params: Vec<&(dyn ToSql + Sync)> =
                    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
                pollster::block_on(client.query(statement, &params))?
            }
            Form::Unnamed(sql) => pollster::block_on(client.query_typed(sql, &typed(values)))?,
        };
        Ok(Rows::of(rows))
    }
}

fn typed<'v>(values: &'v [Value<'_>]) -> Vec<(&'v (dyn ToSql + Sync), Type)> {
    let typed = values.iter().map(|value| {
        let as_type = match value {
            Value::Null => Type::UNKNOWN,
            Value::Int(_) => Type::INT8,
            Value::Text(_) => Type::TEXT,
            Value::Blob(_) => Type::BYTEA,
        };
        (value as &(dyn ToSql + Sync), as_type)
    });
    typed.collect()
}

impl Asked {
    /// Awaits the rows.
    pub(crate) fn rows(self) -> Result<Rows, StoreError> {
        Ok(Rows::of(match self.0 {
            AskedRows::Coming(rows) => pollster::block_on(rows)?,
            AskedRows::There(rows) => rows,
        }))
    }
}

impl Rows {
    fn of(rows: Vec<Row>) -> Rows {
        Rows {
            rows: rows.into_iter(),
            current: None,
        }
    }

    pub(crate) fn next(&mut self) -> Option<&Row> {
        self.current = self.rows.next();
        self.current.as_ref()
    }
}

/// Returns the value in a column.
pub(crate) fn value(row: &Row, column: usize) -> Result<Value<'_>, StoreError> {
    row.try_get(column)
        .map_err(|error| StoreError::Corrupt(format!("column {column} cannot be read: {error}")))
}

type Broken = Box<dyn error::Error + Sync + Send>;

/// A parameter as it is sent.
#[derive(Debug)]
struct Encoded(BytesMut);

impl Encoded {
    fn of(param: &impl ToSql, of: &Type) -> Result<Encoded, StoreError> {
        let mut bytes = BytesMut::new();
        let encoded = param.to_sql_checked(of, &mut bytes);
        encoded.map_err(|error| StoreError::caused("a parameter cannot be sent", error))?;
        Ok(Encoded(bytes))
    }
}

impl ToSql for Encoded {
    fn to_sql(&self, _ty: &Type, out: &mut BytesMut) -> Result<IsNull, Broken> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_ty: &Type) -> bool {
        // It was asked for the parameter's own type.
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Broken> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => match *ty {
                Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
                _ => number.to_sql(&Type::INT8, out),
            },
            Value::Text(text) => text.to_sql(ty, out),
            Value::Blob(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_ty: &Type) -> bool {
        // Which form a parameter needs is known only with its value.
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Broken> {
        let fits = match self {
            Value::Null => true,
            Value::Int(_) => matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2),
            Value::Text(_) => matches!(*ty, Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN),
            Value::Blob(_) => *ty == Type::BYTEA,
        };
        if fits {
            self.to_sql(ty, out)
        } else {
            Err(format!("a parameter is meant to be {ty}").into())
        }
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Broken> {
        Ok(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Int(bool::from_sql(ty, raw)?.into()),
            Type::BYTEA => Value::Blob(raw),
            _ => Value::Text(<&str>::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_ty: &Type) -> Result<Self, Broken> {
        Ok(Value::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
        )
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            return StoreError::caused("the database cannot be reached", error);
        };
        // The detail of an answer may repeat what people wrote; the message does not.
        match answer.code().code() {
            code if code.starts_with("23") => StoreError::Conflict(answer.message().to_owned()),
            // Whoever set a limit to waiting for a lock expects this.
            "55P03" => StoreError::Busy(answer.message().to_owned()),
            code if code.starts_with("XX") => StoreError::Corrupt(answer.message().to_owned()),
            code => {
                let reason = format!("the database refused: {} ({code})", answer.message());
                match is_passing(answer.code()) {
                    true => StoreError::caused(reason, error),
                    false => StoreError::unavailable(reason),
                }
            }
        }
    }
}

/// A commit that only the server itself has.
#[derive(Debug, thiserror::Error)]
#[error("no standby has confirmed the commit")]
struct Unconfirmed;

impl StoreError {
    /// Returns whether the same may succeed on another connection or a moment later: a lost connection, a
    /// fail-over, a conflict with a concurrent transaction.
    pub(crate) fn is_transient(&self) -> bool {
        let StoreError::Unavailable {
            source: Some(source), ..
        } = self
        else {
            return false;
        };
        match source.downcast_ref::<tokio_postgres::Error>() {
            Some(error) => error.as_db_error().is_none_or(|answer| is_passing(answer.code())),
            None => source.is::<Unconfirmed>(),
        }
    }
}

/// The answers of a server that passes through a fail-over or has too much to do.
fn is_passing(code: &SqlState) -> bool {
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    passing.contains(code) || code.code().starts_with("08")
}
