//! Events become the case. Nothing but events is read here: whatever a rule, a calendar or the org tree
//! had to say was resolved when the event was decided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::pictures::Pictures;
use super::{Answer, Calls, Case, ClockChange, ClockRun, ClockState, Evidence, Stay, Verification};
use crate::event::{
    Actor, BodyRef, CallOutcome, CaseEvent, ClockSpan, Correction, End, Entry, Event, Fields, ReplyWay,
};
use crate::id::{CaseId, EvidenceId, UnitId};

/// Why a log cannot be: it was not written by [`decide`](super::decide).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The entry is not an event of a case.
    #[error("the entry is not an event of a case")]
    NotACase,
    /// The first event is not `Raised`.
    #[error("the case was never raised")]
    NotRaised,
    /// A later event is `Raised`.
    #[error("the case is raised a second time")]
    RaisedTwice,
    /// A version was left out or comes twice.
    #[error("version {expected} is missing, version {found} stands in its place")]
    Version {
        /// The version that must come.
        expected: u32,
        /// The version that came.
        found: u32,
    },
    /// A step begins in a state that the case is not in.
    #[error("a step begins in {found:?} while the case is in {expected:?}")]
    State {
        /// The state the case is in.
        expected: String,
        /// The state the step begins in.
        found: String,
    },
    /// An event names a clock that never began to run.
    #[error("clock {0:?} never began to run")]
    Clock(String),
    /// An event names evidence that is not there.
    #[error("evidence {0} is not there")]
    Evidence(EvidenceId),
    /// The case ends although it has ended.
    #[error("the case ends a second time")]
    EndedTwice,
}

/// Adds one entry, the event number `version` of the case `id`, to what the entries before it made.
///
/// `case` is `None` for the first entry only, and versions begin at 1.
///
/// # Errors
/// [`FoldError`] where no sequence of decided commands can have written the entry at this place.
pub fn fold(case: Option<Case>, id: CaseId, version: u32, entry: &Entry) -> Result<Case, FoldError> {
    if let Some(mut case) = case {
        fold_next(&mut case, version, entry)?;
        return Ok(case);
    }
    let CaseEvent::Raised(fields) = event_at(1, version, entry)? else {
        return Err(FoldError::NotRaised);
    };
    Ok(raised(id, fields, entry))
}

/// Adds one entry to a case that is there, in its place. After an error the case may be half changed and is
/// good for nothing.
///
/// # Errors
/// The same as [`fold`].
pub fn fold_next(case: &mut Case, version: u32, entry: &Entry) -> Result<(), FoldError> {
    let event = event_at(case.version + 1, version, entry)?;
    case.apply(event, entry)?;
    case.version = version;
    case.changed_at = entry.recorded_at;
    Ok(())
}

/// Returns the event of an entry that must be the one with the version that comes next.
fn event_at(expected: u32, version: u32, entry: &Entry) -> Result<&CaseEvent, FoldError> {
    let Event::Case(event) = &entry.event else {
        return Err(FoldError::NotACase);
    };
    if version != expected {
        return Err(FoldError::Version {
            expected,
            found: version,
        });
    }
    Ok(event)
}

/// Folds a whole stream, oldest entry first; `None` where there is none.
///
/// # Errors
/// The same as [`fold`].
pub fn fold_all<'a>(
    id: CaseId,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Option<Case>, FoldError> {
    let mut case = None;
    for (version, entry) in (1..).zip(entries) {
        case = Some(fold(case, id, version, entry)?);
    }
    Ok(case)
}

fn raised(id: CaseId, fields: &Fields, entry: &Entry) -> Case {
    let fields = fields.clone();
    Case {
        id,
        version: 1,
        number: fields.number,
        kind: fields.kind,
        pack: fields.pack,
        trail: vec![Stay {
            state: fields.state.clone(),
            since: entry.occurred_at,
        }],
        state: fields.state,
        channel: fields.channel,
        source: fields.source,
        category: fields.category,
        campaigns: fields.campaigns,
        severity: fields.severity,
        title: fields.title,
        text: fields.text,
        place: fields.place,
        raised_by: fields.raised_by,
        accused: fields.accused,
        external: fields.external,
        raised_at: entry.occurred_at,
        changed_at: entry.recorded_at,
        unit: None,
        co_units: Vec::new(),
        person: None,
        ever_responsible: BTreeSet::new(),
        returns: 0,
        dispute: None,
        round: 1,
        clocks: BTreeMap::new(),
        evidence: Vec::new(),
        verified: None,
        answered: None,
        satisfied: None,
        unsatisfied: false,
        reporter_wrote_at: None,
        published_until: None,
        consented: None,
        question_open: false,
        end: None,
        ended_at: None,
        merged_into: None,
        links: Vec::new(),
        parts: Vec::new(),
        breaches: 0,
        reopened: 0,
        looked_back: None,
        identity_reads: 0,
        code: None,
        calls: Calls::default(),
        instructors: BTreeSet::new(),
        pictures: Pictures::default(),
    }
}

impl Case {
    /// One arm for each event; what takes more than a few lines has a function of its own below.
    fn apply(&mut self, event: &CaseEvent, entry: &Entry) -> Result<(), FoldError> {
        let at = entry.occurred_at;
        match event {
            CaseEvent::Raised(_) => return Err(FoldError::RaisedTwice),
            CaseEvent::Classified { category } => self.category = Some(category.clone()),
            CaseEvent::SeverityChanged { to, .. } | CaseEvent::Downgraded { to, .. } => self.severity = *to,
            CaseEvent::Assigned {
                unit,
                co_units,
                person,
            } => {
                self.make_responsible(*unit);
                self.co_units.clone_from(co_units);
                self.person = *person;
            }
            CaseEvent::Transferred { to, .. } => self.make_responsible(*to),
            CaseEvent::Returned { .. } => self.give_back(),
            CaseEvent::AssignmentDisputed { by, proposed, .. } => self.dispute = Some((*by, *proposed)),
            CaseEvent::DisputeRuled { unit, .. } => {
                self.dispute = None;
                self.make_responsible(*unit);
            }
            CaseEvent::StepTaken {
                from, to, new_round, ..
            } => self.step(from, to, *new_round, at)?,
            CaseEvent::ClockStarted(span) => self.start_clock(span, entry),
            CaseEvent::ClockPaused { clock, .. } => self.clock(clock)?.run = ClockRun::Paused(at),
            CaseEvent::ClockResumed(span) => self.clock(&span.clock)?.resume(span, at),
            CaseEvent::ClockExtended { span, by, .. } => self.clock(&span.clock)?.extend(span, *by, at),
            CaseEvent::ClockRecomputed(span) => self.clock(&span.clock)?.replace_span(span, at),
            CaseEvent::ClockStopped { clock } => self.clock(clock)?.run = ClockRun::Stopped(at),
            CaseEvent::ClockWarned { clock } => self.clock(clock)?.warned = true,
            CaseEvent::ClockBreached { clock, .. } => self.breach(clock)?,
            CaseEvent::EvidenceAdded { .. } => {
                self.evidence.extend(Evidence::added(event, entry, self.round))
            }
            CaseEvent::EvidenceWithdrawn { evidence, .. } => self.withdraw_evidence(*evidence)?,
            CaseEvent::ReporterAsked { .. } => self.question_open = true,
            CaseEvent::ReporterReplied { .. } => self.reporter_wrote(at),
            CaseEvent::Answered { text, way } => self.answer(*text, *way, at),
            CaseEvent::SatisfactionGiven { solved, .. } => self.hear(*solved),
            CaseEvent::CallMade {
                outcome, again_at, ..
            } => self.calls.note(*outcome, *again_at),
            CaseEvent::Verified { .. } => self.verified = Verification::of(event, at),
            CaseEvent::VerificationFailed { .. } => self.begin_round(),
            CaseEvent::Published { until, .. } => self.published_until = Some(*until),
            CaseEvent::FinderConsented { person } => self.consented = Some(*person),
            CaseEvent::Ended(end) => self.finish(end, at)?,
            CaseEvent::Reopened { .. } => self.take_up_again(),
            CaseEvent::LookedBack { held, .. } => self.look_back(*held, at),
            CaseEvent::Linked { other, linkage } => self.links.push((*linkage, *other)),
            CaseEvent::Split { into, .. } => self.parts.extend(into),
            CaseEvent::Merged { into, .. } => self.merged_into = Some(*into),
            CaseEvent::ResponsibilityAbsorbed { units, .. } => self.ever_responsible.extend(units),
            CaseEvent::RegistrationCorrected { correction, .. } => self.correct(correction),
            CaseEvent::PicturesAllowed { .. }
            | CaseEvent::PictureShown { .. }
            | CaseEvent::PictureHidden { .. } => self.pictures.note(event),
            CaseEvent::IdentityRead { .. } => self.identity_reads += 1,
            CaseEvent::CodeReissued { code, .. } => self.code = Some(*code),
            CaseEvent::PackChanged { pack } => self.pack = pack.clone(),
            CaseEvent::Instructed { .. } => self.instruct(entry.actor),
            CaseEvent::Commented { .. } | CaseEvent::BodyErased { .. } => {}
        }
        Ok(())
    }

    fn step(&mut self, from: &str, to: &str, new_round: bool, at: Timestamp) -> Result<(), FoldError> {
        if self.state != from {
            return Err(FoldError::State {
                expected: self.state.clone(),
                found: from.to_owned(),
            });
        }
        to.clone_into(&mut self.state);
        self.trail.push(Stay {
            state: to.to_owned(),
            since: at,
        });
        if new_round {
            self.begin_round();
        }
        Ok(())
    }

    /// A unit becomes responsible, and is for ever one that was: it can no longer verify this case.
    fn make_responsible(&mut self, unit: UnitId) {
        // Naming other people for the same unit settles no dispute of that unit.
        if self.unit != Some(unit) {
            self.person = None;
            self.dispute = None;
        }
        self.unit = Some(unit);
        self.co_units.retain(|co_unit| *co_unit != unit);
        self.ever_responsible.insert(unit);
    }

    fn give_back(&mut self) {
        self.unit = None;
        self.co_units.clear();
        self.person = None;
        self.dispute = None;
        self.returns += 1;
    }

    fn start_clock(&mut self, span: &ClockSpan, entry: &Entry) {
        let imported = entry.actor == Actor::Import;
        let state = ClockState {
            span: span.clone(),
            run: ClockRun::Running,
            warned: imported && span.warn_at.is_some_and(|at| at <= entry.recorded_at),
            breached: false,
            history: imported && span.due_at <= entry.recorded_at,
            changes: Vec::new(),
        };
        self.clocks.insert(span.clock.clone(), state);
    }

    fn clock(&mut self, clock: &str) -> Result<&mut ClockState, FoldError> {
        let missing = || FoldError::Clock(clock.to_owned());
        self.clocks.get_mut(clock).ok_or_else(missing)
    }

    fn breach(&mut self, clock: &str) -> Result<(), FoldError> {
        self.clock(clock)?.breached = true;
        self.breaches += 1;
        Ok(())
    }

    fn withdraw_evidence(&mut self, id: EvidenceId) -> Result<(), FoldError> {
        let place = self.evidence.iter().position(|evidence| evidence.id == id);
        self.evidence.remove(place.ok_or(FoldError::Evidence(id))?);
        self.pictures.shown.remove(&id);
        Ok(())
    }

    /// Another answer does not take back that the reporter calls it not solved: only they do, or a new round.
    fn answer(&mut self, text: BodyRef, way: ReplyWay, at: Timestamp) {
        self.answered = Some(Answer { text, way, at });
        self.satisfied = self.satisfied.filter(|solved| !solved);
        self.calls = Calls::default();
    }

    fn instruct(&mut self, actor: Actor) {
        if let Actor::Person { person, .. } = actor {
            self.instructors.insert(person);
        }
    }

    fn hear(&mut self, solved: bool) {
        self.satisfied = Some(solved);
        self.unsatisfied = !solved;
    }

    fn reporter_wrote(&mut self, at: Timestamp) {
        self.question_open = false;
        self.reporter_wrote_at = Some(at);
    }

    /// What the round before brought no longer counts.
    fn begin_round(&mut self) {
        self.round += 1;
        self.verified = None;
        self.answered = None;
        self.satisfied = None;
        self.published_until = None;
        self.consented = None;
        self.calls = Calls::default();
        self.pictures.begin_round();
    }

    /// A clock that is paused at the end stays paused: the case was not overdue by it.
    fn finish(&mut self, end: &End, at: Timestamp) -> Result<(), FoldError> {
        if self.end.is_some() {
            return Err(FoldError::EndedTwice);
        }
        for clock in self.clocks.values_mut() {
            if clock.run == ClockRun::Running {
                clock.run = ClockRun::Stopped(at);
            }
        }
        self.end = Some(end.clone());
        self.ended_at = Some(at);
        self.question_open = false;
        self.dispute = None;
        Ok(())
    }

    fn take_up_again(&mut self) {
        self.begin_round();
        self.end = None;
        self.ended_at = None;
        self.reopened += 1;
        // Only the state that it is in goes on; what was before has ended with the case.
        let gone = self.trail.len().saturating_sub(1);
        self.trail.drain(..gone);
    }

    fn look_back(&mut self, held: bool, at: Timestamp) {
        self.looked_back = Some((at, held));
        if !held {
            self.take_up_again();
        }
    }

    fn correct(&mut self, correction: &Correction) {
        let right = correction.clone();
        self.title = right.title.unwrap_or(self.title);
        self.text = right.text.unwrap_or(self.text);
        self.place = right.place.or(self.place);
        self.source = right.source.or(self.source.take());
        if let Some(channel) = right.channel {
            self.channel = channel;
        }
        if let Some(accused) = right.accused {
            self.accused = accused;
        }
    }
}

impl Calls {
    fn note(&mut self, outcome: CallOutcome, again_at: Option<Timestamp>) {
        self.again_at = again_at;
        match outcome {
            CallOutcome::Reached | CallOutcome::CallAgain => {}
            CallOutcome::NoAnswer => self.unanswered += 1,
            CallOutcome::NoNumber => self.no_number = true,
        }
    }
}

impl Evidence {
    /// Returns the evidence that an event added in the round `round`; `None` for every other event.
    fn added(event: &CaseEvent, entry: &Entry, round: u32) -> Option<Evidence> {
        let CaseEvent::EvidenceAdded {
            evidence,
            blob,
            media_type,
            size_bytes,
            moment,
            caption,
        } = event
        else {
            return None;
        };
        Some(Evidence {
            id: *evidence,
            blob: *blob,
            media_type: media_type.clone(),
            size_bytes: *size_bytes,
            moment: *moment,
            caption: *caption,
            round,
            from_reporter: entry.actor == Actor::Reporter,
            added_at: entry.occurred_at,
        })
    }
}

impl Verification {
    /// Returns the verification that an event made at `at`; `None` for every other event.
    fn of(event: &CaseEvent, at: Timestamp) -> Option<Verification> {
        let CaseEvent::Verified {
            person,
            unit,
            finding,
        } = event
        else {
            return None;
        };
        Some(Verification {
            person: *person,
            unit: *unit,
            at,
            finding: *finding,
        })
    }
}

impl ClockState {
    fn resume(&mut self, span: &ClockSpan, at: Timestamp) {
        if let ClockRun::Paused(from) = self.run {
            self.changes.push(ClockChange::Paused { from, until: at });
        }
        self.run = ClockRun::Running;
        self.replace_span(span, at);
    }

    fn extend(&mut self, span: &ClockSpan, by: u32, at: Timestamp) {
        self.changes.push(ClockChange::Extended { by });
        self.replace_span(span, at);
    }

    /// A warning point that moved into the future warns again.
    fn replace_span(&mut self, span: &ClockSpan, at: Timestamp) {
        self.warned = self.warned && span.warn_at.is_none_or(|warn_at| warn_at <= at);
        self.span = span.clone();
    }
}
