//! What happened, as a sentence: the one place where an event becomes words, for pages, API and exports.
//!
//! A sentence names units and steps by their names in the data; what people wrote stands below it as a
//! quotation ([`Told::quotes`]). The reporter hears what concerns the fate of the case and what was
//! written to them; what staff wrote to each other stays with staff.

pub mod fault;
mod quotes;
pub mod refusal;

use bihuan_core::calendar::Calendar;
use bihuan_core::event::{
    Actor, BodyRef, CallOutcome, CaseEvent, ClockSpan, End, Entry, Event, EvidenceMoment, Instruction,
    Linkage, ReplyWay,
};
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::org::Org;
use bihuan_core::pack::model::{Kind, Pack};
use jiff::Timestamp;

use crate::lang::Tongue;
use crate::show;

/// Where names come from.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The language.
    pub tongue: Tongue,
    /// Names of units and persons.
    pub org: &'a Org,
    /// Names of steps, clocks and categories.
    pub pack: &'a Pack,
    /// Local time.
    pub calendar: &'a Calendar,
}

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Somebody who may open the case.
    Staff,
    /// The reporter, by the receipt code.
    Reporter,
}

/// An event in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The event's name in the log, such as `step_taken`.
    pub what: &'static str,
    /// The sentence.
    pub said: String,
    /// Who did it, as far as the listener may know.
    pub by: String,
    /// What was written with it.
    pub quotes: Vec<BodyRef>,
}

impl Words<'_> {
    /// Returns the sentence for an event of a case of `kind`, or `None` where it does not concern the listener.
    pub fn tell(&self, kind: &Kind, entry: &Entry, listener: Listener) -> Option<Told> {
        let Event::Case(event) = &entry.event else {
            return None;
        };
        if listener == Listener::Reporter && !concerns_reporter(kind, event) {
            return None;
        }
        let quotes = match listener {
            Listener::Staff => quotes::all(event),
            Listener::Reporter => quotes::for_reporter(event),
        };
        // A clock starts and stops by itself when somebody takes a step.
        let actor = match event {
            CaseEvent::ClockStarted(..) | CaseEvent::ClockStopped { .. } => Actor::System,
            _ => entry.actor,
        };
        let by = self.doer(actor, listener);
        Some(Told {
            what: name(event),
            said: self.sentence(kind, event),
            by,
            quotes,
        })
    }

    fn sentence(&self, kind: &Kind, event: &CaseEvent) -> String {
        match event {
            CaseEvent::Raised(..)
            | CaseEvent::Classified { .. }
            | CaseEvent::SeverityChanged { .. }
            | CaseEvent::Downgraded { .. }
            | CaseEvent::RegistrationCorrected { .. }
            | CaseEvent::PackChanged { .. } => self.registration(kind, event),
            CaseEvent::Assigned { .. }
            | CaseEvent::Transferred { .. }
            | CaseEvent::Returned { .. }
            | CaseEvent::AssignmentDisputed { .. }
            | CaseEvent::DisputeRuled { .. }
            | CaseEvent::ResponsibilityAbsorbed { .. } => self.responsibility(event),
            CaseEvent::ClockStarted(..)
            | CaseEvent::ClockPaused { .. }
            | CaseEvent::ClockResumed(..)
            | CaseEvent::ClockExtended { .. }
            | CaseEvent::ClockRecomputed(..)
            | CaseEvent::ClockStopped { .. }
            | CaseEvent::ClockWarned { .. }
            | CaseEvent::ClockBreached { .. } => self.clock(event),
            CaseEvent::StepTaken { .. }
            | CaseEvent::EvidenceAdded { .. }
            | CaseEvent::EvidenceWithdrawn { .. }
            | CaseEvent::Commented { .. }
            | CaseEvent::Instructed { .. }
            | CaseEvent::ReporterAsked { .. }
            | CaseEvent::ReporterReplied { .. }
            | CaseEvent::Answered { .. }
            | CaseEvent::SatisfactionGiven { .. }
            | CaseEvent::CallMade { .. }
            | CaseEvent::IdentityRead { .. }
            | CaseEvent::CodeReissued { .. }
            | CaseEvent::PicturesAllowed { .. }
            | CaseEvent::PictureShown { .. }
            | CaseEvent::PictureHidden { .. }
            | CaseEvent::BodyErased { .. } => self.handling(kind, event),
            CaseEvent::Verified { .. }
            | CaseEvent::VerificationFailed { .. }
            | CaseEvent::Published { .. }
            | CaseEvent::FinderConsented { .. }
            | CaseEvent::Ended(..)
            | CaseEvent::Reopened { .. }
            | CaseEvent::LookedBack { .. }
            | CaseEvent::Linked { .. }
            | CaseEvent::Split { .. }
            | CaseEvent::Merged { .. } => self.outcome(event),
        }
    }

    fn registration(&self, kind: &Kind, event: &CaseEvent) -> String {
        let t = self.tongue;
        match event {
            CaseEvent::Raised(fields) => {
                let kind = kind.title.get(t.0);
                t.t2(
                    "event-raised",
                    ("kind", kind),
                    ("channel", self.channel(&fields.channel)),
                )
            }
            CaseEvent::Classified { category } => {
                t.t1("event-classified", "category", self.category(category))
            }
            CaseEvent::SeverityChanged { from, to, .. } => {
                t.t2("event-severity-raised", ("from", from), ("to", to))
            }
            CaseEvent::Downgraded { from, to, .. } => t.t2("event-downgraded", ("from", from), ("to", to)),
            CaseEvent::PackChanged { pack } => t.t1("event-pack-changed", "version", pack.version),
            _ => t.t("event-registration-corrected"),
        }
    }

    fn responsibility(&self, event: &CaseEvent) -> String {
        let t = self.tongue;
        match event {
            CaseEvent::Assigned { unit, co_units, .. } if co_units.is_empty() => {
                t.t1("event-assigned", "unit", self.unit(*unit))
            }
            CaseEvent::Assigned { unit, co_units, .. } => t.t2(
                "event-assigned-co",
                ("unit", self.unit(*unit)),
                ("co", self.units(co_units)),
            ),
            CaseEvent::Transferred { from, to, .. } => t.t2(
                "event-transferred",
                ("from", self.unit(*from)),
                ("to", self.unit(*to)),
            ),
            CaseEvent::Returned { from, .. } => t.t1("event-returned", "unit", self.unit(*from)),
            CaseEvent::AssignmentDisputed {
                by, proposed: None, ..
            } => t.t1("event-disputed", "unit", self.unit(*by)),
            CaseEvent::AssignmentDisputed {
                by,
                proposed: Some(proposed),
                ..
            } => t.t2(
                "event-disputed-proposed",
                ("unit", self.unit(*by)),
                ("proposed", self.unit(*proposed)),
            ),
            CaseEvent::DisputeRuled {
                upheld: true, unit, ..
            } => t.t1("event-dispute-upheld", "unit", self.unit(*unit)),
            CaseEvent::DisputeRuled {
                upheld: false, unit, ..
            } => t.t1("event-dispute-dismissed", "unit", self.unit(*unit)),
            _ => t.t("event-responsibility-absorbed"),
        }
    }

    fn clock(&self, event: &CaseEvent) -> String {
        let t = self.tongue;
        let dated = |key: &str, clock: &str, at: Timestamp| {
            t.t2(
                key,
                ("clock", self.clock_title(clock)),
                ("date", show::moment(self.calendar, t, at)),
            )
        };
        match event {
            CaseEvent::ClockStarted(span) => dated("event-clock-started", &span.clock, span.due_at),
            CaseEvent::ClockResumed(span) => dated("event-clock-resumed", &span.clock, span.due_at),
            CaseEvent::ClockExtended { span, .. } => dated("event-clock-extended", &span.clock, span.due_at),
            CaseEvent::ClockRecomputed(span) => dated("event-clock-recomputed", &span.clock, span.due_at),
            CaseEvent::ClockBreached { clock, due_at } => dated("event-clock-breached", clock, *due_at),
            CaseEvent::ClockPaused { clock, .. } => {
                t.t1("event-clock-paused", "clock", self.clock_title(clock))
            }
            CaseEvent::ClockStopped { clock } => {
                t.t1("event-clock-stopped", "clock", self.clock_title(clock))
            }
            CaseEvent::ClockWarned { clock } => t.t1("event-clock-warned", "clock", self.clock_title(clock)),
            _ => String::new(),
        }
    }

    fn handling(&self, kind: &Kind, event: &CaseEvent) -> String {
        let t = self.tongue;
        match event {
            CaseEvent::StepTaken { step, to, .. } => {
                let step = kind.step(step).map_or(step.as_str(), |step| step.title.get(t.0));
                let state = kind.state(to).map_or(to.as_str(), |state| state.title.get(t.0));
                t.t2("event-step", ("step", step), ("state", state))
            }
            CaseEvent::EvidenceAdded { moment, .. } => t.t(match moment {
                EvidenceMoment::Before => "event-evidence-before",
                EvidenceMoment::After => "event-evidence-after",
                EvidenceMoment::Other => "event-evidence-other",
            }),
            CaseEvent::EvidenceWithdrawn { .. } => t.t("event-evidence-withdrawn"),
            CaseEvent::Commented { .. } => t.t("event-commented"),
            CaseEvent::Instructed { instruction, .. } => t.t(instruction_key(*instruction)),
            CaseEvent::ReporterAsked { .. } => t.t("event-reporter-asked"),
            CaseEvent::ReporterReplied { .. } => t.t("event-reporter-replied"),
            CaseEvent::Answered { way, .. } => t.t1("event-answered", "way", self.way(*way)),
            CaseEvent::SatisfactionGiven { solved: true, .. } => t.t("event-solved"),
            CaseEvent::SatisfactionGiven { solved: false, .. } => t.t("event-not-solved"),
            CaseEvent::CallMade {
                outcome, again_at, ..
            } => self.call(*outcome, *again_at),
            CaseEvent::IdentityRead { .. } => t.t("event-identity-read"),
            CaseEvent::CodeReissued { .. } => t.t("event-code-reissued"),
            CaseEvent::PicturesAllowed { allowed: true } => t.t("event-pictures-allowed"),
            CaseEvent::PicturesAllowed { allowed: false } => t.t("event-pictures-forbidden"),
            CaseEvent::PictureShown { .. } => t.t("event-picture-shown"),
            CaseEvent::PictureHidden { .. } => t.t("event-picture-hidden"),
            _ => t.t("event-body-erased"),
        }
    }

    fn call(&self, outcome: CallOutcome, again_at: Option<Timestamp>) -> String {
        let t = self.tongue;
        match (outcome, again_at) {
            (CallOutcome::CallAgain, Some(at)) => {
                t.t1("event-call-again", "date", show::moment(self.calendar, t, at))
            }
            (CallOutcome::Reached | CallOutcome::CallAgain, _) => t.t("event-call-reached"),
            (CallOutcome::NoAnswer, _) => t.t("event-call-no-answer"),
            (CallOutcome::NoNumber, _) => t.t("event-call-no-number"),
        }
    }

    fn outcome(&self, event: &CaseEvent) -> String {
        let t = self.tongue;
        match event {
            CaseEvent::Verified { unit, .. } => t.t1("event-verified", "unit", self.unit(*unit)),
            CaseEvent::VerificationFailed { unit, .. } => {
                t.t1("event-verification-failed", "unit", self.unit(*unit))
            }
            CaseEvent::Published { until, .. } => {
                t.t1("event-published", "date", show::moment(self.calendar, t, *until))
            }
            CaseEvent::FinderConsented { .. } => t.t("event-finder-consented"),
            CaseEvent::Ended(end) => t.t(end_key(end)),
            CaseEvent::Reopened { .. } => t.t("event-reopened"),
            CaseEvent::LookedBack { held: true, .. } => t.t("event-looked-back-held"),
            CaseEvent::LookedBack { held: false, .. } => t.t("event-looked-back-failed"),
            CaseEvent::Linked { linkage, .. } => t.t(match linkage {
                Linkage::DuplicateOf => "event-linked-duplicate",
                Linkage::PartOf => "event-linked-part",
                Linkage::RecurrenceOf => "event-linked-recurrence",
            }),
            CaseEvent::Split { into, .. } => t.t1("event-split", "count", into.len()),
            _ => t.t("event-merged"),
        }
    }

    /// Returns who did something; the reporter learns units, not names.
    fn doer(&self, actor: Actor, listener: Listener) -> String {
        let t = self.tongue;
        match (actor, listener) {
            (
                Actor::Person {
                    person,
                    unit,
                    for_person: Some(away),
                },
                Listener::Staff,
            ) => t.tell(
                "by-person-for",
                &[
                    ("unit", self.unit(unit).into()),
                    ("person", self.person(person).into()),
                    ("away", self.person(away).into()),
                ],
            ),
            (Actor::Person { person, unit, .. }, Listener::Staff) => t.t2(
                "by-person",
                ("unit", self.unit(unit)),
                ("person", self.person(person)),
            ),
            (Actor::Person { unit, .. }, Listener::Reporter) => self.unit(unit),
            (Actor::Reporter, Listener::Staff) => t.t("by-reporter"),
            (Actor::Reporter, Listener::Reporter) => t.t("by-you"),
            (Actor::System, _) => t.t("by-system"),
            (Actor::Import, _) => t.t("by-import"),
        }
    }

    /// Returns a unit's name.
    pub fn unit(&self, id: UnitId) -> String {
        self.org
            .unit(id)
            .map_or_else(|| id.to_string(), |unit| unit.name.get(self.tongue.0).to_owned())
    }

    /// Returns a person's name.
    pub fn person(&self, id: PersonId) -> String {
        self.org.person(id).map_or_else(
            || id.to_string(),
            |person| person.name.get(self.tongue.0).to_owned(),
        )
    }

    /// Returns the names of units, one after the other.
    pub fn units(&self, ids: &[UnitId]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.unit(*id)).collect();
        names.join(&self.tongue.t("list-comma"))
    }

    /// Returns a clock's name.
    pub fn clock_title(&self, id: &str) -> String {
        self.pack.clock(id).map_or_else(
            || id.to_owned(),
            |clock| clock.title.get(self.tongue.0).to_owned(),
        )
    }

    /// Returns a category's name with those above it.
    pub fn category(&self, code: &str) -> String {
        let ends = code.match_indices('.').map(|(at, _)| at).chain([code.len()]);
        let name = |part: &str| {
            self.pack
                .category(part)
                .map(|found| found.title.get(self.tongue.0).to_owned())
        };
        let names: Vec<String> = ends.filter_map(|end| name(&code[..end])).collect();
        if names.is_empty() {
            code.to_owned()
        } else {
            names.join(" / ")
        }
    }

    /// Returns a channel's name.
    pub fn channel(&self, id: &str) -> String {
        self.pack.channel(id).map_or_else(
            || id.to_owned(),
            |channel| channel.title.get(self.tongue.0).to_owned(),
        )
    }

    fn way(&self, way: ReplyWay) -> String {
        self.tongue.t(match way {
            ReplyWay::ReceiptPage => "way-receipt-page",
            ReplyWay::Phone => "way-phone",
            ReplyWay::Letter => "way-letter",
            ReplyWay::Email => "way-email",
            ReplyWay::InPerson => "way-in-person",
        })
    }
}

/// Returns the message for an end.
pub fn end_key(end: &End) -> &'static str {
    match end {
        End::StruckOff => "event-struck-off",
        End::Answered => "event-ended-answered",
        End::Refused { .. } => "event-ended-refused",
        End::Withdrawn { .. } => "event-ended-withdrawn",
        End::HandedOver { .. } => "event-ended-handed-over",
        End::Merged => "event-ended-merged",
        End::ImportedClosed => "event-ended-imported",
    }
}

/// Returns an event's name, as the log spells it.
pub fn name(event: &CaseEvent) -> &'static str {
    match event {
        CaseEvent::Raised(..) => "raised",
        CaseEvent::Classified { .. } => "classified",
        CaseEvent::SeverityChanged { .. } => "severity_changed",
        CaseEvent::Downgraded { .. } => "downgraded",
        CaseEvent::Assigned { .. } => "assigned",
        CaseEvent::Transferred { .. } => "transferred",
        CaseEvent::Returned { .. } => "returned",
        CaseEvent::AssignmentDisputed { .. } => "assignment_disputed",
        CaseEvent::DisputeRuled { .. } => "dispute_ruled",
        CaseEvent::StepTaken { .. } => "step_taken",
        CaseEvent::ClockStarted(..) => "clock_started",
        CaseEvent::ClockPaused { .. } => "clock_paused",
        CaseEvent::ClockResumed(..) => "clock_resumed",
        CaseEvent::ClockExtended { .. } => "clock_extended",
        CaseEvent::ClockRecomputed(..) => "clock_recomputed",
        CaseEvent::ClockStopped { .. } => "clock_stopped",
        CaseEvent::ClockWarned { .. } => "clock_warned",
        CaseEvent::ClockBreached { .. } => "clock_breached",
        CaseEvent::EvidenceAdded { .. } => "evidence_added",
        CaseEvent::EvidenceWithdrawn { .. } => "evidence_withdrawn",
        CaseEvent::Commented { .. } => "commented",
        CaseEvent::Instructed { .. } => "instructed",
        CaseEvent::ReporterAsked { .. } => "reporter_asked",
        CaseEvent::ReporterReplied { .. } => "reporter_replied",
        CaseEvent::Answered { .. } => "answered",
        CaseEvent::SatisfactionGiven { .. } => "satisfaction_given",
        CaseEvent::CallMade { .. } => "call_made",
        CaseEvent::Verified { .. } => "verified",
        CaseEvent::VerificationFailed { .. } => "verification_failed",
        CaseEvent::Published { .. } => "published",
        CaseEvent::FinderConsented { .. } => "finder_consented",
        CaseEvent::Ended(..) => "ended",
        CaseEvent::Reopened { .. } => "reopened",
        CaseEvent::LookedBack { .. } => "looked_back",
        CaseEvent::Linked { .. } => "linked",
        CaseEvent::Split { .. } => "split",
        CaseEvent::Merged { .. } => "merged",
        CaseEvent::ResponsibilityAbsorbed { .. } => "responsibility_absorbed",
        CaseEvent::RegistrationCorrected { .. } => "registration_corrected",
        CaseEvent::IdentityRead { .. } => "identity_read",
        CaseEvent::CodeReissued { .. } => "code_reissued",
        CaseEvent::PicturesAllowed { .. } => "pictures_allowed",
        CaseEvent::PictureShown { .. } => "picture_shown",
        CaseEvent::PictureHidden { .. } => "picture_hidden",
        CaseEvent::BodyErased { .. } => "body_erased",
        CaseEvent::PackChanged { .. } => "pack_changed",
    }
}

fn instruction_key(instruction: Instruction) -> &'static str {
    match instruction {
        Instruction::Deploy => "event-instructed-deploy",
        Instruction::Ask => "event-instructed-ask",
        Instruction::Coordinate => "event-instructed-coordinate",
        Instruction::Supervise => "event-instructed-supervise",
        Instruction::Urge => "event-instructed-urge",
    }
}

/// Whether the reporter hears of an event at all. Of clocks they hear what was promised to them: those that
/// run from the beginning.
fn concerns_reporter(kind: &Kind, event: &CaseEvent) -> bool {
    if let CaseEvent::ClockStarted(ClockSpan { clock, .. }) | CaseEvent::ClockBreached { clock, .. } = event {
        return kind.start.contains(clock);
    }
    !matches!(
        event,
        CaseEvent::Classified { .. }
            | CaseEvent::SeverityChanged { .. }
            | CaseEvent::Downgraded { .. }
            | CaseEvent::ClockStopped { .. }
            | CaseEvent::ClockWarned { .. }
            | CaseEvent::Commented { .. }
            | CaseEvent::Instructed { .. }
            | CaseEvent::Linked { .. }
            | CaseEvent::ResponsibilityAbsorbed { .. }
            | CaseEvent::PackChanged { .. }
    )
}
