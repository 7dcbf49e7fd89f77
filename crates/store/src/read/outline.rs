//! The newest cases in outline: what figures are counted from, and no more of each than that.

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::Checked;
use bihuan_core::id::UnitId;
use jiff::Timestamp;

use crate::engine::connection::Row;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::order::{Cursor, NEWEST, Reached};
use crate::read::{paths, told};
use crate::value::{Id, flags_of, instant};

/// How much of each case is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What became of it, which the index of a unit's cases holds.
    Fate,
    /// Its category too.
    Category,
}

impl Detail {
    /// Returns the columns, in the order that an outline is read in.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Detail::Fate => "c.unit, c.raised_at, c.closed_at, c.due_at, c.flags, NULL",
            Detail::Category => "c.unit, c.raised_at, c.closed_at, c.due_at, c.flags, c.category",
        }
    }
}

/// The part of what may be examined that is read before it is counted whether there are few, and what is left; in
/// sixteenths.
const FIRST: &[usize] = &[4];
const REST: &[usize] = &[12];

/// What figures ask of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// When its worst clock runs out.
    pub due_at: Option<Timestamp>,
    /// Whether a clock of it ever ran out.
    pub breached: bool,
    /// Its category's code, where that is read ([`Detail::Category`]).
    pub category: Option<String>,
}

/// The newest cases of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// They, the newest first.
    pub cases: Vec<Outline>,
    /// Whether older ones were left unread.
    pub more: bool,
}

impl Reader {
    /// Returns the newest cases of a filter, at most `most` of them, and of those no more than one list examines.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn newest(&self, filter: &Checked, most: usize, detail: Detail) -> Result<Newest, StoreError> {
        let filter = told::told(filter);
        let (mut cases, mut unread): (Vec<Outline>, Option<Timestamp>) = (Vec::new(), None);
        let ways = match filter {
            Checked::Nothing => Vec::new(),
            _ => paths::ways(&filter),
        };
        for way in ways {
            // One more than asked for tells whether there are older ones.
            let (of_way, cut) = self.newest_of(&way, most.saturating_add(1), detail)?;
            if let Some(Reached::At(at)) = cut.map(|cut| cut.reached(NEWEST.by)) {
                unread = unread.max(Some(at));
            }
            cases.extend(of_way);
        }
        cases.sort_by_key(|case| std::cmp::Reverse(case.raised_at));
        // What is older may lack the cases of the way that was cut short.
        cases.retain(|case| unread.is_none_or(|unread| case.raised_at >= unread));
        let more = unread.is_some() || cases.len() > most;
        cases.truncate(most);
        Ok(Newest { cases, more })
    }

    /// Returns the newest `wanted` cases of one way, and where it was cut short, if it was: those of which there are few
    /// are sorted where they do not come soon in the order of all.
    fn newest_of(
        &self,
        way: &Checked,
        wanted: usize,
        detail: Detail,
    ) -> Result<(Vec<Outline>, Option<Cursor>), StoreError> {
        let rare = paths::is_rare(way);
        if rare && self.is_few(way, wanted)? {
            return Ok((self.outlines(way, wanted, detail)?, None));
        }
        let mut cases = Vec::new();
        let mut after = None;
        for (part, then) in [(FIRST, !rare), (REST, false)] {
            after = self.each_stretch(way, NEWEST, after.as_ref(), part, |stretch| {
                cases.extend(self.outlines_of(stretch, wanted - cases.len(), detail)?);
                Ok(cases.len() < wanted)
            })?;
            if after.is_none() {
                break;
            }
            if then && self.is_few(way, wanted)? {
                return Ok((self.outlines(way, wanted, detail)?, None));
            }
        }
        Ok((cases, after))
    }

    /// Returns the newest outlines of a way of which there are few.
    fn outlines(&self, way: &Checked, wanted: usize, detail: Detail) -> Result<Vec<Outline>, StoreError> {
        let (sql, params) = self.few(way, NEWEST, None, (detail.columns(), wanted));
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        statement.query_map(&params[..], read)
    }
}

pub(super) fn read(row: Row<'_>) -> Result<Outline, StoreError> {
    let optional = |millis: Option<i64>| millis.map(instant).transpose();
    let unit: Option<Id> = row.get(0)?;
    Ok(Outline {
        unit: unit.map(|Id(unit)| UnitId(unit)),
        raised_at: instant(row.get(1)?)?,
        closed_at: optional(row.get(2)?)?,
        due_at: optional(row.get(3)?)?,
        breached: flags_of(row.get(4)?).contains(&Flag::Breached),
        category: row.get(5)?,
    })
}
