//! Copies the write-ahead log of a SQLite file into the database, beside the writer.
//!
//! The writer would do it by itself, and nobody's work would be committed meanwhile: a tenth of a second
//! under load. Here the log is copied behind the writer's back, and what is left for the writer is the little
//! that came since: only with that copied too does SQLite begin the log again at its start.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::engine::archive;
use crate::error::StoreError;

/// How long after a commit the log is copied: so that a page that many commits change is copied once.
const PAUSE: Duration = Duration::from_millis(500);

/// The copying thread; ends when dropped.
#[derive(Debug)]
pub(crate) struct Backfill {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Backfill {
    /// Starts the thread with a connection of its own.
    pub(crate) fn start(connection: Connection) -> Result<Backfill, StoreError> {
        // Woken once is enough.
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-backfill".into())
            .spawn(move || serve(&connection, &woken))?;
        Ok(Backfill {
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Says that something was committed.
    pub(crate) fn committed(&self) {
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

fn serve(connection: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        let until = Instant::now() + PAUSE;
        loop {
            match woken.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        if let Err(error) = copy(connection) {
            tracing::warn!(%error, "the write-ahead log could not be copied; the writer will do it");
        }
    }
}

/// Copies what is committed and what no reader still reads past, waiting for nobody; the archive's log too.
fn copy(connection: &Connection) -> Result<(), StoreError> {
    archive::follow(connection)?;
    Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_counts| Ok(()))?)
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
        backfill.committed();
        let began = Instant::now();
        while file.path.metadata().expect("a file").len() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing was copied");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
