//! What verifying finds.

use std::fmt;

use crate::proof::Head;

/// Differences that are listed; more are only counted.
const LISTED: usize = 100;

/// What was held against what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The sequencer's order against the events.
    Order,
    /// The proof tree against the order.
    Tree,
    /// The tree against a signed head.
    Checkpoint,
    /// The bytes of an event against its hash and the event before it.
    Link,
    /// A stream against what commands can have written.
    Fold,
    /// Case rows against the fold.
    Rows,
    /// Texts against the digests in events.
    Bodies,
    /// Files against the digests in events.
    Files,
    /// The search index against the texts.
    Search,
    /// Timers against the fold.
    Timers,
    /// Roll-ups against a recount.
    Rollups,
}

impl Check {
    /// Returns the check's word, for machines.
    pub fn word(self) -> &'static str {
        match self {
            Check::Order => "order",
            Check::Tree => "tree",
            Check::Checkpoint => "checkpoint",
            Check::Link => "link",
            Check::Fold => "fold",
            Check::Rows => "rows",
            Check::Bodies => "bodies",
            Check::Files => "files",
            Check::Search => "search",
            Check::Timers => "timers",
            Check::Rollups => "rollups",
        }
    }
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which check found it.
    pub check: Check,
    /// What it is about, such as `event 3 of case 0192…`.
    pub subject: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.problem)
    }
}

/// What was gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Events of all streams.
    pub events: u64,
    /// Cases.
    pub cases: u64,
    /// Texts that events refer to.
    pub bodies: u64,
    /// Texts among them that were erased.
    pub erased: u64,
    /// Files that events refer to.
    pub files: u64,
}

/// The outcome of verifying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The head of the tree over all placed events, computed anew.
    pub head: Head,
    /// What was gone through.
    pub counts: Counts,
    /// The first differences, in the order they were found.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub omitted: u64,
}

impl Verification {
    /// Returns whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Differences as they are found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) listed: Vec<Difference>,
    pub(crate) omitted: u64,
}

impl Findings {
    pub(crate) fn add(&mut self, check: Check, subject: impl Into<String>, problem: impl Into<String>) {
        if self.listed.len() == LISTED {
            self.omitted += 1;
            return;
        }
        self.listed.push(Difference {
            check,
            subject: subject.into(),
            problem: problem.into(),
        });
    }

    /// Returns the outcome.
    pub(crate) fn verification(self, head: Head, counts: Counts) -> Verification {
        Verification {
            head,
            counts,
            differences: self.listed,
            omitted: self.omitted,
        }
    }

    /// Takes over what another check found after these.
    pub(crate) fn take(&mut self, later: Findings) {
        let room = LISTED - self.listed.len();
        let listed = later.listed.len();
        self.listed.extend(later.listed.into_iter().take(room));
        self.omitted += later.omitted + listed.saturating_sub(room) as u64;
    }
}
