//! Random lives under a pack that allows everything: nothing panics, the fold is a function of the log,
//! and whatever was struck off had the proof it needs, read from the log without the code under test.

use std::collections::BTreeSet;

use bihuan_core::case::fold::fold_all;
use bihuan_core::event::{Actor, CaseEvent, End, Entry, Event};
use bihuan_core::id::{EvidenceId, PersonId, UnitId};
use bihuan_core::org::{Org, OrgEvent};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::commands::case_id;
use crate::timeline::Life;
use crate::town;

const ACTORS: [&str; 9] = [
    "health",
    "clinic",
    "water",
    "inspect",
    "auditor",
    "city",
    "health@inspect",
    "reporter",
    "timer",
];

/// What is done, written as the fixtures write it; `*` stands for a number of its own each time.
const DEEDS: [&str; 36] = [
    "take assign health",
    "take assign water",
    "take assign city",
    "take assign clinic co=inspect person=inspect",
    "take return",
    "take move",
    "take back",
    "take verify",
    "take verify",
    "take verify",
    "take fail",
    "take answer",
    "take answer",
    "take answer",
    "take strike",
    "take strike",
    "take strike",
    "take end",
    "take close",
    "take refuse",
    "take reopen",
    "take relapse",
    "take leave",
    "take publish days=3",
    "take consent",
    "prove *",
    "prove *",
    "prove *",
    "unprove 3",
    "transfer water",
    "absorb 7 inspect",
    "solved",
    "unsolved",
    "reply",
    "tick",
    "org",
];

/// What leads to strike-off if nothing comes between: half of all deeds are the next of these.
const GOOD_DEEDS: [&str; 7] = [
    "water take assign health",
    "health prove *",
    "inspect take verify",
    "water take answer",
    "reporter solved",
    "water take consent",
    "water take strike",
];

/// Who, what, and how many hours after the one before. A number beyond the deeds is the next good deed.
type Deed = (usize, usize, i64);

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec((0..ACTORS.len(), 0..2 * DEEDS.len(), 0..40_i64), 10..90)
}

/// What the log says, read apart from the fold.
#[derive(Default)]
struct Reading {
    responsible: BTreeSet<UnitId>,
    evidence: BTreeSet<EvidenceId>,
    verified: Option<(PersonId, UnitId, Timestamp)>,
    last_word_at: Option<Timestamp>,
    answered: bool,
    solved: Option<bool>,
    consented: Option<PersonId>,
}

impl Reading {
    fn begin_round(&mut self) {
        let responsible = std::mem::take(&mut self.responsible);
        *self = Reading {
            responsible,
            ..Reading::default()
        };
    }

    fn read(&mut self, entry: &Entry) {
        let Event::Case(event) = &entry.event else { return };
        match event {
            CaseEvent::Assigned { unit, .. } => drop(self.responsible.insert(*unit)),
            CaseEvent::Transferred { to, .. } => drop(self.responsible.insert(*to)),
            CaseEvent::ResponsibilityAbsorbed { units, .. } => self.responsible.extend(units),
            CaseEvent::EvidenceAdded { evidence, .. } if entry.actor != Actor::Reporter => {
                self.evidence.insert(*evidence);
            }
            CaseEvent::EvidenceWithdrawn { evidence, .. } => drop(self.evidence.remove(evidence)),
            CaseEvent::Verified { person, unit, .. } => {
                self.verified = Some((*person, *unit, entry.occurred_at));
            }
            CaseEvent::Answered { .. } => {
                (self.answered, self.solved) = (true, None);
                self.last_word_at = Some(entry.occurred_at);
            }
            CaseEvent::ReporterReplied { .. } => self.last_word_at = Some(entry.occurred_at),
            CaseEvent::SatisfactionGiven { solved, .. } => self.solved = Some(*solved),
            CaseEvent::FinderConsented { person } => self.consented = Some(*person),
            CaseEvent::StepTaken { new_round: true, .. }
            | CaseEvent::VerificationFailed { .. }
            | CaseEvent::Reopened { .. }
            | CaseEvent::LookedBack { held: false, .. } => self.begin_round(),
            _ => {}
        }
    }

    /// Asserts that a strike-off at this point of the log was right.
    fn assert_proved(&self, kind: &str, org: &Org, life: &Life, now: Timestamp) {
        assert!(!self.evidence.is_empty(), "no evidence of this round");
        let (_, unit, at) = self.verified.expect("a verification of this round");
        assert!(!self.responsible.is_empty(), "nobody was responsible");
        let days = [life.calendar.date_of(at), life.calendar.date_of(now)];
        for responsible in &self.responsible {
            for day in days {
                assert!(
                    !org.is_under_on(unit, *responsible, day),
                    "{responsible} verified itself on {day}"
                );
            }
            let topmost = *responsible == town::unit("city");
            assert!(
                !topmost || unit == town::unit("auditor"),
                "nobody outside verified the topmost unit"
            );
        }
        assert_ne!(self.solved, Some(false), "the reporter says it is not solved");
        if kind == "found" {
            assert_eq!(
                self.consented,
                Some(town::person("water")),
                "the finder did not agree"
            );
        } else {
            assert!(self.answered, "no answer in this round");
            let silent = self
                .last_word_at
                .is_some_and(|at| now >= at + SignedDuration::from_hours(24 * 7));
            assert!(
                self.solved == Some(true) || silent,
                "the reporter may still speak"
            );
        }
    }
}

/// Lives the deeds and returns how often the case was struck off.
fn live(kind: &str, deeds: &[Deed]) -> usize {
    let mut life = Life::new(kind);
    let finder = if kind == "found" { "finder=water" } else { "" };
    life.live_all(&format!("03-02 09:00 water raise {finder}"));
    let mut now = life.instant("03-02 10:00");
    let (mut reading, mut read, mut struck_off) = (Reading::default(), 0, 0);
    let mut good_deeds = GOOD_DEEDS.iter().cycle();
    for (number, (actor, deed, hours)) in deeds.iter().enumerate() {
        now += SignedDuration::from_hours(*hours);
        let deed = match DEEDS.get(*deed) {
            Some(&"org") => {
                reorganise(&mut life, now, number);
                continue;
            }
            Some(deed) => format!("{} {deed}", ACTORS[*actor]),
            None => good_deeds.next().expect("they come again").to_string(),
        };
        let time = life.calendar.local(now).strftime("%m-%d %H:%M");
        life.live(&format!(
            "{time} {}",
            deed.replace('*', &(number + 3).to_string())
        ));
        for entry in &life.entries[read..] {
            if entry.event == Event::Case(CaseEvent::Ended(End::StruckOff)) {
                reading.assert_proved(kind, &life.org, &life, now);
                struck_off += 1;
            }
            reading.read(entry);
        }
        read = life.entries.len();
    }
    let again = fold_all(case_id(1), &life.entries).expect("the log folds");
    assert_eq!(again, life.case, "the fold is a function of the log");
    struck_off
}

/// Moves the inspection under a bureau and back; a move that the tree does not allow is left out.
fn reorganise(life: &mut Life, now: Timestamp, number: usize) {
    let parent = ["health", "city", "water"][number % 3];
    let moved = OrgEvent::UnitChanged {
        unit: town::unit("inspect"),
        on: life.calendar.date_of(now),
        parent: Some(town::unit(parent)),
        name: None,
    };
    let _ = life.org.apply(&moved);
}

proptest! {
    #[test]
    fn no_sequence_of_commands_strikes_off_without_proof(deeds in deeds(), found in any::<bool>()) {
        live(if found { "found" } else { "anything" }, &deeds);
    }
}

#[test]
fn random_lives_do_come_to_strike_off() {
    let mut runner = TestRunner::deterministic();
    let mut struck_off = 0;
    for _ in 0..Config::default().cases {
        let deeds = deeds().new_tree(&mut runner).expect("deeds are made").current();
        struck_off += live("found", &deeds) + live("anything", &deeds);
    }
    assert!(
        struck_off >= 50,
        "only {struck_off} strike-offs: the property says too little"
    );
}
