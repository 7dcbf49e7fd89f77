//! What must be there before a step and before each end, whatever the pack says.

use jiff::{SignedDuration, Timestamp};

use super::Matter;
use crate::case::refusal::Refusal;
use crate::case::{Case, Evidence};
use crate::event::{Actor, End, RaisedBy};
use crate::id::PersonId;
use crate::pack::model::{AnswerRule, Effect, EndKind, Kind, Need, Phase, Relation, Step};

impl Matter<'_> {
    /// Refuses what the effect of a step may not do in this case now.
    pub(super) fn refuse_unproved(&self, step: &Step) -> Result<(), Refusal> {
        self.refuse_wrong_side_of_the_end(step)?;
        if let Some(end) = end_of(step.effect).filter(|end| !self.kind.allows(*end)) {
            return Err(Refusal::EndNotAllowed(end));
        }
        match step.effect {
            Effect::None | Effect::Assign | Effect::Answer | Effect::Publish => Ok(()),
            Effect::Refuse | Effect::HandOver | Effect::Reopen => Ok(()),
            Effect::LookBackHeld | Effect::LookBackFailed => Ok(()),
            Effect::Return => self.need(Need::Assigned),
            Effect::Verify => {
                self.need(Need::Assigned)?;
                self.need(Need::Evidence)?;
                self.refuse_dependent_actor()
            }
            Effect::FailVerification => {
                self.need(Need::Assigned)?;
                self.refuse_dependent_actor()
            }
            Effect::Consent => self.refuse_all_but_finder(),
            Effect::StrikeOff => self.strike_off_proof(),
            Effect::EndAnswered if !self.kind.consultation => Err(Refusal::EndNotAllowed(EndKind::Answered)),
            Effect::EndAnswered => {
                self.need(Need::Answer)?;
                self.refuse_not_solved()
            }
            Effect::Withdraw => self.refuse_all_but(Actor::Reporter, Relation::Reporter),
        }
    }

    /// An ended case is only looked at, looked back at or taken up again; one that has not ended comes
    /// into a closed state only by an end.
    fn refuse_wrong_side_of_the_end(&self, step: &Step) -> Result<(), Refusal> {
        let to_end = self.kind.phase(&step.to).is_some_and(Phase::is_end);
        let from_end = self.kind.phase(&self.case.state).is_some_and(Phase::is_end);
        let takes_up = matches!(step.effect, Effect::Reopen | Effect::LookBackFailed);
        let looks_back = matches!(step.effect, Effect::LookBackHeld | Effect::LookBackFailed);
        let ends = end_of(step.effect).is_some();
        match &self.case.end {
            // Merged, or closed where it was imported from: there is no state to go on from.
            Some(End::Merged | End::ImportedClosed) => Err(Refusal::Ended),
            Some(_) if ends || !from_end => Err(Refusal::Ended),
            Some(_) if !takes_up && !to_end => Err(Refusal::Ended),
            Some(_) if takes_up && to_end => Err(Refusal::Unproven(step.to.clone())),
            Some(_) => Ok(()),
            None if looks_back => Err(Refusal::NotEnded),
            None if to_end && !ends => Err(Refusal::Unproven(step.to.clone())),
            None => Ok(()),
        }
    }

    /// Struck off is only what was fixed, verified by somebody independent, and answered, in this round.
    fn strike_off_proof(&self) -> Result<(), Refusal> {
        self.need(Need::Assigned)?;
        self.need(Need::Evidence)?;
        let Some(verified) = self.case.verified else {
            return Err(Refusal::Needs(Need::Verification));
        };
        let verified_on = self.ctx.calendar.date_of(verified.at);
        self.refuse_own_work(verified.person, verified.unit, verified_on)?;
        self.refuse_accused_person(verified.person)?;
        self.refuse_accused_unit(verified.unit)?;
        self.refuse_not_solved()?;
        self.need(answer_need(self.case, self.kind))
    }

    fn refuse_dependent_actor(&self) -> Result<(), Refusal> {
        let (person, unit) = self.person()?;
        self.refuse_own_work(person, unit, self.today())
    }

    pub(super) fn refuse_all_but_finder(&self) -> Result<(), Refusal> {
        self.finder_who_acts().map(drop)
    }

    /// Returns the finder, who acts themselves or through whoever stands in for them.
    pub(super) fn finder_who_acts(&self) -> Result<PersonId, Refusal> {
        let (person, _) = self.person()?;
        let stands_for = match self.ctx.actor {
            Actor::Person { for_person, .. } => for_person,
            Actor::Reporter | Actor::System | Actor::Import => None,
        };
        match self.case.finder() {
            Some((finder, _)) if finder == person || stands_for == Some(finder) => Ok(finder),
            Some(_) | None => Err(Refusal::WrongRelation(Relation::Finder)),
        }
    }

    fn refuse_not_solved(&self) -> Result<(), Refusal> {
        match self.case.satisfied {
            Some(false) => Err(Refusal::NotSolved),
            Some(true) | None => Ok(()),
        }
    }

    /// Refuses where `need` is not there.
    pub(super) fn need(&self, need: Need) -> Result<(), Refusal> {
        let case = self.case;
        let there = match need {
            Need::Assigned => case.unit.is_some(),
            Need::Evidence => case.proving_evidence().next().is_some(),
            Need::Photo => case.proving_evidence().any(Evidence::is_picture),
            Need::Verification => case.verified.is_some(),
            Need::Answer => case.answered.is_some(),
            Need::Consent => case.consented.is_some() && case.consented == case.finder().map(|found| found.0),
            Need::Satisfaction => return self.need_satisfaction(),
            Need::Publication => return self.need_publication(),
        };
        if there { Ok(()) } else { Err(Refusal::Needs(need)) }
    }

    fn need_satisfaction(&self) -> Result<(), Refusal> {
        self.refuse_not_solved()?;
        match silence_over_at(self.case, self.kind) {
            None => Err(Refusal::Needs(Need::Answer)),
            Some(_) if self.case.satisfied == Some(true) => Ok(()),
            Some(at) if self.ctx.now < at => Err(Refusal::SilenceNotOver(at)),
            Some(_) if calls_awaited(self.case, self.kind) => Err(Refusal::CallsDue {
                made: self.case.calls.unanswered,
                due: self.case.calls_due(self.kind).unwrap_or_default(),
            }),
            Some(_) => Ok(()),
        }
    }

    fn need_publication(&self) -> Result<(), Refusal> {
        match self.case.published_until {
            None => Err(Refusal::Needs(Need::Publication)),
            Some(until) if self.ctx.now < until => Err(Refusal::StillPublished(until)),
            Some(_) => Ok(()),
        }
    }
}

impl Case {
    /// Returns the evidence that proves the fix: of this round, and not from the reporter.
    pub fn proving_evidence(&self) -> impl Iterator<Item = &Evidence> {
        let proves = |evidence: &&Evidence| evidence.round == self.round && !evidence.from_reporter;
        self.evidence.iter().filter(proves)
    }
}

impl Evidence {
    /// Returns whether it is a picture.
    pub fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}

/// Returns the end that an effect brings.
fn end_of(effect: Effect) -> Option<EndKind> {
    match effect {
        Effect::StrikeOff => Some(EndKind::StruckOff),
        Effect::EndAnswered => Some(EndKind::Answered),
        Effect::Refuse => Some(EndKind::Refused),
        Effect::Withdraw => Some(EndKind::Withdrawn),
        Effect::HandOver => Some(EndKind::HandedOver),
        Effect::None | Effect::Assign | Effect::Return | Effect::Verify | Effect::FailVerification => None,
        Effect::Answer | Effect::Publish | Effect::Consent | Effect::Reopen => None,
        Effect::LookBackHeld | Effect::LookBackFailed => None,
    }
}

/// Returns what strike-off needs so that whoever raised the problem knows.
///
/// Somebody outside is always answered; publication and consent stand for that only where nobody outside
/// raised it.
pub(super) fn answer_need(case: &Case, kind: &Kind) -> Need {
    match (case.raised_by, kind.answer) {
        (RaisedBy::Reporter { .. }, _) => Need::Satisfaction,
        (RaisedBy::Finder { .. }, AnswerRule::Publication) => Need::Publication,
        (RaisedBy::Finder { .. }, AnswerRule::FinderConsent | AnswerRule::Reporter) => Need::Consent,
    }
}

/// Returns whether the reporter's silence says nothing yet, because they must first be called.
pub(super) fn calls_awaited(case: &Case, kind: &Kind) -> bool {
    kind.calls.is_some_and(|rule| rule.silence_waits) && case.calls_due(kind).is_some()
}

/// Returns when the reporter's silence after the answer of this round counts as consent; `None` where
/// they were not answered. A word from the reporter begins the days anew.
pub(super) fn silence_over_at(case: &Case, kind: &Kind) -> Option<Timestamp> {
    let answer = case.answered?;
    let last_word = case
        .reporter_wrote_at
        .map_or(answer.at, |wrote_at| wrote_at.max(answer.at));
    let silence = SignedDuration::from_hours(24 * i64::from(kind.silence_days));
    Some(last_word.checked_add(silence).unwrap_or(Timestamp::MAX))
}
