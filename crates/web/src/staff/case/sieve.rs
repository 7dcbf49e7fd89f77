//! Which part of what happened the timeline shows.

use bihuan_core::event::{CaseEvent, Event};

use super::address;
use crate::ctx::{Ctx, query_value};
use crate::staff::origin;
use crate::story::Story;

/// A part of what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sieve {
    /// Everything.
    All,
    /// The way of the case: steps, who is responsible, how it was registered, how it ended.
    Steps,
    /// What was said: to the reporter, by them, and among staff.
    Talk,
    /// Files that came and went.
    Evidence,
    /// Clocks.
    Clocks,
}

/// A part to choose.
pub struct Tab {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub title: String,
    /// How much there is in it.
    pub count: usize,
    /// Whether it is shown.
    pub here: bool,
}

/// So many events need no sieve: they fill about one screen.
const FEW: usize = 20;

impl Sieve {
    const ALL: [Sieve; 5] = [
        Sieve::All,
        Sieve::Steps,
        Sieve::Talk,
        Sieve::Evidence,
        Sieve::Clocks,
    ];

    /// Returns the part that the address asks for; everything where it asks for none.
    pub fn of(ctx: &Ctx) -> Sieve {
        let query = ctx.here.split_once('?').map_or("", |(_, query)| query);
        let asked = query_value(query, "show").unwrap_or_default();
        let named = |sieve: &Sieve| sieve.word() == asked;
        Sieve::ALL.into_iter().find(named).unwrap_or(Sieve::All)
    }

    fn word(self) -> &'static str {
        match self {
            Sieve::All => "all",
            Sieve::Steps => "steps",
            Sieve::Talk => "talk",
            Sieve::Evidence => "evidence",
            Sieve::Clocks => "clocks",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Sieve::All => "timeline-all",
            Sieve::Steps => "timeline-steps",
            Sieve::Talk => "timeline-talk",
            Sieve::Evidence => "timeline-evidence",
            Sieve::Clocks => "timeline-clocks",
        }
    }

    /// Whether it lets an event through.
    pub fn lets(self, event: &Event) -> bool {
        let Event::Case(event) = event else { return false };
        self == Sieve::All || self == part_of(event)
    }

    /// Returns the address of the case's page with this part shown.
    pub fn page(self, ctx: &Ctx, number: &str) -> String {
        let page = match self {
            Sieve::All => address(number),
            _ => format!("{}?show={}", address(number), self.word()),
        };
        origin::kept(ctx, page)
    }

    /// Returns the parts to choose from, those left out in which nothing happened; none where all of it is seen at once.
    pub fn tabs(self, story: &Story<'_>) -> Vec<Tab> {
        if self == Sieve::All && story.view.log.len() <= FEW {
            return Vec::new();
        }
        let count = |sieve: Sieve| {
            let events = story.view.log.iter().map(|logged| &logged.entry.event);
            events.filter(|event| sieve.lets(event)).count()
        };
        let tab = |sieve: Sieve| Tab {
            href: format!("{}#timeline", sieve.page(story.ctx, &story.case().number)),
            title: story.ctx.tongue.t(sieve.key()),
            count: count(sieve),
            here: sieve == self,
        };
        let tabs = Sieve::ALL.into_iter().map(tab);
        tabs.filter(|tab| tab.count > 0 || tab.here).collect()
    }
}

fn part_of(event: &CaseEvent) -> Sieve {
    match event {
        CaseEvent::Commented { .. }
        | CaseEvent::Instructed { .. }
        | CaseEvent::ReporterAsked { .. }
        | CaseEvent::ReporterReplied { .. }
        | CaseEvent::Answered { .. }
        | CaseEvent::CallMade { .. }
        | CaseEvent::SatisfactionGiven { .. } => Sieve::Talk,
        CaseEvent::EvidenceAdded { .. }
        | CaseEvent::EvidenceWithdrawn { .. }
        | CaseEvent::PicturesAllowed { .. }
        | CaseEvent::PictureShown { .. }
        | CaseEvent::PictureHidden { .. } => Sieve::Evidence,
        CaseEvent::ClockStarted(..)
        | CaseEvent::ClockPaused { .. }
        | CaseEvent::ClockResumed(..)
        | CaseEvent::ClockExtended { .. }
        | CaseEvent::ClockRecomputed(..)
        | CaseEvent::ClockStopped { .. }
        | CaseEvent::ClockWarned { .. }
        | CaseEvent::ClockBreached { .. } => Sieve::Clocks,
        CaseEvent::Raised(..)
        | CaseEvent::Classified { .. }
        | CaseEvent::SeverityChanged { .. }
        | CaseEvent::Downgraded { .. }
        | CaseEvent::Assigned { .. }
        | CaseEvent::Transferred { .. }
        | CaseEvent::Returned { .. }
        | CaseEvent::AssignmentDisputed { .. }
        | CaseEvent::DisputeRuled { .. }
        | CaseEvent::StepTaken { .. }
        | CaseEvent::Verified { .. }
        | CaseEvent::VerificationFailed { .. }
        | CaseEvent::Published { .. }
        | CaseEvent::FinderConsented { .. }
        | CaseEvent::Ended(..)
        | CaseEvent::Reopened { .. }
        | CaseEvent::LookedBack { .. }
        | CaseEvent::Linked { .. }
        | CaseEvent::Split { .. }
        | CaseEvent::Merged { .. }
        | CaseEvent::ResponsibilityAbsorbed { .. }
        | CaseEvent::RegistrationCorrected { .. }
        | CaseEvent::IdentityRead { .. }
        | CaseEvent::CodeReissued { .. }
        | CaseEvent::BodyErased { .. }
        | CaseEvent::PackChanged { .. } => Sieve::Steps,
    }
}
