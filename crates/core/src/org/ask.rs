//! What the org tree answers.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Duty, Org, Person, Post, Substitution, Tenure, Unit, UnitRecord};
use crate::id::{PersonId, PostId, UnitId};

impl UnitRecord {
    /// Returns whether the unit is founded and not dissolved on that day.
    pub fn is_there(&self, on: Date) -> bool {
        self.unit.founded_on <= on && self.dissolved_on.is_none_or(|gone| on < gone)
    }

    /// Returns the unit above it on that day; before its founding, the one it was founded under.
    pub fn parent_on(&self, on: Date) -> Option<UnitId> {
        let past = self.parents.iter().rev().find(|(day, _)| *day <= on);
        past.or_else(|| self.parents.first())
            .and_then(|(_, parent)| *parent)
    }
}

impl Org {
    /// Returns a unit, as it was last told.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.get(&id).map(|record| &record.unit)
    }

    /// Returns a unit with its history.
    pub fn unit_record(&self, id: UnitId) -> Option<&UnitRecord> {
        self.units.get(&id)
    }

    /// Returns whether the unit is founded and not dissolved on that day.
    pub fn is_there(&self, id: UnitId, on: Date) -> bool {
        self.units.get(&id).is_some_and(|record| record.is_there(on))
    }

    /// Returns every unit, dissolved ones too, in the order of their ids.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values().map(|record| &record.unit)
    }

    /// Returns every person, in the order of their ids.
    pub fn persons(&self) -> impl Iterator<Item = &Person> {
        self.persons.values()
    }

    /// Returns every post, in the order of their ids.
    pub fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values()
    }

    /// Returns a person.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.persons.get(&id)
    }

    /// Returns a post.
    pub fn post(&self, id: PostId) -> Option<&Post> {
        self.posts.get(&id)
    }

    /// Returns the units that are called `name`: the one whose code it is, else all that have it as
    /// their Chinese or English name or as an alias; those still there before dissolved ones.
    pub fn units_named(&self, name: &str) -> Vec<&Unit> {
        if let Some(unit) = self.units().find(|unit| unit.code == name) {
            return vec![unit];
        }
        let called = |unit: &Unit| {
            unit.name.zh == name || unit.name.en == name || unit.aliases.iter().any(|alias| alias == name)
        };
        let records = self.units.values().filter(|record| called(&record.unit));
        let (mut there, gone): (Vec<_>, Vec<_>) = records.partition(|record| record.dissolved_on.is_none());
        there.extend(gone);
        there.into_iter().map(|record| &record.unit).collect()
    }

    /// Returns the units there on a day of whose names or aliases `part` is a part, whatever its case, by code.
    pub fn units_fitting(&self, part: &str, on: Date) -> Vec<&Unit> {
        let part = part.to_lowercase();
        let fits = |name: &str| name.to_lowercase().contains(&part);
        let called = |unit: &&Unit| {
            fits(&unit.name.zh) || fits(&unit.name.en) || unit.aliases.iter().any(|alias| fits(alias))
        };
        let units = self.units().filter(|unit| self.is_there(unit.id, on));
        let mut fitting: Vec<&Unit> = units.filter(called).collect();
        fitting.sort_by(|a, b| a.code.cmp(&b.code));
        fitting
    }

    /// Returns the unit that is called `name`, unless several still there are.
    pub fn unit_by_name(&self, name: &str) -> Option<&Unit> {
        let named = self.units_named(name);
        let still = |unit: &&&Unit| self.units.get(&unit.id).is_some_and(|r| r.dissolved_on.is_none());
        match named.iter().filter(still).count() {
            0 | 1 => named.first().copied(),
            2.. => None,
        }
    }

    /// Returns the person whose name in either language is `name`, unless there are several.
    pub fn person_by_name(&self, name: &str) -> Option<&Person> {
        let mut called = self
            .persons()
            .filter(|person| person.name.zh == name || person.name.en == name);
        let first = called.next();
        if called.next().is_none() { first } else { None }
    }

    /// Returns the unit and all below it, by the last known place of each.
    pub fn subtree(&self, id: UnitId) -> BTreeSet<UnitId> {
        self.subtree_on(id, Date::MAX)
    }

    /// Returns the unit and all below it in the tree of that day: units founded by then, dissolved ones
    /// at their last place. Empty where there was no such unit.
    pub fn subtree_on(&self, id: UnitId, on: Date) -> BTreeSet<UnitId> {
        let founded = self.units.values().filter(|record| record.unit.founded_on <= on);
        founded
            .map(|record| record.unit.id)
            .filter(|unit| self.is_under_on(*unit, id, on))
            .collect()
    }

    /// Returns whether a unit is `ancestor` or under it, by the last known place of each.
    pub fn is_under(&self, id: UnitId, ancestor: UnitId) -> bool {
        self.is_under_on(id, ancestor, Date::MAX)
    }

    /// Returns whether a unit was `ancestor` or under it on that day.
    pub fn is_under_on(&self, id: UnitId, ancestor: UnitId, on: Date) -> bool {
        id == ancestor || self.ancestors_on(id, on).any(|above| above == ancestor)
    }

    /// Returns the units above a unit, nearest first, by the last known place of each.
    pub fn ancestors(&self, id: UnitId) -> impl Iterator<Item = UnitId> {
        self.ancestors_on(id, Date::MAX)
    }

    /// Returns the units that were above a unit on that day, nearest first.
    pub fn ancestors_on(&self, id: UnitId, on: Date) -> impl Iterator<Item = UnitId> {
        let above = move |id: &UnitId| self.units.get(id).and_then(|record| record.parent_on(on));
        std::iter::successors(above(&id), above)
    }

    /// Returns who held the post on that day.
    pub fn holder_on(&self, post: PostId, on: Date) -> Option<PersonId> {
        let mut of_post = self.tenures.iter().filter(|tenure| tenure.post == post);
        of_post
            .find(|tenure| runs(tenure.from, tenure.until, on))
            .map(|tenure| tenure.person)
    }

    /// Returns the posts that a person held and holds, oldest first.
    pub fn tenures_of(&self, person: PersonId) -> Vec<Tenure> {
        let mut tenures: Vec<Tenure> = self
            .tenures
            .iter()
            .filter(|tenure| tenure.person == person)
            .copied()
            .collect();
        tenures.sort_by_key(|tenure| (tenure.from, tenure.post));
        tenures
    }

    /// Returns who held and holds a post, the newest first.
    pub fn tenures_at(&self, post: PostId) -> Vec<Tenure> {
        let of_post = self.tenures.iter().filter(|tenure| tenure.post == post);
        let mut tenures: Vec<Tenure> = of_post.copied().collect();
        tenures.sort_by_key(|tenure| std::cmp::Reverse((tenure.from, tenure.person)));
        tenures
    }

    /// Returns the posts of a unit, in the order of their ids.
    pub fn posts_of(&self, unit: UnitId) -> impl Iterator<Item = &Post> {
        self.posts().filter(move |post| post.unit == unit)
    }

    /// Returns the units whose duty a category is on that day: those that have the category itself, else
    /// those that have the nearest one above it.
    pub fn duty_for(&self, category: &str, on: Date) -> Vec<UnitId> {
        let mut wanted = Some(category);
        while let Some(code) = wanted {
            let has = |duty: &&Duty| duty.category == code && runs(duty.from, duty.until, on);
            let units: BTreeSet<UnitId> = self.duties.iter().filter(has).map(|duty| duty.unit).collect();
            if !units.is_empty() {
                return units.into_iter().collect();
            }
            wanted = code.rsplit_once('.').map(|(above, _)| above);
        }
        Vec::new()
    }

    /// Returns the categories that are a unit's duty on that day.
    pub fn duties_of(&self, unit: UnitId, on: Date) -> Vec<&str> {
        let held = self
            .duties
            .iter()
            .filter(|duty| duty.unit == unit && runs(duty.from, duty.until, on));
        held.map(|duty| duty.category.as_str()).collect()
    }

    /// Returns the roles that a person has on that day, each with the unit it is held in.
    pub fn roles_of(&self, person: PersonId, on: Date) -> Vec<(&str, UnitId)> {
        let held = self.roles.iter().filter(|held| held.person == person);
        held.filter(|held| runs(held.from, held.until, on))
            .map(|held| (held.role.as_str(), held.unit))
            .collect()
    }

    /// Returns every role that is held on that day: by whom, which, and in which unit.
    pub fn roles_on(&self, on: Date) -> impl Iterator<Item = (PersonId, &str, UnitId)> {
        let held = self
            .roles
            .iter()
            .filter(move |held| runs(held.from, held.until, on));
        held.map(|held| (held.person, held.role.as_str(), held.unit))
    }
}

impl Org {
    /// Returns whom a person stands in for on some day from `from` to `to`, both included; each once. Whoever
    /// stands in for those is not among them: a right that is lent is not lent on.
    pub fn stands_in_for(&self, substitute: PersonId, from: Date, to: Date) -> BTreeSet<PersonId> {
        let theirs = self
            .substitutions
            .iter()
            .filter(|one| one.substitute == substitute);
        theirs
            .filter(|one| one.from <= to && from < one.until)
            .map(|one| one.person)
            .collect()
    }

    /// Returns who stands in for a person on that day.
    pub fn substitute_on(&self, person: PersonId, on: Date) -> Option<PersonId> {
        let of_person = self.substitutions.iter().filter(|one| one.person == person);
        let mut then = of_person.filter(|one| one.from <= on && on < one.until);
        then.next().map(|one| one.substitute)
    }

    /// Returns who stood and stands in for a person, the newest first.
    pub fn substitutes_of(&self, person: PersonId) -> Vec<Substitution> {
        let of_person = self.substitutions.iter().filter(|one| one.person == person);
        let mut found: Vec<Substitution> = of_person.copied().collect();
        found.sort_by_key(|one| std::cmp::Reverse((one.from, one.until)));
        found
    }

    /// Returns the units in which a person has a post or a role on that day.
    pub fn units_of(&self, person: PersonId, on: Date) -> BTreeSet<UnitId> {
        let held = self.tenures.iter().filter(|held| held.person == person);
        let posts = held.filter(|held| runs(held.from, held.until, on));
        let posts = posts
            .filter_map(|held| self.posts.get(&held.post))
            .map(|post| post.unit);
        let roles = self.roles_of(person, on).into_iter().map(|(_, unit)| unit);
        posts.chain(roles).collect()
    }

    /// Returns the units that a person leads on that day.
    pub fn led_by(&self, person: PersonId, on: Date) -> BTreeSet<UnitId> {
        let held = self.tenures.iter().filter(|held| held.person == person);
        let posts = held.filter(|held| runs(held.from, held.until, on));
        let posts = posts.filter_map(|held| self.posts.get(&held.post));
        posts.filter(|post| post.head).map(|post| post.unit).collect()
    }
}

/// Returns whether what runs from `from` until, and without, `until` runs on that day.
fn runs(from: Date, until: Option<Date>, on: Date) -> bool {
    from <= on && until.is_none_or(|until| on < until)
}
