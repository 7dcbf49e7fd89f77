//! Links to other cases: duplicates, parts, recurrences, splitting and merging.

use super::Matter;
use crate::case::refusal::Refusal;
use crate::event::{AccusedParty, BodyRef, CaseEvent, End, Linkage, RaisedBy};
use crate::id::{CaseId, UnitId};
use crate::pack::model::Need;

impl Matter<'_> {
    pub(super) fn link(&self, other: CaseId, linkage: Linkage) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.refuse_itself(other)?;
        if self.case.links.contains(&(linkage, other)) {
            return Err(Refusal::NoChange);
        }
        Ok(CaseEvent::Linked { other, linkage })
    }

    pub(super) fn split(&self, into: &[CaseId], reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.refuse_ended()?;
        into.iter().try_for_each(|part| self.refuse_itself(*part))?;
        let mut parts = into.to_vec();
        parts.sort_unstable();
        parts.dedup();
        let known = parts.iter().any(|part| self.case.parts.contains(part));
        if parts.is_empty() || parts.len() != into.len() || known {
            return Err(Refusal::NoChange);
        }
        Ok(CaseEvent::Split {
            into: into.to_vec(),
            reason,
        })
    }

    /// Ends this case because another is handled for both; that one must first take note of every unit
    /// that was responsible here, by [`AbsorbResponsible`](crate::case::command::Command::AbsorbResponsible).
    pub(super) fn merge(&self, into: CaseId, reason: BodyRef) -> Result<Vec<CaseEvent>, Refusal> {
        self.refuse_reporter()?;
        self.refuse_ended()?;
        self.refuse_itself(into)?;
        // The other case knows nothing of this reporter: neither their word, nor that they wait for an answer.
        if self.case.unsatisfied {
            return Err(Refusal::NotSolved);
        }
        if matches!(self.case.raised_by, RaisedBy::Reporter { .. }) {
            self.need(Need::Answer)?;
        }
        Ok(vec![
            CaseEvent::Merged { into, reason },
            CaseEvent::Ended(End::Merged),
        ])
    }

    pub(super) fn absorb(
        &self,
        from: CaseId,
        units: &[UnitId],
        accused: &[AccusedParty],
    ) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        // A case that has ended handles nothing for another.
        self.refuse_ended()?;
        self.refuse_itself(from)?;
        // Else those complained about in the merged case could be given this one, which stands for both.
        if let Some(party) = accused.iter().find(|party| !self.case.accused.contains(party)) {
            return Err(match party {
                AccusedParty::Unit(unit) => Refusal::Accused(*unit),
                AccusedParty::Person(person) => Refusal::AccusedPerson(*person),
            });
        }
        Ok(CaseEvent::ResponsibilityAbsorbed {
            from,
            units: units.to_vec(),
        })
    }

    fn refuse_itself(&self, other: CaseId) -> Result<(), Refusal> {
        if other == self.case.id {
            Err(Refusal::Itself)
        } else {
            Ok(())
        }
    }
}
