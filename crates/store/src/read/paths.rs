//! Which way to the cases of a list: the part of a filter that an index answers in the list's order, and the
//! alternatives of a filter that each have a way of their own.
//!
//! The indexes are those of migrations 3, 6 and 7. What is said here of a filter is true of it on both engines; which
//! index serves it is left to the engine's planner.

use std::collections::BTreeSet;

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{
    Checked, IdColumn, InstantColumn, NumberColumn, Order, Predicate, UnitSet, Way, WordColumn,
};
use bihuan_core::pack::model::Phase;

use crate::read::order::SortBy;
use crate::value::PHASES;

/// The most units of which each is a way of its own; more of them are tested row by row.
const UNITS: usize = 8;

/// The most states of which each is a way of its own.
const STATES: usize = 8;

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

/// Returns the same filter with what follows from it and an index begins with, such as that a case was given back
/// at least once; with all texts that it must hold asked for at once, and its phases too.
pub(super) fn told(filter: &Checked) -> Checked {
    let (mut parts, mut tokens, mut phases) = (Vec::new(), BTreeSet::new(), Phases::all());
    for part in conjuncts(filter) {
        phases.narrow(part);
        match part {
            Checked::Is(Predicate::Text(some)) => tokens.extend(some.iter().cloned()),
            Checked::Is(Predicate::Phase(_)) => {}
            Checked::Is(predicate) => {
                parts.extend(follows(predicate));
                parts.push(part.clone());
            }
            _ => parts.push(part.clone()),
        }
    }
    parts.extend(phases.said(filter));
    if !tokens.is_empty() {
        parts.push(Checked::Is(Predicate::Text(tokens.into_iter().collect())));
    }
    let mut once: Vec<Checked> = Vec::with_capacity(parts.len());
    for part in parts {
        if !once.contains(&part) {
            once.push(part);
        }
    }
    Checked::and(once)
}

/// The phases that the cases of a filter may be in. A case is open while its phase is none of an end, and only then:
/// what an end leads to is proven of every kind (`Case::phase`).
struct Phases {
    among: BTreeSet<Phase>,
    named: bool,
}

impl Phases {
    fn all() -> Phases {
        Phases {
            among: PHASES.into(),
            named: false,
        }
    }

    /// Takes in what a test that must be true says of the phase.
    fn narrow(&mut self, test: &Checked) {
        let open = Checked::Is(Predicate::Flag(Flag::Open));
        if let Checked::Is(Predicate::Phase(some)) = test {
            self.named = true;
            self.among.retain(|phase| some.contains(phase));
        } else if *test == open {
            self.among.retain(|phase| !phase.is_end());
        } else if *test == Checked::not(open) {
            self.among.retain(|phase| phase.is_end());
        }
    }

    /// Returns what is to be said of them: nothing where there can be no case, the phases where the filter names
    /// any, and that a case is open where it must be.
    fn said(self, filter: &Checked) -> Vec<Checked> {
        if self.among.is_empty() {
            return vec![Checked::Nothing];
        }
        let open = Checked::Is(Predicate::Flag(Flag::Open));
        let untold = self.among.iter().all(|phase| !phase.is_end()) && !conjuncts(filter).contains(&&open);
        let phases = self.named.then_some(Checked::Is(Predicate::Phase(self.among)));
        untold.then_some(open).into_iter().chain(phases).collect()
    }
}

/// Returns the same filter with the phases that follow from it, where an index over what is open, or over all, can
/// only be entered by them.
pub(super) fn entered(filter: &Checked) -> Checked {
    let mut phases = Phases::all();
    conjuncts(filter).into_iter().for_each(|part| phases.narrow(part));
    if phases.named || phases.among.len() == PHASES.len() {
        return filter.clone();
    }
    Checked::and(vec![filter.clone(), Checked::Is(Predicate::Phase(phases.among))])
}

/// Returns what is true wherever a test is, in the words that an index has for it.
fn follows(predicate: &Predicate) -> Option<Checked> {
    match predicate {
        Predicate::Number(column @ (NumberColumn::Returns | NumberColumn::Reopened), order, value) => {
            let least = match order {
                Order::Equal | Order::AtLeast => *value,
                Order::More => value.saturating_add(1),
                Order::Unequal | Order::Less | Order::AtMost => 0,
            };
            (least >= 1).then_some(Checked::Is(Predicate::Number(*column, Order::AtLeast, 1)))
        }
        _ => None,
    }
}

/// Returns filters of which every case of `filter` meets just one: one where there is nothing to part.
///
/// The cases of some units, or those that they help with, are found by each unit's own index.
pub(super) fn ways(filter: &Checked) -> Vec<Checked> {
    let parts = conjuncts(filter);
    let Some((at, units, helped)) = parts.iter().enumerate().find_map(|(at, part)| {
        let (units, helped) = of_units(part)?;
        Some((at, units, helped))
    }) else {
        return by_state(filter);
    };
    let with = |own: Vec<Checked>| {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
        Checked::and(others.map(|(_, part)| (*part).clone()).chain(own).collect())
    };
    let is_any = |units: BTreeSet<_>| Checked::Is(Predicate::Id(IdColumn::Unit, units));
    let mut ways: Vec<Checked> = units
        .iter()
        .map(|unit| with(vec![is_any(BTreeSet::from([*unit]))]))
        .collect();
    if let Some(helped) = helped {
        ways.push(with(vec![helped.clone(), Checked::not(is_any(units.clone()))]));
    }
    ways
}

/// Returns a way for each of the few states that a filter names of what is open.
fn by_state(filter: &Checked) -> Vec<Checked> {
    let parts = conjuncts(filter);
    let open = parts.contains(&&Checked::Is(Predicate::Flag(Flag::Open)));
    let of_unit = |part: &&Checked| matches!(part, Checked::Is(Predicate::Id(IdColumn::Unit, _)));
    let states = parts.iter().find_map(|part| states(part));
    match states.filter(|states| open && states.len() <= STATES && !parts.iter().any(of_unit)) {
        Some(states) => {
            let state =
                |state: &String| Checked::Is(Predicate::Word(WordColumn::State, [state.clone()].into()));
            let way = |one| Checked::and(vec![filter.clone(), state(one)]);
            states.iter().map(way).collect()
        }
        None => vec![filter.clone()],
    }
}

/// Returns the states outside of which a part of a filter is never true.
fn states(part: &Checked) -> Option<BTreeSet<String>> {
    match part {
        Checked::Is(Predicate::Word(WordColumn::State, states)) => Some(states.clone()),
        Checked::And(parts) => parts.iter().find_map(states),
        Checked::Or(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(states).collect();
            all.map(|all| all.into_iter().flatten().collect())
        }
        Checked::Everything | Checked::Nothing | Checked::Not(_) | Checked::Is(_) => None,
    }
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
    let open = parts.contains(&&Checked::Is(Predicate::Flag(Flag::Open)));
    let enters = |part: &&Checked| match part {
        Checked::Is(Predicate::Flag(Flag::Open)) => matches!(by, SortBy::Raised | SortBy::Due),
        Checked::Is(Predicate::Id(IdColumn::Unit, units)) => {
            units.len() == 1 && (by == SortBy::Raised || by == SortBy::Due && open)
        }
        Checked::Is(Predicate::Word(WordColumn::State, states)) => {
            states.len() == 1 && by == SortBy::Due && open
        }
        // By its due instant what is marked is found among what is open alone, which the desk asks for.
        part if is_mark(part) => by == SortBy::Raised || by == SortBy::Due && open,
        part => is_bound(part, by, open),
    };
    Checked::and(parts.into_iter().filter(enters).cloned().collect())
}

/// Returns how the cases of a filter are come by where the order does not matter: through the index of what is marked
/// where it asks for what is out of the ordinary.
pub(super) fn way(filter: &Checked) -> Way {
    match conjuncts(filter).into_iter().any(is_mark) {
        true => Way::Marked,
        false => Way::Fewest,
    }
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
            Predicate::Id(column, _) => *column == IdColumn::Unit,
            Predicate::Word(column, _) => matches!(column, WordColumn::State | WordColumn::Number),
            Predicate::Flag(flag) => *flag == Flag::Open || MARKS.contains(flag),
            Predicate::Number(_, _, _) => is_mark(part),
            Predicate::Instant(column, order, _) => {
                *column != InstantColumn::Closed && *order != Order::Unequal
            }
            Predicate::Phase(_) | Predicate::NumberStarts(_) | Predicate::Text(_) => true,
            Predicate::AnyUnit(_, _) | Predicate::AnyPerson(_, _) | Predicate::AnyCampaign(_) => true,
            Predicate::Late { .. } | Predicate::LateBy { .. } | Predicate::Left { .. } => true,
            Predicate::CategoryUnder(_) | Predicate::Present(_) => false,
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

fn conjuncts(filter: &Checked) -> Vec<&Checked> {
    match filter {
        Checked::And(parts) => parts.iter().collect(),
        Checked::Everything | Checked::Nothing | Checked::Or(_) | Checked::Not(_) | Checked::Is(_) => {
            vec![filter]
        }
    }
}
