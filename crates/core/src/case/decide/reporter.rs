//! What passes between the staff and the reporter, and what is done with what they gave.

use super::Matter;
use crate::case::refusal::Refusal;
use crate::event::{Actor, BodyRef, CaseEvent, RaisedBy};
use crate::id::BodyId;
use crate::pack::model::{Need, Relation};

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

    pub(super) fn read_identity(&self, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.person()?;
        match self.case.raised_by {
            RaisedBy::Reporter {
                identity: Some(_), ..
            } => Ok(CaseEvent::IdentityRead { reason }),
            RaisedBy::Reporter { identity: None, .. } | RaisedBy::Finder { .. } => Err(Refusal::NoIdentity),
        }
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
