//! What became of the rows of an import.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::row::Reject;

/// What became of the rows: `rows = accepted + already_there + rejected`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Rows under the header.
    pub rows: u64,
    /// Rows that are new cases.
    pub accepted: u64,
    /// Rows that were a case already, by an earlier run or a row before.
    pub already_there: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// How many rows each rule rejected.
    pub rules: BTreeMap<String, u64>,
    /// The file of the rejected rows, if there are any.
    pub rejects: Option<PathBuf>,
    /// The encoding or the sheet that was read.
    pub read_as: String,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Accepted,
    /// It was there.
    AlreadyThere,
    /// It was refused.
    Rejected(Reject),
}

impl Summary {
    /// Counts a row.
    pub fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::AlreadyThere => self.already_there += 1,
            Outcome::Rejected(reject) => {
                self.rejected += 1;
                *self.rules.entry(reject.rule.clone()).or_default() += 1;
            }
        }
    }
}
