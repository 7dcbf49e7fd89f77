//! Evidence 佐证: added by staff or the reporter, withdrawn as long as nobody verified by it; shown to everybody
//! where the reporter allows it and somebody without a part in the work has looked at it.

use super::Matter;
use crate::case::command::Command;
use crate::case::pictures::MOST_SHOWN;
use crate::case::refusal::Refusal;
use crate::event::{Actor, BodyRef, CaseEvent};
use crate::id::EvidenceId;
use crate::pack::model::Relation;

impl Matter<'_> {
    /// After the end only staff add evidence: what a look back found.
    pub(super) fn add_evidence(&self, command: &Command) -> Result<CaseEvent, Refusal> {
        let Command::AddEvidence {
            evidence,
            blob,
            media_type,
            size_bytes,
            moment,
            caption,
        } = command
        else {
            return Err(Refusal::NoEvidence);
        };
        if self.ctx.actor == Actor::Reporter {
            self.refuse_ended()?;
        }
        if self.case.evidence.iter().any(|there| there.id == *evidence) {
            return Err(Refusal::NoChange);
        }
        if *size_bytes == 0 {
            return Err(Refusal::OutOfRange("size_bytes"));
        }
        if !media_type.contains('/') {
            return Err(Refusal::OutOfRange("media_type"));
        }
        Ok(CaseEvent::EvidenceAdded {
            evidence: *evidence,
            blob: *blob,
            media_type: media_type.clone(),
            size_bytes: *size_bytes,
            moment: *moment,
            caption: *caption,
        })
    }

    pub(super) fn withdraw_evidence(
        &self,
        evidence: EvidenceId,
        reason: BodyRef,
    ) -> Result<CaseEvent, Refusal> {
        self.refuse_ended()?;
        let mut all = self.case.evidence.iter();
        let found = all
            .find(|there| there.id == evidence)
            .ok_or(Refusal::NoEvidence)?;
        let from_reporter = self.ctx.actor == Actor::Reporter;
        if from_reporter != found.from_reporter {
            return Err(Refusal::NoEvidence);
        }
        if self.case.verified.is_some() && !found.from_reporter && found.round == self.case.round {
            return Err(Refusal::EvidenceVerified);
        }
        Ok(CaseEvent::EvidenceWithdrawn { evidence, reason })
    }

    /// Only the reporter allows it, and takes it back whenever they like.
    pub(super) fn allow_pictures(&self, allowed: bool) -> Result<CaseEvent, Refusal> {
        self.refuse_all_but(Actor::Reporter, Relation::Reporter)?;
        if allowed && !self.case.may_stand_in_public(self.kind) {
            return Err(Refusal::NotListed);
        }
        if self.case.pictures.allowed == allowed {
            return Err(Refusal::NoChange);
        }
        Ok(CaseEvent::PicturesAllowed { allowed })
    }

    pub(super) fn show_picture(&self, evidence: EvidenceId) -> Result<CaseEvent, Refusal> {
        self.refuse_to_judge(evidence)?;
        match self.case.pictures.shown.len() {
            _ if self.case.pictures.shown.contains(&evidence) => Err(Refusal::NoChange),
            shown if shown >= MOST_SHOWN => Err(Refusal::OutOfRange("evidence")),
            _ => Ok(CaseEvent::PictureShown { evidence }),
        }
    }

    /// What is shown may be taken out by anybody; what was not yet looked at is held back by those who might show it.
    pub(super) fn hide_picture(&self, evidence: EvidenceId) -> Result<CaseEvent, Refusal> {
        self.person()?;
        let pictures = &self.case.pictures;
        if pictures.held_back.contains(&evidence) {
            return Err(Refusal::NoChange);
        }
        if !pictures.shown.contains(&evidence) {
            self.refuse_to_judge(evidence)?;
        }
        Ok(CaseEvent::PictureHidden { evidence })
    }

    /// The unit that did the work does not choose how it looks, nor does whoever worked in it then.
    fn refuse_to_judge(&self, evidence: EvidenceId) -> Result<(), Refusal> {
        let (person, unit) = self.person()?;
        if !self.case.may_stand_in_public(self.kind) {
            return Err(Refusal::NotListed);
        }
        if self.case.end.is_none() {
            return Err(Refusal::NotEnded);
        }
        if !self.case.pictures.allowed {
            return Err(Refusal::PicturesNotAllowed);
        }
        let mut all = self.case.showable();
        all.find(|piece| piece.id == evidence)
            .ok_or(Refusal::NoEvidence)?;
        self.refuse_own_work(person, unit, self.today())
    }
}
