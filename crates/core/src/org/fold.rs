//! How the org tree changes: each event is checked against the tree before it, then taken in.

use jiff::civil::Date;

use super::{Duty, Org, OrgEvent, RoleHeld, Substitution, Tenure, Unit, UnitRecord};
use crate::id::{PersonId, PostId, UnitId};

/// Why an event cannot follow the ones before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrgProblem {
    /// There is no such unit.
    #[error("there is no unit {0}")]
    UnknownUnit(UnitId),
    /// There is no such post.
    #[error("there is no post {0}")]
    UnknownPost(PostId),
    /// There is no such person.
    #[error("there is no person {0}")]
    UnknownPerson(PersonId),
    /// The id was given to something before.
    #[error("the id {0} is taken")]
    IdTaken(uuid::Uuid),
    /// Another unit has the code.
    #[error("the code {0:?} is taken by another unit")]
    CodeTaken(String),
    /// A unit would stand above itself.
    #[error("unit {unit} would stand above itself from {on}")]
    Cycle {
        /// The unit that was to be moved.
        unit: UnitId,
        /// The first day on which it would.
        on: Date,
    },
    /// The unit is not there on that day: not yet founded, or dissolved.
    #[error("unit {unit} is not there on {on}")]
    NotThere {
        /// The unit.
        unit: UnitId,
        /// The day.
        on: Date,
    },
    /// The unit still has units under it, which would hang in the air.
    #[error("unit {unit} still has unit {child} under it")]
    HasUnits {
        /// The unit that was to be dissolved.
        unit: UnitId,
        /// A unit under it.
        child: UnitId,
    },
    /// The day lies before one that is already on record for the same thing.
    #[error("{on} lies before {after}, which is already on record")]
    OutOfOrder {
        /// The day given.
        on: Date,
        /// The day on record.
        after: Date,
    },
    /// Somebody holds the post on that day or later.
    #[error("post {post} is held by {by}")]
    PostHeld {
        /// The post.
        post: PostId,
        /// Who holds it.
        by: PersonId,
    },
    /// Somebody else stands in for the person on one of the days.
    #[error("{by} stands in for {person} on one of these days")]
    HasSubstitute {
        /// Who is away.
        person: PersonId,
        /// Who stands in already.
        by: PersonId,
    },
    /// What is to be ended is not there, or what is to begin already is.
    #[error("{0}")]
    NothingToChange(&'static str),
}

impl Org {
    /// Takes in `event`, which happened after all events before it.
    ///
    /// # Errors
    /// [`OrgProblem`] if the event cannot follow them; the tree is then as it was.
    pub fn apply(&mut self, event: &OrgEvent) -> Result<(), OrgProblem> {
        match event {
            OrgEvent::UnitFounded(unit) => self.found_unit(unit),
            OrgEvent::UnitChanged {
                unit,
                on,
                parent,
                name,
            } => {
                if let Some(parent) = parent {
                    self.move_unit(*unit, *parent, *on)?;
                }
                let record = self.units.get_mut(unit).ok_or(OrgProblem::UnknownUnit(*unit))?;
                if let Some(name) = name {
                    record.unit.name = name.clone();
                }
                Ok(())
            }
            OrgEvent::UnitDissolved { unit, on, successor } => self.dissolve_unit(*unit, *on, *successor),
            OrgEvent::PostFounded(post) => {
                self.need_unit(post.unit, post.founded_on)?;
                match self.posts.get(&post.id) {
                    Some(_) => Err(OrgProblem::IdTaken(post.id.0)),
                    None => {
                        self.posts.insert(post.id, post.clone());
                        Ok(())
                    }
                }
            }
            OrgEvent::PersonAdded(person) => match self.persons.get(&person.id) {
                Some(_) => Err(OrgProblem::IdTaken(person.id.0)),
                None => {
                    self.persons.insert(person.id, person.clone());
                    Ok(())
                }
            },
            OrgEvent::TenureBegan { post, person, on } => self.begin_tenure(*post, *person, *on),
            OrgEvent::TenureEnded { post, person, on } => self.end_tenure(*post, *person, *on),
            OrgEvent::DutyGiven { unit, category, on } => self.give_duty(*unit, category, *on),
            OrgEvent::DutyTaken { unit, category, on } => self.take_duty(*unit, category, *on),
            OrgEvent::RoleGranted {
                person,
                role,
                unit,
                on,
            } => self.grant_role(*person, role, *unit, *on),
            OrgEvent::RoleRevoked {
                person,
                role,
                unit,
                on,
            } => self.revoke_role(*person, role, *unit, *on),
            OrgEvent::SubstituteNamed(named) => self.name_substitute(*named),
            OrgEvent::SubstituteEnded {
                person,
                substitute,
                on,
            } => self.end_substitute(*person, *substitute, *on),
        }
    }

    fn found_unit(&mut self, unit: &Unit) -> Result<(), OrgProblem> {
        if self.units.contains_key(&unit.id) {
            return Err(OrgProblem::IdTaken(unit.id.0));
        }
        if self.units().any(|other| other.code == unit.code) {
            return Err(OrgProblem::CodeTaken(unit.code.clone()));
        }
        if let Some(parent) = unit.parent {
            self.need_unit(parent, unit.founded_on)?;
        }
        let record = UnitRecord {
            unit: unit.clone(),
            parents: vec![(unit.founded_on, unit.parent)],
            dissolved_on: None,
            successor: None,
        };
        self.units.insert(unit.id, record);
        Ok(())
    }

    fn move_unit(&mut self, unit: UnitId, parent: UnitId, on: Date) -> Result<(), OrgProblem> {
        self.need_unit(unit, on)?;
        self.need_unit(parent, on)?;
        let moves = self
            .units
            .values()
            .flat_map(|record| record.parents.iter().map(|(day, _)| *day));
        // Another move, already on record for a later day, may close a circle with this one.
        let days = std::iter::once(on).chain(moves.filter(|day| *day > on));
        let closes = days.filter(|day| self.is_under_on(parent, unit, *day)).min();
        if let Some(on) = closes {
            return Err(OrgProblem::Cycle { unit, on });
        }
        let record = self.units.get_mut(&unit).ok_or(OrgProblem::UnknownUnit(unit))?;
        match record.parents.last() {
            Some((after, _)) if *after > on => return Err(OrgProblem::OutOfOrder { on, after: *after }),
            _ => record.parents.push((on, Some(parent))),
        }
        record.unit.parent = Some(parent);
        Ok(())
    }

    fn dissolve_unit(&mut self, unit: UnitId, on: Date, successor: Option<UnitId>) -> Result<(), OrgProblem> {
        self.need_unit(unit, on)?;
        if let Some(successor) = successor {
            if successor == unit {
                return Err(OrgProblem::NothingToChange(
                    "a unit cannot take its own duties over",
                ));
            }
            self.need_unit(successor, on)?;
        }
        let living = |record: &&UnitRecord| record.unit.parent == Some(unit) && record.dissolved_on.is_none();
        if let Some(child) = self.units.values().find(living).map(|record| record.unit.id) {
            return Err(OrgProblem::HasUnits { unit, child });
        }
        let record = self.units.get_mut(&unit).ok_or(OrgProblem::UnknownUnit(unit))?;
        record.dissolved_on = Some(on);
        record.successor = successor;
        self.end_all_in(unit, on, successor);
        Ok(())
    }

    /// Ends every duty, role and tenure in a unit that is gone; its duties go to the successor.
    fn end_all_in(&mut self, unit: UnitId, on: Date, successor: Option<UnitId>) {
        let mut inherited = Vec::new();
        for duty in self
            .duties
            .iter_mut()
            .filter(|duty| duty.unit == unit && duty.until.is_none())
        {
            duty.until = Some(on.max(duty.from));
            inherited.push(duty.category.clone());
        }
        for role in self
            .roles
            .iter_mut()
            .filter(|role| role.unit == unit && role.until.is_none())
        {
            role.until = Some(on.max(role.from));
        }
        let posts = &self.posts;
        let in_unit = |post: PostId| posts.get(&post).is_some_and(|post| post.unit == unit);
        for tenure in self
            .tenures
            .iter_mut()
            .filter(|t| t.until.is_none() && in_unit(t.post))
        {
            tenure.until = Some(on.max(tenure.from));
        }
        let Some(unit) = successor else { return };
        for category in inherited {
            let has = |duty: &Duty| duty.unit == unit && duty.category == category && duty.until.is_none();
            if !self.duties.iter().any(has) {
                let from = on;
                self.duties.push(Duty {
                    unit,
                    category,
                    from,
                    until: None,
                });
            }
        }
    }

    fn begin_tenure(&mut self, post: PostId, person: PersonId, on: Date) -> Result<(), OrgProblem> {
        let unit = self.posts.get(&post).ok_or(OrgProblem::UnknownPost(post))?.unit;
        self.need_unit(unit, on)?;
        self.need_person(person)?;
        let overlaps = |tenure: &&Tenure| tenure.post == post && tenure.until.is_none_or(|until| until > on);
        if let Some(held) = self.tenures.iter().find(overlaps) {
            return Err(OrgProblem::PostHeld {
                post,
                by: held.person,
            });
        }
        self.tenures.push(Tenure {
            post,
            person,
            from: on,
            until: None,
        });
        Ok(())
    }

    fn end_tenure(&mut self, post: PostId, person: PersonId, on: Date) -> Result<(), OrgProblem> {
        let open =
            |tenure: &&mut Tenure| tenure.post == post && tenure.person == person && tenure.until.is_none();
        let nobody = OrgProblem::NothingToChange("the person does not hold the post");
        let tenure = self.tenures.iter_mut().find(open).ok_or(nobody)?;
        tenure.until = Some(in_order(on, tenure.from)?);
        Ok(())
    }

    fn give_duty(&mut self, unit: UnitId, category: &str, on: Date) -> Result<(), OrgProblem> {
        self.need_unit(unit, on)?;
        let same = |duty: &Duty| duty.unit == unit && duty.category == category;
        if self
            .duties
            .iter()
            .any(|duty| same(duty) && duty.until.is_none_or(|until| until > on))
        {
            return Err(OrgProblem::NothingToChange("the unit has the duty already"));
        }
        let category = category.to_owned();
        self.duties.push(Duty {
            unit,
            category,
            from: on,
            until: None,
        });
        Ok(())
    }

    fn take_duty(&mut self, unit: UnitId, category: &str, on: Date) -> Result<(), OrgProblem> {
        let open = |duty: &&mut Duty| duty.unit == unit && duty.category == category && duty.until.is_none();
        let none = OrgProblem::NothingToChange("the unit does not have the duty");
        let duty = self.duties.iter_mut().find(open).ok_or(none)?;
        duty.until = Some(in_order(on, duty.from)?);
        Ok(())
    }

    fn grant_role(&mut self, person: PersonId, role: &str, unit: UnitId, on: Date) -> Result<(), OrgProblem> {
        self.need_person(person)?;
        self.need_unit(unit, on)?;
        let same = |held: &RoleHeld| held.person == person && held.role == role && held.unit == unit;
        if self
            .roles
            .iter()
            .any(|held| same(held) && held.until.is_none_or(|until| until > on))
        {
            return Err(OrgProblem::NothingToChange("the person has the role already"));
        }
        let role = role.to_owned();
        self.roles.push(RoleHeld {
            person,
            role,
            unit,
            from: on,
            until: None,
        });
        Ok(())
    }

    fn revoke_role(
        &mut self,
        person: PersonId,
        role: &str,
        unit: UnitId,
        on: Date,
    ) -> Result<(), OrgProblem> {
        let same = |held: &RoleHeld| held.person == person && held.role == role && held.unit == unit;
        let open = |held: &&mut RoleHeld| same(held) && held.until.is_none();
        let none = OrgProblem::NothingToChange("the person does not have the role");
        let held = self.roles.iter_mut().find(open).ok_or(none)?;
        held.until = Some(in_order(on, held.from)?);
        Ok(())
    }

    /// Whoever is away has one substitute at a time: else nobody would know whose turn it is.
    fn name_substitute(&mut self, named: Substitution) -> Result<(), OrgProblem> {
        self.need_person(named.person)?;
        self.need_person(named.substitute)?;
        if named.person == named.substitute {
            return Err(OrgProblem::NothingToChange("nobody stands in for themselves"));
        }
        let (on, after) = (named.until, named.from);
        if on <= after {
            return Err(OrgProblem::OutOfOrder { on, after });
        }
        let meets = |one: &&Substitution| {
            one.person == named.person && one.from < named.until && named.from < one.until
        };
        if let Some(other) = self.substitutions.iter().find(meets) {
            return Err(OrgProblem::HasSubstitute {
                person: other.person,
                by: other.substitute,
            });
        }
        self.substitutions.push(named);
        Ok(())
    }

    fn end_substitute(&mut self, person: PersonId, substitute: PersonId, on: Date) -> Result<(), OrgProblem> {
        let of_both = |one: &&mut Substitution| {
            let theirs = one.person == person && one.substitute == substitute;
            theirs && one.until > on && one.from < one.until
        };
        // Of several the one that runs, else the next: it is to end although another was named before.
        let ahead = self.substitutions.iter_mut().filter(of_both);
        let none = OrgProblem::NothingToChange("nobody stands in for the person then");
        let place = ahead.min_by_key(|one| one.from).ok_or(none)?;
        // What had not begun leaves no day on which anybody stood in.
        place.until = on.max(place.from);
        Ok(())
    }

    fn need_unit(&self, unit: UnitId, on: Date) -> Result<(), OrgProblem> {
        let record = self.units.get(&unit).ok_or(OrgProblem::UnknownUnit(unit))?;
        if record.is_there(on) {
            Ok(())
        } else {
            Err(OrgProblem::NotThere { unit, on })
        }
    }

    fn need_person(&self, person: PersonId) -> Result<(), OrgProblem> {
        let known = self.persons.contains_key(&person);
        if known {
            Ok(())
        } else {
            Err(OrgProblem::UnknownPerson(person))
        }
    }
}

/// Returns `on` if it does not lie before `after`.
fn in_order(on: Date, after: Date) -> Result<Date, OrgProblem> {
    if on < after {
        Err(OrgProblem::OutOfOrder { on, after })
    } else {
        Ok(on)
    }
}
