//! The one thread that writes, with group commit.
//!
//! Work waits in a bounded queue. The thread takes whatever waits, writes it in one transaction, commits,
//! and only then answers. So a sync of the disk serves many, and nobody hears of success before it is
//! durable. A full queue answers [`Busy`] at once.
//!
//! There are two kinds of work. What commands write is written [`Together`]: known beforehand as rows, in
//! few statements for all. A piece is any other work; it runs in a savepoint of its own, so that none
//! undoes its neighbours.
//!
//! A server may be lost in the middle, and whether a commit that was under way got through is not known
//! then. What is written together is written again on the next connection, which finds what is there
//! already; a piece is not, and whoever handed it in is told. A server that stays away is waited for once,
//! not by each batch anew: after that whoever asks is told at once, until it is back.
//!
//! On SQLite the sync of a commit runs beside the writing of the next ([`Deferral`]). A next one of few waits
//! for that sync for a moment: more come meanwhile, and each costs less in a larger transaction.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::engine::backfill::Backfill;
use crate::engine::connection::Connection;
use crate::engine::database::Database;
use crate::engine::deferral::Deferral;
use crate::engine::durable::Durability;
use crate::engine::syncer::Answer;
use crate::error::StoreError;
use crate::measure::{Measured, Measures};

/// Pieces of work that may wait.
const QUEUE: usize = 4_096;

/// The most work in one transaction: bounds what a failing commit takes with it.
const MAX_BATCH: usize = 1_024;

/// So much work is worth a transaction of its own: more together saves little.
const WORTH_A_COMMIT: usize = 64;

/// How long less than that waits for more while the commit before it is synced. A sync that takes longer is one
/// to be written beside.
const GATHERING: Duration = Duration::from_millis(3);

/// How long after a failed attempt the next one follows; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Work of one kind that is known beforehand and written together.
pub(crate) trait Together: Send + Sized + 'static {
    /// Why one of them was not written.
    type Error: From<StoreError> + Send;

    /// Writes all of them that can be written, and returns for each whether it was. With `again`, an attempt
    /// before this may have got through: what is there already counts as written.
    ///
    /// # Errors
    /// [`StoreError`] if nothing can be said of each; the transaction is undone then.
    fn write(
        connection: &Connection,
        all: &[Self],
        again: bool,
    ) -> Result<Vec<Result<(), Self::Error>>, StoreError>;

    /// Whether it destroys something, of which no copy may stay anywhere.
    fn erases(&self) -> bool;
}

/// Runs once, in the transaction of a batch, and returns what answers whoever handed it in.
type Piece = Box<dyn FnOnce(&Connection) -> Finish + Send>;

/// Answers with the outcome of the commit.
type Finish = Box<dyn FnOnce(Result<(), String>) + Send>;

/// One of those written together, and where its outcome is awaited.
struct Waiting<T: Together> {
    what: T,
    answer: oneshot::Sender<Result<(), T::Error>>,
}

enum Message<T: Together> {
    Together(Waiting<T>),
    Piece(Piece),
    /// Somebody takes the connection for themselves and gives it back when done.
    Lend(SyncSender<Connection>, Receiver<Connection>),
}

/// The writing thread.
#[derive(Debug)]
pub(crate) struct Writer<T: Together> {
    queue: Option<SyncSender<Message<T>>>,
    thread: Option<JoinHandle<()>>,
    measures: Arc<Measures>,
    durability: Option<Arc<Durability>>,
}

impl<T: Together> Writer<T> {
    /// Starts the thread with its connection; a lost server is waited for as long as `patience`.
    pub(crate) fn start(database: &Database, patience: Duration) -> Result<Writer<T>, StoreError> {
        let connection = database.open_writer()?;
        let database = database.clone();
        let (queue, waiting) = sync_channel(QUEUE);
        let measures = Arc::new(Measures::default());
        let syncer = database.start_syncer()?;
        let deferral = syncer.map(|syncer| Deferral::new(syncer, &connection));
        let durability = deferral
            .as_ref()
            .map(|deferral| Arc::clone(deferral.durability()));
        let desk = Desk {
            connection,
            backfill: database.start_backfill()?,
            deferral,
            database,
            patience,
            lost_since: None,
            measures: Arc::clone(&measures),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || desk.serve(&waiting))?;
        Ok(Writer {
            queue: Some(queue),
            thread: Some(thread),
            measures,
            durability,
        })
    }

    /// Hands in what is written together with others of its kind, and returns where its outcome will arrive,
    /// after the commit.
    pub(crate) fn submit(&self, what: T) -> Result<oneshot::Receiver<Result<(), T::Error>>, Busy> {
        let (answer, outcome) = oneshot::channel();
        self.send(Message::Together(Waiting { what, answer }))?;
        Ok(outcome)
    }

    /// Hands in a piece of work and returns where its outcome will arrive, after the commit.
    ///
    /// An `Err` of `work` undoes what it wrote and nothing else.
    pub(crate) fn submit_piece<R, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<R, E>>, Busy>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let piece: Piece = Box::new(move |connection| {
            let result = connection.savepoint(work);
            Box::new(move |commit| {
                let result = match commit {
                    Ok(()) => result,
                    Err(reason) => Err(E::from(StoreError::unavailable(reason))),
                };
                // Whoever asked may have gone away; the work is done all the same.
                let _ = answer.send(result);
            })
        });
        self.send(Message::Piece(piece))?;
        Ok(outcome)
    }

    fn send(&self, message: Message<T>) -> Result<(), Busy> {
        self.measures.waits();
        match self.queue.as_ref().map(|queue| queue.try_send(message)) {
            Some(Err(TrySendError::Full(_))) => {
                self.measures.refused();
                Err(Busy)
            }
            // A dropped message drops its answer, which the caller sees as a stopped writer.
            Some(Ok(()) | Err(TrySendError::Disconnected(_))) | None => Ok(()),
        }
    }

    /// Returns what was counted while it worked.
    pub(crate) fn measured(&self) -> Measured {
        self.measures.read()
    }

    /// Returns how far its commits have come, where they are synced beside it.
    pub(crate) fn durability(&self) -> Option<Arc<Durability>> {
        self.durability.clone()
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

impl<T: Together> Drop for Writer<T> {
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

/// What waits and is written in one transaction.
struct Batch<T: Together> {
    together: Vec<T>,
    answers: Vec<oneshot::Sender<Result<(), T::Error>>>,
    pieces: Vec<Piece>,
}

impl<T: Together> Batch<T> {
    /// Takes what waits, at most as much as one transaction holds, up to a loan.
    fn take(first: Message<T>, waiting: &Receiver<Message<T>>) -> (Self, Option<Lend>) {
        let mut batch = Batch {
            together: Vec::new(),
            answers: Vec::new(),
            pieces: Vec::new(),
        };
        let lend = batch.take_more(Some(first), waiting);
        (batch, lend)
    }

    /// Adds `next` and what waits after it, up to a loan.
    fn take_more(&mut self, mut next: Option<Message<T>>, waiting: &Receiver<Message<T>>) -> Option<Lend> {
        while let Some(message) = next.take() {
            match message {
                Message::Together(Waiting { what, answer }) => {
                    self.together.push(what);
                    self.answers.push(answer);
                }
                Message::Piece(piece) => self.pieces.push(piece),
                Message::Lend(give, back) => return Some((give, back)),
            }
            if self.len() < MAX_BATCH {
                next = waiting.try_recv().ok();
            }
        }
        None
    }

    fn len(&self) -> usize {
        self.together.len() + self.pieces.len()
    }
}

type Lend = (SyncSender<Connection>, Receiver<Connection>);

/// The thread's own: its connection and how to get another.
struct Desk {
    connection: Connection,
    backfill: Option<Backfill>,
    /// After the connection: it syncs what that one wrote last.
    deferral: Option<Deferral>,
    database: Database,
    patience: Duration,
    /// Since when nothing could be written because the server is away.
    lost_since: Option<Instant>,
    measures: Arc<Measures>,
}

impl Desk {
    fn serve<T: Together>(mut self, waiting: &Receiver<Message<T>>) {
        while let Ok(first) = waiting.recv() {
            let (mut batch, mut lend) = Batch::take(first, waiting);
            if let Some(deferral) = &self.deferral
                && lend.is_none()
                && batch.len() < WORTH_A_COMMIT
                && deferral.let_sync_end(GATHERING)
            {
                lend = batch.take_more(waiting.try_recv().ok(), waiting);
            }
            self.measures.left(batch.len());
            if batch.len() > 0 {
                self.write(batch);
            }
            let Some((give, back)) = lend else { continue };
            self.reconnect_if_lost();
            let connection = &self.connection;
            let durable = self
                .deferral
                .as_mut()
                .map(|deferral| deferral.make_durable(connection));
            if let Some(Err(error)) = durable {
                // Whoever asked for the connection is told that the writer has stopped.
                tracing::error!(%error, "the connection cannot be lent");
                continue;
            }
            match give.send(self.connection) {
                Ok(()) => match back.recv() {
                    Ok(returned) => self.connection = returned,
                    Err(_lost) => return,
                },
                Err(unwanted) => self.connection = unwanted.0,
            }
        }
    }

    /// Commits a batch, and sees that everybody is answered once it is durable.
    fn write<T: Together>(&mut self, batch: Batch<T>) {
        let (pieces, began) = (batch.len(), Instant::now());
        let erases = batch.together.iter().any(Together::erases);
        let connection = &self.connection;
        let number = self
            .deferral
            .as_mut()
            .map(|deferral| deferral.begin_commit(connection));
        let answer = self.commit(batch);
        if let Some(backfill) = &self.backfill {
            backfill.committed(erases);
        }
        let measures = Arc::clone(&self.measures);
        let answer: Answer = Box::new(move |synced| {
            measures.committed(pieces, began.elapsed());
            answer(synced);
        });
        match self.deferral.as_ref().zip(number) {
            // Also where it wrote nothing: what it read may lie in memory only.
            Some((deferral, number)) => deferral.after_sync(number, answer),
            None => answer(Ok(())),
        }
    }

    /// Commits a batch, and returns what answers that it is durable, or could not be made so.
    fn commit<T: Together>(&mut self, batch: Batch<T>) -> impl FnOnce(Result<(), String>) + Send + use<T> {
        let Batch {
            together,
            answers,
            pieces,
        } = batch;
        let mut finishes = Vec::with_capacity(pieces.len());
        let first = self.attempt(&together, false, pieces, &mut finishes);
        let outcome = match first {
            Err(error) if error.is_transient() => {
                // Whether it got through is not known; a piece cannot be asked.
                let reason = "the connection to the database was lost in the middle of it".to_owned();
                for finish in finishes.drain(..) {
                    finish(Err(reason.clone()));
                }
                self.try_again(&together, error)
            }
            other => other,
        };
        if !outcome.as_ref().is_err_and(StoreError::is_transient) {
            self.lost_since = None;
        }
        if let Err(error) = &outcome {
            let lost = together.len() + finishes.len();
            tracing::error!(%error, "a batch of {lost} could not be committed");
        }
        move |synced| {
            let outcome = outcome
                .map_err(|error| format!("commit failed: {error}"))
                .and_then(|results| synced.map(|()| results));
            let committed = outcome.as_ref().map(drop).map_err(String::clone);
            for finish in finishes {
                finish(committed.clone());
            }
            match outcome {
                Ok(results) => answers.into_iter().zip(results).for_each(|(answer, result)| {
                    let _ = answer.send(result);
                }),
                Err(reason) => answers.into_iter().for_each(|answer| {
                    let _ = answer.send(Err(StoreError::unavailable(reason.clone()).into()));
                }),
            }
            // What was written is let go of here, and not on the writer's time.
            drop(together);
        }
    }

    /// Writes and commits once.
    fn attempt<T: Together>(
        &mut self,
        together: &[T],
        again: bool,
        pieces: Vec<Piece>,
        finishes: &mut Vec<Finish>,
    ) -> Result<Vec<Result<(), T::Error>>, StoreError> {
        self.reconnect_if_lost();
        if let Some(deferral) = &self.deferral {
            deferral.check()?;
        }
        // First without a savepoint, which would make SQLite keep a copy of every page that changes. A
        // collision undoes the transaction before any piece has run.
        let mut pieces = Some(pieces);
        let all = |connection: &Connection| {
            let results = if together.is_empty() {
                Vec::new()
            } else {
                T::write(connection, together, again)?
            };
            let pieces = pieces.take().into_iter().flatten();
            finishes.extend(pieces.map(|piece| piece(connection)));
            Ok(results)
        };
        match self.connection.transaction(all) {
            Err(StoreError::Conflict(_)) if pieces.is_some() => {}
            other => return other,
        }
        self.connection.transaction(|connection| {
            let results = write_each(connection, together, again)?;
            let pieces = pieces.take().into_iter().flatten();
            finishes.extend(pieces.map(|piece| piece(connection)));
            Ok(results)
        })
    }

    /// Writes what is written together again and again, until the server is back or has been away for longer
    /// than patience lasts.
    fn try_again<T: Together>(
        &mut self,
        together: &[T],
        mut error: StoreError,
    ) -> Result<Vec<Result<(), T::Error>>, StoreError> {
        let lost_since = *self.lost_since.get_or_insert_with(Instant::now);
        let mut pause = FIRST_PAUSE;
        tracing::warn!(%error, "the database was lost; trying again");
        while !together.is_empty() && error.is_transient() && lost_since.elapsed() < self.patience {
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            // A server that may only be read is not lost, and never the right one again.
            if let Ok(connection) = self.database.open_writer() {
                self.connection = connection;
            }
            match self.attempt(together, true, Vec::new(), &mut Vec::new()) {
                Ok(results) => return Ok(results),
                Err(next) => error = next,
            }
        }
        Err(error)
    }

    fn reconnect_if_lost(&mut self) {
        if self.connection.is_lost()
            && let Ok(connection) = self.database.open_writer()
        {
            self.connection = connection;
        }
    }
}

/// Writes each by itself, so that one that collides with what is there undoes no other.
fn write_each<T: Together>(
    connection: &Connection,
    together: &[T],
    again: bool,
) -> Result<Vec<Result<(), T::Error>>, StoreError> {
    let each = together.chunks(1).map(|one| {
        let written = connection.savepoint(|connection| T::write(connection, one, again));
        match written.map(|mut results| results.pop()) {
            Ok(result) => Ok(result.unwrap_or(Ok(()))),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => Ok(Err(error.into())),
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sqlite::File;

    fn writer() -> (tempfile::TempDir, Writer<Nothing>, Database) {
        let dir = tempfile::tempdir().expect("directory");
        let database = Database::Sqlite(File {
            path: dir.path().join("test.db"),
            vfs: None,
        });
        // An empty file has no log yet; a store's is never empty.
        let first = database.open_writer().expect("opens");
        first.run("CREATE TABLE first (a INTEGER)").expect("made");
        let writer = Writer::start(&database, Duration::ZERO).expect("writer");
        (dir, writer, database)
    }

    /// Nothing is written together here.
    struct Nothing;

    impl Together for Nothing {
        fn erases(&self) -> bool {
            false
        }

        type Error = StoreError;

        fn write(
            _connection: &Connection,
            all: &[Self],
            _again: bool,
        ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
            Ok(all.iter().map(|_| Ok(())).collect())
        }
    }

    fn run_sql(writer: &Writer<Nothing>, sql: &'static str) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| connection.execute(sql, ());
        writer
            .submit_piece(work)
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
    fn the_first_writer_of_a_file_syncs_beside_its_commits_and_a_second_within_them() {
        let (_dir, writer, database) = writer();
        let second = Writer::<Nothing>::start(&database, Duration::ZERO).expect("a second");
        let synchronous = |writer: &Writer<Nothing>| {
            let level = |connection: &Connection| {
                connection.query_row("PRAGMA synchronous", (), |row| row.get::<i64>(0))
            };
            let outcome = writer.submit_piece(level).expect("room");
            outcome.blocking_recv().expect("answer").expect("a level")
        };
        assert_eq!((synchronous(&writer), synchronous(&second)), (1, 2));
        let loan = writer.borrow().expect("loan");
        let lent = loan.connection().expect("lent");
        let level: i64 = lent
            .query_row("PRAGMA synchronous", (), |row| row.get(0))
            .expect("a level");
        assert_eq!(level, 2, "who borrows is told by each commit that it is durable");
        drop(loan);
        assert_eq!(synchronous(&writer), 1);
        let durability = writer.durability().expect("on SQLite");
        assert!(durability.is_settled(), "everybody was answered");
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
                let work = move |connection: &Connection| {
                    connection.execute("INSERT INTO t VALUES ($1 + 100)", (value,))?;
                    connection.execute("INSERT INTO t VALUES ($1)", (value,))?;
                    Ok::<(), StoreError>(())
                };
                writer.submit_piece(work).expect("room")
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
            match writer.submit_piece(|_: &Connection| Ok::<(), StoreError>(())) {
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
        let work = |connection: &Connection| connection.execute("INSERT INTO t VALUES (1)", ());
        let _outcome = writer.submit_piece(work).expect("room");
        drop(writer);
        let reader = database.open_reader().expect("reader");
        let count: i64 = reader
            .query_row("SELECT count(*) FROM t", (), |row| row.get(0))
            .expect("count");
        assert_eq!(count, 1);
    }
}
