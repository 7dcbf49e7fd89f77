//! A read replica of a PostgreSQL server: pages are read from it where it has what the visitor has seen.
//!
//! A replica lags behind. Whoever wrote something brings the [`Position`] of the server's log that their
//! write lies before; a replica that has not come so far, and does not come there within [`WAIT`], is passed
//! over for the server itself. Whoever brings none sees nothing older than a few seconds, however far the
//! replica lags: the server's own position is looked up every [`LOOK`], and one look back is what everybody
//! needs. A position may be made up, so only [`WAITERS`] wait at once; and a replica that is behind what
//! everybody needs is left alone for a while, for it would be looked at in vain for every page.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::connection::Connection;
use crate::engine::database::Database;
use crate::engine::readers::{ReaderLimits, Readers, Snapshot};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::measure::ReplicaUse;

statements! {
    in postgres
    WRITTEN = "SELECT CAST(pg_current_wal_flush_lsn() - '0/0' AS BIGINT)";
    // Nothing on a server that is no replica.
    REPLAYED = "SELECT CAST(pg_last_wal_replay_lsn() - '0/0' AS BIGINT)";
}

/// How many wait for a replica at once; others pass it over without waiting.
const WAITERS: usize = 2;

/// How long a replica is waited for. It mostly lags by less than a millisecond.
const WAIT: Duration = Duration::from_millis(50);

/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(2);

/// Between two looks at how far the server is.
const LOOK: Duration = Duration::from_secs(2);

/// How long a replica that could not be reached is left alone.
const REST: Duration = Duration::from_secs(5);

/// A place in the write-ahead log of a database server, in bytes from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position(u64);

impl Position {
    /// Reads how far a server has written its log.
    pub(crate) fn written(connection: &Connection) -> Result<Position, StoreError> {
        let bytes: i64 = connection.query_row(WRITTEN, (), |row| row.get(0))?;
        Ok(Position(bytes.unsigned_abs()))
    }

    /// Reads how far a replica has taken over the log; `None` of a server that is none.
    fn replayed(connection: &Connection) -> Result<Option<Position>, StoreError> {
        let bytes: Option<i64> = connection.query_row(REPLAYED, (), |row| row.get(0))?;
        Ok(bytes.map(|bytes| Position(bytes.unsigned_abs())))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for Position {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Position, ParseIntError> {
        u64::from_str_radix(text, 16).map(Position)
    }
}

/// The replica, and the server that it follows.
#[derive(Debug)]
pub(crate) struct Replica {
    readers: Arc<Readers>,
    server: Arc<Readers>,
    known: Mutex<Known>,
    waiting: AtomicUsize,
    read: AtomicU64,
    behind: AtomicU64,
    lost: AtomicU64,
}

/// What is known of how far the server is.
#[derive(Debug, Default)]
struct Known {
    /// When that was looked up.
    looked: Option<Instant>,
    /// Whether somebody is looking it up.
    looking: bool,
    last: Position,
    needed: Position,
    /// Until when the replica is left alone, and why.
    rest: Option<(Instant, Why)>,
}

/// Why a replica is passed over.
#[derive(Debug, Clone, Copy)]
enum Why {
    /// It has not come as far as is needed.
    Behind,
    /// It could not be read.
    Lost,
}

/// What a replica has.
enum Has {
    /// What is needed.
    All,
    /// What everybody needs, but not what this visitor has seen.
    Common,
    /// Not even that.
    Less,
}

impl Known {
    /// Takes in how far the server is. What everybody needs is the look before, if that was not long ago.
    fn look(&mut self, now: Instant, written: Position) {
        let was_recent = self.looked.is_some_and(|looked| now - looked < 2 * LOOK);
        self.needed = if was_recent { self.last } else { written };
        self.last = written;
        self.looked = Some(now);
    }
}

impl Replica {
    /// Returns the replica at `url` of the server that `server` reads; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if its URL cannot be understood.
    pub(crate) fn open(
        url: Option<&str>,
        limits: ReaderLimits,
        server: &Arc<Readers>,
    ) -> Result<Option<Arc<Replica>>, StoreError> {
        let Some(url) = url else {
            return Ok(None);
        };
        let readers = Readers::new(Database::postgres(url)?, limits, None);
        Ok(Some(Arc::new(Replica {
            readers,
            server: Arc::clone(server),
            known: Mutex::default(),
            waiting: AtomicUsize::new(0),
            read: AtomicU64::new(0),
            behind: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        })))
    }

    /// Begins to read from the replica; `None` where it has not come as far as `seen`, or is away.
    ///
    /// # Errors
    /// Those of the server, where it is asked how far it is.
    pub(crate) fn begin(&self, seen: Position) -> Result<Option<Snapshot>, StoreError> {
        let needed = match self.needed()? {
            Ok(needed) => needed,
            Err(why) => {
                self.count(why);
                return Ok(None);
            }
        };
        let mut has = Has::All;
        let begun = self.readers.begin_when(|connection| {
            has = self.come_to(connection, needed, seen)?;
            Ok(matches!(has, Has::All))
        });
        match begun {
            Ok(Some(snapshot)) => {
                self.read.fetch_add(1, Ordering::Relaxed);
                Ok(Some(snapshot))
            }
            Ok(None) => {
                if matches!(has, Has::Less) {
                    self.rest(LOOK, Why::Behind);
                }
                self.count(Why::Behind);
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(%error, "the replica cannot be read; the server is");
                self.rest(REST, Why::Lost);
                self.count(Why::Lost);
                Ok(None)
            }
        }
    }

    /// Looks how far the replica has come, and waits for it if not too many do.
    fn come_to(&self, connection: &Connection, needed: Position, seen: Position) -> Result<Has, StoreError> {
        let until = Instant::now() + WAIT;
        let mut waits = None;
        loop {
            // A server that is no replica has nothing that could be waited for.
            let Some(position) = Position::replayed(connection)? else {
                return Ok(Has::Less);
            };
            if position >= needed.max(seen) {
                return Ok(Has::All);
            }
            if waits.is_none() {
                waits = Waits::begin(&self.waiting);
            }
            if waits.is_none() || Instant::now() >= until {
                return Ok(if position >= needed {
                    Has::Common
                } else {
                    Has::Less
                });
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn rest(&self, time: Duration, why: Why) {
        self.known().rest = Some((Instant::now() + time, why));
    }

    fn count(&self, why: Why) {
        let counted = match why {
            Why::Behind => &self.behind,
            Why::Lost => &self.lost,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how often it was read.
    pub(crate) fn used(&self) -> ReplicaUse {
        ReplicaUse {
            read: self.read.load(Ordering::Relaxed),
            behind: self.behind.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }

    /// Returns the position that everybody needs; why not, while the replica is left alone, or another is
    /// looking how far the server is.
    fn needed(&self) -> Result<Result<Position, Why>, StoreError> {
        let now = Instant::now();
        {
            let mut known = self.known();
            if let Some((until, why)) = known.rest
                && now < until
            {
                return Ok(Err(why));
            }
            if known.looking {
                return Ok(Err(Why::Behind));
            }
            if known.looked.is_some_and(|looked| now - looked < LOOK) {
                return Ok(Ok(known.needed));
            }
            known.looking = true;
        }
        let written = self.server.begin();
        let written = written.and_then(|snapshot| Position::written(snapshot.connection()));
        let mut known = self.known();
        known.looking = false;
        known.look(now, written?);
        Ok(Ok(known.needed))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for the replica.
struct Waits<'c>(&'c AtomicUsize);

impl<'c> Waits<'c> {
    /// Begins to wait; `None` where as many wait as may.
    fn begin(count: &'c AtomicUsize) -> Option<Waits<'c>> {
        let one_more = |waiting: usize| (waiting < WAITERS).then_some(waiting + 1);
        let begun = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        begun.ok().map(|_before| Waits(count))
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_written_and_read_back() {
        for position in [Position(0), Position(0x16_B374_D848), Position(u64::MAX)] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        assert!("0/16B374D8".parse::<Position>().is_err());
    }

    #[test]
    fn only_so_many_wait_at_once() {
        let count = AtomicUsize::new(0);
        let waiting: Vec<_> = (0..WAITERS).map(|_| Waits::begin(&count)).collect();
        assert!(waiting.iter().all(Option::is_some));
        assert!(Waits::begin(&count).is_none());
        drop(waiting);
        assert!(Waits::begin(&count).is_some());
    }

    #[test]
    fn what_was_looked_up_long_ago_is_not_enough_for_anybody() {
        let (mut known, began) = (Known::default(), Instant::now());
        known.look(began, Position(10));
        assert_eq!(known.needed, Position(10));
        known.look(began + LOOK, Position(20));
        assert_eq!(known.needed, Position(10));
        known.look(began + LOOK * 4, Position(30));
        assert_eq!(known.needed, Position(30));
    }
}
