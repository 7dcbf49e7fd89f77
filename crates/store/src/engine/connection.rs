//! A connection to the database, whichever engine it is: the seam.
//!
//! Everything above speaks to the database through [`Connection`] and knows no driver. Statements are
//! constants that both engines take (`$1` parameters, the common subset of SQL); where the engines do not
//! agree, a function of the module in question pairs them by [`Connection::engine`].

use crate::engine::archive;
use crate::engine::postgres::session::{self, Session};
use crate::engine::sqlite;
use crate::engine::value::{Params, Read, Value};
use crate::error::StoreError;

/// Which engine a connection is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one: a file beside the program.
    Sqlite,
    /// A PostgreSQL server, or what speaks like one.
    Postgres,
}

/// A connection. One thread uses it at a time.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Session),
}

/// A prepared statement; connections keep those they have prepared.
pub(crate) enum Statement<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(session::Statement<'c>),
}

/// Rows that a statement found.
pub(crate) enum Rows<'s> {
    Sqlite(rusqlite::Rows<'s>),
    Postgres(session::Rows),
}

/// Rows that a server is looking for while something else is done here.
pub(crate) struct Ahead(session::Asked);

/// One row.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Connection {
    /// Opens a SQLite database in memory that nobody else sees.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Result<Connection, StoreError> {
        Ok(Connection::Sqlite(rusqlite::Connection::open_in_memory()?))
    }

    /// Opens a SQLite database in a file of its own that is removed when it is closed.
    pub(crate) fn temporary() -> Result<Connection, StoreError> {
        Ok(Connection::Sqlite(rusqlite::Connection::open("")?))
    }

    /// Returns which engine it is to.
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// Returns whether it sees an archive.
    pub(crate) fn has_archive(&self) -> bool {
        match self {
            Connection::Sqlite(connection) => archive::is_attached(connection),
            Connection::Postgres(_) => false,
        }
    }

    /// Returns whether the database is no longer there for it.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Connection::Sqlite(_) => false,
            Connection::Postgres(session) => session.is_lost(),
        }
    }

    /// Says that the database may no longer be the right one: on a server the next to use it connects anew.
    pub(crate) fn distrust(&self) {
        if let Connection::Postgres(session) = self {
            session.distrust();
        }
    }

    /// Prepares a statement, or takes the one prepared before.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement<'_>, StoreError> {
        Ok(match self {
            Connection::Sqlite(connection) => Statement::Sqlite(connection.prepare_cached(sql)?),
            Connection::Postgres(session) => Statement::Postgres(session.prepare(sql)?),
        })
    }

    /// Prepares a statement that was put together for this once. On a server it is sent with its values, so
    /// that it is planned for them and not kept.
    pub(crate) fn prepare_once(&self, sql: &str) -> Result<Statement<'_>, StoreError> {
        Ok(match self {
            Connection::Sqlite(connection) => Statement::Sqlite(connection.prepare_cached(sql)?),
            Connection::Postgres(session) => Statement::Postgres(session.once(sql)),
        })
    }

    /// Says that what follows in this transaction is read page by page, each by the server alone: to start helpers
    /// takes it longer than to read a page.
    pub(crate) fn read_in_pages(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(session) => session.run("SET LOCAL max_parallel_workers_per_gather = 0"),
        }
    }

    /// Says that cursors of this transaction are read to their end, and each table from where it begins, so that what
    /// was written after something is also read after it.
    pub(crate) fn read_to_the_end(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(session) => {
                session.run("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL synchronize_seqscans = off")
            }
        }
    }

    /// Runs statements without parameters, separated by semicolons.
    pub(crate) fn run(&self, sql: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Connection::Postgres(session) => session.run(sql),
        }
    }

    /// Asks a server for rows that will be wanted next; `None` where there is no server. Nothing else may be asked
    /// of this connection until they are taken.
    pub(crate) fn ask_ahead(&self, sql: &str, params: impl Params) -> Result<Option<Ahead>, StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(None),
            Connection::Postgres(session) => session.ask(sql, params.values().as_ref()).map(Ahead).map(Some),
        }
    }

    /// Runs one statement and returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.prepare(sql)?.execute(params)
    }

    /// Reads the first row, which must be there.
    pub(crate) fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.prepare(sql)?.query_row(params, read)
    }

    /// Reads the first row, if there is one.
    pub(crate) fn query_optional<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.prepare(sql)?.query_optional(params, read)
    }

    /// Reads all rows into memory: for statements that say how many there may be.
    pub(crate) fn query<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.prepare(sql)?.query_map(params, read)
    }

    /// Reads rows until SQLite has done so many steps, some tens to a row that it examines; returns whether that
    /// were all rows. Bounds nothing on a server.
    pub(crate) fn query_in_steps(
        &self,
        sql: &str,
        params: impl Params,
        steps: u64,
        mut read: impl FnMut(Row<'_>) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        if let Connection::Sqlite(connection) = self {
            return sqlite::query_in_steps(connection, sql, params.values().as_ref(), steps, |row| {
                read(Row::Sqlite(row))
            });
        }
        let mut statement = self.prepare_once(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            read(row)?;
        }
        Ok(true)
    }

    /// Begins a transaction that writes. On SQLite it has the one right to write from here on.
    pub(crate) fn begin(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => archive::begin_writing(connection),
            Connection::Postgres(session) => session.run("BEGIN"),
        }
    }

    /// Begins a transaction that only reads: everything read in it is of one instant.
    pub(crate) fn begin_reading(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => archive::begin_reading(connection),
            Connection::Postgres(session) => {
                // Compiling a plan costs more than any page's query takes.
                session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off")
            }
        }
    }

    /// Makes durable what a transaction that has begun can see, where another process may have committed it
    /// without syncing.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => sqlite::settle(connection),
            Connection::Postgres(_) => Ok(()),
        }
    }

    /// Ends a transaction; what it wrote is durable when this returns, but on the writer's own connection
    /// ([`crate::engine::durable`]).
    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => {
                connection.prepare_cached("COMMIT")?.execute([])?;
                Ok(())
            }
            Connection::Postgres(session) => session.commit(),
        }
    }

    /// Undoes a transaction.
    pub(crate) fn roll_back(&self) -> Result<(), StoreError> {
        self.run("ROLLBACK")
    }

    /// Runs `work` in a transaction of its own, which an error undoes.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin()?;
        self.end(work)
    }

    /// Like [`Connection::transaction`], without looking for an archive: for what changes the tables themselves.
    pub(crate) fn transaction_on_tables<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Connection::Sqlite(_) => self.run("BEGIN IMMEDIATE")?,
            Connection::Postgres(_) => self.begin()?,
        }
        self.end(work)
    }

    /// Does the work of the transaction that has begun, and ends it.
    fn end<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let done = work(self).and_then(|done| self.commit().map(|()| done));
        if done.is_err()
            && let Err(error) = self.roll_back()
        {
            // SQLite has rolled back by itself after some errors; a lost connection has ended it too.
            tracing::debug!(%error, "there was nothing to roll back");
        }
        done
    }

    /// Lets what `work` writes many of be sent to a server without waiting for each answer. Nothing of it may
    /// be read before this returns.
    pub(crate) fn pipelined<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Connection::Sqlite(_) => work(self),
            Connection::Postgres(session) => session.pipelined(|| work(self)),
        }
    }

    /// Runs `work` inside the present transaction; an error undoes what it wrote and nothing else.
    pub(crate) fn savepoint<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.execute("SAVEPOINT piece", ())?;
        let result = work(self);
        if result.is_err() {
            self.execute("ROLLBACK TO SAVEPOINT piece", ())?;
        }
        self.execute("RELEASE SAVEPOINT piece", ())?;
        result
    }
}

impl Statement<'_> {
    /// Runs it and returns how many rows it changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize, StoreError> {
        self.execute_values(params.values().as_ref())
    }

    /// Like [`Statement::execute`], with the values of all parameters.
    pub(crate) fn execute_values(&mut self, values: &[Value<'_>]) -> Result<usize, StoreError> {
        match self {
            Statement::Sqlite(statement) => {
                sqlite::bind(statement, values)?;
                Ok(statement.raw_execute()?)
            }
            Statement::Postgres(statement) => statement.execute(values),
        }
    }

    /// Runs it and returns its rows.
    pub(crate) fn query(&mut self, params: impl Params) -> Result<Rows<'_>, StoreError> {
        Ok(match self {
            Statement::Sqlite(statement) => {
                sqlite::bind(statement, params.values().as_ref())?;
                Rows::Sqlite(statement.raw_query())
            }
            Statement::Postgres(statement) => Rows::Postgres(statement.query(params.values().as_ref())?),
        })
    }

    /// Runs it and reads its first row, if there is one.
    pub(crate) fn query_optional<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.query(params)?.next()?.map(read).transpose()
    }

    /// Runs it and reads its first row, which must be there.
    pub(crate) fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.query_optional(params, read)?
            .ok_or_else(|| StoreError::NotFound("the row that a statement must find".into()))
    }

    /// Runs it and reads all its rows.
    pub(crate) fn query_map<T>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = self.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

impl Ahead {
    /// Waits for the rows.
    pub(crate) fn rows(self) -> Result<Rows<'static>, StoreError> {
        self.0.rows().map(Rows::Postgres)
    }
}

impl Rows<'_> {
    /// Returns the next row.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, StoreError> {
        Ok(match self {
            Rows::Sqlite(rows) => rows.next()?.map(Row::Sqlite),
            Rows::Postgres(rows) => rows.next().map(Row::Postgres),
        })
    }
}

impl<'r> Row<'r> {
    /// Returns the value in a column, counted from 0.
    pub(crate) fn value(self, column: usize) -> Result<Value<'r>, StoreError> {
        match self {
            Row::Sqlite(row) => sqlite::value(row.get_ref(column)?),
            Row::Postgres(row) => session::value(row, column),
        }
    }

    /// Reads a column, counted from 0.
    pub(crate) fn get<T: Read>(self, column: usize) -> Result<T, StoreError> {
        T::read(self.value(column)?)
    }
}
