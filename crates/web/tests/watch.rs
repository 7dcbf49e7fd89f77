//! What watchdogs ask: whether the process is well, and what it counts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::body::{Body, to_bytes};
use axum::http::{Method, StatusCode};
use bihuan_web::secret::secret_hash;
use bihuan_web::serve::bind_app;
use common::Town;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TOKEN: &str = "a token for the watchdog";

async fn watched() -> Town {
    Town::found_with(|options| options.metrics_token = Some(secret_hash(TOKEN))).await
}

async fn metrics(town: &Town) -> String {
    let mut watchdog = town.browser();
    watchdog
        .headers
        .push(("authorization", format!("Bearer {TOKEN}")));
    let answer = watchdog.get("/metrics").await;
    assert_eq!(
        (answer.status, answer.headers["content-type"].to_str().unwrap()),
        (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8")
    );
    answer.text()
}

/// Returns the value of a metric with its labels.
#[track_caller]
fn value(text: &str, metric: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {metric} in:\n{text}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn watchdogs_come_by_address_and_need_no_tenants_name() {
    let town = Town::found().await;
    town.found_neighbour().await;
    let mut watchdog = town.browser();
    watchdog.headers = vec![("host", "10.0.0.7:8080".to_owned())];
    assert_eq!(watchdog.get("/healthz").await.text(), "ok\n");
    assert_eq!(watchdog.get("/readyz").await.text(), "ready\n");
}

#[tokio::test]
async fn a_process_whose_followers_stand_still_is_not_ready_and_alive() {
    let town = watched().await;
    let mut citizen = town.browser();
    citizen
        .create("/api/v1/portal/messages", &json!({"text": "路灯不亮"}))
        .await;
    town.pass_hours(1);
    let answer = town.browser().get("/readyz").await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "not ready:\nfollowers\n")
    );
    assert_eq!(town.browser().get("/healthz").await.status, StatusCode::OK);
    let behind = metrics(&town).await;
    for follower in ["sequence", "clocks", "rollups", "outbox"] {
        let of = |name: &str| format!("{name}{{follower=\"{follower}\"}}");
        assert_eq!(value(&behind, &of("bihuan_follower_lag_seconds")), 3600.0);
        assert!(value(&behind, &of("bihuan_follower_lag_events")) > 0.0);
    }
    town.tenant().follow().await.unwrap();
    let caught_up = metrics(&town).await;
    let clocks = "bihuan_follower_lag_seconds{follower=\"clocks\"}";
    assert_eq!(value(&caught_up, clocks), 0.0);
}

#[tokio::test]
async fn what_is_counted_names_routes_and_outcomes_and_nobody() {
    let town = watched().await;
    let mut citizen = town.browser();
    let message = json!({"text": "路灯不亮", "contact": {"name": "王女士", "phone": "13800000000"}});
    let sent = citizen.create("/api/v1/portal/messages", &message).await;
    citizen
        .post_json("/api/v1/portal/messages", &json!({"text": ""}))
        .await;
    let number = sent["number"].as_str().unwrap();
    let mut operator = town.log_in("operator").await;
    for _ in 0..2 {
        operator.get(&format!("/cases/{number}")).await;
    }
    operator.get("/cases/nothing").await;
    operator.get("/nowhere").await;
    let text = metrics(&town).await;
    let answered = |method: &str, route: &str, status: u16| {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        value(&text, &format!("bihuan_requests_total{{{labels}}}"))
    };
    assert_eq!(answered("POST", "/api/v1/portal/messages", 201), 1.0);
    assert_eq!(answered("POST", "/api/v1/portal/messages", 400), 1.0);
    assert_eq!(answered("GET", "/cases/{number}", 200), 2.0);
    assert_eq!(answered("GET", "/cases/{number}", 404), 1.0);
    assert_eq!(answered("GET", "none", 404), 1.0);
    let took = "bihuan_request_seconds_count{method=\"GET\",route=\"/cases/{number}\"}";
    assert_eq!(value(&text, took), 3.0);
    assert_eq!(value(&text, "bihuan_intake_total{outcome=\"accepted\"}"), 1.0);
    assert!(value(&text, "bihuan_writer_commit_seconds_count") > 0.0);
    assert_eq!(value(&text, "bihuan_requests_in_flight"), 0.0);
    assert!(value(&text, "bihuan_disk_free_bytes") > 0.0);
    for private in [number, "王女士", "13800000000", "operator", "青禾市", "路灯"] {
        assert!(!text.contains(private), "{private} in:\n{text}");
    }
}

#[tokio::test]
async fn what_is_counted_is_for_whoever_has_the_token() {
    let town = watched().await;
    for wrong in [None, Some("Bearer a guess"), Some("Bearer "), Some("Basic x")] {
        let mut stranger = town.browser();
        stranger
            .headers
            .extend(wrong.map(|wrong| ("authorization", wrong.to_owned())));
        assert_eq!(
            stranger.get("/metrics").await.status,
            StatusCode::NOT_FOUND,
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn without_a_token_only_the_machine_itself_is_told_and_no_proxy_on_it() {
    let town = Town::found().await;
    // A request that came from nowhere known is not from the machine.
    assert_eq!(town.browser().get("/metrics").await.status, StatusCode::NOT_FOUND);
    let bound = bind_app(town.app.clone(), &common::options()).unwrap();
    let address = bound.address().unwrap();
    tokio::spawn(bound.serve(std::future::pending()));
    let ask = async |header: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let told = ask("").await;
    assert!(
        told.starts_with("HTTP/1.1 200") && told.contains("bihuan_build_info"),
        "{told}"
    );
    for header in ["X-Forwarded-For: 203.0.113.9\r\n", "Via: 1.1 proxy\r\n"] {
        assert!(ask(header).await.starts_with("HTTP/1.1 404"), "{header}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_counts_as_what_is_under_way() {
    let town = watched().await;
    let mut citizen = town.browser();
    let page = citizen.get("/report").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", &*csrf),
        ("key", &*key),
        ("text", "路灯不亮"),
        ("disclosure", "anonymous"),
    ];
    let photo = common::photo::street(true);
    citizen
        .upload("/report", &fields, &[("photos", "IMG_1.png", &photo)])
        .await;
    let track = citizen.get("/track").await.text();
    let at = track.find("/track/evidence/").unwrap();
    let href = &track[at..at + "/track/evidence/".len() + 36];
    let in_flight = async || value(&metrics(&town).await, "bihuan_requests_in_flight");
    let unread = citizen.send(Method::GET, href, None, Body::empty()).await;
    assert_eq!(in_flight().await, 1.0);
    let read = to_bytes(unread.into_body(), photo.len()).await.unwrap();
    assert!(read.starts_with(b"\x89PNG"));
    assert_eq!(in_flight().await, 0.0);
}
