//! Whole lives of cases by the shipped packs, decided and folded by the engine itself, and explained.

use bihuan_core::calendar::Calendar;
use bihuan_core::case::Case;
use bihuan_core::case::command::{Command, Context, Raise, TakeStep};
use bihuan_core::case::decide::{Decided, decide, raise};
use bihuan_core::case::fold::fold_all;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, BodyRef, Disclosure, End, Entry, Event, EvidenceMoment, RaisedBy};
use bihuan_core::id::{BodyId, CaseId, Digest, EvidenceId, PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent, Person, Unit};
use bihuan_core::pack::explain::{Part, explain};
use bihuan_core::pack::model::{Pack, SourceGrade};
use jiff::Timestamp;
use uuid::Uuid;

const CASE: CaseId = CaseId(Uuid::from_u128(1));
const DEPARTMENT: UnitId = UnitId(Uuid::from_u128(2));
const SUPERVISION: UnitId = UnitId(Uuid::from_u128(3));
const HANDLER: Actor = person(4, DEPARTMENT);
const SUPERVISOR: Actor = person(5, SUPERVISION);

const fn person(id: u128, unit: UnitId) -> Actor {
    let person = PersonId(Uuid::from_u128(id));
    Actor::Person {
        person,
        unit,
        for_person: None,
    }
}

/// A case of a shipped pack and the little town it lives in.
struct Life {
    pack: Pack,
    org: Org,
    calendar: Calendar,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Life {
    fn new(pack: &str, kind: &str) -> Life {
        let packs = bihuan_packs::shipped().expect("shipped packs are sound");
        let mut life = Life {
            pack: packs
                .into_iter()
                .find(|it| it.id == pack)
                .expect("the pack is shipped"),
            org: town(),
            calendar: Calendar::parse(bihuan_packs::CALENDAR_CN).expect("the calendar is sound"),
            entries: Vec::new(),
            now: "2026-03-02T01:00:00Z".parse().expect("an instant"),
        };
        let (raised_by, actor) = match life.pack.kind(kind).expect("the kind is there").portal {
            true => (
                RaisedBy::Reporter {
                    identity: None,
                    disclosure: Disclosure::Anonymous,
                },
                Actor::Reporter,
            ),
            false => (
                RaisedBy::Finder {
                    person: PersonId(Uuid::from_u128(5)),
                    unit: SUPERVISION,
                },
                SUPERVISOR,
            ),
        };
        let raised = raise(&a_raise(&life.pack, kind, raised_by), CASE, &life.context(actor));
        life.append(actor, raised.expect("the pack takes it in"));
        life
    }

    fn context(&self, actor: Actor) -> Context<'_> {
        Context {
            pack: &self.pack,
            org: &self.org,
            calendar: &self.calendar,
            actor,
            occurred_at: self.now,
            now: self.now,
        }
    }

    fn append(&mut self, actor: Actor, decided: Vec<Decided>) {
        self.entries.extend(decided.into_iter().map(|it| Entry {
            occurred_at: it.occurred_at,
            recorded_at: self.now,
            actor,
            event: Event::Case(it.event),
        }));
    }

    fn case(&self) -> Case {
        let case = fold_all(CASE, &self.entries).expect("what was decided folds");
        case.expect("the case was raised")
    }

    fn command(&mut self, actor: Actor, command: &Command) {
        let decided = decide(&self.case(), command, &self.context(actor));
        let decided = decided.unwrap_or_else(|refusal| panic!("{command:?} is refused: {refusal}"));
        self.append(actor, decided);
    }

    /// Takes steps one after the other, giving everything that any step could ask for.
    fn take(&mut self, actor: Actor, steps: &[&str]) {
        for step in steps {
            self.command(actor, &Command::TakeStep(everything(step)));
        }
    }

    fn prove_the_fix(&mut self) {
        let evidence = Command::AddEvidence {
            evidence: EvidenceId(Uuid::from_u128(self.entries.len() as u128)),
            blob: Digest::ZERO,
            media_type: "image/jpeg".to_owned(),
            size_bytes: 1,
            moment: EvidenceMoment::After,
            caption: None,
        };
        self.command(HANDLER, &evidence);
    }

    fn satisfied(&mut self, solved: bool) {
        let said = Command::GiveSatisfaction {
            solved,
            score: None,
            remark: None,
        };
        self.command(Actor::Reporter, &said);
    }

    fn days_pass(&mut self, days: i64) {
        self.now += jiff::SignedDuration::from_hours(24 * days);
    }
}

fn body() -> BodyRef {
    BodyRef {
        id: BodyId(Uuid::from_u128(9)),
        digest: Digest::ZERO,
    }
}

fn everything(step: &str) -> TakeStep {
    TakeStep {
        step: step.to_owned(),
        reason: Some(body()),
        unit: Some(DEPARTMENT),
        reply: Some(body()),
        finding: Some(body()),
        notice: Some(body()),
        objection_way: Some(body()),
        organ: Some(body()),
        organ_receipt: Some(body()),
        publication: Some(body()),
        publication_days: Some(5),
        ..TakeStep::default()
    }
}

fn a_raise(pack: &Pack, kind: &str, raised_by: RaisedBy) -> Raise {
    Raise {
        number: "1".to_owned(),
        kind: kind.to_owned(),
        channel: pack.channels[0].id.clone(),
        source: None,
        category: Some("construction.municipal.heating".to_owned()),
        campaigns: Vec::new(),
        severity: 3,
        title: body(),
        text: body(),
        place: None,
        raised_by,
        accused: Vec::new(),
        links: Vec::new(),
        external: None,
        imported: None,
    }
}

fn town() -> Org {
    let mut org = Org::default();
    let founded_on = "2020-01-01".parse().expect("a date");
    let city = UnitId(Uuid::from_u128(1));
    for (id, code, parent) in [
        (city, "city", None),
        (DEPARTMENT, "heat", Some(city)),
        (SUPERVISION, "watch", Some(city)),
    ] {
        let unit = Unit {
            id,
            code: code.to_owned(),
            name: Label::new(code, code),
            aliases: Vec::new(),
            class: "department".to_owned(),
            parent,
            external: false,
            founded_on,
        };
        org.apply(&OrgEvent::UnitFounded(unit)).expect("the unit fits");
    }
    for (id, name) in [(4, "handler"), (5, "supervisor")] {
        let person = Person {
            id: PersonId(Uuid::from_u128(id)),
            name: Label::new(name, name),
        };
        org.apply(&OrgEvent::PersonAdded(person))
            .expect("the person fits");
    }
    org
}

fn hotline_until_answered(kind: &str) -> Life {
    let mut life = Life::new("hotline", kind);
    life.take(SUPERVISOR, &["accept", "assign"]);
    life.take(HANDLER, &["sign"]);
    life.prove_the_fix();
    life.take(HANDLER, &["submit"]);
    life.take(SUPERVISOR, &["verify"]);
    life.take(HANDLER, &["answer"]);
    life
}

#[test]
fn what_is_handled_by_the_hotline_is_struck_off_once_the_reporter_is_satisfied() {
    for kind in ["help", "complaint", "suggestion", "report"] {
        let mut life = hotline_until_answered(kind);
        life.satisfied(true);
        life.take(SUPERVISOR, &["strike_off"]);
        assert_eq!(life.case().end, Some(End::StruckOff), "{kind}");
        life.take(SUPERVISOR, &["look_back"]);
        assert_eq!(life.case().state, "settled", "{kind}");
    }
}

#[test]
fn silence_after_the_answer_lets_the_timer_strike_off() {
    let mut life = hotline_until_answered("help");
    life.days_pass(6);
    life.command(Actor::System, &Command::Tick);
    assert_eq!(life.case().end, Some(End::StruckOff));
}

#[test]
fn a_reporter_who_is_not_satisfied_has_it_taken_up_again() {
    let mut life = hotline_until_answered("complaint");
    life.satisfied(false);
    life.take(Actor::Reporter, &["reopen"]);
    let case = life.case();
    assert_eq!(
        (case.state.as_str(), case.round, case.verified),
        ("handling", 2, None)
    );
}

#[test]
fn a_consultation_is_answered_and_closed() {
    let mut life = Life::new("hotline", "consultation");
    life.take(SUPERVISOR, &["accept", "answer_at_once"]);
    life.satisfied(true);
    life.take(SUPERVISOR, &["close"]);
    assert_eq!(life.case().end, Some(End::Answered));
}

#[test]
fn a_claim_goes_through_review_and_re_examination() {
    let mut life = Life::new("petition", "petition_claim");
    life.take(SUPERVISOR, &["route"]);
    life.take(HANDLER, &["accept"]);
    life.prove_the_fix();
    life.take(HANDLER, &["submit"]);
    life.take(SUPERVISOR, &["verify"]);
    life.take(HANDLER, &["answer"]);
    for round in ["review", "recheck"] {
        life.take(Actor::Reporter, &[&format!("request_{round}")]);
        life.take(SUPERVISOR, &[&format!("assign_{round}")]);
        life.prove_the_fix();
        life.take(HANDLER, &[&format!("submit_{round}")]);
        life.take(SUPERVISOR, &[&format!("verify_{round}")]);
        life.take(HANDLER, &[&format!("answer_{round}")]);
    }
    life.days_pass(31);
    life.command(Actor::System, &Command::Tick);
    assert_eq!(life.case().end, Some(End::StruckOff));
}

#[test]
fn an_accusation_is_handed_over_and_never_handled() {
    let mut life = Life::new("petition", "petition_accusation");
    life.take(SUPERVISOR, &["hand_over"]);
    assert!(matches!(life.case().end, Some(End::HandedOver { .. })));
}

#[test]
fn a_listed_problem_is_verified_published_struck_off_and_looked_back_at() {
    let mut life = Life::new("rectification", "listed_problem");
    life.take(SUPERVISOR, &["assign"]);
    life.prove_the_fix();
    life.take(HANDLER, &["apply"]);
    life.take(SUPERVISOR, &["pass_preliminary", "verify", "publish"]);
    life.days_pass(8);
    life.take(SUPERVISOR, &["strike_off"]);
    assert_eq!(life.case().end, Some(End::StruckOff));
    life.take(SUPERVISOR, &["relapse"]);
    assert_eq!(life.case().state, "rectifying");
}

#[test]
fn a_result_is_not_published_for_less_than_the_pack_says() {
    let mut life = Life::new("rectification", "listed_problem");
    life.take(SUPERVISOR, &["assign"]);
    life.prove_the_fix();
    life.take(HANDLER, &["apply"]);
    life.take(SUPERVISOR, &["pass_preliminary", "verify"]);
    let short = TakeStep {
        publication_days: Some(4),
        ..everything("publish")
    };
    let decided = decide(&life.case(), &Command::TakeStep(short), &life.context(SUPERVISOR));
    assert_eq!(decided, Err(Refusal::OutOfRange("publication_days")));
}

#[test]
fn a_case_is_explained_by_the_steps_taken_the_clocks_and_what_is_open() {
    let mut life = Life::new("hotline", "complaint");
    life.take(SUPERVISOR, &["accept", "assign"]);
    let case = life.case();
    let rules = explain(&life.pack, &case, &life.entries, &|_| false).expect("the pack has the kind");
    let told: Vec<(String, SourceGrade)> = rules
        .iter()
        .map(|rule| {
            let told = match &rule.part {
                Part::Kind(kind) => format!("kind {}", kind.id),
                Part::Taken(step, _) => format!("taken {}", step.id),
                Part::Clock(clock, _) => format!("clock {}", clock.id),
                Part::Open(step) => format!("open {}", step.id),
                Part::Grant(grant) => format!("grant {}", grant.role),
            };
            (told, rule.source.grade)
        })
        .collect();
    let expected = [
        ("kind complaint", SourceGrade::B),
        ("taken accept", SourceGrade::B),
        ("taken assign", SourceGrade::B),
        ("clock complaint", SourceGrade::B),
        ("clock dispatch", SourceGrade::Example),
        ("clock sign", SourceGrade::B),
        ("open sign", SourceGrade::Example),
        ("open return", SourceGrade::B),
        ("open withdraw", SourceGrade::Example),
    ];
    assert_eq!(told, expected.map(|(told, grade)| (told.to_owned(), grade)));
    let all = explain(&life.pack, &case, &[], &|_| true).expect("the pack has the kind");
    assert_eq!(
        all.iter()
            .filter(|rule| matches!(rule.part, Part::Grant(_)))
            .count(),
        life.pack.grants.len()
    );
}
