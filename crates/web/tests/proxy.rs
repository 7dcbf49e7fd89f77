//! Behind a proxy: what its headers say counts only where it is trusted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::{Method, StatusCode};
use common::{Browser, Town};
use serde_json::json;

fn forwarded(town: &Town, peer: &str) -> Browser {
    let mut browser = town.browser();
    browser
        .headers
        .push(("x-forwarded-for", format!("203.0.113.9, {peer}")));
    browser.headers.push(("x-forwarded-proto", "https".to_owned()));
    browser
}

#[tokio::test]
async fn a_trusted_proxy_makes_cookies_safe_and_an_untrusted_one_does_not() {
    for (trusted, name) in [(true, "__Host-visit"), (false, "visit")] {
        let town = Town::found_with(|options| options.trusted_proxy = trusted).await;
        let mut browser = forwarded(&town, "198.51.100.1");
        let answer = browser.get("/").await;
        assert!(browser.cookie(name).is_some(), "{trusted}");
        assert_eq!(answer.headers.contains_key("strict-transport-security"), trusted);
    }
}

#[tokio::test]
async fn senders_behind_a_trusted_proxy_are_told_apart_by_the_address_it_adds() {
    let town = Town::found_with(|options| {
        options.trusted_proxy = true;
        options.rate_limit = true;
    })
    .await;
    let message = json!({"text": "路灯不亮"});
    let mut busy = forwarded(&town, "198.51.100.1");
    let mut last = StatusCode::CREATED;
    for _ in 0..100 {
        last = busy.post_json("/api/v1/portal/messages", &message).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let other = forwarded(&town, "198.51.100.2")
        .post_json("/api/v1/portal/messages", &message)
        .await;
    assert_eq!(other.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_address_beyond_all_measure_is_refused() {
    let town = Town::found().await;
    let path = format!("/cases?filter={}", "a".repeat(20_000));
    let answer = town.browser().request(Method::GET, &path, None, Vec::new()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
