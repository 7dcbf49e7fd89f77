//! Steps: whether one can be taken now, and what taking it does.

use jiff::Timestamp;

use super::Matter;
use crate::case::Case;
use crate::case::command::{Context, TakeStep};
use crate::case::facts::facts;
use crate::case::refusal::Refusal;
use crate::clock::{self, Limit};
use crate::event::{Actor, BodyRef, CaseEvent, End, ReplyWay};
use crate::filter::{self, Checked, Scene};
use crate::pack::model::{Ask, Effect, Need, Phase, Relation, Step};

/// The longest a result may be published for, in working days: about a year.
const LONGEST_PUBLICATION: u32 = 250;

/// A step that starts in the state of a case, for somebody whose actions allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepChoice<'a> {
    /// The step.
    pub step: &'a Step,
    /// What must be given with it.
    pub asks: Vec<Ask>,
    /// What must be there before it, each with what is missing yet.
    pub needs: Vec<(Need, Option<Refusal>)>,
    /// What stands in its way now; `None` where it can be taken.
    pub refusal: Option<Refusal>,
}

/// Returns the steps from the case's state that the actor of `ctx` might take, in the order of the pack,
/// each with what stands in its way.
///
/// `permitted` tells whether the actor's grants hold an action for this case. Steps of the timer and of
/// somebody else (the reporter's for a person, a finder's for another) are left out; those that wait for
/// something are in, with the refusal that says for what.
pub fn available_steps<'a>(
    case: &'a Case,
    permitted: &dyn Fn(&str) -> bool,
    ctx: &'a Context<'a>,
) -> Vec<StepChoice<'a>> {
    let Some(kind) = ctx.pack.kind(&case.kind) else {
        return Vec::new();
    };
    let matter = Matter { case, kind, ctx };
    if matter.refuse_accused_actor().is_err() {
        return Vec::new();
    }
    let steps = kind.steps_from(&case.state);
    let mine = steps.filter(|step| matter.may_ever_take(step, permitted));
    let choice = |step| StepChoice {
        step,
        asks: asks_of(step),
        needs: step
            .needs
            .iter()
            .map(|need| (*need, matter.need(*need).err()))
            .collect(),
        refusal: matter.possible(step).err(),
    };
    mine.map(choice).collect()
}

/// Returns what must be given with `step`: what the pack asks for, and what its effect cannot do without.
pub fn asks_of(step: &Step) -> Vec<Ask> {
    let implied: &[Ask] = match step.effect {
        Effect::None | Effect::Consent | Effect::StrikeOff | Effect::EndAnswered | Effect::Withdraw => &[],
        Effect::Assign => &[Ask::Unit],
        Effect::Return | Effect::Reopen => &[Ask::Reason],
        Effect::Verify | Effect::FailVerification => &[Ask::Finding],
        Effect::LookBackHeld | Effect::LookBackFailed => &[Ask::Finding],
        Effect::Answer => &[Ask::Reply],
        Effect::Publish => &[Ask::Publication],
        Effect::Refuse => &[Ask::Reason, Ask::Notice, Ask::ObjectionWay],
        Effect::HandOver => &[Ask::Organ, Ask::OrganReceipt],
    };
    let mut asks = step.asks.clone();
    asks.extend(implied.iter().filter(|ask| !step.asks.contains(ask)));
    asks
}

impl Matter<'_> {
    pub(super) fn take_step(&self, given: &TakeStep) -> Result<Vec<CaseEvent>, Refusal> {
        let unknown = || Refusal::UnknownStep(given.step.clone());
        let step = self.kind.step(&given.step).ok_or_else(unknown)?;
        self.possible(step)?;
        self.take(step, given, self.ctx.occurred_at)
    }

    /// Returns what `step` does at `at`, if it is possible.
    pub(super) fn take(
        &self,
        step: &Step,
        given: &TakeStep,
        at: Timestamp,
    ) -> Result<Vec<CaseEvent>, Refusal> {
        if let Some(missing) = asks_of(step).into_iter().find(|ask| !given.gives(*ask)) {
            return Err(Refusal::Missing(missing));
        }
        let effect = self.effect(step, given)?;
        let mut events = vec![self.step_taken(step, given)];
        events.extend(self.clocks_stopped(step));
        events.extend(effect);
        events.extend(self.clocks_started(&step.start, at)?);
        Ok(events)
    }

    /// Refuses a step that cannot be taken now, whatever is given with it.
    pub(super) fn possible(&self, step: &Step) -> Result<(), Refusal> {
        if !step.from.contains(&self.case.state) {
            return Err(Refusal::WrongState {
                step: step.id.clone(),
                state: self.case.state.clone(),
            });
        }
        self.relation(step)?;
        self.refuse_unproved(step)?;
        step.needs.iter().try_for_each(|need| self.need(*need))?;
        self.guard(step)
    }

    /// A guard that no longer reads as the pack was checked with holds for nothing, so that nothing slips
    /// through it.
    fn guard(&self, step: &Step) -> Result<(), Refusal> {
        let Some(guard) = &step.guard else {
            return Ok(());
        };
        let (me, my_units) = match self.ctx.actor {
            Actor::Person { person, unit, .. } => (Some(person), vec![unit]),
            Actor::Reporter | Actor::System | Actor::Import => (None, Vec::new()),
        };
        let scene = Scene {
            org: self.ctx.org,
            packs: &[self.ctx.pack],
            calendar: self.ctx.calendar,
            now: self.ctx.now,
            tree_on: None,
            me,
            my_units: &my_units,
            tokens: &|_| Vec::new(),
        };
        let facts = facts(self.case, self.kind);
        let checked = filter::check(guard, &scene).unwrap_or_else(|_| Checked::nothing());
        if checked.matches(&facts, &|_| false) {
            Ok(())
        } else {
            Err(Refusal::Guard(guard.to_string()))
        }
    }

    fn relation(&self, step: &Step) -> Result<(), Refusal> {
        let wrong = Err(Refusal::WrongRelation(step.relation));
        match (step.relation, self.ctx.actor) {
            (Relation::Reporter, Actor::Reporter) | (Relation::Timer, Actor::System) => Ok(()),
            (Relation::Reporter | Relation::Timer, _) => wrong,
            // A person takes a step by a grant; one that names no action is not theirs.
            (_, Actor::Person { .. }) if step.action.is_none() => wrong,
            (Relation::Any, Actor::Person { .. }) => Ok(()),
            (Relation::Responsible, Actor::Person { unit, .. }) => match self.case.unit {
                Some(responsible) if self.is_under_today(unit, responsible) => Ok(()),
                Some(_) | None => wrong,
            },
            (Relation::Independent, Actor::Person { person, unit, .. }) => {
                self.refuse_own_work(person, unit, self.today())
            }
            (Relation::Finder, Actor::Person { .. }) => self.refuse_all_but_finder(),
            (Relation::Any | Relation::Responsible, _) | (Relation::Independent | Relation::Finder, _) => {
                wrong
            }
        }
    }

    fn may_ever_take(&self, step: &Step, permitted: &dyn Fn(&str) -> bool) -> bool {
        match (self.ctx.actor, step.relation) {
            (Actor::Reporter, relation) => relation == Relation::Reporter,
            (Actor::System | Actor::Import, _) => false,
            (Actor::Person { .. }, Relation::Reporter | Relation::Timer) => false,
            (Actor::Person { .. }, Relation::Finder) if self.refuse_all_but_finder().is_err() => false,
            (Actor::Person { .. }, _) => step.action.as_deref().is_some_and(permitted),
        }
    }

    fn step_taken(&self, step: &Step, given: &TakeStep) -> CaseEvent {
        let phase = |state: &str| self.kind.phase(state);
        let back = phase(&self.case.state) >= Some(Phase::Verify) && phase(&step.to) < Some(Phase::Verify);
        let held = |ask| held_by_effect(step.effect, ask);
        CaseEvent::StepTaken {
            step: step.id.clone(),
            from: self.case.state.clone(),
            to: step.to.clone(),
            new_round: back && !begins_round(step.effect),
            remark: given.remark,
            reason: given.reason.filter(|_| !held(Ask::Reason)),
            finding: given.finding.filter(|_| !held(Ask::Finding)),
        }
    }

    /// Returns the event that the effect of a step makes; what it must be given was looked for before.
    fn effect(&self, step: &Step, given: &TakeStep) -> Result<Option<CaseEvent>, Refusal> {
        let event = match step.effect {
            Effect::None => return Ok(None),
            Effect::Assign => self.assigned(need(given.unit, Ask::Unit)?, &given.co_units, given.person)?,
            Effect::Return => {
                let from = self.case.unit.ok_or(Refusal::Needs(Need::Assigned))?;
                CaseEvent::Returned {
                    from,
                    reason: need(given.reason, Ask::Reason)?,
                }
            }
            Effect::Verify | Effect::FailVerification => self.found(step.effect, given)?,
            Effect::Answer => CaseEvent::Answered {
                text: need(given.reply, Ask::Reply)?,
                way: given.reply_way.unwrap_or(ReplyWay::ReceiptPage),
            },
            Effect::Publish => self.published(given)?,
            Effect::Consent => CaseEvent::FinderConsented {
                person: self.finder_who_acts()?,
            },
            Effect::LookBackHeld => looked_back(true, given)?,
            Effect::LookBackFailed => looked_back(false, given)?,
            Effect::Reopen => CaseEvent::Reopened {
                reason: need(given.reason, Ask::Reason)?,
            },
            Effect::StrikeOff => CaseEvent::Ended(End::StruckOff),
            Effect::EndAnswered => CaseEvent::Ended(End::Answered),
            Effect::Withdraw => CaseEvent::Ended(End::Withdrawn { reason: given.reason }),
            Effect::Refuse => CaseEvent::Ended(End::Refused {
                reason: need(given.reason, Ask::Reason)?,
                notice: need(given.notice, Ask::Notice)?,
                objection_way: need(given.objection_way, Ask::ObjectionWay)?,
            }),
            Effect::HandOver => CaseEvent::Ended(End::HandedOver {
                organ: need(given.organ, Ask::Organ)?,
                receipt: need(given.organ_receipt, Ask::OrganReceipt)?,
            }),
        };
        Ok(Some(event))
    }

    fn found(&self, effect: Effect, given: &TakeStep) -> Result<CaseEvent, Refusal> {
        let (person, unit) = self.person()?;
        let finding = need(given.finding, Ask::Finding)?;
        Ok(if effect == Effect::Verify {
            CaseEvent::Verified {
                person,
                unit,
                finding,
            }
        } else {
            CaseEvent::VerificationFailed {
                person,
                unit,
                finding,
            }
        })
    }

    fn published(&self, given: &TakeStep) -> Result<CaseEvent, Refusal> {
        let text = need(given.publication, Ask::Publication)?;
        let days = need(given.publication_days, Ask::Publication)?;
        let shortest = self.kind.publication_days.unwrap_or(1).max(1);
        if !(shortest..=LONGEST_PUBLICATION).contains(&days) {
            return Err(Refusal::OutOfRange("publication_days"));
        }
        let period = Limit::working_days(days);
        let end = clock::due_at(&period, self.ctx.calendar, self.ctx.occurred_at)?;
        Ok(CaseEvent::Published { text, until: end.at })
    }
}

impl TakeStep {
    fn gives(&self, ask: Ask) -> bool {
        match ask {
            Ask::Remark => self.remark.is_some(),
            Ask::Reason => self.reason.is_some(),
            Ask::Unit => self.unit.is_some(),
            Ask::Reply => self.reply.is_some(),
            Ask::Finding => self.finding.is_some(),
            Ask::Notice => self.notice.is_some(),
            Ask::ObjectionWay => self.objection_way.is_some(),
            Ask::Organ => self.organ.is_some(),
            Ask::OrganReceipt => self.organ_receipt.is_some(),
            Ask::Publication => self.publication.is_some() && self.publication_days.is_some(),
        }
    }
}

fn need<T>(given: Option<T>, ask: Ask) -> Result<T, Refusal> {
    given.ok_or(Refusal::Missing(ask))
}

fn looked_back(held: bool, given: &TakeStep) -> Result<CaseEvent, Refusal> {
    let finding: BodyRef = need(given.finding, Ask::Finding)?;
    Ok(CaseEvent::LookedBack { held, finding })
}

/// Whether the event of an effect begins a new round by itself.
fn begins_round(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::FailVerification | Effect::Reopen | Effect::LookBackFailed
    )
}

/// Whether the event of an effect holds what was given for `ask`.
fn held_by_effect(effect: Effect, ask: Ask) -> bool {
    match ask {
        Ask::Reason => matches!(
            effect,
            Effect::Return | Effect::Reopen | Effect::Refuse | Effect::Withdraw
        ),
        Ask::Finding => matches!(
            effect,
            Effect::Verify | Effect::FailVerification | Effect::LookBackHeld | Effect::LookBackFailed
        ),
        Ask::Remark | Ask::Unit | Ask::Reply | Ask::Notice | Ask::ObjectionWay => false,
        Ask::Organ | Ask::OrganReceipt | Ask::Publication => false,
    }
}
