//! Evidence 佐证: added by staff or the reporter, withdrawn as long as nobody verified by it.

use super::Matter;
use crate::case::command::Command;
use crate::case::refusal::Refusal;
use crate::event::{Actor, BodyRef, CaseEvent};
use crate::id::EvidenceId;

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
}
