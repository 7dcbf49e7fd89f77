//! What became of the rows of an import.

use std::collections::BTreeMap;
use std::fmt;
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

impl fmt::Display for Summary {
    /// Writes the account for people, several lines without a last line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows ({}): {} accepted, {} already there, {} rejected",
            self.rows, self.read_as, self.accepted, self.already_there, self.rejected
        )?;
        for (rule, rows) in &self.rules {
            write!(f, "\n  {rows} × {rule}")?;
        }
        match &self.rejects {
            Some(path) => write!(f, "\nrejected rows: {}", path.display()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_names_each_rule_with_its_rows() {
        let mut summary = Summary {
            read_as: "gb18030".to_owned(),
            ..Summary::default()
        };
        let reject = |detail: &str| Outcome::Rejected(Reject::new("two labels", detail));
        for outcome in [
            Outcome::Accepted,
            Outcome::AlreadyThere,
            reject("a|b"),
            reject("c|d"),
        ] {
            summary.count(&outcome);
        }
        assert_eq!(
            summary.to_string(),
            "4 rows (gb18030): 1 accepted, 1 already there, 2 rejected\n  2 × two labels"
        );
    }
}
