//! More than there is room for: what comes too much is turned away at once and told to come again, and no
//! tenant's crowd keeps another out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::time::Duration;

use axum::http::StatusCode;
use bihuan_store::tenant::ReaderLimits;
use common::browser::Answer;
use common::{Browser, Counter, NEIGHBOUR, Town};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The weight of what may be under way in these tests: one tenant alone gets half.
const ROOM: usize = 64;

async fn small() -> Town {
    Town::found_with(|options| options.in_flight = ROOM).await
}

fn message() -> Value {
    json!({"text": "路灯不亮"})
}

/// Sends messages to a town all at once; each answer comes by the channel as soon as it is there.
fn crowd(town: &Town, count: usize) -> mpsc::UnboundedReceiver<Answer> {
    let (tell, answers) = mpsc::unbounded_channel();
    for _ in 0..count {
        let (mut citizen, tell) = (town.browser(), tell.clone());
        tokio::spawn(async move {
            let answer = citizen.post_json("/api/v1/portal/messages", &message()).await;
            // The test may have seen enough.
            let _ = tell.send(answer);
        });
    }
    answers
}

/// Returns the next answer; one that never comes fails the test instead of holding it for ever.
async fn next(answers: &mut mpsc::UnboundedReceiver<Answer>) -> Answer {
    let answer = tokio::time::timeout(Duration::from_secs(30), answers.recv()).await;
    answer.expect("an answer in time").unwrap()
}

#[tokio::test]
async fn one_tenants_crowd_is_turned_away_and_another_tenant_is_served() {
    let town = small().await;
    let neighbour = town.found_neighbour().await;
    // While somebody else has the writer, whatever is to be written waits.
    let held = town.tenant().bulk(Box::new(Counter(5))).unwrap();
    let mut answers = crowd(&town, 100);
    for _ in 0..100 - ROOM / 2 {
        let turned_away = next(&mut answers).await;
        assert_eq!(turned_away.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(turned_away.headers["retry-after"], "2");
        assert_eq!(turned_away.json()["type"], "/problems/busy");
    }
    assert!(answers.try_recv().is_err(), "the rest waits for the writer");
    let mut next_door = town.browser();
    next_door.headers = vec![("host", NEIGHBOUR.to_owned())];
    next_door.get("/").await.says("红叶市");
    let mut waiting = next_door.clone();
    let waiting = tokio::spawn(async move { waiting.create("/api/v1/portal/messages", &message()).await });
    // Reading goes on next door, and the crowd's own town turns even readers away.
    assert_eq!(next_door.get("/track").await.status, StatusCode::OK);
    let crowded = town.browser().get("/track").await;
    assert_eq!(crowded.status, StatusCode::SERVICE_UNAVAILABLE);
    held.finish().unwrap();
    for _ in 0..ROOM / 2 {
        assert_eq!(next(&mut answers).await.status, StatusCode::CREATED);
    }
    assert!(waiting.await.unwrap()["number"].is_string());
    let listed = neighbour
        .read(|reader| reader.count_all(&bihuan_core::filter::Checked::everything()))
        .await;
    assert_eq!(listed.unwrap(), 1);
    town.browser().get("/track").await.says("track");
}

/// Lets so much wait for the writer that it takes no more.
async fn fill_the_writers_queue(town: &Town) -> JoinSet<()> {
    let mut waiting = JoinSet::new();
    let full = || town.store.measured().refused > 0;
    while !full() {
        for _ in 0..500 {
            let tenant = town.tenant();
            waiting.spawn(async move { drop(tenant.prove_writable().await) });
        }
        tokio::task::yield_now().await;
    }
    waiting
}

#[tokio::test]
async fn a_full_queue_is_told_to_programs_and_keeps_what_people_typed() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let form = citizen.get("/report").await;
    let held = town.tenant().bulk(Box::new(Counter(5))).unwrap();
    let mut waiting = fill_the_writers_queue(&town).await;
    let told = town
        .browser()
        .post_json("/api/v1/portal/messages", &message())
        .await;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.headers["content-type"], "application/problem+json");
    assert!(told.headers.contains_key("retry-after"));
    let typed = [
        ("text", "路灯<b>不亮</b>"),
        ("place", "东门外"),
        ("disclosure", "anonymous"),
    ];
    let page = citizen.submit(&form, "/report", &typed).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.headers.contains_key("retry-after"));
    page.says("您填写的内容都还在").says("再次提交");
    held.finish().unwrap();
    while waiting.join_next().await.is_some() {}
    send_again(&mut citizen, &page).await.says("查询码");
    let mut operator = town.program("operator").await;
    let cases = operator.get("/api/v1/cases").await.json();
    assert_eq!(cases["cases"].as_array().unwrap().len(), 1);
    assert_eq!(cases["cases"][0]["title"], "路灯<b>不亮</b>");
}

/// Sends the form that a page holds in hidden fields.
async fn send_again(citizen: &mut Browser, page: &Answer) -> Answer {
    let fields = ["csrf", "key", "text", "place", "disclosure"];
    let kept = fields.map(|name| {
        (
            name,
            page.hidden(name).replace("&#60;", "<").replace("&#62;", ">"),
        )
    });
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    citizen.post("/report", &kept).await
}

#[tokio::test]
async fn a_form_for_which_there_is_no_room_is_shown_again_with_its_own_token() {
    let town = small().await;
    let mut citizen = town.browser();
    let form = citizen.get("/report").await;
    let held = town.tenant().bulk(Box::new(Counter(5))).unwrap();
    let mut answers = crowd(&town, ROOM);
    for _ in 0..ROOM / 2 {
        next(&mut answers).await;
    }
    let typed = [
        ("text", "井盖松动"),
        ("disclosure", "anonymous"),
        ("place", "西门"),
    ];
    let page = citizen.submit(&form, "/report", &typed).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.says("您填写的内容都还在");
    // A form from elsewhere gets no token that is good here.
    let forged = citizen
        .post("/report", &[("csrf", "forged"), ("text", "x")])
        .await;
    assert_eq!(forged.hidden("csrf"), "forged");
    let fields = [("login", "operator"), ("password", common::PASSWORD)];
    let page_without_it = citizen.post("/login", &fields).await;
    assert_eq!(page_without_it.status, StatusCode::SERVICE_UNAVAILABLE);
    page_without_it.keeps_silent_about(common::PASSWORD);
    held.finish().unwrap();
    for _ in 0..ROOM / 2 {
        next(&mut answers).await;
    }
    send_again(&mut citizen, &page).await.says("查询码");
}

#[tokio::test]
async fn whoever_finds_every_reader_taken_is_told_to_come_again() {
    let impatient = ReaderLimits {
        most: 2,
        patience: Duration::ZERO,
    };
    let town = Town::found_on(|store| store.readers = impatient, |_| {}).await;
    let mut handler = town.log_in("handler").await;
    let tenant = town.tenant();
    let taken = (tenant.reader().unwrap(), tenant.reader().unwrap());
    let page = handler.get("/ledger").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers["retry-after"], "2");
    // What is only written needs no reader.
    town.browser().create("/api/v1/portal/messages", &message()).await;
    // Whoever asks whether all is well is not in that line.
    assert_eq!(town.browser().get("/readyz").await.text(), "ready\n");
    let used = town.store().reader_use();
    assert_eq!((used.most, used.in_use, used.waiting), (2, 2, 0));
    assert!(used.turned_away > 0);
    drop(taken);
    assert_eq!(handler.get("/ledger").await.status, StatusCode::OK);
}

/// Opens a browser at an address, behind the proxy that is trusted.
fn at(town: &Town, address: &str) -> Browser {
    let mut browser = town.browser();
    browser.headers.push(("x-forwarded-for", address.to_owned()));
    browser
}

#[tokio::test]
async fn whoever_sends_bodies_that_do_not_end_takes_no_room_from_others() {
    let town = Town::found_with(|options| {
        options.in_flight = ROOM;
        options.trusted_proxy = true;
        options.rate_limit = true;
    })
    .await;
    let mut clerk = at(&town, "198.51.100.1");
    let page = clerk.get("/login?next=/keys").await;
    let fields = [
        ("login", "operator"),
        ("password", common::PASSWORD),
        ("next", "/keys"),
    ];
    clerk.submit(&page, "/login", &fields).await.says("logout");
    let mut dripping = JoinSet::new();
    for _ in 0..ROOM {
        let mut slow = at(&town, "198.51.100.1");
        dripping.spawn(async move { slow.begin_form("/track").await.status() });
    }
    tokio::task::yield_now().await;
    assert_eq!(at(&town, "198.51.100.2").get("/").await.status, StatusCode::OK);
    assert_eq!(clerk.get("/desk").await.status, StatusCode::OK);
    // All but a sender's part was turned away; the others waited for the rest of their bodies, not for long.
    let answers = dripping.join_all().await;
    let turned_away = |status: &&StatusCode| **status == StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!(answers.iter().filter(turned_away).count(), ROOM - ROOM / 16);
    let waited = |status: &&StatusCode| **status == StatusCode::REQUEST_TIMEOUT;
    assert_eq!(answers.iter().filter(waited).count(), ROOM / 16);
    assert_eq!(at(&town, "198.51.100.1").get("/").await.status, StatusCode::OK);
}
