//! The order of a list, and a place in it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bihuan_core::filter::SqlValue;
use bihuan_core::id::CaseId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::Row;
use crate::error::StoreError;
use crate::value::instant;

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When it was raised.
    Raised,
    /// When it last changed.
    Changed,
    /// When it ended; cases that have not come as the earliest, by when they were raised.
    Closed,
    /// When its worst clock runs out; cases without one come as the latest.
    Due,
    /// Its severity.
    Severity,
    /// Its number.
    Number,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl SortBy {
    /// All, in the order that people see.
    pub const ALL: [SortBy; 6] = [
        SortBy::Raised,
        SortBy::Changed,
        SortBy::Closed,
        SortBy::Due,
        SortBy::Severity,
        SortBy::Number,
    ];

    /// Returns its word, as in URLs and saved views.
    pub fn word(self) -> &'static str {
        match self {
            SortBy::Raised => "raised",
            SortBy::Changed => "changed",
            SortBy::Closed => "closed",
            SortBy::Due => "due",
            SortBy::Severity => "severity",
            SortBy::Number => "number",
        }
    }

    /// Returns the column that is sorted by; by the end, that of what has ended.
    pub(crate) fn column(self) -> &'static str {
        match self {
            SortBy::Raised => "c.raised_at",
            SortBy::Changed => "c.changed_at",
            SortBy::Closed => "c.closed_at",
            SortBy::Due => "c.due_order",
            SortBy::Severity => "c.severity",
            SortBy::Number => "c.number",
        }
    }

    /// Returns the column's name alone.
    pub(crate) fn name(self) -> &'static str {
        self.column().trim_start_matches("c.")
    }
}

impl Sort {
    /// Returns it as SQL.
    pub(crate) fn order(self) -> String {
        let order = if self.descending { "DESC" } else { "ASC" };
        format!("{} {order}, c.id {order}", self.by.column())
    }

    /// Returns the order of the cases of a list by the end that have not ended.
    pub(crate) fn of_open(self) -> Sort {
        Sort {
            by: SortBy::Raised,
            ..self
        }
    }

    /// Whether a part of the list, read in an order of its own, comes behind another.
    pub(crate) fn is_behind(self, part: Sort) -> bool {
        self.by == SortBy::Closed && (part == self.of_open()) == self.descending
    }

    /// Returns after which of its cases a part of the list goes on; `None` where all of it lies before that place.
    pub(crate) fn after_in(self, part: Sort, after: Option<&Cursor>) -> Option<Option<Cursor>> {
        let Some(after) = after else { return Some(None) };
        if self.by != SortBy::Closed {
            return Some(Some(after.clone()));
        }
        match (&after.key, part == self.of_open()) {
            (Key::Open(raised), true) => Some(Some(Cursor::new(Key::Int(*raised), after.id))),
            (Key::Int(_) | Key::Text(_), false) => Some(Some(after.clone())),
            (Key::Open(_), false) | (Key::Int(_) | Key::Text(_), true) => {
                self.is_behind(part).then_some(None)
            }
        }
    }

    /// Returns the place in the list of a place in a part of it.
    pub(crate) fn place_in(self, part: Sort, place: Cursor) -> Cursor {
        match (self.by, place.key) {
            (SortBy::Closed, Key::Int(raised)) if part == self.of_open() => {
                Cursor::new(Key::Open(raised), place.id)
            }
            (_, key) => Cursor::new(key, place.id),
        }
    }

    /// Compares two places of the list.
    pub(crate) fn by_place(self, one: &Cursor, other: &Cursor) -> Ordering {
        let ascending = (&one.key, one.id.0).cmp(&(&other.key, other.id.0));
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by.word())
    }
}

impl FromStr for Sort {
    type Err = StoreError;

    /// Reads `due`, or `-due` for the greatest first.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (descending, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let by = SortBy::ALL.into_iter().find(|by| by.word() == word);
        let by = by.ok_or_else(|| StoreError::NotFound(format!("sort order {text:?}")))?;
        Ok(Sort { by, descending })
    }
}

/// The newest first.
pub const NEWEST: Sort = Sort {
    by: SortBy::Raised,
    descending: true,
};

/// The sort key of the last row of a page; the next page begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    key: Key,
    id: CaseId,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// In a list by the end: when a case was raised that has not ended. It comes before all that have.
    Open(i64),
    Int(i64),
    Text(String),
}

/// What a list is sorted by, of one place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// An instant.
    At(Timestamp),
    /// In a list by the end: the cases that have not ended, as far as those raised then.
    Open(Timestamp),
    /// A severity.
    Severity(i64),
    /// A number.
    Number(String),
    /// Cases that are never due.
    NeverDue,
}

impl Cursor {
    pub(crate) fn new(key: Key, id: CaseId) -> Cursor {
        Cursor { key, id }
    }

    /// Reads the first column as the key of a list sorted by `by`.
    pub(crate) fn read(by: SortBy, row: Row<'_>, id: Uuid) -> Result<Cursor, StoreError> {
        let key = match by {
            SortBy::Number => Key::Text(row.get(0)?),
            SortBy::Raised | SortBy::Changed | SortBy::Closed | SortBy::Due | SortBy::Severity => {
                Key::Int(row.get(0)?)
            }
        };
        Ok(Cursor { key, id: CaseId(id) })
    }

    pub(crate) fn value(&self) -> SqlValue {
        match &self.key {
            Key::Open(key) | Key::Int(key) => SqlValue::Int(*key),
            Key::Text(key) => SqlValue::Text(key.clone()),
        }
    }

    pub(crate) fn id(&self) -> CaseId {
        self.id
    }

    /// Returns how far a list sorted by `by` has come at this place.
    pub fn reached(&self, by: SortBy) -> Reached {
        match &self.key {
            Key::Text(number) => Reached::Number(number.clone()),
            Key::Open(millis) => instant(*millis).map_or(Reached::NeverDue, Reached::Open),
            Key::Int(severity) if by == SortBy::Severity => Reached::Severity(*severity),
            Key::Int(millis) => instant(*millis).map_or(Reached::NeverDue, Reached::At),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match &self.key {
            Key::Open(key) => format!("{}o{key}", self.id),
            Key::Int(key) => format!("{}i{key}", self.id),
            Key::Text(key) => format!("{}t{key}", self.id),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let unknown = || StoreError::NotFound("the place in the list".into());
        let plain = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.ok_or_else(unknown)?;
        let (id, key) = plain
            .split_at_checked(uuid::fmt::Hyphenated::LENGTH)
            .ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        let key = match key.split_at_checked(1) {
            Some(("o", number)) => Key::Open(number.parse().map_err(|_| unknown())?),
            Some(("i", number)) => Key::Int(number.parse().map_err(|_| unknown())?),
            Some(("t", text)) => Key::Text(text.to_owned()),
            _ => return Err(unknown()),
        };
        Ok(Cursor { key, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text() {
        let id = CaseId(Uuid::from_u128(9));
        for key in [
            Key::Open(7),
            Key::Int(-5),
            Key::Int(i64::MAX),
            Key::Text("TS~20260101 卫".into()),
        ] {
            let cursor = Cursor { key, id };
            assert_eq!(cursor.to_string().parse::<Cursor>().expect("reads"), cursor);
        }
        for text in ["", "x", "卫", &URL_SAFE_NO_PAD.encode("short"), &"A".repeat(300)] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_sort_comes_back_from_its_text() {
        for by in SortBy::ALL {
            for descending in [false, true] {
                let sort = Sort { by, descending };
                assert_eq!(sort.to_string().parse::<Sort>().expect("reads"), sort);
            }
        }
        assert!("--due".parse::<Sort>().is_err());
    }
}
