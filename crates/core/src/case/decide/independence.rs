//! Nobody verifies their own work.
//!
//! Own is what lies in the subtree of a unit that was ever responsible in the case, or is a co-unit of it
//! now: by today's tree, and by the tree of every day since the case was raised, so that moving a desk in
//! the organisation chart makes nobody independent. A verifier counts with every unit they held a post or
//! a role in during that time, not only with the one they act for.
//!
//! Whoever stood in for somebody during that time counts with that person's units too, and may be in charge
//! through them: a right that is lent makes nobody independent.
//!
//! Everybody in the tree is under its topmost unit, so only a body that stands outside the tree verifies
//! what that unit did.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Matter;
use crate::case::refusal::Refusal;
use crate::id::{PersonId, UnitId};
use crate::org::{Org, UnitRecord};

impl Matter<'_> {
    /// Refuses a verifier who has a part in the work, as things stood until `verified_on`.
    ///
    /// Units are judged by every tree until today; the person's own posts only until they verified, since
    /// a later appointment does not undo what they saw.
    pub(super) fn refuse_own_work(
        &self,
        person: PersonId,
        unit: UnitId,
        verified_on: Date,
    ) -> Result<(), Refusal> {
        let raised_on = self.ctx.calendar.date_of(self.case.raised_at);
        // Who stood in until the day on which it was raised may have ended that on this very day, after what they did.
        let lent_since = raised_on.yesterday().unwrap_or(raised_on);
        let people = people_of(self.ctx.org, person, lent_since, verified_on);
        let mut theirs = units_of(self.ctx.org, &people, raised_on, verified_on);
        theirs.insert(unit);
        let days = days_of_other_trees(self.ctx.org, raised_on, self.today());
        for responsible in self.responsible_ever() {
            let own = |unit: &UnitId| self.is_under_on_any(*unit, responsible, &days);
            let in_charge = self.case.unit == Some(responsible) && self.is_in_charge(&people);
            if in_charge || theirs.iter().any(own) || self.lacks_outsider(responsible, unit, &days) {
                return Err(Refusal::OwnWork(responsible));
            }
        }
        Ok(())
    }

    /// Refuses an actor who is in charge, or in the subtree of a unit that was ever responsible, today:
    /// by the unit they act for, or by any other they have a post or a role in.
    ///
    /// Weaker than what a verifier must fulfil: for taking down what the reporter says on the telephone.
    pub(super) fn refuse_part_in_the_work(&self, person: PersonId, unit: UnitId) -> Result<(), Refusal> {
        let today = self.today();
        let people = people_of(self.ctx.org, person, today, today);
        let mut theirs = units_of(self.ctx.org, &people, today, today);
        theirs.insert(unit);
        let in_charge = self.case.unit.filter(|_| self.is_in_charge(&people));
        let own = |responsible: &UnitId| {
            Some(*responsible) == in_charge
                || theirs.iter().any(|unit| self.is_under_today(*unit, *responsible))
        };
        let found = self.responsible_ever().find(own);
        found.map_or(Ok(()), |responsible| Err(Refusal::OwnWork(responsible)))
    }

    fn is_in_charge(&self, people: &BTreeSet<PersonId>) -> bool {
        self.case.person.is_some_and(|person| people.contains(&person))
    }

    /// Returns whether `unit` is `ancestor` or under it in today's tree.
    pub(super) fn is_under_today(&self, unit: UnitId, ancestor: UnitId) -> bool {
        self.is_under_on_any(unit, ancestor, &[self.today()])
    }

    fn responsible_ever(&self) -> impl Iterator<Item = UnitId> {
        self.case
            .ever_responsible
            .iter()
            .chain(&self.case.co_units)
            .copied()
    }

    fn is_under_on_any(&self, unit: UnitId, ancestor: UnitId, days: &[Date]) -> bool {
        days.iter()
            .any(|day| self.ctx.org.is_under_on(unit, ancestor, *day))
    }

    /// Whether `responsible` stood on top of the tree and `unit` is not a body outside it.
    fn lacks_outsider(&self, responsible: UnitId, unit: UnitId, days: &[Date]) -> bool {
        let units = &self.ctx.org.units;
        let outside = units.get(&unit).is_some_and(|record| record.unit.external);
        let on_top = |record: &UnitRecord| {
            !record.unit.external && days.iter().any(|day| record.parent_on(*day).is_none())
        };
        !outside && units.get(&responsible).is_some_and(on_top)
    }
}

/// Returns the days from `from` to `to` on which the tree may differ from that of the day before, with
/// both ends.
fn days_of_other_trees(org: &Org, from: Date, to: Date) -> Vec<Date> {
    let moves = org.units.values().flat_map(|record| &record.parents);
    let between = moves.map(|(on, _)| *on).filter(|on| from < *on && *on < to);
    let days: BTreeSet<Date> = between.chain([from, to]).collect();
    days.into_iter().collect()
}

/// Returns `person` and everybody they stood in for on some day from `from` to `to`.
pub(super) fn people_of(org: &Org, person: PersonId, from: Date, to: Date) -> BTreeSet<PersonId> {
    let mut people = org.stands_in_for(person, from, to);
    people.insert(person);
    people
}

/// Returns the units in which any of `people` held a post or a role on some day from `from` to `to`.
pub(super) fn units_of(org: &Org, people: &BTreeSet<PersonId>, from: Date, to: Date) -> BTreeSet<UnitId> {
    let meets = |start: Date, end: Option<Date>| start <= to && end.is_none_or(|end| from < end);
    let tenures = org
        .tenures
        .iter()
        .filter(|held| people.contains(&held.person) && meets(held.from, held.until));
    let of_posts = tenures
        .filter_map(|held| org.posts.get(&held.post))
        .map(|post| post.unit);
    let roles = org
        .roles
        .iter()
        .filter(|held| people.contains(&held.person) && meets(held.from, held.until));
    of_posts.chain(roles.map(|held| held.unit)).collect()
}
