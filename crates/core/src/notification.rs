//! Whom on the staff an event concerns: notifications 通知 as a pure function of the event, the case after
//! it, and who may read it.
//!
//! Which events bring about which [`Occasion`] is true of every kind and stands here; whom an occasion
//! concerns is the pack's. Nobody is told who may not read the case, or who did it themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::case::Case;
use crate::case::facts::{CaseFacts, facts};
use crate::event::{Actor, CaseEvent, Entry, Event};
use crate::filter::Checked;
use crate::id::{PersonId, UnitId};
use crate::org::Org;
use crate::pack::model::{Grant, Kind, Phase};
use crate::pack::notification::{Addressee, NotificationRule, Occasion};
use crate::permission::{self, READ, Rights, Viewer};

/// The most people that one event is told to.
pub const MOST_TOLD: usize = 200;

/// What a person is told, without its words: these come from the pack, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Who is told.
    pub person: PersonId,
    /// Of what.
    pub occasion: Occasion,
    /// The unit that it is about.
    pub unit: Option<UnitId>,
    /// When what it is about is due.
    pub due_at: Option<Timestamp>,
    /// The state that the case was in.
    pub state: String,
}

/// Returns what an event is an occasion for, where it is one; `after` is its case with it.
pub fn occasion(event: &CaseEvent, after: &Case, kind: &Kind) -> Option<Occasion> {
    match event {
        CaseEvent::Assigned { .. } | CaseEvent::Transferred { .. } => Some(Occasion::Assigned),
        CaseEvent::Instructed { .. } => Some(Occasion::Instructed),
        CaseEvent::ClockWarned { .. } => Some(Occasion::DueSoon),
        CaseEvent::ClockBreached { .. } => Some(Occasion::Overdue),
        CaseEvent::Returned { .. } => Some(Occasion::Returned),
        CaseEvent::VerificationFailed { .. }
        | CaseEvent::Reopened { .. }
        | CaseEvent::SatisfactionGiven { solved: false, .. }
        | CaseEvent::LookedBack { held: false, .. } => Some(Occasion::CameBack),
        CaseEvent::AssignmentDisputed { .. } => Some(Occasion::Disputed),
        CaseEvent::DisputeRuled { .. } => Some(Occasion::Ruled),
        CaseEvent::ClockExtended { .. } => Some(Occasion::Extended),
        CaseEvent::ReporterReplied { .. } => Some(Occasion::Replied),
        CaseEvent::StepTaken { from, to, .. } => {
            let enters = kind.phase(to) == Some(Phase::Verify) && kind.phase(from) != Some(Phase::Verify);
            (enters && after.end.is_none()).then_some(Occasion::ToVerify)
        }
        CaseEvent::Ended(_) => Some(Occasion::Ended),
        CaseEvent::Raised(_)
        | CaseEvent::Classified { .. }
        | CaseEvent::SeverityChanged { .. }
        | CaseEvent::Downgraded { .. }
        | CaseEvent::ClockStarted(_)
        | CaseEvent::ClockPaused { .. }
        | CaseEvent::ClockResumed(_)
        | CaseEvent::ClockRecomputed(_)
        | CaseEvent::ClockStopped { .. }
        | CaseEvent::EvidenceAdded { .. }
        | CaseEvent::EvidenceWithdrawn { .. }
        | CaseEvent::Commented { .. }
        | CaseEvent::ReporterAsked { .. }
        | CaseEvent::CallMade { .. }
        | CaseEvent::Answered { .. }
        | CaseEvent::SatisfactionGiven { solved: true, .. }
        | CaseEvent::Verified { .. }
        | CaseEvent::Published { .. }
        | CaseEvent::FinderConsented { .. }
        | CaseEvent::LookedBack { held: true, .. }
        | CaseEvent::Linked { .. }
        | CaseEvent::Split { .. }
        | CaseEvent::Merged { .. }
        | CaseEvent::ResponsibilityAbsorbed { .. }
        | CaseEvent::RegistrationCorrected { .. }
        | CaseEvent::IdentityRead { .. }
        | CaseEvent::CodeReissued { .. }
        | CaseEvent::PicturesAllowed { .. }
        | CaseEvent::PictureShown { .. }
        | CaseEvent::PictureHidden { .. }
        | CaseEvent::BodyErased { .. }
        | CaseEvent::PackChanged { .. } => None,
    }
}

/// Who is there to be told on one day, and what each of them may see. Kept for the events of a batch.
#[derive(Debug)]
pub struct Directory {
    on: Date,
    /// The roles of each person, with the unit that each is held in.
    roles: BTreeMap<PersonId, Vec<(String, UnitId)>>,
    scopes: HashMap<(PersonId, &'static str), Option<Checked>>,
}

impl Directory {
    /// Lists who has a role on the day of `rights`.
    pub fn of(rights: &Rights<'_>) -> Directory {
        let on = rights.calendar.date_of(rights.now);
        let mut roles: BTreeMap<PersonId, Vec<(String, UnitId)>> = BTreeMap::new();
        for (person, role, unit) in rights.org.roles_on(on) {
            roles.entry(person).or_default().push((role.to_owned(), unit));
        }
        Directory {
            on,
            roles,
            scopes: HashMap::new(),
        }
    }

    /// Returns whom an event is told to by `rule`, at most [`MOST_TOLD`], in the order of their ids.
    pub fn notify(
        &mut self,
        rights: &Rights<'_>,
        rule: (Occasion, &NotificationRule),
        event: (&Entry, &Case),
        kind: &Kind,
    ) -> Vec<Notification> {
        let ((occasion, rule), (entry, after)) = (rule, event);
        let Event::Case(happened) = &entry.event else {
            return Vec::new();
        };
        let doer = match entry.actor {
            Actor::Person { person, .. } => Some(person),
            Actor::Reporter | Actor::System | Actor::Import => None,
        };
        let facts = facts(after, kind);
        let mut told: BTreeSet<PersonId> = BTreeSet::new();
        for addressee in &rule.to {
            told.extend(self.addressed(rights, *addressee, after, &facts));
        }
        // Whoever stands in for somebody is told what that person is told.
        let stand_in = |person: &PersonId| rights.org.substitute_on(*person, self.on);
        let stand_in: Vec<PersonId> = told.iter().filter_map(stand_in).collect();
        told.extend(stand_in);
        let (unit, due_at) = about(happened, after);
        told.into_iter()
            .filter(|person| Some(*person) != doer && self.may(rights, *person, READ, &facts))
            .take(MOST_TOLD)
            .map(|person| Notification {
                person,
                occasion,
                unit,
                due_at,
                state: after.state.clone(),
            })
            .collect()
    }

    fn addressed(
        &mut self,
        rights: &Rights<'_>,
        addressee: Addressee,
        case: &Case,
        facts: &CaseFacts,
    ) -> Vec<PersonId> {
        match addressee {
            Addressee::Responsible => match case.person {
                Some(person) => vec![person],
                None => self.handlers(rights.grants, case),
            },
            Addressee::Heads => case
                .unit
                .map_or_else(Vec::new, |unit| heads(rights.org, unit, self.on)),
            Addressee::Instructors => case.instructors.iter().copied().collect(),
            Addressee::Finder => case.finder().map(|(person, _)| person).into_iter().collect(),
            Addressee::Assigners => self.allowed(rights, "assign", facts),
            Addressee::Rulers => self.allowed(rights, "rule", facts),
            Addressee::Verifiers => {
                let may = self.allowed(rights, "verify", facts);
                may.into_iter()
                    .filter(|person| !self.has_part(rights.org, *person, case))
                    .collect()
            }
        }
    }

    /// Returns who handles for the responsible unit or a co-unit by a role that is held there.
    fn handlers(&self, grants: &[Grant], case: &Case) -> Vec<PersonId> {
        let units: BTreeSet<UnitId> = case
            .unit
            .into_iter()
            .chain(case.co_units.iter().copied())
            .collect();
        let handles = |(role, unit): &(String, UnitId)| units.contains(unit) && holds(grants, role, "handle");
        let persons = self.roles.iter();
        let handlers = persons.filter(|(_, roles)| roles.iter().any(handles));
        handlers.map(|(person, _)| *person).collect()
    }

    /// Returns who may do `action` to the case.
    fn allowed(&mut self, rights: &Rights<'_>, action: &'static str, facts: &CaseFacts) -> Vec<PersonId> {
        let has =
            |roles: &[(String, UnitId)]| roles.iter().any(|(role, _)| holds(rights.grants, role, action));
        let persons = self.roles.iter().filter(|(_, roles)| has(roles));
        let persons: Vec<PersonId> = persons.map(|(person, _)| *person).collect();
        persons
            .into_iter()
            .filter(|person| self.may(rights, *person, action, facts))
            .collect()
    }

    fn may(
        &mut self,
        rights: &Rights<'_>,
        person: PersonId,
        action: &'static str,
        facts: &CaseFacts,
    ) -> bool {
        let (roles, on) = (&self.roles, self.on);
        let scope = self.scopes.entry((person, action)).or_insert_with(|| {
            let of = |person: &PersonId| roles.get(person).cloned().unwrap_or_default();
            let away = rights.org.stands_in_for(person, on, on).into_iter();
            let viewer = Viewer::with(person, of(&person), away.map(|away| (away, of(&away))))?;
            permission::scope(&viewer, action, rights)
        });
        scope
            .as_ref()
            .is_some_and(|scope| scope.matches(facts, &|_| false))
    }

    /// Whether a person acts for a unit that was ever responsible, or for one below it.
    fn has_part(&self, org: &Org, person: PersonId, case: &Case) -> bool {
        let own = self.roles.get(&person).into_iter().flatten();
        let mut own = own.map(|(_, unit)| *unit);
        own.any(|unit| {
            let mut responsible = case.ever_responsible.iter().chain(&case.co_units);
            responsible.any(|responsible| org.is_under_on(unit, *responsible, self.on))
        })
    }
}

/// Whether some grant gives a role an action.
fn holds(grants: &[Grant], role: &str, action: &str) -> bool {
    grants
        .iter()
        .any(|grant| grant.role == role && grant.actions.iter().any(|held| held == action))
}

/// Returns who heads a unit on a day.
fn heads(org: &Org, unit: UnitId, on: Date) -> Vec<PersonId> {
    let posts = org.posts_of(unit).filter(|post| post.head);
    posts.filter_map(|post| org.holder_on(post.id, on)).collect()
}

/// Returns the unit that an event is about, and when what it is about is due; `after` is its case with it.
pub fn about(event: &CaseEvent, after: &Case) -> (Option<UnitId>, Option<Timestamp>) {
    let due_of = |clock: &String| after.clocks.get(clock).map(|clock| clock.span.due_at);
    match event {
        CaseEvent::Returned { from, .. } => (Some(*from), after.due_at()),
        CaseEvent::AssignmentDisputed { by, .. } => (Some(*by), after.due_at()),
        CaseEvent::ClockWarned { clock } => (after.unit, due_of(clock)),
        CaseEvent::ClockBreached { due_at, .. } => (after.unit, Some(*due_at)),
        CaseEvent::ClockExtended { span, .. } => (after.unit, Some(span.due_at)),
        _other => (after.unit, after.due_at()),
    }
}
