//! Which way a step leads: on, back, or off the way.

use super::model::{Effect, Kind, Step};

/// Which way a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Towards the end that the kind is there for.
    Ahead,
    /// To where the case has been, to be done over.
    Back,
    /// To another end: refused, handed over, withdrawn.
    Aside,
}

impl Kind {
    /// Returns which way `step` leads for a case in the state `from`.
    ///
    /// What undoes work leads back whatever state it leads to. Every other step is judged by the phases of the two
    /// states: one that leads to an earlier phase leads back.
    pub fn course(&self, from: &str, step: &Step) -> Course {
        match step.effect {
            Effect::Return | Effect::FailVerification | Effect::LookBackFailed | Effect::Reopen => {
                Course::Back
            }
            Effect::Refuse | Effect::HandOver | Effect::Withdraw => Course::Aside,
            // The look back follows the end, and its phase with it.
            Effect::StrikeOff | Effect::EndAnswered | Effect::LookBackHeld => Course::Ahead,
            Effect::None
            | Effect::Assign
            | Effect::Verify
            | Effect::Answer
            | Effect::Publish
            | Effect::Consent => match self.phase(&step.to) < self.phase(from) {
                true => Course::Back,
                false => Course::Ahead,
            },
        }
    }
}
