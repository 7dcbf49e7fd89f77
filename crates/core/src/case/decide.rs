//! Commands become events, or a refusal that names the rule they break.
//!
//! Everything here is a pure function of the case, the command and the [`Context`]. The pack says which
//! steps there are and what they need; what is true of every kind is enforced here, whatever a pack says:
//! nobody verifies their own work (`independence`), every end carries its proof (`proof`), and
//! who is complained about is never made responsible (`assign`).
//!
//! A command needs that what it asks for is still possible, not that nothing at all has happened since it
//! was written: a remark, a breach or an identity read makes no form stale.

mod assign;
mod clocks;
mod evidence;
mod independence;
mod links;
mod proof;
mod raise;
mod record;
mod reporter;
mod step;
mod timer;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Case;
use super::command::{Command, Context};
use super::refusal::Refusal;
use crate::event::{Actor, CaseEvent};
use crate::id::{PersonId, UnitId};
use crate::pack::model::{Kind, Relation};

pub use assign::suggested_units;
pub use raise::raise;
pub use step::{StepChoice, asks_of, available_steps};

/// An event that was decided, and when it happened in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// When it happened in the world: earlier than now for imports and for what a timer notes.
    pub occurred_at: Timestamp,
    /// What happened.
    pub event: CaseEvent,
}

/// Decides what `command` does to `case`: at least one event, in the order they must be appended.
///
/// # Errors
/// [`Refusal`] with the rule that the command breaks. A tick or a computing-again that finds nothing to
/// note is refused as [`Refusal::NoChange`].
pub fn decide(case: &Case, command: &Command, ctx: &Context) -> Result<Vec<Decided>, Refusal> {
    let matter = Matter::of(case, command, ctx)?;
    matter.refuse_accused_actor()?;
    if let Command::Tick = command {
        return matter.tick();
    }
    let events = matter.events(command)?;
    Ok(ctx.all_now(events))
}

/// Returns the action that a grant must hold for `command`; `None` for what needs no grant because only
/// the reporter, the timer or an import may do it.
///
/// A step that the kind does not have needs no action either: deciding refuses it.
pub fn action_needed<'a>(command: &Command, kind: &'a Kind) -> Option<&'a str> {
    match command {
        Command::TakeStep(given) => kind.step(&given.step)?.action.as_deref(),
        Command::Classify { .. }
        | Command::SetSeverity { .. }
        | Command::CorrectRegistration { .. }
        | Command::Link { .. }
        | Command::Split { .. }
        | Command::Merge { .. }
        | Command::AbsorbResponsible { .. } => Some("register"),
        Command::Transfer { .. } => Some("assign"),
        Command::RuleDispute { .. } => Some("rule"),
        Command::PauseClock { .. } | Command::ExtendClock { .. } => Some("approve"),
        Command::Dispute { .. }
        | Command::ResumeClock { .. }
        | Command::AddEvidence { .. }
        | Command::WithdrawEvidence { .. }
        | Command::Staff { .. }
        | Command::AskReporter { .. } => Some("handle"),
        Command::GiveSatisfaction { .. } | Command::MakeCall { .. } | Command::ShowPicture { .. } => {
            Some("answer")
        }
        Command::Comment { .. } => Some("read"),
        Command::Instruct { .. } => Some("instruct"),
        Command::ReadIdentity { .. } | Command::ReissueCode { .. } => Some("identity"),
        Command::EraseBody { .. } | Command::ChangePack { .. } => Some("admin"),
        Command::Reply { .. } | Command::AllowPictures { .. } | Command::Tick | Command::RecomputeClocks => {
            None
        }
    }
}

/// A case before whoever decides: with its kind and the context.
#[derive(Clone, Copy)]
struct Matter<'a> {
    case: &'a Case,
    kind: &'a Kind,
    ctx: &'a Context<'a>,
}

impl<'a> Matter<'a> {
    fn of(case: &'a Case, command: &Command, ctx: &'a Context<'a>) -> Result<Self, Refusal> {
        let judge = match command {
            Command::ChangePack { pack } => pack,
            _ => &case.pack,
        };
        if (ctx.pack.id.as_str(), ctx.pack.version) != (judge.id.as_str(), judge.version) {
            return Err(Refusal::WrongPack(judge.clone()));
        }
        let unknown = || Refusal::UnknownKind(case.kind.clone());
        let kind = ctx.pack.kind(&case.kind).ok_or_else(unknown)?;
        Ok(Matter { case, kind, ctx })
    }

    fn events(&self, command: &Command) -> Result<Vec<CaseEvent>, Refusal> {
        let event = match command {
            Command::TakeStep(given) => return self.take_step(given),
            Command::RecomputeClocks => return self.recompute_clocks(),
            Command::MakeCall { call, remark } => return self.make_call(*call, *remark),
            Command::Merge { into, reason } => return self.merge(*into, *reason),
            Command::Tick => return Err(Refusal::NoChange),
            Command::Classify { category } => self.classify(category),
            Command::SetSeverity { to, reason } => self.set_severity(*to, *reason),
            Command::CorrectRegistration { correction, reason } => self.correct(correction, *reason),
            Command::ChangePack { pack } => self.change_pack(pack),
            Command::Staff { co_units, person } => self.staff(co_units, *person),
            Command::Transfer { to, reason } => self.transfer(*to, *reason),
            Command::Dispute { proposed, reason } => self.dispute(*proposed, *reason),
            Command::RuleDispute { upheld, unit, reason } => self.rule_dispute(*upheld, *unit, *reason),
            Command::PauseClock { clock, reason } => self.pause_clock(clock, *reason),
            Command::ResumeClock { clock } => self.resume_clock(clock),
            Command::ExtendClock { clock, by, reason } => self.extend_clock(clock, *by, *reason),
            Command::AddEvidence { .. } => self.add_evidence(command),
            Command::WithdrawEvidence { evidence, reason } => self.withdraw_evidence(*evidence, *reason),
            Command::Comment { text } => self.comment(*text),
            Command::Instruct { instruction, words } => self.instruct(*instruction, *words),
            Command::AskReporter { text } => self.ask_reporter(*text),
            Command::Reply { text } => self.reply(*text),
            Command::GiveSatisfaction {
                solved,
                score,
                remark,
            } => self.satisfaction(*solved, *score, *remark),
            Command::AllowPictures { allowed } => self.allow_pictures(*allowed),
            Command::ShowPicture {
                evidence,
                shown: true,
            } => self.show_picture(*evidence),
            Command::ShowPicture {
                evidence,
                shown: false,
            } => self.hide_picture(*evidence),
            Command::ReadIdentity { reason } => self.read_identity(*reason),
            Command::ReissueCode { code, checked } => self.reissue_code(*code, *checked),
            Command::EraseBody { body, reason } => self.erase_body(*body, *reason),
            Command::Link { other, linkage } => self.link(*other, *linkage),
            Command::Split { into, reason } => self.split(into, *reason),
            Command::AbsorbResponsible { from, units, accused } => self.absorb(*from, units, accused),
        };
        Ok(vec![event?])
    }

    /// The accused never see the case, so nothing they ask of it can be meant well; nor do those who work
    /// in an accused unit, whichever unit they act for.
    fn refuse_accused_actor(&self) -> Result<(), Refusal> {
        let Actor::Person { person, unit, .. } = self.ctx.actor else {
            return Ok(());
        };
        if self.case.accused.is_empty() {
            return Ok(());
        }
        let (org, today) = (self.ctx.org, self.today());
        let people = independence::people_of(org, person, today, today);
        people
            .iter()
            .try_for_each(|person| self.refuse_accused_person(*person))?;
        self.refuse_accused_unit(unit)?;
        independence::units_of(org, &people, today, today)
            .into_iter()
            .try_for_each(|unit| self.refuse_accused_unit(unit))
    }

    /// Returns the person who acts and the unit they act for.
    fn person(&self) -> Result<(PersonId, UnitId), Refusal> {
        match self.ctx.actor {
            Actor::Person { person, unit, .. } => Ok((person, unit)),
            Actor::Reporter | Actor::System | Actor::Import => Err(Refusal::WrongRelation(Relation::Any)),
        }
    }

    fn refuse_reporter(&self) -> Result<(), Refusal> {
        match self.ctx.actor {
            Actor::Reporter => Err(Refusal::WrongRelation(Relation::Any)),
            Actor::Person { .. } | Actor::System | Actor::Import => Ok(()),
        }
    }

    fn refuse_all_but(&self, actor: Actor, relation: Relation) -> Result<(), Refusal> {
        if self.ctx.actor == actor {
            Ok(())
        } else {
            Err(Refusal::WrongRelation(relation))
        }
    }

    fn refuse_ended(&self) -> Result<(), Refusal> {
        match self.case.end {
            Some(_) => Err(Refusal::Ended),
            None => Ok(()),
        }
    }

    fn today(&self) -> Date {
        self.ctx.calendar.date_of(self.ctx.now)
    }
}

impl Context<'_> {
    fn all_now(&self, events: Vec<CaseEvent>) -> Vec<Decided> {
        let occurred_at = self.occurred_at;
        let decided = |event| Decided { occurred_at, event };
        events.into_iter().map(decided).collect()
    }
}
