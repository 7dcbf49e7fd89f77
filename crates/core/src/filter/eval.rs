//! A checked filter in memory. The counterpart of `sql`, test by test.

use jiff::Timestamp;

use crate::case::facts::CaseFacts;
use crate::event::AccusedParty;
use crate::filter::ast::Order;
use crate::filter::checked::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, PersonSet, Predicate, Run, UnitSet, WordColumn,
};

impl Order {
    /// Returns whether `left` compares so with `right`.
    pub(super) fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Order::Equal => left == right,
            Order::Unequal => left != right,
            Order::Less => left < right,
            Order::AtMost => left <= right,
            Order::More => left > right,
            Order::AtLeast => left >= right,
        }
    }
}

impl Checked {
    /// Returns whether the filter is true of the case; `has_tokens` tells whether its text holds all of
    /// some search tokens.
    pub fn matches(&self, facts: &CaseFacts, has_tokens: &dyn Fn(&[String]) -> bool) -> bool {
        match self {
            Checked::Everything => true,
            Checked::Nothing => false,
            Checked::And(parts) => parts.iter().all(|part| part.matches(facts, has_tokens)),
            Checked::Or(parts) => parts.iter().any(|part| part.matches(facts, has_tokens)),
            Checked::Not(part) => !part.matches(facts, has_tokens),
            Checked::Is(predicate) => predicate.matches(facts, has_tokens),
        }
    }
}

impl Predicate {
    fn matches(&self, facts: &CaseFacts, has_tokens: &dyn Fn(&[String]) -> bool) -> bool {
        match self {
            Predicate::Id(column, among) => id(facts, *column).is_some_and(|id| among.contains(&id)),
            Predicate::Word(column, among) => word(facts, *column).is_some_and(|word| among.contains(word)),
            Predicate::Phase(among) => among.contains(&facts.phase),
            Predicate::CategoryUnder(code) => facts.category.as_deref().is_some_and(|category| {
                category
                    .strip_prefix(code.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
            Predicate::NumberStarts(prefix) => facts.number.starts_with(prefix.as_str()),
            Predicate::Present(column) => match *column {
                Column::Id(column) => id(facts, column).is_some(),
                Column::Word(column) => word(facts, column).is_some(),
                Column::Instant(column) => instant(facts, column).is_some(),
            },
            Predicate::AnyUnit(UnitSet::CoUnit, among) => {
                facts.co_units.iter().any(|unit| among.contains(unit))
            }
            Predicate::AnyUnit(UnitSet::Accused, among) => {
                facts.accused.iter().any(|accused| match accused {
                    AccusedParty::Unit(unit) => among.contains(unit),
                    AccusedParty::Person(_) => false,
                })
            }
            Predicate::AnyPerson(PersonSet::Accused, among) => {
                facts.accused.iter().any(|accused| match accused {
                    AccusedParty::Unit(_) => false,
                    AccusedParty::Person(person) => among.contains(person),
                })
            }
            Predicate::AnyPerson(PersonSet::Instructor, among) => {
                facts.instructors.iter().any(|person| among.contains(person))
            }
            Predicate::AnyCampaign(among) => facts.campaigns.iter().any(|campaign| among.contains(campaign)),
            Predicate::Number(column, order, value) => order.holds(number(facts, *column), *value),
            Predicate::Instant(column, order, at) => instant(facts, *column)
                .is_some_and(|instant| order.holds(instant.as_millisecond(), at.as_millisecond())),
            Predicate::Flag(flag) => facts.flags.contains(flag),
            Predicate::Accuses => !facts.accused.is_empty(),
            Predicate::Late { now } => late(facts, *now).is_some(),
            Predicate::LateBy { now, order, run } => {
                late(facts, *now).is_some_and(|due| order.holds(due, run.threshold(facts.closed_at, *now)))
            }
            Predicate::Left { now, order, at } => {
                facts.closed_at.is_none()
                    && facts.due_at.is_some_and(|due| {
                        due.as_millisecond() >= now.as_millisecond()
                            && order.holds(due.as_millisecond(), at.as_millisecond())
                    })
            }
            Predicate::Text(tokens) => has_tokens(tokens),
        }
    }
}

impl Run {
    fn threshold(&self, closed_at: Option<Timestamp>, now: Timestamp) -> i64 {
        match self {
            Run::Millis(millis) => closed_at.unwrap_or(now).as_millisecond() - millis,
            Run::WorkingDays { from_now, by_day } => match closed_at {
                Some(closed_at) => by_day.before(closed_at.as_millisecond()),
                None => from_now.as_millisecond(),
            },
        }
    }
}

/// Returns the due instant in milliseconds of a case that is late, or was when it closed.
fn late(facts: &CaseFacts, now: Timestamp) -> Option<i64> {
    let end = facts.closed_at.unwrap_or(now).as_millisecond();
    facts
        .due_at
        .map(Timestamp::as_millisecond)
        .filter(|due| *due < end)
}

fn id(facts: &CaseFacts, column: IdColumn) -> Option<uuid::Uuid> {
    match column {
        IdColumn::Unit => facts.unit.map(|unit| unit.0),
        IdColumn::Person => facts.person.map(|person| person.0),
        IdColumn::Finder => facts.finder.map(|(person, _)| person.0),
        IdColumn::FinderUnit => facts.finder.map(|(_, unit)| unit.0),
    }
}

fn word(facts: &CaseFacts, column: WordColumn) -> Option<&str> {
    match column {
        WordColumn::Number => Some(&facts.number),
        WordColumn::Kind => Some(&facts.kind),
        WordColumn::State => Some(&facts.state),
        WordColumn::Category => facts.category.as_deref(),
        WordColumn::Channel => Some(&facts.channel),
        WordColumn::Source => facts.source.as_deref(),
    }
}

fn number(facts: &CaseFacts, column: NumberColumn) -> u32 {
    match column {
        NumberColumn::Severity => u32::from(facts.severity),
        NumberColumn::Returns => facts.returns,
        NumberColumn::Reopened => facts.reopened,
    }
}

fn instant(facts: &CaseFacts, column: InstantColumn) -> Option<Timestamp> {
    match column {
        InstantColumn::Raised => Some(facts.raised_at),
        InstantColumn::Changed => Some(facts.changed_at),
        InstantColumn::Closed => facts.closed_at,
        InstantColumn::Due => facts.due_at,
    }
}
