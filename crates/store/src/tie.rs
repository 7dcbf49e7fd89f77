//! How one case relates to another, as rows say it and lists find it from either end.

use bihuan_core::event::Linkage;

/// How a case relates to another, in `case_link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// It raises the same problem again.
    DuplicateOf = 1,
    /// It is a part of the other.
    PartOf = 2,
    /// Its problem is the other's, come back.
    RecurrenceOf = 3,
    /// It is handled on in the other.
    MergedInto = 4,
    /// The other is one of the parts it was split into.
    SplitInto = 5,
}

impl Tie {
    /// Returns the tie that a link of the log makes.
    pub(crate) fn of(linkage: Linkage) -> Tie {
        match linkage {
            Linkage::DuplicateOf => Tie::DuplicateOf,
            Linkage::PartOf => Tie::PartOf,
            Linkage::RecurrenceOf => Tie::RecurrenceOf,
        }
    }

    /// Returns the tie with this number, or `None` where there is no such tie.
    pub(crate) fn from_number(number: i64) -> Option<Tie> {
        [
            Tie::DuplicateOf,
            Tie::PartOf,
            Tie::RecurrenceOf,
            Tie::MergedInto,
            Tie::SplitInto,
        ]
        .into_iter()
        .find(|tie| *tie as i64 == number)
    }
}
