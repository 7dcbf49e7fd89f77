//! Makes durable what the writer has committed to a SQLite file, while the writer goes on.
//!
//! A commit in the write-ahead log is durable once the log is synced, and the writer's processor would stand
//! idle for it. So the writer commits without syncing and hands over who waits for that; here the log is
//! synced and they are answered. What the next commits write lies behind it in the same log, whose frames are
//! read up to the first that is not whole: a power cut takes the newest commits or none, and none of which
//! anybody was told.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::engine::durable::Durability;
use crate::error::StoreError;

/// Commits that may wait for their sync before the writer waits too.
const WAITING: usize = 2;

/// Answers those who wait for a commit: it is durable, or why it is not.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// A commit's number, and who waits for it.
type Handed = (u64, Answer);

/// The syncing thread; ends when dropped, after the last answer.
#[derive(Debug)]
pub(crate) struct Syncer {
    hand: Option<SyncSender<Handed>>,
    thread: Option<JoinHandle<()>>,
    durability: Arc<Durability>,
}

impl Syncer {
    /// Starts the thread.
    pub(crate) fn start(durability: &Arc<Durability>) -> Result<Syncer, StoreError> {
        let (hand, handed) = sync_channel(WAITING);
        let reached = Arc::clone(durability);
        let thread = std::thread::Builder::new()
            .name("store-syncer".into())
            .spawn(move || serve(|| reached.sync(), &handed, &reached))?;
        Ok(Syncer {
            hand: Some(hand),
            thread: Some(thread),
            durability: Arc::clone(durability),
        })
    }

    /// Returns how far commits have come.
    pub(crate) fn durability(&self) -> &Arc<Durability> {
        &self.durability
    }

    /// Lets `answer` be called once the commit with this number, which has ended, is durable.
    pub(crate) fn after_sync(&self, number: u64, answer: Answer) {
        // A thread that is gone has panicked; a dropped answer is seen as a stopped writer.
        let _ = self.hand.as_ref().map(|hand| hand.send((number, answer)));
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.hand = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has answered nobody; there is nothing to add here.
            let _ = thread.join();
        }
        self.durability.finish();
    }
}

fn serve(mut sync: impl FnMut() -> std::io::Result<()>, handed: &Receiver<Handed>, durability: &Durability) {
    while let Ok((mut newest, first)) = handed.recv() {
        let mut answers = vec![first];
        for (number, answer) in handed.try_iter() {
            newest = newest.max(number);
            answers.push(answer);
        }
        let mut outcome = Err("the disk failed before".to_owned());
        if !durability.has_failed() {
            outcome = sync().map_err(|error| {
                tracing::error!(%error, "the disk did not take what was committed; nothing is written or read any more");
                format!("the disk did not take it: {error}")
            });
            // First this: whoever is answered finds what they wrote without waiting.
            durability.reach(newest, outcome.is_ok());
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// What became of a commit, and whether everything was durable when that was said.
    type Said = (Result<(), String>, bool);

    fn durability(folder: &tempfile::TempDir) -> Arc<Durability> {
        let database = folder.path().join("a.db");
        std::fs::File::create(folder.path().join("a.db-wal")).expect("a log");
        let durability = Durability::open(&database).expect("opens");
        assert!(durability.take_turn(|| Ok(())).expect("asked"));
        Arc::new(durability)
    }

    fn answer(to: &Sender<Said>, durability: &Arc<Durability>) -> Answer {
        let (to, durability) = (to.clone(), Arc::clone(durability));
        Box::new(move |outcome| {
            to.send((outcome, durability.is_settled()))
                .expect("somebody waits")
        })
    }

    #[test]
    fn nobody_is_answered_before_the_log_is_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        let (hand, handed) = sync_channel(WAITING);
        let (say, said) = channel();
        for _ in 0..WAITING {
            let number = durability.begin_commit();
            hand.send((number, answer(&say, &durability))).expect("room");
        }
        drop((hand, say));
        let mut syncs = 0;
        let sync = || {
            assert!(said.try_recv().is_err(), "answered before the sync");
            assert!(!durability.is_settled(), "readers go on before the sync");
            syncs += 1;
            Ok(())
        };
        serve(sync, &handed, &durability);
        assert_eq!(said.iter().collect::<Vec<_>>(), [(Ok(()), true), (Ok(()), true)]);
        assert_eq!(syncs, 1, "one sync serves all who wait");
    }

    #[test]
    fn after_a_sync_that_failed_nothing_is_durable_any_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        let (say, said) = channel();
        let mut syncs = 0;
        for _ in 0..2 {
            let (hand, handed) = sync_channel(WAITING);
            let number = durability.begin_commit();
            hand.send((number, answer(&say, &durability))).expect("room");
            drop(hand);
            let sync = || {
                syncs += 1;
                Err(std::io::Error::other("gone"))
            };
            serve(sync, &handed, &durability);
        }
        drop(say);
        assert!(said.iter().all(|(outcome, durable)| outcome.is_err() && !durable));
        assert_eq!(syncs, 1, "a second sync could say yes and be wrong");
    }

    #[test]
    fn a_writer_that_broke_off_leaves_nobody_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = durability(&folder);
        let syncer = Syncer::start(&durability).expect("starts");
        durability.begin_commit();
        drop(syncer);
        assert!(durability.is_settled());
    }
}
