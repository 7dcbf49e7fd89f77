//! Which event each stream ended with, as far as that is remembered: a stream that has been quiet for long is
//! forgotten, and asked for when it goes on.

use std::collections::HashMap;

use bihuan_core::event::Stream;
use bihuan_core::id::Digest;

/// Streams in each of the two generations.
const REMEMBERED: usize = 200_000;

/// The last event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) version: u32,
    pub(super) hash: Digest,
}

/// The streams that grew last.
#[derive(Debug)]
pub(super) struct Links {
    young: HashMap<Stream, Last>,
    old: HashMap<Stream, Last>,
    most: usize,
}

impl Links {
    pub(super) fn new() -> Links {
        Links {
            young: HashMap::new(),
            old: HashMap::new(),
            most: REMEMBERED,
        }
    }

    /// Returns how a stream ended so far, if that is remembered, and notes its next event.
    pub(super) fn replace(&mut self, stream: Stream, next: Last) -> Option<Last> {
        if let Some(last) = self.young.get_mut(&stream) {
            return Some(std::mem::replace(last, next));
        }
        if self.young.len() == self.most {
            self.old = std::mem::take(&mut self.young);
        }
        let before = self.old.remove(&stream);
        self.young.insert(stream, next);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::id::CaseId;
    use uuid::Uuid;

    #[test]
    fn a_stream_is_forgotten_only_after_as_many_others_have_grown() {
        let mut links = Links::new();
        links.most = 2;
        let stream = |number| Stream::Case(CaseId(Uuid::from_u128(number)));
        let last = |version| Last {
            version,
            hash: Digest::ZERO,
        };
        assert_eq!(links.replace(stream(1), last(1)), None);
        links.replace(stream(2), last(1));
        links.replace(stream(3), last(1));
        assert_eq!(links.replace(stream(1), last(2)), Some(last(1)));
        assert_eq!(links.replace(stream(1), last(3)), Some(last(2)));
        for other in 4..8 {
            links.replace(stream(other), last(1));
        }
        assert_eq!(links.replace(stream(1), last(4)), None);
    }
}
