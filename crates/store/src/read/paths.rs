//! Which way to the cases of a list: the part of a filter that an index answers in the list's order, and the
//! alternatives of a filter that each have a way of their own.
//!
//! The indexes are those of migrations 3, 6, 7, 10, 16, 18 and 19. What is said here of a filter is true of it on both engines; which
//! index serves it is left to the engine's planner.

use std::collections::BTreeSet;

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, Order, Predicate, UnitSet, Way, WordColumn,
};

use crate::read::order::SortBy;

/// The most units of which each is a way of its own; more of them are tested row by row.
const UNITS: usize = 8;

/// The most stages of which each is a way of its own.
const STAGES: usize = 24;

/// From this severity on what is open has an index of its own.
pub(super) const SEVERE: u32 = 4;

/// A kind and a state of it in which there are open cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) kind: String,
    pub(super) state: String,
}

/// The flags that hardly any case carries, which the index of what is marked holds.
const MARKS: [Flag; 7] = [
    Flag::Disputed,
    Flag::QuestionOpen,
    Flag::Duplicate,
    Flag::Recurrence,
    Flag::Reopened,
    Flag::Unsatisfied,
    Flag::Instructed,
];

/// Returns filters of which every case of `filter` meets just one: one where there is nothing to part.
///
/// The cases of some units, or those that they help with, are found by each unit's own index.
pub(super) fn ways(filter: &Checked) -> Vec<Checked> {
    let parts = conjuncts(filter);
    if parts.iter().any(|part| is_number(part)) {
        // What a number begins with leads to fewer cases than any unit has.
        return vec![filter.clone()];
    }
    let Some((at, units, helped)) = either_unit(&parts) else {
        return vec![filter.clone()];
    };
    let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
    let others = Checked::and(others.map(|(_, part)| (*part).clone()).collect());
    let is_any = |units: BTreeSet<_>| Checked::Is(Predicate::Id(IdColumn::Unit, units));
    let of_one = |unit: &uuid::Uuid| {
        let unit = BTreeSet::from([*unit]);
        Checked::and(vec![others.of_units(&unit), is_any(unit)])
    };
    let mut ways: Vec<Checked> = units.iter().map(of_one).collect();
    ways.retain(|way| *way != Checked::Nothing);
    if let Some(helped) = helped {
        ways.push(Checked::and(vec![
            others.clone(),
            helped.clone(),
            Checked::not(is_any(units.clone())),
        ]));
    }
    ways
}

/// Returns the place of the part that parts a filter by units, with what it says: what somebody's unit handles or
/// helps with before the units of a page, which are more.
fn either_unit<'a>(parts: &[&'a Checked]) -> Option<(usize, &'a BTreeSet<uuid::Uuid>, Option<&'a Checked>)> {
    let found = parts.iter().enumerate().filter_map(|(at, part)| {
        let (units, helped) = of_units(part)?;
        Some((at, units, helped))
    });
    found.min_by_key(|(_, _, helped)| helped.is_none())
}

/// Whether a filter of what is open says anything of the state, but neither of units nor of what has an index of its
/// own: then each stage is a way.
pub(super) fn asks_stage(filter: &Checked) -> bool {
    let parts = conjuncts(filter);
    let elsewhere = |part: &&Checked| {
        let of_unit = matches!(part, Checked::Is(Predicate::Id(IdColumn::Unit, _)));
        of_unit || of_units(part).is_some() || is_severe(part) || is_number(part) || asks_text(part)
    };
    let elsewhere = is_rare(filter) || parts.iter().any(elsewhere);
    is_open(&parts) && parts.iter().any(|part| names_state(part)) && !elsewhere
}

fn names_state(part: &Checked) -> bool {
    match part {
        Checked::Is(predicate) => matches!(predicate, Predicate::Word(WordColumn::State, _)),
        Checked::And(parts) | Checked::Or(parts) => parts.iter().any(names_state),
        Checked::Not(part) => names_state(part),
        Checked::Everything | Checked::Nothing => false,
    }
}

/// Returns a way for each stage in which there may be cases of a filter; `None` where they are many.
pub(super) fn by_stage(filter: &Checked, stages: &[Stage]) -> Option<Vec<Checked>> {
    let is = |column, word: &String| Checked::Is(Predicate::Word(column, [word.clone()].into()));
    let ways = stages.iter().filter_map(|Stage { kind, state }| {
        let asked = filter.of_stage(kind, state);
        let stage = vec![is(WordColumn::Kind, kind), is(WordColumn::State, state)];
        (asked != Checked::Nothing).then(|| Checked::and(stage.into_iter().chain([asked]).collect()))
    });
    let ways: Vec<Checked> = ways.collect();
    (ways.len() <= STAGES).then_some(ways)
}

/// Whether a filter names one stage of what is open: an index lies in the order of due instants there.
pub(super) fn is_stage(filter: &Checked) -> bool {
    let parts = conjuncts(filter);
    let one = |column| parts.iter().any(|part| is_one(part, column));
    is_open(&parts) && one(WordColumn::Kind) && one(WordColumn::State)
}

/// Whether a test leaves one value of a column.
fn is_one(part: &Checked, column: WordColumn) -> bool {
    matches!(part, Checked::Is(Predicate::Word(of, words)) if *of == column && words.len() == 1)
}

pub(super) fn is_open(parts: &[&Checked]) -> bool {
    parts.contains(&&Checked::Is(Predicate::Flag(Flag::Open)))
}

/// Returns the few units that a part of a filter names, and what else may be true instead.
fn of_units(part: &Checked) -> Option<(&BTreeSet<uuid::Uuid>, Option<&Checked>)> {
    let few = |units: &BTreeSet<_>| units.len() <= UNITS;
    match part {
        Checked::Is(Predicate::Id(IdColumn::Unit, units)) if units.len() > 1 && few(units) => {
            Some((units, None))
        }
        Checked::Or(either) => match either.as_slice() {
            [
                Checked::Is(Predicate::Id(IdColumn::Unit, units)),
                helped @ Checked::Is(Predicate::AnyUnit(UnitSet::CoUnit, _)),
            ]
            | [
                helped @ Checked::Is(Predicate::AnyUnit(UnitSet::CoUnit, _)),
                Checked::Is(Predicate::Id(IdColumn::Unit, units)),
            ] if few(units) => Some((units, Some(helped))),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the part of a filter by which an index that lies in the order of `by` can be entered: what it leaves
/// is read in that order.
pub(super) fn along(filter: &Checked, by: SortBy) -> Checked {
    let parts = conjuncts(filter);
    let open = is_open(&parts);
    let (in_unit, in_stage) = (in_one_unit(filter), is_stage(filter));
    let enters = |part: &&Checked| match part {
        Checked::Is(Predicate::Flag(Flag::Open)) => matches!(by, SortBy::Raised | SortBy::Due),
        part if is_one_unit(part) => {
            matches!(by, SortBy::Raised | SortBy::Closed) || by == SortBy::Due && open
        }
        Checked::Is(Predicate::Id(IdColumn::Person, persons)) => {
            persons.len() == 1 && by == SortBy::Due && open && !in_unit && !in_stage
        }
        Checked::Is(Predicate::Word(WordColumn::Kind | WordColumn::State, _)) => {
            in_stage && !in_unit && by == SortBy::Due
        }
        // By its due instant what is rare is found among what is open alone, which the desk asks for.
        part if lies_by_due(part) && by == SortBy::Due => open && !in_unit && !in_stage,
        part if is_mark(part) => by == SortBy::Raised,
        part => is_bound(part, by, open),
    };
    let entered = parts.into_iter().filter(enters).cloned();
    // In a list by the end only what has ended is read in its order.
    let ended = (by == SortBy::Closed).then_some(Checked::Is(Predicate::Present(Column::Instant(
        InstantColumn::Closed,
    ))));
    Checked::and(entered.chain(ended).collect())
}

/// Whether a filter names the one unit that its cases are in.
pub(super) fn in_one_unit(filter: &Checked) -> bool {
    conjuncts(filter).into_iter().any(is_one_unit)
}

fn is_one_unit(part: &Checked) -> bool {
    matches!(part, Checked::Is(Predicate::Id(IdColumn::Unit, units)) if units.len() == 1)
}

/// Whether a test has an index in the order of due instants, of what is open and it is true of.
fn lies_by_due(part: &Checked) -> bool {
    let alone = matches!(
        part,
        Checked::Is(Predicate::Flag(Flag::Disputed | Flag::Instructed))
    );
    alone || is_severe(part) || is_back(part)
}

fn is_severe(part: &Checked) -> bool {
    matches!(
        part,
        Checked::Is(Predicate::Number(NumberColumn::Severity, Order::AtLeast, SEVERE))
    )
}

/// Whether a test is an alternative of what came back: SQLite enters the index of it where its very condition is
/// asked too.
pub(super) fn is_some_of_back(part: &Checked) -> bool {
    matches!(part, Checked::Or(_)) && is_back(part)
}

/// Returns the condition of the index of what came back, in its order.
pub(super) fn back() -> Checked {
    let at_least_once = |column| Checked::Is(Predicate::Number(column, Order::AtLeast, 1));
    Checked::Or(vec![
        at_least_once(NumberColumn::Returns),
        Checked::Is(Predicate::Flag(Flag::Unsatisfied)),
        at_least_once(NumberColumn::Reopened),
        Checked::Is(Predicate::Flag(Flag::Recurrence)),
    ])
}

/// Whether a test says that a case came back, or an alternative of that.
fn is_back(part: &Checked) -> bool {
    match part {
        Checked::Is(Predicate::Flag(flag)) => matches!(flag, Flag::Unsatisfied | Flag::Recurrence),
        Checked::Or(parts) => parts.iter().all(is_back),
        _ => is_mark(part),
    }
}

/// Whether a test leaves so few cases, by an index of their own, that they are counted before a list is read.
pub(super) fn is_rare(filter: &Checked) -> bool {
    let related = |part: &Checked| match part {
        Checked::Is(Predicate::AnyUnit(set, _)) => *set == UnitSet::CoUnit,
        Checked::Is(Predicate::AnyPerson(_, _) | Predicate::AnyCampaign(_)) => true,
        Checked::Is(Predicate::Id(column, _)) => matches!(column, IdColumn::Person | IdColumn::Finder),
        _ => false,
    };
    conjuncts(filter)
        .into_iter()
        .any(|part| is_mark(part) || is_to_show(part) || related(part))
}

/// Returns how the cases of a filter are come by where the order does not matter: through the index of numbers or of
/// what is marked, where it asks for a number or for what is out of the ordinary.
pub(super) fn way(filter: &Checked) -> Way {
    let leads = |part: &Checked| is_mark(part) || is_to_show(part) || is_number(part);
    match conjuncts(filter).into_iter().any(leads) {
        true => Way::Marked,
        false => Way::Fewest,
    }
}

/// Whether a test is that pictures wait to be looked at, which has an index of its own.
fn is_to_show(part: &Checked) -> bool {
    matches!(part, Checked::Is(Predicate::Flag(Flag::ToShow)))
}

/// Whether a test says how a case's number begins.
fn is_number(part: &Checked) -> bool {
    matches!(part, Checked::Is(Predicate::NumberStarts(_)))
}

/// Whether a test is one of those of the index of what is marked, or an alternative of them.
fn is_mark(part: &Checked) -> bool {
    match part {
        Checked::Is(Predicate::Flag(flag)) => MARKS.contains(flag),
        Checked::Is(Predicate::Number(NumberColumn::Returns | NumberColumn::Reopened, Order::AtLeast, 1)) => {
            true
        }
        Checked::Or(parts) => parts.iter().all(is_mark),
        Checked::Everything | Checked::Nothing | Checked::And(_) | Checked::Not(_) | Checked::Is(_) => false,
    }
}

/// Whether a test says where in the order of `by` the list begins or ends.
fn is_bound(part: &Checked, by: SortBy, open: bool) -> bool {
    let (of, part) = match part {
        Checked::Not(part) => (true, part.as_ref()),
        part => (false, part),
    };
    match (part, by) {
        (Checked::Is(Predicate::Instant(column, order, _)), _) => {
            let sorted = match by {
                SortBy::Raised => *column == InstantColumn::Raised,
                SortBy::Changed => *column == InstantColumn::Changed,
                SortBy::Closed => *column == InstantColumn::Closed,
                SortBy::Due => *column == InstantColumn::Due,
                SortBy::Severity | SortBy::Number => false,
            };
            sorted && *order != Order::Unequal && (!of || by == SortBy::Due && *order != Order::Equal)
        }
        (Checked::Is(Predicate::Late { .. } | Predicate::Left { .. }), SortBy::Due) => open,
        (Checked::Is(Predicate::NumberStarts(_)), SortBy::Number) => !of,
        (Checked::Is(Predicate::Number(NumberColumn::Severity, order, _)), SortBy::Severity) => {
            !of && *order != Order::Unequal
        }
        _ => false,
    }
}

/// Returns the part of a filter that some index begins with, whatever the order: what a server counts within.
pub(super) fn narrowed(filter: &Checked) -> Checked {
    let begins = |part: &&Checked| match part {
        Checked::Is(predicate) => match predicate {
            Predicate::Id(IdColumn::Person, _) => is_open(&conjuncts(filter)),
            Predicate::Id(column, _) => matches!(column, IdColumn::Unit | IdColumn::Finder),
            Predicate::Word(WordColumn::Kind, _) => is_stage(filter),
            Predicate::Word(column, _) => matches!(column, WordColumn::State | WordColumn::Number),
            Predicate::Flag(flag) => matches!(flag, Flag::Open | Flag::ToShow) || MARKS.contains(flag),
            Predicate::Number(_, _, _) => is_mark(part) || is_severe(part),
            Predicate::Instant(_, order, _) => *order != Order::Unequal,
            Predicate::Phase(_) | Predicate::NumberStarts(_) | Predicate::Text(_) => true,
            Predicate::AnyUnit(_, _) | Predicate::AnyPerson(_, _) | Predicate::AnyCampaign(_) => true,
            Predicate::Late { .. } | Predicate::LateBy { .. } | Predicate::Left { .. } => true,
            Predicate::CategoryUnder(_) | Predicate::Present(_) | Predicate::Accuses => false,
        },
        part => is_mark(part),
    };
    Checked::and(conjuncts(filter).into_iter().filter(begins).cloned().collect())
}

/// Returns the tokens that every case of a filter must hold.
pub(super) fn tokens(filter: &Checked) -> Option<&[String]> {
    conjuncts(filter).into_iter().find_map(|part| match part {
        Checked::Is(Predicate::Text(tokens)) => Some(tokens.as_slice()),
        _ => None,
    })
}

/// Whether a filter asks anywhere what a text holds.
pub(super) fn asks_text(filter: &Checked) -> bool {
    match filter {
        Checked::Is(predicate) => matches!(predicate, Predicate::Text(_)),
        Checked::And(parts) | Checked::Or(parts) => parts.iter().any(asks_text),
        Checked::Not(part) => asks_text(part),
        Checked::Everything | Checked::Nothing => false,
    }
}

pub(super) fn conjuncts(filter: &Checked) -> Vec<&Checked> {
    match filter {
        Checked::And(parts) => parts.iter().collect(),
        Checked::Everything | Checked::Nothing | Checked::Or(_) | Checked::Not(_) | Checked::Is(_) => {
            vec![filter]
        }
    }
}
