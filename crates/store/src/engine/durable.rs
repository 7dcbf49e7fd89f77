//! What of a SQLite file's commits is durable, and who may see the rest: nobody.
//!
//! The writer commits without syncing, and the log is synced beside it ([`super::syncer`]). Between the two a
//! power cut takes a commit back, so whoever could have seen it waits until it is durable: those who wrote it
//! for their answer, those who read when they begin. `docs/design/0008-syncing-beside-the-writer.md` says why
//! that is enough.
//!
//! Only one process commits like that, the one that has the *turn*: the lock of a file beside the database. It
//! alone knows what is durable. Every other syncs the log itself before it reads, and with each commit.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// What the name of the write-ahead log ends in, as SQLite gives it.
const LOG: &str = "-wal";

/// What the name of the file ends in whose lock is the turn.
const TURN: &str = "-turn";

/// How far the commits of a process have come.
#[derive(Debug)]
pub(crate) struct Durability {
    log: File,
    turn: File,
    is_mine: AtomicBool,
    reached: Mutex<Reached>,
    moved: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Reached {
    /// Commits that have begun: no reader can see more of them.
    begun: u64,
    /// Commits that a sync has covered.
    durable: u64,
    /// Whether a sync has failed.
    failed: bool,
}

impl Durability {
    /// Opens the log of a database and the turn. The writer's connection is open already and stays so: while it
    /// is, SQLite keeps the log.
    pub(crate) fn open(database: &Path) -> Result<Durability, StoreError> {
        let turn = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside(database, TURN))?;
        let log = open_log(database)?;
        // The log may be new, and its name no more on disk than what is in it.
        log.sync_all()?;
        if let Some(folder) = database.parent().filter(|folder| *folder != Path::new("")) {
            File::open(folder)?.sync_all()?;
        }
        Ok(Durability {
            log,
            turn,
            is_mine: AtomicBool::new(false),
            reached: Mutex::default(),
            moved: Condvar::new(),
        })
    }

    /// Takes the turn if nobody has it, after `carry_over` has copied what is in the log into the database; returns
    /// whether this process has it.
    pub(crate) fn take_turn(
        &self,
        carry_over: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        if self.is_mine() {
            return Ok(true);
        }
        match self.turn.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // Whoever had it before may have died between a commit and its sync, or because a sync failed. After the
        // latter a second sync may say yes and be wrong; what is copied is written anew.
        carry_over()?;
        self.log.sync_data()?;
        self.is_mine.store(true, Ordering::Release);
        Ok(true)
    }

    fn is_mine(&self) -> bool {
        self.is_mine.load(Ordering::Acquire)
    }

    /// Notes that a commit begins, and returns its number.
    pub(crate) fn begin_commit(&self) -> u64 {
        let mut reached = self.reached();
        reached.begun += 1;
        reached.begun
    }

    /// Syncs the log.
    pub(crate) fn sync(&self) -> std::io::Result<()> {
        self.log.sync_data()
    }

    /// Notes that the commits up to `number`, and with them everything before, were synced or could not be.
    pub(crate) fn reach(&self, number: u64, synced: bool) {
        let mut reached = self.reached();
        if synced {
            reached.durable = reached.durable.max(number);
        } else {
            reached.failed = true;
        }
        self.moved.notify_all();
    }

    /// Syncs what no commit has handed over any more, when its writer is gone.
    pub(crate) fn finish(&self) {
        let Reached {
            begun,
            durable,
            failed,
        } = *self.reached();
        if durable < begun && !failed {
            self.reach(begun, self.sync().is_ok());
        }
    }

    /// Returns whether a sync has failed: the system may have let go of what it could not write, so nothing that
    /// follows in this log can be promised, and some of what can be read may be gone after a power cut.
    pub(crate) fn has_failed(&self) -> bool {
        self.reached().failed
    }

    /// Returns whether everything is durable that could be seen by now; does not wait.
    pub(crate) fn is_settled(&self) -> bool {
        let reached = self.reached();
        self.is_mine() && reached.durable >= reached.begun && !reached.failed
    }

    /// Waits until everything is durable that could be seen when this was called: at most for the commit that is
    /// under way and the syncs before its own.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if that takes longer than `patience`; [`StoreError::Unavailable`] if the disk failed.
    pub(crate) fn settle(&self, patience: Duration) -> Result<(), StoreError> {
        // Looked at after the reading began: commits without a sync that others made before the turn became
        // ours were synced when it did.
        if !self.is_mine() {
            return Ok(self.sync()?);
        }
        let until = Instant::now() + patience;
        let mut reached = self.reached();
        let seen = reached.begun;
        while reached.durable < seen && !reached.failed {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return Err(StoreError::Busy("the disk takes long to sync".into()));
            };
            let waited = self.moved.wait_timeout(reached, left);
            (reached, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        match reached.failed {
            true => Err(failed()),
            false => Ok(()),
        }
    }

    /// Waits until every commit that has begun is durable or `longest` is over; returns whether one was not when
    /// this was called. For the writer, between two commits.
    pub(crate) fn let_sync_end(&self, longest: Duration) -> bool {
        let is_under_way = |reached: &mut Reached| reached.durable < reached.begun && !reached.failed;
        let mut reached = self.reached();
        if !is_under_way(&mut reached) {
            return false;
        }
        let waited = self.moved.wait_timeout_while(reached, longest, is_under_way);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        true
    }

    fn reached(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a database whose log could not be synced.
pub(crate) fn failed() -> StoreError {
    StoreError::unavailable("the disk failed; start the program again once it is sound")
}

/// Syncs the log of a database that another process may be writing to: what a connection that has begun to read
/// can see is durable then.
pub(crate) fn sync_log(database: &Path) -> Result<(), StoreError> {
    Ok(open_log(database)?.sync_data()?)
}

fn open_log(database: &Path) -> std::io::Result<File> {
    // SQLite locks other files than this one, so closing it lets go of no lock.
    File::options().read(true).write(true).open(beside(database, LOG))
}

fn beside(database: &Path, ending: impl AsRef<OsStr>) -> PathBuf {
    let mut name = database.to_path_buf().into_os_string();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn durability(folder: &tempfile::TempDir) -> Durability {
        let database = folder.path().join("a.db");
        File::create(beside(&database, LOG)).expect("a log");
        Durability::open(&database).expect("opens")
    }

    #[test]
    fn whoever_reads_waits_for_the_commits_that_have_begun() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        assert!(durability.take_turn(|| Ok(())).expect("taken"));
        durability.settle(Duration::ZERO).expect("nothing was committed");
        let (first, second) = (durability.begin_commit(), durability.begin_commit());
        durability.reach(first, true);
        assert!(!durability.is_settled());
        assert!(matches!(
            durability.settle(Duration::ZERO),
            Err(StoreError::Busy(_))
        ));
        thread::scope(|scope| {
            let waits = scope.spawn(|| durability.settle(LONG));
            durability.reach(second, true);
            waits.join().expect("no panic").expect("durable");
        });
        assert!(durability.is_settled());
    }

    #[test]
    fn after_a_failed_sync_nobody_reads_what_may_be_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        assert!(durability.take_turn(|| Ok(())).expect("taken"));
        let number = durability.begin_commit();
        durability.reach(number, false);
        assert!(durability.has_failed());
        assert!(matches!(
            durability.settle(LONG),
            Err(StoreError::Unavailable { .. })
        ));
    }

    #[test]
    fn one_has_the_turn_until_it_ends_and_what_it_left_is_carried_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, second) = (durability(&folder), durability(&folder));
        assert!(first.take_turn(|| Ok(())).expect("taken"));
        assert!(first.take_turn(|| Ok(())).expect("has it still"));
        let mut carried = false;
        assert!(!second.take_turn(|| Ok(())).expect("asked"));
        assert!(!second.is_settled(), "it knows nothing of what the first commits");
        second.settle(Duration::ZERO).expect("it syncs by itself");
        drop(first);
        let carry_over = || {
            carried = true;
            Ok(())
        };
        assert!(second.take_turn(carry_over).expect("taken"));
        assert!(carried);
    }

    #[test]
    fn the_writer_waits_for_a_sync_and_not_where_there_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        assert!(durability.take_turn(|| Ok(())).expect("taken"));
        assert!(!durability.let_sync_end(LONG), "nothing was committed");
        let number = durability.begin_commit();
        assert!(durability.let_sync_end(Duration::ZERO), "it takes longer");
        thread::scope(|scope| {
            let waits = scope.spawn(|| durability.let_sync_end(LONG));
            durability.reach(number, true);
            waits.join().expect("no panic");
        });
        assert!(!durability.let_sync_end(LONG), "everything is durable");
        durability.begin_commit();
        durability.reach(number, false);
        assert!(
            !durability.let_sync_end(LONG),
            "nothing comes after a failed sync"
        );
    }

    #[test]
    fn a_commit_that_nobody_handed_over_is_synced_in_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        assert!(durability.take_turn(|| Ok(())).expect("taken"));
        durability.begin_commit();
        durability.finish();
        assert!(durability.is_settled());
    }
}
