//! A filter as written: its structure and its types are known, its names are not yet resolved.

use std::ops::Range;

use jiff::civil::Date;

use crate::case::flag::Flag;
use crate::clock::Limit;
use crate::pack::phase::Phase;

/// A filter as written, names not yet resolved.
///
/// Only [`parse`](super::parse), [`Ast::everything`] and [`Ast::and`] make one, so `And` and `Or` hold two
/// parts or more and never one of their own sort directly. Two filters are equal when they say the same,
/// wherever in their texts they say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ast {
    /// True of every case: `all`, or an empty text.
    Everything,
    /// All parts are true.
    And(Vec<Ast>),
    /// At least one part is true.
    Or(Vec<Ast>),
    /// The part is not true.
    Not(Box<Ast>),
    /// One test of a case.
    Term(Term),
}

impl Ast {
    /// Returns the filter that is true of every case.
    pub fn everything() -> Ast {
        Ast::Everything
    }

    /// Returns the filter that is true where both are; spans keep to the text each part came from.
    #[must_use]
    pub fn and(self, other: Ast) -> Ast {
        match (self, other) {
            (Ast::Everything, other) => other,
            (this, Ast::Everything) => this,
            (this, other) => Ast::And(this.conjuncts().into_iter().chain(other.conjuncts()).collect()),
        }
    }

    pub(super) fn conjuncts(self) -> Vec<Ast> {
        match self {
            Ast::And(parts) => parts,
            Ast::Everything | Ast::Or(_) | Ast::Not(_) | Ast::Term(_) => vec![self],
        }
    }

    pub(super) fn disjuncts(self) -> Vec<Ast> {
        match self {
            Ast::Or(parts) => parts,
            Ast::Everything | Ast::And(_) | Ast::Not(_) | Ast::Term(_) => vec![self],
        }
    }
}

/// Where in the filter's text something stands, in bytes. All spans are equal to each other: where
/// something is written does not make it another filter.
#[derive(Debug, Clone, Default)]
pub struct Span(pub Range<usize>);

impl PartialEq for Span {
    fn eq(&self, _: &Span) -> bool {
        true
    }
}

impl Eq for Span {}

/// One test of a case and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Where.
    pub span: Span,
    /// What is tested.
    pub test: Test,
}

/// What a term tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A field that holds a name: `unit under "卫健委"`.
    Name {
        /// The field.
        field: NameField,
        /// How it stands to the names.
        relation: Relation,
        /// One name, or several where the relation takes a list.
        names: Vec<Name>,
    },
    /// `phase in (act, verify)`.
    Phase {
        /// How it stands to the phases; never [`Relation::Under`] or [`Relation::NotUnder`].
        relation: Relation,
        /// The phases.
        phases: Vec<Phase>,
    },
    /// A count: `severity >= 4`.
    Count {
        /// The field.
        field: CountField,
        /// What is demanded of it.
        measure: Measure<u32>,
    },
    /// An instant against a day or a span of days: `raised >= -7d`.
    Date {
        /// The field.
        field: DateField,
        /// What is demanded of it.
        measure: Measure<When>,
    },
    /// A length of time: `overdue > 3wd`.
    Length {
        /// The field.
        field: LengthField,
        /// How they compare; never equal or unequal.
        order: Order,
        /// The length.
        limit: Limit,
    },
    /// `number starts "TS2026"`.
    NumberStarts(String),
    /// A flag: `open`.
    Flag(Flag),
    /// `overdue` alone: late by any time at all.
    Overdue,
    /// `text has "路灯"`.
    Text(String),
}

/// A field that holds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameField {
    /// The responsible unit 承办单位.
    Unit,
    /// Any of the co-units 协办单位.
    CoUnit,
    /// The unit of the finder.
    FinderUnit,
    /// The person in charge.
    Person,
    /// The person who found it.
    Finder,
    /// Any unit or person that the case complains about.
    Accused,
    /// Any person who gave instructions about it 批示人.
    Instructor,
    /// The kind 类型.
    Kind,
    /// The state 状态.
    State,
    /// The category 分类.
    Category,
    /// The channel 渠道.
    Channel,
    /// The supervision source 来源.
    Source,
    /// Any of the campaigns 专项行动.
    Campaign,
    /// The number for people.
    Number,
}

impl NameField {
    /// Whether the field's values form a tree, so that `under` means something.
    pub fn is_tree(self) -> bool {
        use NameField::{Accused, Category, CoUnit, FinderUnit, Unit};
        matches!(self, Unit | CoUnit | FinderUnit | Accused | Category)
    }

    /// Whether `me` may stand for a value.
    pub fn holds_persons(self) -> bool {
        use NameField::{Accused, Finder, Instructor, Person};
        matches!(self, Person | Finder | Accused | Instructor)
    }

    /// Whether `my unit` may stand for a value.
    pub fn holds_units(self) -> bool {
        use NameField::{Accused, CoUnit, FinderUnit, Unit};
        matches!(self, Unit | CoUnit | FinderUnit | Accused)
    }
}

/// A field that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountField {
    /// From 1 (slight) to 5 (grave).
    Severity,
    /// How often the case was given back.
    Returned,
    /// How often it was taken up again.
    Reopened,
}

/// A field that holds an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateField {
    /// When the case was raised.
    Raised,
    /// When it last changed.
    Changed,
    /// When it ended; missing while it is open.
    Closed,
    /// When its worst clock runs out; missing without a clock.
    Due,
}

/// A field that holds a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LengthField {
    /// By how much the case is late, now or when it ended; missing where it is in time.
    Overdue,
    /// How much time an open case has left; missing where it is late, closed or without a clock.
    Remaining,
}

/// How a field that holds a name stands to the names given.
///
/// `!=`, `not in` and `not under` are comparisons like the others, so they are false where the value is
/// missing. A field that can hold several values (co-units, campaigns, accused) is never missing: it
/// is `=` where any value is, and `!=` where none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `in (…)`
    In,
    /// `not in (…)`
    NotIn,
    /// `under`: is it, or is anywhere below it.
    Under,
    /// `not under`
    NotUnder,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// What is demanded of a count or an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure<T> {
    /// It compares so with a value.
    Order(Order, T),
    /// It equals one of the values.
    In(Vec<T>),
    /// It is there and equals none of the values.
    NotIn(Vec<T>),
}

/// A name in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where it stands.
    pub span: Span,
    /// Whom or what it names.
    pub value: NameValue,
}

/// Whom or what a name names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameValue {
    /// Something called so.
    Said(String),
    /// The person who looks.
    Me,
    /// The units that the person who looks acts for.
    MyUnit,
}

/// A day, a span of days or an instant, relative to now or fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This instant.
    Now,
    /// A calendar day.
    On(Date),
    /// The day so many days from today: `today` is 0, `-7d` is minus 7.
    Day(i32),
    /// The working day so many working days from today: `-3wd`.
    WorkingDay(i32),
    /// The instant so many hours from now: `-24h`.
    Hour(i32),
    /// The period so many periods from the one that holds today: `last month` is minus 1.
    Period(Period, i32),
}

/// A period of the civil calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// From Monday.
    Week,
    /// From the first.
    Month,
    /// From the first of January, April, July or October.
    Quarter,
    /// From the first of January.
    Year,
}
