//! What time alone does: warnings, breaches, and the steps that a pack leaves to the timer.

use jiff::Timestamp;

use super::{Decided, Matter};
use crate::case::command::TakeStep;
use crate::case::refusal::Refusal;
use crate::case::{Case, ClockRun, ClockState};
use crate::event::{Actor, CaseEvent};
use crate::pack::model::{Effect, Kind, Need, Relation, Step};

use super::proof::{answer_need, calls_awaited, silence_over_at};

impl Matter<'_> {
    /// Notes what came near its end or ran out, each once and at the instant it did, and takes the first
    /// of the timer's steps that is possible.
    pub(super) fn tick(&self) -> Result<Vec<Decided>, Refusal> {
        self.refuse_all_but(Actor::System, Relation::Timer)?;
        let clocks = self.case.clocks.values();
        let mut decided: Vec<Decided> = clocks.filter_map(|clock| clock.noted_at(self.ctx.now)).collect();
        decided.sort_by_key(|note| note.occurred_at);
        let mut steps = self.kind.steps_from(&self.case.state);
        let ready = steps.find(|step| step.relation == Relation::Timer && self.possible(step).is_ok());
        if let Some(step) = ready {
            let given = TakeStep {
                step: step.id.clone(),
                ..TakeStep::default()
            };
            decided.extend(self.ctx.all_now(self.take(step, &given, self.ctx.occurred_at)?));
        }
        if decided.is_empty() {
            Err(Refusal::NoChange)
        } else {
            Ok(decided)
        }
    }
}

impl Case {
    /// Returns when a [`Tick`](crate::case::command::Command::Tick) may next find something to do: a
    /// running clock's warning point or end that is not noted yet, or the end of what a timer's step waits
    /// for. It may lie in the past.
    ///
    /// A tick at that instant may still be refused as [`Refusal::NoChange`] where a step's guard or its
    /// proof does not hold; then only another event of the case, or another day, can change that.
    pub fn next_timer_at(&self, kind: &Kind) -> Option<Timestamp> {
        let clocks = self.clocks.values().filter_map(ClockState::next_note_at);
        let steps = kind
            .steps_from(&self.state)
            .filter(|step| step.relation == Relation::Timer);
        clocks
            .chain(steps.filter_map(|step| self.ready_at(step, kind)))
            .min()
    }

    /// Returns when what `step` needs is there, as far as time alone brings it.
    fn ready_at(&self, step: &Step, kind: &Kind) -> Option<Timestamp> {
        let implied = (step.effect == Effect::StrikeOff).then(|| answer_need(self, kind));
        let mut ready_at = self.changed_at;
        for need in step.needs.iter().copied().chain(implied) {
            let there_at = match need {
                Need::Satisfaction if self.satisfied == Some(false) => None,
                Need::Satisfaction if self.satisfied == Some(true) => Some(self.changed_at),
                Need::Satisfaction if calls_awaited(self, kind) => None,
                Need::Satisfaction => silence_over_at(self, kind),
                Need::Publication => self.published_until,
                Need::Assigned => self.unit.map(|_| self.changed_at),
                Need::Evidence | Need::Photo => self.proving_evidence().next().map(|found| found.added_at),
                Need::Verification => self.verified.map(|verified| verified.at),
                Need::Answer => self.answered.map(|answered| answered.at),
                Need::Consent => self.consented.map(|_| self.changed_at),
            };
            ready_at = ready_at.max(there_at?);
        }
        Some(ready_at)
    }
}

impl ClockState {
    /// Whether something of this clock may still be noted.
    fn is_live(&self) -> bool {
        self.run == ClockRun::Running && !self.breached && !self.history
    }

    fn next_note_at(&self) -> Option<Timestamp> {
        let warn_at = self.span.warn_at.filter(|_| !self.warned);
        self.is_live().then(|| warn_at.unwrap_or(self.span.due_at))
    }

    /// A warning that nobody was awake for is not given after the breach: it would warn of nothing.
    fn noted_at(&self, now: Timestamp) -> Option<Decided> {
        let (clock, due_at) = (self.span.clock.clone(), self.span.due_at);
        if !self.is_live() {
            return None;
        }
        if due_at <= now {
            let event = CaseEvent::ClockBreached { clock, due_at };
            return Some(Decided {
                occurred_at: due_at,
                event,
            });
        }
        let warn_at = self.span.warn_at.filter(|at| !self.warned && *at <= now)?;
        Some(Decided {
            occurred_at: warn_at,
            event: CaseEvent::ClockWarned { clock },
        })
    }
}
