//! What passes between the staff and the reporter, and what is done with what they gave.

use jiff::{SignedDuration, Timestamp};

use super::Matter;
use crate::case::command::Call;
use crate::case::refusal::Refusal;
use crate::event::{Actor, BodyRef, CallOutcome, CaseEvent, RaisedBy};
use crate::id::{BodyId, Digest};
use crate::pack::model::{Ask, Need, Relation};

/// How far ahead a reporter may put off a call: whoever wishes it later writes when they want to.
const LATEST_CALL: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Matter<'_> {
    pub(super) fn comment(&self, text: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        Ok(CaseEvent::Commented { text })
    }

    pub(super) fn ask_reporter(&self, text: BodyRef) -> Result<CaseEvent, Refusal> {
        self.person()?;
        self.refuse_ended()?;
        self.refuse_without_reporter()?;
        Ok(CaseEvent::ReporterAsked { text })
    }

    /// The reporter may write at any time, also after the end.
    pub(super) fn reply(&self, text: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_all_but(Actor::Reporter, Relation::Reporter)?;
        self.refuse_without_reporter()?;
        Ok(CaseEvent::ReporterReplied { text })
    }

    /// Whoever takes down on the telephone what the reporter says must have no part in the work.
    pub(super) fn satisfaction(
        &self,
        solved: bool,
        score: Option<u8>,
        remark: Option<BodyRef>,
    ) -> Result<CaseEvent, Refusal> {
        self.refuse_without_reporter()?;
        if self.ctx.actor != Actor::Reporter {
            let (person, unit) = self.person()?;
            self.refuse_part_in_the_work(person, unit)?;
        }
        self.need(Need::Answer)?;
        if score.is_some_and(|score| !(1..=5).contains(&score)) {
            return Err(Refusal::OutOfRange("score"));
        }
        Ok(CaseEvent::SatisfactionGiven {
            solved,
            score,
            remark,
        })
    }

    /// What came of a call. "Not solved" needs the reporter's reason, as it does on their own page.
    pub(super) fn make_call(&self, call: Call, remark: Option<BodyRef>) -> Result<Vec<CaseEvent>, Refusal> {
        self.refuse_ended()?;
        self.refuse_without_reporter()?;
        let (person, unit) = self.person()?;
        self.refuse_part_in_the_work(person, unit)?;
        self.need(Need::Answer)?;
        let made = |outcome, again_at, remark| CaseEvent::CallMade {
            outcome,
            again_at,
            remark,
        };
        Ok(match call {
            Call::Said { solved: false, .. } if remark.is_none() => {
                return Err(Refusal::Missing(Ask::Reason));
            }
            Call::Said { solved, score } => {
                let said = self.satisfaction(solved, score, remark)?;
                vec![made(CallOutcome::Reached, None, None), said]
            }
            Call::Again { at } => {
                let latest = self.ctx.now.checked_add(LATEST_CALL).unwrap_or(Timestamp::MAX);
                if at <= self.ctx.now || at > latest {
                    return Err(Refusal::OutOfRange("again_at"));
                }
                vec![made(CallOutcome::CallAgain, Some(at), remark)]
            }
            Call::NoAnswer => vec![made(CallOutcome::NoAnswer, None, remark)],
            Call::NoNumber => vec![made(CallOutcome::NoNumber, None, remark)],
        })
    }

    pub(super) fn read_identity(&self, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.person()?;
        match self.case.raised_by {
            RaisedBy::Reporter {
                identity: Some(_), ..
            } => Ok(CaseEvent::IdentityRead { reason }),
            RaisedBy::Reporter { identity: None, .. } | RaisedBy::Finder { .. } => Err(Refusal::NoIdentity),
        }
    }

    /// Only who left an identity can show that they are who they say.
    pub(super) fn reissue_code(&self, code: Digest, checked: BodyRef) -> Result<CaseEvent, Refusal> {
        self.read_identity(checked)?;
        Ok(CaseEvent::CodeReissued { code, checked })
    }

    pub(super) fn erase_body(&self, body: BodyId, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        Ok(CaseEvent::BodyErased { body, reason })
    }

    fn refuse_without_reporter(&self) -> Result<(), Refusal> {
        match self.case.raised_by {
            RaisedBy::Reporter { .. } => Ok(()),
            RaisedBy::Finder { .. } => Err(Refusal::WrongRelation(Relation::Reporter)),
        }
    }
}
