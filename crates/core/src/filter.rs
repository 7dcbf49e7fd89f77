//! The one filter language: `text → Ast → Checked → predicate in memory | SQL`.
//!
//! `unit under "卫健委" and overdue > 3wd and not state in (closed)` is the search bar, a saved view, a
//! step's guard, a grant's scope and a metric's population alike; `单位 属于 "卫健委" 且 超期 > 3工作日` says
//! the same. [`parse`] knows the grammar and the types, [`check`] resolves names and relative dates
//! against a [`Scene`], [`Checked::matches`] and [`Checked::to_sql`] give the same answer.
//!
//! Every test is two-valued: a comparison with a missing value is false, and `not` turns that into true.
//! So `person != me` asks for cases that somebody else holds, `not person = me` also for those that
//! nobody holds.
//!
//! Start reading at [`Ast`], then `parse`, `check`, `eval`. The words are in `words`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::id::{PersonId, UnitId};
use crate::org::Org;
use crate::pack::model::Pack;

pub(crate) mod ast;
mod check;
mod checked;
mod complete;
mod cursor;
mod days;
mod eval;
mod fault;
mod late;
mod lex;
mod names;
mod nearest;
mod parse;
mod print;
mod sql;
mod term;
mod words;

pub use ast::{
    Ast, CountField, DateField, LengthField, Measure, Name, NameField, NameValue, Order, Period, Relation,
    Span, Term, Test, When,
};
pub use check::check;
pub use checked::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, PersonSet, Predicate, Run, UnitSet, WordColumn,
};
pub use complete::{MAX_SUGGESTIONS, Suggestion, suggest};
pub use fault::{Fault, FaultKind, Instead, Takes, Unknown, Wanted};
pub use late::DayTable;
pub use parse::parse;
pub use sql::{Dialect, Sql, SqlValue, TextSql, Way};

/// The longest text of a filter, in characters.
pub const MAX_CHARS: usize = 4096;
/// The deepest nesting of parentheses and `not`.
pub const MAX_DEPTH: usize = 32;
/// The most tests in one filter.
pub const MAX_TERMS: usize = 128;
/// The most values in one list.
pub const MAX_LIST: usize = 256;
/// The longest length of time or distance of a date, in any unit.
pub const MAX_AMOUNT: u32 = crate::clock::LONGEST_LIMIT;

/// What the names and relative dates of a filter are resolved against.
pub struct Scene<'a> {
    /// The units and persons.
    pub org: &'a Org,
    /// All versions of all packs whose kinds, states, categories, channels and sources may be named.
    pub packs: &'a [&'a Pack],
    /// The working days and the offset that make a day.
    pub calendar: &'a Calendar,
    /// The instant that `now` and `today` are taken from.
    pub now: Timestamp,
    /// The day whose tree `under` means; `None` for today's.
    pub tree_on: Option<Date>,
    /// Who `me` is.
    pub me: Option<PersonId>,
    /// What `my unit` means: any of these.
    pub my_units: &'a [UnitId],
    /// Returns the search tokens of a free text.
    pub tokens: &'a dyn Fn(&str) -> Vec<String>,
}

#[cfg(test)]
mod tests;
