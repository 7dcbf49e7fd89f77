//! What may be named in a filter, and what a name means.

use std::collections::BTreeSet;
use std::ops::Range;

use uuid::Uuid;

use crate::filter::ast::NameField;
use crate::filter::checked::{Checked, Predicate, WordColumn};
use crate::filter::fault::{Fault, FaultKind};
use crate::filter::{Scene, nearest};
use crate::id::{PersonId, UnitId};
use crate::label::Label;

/// Something that can be named: by its id or code, or by its title in either language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<'a> {
    pub id: &'a str,
    pub title: &'a Label,
}

impl Scene<'_> {
    /// Returns what `field` may name of the packs; nothing for fields of other names.
    pub(super) fn named(&self, field: NameField) -> BTreeSet<Named<'_>> {
        let packs = self.packs.iter().copied();
        let kinds = packs.clone().flat_map(|pack| &pack.kinds);
        match field {
            NameField::Kind => kinds
                .map(|kind| Named {
                    id: &kind.id,
                    title: &kind.title,
                })
                .collect(),
            NameField::State => kinds
                .flat_map(|kind| &kind.states)
                .map(|state| Named {
                    id: &state.id,
                    title: &state.title,
                })
                .collect(),
            NameField::Category => packs
                .flat_map(|pack| pack.taxonomies.values())
                .flat_map(|taxonomy| &taxonomy.categories)
                .map(|category| Named {
                    id: &category.code,
                    title: &category.title,
                })
                .collect(),
            NameField::Channel => packs
                .flat_map(|pack| &pack.channels)
                .map(|channel| Named {
                    id: &channel.id,
                    title: &channel.title,
                })
                .collect(),
            NameField::Source => packs
                .flat_map(|pack| &pack.supervision_sources)
                .map(|source| Named {
                    id: &source.id,
                    title: &source.title,
                })
                .collect(),
            NameField::Unit | NameField::CoUnit | NameField::FinderUnit => BTreeSet::new(),
            NameField::Person | NameField::Finder | NameField::Accused | NameField::Instructor => {
                BTreeSet::new()
            }
            NameField::Campaign | NameField::Number => BTreeSet::new(),
        }
    }

    /// Returns the ids that `said` means among the names of `field`: the one that is its id, else those
    /// that it is the title of. Of kinds and categories a title must mean one; channels and sources of
    /// several packs may share one.
    pub(super) fn words(&self, field: NameField, said: &str, at: Range<usize>) -> Result<Vec<String>, Fault> {
        let named = self.named(field);
        if named.iter().any(|named| named.id == said) {
            return Ok(vec![said.to_owned()]);
        }
        let ids: BTreeSet<&str> = named
            .iter()
            .filter(|named| called(named.title, said))
            .map(|n| n.id)
            .collect();
        let must_be_one = matches!(field, NameField::Kind | NameField::Category);
        if ids.len() > 1 && must_be_one {
            return Err(ambiguous(said, at, &ids));
        }
        if ids.is_empty() {
            return Err(unknown(said, at, named.iter().flat_map(words_of)));
        }
        Ok(ids.into_iter().map(str::to_owned).collect())
    }

    /// Returns the test of a state by its id or its title. Kinds may share an id under different titles,
    /// so a title means the states of those kinds only.
    pub(super) fn state(&self, said: &str, at: Range<usize>) -> Result<Checked, Fault> {
        let states = || {
            let kinds = self.packs.iter().flat_map(|pack| &pack.kinds);
            kinds.flat_map(|kind| kind.states.iter().map(move |state| (kind, state)))
        };
        let word = |column, words| Checked::Is(Predicate::Word(column, words));
        let one = |id: &str| word(WordColumn::State, BTreeSet::from([id.to_owned()]));
        if states().any(|(_, state)| state.id == said) {
            return Ok(one(said));
        }
        let titled = || states().filter(|(_, state)| called(&state.title, said));
        let ids: BTreeSet<&str> = titled().map(|(_, state)| state.id.as_str()).collect();
        if ids.is_empty() {
            let named = self.named(NameField::State);
            return Err(unknown(said, at, named.iter().flat_map(words_of)));
        }
        let parts = ids.into_iter().map(|id| {
            if states().all(|(_, state)| state.id != id || called(&state.title, said)) {
                return one(id);
            }
            let kinds = titled()
                .filter(|(_, state)| state.id == id)
                .map(|(kind, _)| kind.id.clone());
            Checked::and(vec![word(WordColumn::Kind, kinds.collect()), one(id)])
        });
        Ok(Checked::or(parts.collect()))
    }

    /// Returns the unit that `said` means: its id, code, name or alias; one that is there before those
    /// that were dissolved.
    pub(super) fn unit(&self, said: &str, at: Range<usize>) -> Result<UnitId, Fault> {
        if let Some(unit) = self.unit_of_id(said) {
            return Ok(unit);
        }
        let named = self.org.units_named(said);
        let there = |id| {
            self.org
                .unit_record(id)
                .is_some_and(|record| record.dissolved_on.is_none())
        };
        let (living, gone): (Vec<_>, Vec<_>) = named.into_iter().partition(|unit| there(unit.id));
        let candidates = if living.is_empty() { gone } else { living };
        match candidates.as_slice() {
            [] => Err(unknown(said, at, self.unit_words())),
            [unit] => Ok(unit.id),
            several => Err(ambiguous(
                said,
                at,
                &several.iter().map(|unit| unit.code.as_str()).collect(),
            )),
        }
    }

    /// Returns the person that `said` means: their id or their name.
    pub(super) fn person(&self, said: &str, at: Range<usize>) -> Result<PersonId, Fault> {
        if let Some(person) = self.person_of_id(said) {
            return Ok(person);
        }
        let ids: Vec<PersonId> = self.persons_named(said).collect();
        match ids.as_slice() {
            [] => Err(unknown(said, at, self.person_words())),
            [person] => Ok(*person),
            several => {
                let ids: Vec<String> = several.iter().map(PersonId::to_string).collect();
                Err(ambiguous(said, at, &ids.iter().map(String::as_str).collect()))
            }
        }
    }

    /// Returns the unit or the person that `said` means.
    pub(super) fn unit_or_person(&self, said: &str, at: Range<usize>) -> Result<Party, Fault> {
        let is_unit = self.unit_of_id(said).is_some() || !self.org.units_named(said).is_empty();
        let is_person = self.person_of_id(said).is_some() || self.persons_named(said).next().is_some();
        match (is_unit, is_person) {
            (true, false) => self.unit(said, at).map(Party::Unit),
            (false, true) => self.person(said, at).map(Party::Person),
            (true, true) => Err(Fault::new(at, FaultKind::UnitAndPerson(said.to_owned()))),
            (false, false) => Err(unknown(said, at, self.unit_words().chain(self.person_words()))),
        }
    }

    fn unit_of_id(&self, said: &str) -> Option<UnitId> {
        let id = Uuid::parse_str(said).ok().map(UnitId);
        id.filter(|id| self.org.unit(*id).is_some())
    }

    fn person_of_id(&self, said: &str) -> Option<PersonId> {
        let id = Uuid::parse_str(said).ok().map(PersonId);
        id.filter(|id| self.org.person(*id).is_some())
    }

    fn persons_named<'b>(&'b self, said: &'b str) -> impl Iterator<Item = PersonId> + 'b {
        self.org
            .persons()
            .filter(move |person| called(&person.name, said))
            .map(|person| person.id)
    }

    fn unit_words(&self) -> impl Iterator<Item = &str> {
        self.org.units().flat_map(|unit| {
            let names = [unit.code.as_str(), &unit.name.zh, &unit.name.en];
            names.into_iter().chain(unit.aliases.iter().map(String::as_str))
        })
    }

    fn person_words(&self) -> impl Iterator<Item = &str> {
        self.org
            .persons()
            .flat_map(|person| [person.name.zh.as_str(), &person.name.en])
    }
}

/// Whom a case complains about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Unit(UnitId),
    Person(PersonId),
}

fn called(title: &Label, said: &str) -> bool {
    title.zh == said || !title.en.is_empty() && title.en.eq_ignore_ascii_case(said)
}

fn words_of<'a>(named: &Named<'a>) -> [&'a str; 3] {
    [named.id, &named.title.zh, &named.title.en]
}

fn unknown<'a>(said: &str, at: Range<usize>, known: impl Iterator<Item = &'a str>) -> Fault {
    let known = known.filter(|word| !word.is_empty());
    Fault::new(at, FaultKind::UnknownName(nearest::unknown(said, known)))
}

/// How many ids of things that share a name are told.
const SHOWN: usize = 5;

fn ambiguous(said: &str, at: Range<usize>, ids: &BTreeSet<&str>) -> Fault {
    let kind = FaultKind::Ambiguous {
        said: said.to_owned(),
        count: ids.len(),
        ids: ids.iter().take(SHOWN).map(|id| (*id).to_owned()).collect(),
    };
    Fault::new(at, kind)
}
