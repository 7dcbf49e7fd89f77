//! `/search`, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::Town;
use common::browser::Answer;
use common::cases::Matter;

/// Escapes a text for an address.
fn asked(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The addresses that were found under a heading.
fn found(page: &Answer, heading: &str) -> Vec<String> {
    let text = page.text();
    let Some(part) = text.split(&format!("id=\"{heading}\"")).nth(1) else {
        return Vec::new();
    };
    let list = part.split("</section>").next().unwrap();
    let links = list.split("<a class=\"t\" href=\"").skip(1);
    links
        .map(|link| link.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_whole_number_leads_to_its_case_and_the_beginning_of_one_lists_it() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let number = town.number(case);
    let mut browser = town.log_in("dispatcher").await;
    let jump = browser.get(&format!("/search?q={}", number.to_lowercase())).await;
    assert_eq!(jump.status, StatusCode::SEE_OTHER);
    assert_eq!(jump.headers["location"], format!("/cases/{number}"));
    let page = browser
        .get(&format!("/search?q={}", &number[..number.len() - 1]))
        .await;
    assert_eq!(found(&page, "search-numbers"), [format!("/cases/{number}")]);
    // Another unit's case is not there, by whatever it is asked for.
    let mut water = town.log_in("water").await;
    for text in [number.as_str(), "路灯"] {
        let page = water.get(&format!("/search?q={}", asked(text))).await;
        page.says("没有找到").keeps_silent_about("/cases/");
    }
}

#[tokio::test]
async fn words_are_found_within_what_the_visitor_may_read() {
    let town = Town::found().await;
    let lamp = town.assigned(&Matter::default(), "works").await;
    let against = Matter {
        title: "热线说路灯没人管",
        accused: Some("hotline"),
        ..Matter::default()
    };
    town.raise(&against).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher.get(&format!("/search?q={}", asked("路灯"))).await;
    assert_eq!(
        found(&page, "search-cases"),
        [format!("/cases/{}", town.number(lamp))]
    );
    page.says("<mark>路灯</mark>").keeps_silent_about("没人管");
    let piece = dispatcher
        .get(&format!("/search/suggest?q={}", asked("路灯")))
        .await;
    piece
        .says("role=\"option\"")
        .says("东门小区外")
        .keeps_silent_about("没人管")
        .keeps_silent_about("<html");
}

#[tokio::test]
async fn units_and_persons_are_found_by_name_code_and_pinyin_and_lead_to_their_pages() {
    let town = Town::found().await;
    let mut browser = town.log_in("dispatcher").await;
    for text in ["住建", "works", "Works B", "zjj", "zhujian"] {
        let page = browser.get(&format!("/search?q={}", asked(text))).await;
        let units = found(&page, "search-units");
        assert_eq!(units, ["/units/works"], "{text}");
    }
    for text in ["赵工", "zhaog", "handler"] {
        let page = browser.get(&format!("/search?q={}", asked(text))).await;
        let persons = found(&page, "search-persons");
        assert_eq!(persons.len(), 1, "{text}");
        browser.get(&persons[0]).await.says("赵工");
    }
}

#[tokio::test]
async fn pages_are_offered_to_whoever_may_go_there_and_saved_views_too() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/search?q=dj").await;
    assert_eq!(found(&page, "search-pages"), ["/register"]);
    let mut handler = town.log_in("handler").await;
    handler.get("/search?q=dj").await.says("没有找到");
    let ledger = handler.get("/ledger").await;
    let view = [("name", "本周要办"), ("filter", "open and due <= +7d")];
    handler.submit(&ledger, "/ledger/views", &view).await;
    let page = handler.get("/search?q=bzyb").await;
    let views = found(&page, "search-pages");
    assert!(views[0].starts_with("/ledger?filter="), "{views:?}");
    let all = handler.get("/search").await;
    assert!(found(&all, "search-pages").len() >= 4);
}

#[tokio::test]
async fn whatever_is_written_is_a_text_to_look_for() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    let mut browser = town.log_in("dispatcher").await;
    let huge = "灯".repeat(800);
    for text in [
        "\"",
        "severity > 3",
        "%",
        "(((",
        "<script>",
        " \u{0} ",
        "' or 1=1",
        &huge,
    ] {
        for path in ["/search", "/search/suggest"] {
            let page = browser.get(&format!("{path}?q={}", asked(text))).await;
            assert_eq!(page.status, StatusCode::OK, "{path} {text}");
            page.keeps_silent_about("<script>");
        }
    }
}
