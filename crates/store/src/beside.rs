//! Reading on one thread while another works on what was read.

use std::panic::resume_unwind;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use crate::error::StoreError;

/// Pieces that may wait to be worked on: enough to even out what differs between them, few enough for memory.
const AHEAD: usize = 2;

/// Lets `work` change `state` by piece after piece on a thread of its own, while this one reads the next piece
/// and settles what came of those before. Returns the state after the last.
///
/// # Errors
/// The first that any of the three returns.
pub(crate) fn beside<Piece: Send, Done: Send, State: Send>(
    mut state: State,
    work: impl Fn(&mut State, Piece) -> Result<Done, StoreError> + Send,
    mut read: impl FnMut() -> Result<Option<Piece>, StoreError>,
    mut settle: impl FnMut(Done) -> Result<(), StoreError>,
) -> Result<State, StoreError> {
    thread::scope(|scope| {
        let (give, pieces) = sync_channel::<Piece>(AHEAD);
        let (tell, done) = channel();
        let worker = scope.spawn(move || {
            for piece in pieces {
                // Nobody listens any more only where this thread's reading has failed.
                if tell.send(work(&mut state, piece)?).is_err() {
                    break;
                }
            }
            Ok(state)
        });
        while let Some(piece) = read()? {
            // A worker that is gone says below why.
            if give.send(piece).is_err() {
                break;
            }
            done.try_iter().try_for_each(&mut settle)?;
        }
        drop(give);
        done.iter().try_for_each(&mut settle)?;
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds up the numbers below `count`; settles each sum on the way.
    fn sums(count: u64, fails_at: Option<u64>) -> Result<(u64, Vec<u64>), StoreError> {
        let (mut next, mut settled) = (0, Vec::new());
        let sum = beside(
            0,
            |sum, number| {
                if Some(number) == fails_at {
                    return Err(StoreError::Corrupt(number.to_string()));
                }
                *sum += number;
                Ok(*sum)
            },
            || {
                next += 1;
                Ok((next <= count).then_some(next))
            },
            |sum| {
                settled.push(sum);
                Ok(())
            },
        )?;
        Ok((sum, settled))
    }

    #[test]
    fn every_piece_is_settled_in_its_order() {
        let (sum, settled) = sums(100, None).unwrap();
        assert_eq!(sum, 5_050);
        assert_eq!(settled.len(), 100);
        assert!(settled.is_sorted());
    }

    #[test]
    fn a_worker_that_fails_ends_the_reading() {
        let failed = sums(u64::MAX, Some(7));
        assert!(matches!(failed, Err(StoreError::Corrupt(what)) if what == "7"));
    }

    #[test]
    fn a_reader_that_fails_ends_the_work() {
        let failed = beside(
            (),
            |(), ()| Ok(()),
            || Err(StoreError::Corrupt("unread".into())),
            Ok,
        );
        assert!(matches!(failed, Err(StoreError::Corrupt(_))));
    }
}
