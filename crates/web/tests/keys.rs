//! The keyboard's help, and the way from case to case through the list that they were opened from.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Town};

/// The rows of a list that holds cases, each as its case's address with what a script adds to it.
fn rows(page: &Answer, desk: bool) -> Vec<String> {
    let text = page.text();
    let list = text.split("data-list=\"").nth(1).unwrap();
    let carried = plain(list.split('"').next().unwrap());
    let row = |row: &str| {
        let number = row.split('"').next().unwrap();
        let at = row.split("data-at=\"").nth(1).unwrap().split('"').next().unwrap();
        let carried = carried
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>();
        let desk = if desk { "&seen=desk" } else { "" };
        format!("/cases/{number}?in={carried}&at={at}{desk}")
    };
    list.split("data-row=\"").skip(1).map(row).collect()
}

fn plain(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}

/// The address behind a key of a page.
fn behind(page: &Answer, key: &str) -> Option<String> {
    let text = page.text();
    let tag = text
        .split('<')
        .find(|tag| tag.contains(&format!("data-key=\"{key}\"")))?;
    Some(plain(tag.split("href=\"").nth(1)?.split('"').next()?))
}

/// The number of the case that a page is about.
fn number(page: &Answer) -> String {
    let text = page.text();
    let title = text.split("<title>").nth(1).unwrap();
    title.split(' ').next().unwrap().to_owned()
}

async fn three_cases(town: &Town) -> Vec<String> {
    let mut numbers = Vec::new();
    for title in ["路灯不亮", "井盖松动", "垃圾未清"] {
        let matter = Matter {
            title,
            ..Matter::default()
        };
        let case = town.assigned(&matter, "works").await;
        town.pass_hours(1);
        numbers.push(town.number(case));
    }
    numbers
}

async fn follow(browser: &mut Browser, page: &Answer, key: &str) -> Answer {
    let to = behind(page, key).unwrap();
    let answer = browser.get(&to).await;
    match answer.headers.get("location") {
        Some(to) => {
            let to = to.to_str().unwrap().to_owned();
            browser.get(&to).await
        }
        None => answer,
    }
}

#[tokio::test]
async fn one_key_leads_through_the_list_a_case_was_opened_from_and_another_back() {
    let town = Town::found().await;
    let numbers = three_cases(&town).await;
    let mut browser = town.log_in("dispatcher").await;
    let list = browser.get("/ledger?filter=open&sort=number&dir=asc").await;
    let mut page = browser.get(&rows(&list, false)[0]).await;
    let mut seen = vec![number(&page)];
    for _ in 1..3 {
        page = follow(&mut browser, &page, "n").await;
        seen.push(number(&page));
    }
    assert_eq!(seen, numbers);
    let back = behind(&page, "u").unwrap();
    assert_eq!(
        back,
        format!("/ledger?filter=open&sort=number&dir=asc#case-{}", numbers[2])
    );
    follow(&mut browser, &page, "n")
        .await
        .says("这一列已经看到最后一件了")
        .says("value=\"open\"");
}

#[tokio::test]
async fn the_way_goes_on_after_something_was_done_to_the_case() {
    let town = Town::found().await;
    three_cases(&town).await;
    let mut handler = town.log_in("handler").await;
    let desk = handler.get("/desk").await;
    let open = rows(&desk, true);
    let page = handler.get(&open[0]).await;
    let carried = open[0].split_once('?').unwrap().1;
    let steps = plain(
        page.text()
            .split("action=\"")
            .find_map(|rest| rest.split('"').next().filter(|action| action.contains("/steps?")))
            .unwrap(),
    );
    assert!(steps.contains("seen=desk"), "{steps} {carried}");
    let signed = handler.submit(&page, &steps, &[("step", "sign")]).await;
    assert_eq!(signed.status, StatusCode::OK);
    assert_eq!(behind(&signed, "u").unwrap().split('#').next(), Some("/desk"));
    let next = follow(&mut handler, &signed, "n").await;
    assert_eq!(number(&next), number(&handler.get(&open[1]).await));
}

#[tokio::test]
async fn the_next_case_is_one_that_the_visitor_may_read() {
    let town = Town::found().await;
    three_cases(&town).await;
    let seen_by_all = town.log_in("dispatcher").await.get("/ledger").await;
    let first = rows(&seen_by_all, false)[0].clone();
    let next = format!("/ledger/next?{}", first.split_once('?').unwrap().1);
    let mut water = town.log_in("water").await;
    let answer = water.get(&next).await;
    let to = answer.headers["location"].to_str().unwrap();
    assert_eq!(to, "/ledger?end=yes");
    for half in ["/ledger/next", "/ledger/next?in=open", "/ledger/next?in=&at=x"] {
        assert_eq!(water.get(half).await.status, StatusCode::NOT_FOUND, "{half}");
    }
}

#[tokio::test]
async fn each_page_lists_its_own_keys_in_the_visitors_language() {
    let town = Town::found().await;
    let mut browser = town.log_in("operator").await;
    browser
        .get("/desk?lang=zh")
        .await
        .says("<dialog class=\"dialog\" id=\"keys\"")
        .says("下一行")
        .keeps_silent_about("列表里的下一件");
    browser
        .get("/register")
        .await
        .says("Alt + S")
        .keeps_silent_about("下一行");
    browser
        .get("/keys?lang=en")
        .await
        .says("Next case of the list")
        .says("Next row")
        .says("Alt + S");
    town.browser().get("/").await.keeps_silent_about("<dialog");
}
