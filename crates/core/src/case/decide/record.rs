//! What the record says of a case: category, severity, corrections, the pack that judges it.

use super::Matter;
use crate::case::refusal::Refusal;
use crate::event::{AccusedParty, BodyRef, CaseEvent, Correction, Instruction, PackRef};

/// What severity may be.
pub(super) const SEVERITIES: std::ops::RangeInclusive<u8> = 1..=5;

impl Matter<'_> {
    pub(super) fn classify(&self, category: &str) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.ctx.refuse_unknown_category(self.kind, category)?;
        if self.case.category.as_deref() == Some(category) {
            return Err(Refusal::NoChange);
        }
        Ok(CaseEvent::Classified {
            category: category.to_owned(),
        })
    }

    pub(super) fn set_severity(&self, to: u8, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.refuse_ended()?;
        let from = self.case.severity;
        if !SEVERITIES.contains(&to) {
            return Err(Refusal::OutOfRange("severity"));
        }
        match to.cmp(&from) {
            std::cmp::Ordering::Equal => Err(Refusal::NoChange),
            std::cmp::Ordering::Greater => Ok(CaseEvent::SeverityChanged { from, to, reason }),
            std::cmp::Ordering::Less => Ok(CaseEvent::Downgraded { from, to, reason }),
        }
    }

    /// An instruction is a person's, and there must still be something to be done.
    pub(super) fn instruct(&self, instruction: Instruction, words: BodyRef) -> Result<CaseEvent, Refusal> {
        self.person()?;
        self.refuse_ended()?;
        Ok(CaseEvent::Instructed { instruction, words })
    }

    pub(super) fn correct(&self, correction: &Correction, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        if *correction == Correction::default() {
            return Err(Refusal::NoChange);
        }
        if let Some(channel) = &correction.channel {
            self.ctx.refuse_unknown_channel(channel)?;
        }
        if let Some(source) = &correction.source {
            self.ctx.refuse_unknown_source(source)?;
        }
        for party in correction.accused.iter().flatten() {
            self.ctx.refuse_unknown_party(*party)?;
            self.refuse_working_party(*party)?;
        }
        Ok(CaseEvent::RegistrationCorrected {
            correction: correction.clone(),
            reason,
        })
    }

    /// Who works on the case must first be relieved of it: otherwise it would vanish from their desk and
    /// nobody would own it.
    fn refuse_working_party(&self, party: AccusedParty) -> Result<(), Refusal> {
        match party {
            AccusedParty::Person(person) if self.case.person == Some(person) => {
                Err(Refusal::AccusedPerson(person))
            }
            AccusedParty::Person(_) => Ok(()),
            AccusedParty::Unit(accused) => {
                let mut working = self.case.unit.iter().chain(&self.case.co_units);
                let theirs = working.find(|unit| self.is_under_today(**unit, accused));
                theirs.map_or(Ok(()), |unit| Err(Refusal::Accused(*unit)))
            }
        }
    }

    /// The context holds the pack moved to; it must know the kind and the state the case is in.
    pub(super) fn change_pack(&self, pack: &PackRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        if pack.id != self.case.pack.id || pack.version <= self.case.pack.version {
            return Err(Refusal::WrongPack(pack.clone()));
        }
        if self.kind.state(&self.case.state).is_none() {
            let state = self.case.state.clone();
            return Err(Refusal::WrongState {
                step: "change pack".to_owned(),
                state,
            });
        }
        if let Some(clock) = self
            .case
            .clocks
            .keys()
            .find(|clock| self.ctx.pack.clock(clock).is_none())
        {
            return Err(Refusal::Clock(clock.clone()));
        }
        Ok(CaseEvent::PackChanged { pack: pack.clone() })
    }
}
