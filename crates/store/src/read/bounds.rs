//! How much may be read for one list or count, whatever is asked.

/// The most that is read for one list or count.
///
/// A list that has read so much without filling its page is cut short there and says so; a count says "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most cases that are examined one by one in the order of a list.
    pub examined: usize,
    /// The most that is done to count, in the steps of SQLite's machine; some tens of them to a case.
    pub steps: u64,
    /// From so many documents on that hold a word, SQLite looks for it among the newest; others are all gathered.
    pub gathered: usize,
    /// Of a word that more hold, so many of the newest are counted: each lies somewhere else.
    pub counted: usize,
}

impl Default for Bounds {
    /// A few milliseconds' work each.
    fn default() -> Self {
        Bounds {
            examined: 8_000,
            steps: 125_000,
            gathered: 1_200,
            counted: 400,
        }
    }
}

/// The parts of what may be examined that the windows of a text are, from the newest; in sixteenths.
pub(super) const WINDOWS: &[usize] = &[1, 3, 12];

/// The part of what may be examined that is read before anything is known of how many there are, and what is left;
/// in sixteenths.
pub(super) const FIRST: &[usize] = &[1];
pub(super) const REST: &[usize] = &[15];

/// How many cases there are, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// So many are there.
    pub known: usize,
    /// Whether there may be more, because counting stopped at its cap or at its bounds.
    pub more: bool,
}

impl Count {
    /// Exactly so many.
    pub fn exactly(known: usize) -> Count {
        Count { known, more: false }
    }

    /// Of what is either here or there: the sum, up to `cap`.
    pub(crate) fn and(self, other: Count, cap: usize) -> Count {
        let known = self.known + other.known;
        Count {
            known: known.min(cap),
            more: self.more || other.more || known >= cap,
        }
    }
}
