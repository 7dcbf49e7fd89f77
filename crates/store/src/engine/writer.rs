//! The one thread that writes, with group commit.
//!
//! Work waits in a bounded queue. The thread takes whatever waits, runs each piece inside a savepoint of
//! its own in one transaction, commits, and only then answers. So a sync of the disk serves many, no
//! piece undoes its neighbours, and nobody hears of success before it is durable. A full queue answers
//! [`Busy`] at once.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::engine::connection::Connection;
use crate::engine::database::Database;
use crate::error::StoreError;

/// Pieces of work that may wait.
const QUEUE: usize = 4_096;

/// The most pieces in one transaction: bounds what a failing commit takes with it.
const MAX_BATCH: usize = 1_024;

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Runs once in the batch.
type Piece = Box<dyn FnOnce(&Connection) -> Ran + Send>;

/// What a piece leaves to be done: work at the end of the batch, and its answer after the commit.
struct Ran {
    late: Option<Late>,
    finish: Finish,
}

/// Answers whoever handed in a piece, with the outcome of the commit.
type Finish = Box<dyn FnOnce(Result<(), String>) + Send>;

/// Work at the end of the batch, outside the savepoints; if it fails, the batch does.
pub(crate) type Late = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

enum Message {
    Work(Piece),
    /// Somebody takes the connection for themselves and gives it back when done.
    Lend(SyncSender<Connection>, Receiver<Connection>),
}

/// The writing thread.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread with its connection.
    pub(crate) fn start(database: &Database) -> Result<Writer, StoreError> {
        let connection = database.open_writer()?;
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, &waiting))?;
        Ok(Writer {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Hands in work and returns where its outcome will arrive, after the commit.
    ///
    /// An `Err` of `work` undoes what it wrote and nothing else. It may leave some of itself to the end of
    /// the batch: what writes to the search index, which each savepoint would make write out its memory.
    pub(crate) fn submit<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<(T, Option<Late>), E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, Busy>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let piece: Piece = Box::new(move |connection| {
            let (late, result) = match connection.savepoint(work) {
                Ok((value, late)) => (late, Ok(value)),
                Err(error) => (None, Err(error)),
            };
            let finish = Box::new(move |commit| {
                let result = match commit {
                    Ok(()) => result,
                    Err(reason) => Err(E::from(StoreError::unavailable(reason))),
                };
                // Whoever asked may have gone away; the work is done all the same.
                let _ = answer.send(result);
            });
            Ran { late, finish }
        });
        match self
            .queue
            .as_ref()
            .map(|queue| queue.try_send(Message::Work(piece)))
        {
            Some(Ok(())) => Ok(outcome),
            Some(Err(TrySendError::Full(_))) => Err(Busy),
            // The dropped piece drops its answer, which the caller sees as a stopped writer.
            Some(Err(TrySendError::Disconnected(_))) | None => Ok(outcome),
        }
    }

    /// Takes the connection away from the thread until the loan is dropped; waits for its turn.
    pub(crate) fn borrow(&self) -> Result<Loan, StoreError> {
        let (give, take) = sync_channel(1);
        let (give_back, taken_back) = sync_channel(1);
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue
            .send(Message::Lend(give, taken_back))
            .map_err(|_closed| stopped())?;
        let connection = take.recv().map_err(|_closed| stopped())?;
        Ok(Loan {
            connection: Some(connection),
            give_back,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has answered nobody; there is nothing to add here.
            let _ = thread.join();
        }
    }
}

/// The writer's connection, on loan.
#[derive(Debug)]
pub(crate) struct Loan {
    connection: Option<Connection>,
    give_back: SyncSender<Connection>,
}

impl Loan {
    /// Returns the connection.
    pub(crate) fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.as_ref().ok_or_else(stopped)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Where the thread is gone the connection closes here.
            let _ = self.give_back.send(connection);
        }
    }
}

/// The error of a writer that is no longer there.
pub(crate) fn stopped() -> StoreError {
    StoreError::unavailable("the writer has stopped")
}

fn run(mut connection: Connection, waiting: &Receiver<Message>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = Vec::new();
        let mut lend = None;
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Work(piece) => batch.push(piece),
                Message::Lend(give, back) => lend = Some((give, back)),
            }
            if lend.is_none() && batch.len() < MAX_BATCH {
                next = waiting.try_recv().ok();
            }
        }
        commit_batch(&connection, batch);
        if let Some((give, back)) = lend {
            match give.send(connection) {
                Ok(()) => match back.recv() {
                    Ok(returned) => connection = returned,
                    Err(_lost) => return,
                },
                Err(unwanted) => connection = unwanted.0,
            }
        }
    }
}

fn commit_batch(connection: &Connection, batch: Vec<Piece>) {
    if batch.is_empty() {
        return;
    }
    let mut finishes = Vec::with_capacity(batch.len());
    let committed = write_batch(connection, batch, &mut finishes);
    if let Err(error) = &committed {
        tracing::error!(%error, "a batch of {} could not be committed", finishes.len());
        // Fails where SQLite has rolled back by itself already.
        let _ = connection.roll_back();
    }
    let committed = committed.map_err(|error| format!("commit failed: {error}"));
    for finish in finishes {
        finish(committed.clone());
    }
}

/// Runs and commits the pieces. A piece dropped unrun tells its sender that the writer could not serve it.
fn write_batch(
    connection: &Connection,
    batch: Vec<Piece>,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    connection.begin()?;
    let mut late = Vec::new();
    for piece in batch {
        let ran = piece(connection);
        late.extend(ran.late);
        finishes.push(ran.finish);
    }
    for work in late {
        work(connection)?;
    }
    connection.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sqlite::File;

    fn writer() -> (tempfile::TempDir, Writer, Database) {
        let dir = tempfile::tempdir().expect("directory");
        let database = Database::Sqlite(File {
            path: dir.path().join("test.db"),
            vfs: None,
        });
        let writer = Writer::start(&database).expect("writer");
        (dir, writer, database)
    }

    type Left<T> = Result<(T, Option<Late>), StoreError>;

    fn run_sql(writer: &Writer, sql: &'static str) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| -> Left<usize> { Ok((connection.execute(sql, ())?, None)) };
        writer
            .submit(work)
            .expect("room")
            .blocking_recv()
            .expect("answer")
    }

    #[test]
    fn an_answer_comes_after_the_commit() {
        let (_dir, writer, database) = writer();
        run_sql(&writer, "CREATE TABLE t (a INTEGER)").expect("create");
        run_sql(&writer, "INSERT INTO t VALUES (1)").expect("insert");
        let reader = database.open_reader().expect("reader");
        let count: i64 = reader
            .query_row("SELECT count(*) FROM t", (), |row| row.get(0))
            .expect("count");
        assert_eq!(count, 1);
    }

    #[test]
    fn a_failing_piece_leaves_its_neighbours_whole() {
        let (_dir, writer, database) = writer();
        run_sql(&writer, "CREATE TABLE t (a INTEGER PRIMARY KEY)").expect("create");
        // While the connection is lent, what is handed in waits and then makes one batch.
        let loan = writer.borrow().expect("loan");
        let outcomes: Vec<_> = [1i64, 2, 1, 3]
            .into_iter()
            .map(|value| {
                let work = move |connection: &Connection| -> Left<()> {
                    connection.execute("INSERT INTO t VALUES ($1 + 100)", (value,))?;
                    connection.execute("INSERT INTO t VALUES ($1)", (value,))?;
                    Ok(((), None))
                };
                writer.submit(work).expect("room")
            })
            .collect();
        drop(loan);
        let answers: Vec<bool> = outcomes
            .into_iter()
            .map(|outcome| outcome.blocking_recv().expect("answer").is_ok())
            .collect();
        assert_eq!(answers, [true, true, false, true]);
        let reader = database.open_reader().expect("reader");
        let count: i64 = reader
            .query_row("SELECT count(*) FROM t", (), |row| row.get(0))
            .expect("count");
        assert_eq!(count, 6);
    }

    #[test]
    fn a_full_queue_answers_busy_at_once() {
        let (_dir, writer, _database) = writer();
        let _loan = writer.borrow().expect("loan");
        let mut waiting = Vec::new();
        let refused = loop {
            match writer.submit(|_: &Connection| Left::Ok(((), None))) {
                Ok(outcome) => waiting.push(outcome),
                Err(Busy) => break waiting.len(),
            }
        };
        assert!(refused >= QUEUE, "{refused}");
    }

    #[test]
    fn what_waits_when_the_writer_is_dropped_is_still_written() {
        let (_dir, writer, database) = writer();
        run_sql(&writer, "CREATE TABLE t (a INTEGER)").expect("create");
        let work = |connection: &Connection| -> Left<usize> {
            Ok((connection.execute("INSERT INTO t VALUES (1)", ())?, None))
        };
        let _outcome = writer.submit(work).expect("room");
        drop(writer);
        let reader = database.open_reader().expect("reader");
        let count: i64 = reader
            .query_row("SELECT count(*) FROM t", (), |row| row.get(0))
            .expect("count");
        assert_eq!(count, 1);
    }
}
