//! Connections that read: so many at once and no more, kept for the next reader. Where all are taken they wait for
//! each other, in the order they came, and not for long. They never wait for the writer, but on SQLite for the
//! disk: what a reader sees is durable.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine::connection::{Connection, Engine};
use crate::engine::database::Database;
use crate::engine::durable::Durability;
use crate::error::StoreError;
use crate::measure::ReaderUse;

/// How many read at once, and how long others wait for one of them to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderLimits {
    /// The most connections that read; at least 1.
    pub most: usize,
    /// How long somebody waits for one before being told that there is no room.
    pub patience: Duration,
}

impl Default for ReaderLimits {
    fn default() -> Self {
        ReaderLimits {
            most: 16,
            patience: Duration::from_secs(5),
        }
    }
}

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    database: Database,
    limits: ReaderLimits,
    /// How far the writer's commits have come, where they are synced beside it.
    durability: Option<Arc<Durability>>,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    /// One place beside the others, for those who ask whether all is well.
    watch: Arc<Semaphore>,
    waiting: AtomicUsize,
    turned_away: AtomicU64,
}

/// The right to one connection of the pool.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) fn new(
        database: Database,
        limits: ReaderLimits,
        durability: Option<Arc<Durability>>,
    ) -> Arc<Self> {
        let most = limits.most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Readers {
            database,
            limits: ReaderLimits { most, ..limits },
            durability,
            idle: Mutex::new(Vec::new()),
            places: Arc::new(Semaphore::new(most)),
            watch: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
            turned_away: AtomicU64::new(0),
        })
    }

    /// Returns the engine of the database.
    pub(crate) fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// Returns how much of the pool is in use.
    pub(crate) fn used(&self) -> ReaderUse {
        ReaderUse {
            most: self.limits.most as u64,
            in_use: (self.limits.most - self.places.available_permits()) as u64,
            waiting: self.waiting.load(Ordering::Relaxed) as u64,
            turned_away: self.turned_away.load(Ordering::Relaxed),
        }
    }

    /// Waits for a place without holding a thread.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if none becomes free soon.
    pub(crate) async fn place(&self) -> Result<Place, StoreError> {
        if let Some(place) = self.free_place() {
            return Ok(place);
        }
        let _waits = Waits::begin(&self.waiting);
        let coming = Arc::clone(&self.places).acquire_owned();
        let come = tokio::time::timeout(self.limits.patience, coming).await;
        self.place_of(come.ok())
    }

    /// Waits for the place beside the others.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if whoever has it does not give it back soon.
    pub(crate) async fn watch_place(&self) -> Result<Place, StoreError> {
        let coming = Arc::clone(&self.watch).acquire_owned();
        let come = tokio::time::timeout(self.limits.patience, coming).await;
        self.place_of(come.ok())
    }

    /// Waits for a place on this thread.
    fn place_here(&self) -> Result<Place, StoreError> {
        if let Some(place) = self.free_place() {
            return Ok(place);
        }
        let _waits = Waits::begin(&self.waiting);
        let wait = || wait_for(self.limits.patience, Arc::clone(&self.places).acquire_owned());
        self.place_of(off_the_tasks(wait))
    }

    fn free_place(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place { _permit: permit })
    }

    fn place_of<E>(&self, come: Option<Result<OwnedSemaphorePermit, E>>) -> Result<Place, StoreError> {
        // The semaphore is never closed, so whoever got no answer has waited for too long.
        let Some(Ok(permit)) = come else {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Busy("too many are reading".into()));
        };
        Ok(Place { _permit: permit })
    }

    /// Takes a connection and begins a transaction: everything read through it is of one instant.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if all connections are taken and none becomes free soon.
    pub(crate) fn begin(self: &Arc<Self>) -> Result<Snapshot, StoreError> {
        let place = self.place_here()?;
        self.begin_at(place)
    }

    /// Like [`Readers::begin`], if `ready` says so of the connection before the transaction begins.
    ///
    /// # Errors
    /// As [`Readers::begin`], and what `ready` returns.
    pub(crate) fn begin_when(
        self: &Arc<Self>,
        mut ready: impl FnMut(&Connection) -> Result<bool, StoreError>,
    ) -> Result<Option<Snapshot>, StoreError> {
        let place = self.place_here()?;
        let (connection, is_ready) = self.connected(|connection| {
            let is_ready = ready(connection)?;
            if is_ready {
                connection.begin_reading()?;
            }
            Ok(is_ready)
        })?;
        if is_ready {
            return self.snapshot(connection, place).map(Some);
        }
        self.keep(connection);
        Ok(None)
    }

    /// Like [`Readers::begin`], at a place that was waited for.
    pub(crate) fn begin_at(self: &Arc<Self>, place: Place) -> Result<Snapshot, StoreError> {
        let (connection, ()) = self.connected(Connection::begin_reading)?;
        self.snapshot(connection, place)
    }

    /// Takes a connection and does something with it; with the next one where a kept one was lost while it lay
    /// there.
    fn connected<T>(
        &self,
        mut work: impl FnMut(&Connection) -> Result<T, StoreError>,
    ) -> Result<(Connection, T), StoreError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let (connection, is_new) = match idle {
                Some(connection) => (connection, false),
                None => (self.database.open_reader()?, true),
            };
            match work(&connection) {
                Ok(done) => return Ok((connection, done)),
                Err(error) if error.is_transient() && !is_new => drop(connection),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until what a transaction that has begun can see is durable.
    fn snapshot(self: &Arc<Self>, connection: Connection, place: Place) -> Result<Snapshot, StoreError> {
        let snapshot = Snapshot {
            connection: Some(connection),
            pool: Arc::clone(self),
            _place: place,
        };
        match &self.durability {
            Some(durability) if !durability.is_settled() => {
                off_the_tasks(|| durability.settle(self.limits.patience))?;
            }
            Some(_) | None => {}
        }
        Ok(snapshot)
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }
}

/// A connection in a read transaction; ends it and goes back to the pool when dropped.
#[derive(Debug)]
pub(crate) struct Snapshot {
    connection: Option<Connection>,
    pool: Arc<Readers>,
    /// Becomes free after the connection is back: whoever takes it over finds that one.
    _place: Place,
}

impl Snapshot {
    /// Returns the connection.
    pub(crate) fn connection(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("the connection is taken out only when the snapshot is dropped")
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // A connection that cannot end its transaction is closed instead of kept.
        if connection.commit().is_ok() {
            self.pool.keep(connection);
        }
    }
}

/// Somebody who waits.
struct Waits<'c>(&'c AtomicUsize);

impl<'c> Waits<'c> {
    fn begin(count: &'c AtomicUsize) -> Waits<'c> {
        count.fetch_add(1, Ordering::Relaxed);
        Waits(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread. A worker of an async runtime hands its other tasks on before that.
fn off_the_tasks<T>(wait: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}

/// Waits on this thread, with no runtime's clock; `None` if that takes longer than `patience`.
fn wait_for<F: Future>(patience: Duration, future: F) -> Option<F::Output> {
    let until = Instant::now() + patience;
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = until.checked_duration_since(Instant::now())?;
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sqlite::File;

    /// A pool over an empty file, which lives as long as the directory.
    fn pool(most: usize, patience: Duration) -> (Arc<Readers>, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(File {
            path: directory.path().join("city.db"),
            vfs: None,
        });
        database.open_writer().unwrap();
        (
            Readers::new(database, ReaderLimits { most, patience }, None),
            directory,
        )
    }

    #[test]
    fn nobody_reads_what_is_not_durable_yet() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(File {
            path: directory.path().join("city.db"),
            vfs: None,
        });
        let writer = database.open_writer().unwrap();
        writer.run("CREATE TABLE a (b)").unwrap();
        let syncer = database.start_syncer().unwrap().unwrap();
        let durability = Arc::clone(syncer.durability());
        assert!(durability.take_turn(|| Ok(())).unwrap());
        let limits = ReaderLimits {
            most: 1,
            patience: Duration::ZERO,
        };
        let pool = Readers::new(database, limits, Some(Arc::clone(&durability)));
        let number = durability.begin_commit();
        assert!(matches!(pool.begin(), Err(StoreError::Busy(_))));
        assert_eq!((pool.used().in_use, pool.idle.lock().unwrap().len()), (0, 1));
        durability.reach(number, true);
        assert!(pool.begin().is_ok());
    }

    fn until_waiting(pool: &Readers, count: u64) {
        while pool.used().waiting != count {
            thread::yield_now();
        }
    }

    #[test]
    fn when_all_are_taken_the_next_is_told_that_there_is_no_room() {
        let (pool, _directory) = pool(2, Duration::ZERO);
        let (first, _second) = (pool.begin().unwrap(), pool.begin().unwrap());
        assert!(matches!(pool.begin(), Err(StoreError::Busy(_))));
        let used = pool.used();
        assert_eq!((used.in_use, used.waiting, used.turned_away), (2, 0, 1));
        drop(first);
        assert_eq!(pool.used().in_use, 1);
        assert!(pool.begin().is_ok());
    }

    #[test]
    fn whoever_waits_takes_over_the_connection_that_becomes_free() {
        let (pool, _directory) = pool(1, Duration::from_secs(600));
        let taken = pool.begin().unwrap();
        thread::scope(|scope| {
            let waits = scope.spawn(|| pool.begin().map(drop));
            until_waiting(&pool, 1);
            drop(taken);
            assert!(waits.join().unwrap().is_ok());
        });
        assert_eq!(pool.idle.lock().unwrap().len(), 1);
        assert_eq!(pool.used().in_use, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_worker_that_waits_leaves_its_other_tasks_to_another() {
        let (pool, _directory) = pool(1, Duration::from_secs(600));
        let taken = pool.begin().unwrap();
        let on_worker = Arc::clone(&pool);
        let waits = tokio::spawn(async move { on_worker.begin().map(drop) });
        until_waiting(&pool, 1);
        // The only worker waits, and still this task is run by one.
        tokio::spawn(async move { drop(taken) }).await.unwrap();
        assert!(waits.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn giving_up_waiting_leaves_no_trace() {
        let (pool, _directory) = pool(1, Duration::from_secs(600));
        let taken = pool.begin().unwrap();
        {
            let mut gives_up = pin!(pool.place());
            let polled = std::future::poll_fn(|cx| Poll::Ready(gives_up.as_mut().poll(cx).is_pending()));
            assert!(polled.await);
            assert_eq!(pool.used().waiting, 1);
        }
        assert_eq!(pool.used().waiting, 0);
        drop(taken);
        assert!(pool.place().await.is_ok());
    }
}
