//! Several processes on one server, and a server that goes away in the middle.

use std::time::{Duration, Instant};

use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::label::Label;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::keys::MasterKey;
use bihuan_store::lease::Lease;
use bihuan_store::tenant::{Founding, Marks, Options, Store, Tenant};
use bihuan_test_postgres::Server;

use crate::common::{City, Counter, HEALTH, now, raise};
use crate::place::Place;

/// Opens the city's store as another process would, with random bytes of its own.
fn another(city: &City) -> (Store, Tenant, Counter) {
    let store = Store::open(city.place.path(), &city.place.options()).expect("opens");
    let tenant = store.tenant(None).expect("the tenant");
    (store, tenant, Counter(1 << 40))
}

async fn raise_at(tenant: &Tenant, entropy: &mut Counter, title: &str) -> CaseId {
    let mut bodies = Bodies::new(now(), entropy);
    let raise = raise(&mut bodies, title, "路灯坏了");
    let permit = Permit::reporter();
    let receipt = tenant.raise(&permit, raise, None, bodies, None, now()).await;
    receipt.expect("taken in").case()
}

#[tokio::test]
async fn two_processes_write_follow_and_see_each_other() {
    let mut city = City::at(Place::on_a_server()).await;
    let (_store, other, mut entropy) = another(&city);
    for round in 0..5 {
        let title = format!("第{round}盏");
        let (mine, theirs) = tokio::join!(
            city.raise(&title, "井盖没了"),
            raise_at(&other, &mut entropy, &title)
        );
        let here = city.tenant.read(move |reader| reader.case(theirs)).await;
        assert!(here.expect("reads").is_some());
        let mine = mine.case();
        let there = other.read(move |reader| reader.case(mine)).await;
        assert!(there.expect("reads").is_some());
    }
    let (one, two) = tokio::join!(city.tenant.follow(), other.follow());
    // Whoever comes second finds the places taken, and tries again in its next round.
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    city.tenant.follow().await.expect("follows");
    let whole = city.tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(whole.differences, []);
    assert_eq!(whole.counts.cases, 10);
}

#[tokio::test]
async fn a_command_is_decided_on_what_another_process_has_written() {
    let mut city = City::at(Place::on_a_server()).await;
    let case = city.raise("路灯", "不亮").await.case();
    let (_store, other, mut entropy) = another(&city);
    // The other process remembers the case as it is now, and this one moves it on.
    let bodies = Bodies::new(now(), &mut entropy);
    let refused = other
        .execute(&Permit::system(), case, Command::Tick, bodies, None, now())
        .await;
    assert!(refused.is_err());
    city.assign(case).await;
    let facts = other.read(move |reader| reader.facts(case)).await.expect("reads");
    assert_eq!(facts.expect("there").unit, Some(HEALTH));
}

#[tokio::test]
async fn a_lease_is_taken_over_from_a_process_that_shows_no_life() {
    let city = City::at(Place::on_a_server()).await;
    let (_store, other, mut entropy) = another(&city);
    let mut own = Counter::default();
    let mut first = Lease::new(&city.tenant, "followers", now(), &mut own);
    let mut second = Lease::new(&other, "followers", now(), &mut entropy);
    assert!(first.hold().await.expect("held"));
    assert!(!second.hold().await.expect("not held"));
    assert!(first.hold().await.expect("still held"));
    // The first falls silent.
    let silent = Instant::now();
    while !second.hold().await.expect("asked") {
        assert!(silent.elapsed() < Duration::from_secs(20), "never taken over");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(silent.elapsed() >= Duration::from_secs(4), "taken over too soon");
    assert!(!first.hold().await.expect("lost"));
    second.give_up().await.expect("given up");
    assert!(first.hold().await.expect("free again"));
}

/// How a city in the database of such a server is opened.
pub fn options(server: &Server) -> Options {
    Options {
        database_url: Some(server.url("city")),
        ..Options::new(MasterKey::of_seed(7))
    }
}

/// Founds a city in a database of a server that the test may crash.
pub fn city_on(server: &Server, directory: &std::path::Path) -> (Store, Tenant) {
    let made = std::process::Command::new("psql")
        .args([
            &server.url("postgres"),
            "--quiet",
            "--command",
            "CREATE DATABASE city",
        ])
        .status();
    assert!(made.expect("psql").success());
    let options = options(server);
    let founding = Founding {
        name: Label::new("测试市", "Test City"),
        host: None,
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &bihuan_packs::TEXTS,
        now: now(),
    };
    let marks = Marks {
        testing: true,
        demo: false,
    };
    let mut entropy = Counter::default();
    let store = Store::init(directory, marks, &options, &founding, &mut entropy).expect("a new store");
    let tenant = store.tenant(None).expect("the tenant");
    (store, tenant)
}

/// Sends a report with an idempotency key, and again with the same one where it is told to.
pub async fn report(tenant: Tenant, number: u64) -> CaseId {
    loop {
        let mut entropy = Counter(number << 32);
        let mut bodies = Bodies::new(now(), &mut entropy);
        let raise = raise(&mut bodies, &format!("第{number}号"), "垃圾没有清运");
        let once = Once {
            key: number.to_string(),
            request: Digest::of(&[&number.to_be_bytes()]),
        };
        let sent = tenant
            .raise(&Permit::reporter(), raise, None, bodies, Some(once), now())
            .await;
        match sent {
            Ok(receipt) => return receipt.case(),
            Err(ExecuteError::Store(StoreError::Unavailable { .. })) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_under_load_loses_nothing_and_doubles_nothing() {
    let server = Server::start();
    let directory = tempfile::tempdir().expect("a directory");
    let (_store, tenant) = city_on(&server, directory.path());
    let mut sent = Vec::new();
    for round in 0..5_u64 {
        let here = tenant.clone();
        sent.extend((0..20).map(|number| tokio::spawn(report(here.clone(), round * 20 + number))));
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        server.crash();
        server.start_again();
    }
    let mut acknowledged = Vec::new();
    for report in sent {
        acknowledged.push(report.await.expect("acknowledged in the end"));
    }
    acknowledged.sort_unstable();
    acknowledged.dedup();
    assert_eq!(acknowledged.len(), 100);
    tenant.follow().await.expect("follows");
    let whole = tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(whole.differences, []);
    assert_eq!(whole.counts.cases, 100);
}

/// Lets every commit of a server wait for a standby that is not there, or for none.
fn wait_for_standby(server: &Server, standby: &str) {
    let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
    server.sql("city", &set);
    server.sql("city", "SELECT pg_reload_conf()");
    while server.sql("city", "SHOW synchronous_standby_names").trim() != standby {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a report under a key that was used before.
async fn again(tenant: Tenant) -> Result<(), ExecuteError> {
    let mut entropy = Counter(9 << 32);
    let mut bodies = Bodies::new(now(), &mut entropy);
    let raise = raise(&mut bodies, "第1号", "垃圾没有清运");
    let once = Once {
        key: "1".to_owned(),
        request: Digest::of(&[&1_u64.to_be_bytes()]),
    };
    let permit = Permit::reporter();
    let sent = tenant.raise(&permit, raise, None, bodies, Some(once), now());
    sent.await.map(drop)
}

/// Withdraws a case as its reporter, under one key.
async fn withdraw(tenant: Tenant, case: CaseId) -> Result<(), ExecuteError> {
    let bodies = Bodies::new(now(), &mut Counter(8 << 32));
    let step = TakeStep {
        step: "withdraw".into(),
        ..TakeStep::default()
    };
    let once = Once {
        key: "withdraw".to_owned(),
        request: Digest::of(&[b"withdraw"]),
    };
    let (permit, step) = (Permit::reporter(), Command::TakeStep(step));
    let taken = tenant.execute(&permit, case, step, bodies, Some(once), now());
    taken.await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_only_once_a_standby_has_what_it_found() {
    let server = Server::start();
    let directory = tempfile::tempdir().expect("a directory");
    let (_store, tenant) = city_on(&server, directory.path());
    let case = report(tenant.clone(), 1).await;
    withdraw(tenant.clone(), case).await.expect("withdrawn");
    wait_for_standby(&server, "nobody");
    let repeats = [
        tokio::spawn(again(tenant.clone())),
        tokio::spawn(withdraw(tenant.clone(), case)),
    ];
    tokio::time::sleep(Duration::from_millis(700)).await;
    for repeat in &repeats {
        assert!(!repeat.is_finished(), "answered from what may be here alone");
    }
    wait_for_standby(&server, "");
    for repeat in repeats {
        repeat.await.expect("ends").expect("answered as the first was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_sent_twice_at_once_gets_one_answer() {
    let city = City::at(Place::on_a_server()).await;
    let sent: Vec<_> = (0..20)
        .map(|_| tokio::spawn(report(city.tenant.clone(), 1)))
        .collect();
    let mut cases = Vec::new();
    for one in sent {
        cases.push(one.await.expect("answered"));
    }
    cases.dedup();
    assert_eq!(cases.len(), 1, "{cases:?}");
}

/// Keeps a copy of every table of the server's city.
const SAVE: &str = "CREATE SCHEMA saved; DO $$ DECLARE t name; BEGIN
    FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition LOOP
        EXECUTE format('CREATE TABLE saved.%I AS SELECT * FROM public.%I', t, t);
    END LOOP; END $$";

/// Takes everything back to that copy, as a fail-over takes back what its standby did not have.
const TAKE_BACK: &str = "DO $$ DECLARE t name; columns text; BEGIN
    FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'saved'::regnamespace LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
            WHERE attrelid = format('public.%I', t)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('TRUNCATE public.%I', t);
        EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM saved.%I', t, columns, columns, t);
    END LOOP; END $$";

/// Remarks something on a case, so that its next version is this text's.
async fn remark(tenant: &Tenant, permit: &Permit, case: CaseId, seed: u64) -> u32 {
    let mut bodies = Bodies::new(now(), &mut Counter(seed << 32));
    let text = bodies.write(format!("第{seed}次回访，无人接听"));
    let remark = Command::Comment { text };
    let done = tenant.execute(permit, case, remark, bodies, None, now()).await;
    *done.expect("remarked").versions().end()
}

#[tokio::test]
async fn what_a_fail_over_took_back_is_not_built_upon() {
    let mut city = City::at(Place::on_a_server()).await;
    let case = city.raise("路灯", "不亮").await.case();
    let permit = city.permit("read");
    let (_store, other, _entropy) = another(&city);
    city.place.direct().run(SAVE);
    let lost = remark(&city.tenant, &permit, case, 1).await;
    city.place.direct().run(TAKE_BACK);
    // On the new primary somebody else writes the same version, which the first process knows otherwise.
    assert_eq!(remark(&other, &permit, case, 2).await, lost);
    let facts = city.tenant.read(move |reader| reader.facts(case)).await;
    assert!(facts.expect("reads").is_some());
    assert_eq!(remark(&city.tenant, &permit, case, 3).await, lost + 1);
    city.place.direct().run("DROP SCHEMA saved CASCADE");
    city.tenant.follow().await.expect("follows");
    let whole = city.tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(whole.differences, []);
}
