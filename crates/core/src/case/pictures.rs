//! Pictures beside what was struck off, in the public list 公开照片: which may stand there, and which do.

use std::collections::BTreeSet;

use super::{Case, Evidence};
use crate::event::{CaseEvent, End, EvidenceMoment};
use crate::id::EvidenceId;
use crate::pack::model::{EndKind, Kind};

/// The most pictures of one case that everybody is shown.
pub const MOST_SHOWN: usize = 6;

/// What of a case's evidence everybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pictures {
    /// Whether the reporter allows it.
    pub allowed: bool,
    /// The pieces of evidence that are shown; none where it is not allowed.
    pub shown: BTreeSet<EvidenceId>,
    /// Those that somebody looked at and does not show, or no longer.
    pub held_back: BTreeSet<EvidenceId>,
}

impl Pictures {
    /// Takes in what an event says of them; other events say nothing of them.
    pub(super) fn note(&mut self, event: &CaseEvent) {
        match event {
            CaseEvent::PicturesAllowed { allowed: true } => self.allowed = true,
            // What is no longer allowed is no longer shown.
            CaseEvent::PicturesAllowed { allowed: false } => *self = Pictures::default(),
            CaseEvent::PictureShown { evidence } => {
                self.held_back.remove(evidence);
                self.shown.insert(*evidence);
            }
            CaseEvent::PictureHidden { evidence } => {
                self.shown.remove(evidence);
                self.held_back.insert(*evidence);
            }
            _ => {}
        }
    }

    /// Takes out what is shown and forgets who looked: it is no longer how it is. The reporter's word stays.
    pub(super) fn begin_round(&mut self) {
        self.shown.clear();
        self.held_back.clear();
    }

    fn is_new(&self, piece: &Evidence) -> bool {
        !self.shown.contains(&piece.id) && !self.held_back.contains(&piece.id)
    }
}

impl Case {
    /// Whether pictures of it can come into the public list: not where it complains about somebody, where its pack keeps
    /// its kind out of the list, or where it has ended, or can only end, otherwise than struck off.
    pub fn may_stand_in_public(&self, kind: &Kind) -> bool {
        let may_be_struck_off = match &self.end {
            None => kind.ends.contains(&EndKind::StruckOff),
            Some(end) => *end == End::StruckOff,
        };
        kind.listed && self.accused.is_empty() && may_be_struck_off
    }

    /// Whether pictures wait for somebody to look at them, so that they are shown or held back.
    pub fn has_to_show(&self, kind: &Kind) -> bool {
        let allowed = self.pictures.allowed && self.end.is_some() && self.may_stand_in_public(kind);
        let room = self.pictures.shown.len() < MOST_SHOWN;
        allowed && room && self.showable().any(|piece| self.pictures.is_new(piece))
    }

    /// Returns the evidence that everybody may be shown: pictures, which were cleaned, of how it was, and of how it is
    /// after the last round of handling. What an earlier round left behind was not the fix.
    pub fn showable(&self) -> impl Iterator<Item = &Evidence> {
        let tells = |piece: &Evidence| match piece.moment {
            EvidenceMoment::Before => true,
            EvidenceMoment::After => piece.round == self.round,
            EvidenceMoment::Other => false,
        };
        let pieces = self.evidence.iter();
        pieces.filter(move |piece| piece.media_type.starts_with("image/") && tells(piece))
    }
}
