//! Clocks: started and met by steps, paused, resumed and extended by people, computed again by a new
//! calendar. Every due instant is resolved here, so that the fold needs no calendar.

use jiff::Timestamp;

use super::Matter;
use crate::case::command::Context;
use crate::case::refusal::Refusal;
use crate::case::{ClockChange, ClockRun, ClockState};
use crate::clock::{self, Due, Limit};
use crate::event::{Actor, BodyRef, CaseEvent, ClockSpan};
use crate::pack::model::{ClockRule, Relation, Step};

impl Matter<'_> {
    pub(super) fn clocks_stopped(&self, step: &Step) -> impl Iterator<Item = CaseEvent> {
        let running = |clock: &&String| {
            let state = self.case.clocks.get(*clock);
            state.is_some_and(|state| !matches!(state.run, ClockRun::Stopped(_)))
        };
        let stopped = |clock: &String| CaseEvent::ClockStopped { clock: clock.clone() };
        step.stop.iter().filter(running).map(stopped)
    }

    pub(super) fn clocks_started(&self, ids: &[String], at: Timestamp) -> Result<Vec<CaseEvent>, Refusal> {
        let started = |id: &String| Ok(CaseEvent::ClockStarted(self.ctx.span(id, at)?));
        ids.iter().map(started).collect()
    }

    pub(super) fn pause_clock(&self, id: &str, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        self.person()?;
        self.refuse_ended()?;
        let state = self.running_clock(id)?;
        // Pausing a clock that ran out would only hide that it did.
        if !self.ctx.clock_rule(id)?.pausable || state.span.due_at <= self.ctx.now {
            return Err(Refusal::Clock(id.to_owned()));
        }
        Ok(CaseEvent::ClockPaused {
            clock: id.to_owned(),
            reason,
        })
    }

    pub(super) fn resume_clock(&self, id: &str) -> Result<CaseEvent, Refusal> {
        self.refuse_reporter()?;
        self.refuse_ended()?;
        let no_clock = || Refusal::Clock(id.to_owned());
        let state = self.case.clocks.get(id).ok_or_else(no_clock)?;
        let ClockRun::Paused(from) = state.run else {
            return Err(no_clock());
        };
        let until = self.ctx.occurred_at;
        let due = self
            .ctx
            .moved(id, state.due(), ClockChange::Paused { from, until })?;
        Ok(CaseEvent::ClockResumed(self.ctx.span_moved(&state.span, due)?))
    }

    /// Extends a clock within what its rule allows in all, and only before it has run out: 延期 is asked
    /// for in time, or the delay is a breach.
    pub(super) fn extend_clock(&self, id: &str, by: u32, reason: BodyRef) -> Result<CaseEvent, Refusal> {
        let (approved_by, _) = self.person()?;
        self.refuse_ended()?;
        let state = self.running_clock(id)?;
        let rule = self.ctx.clock_rule(id)?;
        let Some(most) = rule.extension.filter(|_| self.ctx.now < state.span.due_at) else {
            return Err(Refusal::Clock(id.to_owned()));
        };
        if by == 0 {
            return Err(Refusal::OutOfRange("by"));
        }
        if state.extended_by().saturating_add(by) > most.amount {
            return Err(Refusal::ExtensionTooLong {
                clock: id.to_owned(),
                most: most.amount,
            });
        }
        let due = self.ctx.moved(id, state.due(), ClockChange::Extended { by })?;
        let span = self.ctx.span_moved(&state.span, due)?;
        Ok(CaseEvent::ClockExtended {
            span,
            by,
            approved_by,
            reason,
        })
    }

    /// Computes the clocks that have not stopped again by the present calendar, with every pause and
    /// extension they had. Due instants that an import gave are not computed, and stay.
    pub(super) fn recompute_clocks(&self) -> Result<Vec<CaseEvent>, Refusal> {
        self.refuse_all_but(Actor::System, Relation::Timer)?;
        let mut events = Vec::new();
        for (id, state) in &self.case.clocks {
            let stands = matches!(state.run, ClockRun::Stopped(_)) || state.span.given;
            if stands || state.span.calendar == self.ctx.calendar.version {
                continue;
            }
            let mut due = self.ctx.due(id, state.span.started_at)?;
            for change in &state.changes {
                due = self.ctx.moved(id, due, *change)?;
            }
            events.push(CaseEvent::ClockRecomputed(self.ctx.span_moved(&state.span, due)?));
        }
        if events.is_empty() {
            Err(Refusal::NoChange)
        } else {
            Ok(events)
        }
    }

    fn running_clock(&self, id: &str) -> Result<&ClockState, Refusal> {
        let running = self
            .case
            .clocks
            .get(id)
            .filter(|state| state.run == ClockRun::Running);
        running.ok_or_else(|| Refusal::Clock(id.to_owned()))
    }
}

impl Context<'_> {
    /// Returns the span of a clock that starts at `started_at`.
    pub(super) fn span(&self, id: &str, started_at: Timestamp) -> Result<ClockSpan, Refusal> {
        let due = self.due(id, started_at)?;
        self.span_until(id, started_at, due)
    }

    /// Returns the span of a clock that runs out at `due`, with its warning point.
    pub(super) fn span_until(&self, id: &str, started_at: Timestamp, due: Due) -> Result<ClockSpan, Refusal> {
        let before = self.clock_rule(id)?.warn_before;
        let warn_at = |before| clock::warn_at(&before, self.calendar, started_at, due.at);
        Ok(ClockSpan {
            clock: id.to_owned(),
            started_at,
            due_at: due.at,
            warn_at: before.map(warn_at).transpose()?,
            calendar: self.calendar.version,
            provisional: due.provisional,
            given: false,
        })
    }

    /// Returns the same span with another end.
    fn span_moved(&self, span: &ClockSpan, due: Due) -> Result<ClockSpan, Refusal> {
        let given = span.given;
        let moved = self.span_until(&span.clock, span.started_at, due)?;
        Ok(ClockSpan { given, ..moved })
    }

    fn clock_rule(&self, id: &str) -> Result<&ClockRule, Refusal> {
        self.pack.clock(id).ok_or_else(|| Refusal::Clock(id.to_owned()))
    }

    fn due(&self, id: &str, started_at: Timestamp) -> Result<Due, Refusal> {
        Ok(clock::due_at(
            &self.clock_rule(id)?.limit,
            self.calendar,
            started_at,
        )?)
    }

    /// Returns where a pause or an extension moves a due instant to.
    fn moved(&self, id: &str, due: Due, change: ClockChange) -> Result<Due, Refusal> {
        let rule = self.clock_rule(id)?;
        let moved = match change {
            ClockChange::Paused { from, until } => {
                clock::resume_due(&rule.limit, self.calendar, due.at, from, until)?
            }
            ClockChange::Extended { by } => {
                let unit = rule.extension.unwrap_or(rule.limit).unit;
                clock::extended(&Limit { amount: by, unit }, self.calendar, due.at)?
            }
        };
        // What rests on an unpublished year keeps resting on it, whatever is added.
        let provisional = due.provisional || moved.provisional;
        Ok(Due { provisional, ..moved })
    }
}

impl ClockState {
    fn due(&self) -> Due {
        Due {
            at: self.span.due_at,
            provisional: self.span.provisional,
        }
    }

    /// Returns how much more time it got in all, in the unit of its extension rule.
    pub fn extended_by(&self) -> u32 {
        let by = |change: &ClockChange| match change {
            ClockChange::Extended { by } => *by,
            ClockChange::Paused { .. } => 0,
        };
        self.changes.iter().map(by).sum()
    }
}
