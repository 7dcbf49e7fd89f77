//! How long the pure parts take: deciding, folding, the filter, clocks, hashes. Run with
//! `cargo bench --package bihuan-core`; what they are part of is measured by `bihuan bench`.

use std::hint::black_box;

use bihuan_core::calendar::Calendar;
use bihuan_core::case::Case;
use bihuan_core::case::command::{Command, Context, Raise, TakeStep};
use bihuan_core::case::decide::{Decided, decide, raise};
use bihuan_core::case::facts::facts;
use bihuan_core::case::fold::{fold, fold_all};
use bihuan_core::clock::due_at;
use bihuan_core::event::{Actor, BodyRef, Disclosure, Entry, Event, RaisedBy, Stream, link};
use bihuan_core::filter::{Scene, check, parse};
use bihuan_core::id::{BodyId, CaseId, Digest, PersonId, PostId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent, Person, Post, Unit};
use bihuan_core::pack::model::Pack;
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

/// How many remarks make a long life longer.
const REMARKS: usize = 16;

const FILTER: &str = "unit under \"卫健委\" and overdue > 3wd and not state in (closed, refused) \
     and category under construction.municipal and raised >= -90d and text has \"路灯\"";

/// Everything that a case is decided in.
struct World {
    pack: Pack,
    org: Org,
    calendar: Calendar,
    now: Timestamp,
    unit: UnitId,
    person: PersonId,
}

impl World {
    fn new() -> World {
        let mut packs = bihuan_packs::shipped().expect("the shipped packs have no problems");
        let (unit, person) = (UnitId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let mut org = Org::default();
        for event in founding(unit, person) {
            org.apply(&event).expect("one unit and one person are sound");
        }
        World {
            pack: packs.remove(0),
            org,
            calendar: Calendar::parse(bihuan_packs::CALENDAR_CN).expect("the shipped calendar reads"),
            now: "2026-03-02T09:00:00+08:00".parse().expect("an instant"),
            unit,
            person,
        }
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

    fn handler(&self) -> Actor {
        Actor::Person {
            person: self.person,
            unit: self.unit,
            for_person: None,
        }
    }

    fn raised(&self) -> Vec<Decided> {
        raise(&complaint(), case_id(), &self.context(Actor::Reporter)).expect("a complaint is taken in")
    }

    /// The events of a case that was raised, accepted, assigned, and talked about.
    fn life(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut case = None;
        self.live(&mut case, &mut entries, Actor::Reporter, self.raised());
        let step = |step: &str, unit| TakeStep {
            step: step.to_owned(),
            unit,
            ..TakeStep::default()
        };
        let mut commands = vec![
            Command::TakeStep(step("accept", None)),
            Command::TakeStep(step("assign", Some(self.unit))),
            Command::TakeStep(step("sign", None)),
        ];
        commands.extend((0..REMARKS).map(|number| Command::Comment {
            text: body(100 + number as u128),
        }));
        for command in commands {
            let before = case.as_ref().expect("the case was raised");
            let decided = decide(before, &command, &self.context(self.handler())).expect("it may be done");
            self.live(&mut case, &mut entries, self.handler(), decided);
        }
        entries
    }

    fn live(&self, case: &mut Option<Case>, entries: &mut Vec<Entry>, actor: Actor, decided: Vec<Decided>) {
        for Decided { occurred_at, event } in decided {
            let entry = Entry {
                occurred_at,
                recorded_at: self.now,
                actor,
                event: Event::Case(event),
            };
            let version = entries.len() as u32 + 1;
            *case = Some(fold(case.take(), case_id(), version, &entry).expect("decided events fold"));
            entries.push(entry);
        }
    }
}

fn founding(unit: UnitId, person: PersonId) -> Vec<OrgEvent> {
    let founded_on = date(2020, 1, 1);
    let name = Label::new("卫健委", "Health Commission");
    let post = PostId(Uuid::from_u128(3));
    vec![
        OrgEvent::UnitFounded(Unit {
            id: unit,
            code: "health".to_owned(),
            name: name.clone(),
            aliases: Vec::new(),
            class: "bureau".to_owned(),
            parent: None,
            external: false,
            founded_on,
        }),
        OrgEvent::PostFounded(Post {
            id: post,
            unit,
            title: name.clone(),
            head: true,
            founded_on,
        }),
        OrgEvent::PersonAdded(Person { id: person, name }),
        OrgEvent::TenureBegan {
            post,
            person,
            on: founded_on,
        },
    ]
}

fn case_id() -> CaseId {
    CaseId(Uuid::from_u128(10))
}

fn body(number: u128) -> BodyRef {
    BodyRef {
        id: BodyId(Uuid::from_u128(number)),
        digest: Digest::of(&[&number.to_be_bytes()]),
    }
}

fn complaint() -> Raise {
    Raise {
        number: "TS20260302-000001".to_owned(),
        kind: "complaint".to_owned(),
        channel: "portal".to_owned(),
        source: None,
        category: None,
        campaigns: Vec::new(),
        severity: 3,
        title: body(20),
        text: body(21),
        place: Some(body(22)),
        raised_by: RaisedBy::Reporter {
            identity: None,
            disclosure: Disclosure::Anonymous,
        },
        accused: Vec::new(),
        links: Vec::new(),
        external: None,
        imported: None,
    }
}

fn cases(criterion: &mut Criterion) {
    let world = World::new();
    let (new, reporter) = (complaint(), world.context(Actor::Reporter));
    criterion.bench_function("decide/raise", |b| {
        b.iter(|| raise(black_box(&new), case_id(), &reporter));
    });
    let first: Vec<Entry> = world.life().into_iter().take(world.raised().len()).collect();
    let case = fold_all(case_id(), &first).expect("it folds").expect("there");
    let accept = Command::TakeStep(TakeStep {
        step: "accept".to_owned(),
        ..TakeStep::default()
    });
    let staff = world.context(world.handler());
    criterion.bench_function("decide/step", |b| {
        b.iter(|| decide(black_box(&case), &accept, &staff));
    });
    let life = world.life();
    criterion.bench_function(&format!("fold/{} events", life.len()), |b| {
        b.iter(|| fold_all(case_id(), black_box(&life)));
    });
    let bytes: Vec<Vec<u8>> = life
        .iter()
        .map(|entry| serde_json::to_vec(entry).expect("JSON"))
        .collect();
    criterion.bench_function("event/write", |b| {
        b.iter(|| serde_json::to_vec(black_box(&life[0])));
    });
    criterion.bench_function("event/read", |b| {
        b.iter(|| serde_json::from_slice::<Entry>(black_box(&bytes[0])));
    });
    criterion.bench_function(&format!("hash/{} bytes", bytes[0].len()), |b| {
        b.iter(|| link(Digest::ZERO, Stream::Case(case_id()), 1, black_box(&bytes[0])));
    });
}

fn filters(criterion: &mut Criterion) {
    let world = World::new();
    let packs = [&world.pack];
    let scene = Scene {
        org: &world.org,
        packs: &packs,
        calendar: &world.calendar,
        now: world.now,
        tree_on: None,
        me: None,
        my_units: &[],
        tokens: &|text| vec![text.to_owned()],
    };
    criterion.bench_function("filter/parse", |b| b.iter(|| parse(black_box(FILTER))));
    let ast = parse(FILTER).expect("it parses");
    criterion.bench_function("filter/check", |b| b.iter(|| check(black_box(&ast), &scene)));
    let checked = check(&ast, &scene).expect("it means something");
    let case = fold_all(case_id(), &world.life())
        .expect("it folds")
        .expect("there");
    let kind = world.pack.kind(&case.kind).expect("the kind is there");
    let facts = facts(&case, kind);
    criterion.bench_function("filter/match", |b| {
        b.iter(|| checked.matches(black_box(&facts), &|_tokens| true));
    });
}

fn clocks(criterion: &mut Criterion) {
    let world = World::new();
    for limit in ["24h", "15wd", "60d"] {
        let limit = limit.parse().expect("a limit");
        criterion.bench_function(&format!("clock/due after {limit}"), |b| {
            b.iter(|| due_at(black_box(&limit), &world.calendar, world.now));
        });
    }
}

criterion_group!(benches, cases, filters, clocks);
criterion_main!(benches);
