//! Whether two tables name the same events, however long they are and whatever order they lie in.
//!
//! Every event stands for a number that is drawn from its name and hash, and what is in one table is added, what is
//! in the other taken away. The numbers have 128 bits, and the keys they are drawn by are new for each run and
//! known to nobody: whoever changes a table cannot make it come out even but by chance.

use std::hash::{BuildHasher, RandomState};

use bihuan_core::event::Stream;
use bihuan_core::id::Digest;

/// What was added and not taken away again.
#[derive(Debug, Default)]
pub(super) struct Sums {
    keys: [RandomState; 2],
    sums: [u64; 2],
}

impl Sums {
    /// Adds an event.
    pub(super) fn add(&mut self, stream: Stream, version: u32, hash: Digest) {
        for (sum, key) in self.sums.iter_mut().zip(&self.keys) {
            *sum = sum.wrapping_add(key.hash_one((stream, version, hash)));
        }
    }

    /// Takes an event away.
    pub(super) fn take_away(&mut self, stream: Stream, version: u32, hash: Digest) {
        for (sum, key) in self.sums.iter_mut().zip(&self.keys) {
            *sum = sum.wrapping_sub(key.hash_one((stream, version, hash)));
        }
    }

    /// Returns whether the same was added as was taken away.
    pub(super) fn are_even(&self) -> bool {
        self.sums == [0, 0]
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::id::CaseId;
    use uuid::Uuid;

    use super::*;

    fn event(number: u32) -> (Stream, u32, Digest) {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        let stream = Stream::Case(CaseId(Uuid::from_u128((number / 3).into())));
        (stream, number % 3 + 1, Digest(hash))
    }

    fn between(added: &[(Stream, u32, Digest)], taken: &[(Stream, u32, Digest)]) -> Sums {
        let mut sums = Sums::default();
        for (stream, version, hash) in added {
            sums.add(*stream, *version, *hash);
        }
        for (stream, version, hash) in taken {
            sums.take_away(*stream, *version, *hash);
        }
        sums
    }

    #[test]
    fn the_same_events_in_another_order_come_out_even() {
        let all: Vec<_> = (0..1_000).map(event).collect();
        let turned: Vec<_> = (0..1_000).rev().map(event).collect();
        assert!(between(&all, &turned).are_even());
        assert!(between(&[], &[]).are_even());
    }

    #[test]
    fn one_event_more_or_twice_or_with_anything_changed_is_seen() {
        let all: Vec<_> = (0..100).map(event).collect();
        let (stream, version, hash) = event(7);
        let (other, ..) = event(70);
        let swapped = [
            (other, version, hash),
            (stream, version + 1, hash),
            (stream, version, Digest::ZERO),
        ];
        for instead in swapped {
            let mut changed = all.clone();
            changed[7] = instead;
            assert!(!between(&all, &changed).are_even(), "{instead:?}");
        }
        assert!(!between(&all, &all[1..]).are_even());
        let twice: Vec<_> = all.iter().chain(&all[..1]).copied().collect();
        assert!(!between(&twice, &all).are_even());
        // Two that exchange their hashes.
        let mut exchanged = all.clone();
        (exchanged[1].2, exchanged[2].2) = (all[2].2, all[1].2);
        assert!(!between(&all, &exchanged).are_even());
    }
}
