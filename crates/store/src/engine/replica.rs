//! A read replica of a PostgreSQL server: pages are read from it where it has what the visitor has seen.
//!
//! A replica lags behind. Whoever wrote something brings the [`Position`] of the server's log that their
//! write lies before; a replica that has not come so far, and does not come there within [`WAIT`], is passed
//! over for the server itself. Whoever brings none sees nothing older than a few seconds, however far the
//! replica lags: the server's own position is looked up every [`LOOK`], and one look back is what everybody
//! needs.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Until when the replica is left alone.
    rests_until: Option<Instant>,
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
        let readers = Readers::new(Database::postgres(url)?, limits);
        Ok(Some(Arc::new(Replica {
            readers,
            server: Arc::clone(server),
            known: Mutex::default(),
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
        let Some(needed) = self.needed()? else {
            return Ok(None);
        };
        let begun = self.readers.begin_when(|connection| {
            let until = Instant::now() + WAIT;
            loop {
                match Position::replayed(connection)? {
                    None => return Ok(false),
                    Some(position) if position >= needed.max(seen) => return Ok(true),
                    Some(_) if Instant::now() >= until => return Ok(false),
                    Some(_) => std::thread::sleep(PAUSE),
                }
            }
        });
        let counted = match &begun {
            Ok(Some(_)) => &self.read,
            Ok(None) => &self.behind,
            Err(_) => &self.lost,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        begun.or_else(|error| {
            tracing::warn!(%error, "the replica cannot be read; the server is");
            self.known().rests_until = Some(Instant::now() + REST);
            Ok(None)
        })
    }

    /// Returns how often it was read.
    pub(crate) fn used(&self) -> ReplicaUse {
        ReplicaUse {
            read: self.read.load(Ordering::Relaxed),
            behind: self.behind.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }

    /// Returns the position that everybody needs; `None` while the replica is left alone, or another is
    /// looking how far the server is.
    fn needed(&self) -> Result<Option<Position>, StoreError> {
        let now = Instant::now();
        {
            let mut known = self.known();
            if known.looking || known.rests_until.is_some_and(|until| now < until) {
                return Ok(None);
            }
            if known.looked.is_some_and(|looked| now - looked < LOOK) {
                return Ok(Some(known.needed));
            }
            known.looking = true;
        }
        let written = self.server.begin();
        let written = written.and_then(|snapshot| Position::written(snapshot.connection()));
        let mut known = self.known();
        known.looking = false;
        known.look(now, written?);
        Ok(Some(known.needed))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
