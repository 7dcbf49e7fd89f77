//! The filter as written to the filter as evaluated: names become ids, days become instants.

use std::collections::BTreeSet;

use crate::clock::{self, Direction, Limit};
use crate::filter::ast::{
    Ast, CountField, DateField, LengthField, Measure, Name, NameField, NameValue, Order, Relation, Span,
    Term, Test, When,
};
use crate::filter::checked::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, PersonSet, Predicate, Run, UnitSet, WordColumn,
};
use crate::filter::fault::{Fault, FaultKind, Instead};
use crate::filter::late::DayTable;
use crate::filter::names::Party;
use crate::filter::{Scene, days};
use crate::id::{PersonId, UnitId};

/// Resolves the names and the relative dates of a filter.
///
/// # Errors
/// Every name that is unknown or means several things, `me` and `my unit` where nobody looks, dates that
/// no calendar covers, and texts without a word to search for, each at its place in the filter's text.
pub fn check(ast: &Ast, scene: &Scene<'_>) -> Result<Checked, Vec<Fault>> {
    let mut checker = Checker {
        scene,
        faults: Vec::new(),
    };
    let checked = checker.ast(ast);
    if checker.faults.is_empty() {
        Ok(checked)
    } else {
        Err(checker.faults)
    }
}

struct Checker<'a> {
    scene: &'a Scene<'a>,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn ast(&mut self, ast: &Ast) -> Checked {
        match ast {
            Ast::Everything => Checked::everything(),
            Ast::And(parts) => Checked::and(parts.iter().map(|part| self.ast(part)).collect()),
            Ast::Or(parts) => Checked::or(parts.iter().map(|part| self.ast(part)).collect()),
            Ast::Not(part) => Checked::not(self.ast(part)),
            Ast::Term(term) => self.term(term),
        }
    }

    fn term(&mut self, term: &Term) -> Checked {
        match &term.test {
            Test::Name {
                field,
                relation,
                names,
            } => self.names(*field, *relation, names),
            Test::Phase { relation, phases } => {
                let among = Checked::Is(Predicate::Phase(phases.iter().copied().collect()));
                turned(*relation, among, None)
            }
            Test::Count { field, measure } => counted(*field, measure),
            Test::Date { field, measure } => self.dated(*field, measure, &term.span),
            Test::Length { field, order, limit } => self.length(*field, *order, *limit),
            Test::NumberStarts(prefix) => Checked::Is(Predicate::NumberStarts(prefix.clone())),
            Test::Flag(flag) => Checked::Is(Predicate::Flag(*flag)),
            Test::Overdue => Checked::Is(Predicate::Late { now: self.scene.now }),
            Test::Text(said) => self.text(said, &term.span),
        }
    }

    fn names(&mut self, field: NameField, relation: Relation, names: &[Name]) -> Checked {
        let under = matches!(relation, Relation::Under | Relation::NotUnder);
        match field {
            NameField::Unit => self.unit_column(IdColumn::Unit, relation, names),
            NameField::FinderUnit => self.unit_column(IdColumn::FinderUnit, relation, names),
            NameField::Person => self.person_column(IdColumn::Person, relation, names),
            NameField::Finder => self.person_column(IdColumn::Finder, relation, names),
            NameField::CoUnit => {
                let units = self.each(names, |this, name| this.units(name, under));
                let units = units.into_iter().flatten().collect();
                turned(
                    relation,
                    Checked::Is(Predicate::AnyUnit(UnitSet::CoUnit, units)),
                    None,
                )
            }
            NameField::Accused => {
                let parties = self.each(names, |this, name| this.parties(name, under));
                let (units, persons) = apart(parties.into_iter().flatten());
                turned(relation, Checked::accuses(units, persons), None)
            }
            NameField::Instructor => {
                let persons = self.each(names, |this, name| this.person(name));
                let among = persons.into_iter().collect();
                let among = Predicate::AnyPerson(PersonSet::Instructor, among);
                turned(relation, Checked::Is(among), None)
            }
            NameField::State => {
                let states = self.each(names, |this, name| {
                    this.scene.state(said(name)?, name.span.0.clone())
                });
                turned(relation, Checked::or(states), None)
            }
            NameField::Category if under => {
                let codes = self.each(names, |this, name| this.words(NameField::Category, name));
                let codes = codes.into_iter().flatten();
                let any = codes
                    .map(|code| Checked::Is(Predicate::CategoryUnder(code)))
                    .collect();
                turned(
                    relation,
                    Checked::or(any),
                    Some(Column::Word(WordColumn::Category)),
                )
            }
            NameField::Category => self.word_column(field, WordColumn::Category, relation, names),
            NameField::Kind => self.word_column(field, WordColumn::Kind, relation, names),
            NameField::Channel => self.word_column(field, WordColumn::Channel, relation, names),
            NameField::Source => self.word_column(field, WordColumn::Source, relation, names),
            NameField::Campaign => {
                let campaigns = self.each(names, |_, name| said(name).map(str::to_owned));
                turned(
                    relation,
                    Checked::Is(Predicate::AnyCampaign(campaigns.into_iter().collect())),
                    None,
                )
            }
            NameField::Number => {
                let numbers = self.each(names, |_, name| said(name).map(str::to_owned));
                let among = Predicate::Word(WordColumn::Number, numbers.into_iter().collect());
                turned(relation, Checked::Is(among), None)
            }
        }
    }

    fn unit_column(&mut self, column: IdColumn, relation: Relation, names: &[Name]) -> Checked {
        let under = matches!(relation, Relation::Under | Relation::NotUnder);
        let units = self.each(names, |this, name| this.units(name, under));
        let ids = units.into_iter().flatten().map(|unit| unit.0).collect();
        turned(
            relation,
            Checked::Is(Predicate::Id(column, ids)),
            Some(Column::Id(column)),
        )
    }

    fn person_column(&mut self, column: IdColumn, relation: Relation, names: &[Name]) -> Checked {
        let persons = self.each(names, |this, name| this.person(name));
        let ids = persons.into_iter().map(|person| person.0).collect();
        turned(
            relation,
            Checked::Is(Predicate::Id(column, ids)),
            Some(Column::Id(column)),
        )
    }

    fn word_column(
        &mut self,
        field: NameField,
        column: WordColumn,
        relation: Relation,
        names: &[Name],
    ) -> Checked {
        let words = self.each(names, |this, name| this.words(field, name));
        let words = words.into_iter().flatten().collect();
        turned(
            relation,
            Checked::Is(Predicate::Word(column, words)),
            Some(Column::Word(column)),
        )
    }

    /// Resolves every name; those that cannot be become faults.
    fn each<T>(&mut self, names: &[Name], resolve: impl Fn(&Self, &Name) -> Result<T, Fault>) -> Vec<T> {
        let mut resolved = Vec::with_capacity(names.len());
        for name in names {
            match resolve(self, name) {
                Ok(value) => resolved.push(value),
                Err(fault) => self.faults.push(fault),
            }
        }
        resolved
    }

    fn words(&self, field: NameField, name: &Name) -> Result<Vec<String>, Fault> {
        self.scene.words(field, said(name)?, name.span.0.clone())
    }

    fn person(&self, name: &Name) -> Result<PersonId, Fault> {
        match &name.value {
            NameValue::Said(said) => self.scene.person(said, name.span.0.clone()),
            NameValue::Me | NameValue::MyUnit => self.me(name),
        }
    }

    fn me(&self, name: &Name) -> Result<PersonId, Fault> {
        self.scene
            .me
            .ok_or_else(|| Fault::new(name.span.0.clone(), FaultKind::NoMe))
    }

    fn units(&self, name: &Name, under: bool) -> Result<BTreeSet<UnitId>, Fault> {
        let units = match &name.value {
            NameValue::Said(said) => vec![self.scene.unit(said, name.span.0.clone())?],
            NameValue::MyUnit | NameValue::Me if self.scene.my_units.is_empty() => {
                return Err(Fault::new(name.span.0.clone(), FaultKind::NoMyUnit));
            }
            NameValue::MyUnit | NameValue::Me => self.scene.my_units.to_vec(),
        };
        Ok(if under {
            self.subtrees(&units)
        } else {
            units.into_iter().collect()
        })
    }

    fn subtrees(&self, units: &[UnitId]) -> BTreeSet<UnitId> {
        let on = self
            .scene
            .tree_on
            .unwrap_or_else(|| self.scene.calendar.date_of(self.scene.now));
        let below = units.iter().flat_map(|unit| self.scene.org.subtree_on(*unit, on));
        // A unit is under itself even on a day before it was founded.
        below.chain(units.iter().copied()).collect()
    }

    fn parties(&self, name: &Name, under: bool) -> Result<Vec<Party>, Fault> {
        let units = |units: BTreeSet<UnitId>| units.into_iter().map(Party::Unit).collect();
        match &name.value {
            NameValue::Me => Ok(vec![Party::Person(self.me(name)?)]),
            NameValue::MyUnit => self.units(name, under).map(units),
            NameValue::Said(said) => match self.scene.unit_or_person(said, name.span.0.clone())? {
                Party::Unit(unit) if under => Ok(units(self.subtrees(&[unit]))),
                party => Ok(vec![party]),
            },
        }
    }

    fn dated(&mut self, field: DateField, measure: &Measure<When>, at: &Span) -> Checked {
        let column = match field {
            DateField::Raised => InstantColumn::Raised,
            DateField::Changed => InstantColumn::Changed,
            DateField::Closed => InstantColumn::Closed,
            DateField::Due => InstantColumn::Due,
        };
        let mut one = |order, when: &When| match days::span(*when, self.scene.calendar, self.scene.now) {
            Some((first, after)) => spanned(column, order, first, after),
            None => {
                self.faults.push(Fault::new(at.0.clone(), FaultKind::TooFar));
                Checked::nothing()
            }
        };
        match measure {
            Measure::Order(order, when) => one(*order, when),
            Measure::In(list) => Checked::or(list.iter().map(|when| one(Order::Equal, when)).collect()),
            Measure::NotIn(list) => Checked::and(list.iter().map(|when| one(Order::Unequal, when)).collect()),
        }
    }

    /// Overdue by more means due earlier; more time left means due later.
    fn length(&self, field: LengthField, order: Order, limit: Limit) -> Checked {
        let Scene { calendar, now, .. } = *self.scene;
        Checked::Is(match field {
            LengthField::Overdue => {
                let run = Run::millis(limit).map_or_else(
                    || Run::WorkingDays {
                        from_now: clock::threshold(calendar, now, &limit, Direction::Ago),
                        by_day: DayTable::new(calendar, now, limit.amount),
                    },
                    Run::Millis,
                );
                Predicate::LateBy {
                    now,
                    order: mirrored(order),
                    run,
                }
            }
            LengthField::Remaining => Predicate::Left {
                now,
                order,
                at: clock::threshold(calendar, now, &limit, Direction::Ahead),
            },
        })
    }

    fn text(&mut self, said: &str, at: &Span) -> Checked {
        let tokens = (self.scene.tokens)(said);
        if tokens.is_empty() {
            let kind = FaultKind::NoWord(said.to_owned());
            self.faults.push(Fault::new(at.0.clone(), kind));
        }
        Checked::Is(Predicate::Text(tokens))
    }
}

/// Returns what a name says; `me` and `my unit` do not come where the field does not take them.
fn said(name: &Name) -> Result<&str, Fault> {
    match &name.value {
        NameValue::Said(said) => Ok(said),
        NameValue::Me | NameValue::MyUnit => Err(Fault::new(
            name.span.0.clone(),
            FaultKind::NotWhoLooks(Instead::Name),
        )),
    }
}

fn apart(parties: impl Iterator<Item = Party>) -> (BTreeSet<UnitId>, BTreeSet<PersonId>) {
    let (mut units, mut persons) = (BTreeSet::new(), BTreeSet::new());
    for party in parties {
        match party {
            Party::Unit(unit) => _ = units.insert(unit),
            Party::Person(person) => _ = persons.insert(person),
        }
    }
    (units, persons)
}

/// Returns `among`, turned around where the relation is negative: then the value must be there, if it can
/// be missing at all (`column`).
fn turned(relation: Relation, among: Checked, column: Option<Column>) -> Checked {
    match relation {
        Relation::Is | Relation::In | Relation::Under => among,
        Relation::IsNot | Relation::NotIn | Relation::NotUnder => {
            let present = column.map(|column| Checked::Is(Predicate::Present(column)));
            Checked::and(present.into_iter().chain([Checked::not(among)]).collect())
        }
    }
}

fn counted(field: CountField, measure: &Measure<u32>) -> Checked {
    let column = match field {
        CountField::Severity => NumberColumn::Severity,
        CountField::Returned => NumberColumn::Returns,
        CountField::Reopened => NumberColumn::Reopened,
    };
    let one = |order, value: &u32| Checked::Is(Predicate::Number(column, order, *value));
    match measure {
        Measure::Order(order, value) => one(*order, value),
        Measure::In(list) => Checked::or(list.iter().map(|value| one(Order::Equal, value)).collect()),
        Measure::NotIn(list) => Checked::and(list.iter().map(|value| one(Order::Unequal, value)).collect()),
    }
}

/// Compares an instant with a span of time: before it is before its first instant, after it is from the
/// first instant that is no longer in it, equal is within.
fn spanned(column: InstantColumn, order: Order, first: jiff::Timestamp, after: jiff::Timestamp) -> Checked {
    let instant = |order, at| Checked::Is(Predicate::Instant(column, order, at));
    match order {
        Order::Less => instant(Order::Less, first),
        Order::AtMost => instant(Order::Less, after),
        Order::More => instant(Order::AtLeast, after),
        Order::AtLeast => instant(Order::AtLeast, first),
        Order::Equal => Checked::and(vec![instant(Order::AtLeast, first), instant(Order::Less, after)]),
        Order::Unequal => Checked::or(vec![instant(Order::Less, first), instant(Order::AtLeast, after)]),
    }
}

fn mirrored(order: Order) -> Order {
    match order {
        Order::Equal | Order::Unequal => order,
        Order::Less => Order::More,
        Order::AtMost => Order::AtLeast,
        Order::More => Order::Less,
        Order::AtLeast => Order::AtMost,
    }
}
