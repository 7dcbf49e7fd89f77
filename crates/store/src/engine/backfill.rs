//! Copies the write-ahead log of a SQLite file into the database, beside the writer.
//!
//! The writer would do it by itself, and nobody's work would be committed meanwhile: a tenth of a second
//! under load. Here the log is copied behind the writer's back, and what is left for the writer is the little
//! that came since: only with that copied too does SQLite begin the log again at its start.
//!
//! What was erased still stands in older pages of the log. It is copied to its end and cut off then, as soon as
//! nobody reads what lies before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::engine::{archive, sqlite};
use crate::error::StoreError;

/// How long after a commit the log is copied: so that a page that many commits change is copied once.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the log is waited for to cut it off.
const PATIENCE: Duration = Duration::from_millis(50);

/// The copying thread; ends when dropped.
#[derive(Debug)]
pub(crate) struct Backfill {
    wake: Option<SyncSender<()>>,
    /// Whether something was erased since the log was cut off last.
    erased: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Backfill {
    /// Starts the thread with a connection of its own.
    pub(crate) fn start(connection: Connection) -> Result<Backfill, StoreError> {
        // Woken once is enough.
        let (wake, woken) = sync_channel(1);
        let erased = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&erased);
        let thread = std::thread::Builder::new()
            .name("store-backfill".into())
            .spawn(move || serve(&connection, &woken, &told))?;
        Ok(Backfill {
            wake: Some(wake),
            erased,
            thread: Some(thread),
        })
    }

    /// Says that something was committed, and whether something was erased with it.
    pub(crate) fn committed(&self, erases: bool) {
        if erases {
            self.erased.store(true, Ordering::Release);
        }
        if let Some(wake) = &self.wake {
            // A full channel has woken the thread already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Backfill {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has left the log to the writer.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, woken: &Receiver<()>, erased: &AtomicBool) {
    loop {
        // Whoever still reads what was erased ends some time.
        let next = match erased.load(Ordering::Acquire) {
            true => woken.recv_timeout(PAUSE),
            false => woken.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if next == Err(RecvTimeoutError::Disconnected) || pause(woken).is_none() {
            return;
        }
        if let Err(error) = copy(connection) {
            tracing::warn!(%error, "the write-ahead log could not be copied; the writer will do it");
        }
        if erased.swap(false, Ordering::AcqRel) && !cut_off(connection) {
            erased.store(true, Ordering::Release);
        }
    }
}

/// Lets commits come for a while; `None` once none can come any more.
fn pause(woken: &Receiver<()>) -> Option<()> {
    let until = Instant::now() + PAUSE;
    loop {
        match woken.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return Some(()),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// Copies the log to its end and cuts it off, the archive's too; returns whether that came out. The writer
/// waits meanwhile, which is short: most was copied before, and whoever reads is not waited for.
fn cut_off(connection: &Connection) -> bool {
    let cut = || -> rusqlite::Result<bool> {
        connection.busy_timeout(PATIENCE)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))
    };
    match cut() {
        Ok(blocked) => !blocked,
        Err(error) => {
            tracing::warn!(%error, "what was erased stands in the log until the next try");
            false
        }
    }
}

/// Copies what is committed and what no reader still reads past, waiting for nobody; the archive's log too.
fn copy(connection: &Connection) -> Result<(), StoreError> {
    archive::follow(connection)?;
    sqlite::carry_over(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sqlite::File;

    #[test]
    fn what_was_committed_is_copied_without_the_writer() {
        let folder = tempfile::tempdir().expect("directory");
        let file = File {
            path: folder.path().join("a.db"),
            vfs: None,
        };
        let writer = file.open_writer().expect("opens");
        let backfill = Backfill::start(file.open_backfill().expect("opens")).expect("starts");
        writer
            .execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (1)")
            .expect("written");
        let before = file.path.metadata().expect("a file").len();
        backfill.committed(false);
        let began = Instant::now();
        while file.path.metadata().expect("a file").len() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing was copied");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn what_was_erased_leaves_the_log_once_nobody_reads_it_any_more() {
        let folder = tempfile::tempdir().expect("directory");
        let file = File {
            path: folder.path().join("a.db"),
            vfs: None,
        };
        let log = folder.path().join("a.db-wal");
        let writer = file.open_writer().expect("opens");
        let backfill = Backfill::start(file.open_backfill().expect("opens")).expect("starts");
        writer
            .execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES ('a secret of somebody')")
            .expect("written");
        let reader = file.open_reader().expect("opens");
        reader
            .execute_batch("BEGIN; SELECT * FROM a")
            .expect("reads what is there still");
        writer.execute_batch("DELETE FROM a").expect("erased");
        backfill.committed(true);
        let holds = |path: &std::path::Path| {
            let bytes = std::fs::read(path).expect("a file");
            bytes.windows(8).any(|window| window == b"a secret")
        };
        std::thread::sleep(PAUSE * 3);
        assert!(holds(&log), "somebody reads it");
        reader.execute_batch("COMMIT").expect("has read");
        let began = Instant::now();
        while holds(&log) || holds(&file.path) {
            assert!(began.elapsed() < Duration::from_secs(60), "it stands there still");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
