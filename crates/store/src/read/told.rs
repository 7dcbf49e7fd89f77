//! What a filter says without saying it, in the words that an index has for it.
//!
//! What is added is true of every case of the filter, and what is left out follows from the rest, on both engines.

use std::collections::BTreeSet;

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, Order, Predicate, WordColumn,
};
use bihuan_core::pack::model::Phase;
use jiff::Timestamp;

use crate::read::order::{Sort, SortBy};
use crate::read::paths::{self, SEVERE, conjuncts};
use crate::value::PHASES;

/// Returns the same filter with what follows from it and an index begins with, such as that a case was given back
/// at least once; with all texts that it must hold asked for at once, and its units, kinds, states and phases too.
pub(super) fn told(filter: &Checked) -> Checked {
    let filter = &of_one_set_of_units(filter);
    let (mut parts, mut tokens, mut phases) = (Vec::new(), BTreeSet::new(), Phases::all());
    let mut words = [(WordColumn::Kind, None), (WordColumn::State, None)];
    for part in conjuncts(filter) {
        phases.narrow(part);
        match part {
            Checked::Is(Predicate::Text(some)) => tokens.extend(some.iter().cloned()),
            Checked::Is(Predicate::Phase(_)) => {}
            Checked::Is(Predicate::Word(column @ (WordColumn::Kind | WordColumn::State), some)) => {
                let known = words.iter_mut().filter(|(known, _)| known == column);
                known.for_each(|(_, among)| narrow(among, some));
            }
            Checked::Is(predicate) => {
                parts.extend(follows(predicate));
                parts.push(part.clone());
            }
            _ => parts.push(part.clone()),
        }
    }
    for (column, among) in words {
        match among {
            Some(among) if among.is_empty() => return Checked::Nothing,
            Some(among) => parts.push(Checked::Is(Predicate::Word(column, among))),
            None => {}
        }
    }
    if parts.iter().any(paths::is_some_of_back) {
        parts.push(paths::back());
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
    Checked::and(tightest(once))
}

/// Returns the same filter with the units that must be responsible named once: what a grant's scope and a page both
/// name. What else is asked of the unit is asked of those alone, so that somebody's own unit is found by itself.
fn of_one_set_of_units(filter: &Checked) -> Checked {
    let mut units = None;
    let mut others = Vec::new();
    for part in conjuncts(filter) {
        match part {
            Checked::Is(Predicate::Id(IdColumn::Unit, some)) => narrow(&mut units, some),
            _ => others.push(part),
        }
    }
    match units {
        None => filter.clone(),
        Some(units) if units.is_empty() => Checked::Nothing,
        Some(units) => {
            let others: Vec<Checked> = others.iter().map(|part| part.of_units(&units)).collect();
            let named = Checked::Is(Predicate::Id(IdColumn::Unit, units));
            Checked::and(std::iter::once(named).chain(others).collect())
        }
    }
}

/// Leaves of the values that a column may have those that a further test leaves.
fn narrow<T: Ord + Clone>(among: &mut Option<BTreeSet<T>>, some: &BTreeSet<T>) {
    match among {
        Some(among) => among.retain(|value| some.contains(value)),
        None => *among = Some(some.clone()),
    }
}

/// Returns tests that must all be true with no more than the tightest bounds of the due instant: an engine enters an
/// index by one of them, and reads what the others leave out.
fn tightest(mut parts: Vec<Checked>) -> Vec<Checked> {
    let open = parts.contains(&Checked::Is(Predicate::Flag(Flag::Open)));
    let latest = parts.iter().filter_map(|part| due_before(part, open)).min();
    if let Some(latest) = latest {
        parts.retain(|part| due_before(part, open).is_none_or(|bound| bound == latest));
    }
    // What is due after an instant may be due never, unless it is due before another.
    let counts = |part: &Checked| latest.is_some() || matches!(part, Checked::Not(_));
    let bound = |part: &Checked| due_from(part, open).filter(|_| counts(part));
    if let Some(earliest) = parts.iter().filter_map(bound).max() {
        parts.retain(|part| bound(part).is_none_or(|bound| bound == earliest));
    }
    parts
}

/// Returns the instant before which a test says that a case is due, and whether at that instant itself too.
fn due_before(part: &Checked, open: bool) -> Option<(Timestamp, bool)> {
    match part {
        Checked::Is(Predicate::Late { now }) if open => Some((*now, false)),
        Checked::Is(Predicate::Instant(InstantColumn::Due, Order::Less, at)) => Some((*at, false)),
        Checked::Is(Predicate::Instant(InstantColumn::Due, Order::AtMost, at)) => Some((*at, true)),
        _ => None,
    }
}

/// Returns the instant from which on a test says that a case is due, and whether not yet at that instant itself.
fn due_from(part: &Checked, open: bool) -> Option<(Timestamp, bool)> {
    match part {
        Checked::Is(Predicate::Instant(InstantColumn::Due, Order::AtLeast, at)) => Some((*at, false)),
        Checked::Is(Predicate::Instant(InstantColumn::Due, Order::More, at)) => Some((*at, true)),
        Checked::Not(part) => due_before(part, open),
        _ => None,
    }
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
        } else if *test == Checked::not(open) || says_end(test) {
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

/// Whether a test is of an instant at which a case ended, and so true of what has ended only.
fn says_end(test: &Checked) -> bool {
    match test {
        Checked::Is(Predicate::Instant(column, _, _) | Predicate::Present(Column::Instant(column))) => {
            *column == InstantColumn::Closed
        }
        _ => false,
    }
}

/// Returns filters of which every case of some ways meets just one, each with the order that it is read in: the list's
/// own, but in a list by the end, where what has not ended is read by when it was raised. What comes behind the others
/// stands behind them.
pub(super) fn parts(ways: &[Checked], sort: Sort) -> Vec<(Checked, Sort)> {
    if sort.by != SortBy::Closed {
        return ways.iter().map(|way| (way.clone(), sort)).collect();
    }
    let open = Checked::Is(Predicate::Flag(Flag::Open));
    let mut parts = Vec::with_capacity(2 * ways.len());
    for way in ways {
        let of = |test: &Checked| told(&Checked::and(vec![way.clone(), test.clone()]));
        match (of(&Checked::not(open.clone())), of(&open)) {
            (_, Checked::Nothing) => parts.push((way.clone(), sort)),
            (Checked::Nothing, _) => parts.push((way.clone(), sort.of_open())),
            (ended, open) => parts.extend([(ended, sort), (open, sort.of_open())]),
        }
    }
    parts.sort_by_key(|(_, order)| sort.is_behind(*order));
    parts
}

/// Returns the same filter with the phases that follow from it, where an index over what is open, or over all, can
/// only be entered by them.
pub(super) fn entered(filter: &Checked) -> Checked {
    let mut phases = Phases::all();
    conjuncts(filter).into_iter().for_each(|part| phases.narrow(part));
    if phases.named || phases.among.len() == PHASES.len() || paths::is_stage(filter) {
        return filter.clone();
    }
    Checked::and(vec![filter.clone(), Checked::Is(Predicate::Phase(phases.among))])
}

/// Returns what is true wherever a test is, in the words that an index has for it.
fn follows(predicate: &Predicate) -> Option<Checked> {
    let Predicate::Number(column, order, value) = predicate else {
        return None;
    };
    let least = match order {
        Order::Equal | Order::AtLeast => *value,
        Order::More => value.saturating_add(1),
        Order::Unequal | Order::Less | Order::AtMost => 0,
    };
    let from = match column {
        NumberColumn::Returns | NumberColumn::Reopened => 1,
        NumberColumn::Severity => SEVERE,
    };
    (least >= from).then_some(Checked::Is(Predicate::Number(*column, Order::AtLeast, from)))
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter::UnitSet;
    use bihuan_core::id::UnitId;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn due(order: Order, second: i64) -> Checked {
        Checked::Is(Predicate::Instant(InstantColumn::Due, order, at(second)))
    }

    fn word(column: WordColumn, words: &[&str]) -> Checked {
        let words = words.iter().map(|word| (*word).to_owned());
        Checked::Is(Predicate::Word(column, words.collect()))
    }

    #[test]
    fn of_several_bounds_of_the_due_instant_the_tightest_are_left() {
        let open = Checked::Is(Predicate::Flag(Flag::Open));
        let late = Checked::Is(Predicate::Late { now: at(50) });
        let all = |parts: &[&Checked]| Checked::and(parts.iter().map(|part| (*part).clone()).collect());
        let (not_late, after) = (Checked::not(late.clone()), Checked::not(due(Order::AtMost, 70)));
        assert_eq!(told(&all(&[&open, &not_late, &after])), all(&[&open, &after]));
        let (from, before) = (due(Order::AtLeast, 40), due(Order::Less, 60));
        let today = told(&all(&[&open, &from, &before, &not_late]));
        assert_eq!(today, all(&[&open, &before, &not_late]));
        // What has no due instant is due after all others, but not by itself.
        let never = all(&[&open, &from, &not_late]);
        assert_eq!(told(&never), never);
        // Of what has ended, being late is something else.
        let ended = all(&[&late, &due(Order::Less, 40)]);
        assert_eq!(told(&ended), ended);
    }

    #[test]
    fn a_list_by_the_end_has_a_part_for_what_has_not_ended_where_there_may_be_any() {
        let newest = Sort {
            by: SortBy::Closed,
            descending: true,
        };
        let orders = |filter: &Checked, sort: Sort| {
            let parts = parts(&[told(filter)], sort);
            parts.into_iter().map(|(_, order)| order).collect::<Vec<_>>()
        };
        let kind = word(WordColumn::Kind, &["help"]);
        assert_eq!(orders(&kind, newest), [newest, newest.of_open()]);
        let oldest = Sort {
            descending: false,
            ..newest
        };
        assert_eq!(orders(&kind, oldest), [oldest.of_open(), oldest]);
        let phase = |phase: Phase| Checked::Is(Predicate::Phase([phase].into()));
        assert_eq!(orders(&phase(Phase::Watch), newest), [newest]);
        assert_eq!(orders(&phase(Phase::Act), newest), [newest.of_open()]);
        let lately = Checked::Is(Predicate::Instant(InstantColumn::Closed, Order::AtLeast, at(5)));
        assert_eq!(orders(&lately, newest), [newest]);
    }

    #[test]
    fn what_is_asked_of_a_kind_twice_is_asked_once() {
        let kinds = |words| word(WordColumn::Kind, words);
        let scope = kinds(&["help", "report", "suggestion"]);
        let filter = |asked| Checked::and(vec![scope.clone(), asked]);
        assert_eq!(told(&filter(kinds(&["help", "secret"]))), kinds(&["help"]));
        assert_eq!(told(&filter(kinds(&["secret"]))), Checked::Nothing);
    }

    #[test]
    fn what_a_scope_and_a_page_say_of_the_unit_is_asked_once() {
        let units = |ids: &[u128]| ids.iter().map(|id| Uuid::from_u128(*id)).collect();
        let of = |ids| Checked::Is(Predicate::Id(IdColumn::Unit, units(ids)));
        let helps = Checked::Is(Predicate::AnyUnit(
            UnitSet::CoUnit,
            [UnitId(Uuid::from_u128(1))].into(),
        ));
        let scope = Checked::or(vec![of(&[1]), helps.clone()]);
        let seen = |page| told(&Checked::and(vec![scope.clone(), of(page)]));
        assert_eq!(seen(&[1]), of(&[1]));
        assert_eq!(seen(&[2]), Checked::and(vec![of(&[2]), helps.clone()]));
        assert_eq!(seen(&[1, 2]), Checked::and(vec![of(&[1, 2]), scope.clone()]));
        assert_eq!(told(&Checked::and(vec![of(&[1]), of(&[2])])), Checked::Nothing);
        // What the unit of the page handles is found by its own index, not among all units of the page.
        let whole = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        let ways = paths::ways(&seen(&whole));
        assert_eq!(ways[0], of(&[1]));
        assert_eq!(ways.len(), 2);
    }

    #[test]
    fn what_is_very_severe_is_severe() {
        let severity = |order, value| Checked::Is(Predicate::Number(NumberColumn::Severity, order, value));
        let severe = severity(Order::AtLeast, SEVERE);
        let gravest = severity(Order::Equal, 5);
        assert_eq!(told(&gravest), Checked::and(vec![severe.clone(), gravest]));
        assert_eq!(told(&severe), severe);
        assert_eq!(told(&severity(Order::AtLeast, 3)), severity(Order::AtLeast, 3));
    }
}
