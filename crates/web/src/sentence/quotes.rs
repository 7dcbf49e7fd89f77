//! What was written with an event: by whom it may be read is decided here.

use bihuan_core::event::{BodyRef, CaseEvent, End};

/// Returns what was written with an event.
pub(super) fn all(event: &CaseEvent) -> Vec<BodyRef> {
    match event {
        CaseEvent::SeverityChanged { reason, .. }
        | CaseEvent::Downgraded { reason, .. }
        | CaseEvent::Transferred { reason, .. }
        | CaseEvent::Returned { reason, .. }
        | CaseEvent::AssignmentDisputed { reason, .. }
        | CaseEvent::DisputeRuled { reason, .. }
        | CaseEvent::ClockPaused { reason, .. }
        | CaseEvent::ClockExtended { reason, .. }
        | CaseEvent::EvidenceWithdrawn { reason, .. }
        | CaseEvent::Reopened { reason }
        | CaseEvent::Split { reason, .. }
        | CaseEvent::Merged { reason, .. }
        | CaseEvent::IdentityRead { reason }
        | CaseEvent::RegistrationCorrected { reason, .. }
        | CaseEvent::BodyErased { reason, .. } => vec![*reason],
        CaseEvent::StepTaken { remark, .. }
        | CaseEvent::SatisfactionGiven { remark, .. }
        | CaseEvent::CallMade { remark, .. } => remark.iter().copied().collect(),
        CaseEvent::EvidenceAdded { caption, .. } => caption.iter().copied().collect(),
        CaseEvent::Instructed { words, .. } => vec![*words],
        CaseEvent::CodeReissued { checked, .. } => vec![*checked],
        CaseEvent::Commented { text }
        | CaseEvent::ReporterAsked { text }
        | CaseEvent::ReporterReplied { text }
        | CaseEvent::Answered { text, .. }
        | CaseEvent::Published { text, .. } => vec![*text],
        CaseEvent::Verified { finding, .. }
        | CaseEvent::VerificationFailed { finding, .. }
        | CaseEvent::LookedBack { finding, .. } => vec![*finding],
        CaseEvent::Ended(end) => end_quotes(end),
        CaseEvent::Raised(..)
        | CaseEvent::Classified { .. }
        | CaseEvent::Assigned { .. }
        | CaseEvent::ClockStarted(..)
        | CaseEvent::ClockResumed(..)
        | CaseEvent::ClockRecomputed(..)
        | CaseEvent::ClockStopped { .. }
        | CaseEvent::ClockWarned { .. }
        | CaseEvent::ClockBreached { .. }
        | CaseEvent::FinderConsented { .. }
        | CaseEvent::PicturesAllowed { .. }
        | CaseEvent::PictureShown { .. }
        | CaseEvent::PictureHidden { .. }
        | CaseEvent::Linked { .. }
        | CaseEvent::ResponsibilityAbsorbed { .. }
        | CaseEvent::PackChanged { .. } => Vec::new(),
    }
}

/// Returns what was written to the reporter or by them, and the reasons that they have a right to hear.
pub(super) fn for_reporter(event: &CaseEvent) -> Vec<BodyRef> {
    match event {
        CaseEvent::ReporterAsked { .. }
        | CaseEvent::ReporterReplied { .. }
        | CaseEvent::Answered { .. }
        | CaseEvent::SatisfactionGiven { .. }
        | CaseEvent::ClockExtended { .. }
        | CaseEvent::Published { .. }
        | CaseEvent::Ended(..) => all(event),
        _ => Vec::new(),
    }
}

fn end_quotes(end: &End) -> Vec<BodyRef> {
    match end {
        End::Refused {
            reason,
            notice,
            objection_way,
        } => vec![*reason, *notice, *objection_way],
        End::Withdrawn { reason } => reason.iter().copied().collect(),
        End::HandedOver { organ, receipt } => vec![*organ, *receipt],
        End::StruckOff | End::Answered | End::Merged | End::ImportedClosed => Vec::new(),
    }
}
