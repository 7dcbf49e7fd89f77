//! A refusal in words: the rule that was broken, and what would satisfy it.

use bihuan_core::case::refusal::Refusal;
use bihuan_core::pack::model::{Ask, EndKind, Need, Relation};

use super::Words;
use crate::show;

/// A refusal as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The rule, as the API names it, such as `own_work`.
    pub rule: &'static str,
    /// What the rule says.
    pub said: String,
}

impl Words<'_> {
    /// Returns a refusal in words.
    pub fn refusal(&self, refusal: &Refusal) -> Refused {
        let (rule, said) = match refusal {
            Refusal::UnknownKind(..)
            | Refusal::UnknownStep(..)
            | Refusal::UnknownCategory(..)
            | Refusal::UnknownChannel(..)
            | Refusal::UnknownSource(..)
            | Refusal::UnknownPerson(..)
            | Refusal::UnknownUnit(..)
            | Refusal::OutOfRange(..)
            | Refusal::NoChange
            | Refusal::Itself
            | Refusal::NoEvidence
            | Refusal::NoIdentity
            | Refusal::ImportOnly
            | Refusal::WrongPack(..)
            | Refusal::Calendar(..) => self.unknown(refusal),
            Refusal::WrongState { .. }
            | Refusal::WrongRelation(..)
            | Refusal::OwnWork(..)
            | Refusal::Missing(..)
            | Refusal::Needs(..)
            | Refusal::Guard(..)
            | Refusal::Accused(..)
            | Refusal::AccusedPerson(..)
            | Refusal::Dispute
            | Refusal::EvidenceVerified => self.step(refusal),
            Refusal::StillPublished(..)
            | Refusal::NotSolved
            | Refusal::SilenceNotOver(..)
            | Refusal::CallsDue { .. }
            | Refusal::EndNotAllowed(..)
            | Refusal::Unproven(..)
            | Refusal::Ended
            | Refusal::NotEnded
            | Refusal::PicturesNotAllowed
            | Refusal::NotListed
            | Refusal::Clock(..)
            | Refusal::NoClock(..)
            | Refusal::ExtensionTooLong { .. } => self.end_or_clock(refusal),
        };
        Refused { rule, said }
    }

    fn unknown(&self, refusal: &Refusal) -> (&'static str, String) {
        let t = self.tongue;
        match refusal {
            Refusal::UnknownKind(id) => ("unknown_kind", t.t1("refusal-unknown-kind", "id", id)),
            Refusal::UnknownStep(id) => ("unknown_step", t.t1("refusal-unknown-step", "id", id)),
            Refusal::UnknownCategory(id) => ("unknown_category", t.t1("refusal-unknown-category", "id", id)),
            Refusal::UnknownChannel(id) => ("unknown_channel", t.t1("refusal-unknown-channel", "id", id)),
            Refusal::UnknownSource(id) => ("unknown_source", t.t1("refusal-unknown-source", "id", id)),
            Refusal::UnknownPerson(_) => ("unknown_person", t.t("refusal-unknown-person")),
            Refusal::UnknownUnit(_) => ("unknown_unit", t.t("refusal-unknown-unit")),
            Refusal::OutOfRange(what) => ("out_of_range", t.t1("refusal-out-of-range", "what", *what)),
            Refusal::Itself => ("itself", t.t("refusal-itself")),
            Refusal::NoEvidence => ("no_evidence", t.t("refusal-no-evidence")),
            Refusal::NoIdentity => ("no_identity", t.t("refusal-no-identity")),
            Refusal::ImportOnly => ("import_only", t.t("refusal-import-only")),
            Refusal::WrongPack(_) => ("wrong_pack", t.t("refusal-wrong-pack")),
            Refusal::Calendar(date) => ("calendar", t.t1("refusal-calendar", "date", date.to_string())),
            _ => ("no_change", t.t("refusal-no-change")),
        }
    }

    fn step(&self, refusal: &Refusal) -> (&'static str, String) {
        let t = self.tongue;
        match refusal {
            Refusal::WrongState { .. } => ("wrong_state", t.t("refusal-wrong-state")),
            Refusal::WrongRelation(relation) => ("wrong_relation", t.t(relation_key(*relation))),
            Refusal::OwnWork(unit) => ("own_work", t.t1("refusal-own-work", "unit", self.unit(*unit))),
            Refusal::Missing(ask) => ("missing", t.t1("refusal-missing", "what", t.t(ask_key(*ask)))),
            Refusal::Needs(need) => ("needs", t.t1("refusal-needs", "what", t.t(need_key(*need)))),
            Refusal::Guard(filter) => ("guard", t.t1("refusal-guard", "filter", filter)),
            Refusal::Accused(unit) => ("accused", t.t1("refusal-accused", "who", self.unit(*unit))),
            Refusal::AccusedPerson(person) => {
                ("accused", t.t1("refusal-accused", "who", self.person(*person)))
            }
            Refusal::Dispute => ("dispute", t.t("refusal-dispute")),
            _ => ("evidence_verified", t.t("refusal-evidence-verified")),
        }
    }

    fn end_or_clock(&self, refusal: &Refusal) -> (&'static str, String) {
        let t = self.tongue;
        let date = |at| show::moment(self.calendar, t, at);
        match refusal {
            Refusal::StillPublished(at) => (
                "still_published",
                t.t1("refusal-still-published", "date", date(*at)),
            ),
            Refusal::NotSolved => ("not_solved", t.t("refusal-not-solved")),
            Refusal::SilenceNotOver(at) => ("silence", t.t1("refusal-silence", "date", date(*at))),
            Refusal::CallsDue { made, due } => (
                "calls_due",
                t.t2("refusal-calls-due", ("made", made), ("due", due)),
            ),
            Refusal::EndNotAllowed(end) => (
                "end_not_allowed",
                t.t1("refusal-end", "end", t.t(end_kind_key(*end))),
            ),
            Refusal::Unproven(_) => ("unproven", t.t("refusal-unproven")),
            Refusal::Ended => ("ended", t.t("refusal-ended")),
            Refusal::NotEnded => ("not_ended", t.t("refusal-not-ended")),
            Refusal::PicturesNotAllowed => ("pictures_not_allowed", t.t("refusal-pictures-not-allowed")),
            Refusal::NotListed => ("not_listed", t.t("refusal-not-listed")),
            Refusal::ExtensionTooLong { most, .. } => ("extension", t.t1("refusal-extension", "most", most)),
            Refusal::Clock(clock) | Refusal::NoClock(clock) => {
                ("clock", t.t1("refusal-clock", "clock", self.clock_title(clock)))
            }
            _ => ("refused", t.t("error-refused")),
        }
    }
}

/// Returns the message for what an actor must give.
pub fn ask_key(ask: Ask) -> &'static str {
    match ask {
        Ask::Remark => "ask-remark",
        Ask::Reason => "ask-reason",
        Ask::Unit => "ask-unit",
        Ask::Reply => "ask-reply",
        Ask::Finding => "ask-finding",
        Ask::Notice => "ask-notice",
        Ask::ObjectionWay => "ask-objection-way",
        Ask::Organ => "ask-organ",
        Ask::OrganReceipt => "ask-organ-receipt",
        Ask::Publication => "ask-publication",
    }
}

/// Returns the message for what must be there before a step.
pub fn need_key(need: Need) -> &'static str {
    match need {
        Need::Assigned => "need-assigned",
        Need::Evidence => "need-evidence",
        Need::Photo => "need-photo",
        Need::Verification => "need-verification",
        Need::Answer => "need-answer",
        Need::Satisfaction => "need-satisfaction",
        Need::Publication => "need-publication",
        Need::Consent => "need-consent",
    }
}

/// Returns the message for how an actor must stand to the case.
pub fn relation_key(relation: Relation) -> &'static str {
    match relation {
        Relation::Any => "relation-any",
        Relation::Responsible => "relation-responsible",
        Relation::Independent => "relation-independent",
        Relation::Reporter => "relation-reporter",
        Relation::Finder => "relation-finder",
        Relation::Timer => "relation-timer",
    }
}

/// Returns the message for an end that a kind may allow.
pub fn end_kind_key(end: EndKind) -> &'static str {
    match end {
        EndKind::StruckOff => "end-struck-off",
        EndKind::Answered => "end-answered",
        EndKind::Refused => "end-refused",
        EndKind::Withdrawn => "end-withdrawn",
        EndKind::HandedOver => "end-handed-over",
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::label::Lang;
    use bihuan_core::pack::words::Word;

    use super::*;
    use crate::lang::Tongue;

    #[test]
    fn every_word_a_pack_may_use_has_a_message_in_both_languages() {
        for tongue in [Tongue(Lang::Zh), Tongue(Lang::En)] {
            Ask::ALL
                .iter()
                .for_each(|ask| assert!(!tongue.t(ask_key(*ask)).is_empty()));
            Need::ALL
                .iter()
                .for_each(|need| assert!(!tongue.t(need_key(*need)).is_empty()));
            Relation::ALL
                .iter()
                .for_each(|relation| assert!(!tongue.t(relation_key(*relation)).is_empty()));
            EndKind::ALL
                .iter()
                .for_each(|end| assert!(!tongue.t(end_kind_key(*end)).is_empty()));
        }
    }
}
