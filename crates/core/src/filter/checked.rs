//! A filter whose names and dates are resolved: what is evaluated, in memory or as SQL.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::case::flag::Flag;
use crate::clock::Limit;
use crate::filter::ast::Order;
use crate::filter::late::DayTable;
use crate::id::{PersonId, UnitId};
use crate::pack::phase::Phase;

/// A filter that can be evaluated. It holds ids and instants, no names and nothing relative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// True of every case.
    Everything,
    /// True of none.
    Nothing,
    /// All parts are true.
    And(Vec<Checked>),
    /// At least one part is true.
    Or(Vec<Checked>),
    /// The part is not true.
    Not(Box<Checked>),
    /// One test.
    Is(Predicate),
}

/// One test of a case's facts. All are two-valued: with a missing value they are false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// The id is there and is one of these.
    Id(IdColumn, BTreeSet<Uuid>),
    /// The word is there and is one of these.
    Word(WordColumn, BTreeSet<String>),
    /// The phase is one of these.
    Phase(BTreeSet<Phase>),
    /// The category is this one or lies below it.
    CategoryUnder(String),
    /// The number begins so.
    NumberStarts(String),
    /// The value is there.
    Present(Column),
    /// Any of the units in this role is one of these.
    AnyUnit(UnitSet, BTreeSet<UnitId>),
    /// Any of the persons in this role is one of these.
    AnyPerson(PersonSet, BTreeSet<PersonId>),
    /// Any of the campaigns is one of these.
    AnyCampaign(BTreeSet<String>),
    /// The number compares so.
    Number(NumberColumn, Order, u32),
    /// The instant is there and compares so, to the millisecond.
    Instant(InstantColumn, Order, Timestamp),
    /// The flag is set.
    Flag(Flag),
    /// The case complains about somebody.
    Accuses,
    /// The case is late at `now` or, where it is closed, was late when it closed.
    Late {
        /// Now.
        now: Timestamp,
    },
    /// The case is late and the due instant compares so with the instant that lies so long before the end.
    LateBy {
        /// Now.
        now: Timestamp,
        /// How the due instant must compare: earlier means later by more.
        order: Order,
        /// How long before the end.
        run: Run,
    },
    /// The case is open, not late, and the due instant compares so.
    Left {
        /// Now.
        now: Timestamp,
        /// How the due instant must compare.
        order: Order,
        /// With what.
        at: Timestamp,
    },
    /// The text holds all of these search tokens.
    Text(Vec<String>),
}

/// A value of the case row that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// An id.
    Id(IdColumn),
    /// A word.
    Word(WordColumn),
    /// An instant.
    Instant(InstantColumn),
}

/// A column that holds an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdColumn {
    /// The responsible unit.
    Unit,
    /// The person in charge.
    Person,
    /// The person who found it.
    Finder,
    /// The unit of the finder.
    FinderUnit,
}

/// A column that holds a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordColumn {
    /// The number.
    Number,
    /// The kind's id.
    Kind,
    /// The state's id.
    State,
    /// The category's code.
    Category,
    /// The channel's id.
    Channel,
    /// The supervision source's id.
    Source,
}

/// A column that holds a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NumberColumn {
    /// From 1 to 5.
    Severity,
    /// How often it was given back.
    Returns,
    /// How often it was taken up again.
    Reopened,
}

/// A column that holds an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstantColumn {
    /// When it was raised.
    Raised,
    /// When it last changed.
    Changed,
    /// When it ended.
    Closed,
    /// When its worst clock runs out.
    Due,
}

/// Units that a case holds several of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitSet {
    /// The co-units.
    CoUnit,
    /// The units it complains about.
    Accused,
}

/// Persons that a case holds several of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonSet {
    /// The persons it complains about.
    Accused,
    /// Those who gave instructions about it.
    Instructor,
}

/// How far before an end an instant lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// So many milliseconds: hours, and days of 24 hours, since the calendar's offset never changes.
    Millis(i64),
    /// So many working days.
    WorkingDays {
        /// The instant for an open case, whose end is now.
        from_now: Timestamp,
        /// The instants for closed cases, by the day of their end.
        by_day: DayTable,
    },
}

impl Run {
    /// Returns `limit` in milliseconds, or `None` where that depends on working days.
    pub(super) fn millis(limit: Limit) -> Option<i64> {
        use crate::clock::LimitUnit;
        match limit.unit {
            LimitUnit::WorkingDays => None,
            LimitUnit::Days => Some(i64::from(limit.amount) * crate::filter::late::DAY_MS),
            LimitUnit::Hours => Some(i64::from(limit.amount) * 3_600_000),
        }
    }
}

impl Checked {
    /// Returns the filter that is true of every case.
    pub fn everything() -> Checked {
        Checked::Everything
    }

    /// Returns the filter that is true of no case.
    pub fn nothing() -> Checked {
        Checked::Nothing
    }

    /// Returns the filter that is true where all `parts` are; of every case where there are none.
    pub fn and(parts: Vec<Checked>) -> Checked {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Checked::Nothing => return Checked::Nothing,
                Checked::Everything => {}
                Checked::And(inner) => flat.extend(inner),
                Checked::Or(_) | Checked::Not(_) | Checked::Is(_) => flat.push(part),
            }
        }
        match flat.len() {
            0 => Checked::Everything,
            1 => flat.remove(0),
            2.. => Checked::And(flat),
        }
    }

    /// Returns the filter that is true where any of `parts` is; of no case where there are none. What all parts
    /// ask for is asked for once.
    pub fn or(parts: Vec<Checked>) -> Checked {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Checked::Everything => return Checked::Everything,
                Checked::Nothing => {}
                Checked::Or(inner) => flat.extend(inner),
                Checked::And(_) | Checked::Not(_) | Checked::Is(_) => flat.push(part),
            }
        }
        match flat.len() {
            0 => Checked::Nothing,
            1 => flat.remove(0),
            2.. => factored(flat),
        }
    }

    /// Returns the filter that is true where `part` is not.
    #[expect(
        clippy::should_implement_trait,
        reason = "it stands beside `and` and `or`, which are no traits"
    )]
    pub fn not(part: Checked) -> Checked {
        match part {
            Checked::Everything => Checked::Nothing,
            Checked::Nothing => Checked::Everything,
            Checked::Not(inner) => *inner,
            Checked::And(_) | Checked::Or(_) | Checked::Is(_) => Checked::Not(Box::new(part)),
        }
    }

    /// Returns what the filter asks of cases of a kind in a state.
    pub fn of_stage(&self, kind: &str, state: &str) -> Checked {
        let each = |parts: &[Checked]| parts.iter().map(|part| part.of_stage(kind, state)).collect();
        let known = |is: bool| if is { Checked::Everything } else { Checked::Nothing };
        match self {
            Checked::And(parts) => Checked::and(each(parts)),
            Checked::Or(parts) => Checked::or(each(parts)),
            Checked::Not(part) => Checked::not(part.of_stage(kind, state)),
            Checked::Is(Predicate::Word(WordColumn::Kind, among)) => known(among.contains(kind)),
            Checked::Is(Predicate::Word(WordColumn::State, among)) => known(among.contains(state)),
            Checked::Everything | Checked::Nothing | Checked::Is(_) => self.clone(),
        }
    }

    /// Returns what the filter asks of cases that one of these units is responsible for.
    pub fn of_units(&self, responsible: &BTreeSet<Uuid>) -> Checked {
        let each = |parts: &[Checked]| parts.iter().map(|part| part.of_units(responsible)).collect();
        match self {
            Checked::And(parts) => Checked::and(each(parts)),
            Checked::Or(parts) => Checked::or(each(parts)),
            Checked::Not(part) => Checked::not(part.of_units(responsible)),
            Checked::Is(Predicate::Id(IdColumn::Unit, among)) => {
                let both: BTreeSet<Uuid> = among.intersection(responsible).copied().collect();
                match both.len() {
                    0 => Checked::Nothing,
                    all if all == responsible.len() => Checked::Everything,
                    _ => Checked::Is(Predicate::Id(IdColumn::Unit, both)),
                }
            }
            Checked::Is(Predicate::Present(Column::Id(IdColumn::Unit))) => Checked::Everything,
            Checked::Everything | Checked::Nothing | Checked::Is(_) => self.clone(),
        }
    }

    /// Returns the filter that is true of a case that complains about any of these.
    pub fn accuses(units: BTreeSet<UnitId>, persons: BTreeSet<PersonId>) -> Checked {
        let mut parts = Vec::new();
        if !units.is_empty() {
            parts.push(Checked::Is(Predicate::AnyUnit(UnitSet::Accused, units)));
        }
        if !persons.is_empty() {
            parts.push(Checked::Is(Predicate::AnyPerson(PersonSet::Accused, persons)));
        }
        Checked::or(parts)
    }
}

/// Returns the alternative of two or more parts, none of them an alternative, everything or nothing. What they have
/// in common is taken out of it: somebody with a role in three packs may see the union of three scopes that say the
/// same of their unit, and asked once it is what an index begins with.
fn factored(parts: Vec<Checked>) -> Checked {
    let mut parts: Vec<Vec<Checked>> = parts.into_iter().map(conjuncts).collect();
    let common: Vec<Checked> = match parts.split_first() {
        Some((first, others)) => {
            let everywhere = |test: &&Checked| others.iter().all(|part| part.contains(test));
            first.iter().filter(everywhere).cloned().collect()
        }
        None => Vec::new(),
    };
    if common.is_empty() {
        return alternative(parts.into_iter().map(Checked::and).collect());
    }
    for part in &mut parts {
        part.retain(|test| !common.contains(test));
    }
    if parts.iter().any(Vec::is_empty) {
        return Checked::and(common);
    }
    let rest = Checked::or(parts.into_iter().map(Checked::and).collect());
    Checked::and(common.into_iter().chain([rest]).collect())
}

fn conjuncts(part: Checked) -> Vec<Checked> {
    match part {
        Checked::And(tests) => tests,
        Checked::Everything | Checked::Nothing | Checked::Or(_) | Checked::Not(_) | Checked::Is(_) => {
            vec![part]
        }
    }
}

/// Returns the alternative with the values that one column is compared with in one test.
fn alternative(parts: Vec<Checked>) -> Checked {
    let mut merged: Vec<Checked> = Vec::with_capacity(parts.len());
    for part in parts {
        if !merged.iter_mut().any(|before| takes(before, &part)) {
            merged.push(part);
        }
    }
    match merged.len() {
        1 => merged.remove(0),
        _ => Checked::Or(merged),
    }
}

/// Takes the values of `part` into `before`, where both ask for values of one column.
fn takes(before: &mut Checked, part: &Checked) -> bool {
    fn join<T: Ord + Clone>(into: &mut BTreeSet<T>, from: &BTreeSet<T>) -> bool {
        into.extend(from.iter().cloned());
        true
    }
    let (Checked::Is(before), Checked::Is(part)) = (before, part) else {
        return false;
    };
    match (before, part) {
        (Predicate::Word(into, all), Predicate::Word(from, some)) if into == from => join(all, some),
        (Predicate::Id(into, all), Predicate::Id(from, some)) if into == from => join(all, some),
        (Predicate::AnyUnit(into, all), Predicate::AnyUnit(from, some)) if into == from => join(all, some),
        (Predicate::Phase(all), Predicate::Phase(some)) => join(all, some),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(ids: &[&str]) -> Checked {
        let ids = ids.iter().map(|id| (*id).to_owned());
        Checked::Is(Predicate::Word(WordColumn::Kind, ids.collect()))
    }

    fn own_unit() -> Checked {
        let unit = Uuid::from_u128(7);
        Checked::or(vec![
            Checked::Is(Predicate::Id(IdColumn::Unit, BTreeSet::from([unit]))),
            Checked::Is(Predicate::AnyUnit(
                UnitSet::CoUnit,
                BTreeSet::from([UnitId(unit)]),
            )),
        ])
    }

    #[test]
    fn scopes_that_say_the_same_of_the_unit_say_it_once() {
        let scope = |ids| Checked::and(vec![kind(ids), own_unit()]);
        let scopes = Checked::or(vec![
            scope(&["help", "report"]),
            scope(&["listed"]),
            scope(&["claim"]),
        ]);
        let kinds = kind(&["claim", "help", "listed", "report"]);
        assert_eq!(scopes, Checked::and(vec![own_unit(), kinds]));
    }

    #[test]
    fn a_part_that_asks_for_less_takes_the_others_in() {
        let parts = vec![kind(&["help"]), Checked::and(vec![kind(&["help"]), own_unit()])];
        assert_eq!(Checked::or(parts), kind(&["help"]));
    }

    #[test]
    fn of_one_stage_what_is_asked_of_kind_and_state_is_known() {
        let state = |id: &str| {
            Checked::Is(Predicate::Word(
                WordColumn::State,
                BTreeSet::from([id.to_owned()]),
            ))
        };
        let turn = Checked::or(vec![
            Checked::and(vec![kind(&["help"]), state("assigned")]),
            Checked::and(vec![kind(&["listed"]), state("handling")]),
        ]);
        let filter = |turn| Checked::and(vec![own_unit(), turn]);
        assert_eq!(filter(turn.clone()).of_stage("help", "assigned"), own_unit());
        assert_eq!(
            filter(turn.clone()).of_stage("help", "handling"),
            Checked::Nothing
        );
        let waits = filter(Checked::not(turn));
        assert_eq!(waits.of_stage("help", "assigned"), Checked::Nothing);
        assert_eq!(waits.of_stage("listed", "assigned"), own_unit());
    }

    #[test]
    fn of_some_units_what_is_asked_of_the_unit_is_known() {
        let units = |ids: &[u128]| {
            ids.iter()
                .map(|id| Uuid::from_u128(*id))
                .collect::<BTreeSet<Uuid>>()
        };
        let of = |ids| Checked::Is(Predicate::Id(IdColumn::Unit, units(ids)));
        let filter = Checked::and(vec![kind(&["help"]), own_unit()]);
        assert_eq!(filter.of_units(&units(&[7])), kind(&["help"]));
        assert_eq!(filter.of_units(&units(&[7, 8])), filter);
        let helps = Checked::Is(Predicate::AnyUnit(
            UnitSet::CoUnit,
            BTreeSet::from([UnitId(Uuid::from_u128(7))]),
        ));
        assert_eq!(own_unit().of_units(&units(&[8])), helps);
        let elsewhere = Checked::not(of(&[7, 8]));
        assert_eq!(elsewhere.of_units(&units(&[8, 9])), Checked::not(of(&[8])));
        assert_eq!(elsewhere.of_units(&units(&[7, 8])), Checked::Nothing);
    }

    #[test]
    fn parts_without_anything_in_common_stay_as_they_are() {
        let parts = vec![Checked::and(vec![kind(&["help"]), own_unit()]), kind(&["listed"])];
        assert_eq!(Checked::or(parts.clone()), Checked::Or(parts));
    }
}
