//! Which tenant answers under which host name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_web::app::{App, ServeOptions};
use bihuan_web::serve::router;
use common::browser::Answer;
use common::{Browser, HOST, NEIGHBOUR, Town};

/// Serves two towns, or one of them whatever is asked.
async fn served(only: Option<&str>) -> (Town, Browser) {
    let town = Town::found().await;
    town.found_neighbour().await;
    let options = ServeOptions {
        tenant: only.map(|name| town.store.tenant(Some(name)).unwrap()),
        ..common::options()
    };
    let now = town.app.now();
    let app = App::new(town.store.clone(), &options, Box::new(move || now));
    let browser = Browser::new(router(app));
    (town, browser)
}

async fn home(browser: &mut Browser, host: &str) -> Answer {
    browser.headers = vec![("host", host.to_owned())];
    browser.get("/").await
}

#[tokio::test]
async fn each_town_answers_under_its_own_name_however_that_is_written() {
    let (_town, mut browser) = served(None).await;
    for (host, name) in [(HOST, "青禾市"), ("HongYe.example:8443", "红叶市")] {
        home(&mut browser, host).await.says(name);
    }
    let lost = home(&mut browser, "nowhere.example").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_name_may_stand_in_the_address_as_http_2_sends_it() {
    let (_town, mut browser) = served(None).await;
    browser.headers.clear();
    browser.get(&format!("https://{NEIGHBOUR}/")).await.says("红叶市");
}

#[tokio::test]
async fn where_one_town_is_served_it_answers_whatever_is_asked_and_the_other_is_misdirected() {
    let (_town, mut browser) = served(Some("Hongye City")).await;
    for host in [NEIGHBOUR, "127.0.0.1:8080", "nowhere.example"] {
        home(&mut browser, host).await.says("红叶市");
    }
    let misdirected = home(&mut browser, HOST).await;
    assert_eq!(misdirected.status, StatusCode::MISDIRECTED_REQUEST);
    misdirected.keeps_silent_about("青禾市");
}
