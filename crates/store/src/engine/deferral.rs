//! When the writer of a SQLite file commits without syncing: while its process has the turn
//! ([`crate::engine::durable`]) and its connection is not lent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::connection::Connection;
use crate::engine::durable::{self, Durability};
use crate::engine::syncer::{Answer, Syncer};
use crate::engine::{archive, sqlite};
use crate::error::StoreError;

/// How long the disk may take before the connection is not lent.
const LENDING_PATIENCE: Duration = Duration::from_secs(60);

/// How long after another process was found to have the turn it is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// The writer's syncer, and whether it is used.
#[derive(Debug)]
pub(crate) struct Deferral {
    syncer: Syncer,
    turn: Turn,
}

/// Whether this process is the one that commits without syncing.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Ours,
    ToBeAsked,
    /// Found to be another's.
    Theirs(Instant),
}

impl Deferral {
    /// Begins with the writer's connection.
    pub(crate) fn new(syncer: Syncer, connection: &Connection) -> Deferral {
        let mut deferral = Deferral {
            syncer,
            turn: Turn::ToBeAsked,
        };
        deferral.defer(connection);
        deferral
    }

    /// Returns how far commits have come.
    pub(crate) fn durability(&self) -> &Arc<Durability> {
        self.syncer.durability()
    }

    /// Notes that a commit begins, and returns its number.
    pub(crate) fn begin_commit(&mut self, connection: &Connection) -> u64 {
        self.defer(connection);
        self.durability().begin_commit()
    }

    /// Lets `answer` be called once the commit with this number, which has ended, is durable.
    pub(crate) fn after_sync(&self, number: u64, answer: Answer) {
        self.syncer.after_sync(number, answer);
    }

    /// Waits for the sync of what was committed last, at most so long; returns whether there was any to wait for.
    pub(crate) fn let_sync_end(&self, longest: Duration) -> bool {
        matches!(self.turn, Turn::Ours) && self.durability().let_sync_end(longest)
    }

    /// Checks that what is committed can still be promised.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.durability().has_failed() {
            true => Err(durable::failed()),
            false => Ok(()),
        }
    }

    /// Commits without syncing from now on, where this process has the turn or can have it.
    fn defer(&mut self, connection: &Connection) {
        let Connection::Sqlite(connection) = connection else {
            return;
        };
        match self.turn {
            Turn::Ours => return,
            Turn::Theirs(since) if since.elapsed() < PAUSE => return,
            Turn::Theirs(_) | Turn::ToBeAsked => {}
        }
        let taken = self.durability().take_turn(|| sqlite::carry_over(connection));
        let deferred = taken.and_then(|taken| {
            if taken {
                archive::sync_in_commit(connection, false)?;
            }
            Ok(taken)
        });
        self.turn = match deferred {
            Ok(true) => Turn::Ours,
            Ok(false) => Turn::Theirs(Instant::now()),
            Err(error) => {
                tracing::warn!(%error, "each commit is synced by itself");
                Turn::Theirs(Instant::now())
            }
        };
    }

    /// Waits until everything committed is durable, and lets each commit be synced by itself: whoever takes the
    /// connection is told by its commit what is durable.
    pub(crate) fn make_durable(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Connection::Sqlite(connection) = connection else {
            return Ok(());
        };
        self.turn = Turn::ToBeAsked;
        archive::sync_in_commit(connection, true)?;
        self.durability().settle(LENDING_PATIENCE)
    }
}
