//! Who is responsible: assignment, transfer, disputes. Who is complained about never becomes it.

use super::Matter;
use crate::case::Case;
use crate::case::command::Context;
use crate::case::refusal::Refusal;
use crate::event::{AccusedParty, Actor, BodyRef, CaseEvent};
use crate::id::{PersonId, UnitId};
use crate::pack::model::{Need, Phase, Relation};

/// Returns the units whose duty the case's category is today, without those it complains about.
pub fn suggested_units(case: &Case, ctx: &Context) -> Vec<UnitId> {
    let (Some(category), Some(kind)) = (&case.category, ctx.pack.kind(&case.kind)) else {
        return Vec::new();
    };
    let matter = Matter { case, kind, ctx };
    let mut units = ctx.org.duty_for(category, matter.today());
    units.retain(|unit| matter.refuse_unfit_unit(*unit).is_ok());
    units
}

impl Matter<'_> {
    pub(super) fn assigned(
        &self,
        unit: UnitId,
        co_units: &[UnitId],
        person: Option<PersonId>,
    ) -> Result<CaseEvent, Refusal> {
        let mut others: Vec<UnitId> = Vec::new();
        for co_unit in co_units {
            if *co_unit != unit && !others.contains(co_unit) {
                others.push(*co_unit);
            }
        }
        self.refuse_unfit_unit(unit)?;
        others
            .iter()
            .try_for_each(|co_unit| self.refuse_unfit_unit(*co_unit))?;
        if let Some(person) = person {
            self.refuse_unfit_person(person)?;
        }
        Ok(CaseEvent::Assigned {
            unit,
            co_units: others,
            person,
        })
    }

    /// The responsible unit names who works on it; the system does when somebody's account is closed.
    pub(super) fn staff(&self, co_units: &[UnitId], person: Option<PersonId>) -> Result<CaseEvent, Refusal> {
        self.refuse_ended()?;
        let unit = match self.ctx.actor {
            Actor::System => self.case.unit.ok_or(Refusal::Needs(Need::Assigned))?,
            Actor::Person { .. } | Actor::Reporter | Actor::Import => self.acting_for_responsible()?,
        };
        if co_units == self.case.co_units && person == self.case.person {
            return Err(Refusal::NoChange);
        }
        self.assigned(unit, co_units, person)
    }

    /// Passes responsibility on while the case is handled. Once the fix is claimed it stays with who made
    /// it; only the system moves it then, when a unit is dissolved.
    pub(super) fn transfer(&self, to: UnitId, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.refuse_ended()?;
        if self.ctx.actor != Actor::System {
            self.refuse_after_handling("transfer")?;
        }
        let from = self.case.unit.ok_or(Refusal::Needs(Need::Assigned))?;
        if from == to {
            return Err(Refusal::NoChange);
        }
        self.refuse_unfit_unit(to)?;
        Ok(CaseEvent::Transferred { from, to, reason })
    }

    pub(super) fn dispute(&self, proposed: Option<UnitId>, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_ended()?;
        self.refuse_after_handling("dispute")?;
        let by = self.acting_for_responsible()?;
        if self.case.dispute.is_some() {
            return Err(Refusal::Dispute);
        }
        if let Some(proposed) = proposed {
            self.refuse_unfit_unit(proposed)?;
        }
        Ok(CaseEvent::AssignmentDisputed { by, proposed, reason })
    }

    /// Rules a dispute: upheld, another unit becomes responsible; not upheld, the same stays. Nobody rules
    /// their own dispute.
    pub(super) fn rule_dispute(
        &self,
        upheld: bool,
        unit: UnitId,
        reason: BodyRef,
    ) -> Result<CaseEvent, Refusal> {
        let (_, ruler) = self.person()?;
        let (by, _) = self.case.dispute.ok_or(Refusal::Dispute)?;
        if self.is_under_today(ruler, by) {
            return Err(Refusal::WrongRelation(Relation::Independent));
        }
        if upheld == (Some(unit) == self.case.unit) {
            return Err(Refusal::Dispute);
        }
        self.refuse_unfit_unit(unit)?;
        Ok(CaseEvent::DisputeRuled { upheld, unit, reason })
    }

    fn acting_for_responsible(&self) -> Result<UnitId, Refusal> {
        let (_, unit) = self.person()?;
        let responsible = self.case.unit.ok_or(Refusal::Needs(Need::Assigned))?;
        if self.is_under_today(unit, responsible) {
            Ok(responsible)
        } else {
            Err(Refusal::WrongRelation(Relation::Responsible))
        }
    }

    fn refuse_after_handling(&self, what: &str) -> Result<(), Refusal> {
        if self.case.phase(self.kind) <= Phase::Act {
            return Ok(());
        }
        Err(Refusal::WrongState {
            step: what.to_owned(),
            state: self.case.state.clone(),
        })
    }

    /// Refuses a unit that is not there today or that the case complains about.
    pub(super) fn refuse_unfit_unit(&self, unit: UnitId) -> Result<(), Refusal> {
        if !self.ctx.org.is_there(unit, self.today()) {
            return Err(Refusal::UnknownUnit(unit));
        }
        self.refuse_accused_unit(unit)
    }

    pub(super) fn refuse_unfit_person(&self, person: PersonId) -> Result<(), Refusal> {
        if self.ctx.org.person(person).is_none() {
            return Err(Refusal::UnknownPerson(person));
        }
        self.refuse_accused_person(person)
    }

    /// Refuses a unit that is, or is under, one that the case complains about.
    pub(super) fn refuse_accused_unit(&self, unit: UnitId) -> Result<(), Refusal> {
        let accused = self.case.accused.iter().any(|party| match party {
            AccusedParty::Unit(accused) => self.is_under_today(unit, *accused),
            AccusedParty::Person(_) => false,
        });
        if accused {
            Err(Refusal::Accused(unit))
        } else {
            Ok(())
        }
    }

    pub(super) fn refuse_accused_person(&self, person: PersonId) -> Result<(), Refusal> {
        if self.case.accused.contains(&AccusedParty::Person(person)) {
            Err(Refusal::AccusedPerson(person))
        } else {
            Ok(())
        }
    }
}
