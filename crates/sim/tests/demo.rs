//! The demo city, founded for real in a temporary directory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::case::facts::Flag;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::filter::{Checked, IdColumn, Predicate};
use bihuan_core::id::{CaseId, Digest, Entropy};
use bihuan_core::pack::model::Phase;
use bihuan_core::permission::Permit;
use bihuan_sim::demo::{self, Demo, Plan};
use bihuan_store::archive::{Archived, Archiving};
use bihuan_store::bodies::Bodies;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_test_postgres::Database;
use uuid::Uuid;

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        cases: 120,
        until: "2026-11-20T16:00:00Z".parse().expect("an instant"),
        database_url: None,
    }
}

/// Founds a demo in a new directory; on the server where there is a database.
fn found_on(database: Option<&Database>, seed: u64) -> (tempfile::TempDir, Demo) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let plan = Plan {
        database_url: database.map(|database| database.url().to_owned()),
        ..plan(seed)
    };
    let demo = demo::found(&directory.path().join("city"), &plan, &mut |_| {}).expect("a demo");
    (directory, demo)
}

fn found(seed: u64) -> (tempfile::TempDir, Demo) {
    found_on(None, seed)
}

/// Returns the checkpoint's body: origin, size and root, without the signature.
fn log_of(demo: &Demo) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let tenant = demo.store.tenant(None).expect("the tenant");
        tenant.follow().await.expect("followers run");
        tenant.checkpoint(plan(0).until).await.expect("a checkpoint")
    })
}

#[test]
fn a_year_leaves_cases_in_every_phase_and_most_struck_off_or_answered() {
    let (_directory, demo) = found(1);
    assert_eq!(demo.lived.cases, 120);
    let reader = demo
        .store
        .tenant(None)
        .and_then(|tenant| tenant.reader())
        .expect("a reader");
    let phases = reader.count_by_phase(&Checked::everything()).expect("counts");
    let closed: usize = phases
        .iter()
        .filter(|(phase, _)| *phase >= Phase::Closed)
        .map(|(_, n)| n)
        .sum();
    let all: usize = phases.iter().map(|(_, n)| n).sum();
    assert_eq!(all, 120);
    assert!(closed > 80, "only {closed} closed: {phases:?}");
}

#[test]
fn the_people_on_the_log_in_page_have_something_to_do() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let plan = Plan {
        cases: 900,
        ..plan(1)
    };
    let demo = demo::found(&directory.path().join("city"), &plan, &mut |_| {}).expect("a demo");
    let account = |role: &str| {
        let found = demo.accounts.iter().find(|account| account.role == role);
        found.expect("an account for every role")
    };
    let (handler, head) = (account("handler").unit, account("unit_head").unit);
    assert_eq!(handler, head, "they work for the same unit");
    let tenant = demo.store.tenant(None).expect("the tenant");
    let open = Checked::and(vec![
        Checked::Is(Predicate::Flag(Flag::Open)),
        Checked::Is(Predicate::Id(IdColumn::Unit, BTreeSet::from([handler.0]))),
    ]);
    let count = tenant
        .reader()
        .expect("a reader")
        .count(&open, 200)
        .expect("a count");
    assert!((8..=60).contains(&count.known), "{} in hand", count.known);
}

#[test]
fn some_of_what_was_struck_off_shows_before_and_after() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let plan = Plan {
        cases: 900,
        ..plan(1)
    };
    let demo = demo::found(&directory.path().join("city"), &plan, &mut |_| {}).expect("a demo");
    let tenant = demo.store.tenant(None).expect("the tenant");
    let reader = tenant.reader().expect("a reader");
    let pictured = Checked::Is(Predicate::Flag(Flag::Pictured));
    let rows = reader
        .list(&Listing {
            filter: &pictured,
            sort: "-changed".parse().expect("an order"),
            after: None,
            limit: 100,
        })
        .expect("a list")
        .rows;
    assert!((15..=60).contains(&rows.len()), "{} of 900", rows.len());
    let both = rows.iter().filter(|row| {
        let case = reader.case(row.id).expect("read").expect("there").case;
        let shows = |moment| {
            let mut shown = case
                .showable()
                .filter(|piece| case.pictures.shown.contains(&piece.id));
            shown.any(|piece| piece.moment == moment)
        };
        shows(EvidenceMoment::Before) && shows(EvidenceMoment::After)
    });
    assert!(both.count() * 3 >= rows.len() * 2, "most show both");
}

#[test]
fn the_same_seed_writes_the_same_log() {
    let ((_a, first), (_b, second), (_c, other)) = (found(5), found(5), found(6));
    assert_eq!(log_of(&first), log_of(&second));
    assert_ne!(log_of(&first), log_of(&other));
}

/// What a store holds of its cases, however it orders them.
#[derive(Debug, PartialEq)]
struct Held {
    /// The hash of each event, and through the events before it of its whole stream.
    events: BTreeMap<(u8, Uuid, u32), Digest>,
    rows: Vec<ListRow>,
    found_by: Vec<Vec<CaseId>>,
}

fn held(demo: &Demo) -> Held {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let tenant = demo.store.tenant(None).expect("the tenant");
    runtime.block_on(tenant.follow()).expect("followers run");
    let verified = tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(verified.differences, []);
    let reader = tenant.reader().expect("a reader");
    let placed = reader.events(0, 1_000_000).expect("events").into_iter();
    let events = placed.map(|event| {
        let (kind, id) = event.stream.key();
        ((kind, id, event.version), event.hash)
    });
    let everything = Checked::everything();
    let listing = Listing {
        filter: &everything,
        sort: "-due".parse().expect("a sort"),
        after: None,
        limit: 1_000,
    };
    let search = |words: &&str| {
        let filter = Checked::Is(Predicate::Text(bihuan_text::query_tokens(words)));
        let listing = Listing {
            filter: &filter,
            limit: 100,
            ..listing
        };
        let found = reader.list(&listing).expect("searched");
        found.rows.iter().map(|row| row.id).collect()
    };
    Held {
        events: events.collect(),
        rows: reader.list(&listing).expect("a list").rows,
        found_by: ["路灯", "停水 小区", "噪音", "车", "zzz"]
            .iter()
            .map(search)
            .collect(),
    }
}

#[test]
fn both_engines_hold_the_same_year() {
    let database = bihuan_test_postgres::empty();
    let ((_file, sqlite), (_server, postgres)) = (found(9), found_on(Some(&database), 9));
    let (sqlite, postgres) = (held(&sqlite), held(&postgres));
    assert!(sqlite.events.len() > 500, "{}", sqlite.events.len());
    assert_eq!(sqlite.rows.len(), 120);
    let hits: usize = sqlite.found_by.iter().map(Vec::len).sum();
    assert!(hits > 10, "{hits} hits");
    assert_eq!(sqlite, postgres);
}

/// Bytes that are the same each time.
struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Archives what ended a month before the year does.
fn archive(demo: &Demo) -> Archived {
    let wanted = Archiving {
        before: "2026-10-20T16:00:00Z".parse().expect("an instant"),
        to: None,
        now: plan(0).until,
        patience: Duration::ZERO,
    };
    let archived = demo.store.archive(&wanted, &mut Fixed, &mut |_| {});
    archived.expect("archived")
}

#[test]
fn an_archived_year_holds_the_same_and_its_cases_are_taken_up_again() {
    let (_directory, demo) = found(9);
    let before = held(&demo);
    let archived = archive(&demo);
    assert!(archived.cases > 40, "{archived:?}");
    assert_eq!(held(&demo), before);
    let struck_off = before.rows.iter().filter(|row| row.state == "struck_off");
    let case = struck_off
        .min_by_key(|row| row.changed_at)
        .expect("one is struck off");
    let now = plan(0).until;
    let mut bodies = Bodies::new(now, &mut Fixed);
    let step = TakeStep {
        step: "reopen".into(),
        reason: Some(bodies.write("又坏了")),
        ..TakeStep::default()
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let tenant = demo.store.tenant(None).expect("the tenant");
    let (reporter, step) = (Permit::reporter(), Command::TakeStep(step));
    let taken = tenant.execute(&reporter, case.id, step, bodies, None, now);
    runtime.block_on(taken).expect("taken up again");
    let after = held(&demo);
    assert!(after.events.len() > before.events.len());
    let again = after.rows.iter().find(|row| row.id == case.id).expect("there");
    assert_eq!(
        (again.state.as_str(), again.reopened),
        ("handling", case.reopened + 1)
    );
    // It lives again, so nothing of it goes over.
    assert_eq!(archive(&demo).cases, 0);
}

#[test]
fn the_login_page_has_an_account_for_every_role_that_the_packs_know() {
    let (_directory, demo) = found(1);
    let scene = demo.store.tenant(None).expect("the tenant").scene();
    let known: BTreeSet<&str> = scene.grants.iter().map(|grant| grant.role.as_str()).collect();
    let shown: Vec<&str> = demo
        .accounts
        .iter()
        .map(|account| account.role.as_str())
        .collect();
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(shown.len(), known.len());
}
