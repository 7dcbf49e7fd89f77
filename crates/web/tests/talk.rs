//! What a reporter adds to their report, on its page.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::id::Digest;
use common::browser::Answer;
use common::{Browser, Town};

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

/// Sends a report and opens its page.
async fn followed(browser: &mut Browser) -> Answer {
    let page = browser.get("/report").await;
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    browser
        .submit(&page, "/report", &fields)
        .await
        .says("请保存查询码");
    browser.get("/track").await
}

#[tokio::test]
async fn the_forms_of_one_page_are_not_taken_for_each_other() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = followed(&mut browser).await;
    browser
        .submit(&page, "/track/replies", &[("text", "withdraw")])
        .await
        .says("已送达");
    // Back, and another form of the same page, with the same words in it.
    let gone = browser
        .submit(&page, "/track/steps", &[("step", "withdraw"), ("reason", "")])
        .await;
    gone.says("已送达");
    let ended = browser.get("/track").await;
    ended.keeps_silent_about("action=\"/track/replies\"");
}

#[tokio::test]
async fn a_form_sent_again_with_other_words_is_shown_again_and_goes_through() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = followed(&mut browser).await;
    let reply = async |browser: &mut Browser, page: &Answer, text: &str| {
        browser.submit(page, "/track/replies", &[("text", text)]).await
    };
    reply(&mut browser, &page, "共有 6 盏").await.says("已送达");
    let shown = reply(&mut browser, &page, "共有 7 盏").await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    shown.says("刚才已经送出过").says(">共有 7 盏</textarea>");
    reply(&mut browser, &shown, "共有 7 盏").await.says("已送达");
    // Sent twice as it was, it is one.
    let track = reply(&mut browser, &shown, "共有 7 盏").await;
    assert_eq!(track.text().matches("said-by you").count(), 2);
}

#[tokio::test]
async fn another_report_by_the_same_form_is_shown_again_and_goes_through() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let fields = |text| [("text", text), ("disclosure", "anonymous")];
    let first = browser.submit(&page, "/report", &fields(TEXT)).await;
    let shown = browser.submit(&page, "/report", &fields("井盖松动")).await;
    shown.says("刚才已经提交过另一件").says(">井盖松动</textarea>");
    let second = browser.submit(&shown, "/report", &fields("井盖松动")).await;
    assert_ne!(first.element("code"), second.element("code"));
}

#[tokio::test]
async fn a_long_talk_is_shown_in_stretches_and_ends_with_a_clear_word() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let mut page = followed(&mut browser).await;
    for number in 0..50 {
        town.pass_hours(1);
        let text = format!("补充之{number}。");
        page = browser.submit(&page, "/track/replies", &[("text", &text)]).await;
    }
    page.says("补充之49。").says("补充之30。");
    assert_eq!(page.text().matches("said-by you").count(), 20);
    let at = page.text().find("/track?messages=").unwrap();
    let href = page.text()[at..].split('#').next().unwrap().to_owned();
    let earlier = browser.get(&href).await;
    earlier.says("said-by you\">补充之29。").says("回到最新");
    earlier.keeps_silent_about("said-by you\">补充之30。");
    let full = browser
        .submit(&page, "/track/replies", &[("text", "再补充")])
        .await;
    assert_eq!(full.status, StatusCode::CONFLICT);
    full.says("都已保留").says(">再补充</textarea>");
    // The same list on the page of staff.
    let mut operator = town.log_in("operator").await;
    let mut cases = town.program("operator").await;
    let cases = cases.get("/api/v1/cases").await.json();
    let case = format!("/cases/{}", cases["cases"][0]["number"].as_str().unwrap());
    let shown = operator.get(&case).await;
    assert_eq!(shown.text().matches("class=\"said-by").count(), 20);
    shown
        .says(&format!("{case}?messages="))
        .says(&format!("{case}?steps="));
}

#[tokio::test]
async fn what_was_taken_is_answered_as_it_was_when_no_more_is_taken() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let first = followed(&mut browser).await;
    let mut page = browser
        .submit(&first, "/track/replies", &[("text", "最先补充的")])
        .await;
    for number in 1..50 {
        let text = format!("补充之{number}。");
        page = browser.submit(&page, "/track/replies", &[("text", &text)]).await;
    }
    let again = browser
        .submit(&first, "/track/replies", &[("text", "最先补充的")])
        .await;
    assert_eq!(again.status, StatusCode::OK);
    again.says("已送达");
}

/// Sends a report by a form that was opened before, with photos.
async fn send(browser: &mut Browser, page: &Answer, photos: &[Vec<u8>]) -> Answer {
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", &*csrf),
        ("key", &*key),
        ("text", TEXT),
        ("disclosure", "anonymous"),
    ];
    let files: Vec<_> = photos
        .iter()
        .map(|photo| ("photos", "a.png", photo.as_slice()))
        .collect();
    browser.upload("/report", &fields, &files).await
}

fn photos(page: &Answer) -> usize {
    page.text().matches("<img src=\"/track/evidence/").count()
}

#[tokio::test]
async fn a_report_sent_again_brings_the_photos_that_are_missing_and_no_other() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let both = [false, true].map(common::photo::street);
    send(&mut browser, &page, &both[..1]).await.says("请保存查询码");
    let again = send(&mut browser, &page, &both).await;
    again.says("没有重复登记");
    assert_eq!(photos(&browser.get("/track").await), 2);
}

#[tokio::test]
async fn a_disk_that_takes_no_photo_takes_in_no_report_without_it() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let blobs = town.tenant().blobs().path(Digest::ZERO);
    let incoming = blobs.ancestors().nth(2).unwrap().join("incoming");
    std::fs::remove_dir(&incoming).unwrap();
    let photo = [common::photo::street(true)];
    let failed = send(&mut browser, &page, &photo).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    std::fs::create_dir(&incoming).unwrap();
    let receipt = send(&mut browser, &page, &photo).await;
    receipt.says("请保存查询码").keeps_silent_about("没有重复登记");
    assert_eq!(photos(&browser.get("/track").await), 1);
}

#[tokio::test]
async fn a_photo_that_could_not_be_noted_is_told_with_the_receipt() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    send(&mut browser, &page, &[]).await.says("请保存查询码");
    let track = browser.get("/track").await;
    browser
        .submit(&track, "/track/steps", &[("step", "withdraw")])
        .await;
    // The case has ended: nothing is added to it any more.
    let late = send(&mut browser, &page, &[common::photo::street(true)]).await;
    late.says("1 张照片没有保存下来").says("没有重复登记");
}
