//! What somebody has begun to write in a form of a case: there when they come back, for them alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Town, photo};

const BEGUN: &str = "已联系施工队，明天上午到场";
/// What throws a draft of remarks away, where there is one.
const DISCARD: &str = "/drafts/comments/discard";

/// A town with a case of the works bureau, and where that case is.
async fn town() -> (Town, String) {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let address = format!("/cases/{}", town.number(case));
    (town, address)
}

/// Keeps what is written in a form so far, as the page's script does.
async fn keep(browser: &mut Browser, address: &str, form: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(address).await;
    let to = format!("{address}/drafts/{form}");
    browser.submit(&page, &to, fields).await
}

/// Sends photos to wait with the form for evidence.
async fn let_wait(browser: &mut Browser, address: &str, photos: &[&[u8]]) -> Answer {
    let csrf = browser.get(address).await.hidden("csrf");
    let files: Vec<_> = photos
        .iter()
        .map(|photo| ("photos", "现场.jpg", *photo))
        .collect();
    let fields = [("csrf", csrf.as_str()), ("moment", "after")];
    let to = format!("{address}/drafts/evidence");
    browser.upload(&to, &fields, &files).await
}

#[tokio::test]
async fn a_remark_that_was_begun_is_there_for_its_writer_alone_until_it_is_thrown_away() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    let kept = keep(&mut handler, &address, "comments", &[("text", BEGUN)]).await;
    kept.says("data-saved").says("已存为草稿");
    let page = handler.get(&address).await;
    page.says(&format!(">{BEGUN}</textarea>")).says(DISCARD);
    let mut head = town.log_in("head").await;
    head.get(&address)
        .await
        .keeps_silent_about(BEGUN)
        .keeps_silent_about(DISCARD);
    let after = handler.submit(&page, &format!("{address}{DISCARD}"), &[]).await;
    after.keeps_silent_about(BEGUN).keeps_silent_about(DISCARD);
    // An empty form is no draft.
    keep(&mut handler, &address, "comments", &[("text", BEGUN)]).await;
    keep(&mut handler, &address, "comments", &[("text", " ")]).await;
    handler.get(&address).await.keeps_silent_about(DISCARD);
}

#[tokio::test]
async fn what_is_sent_is_no_draft_any_more() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    keep(&mut handler, &address, "comments", &[("text", BEGUN)]).await;
    let page = handler.get(&address).await;
    let sent = handler
        .submit(&page, &format!("{address}/comments"), &[("text", BEGUN)])
        .await;
    sent.says("已记入")
        .says(BEGUN)
        .keeps_silent_about(DISCARD)
        .keeps_silent_about(&format!(">{BEGUN}</textarea>"));
}

#[tokio::test]
async fn what_was_begun_for_a_step_that_cannot_be_taken_is_shown_and_not_lost() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    keep(&mut handler, &address, "step-submit", &[("remark", BEGUN)]).await;
    let page = handler.get(&address).await;
    page.says("写了没发出")
        .says(&format!("<p class=\"quote\">{BEGUN}</p>"));
    let discard = format!("{address}/drafts/step-submit/discard");
    page.says(&discard);
    let after = handler.submit(&page, &discard, &[]).await;
    after.keeps_silent_about(BEGUN);
}

#[tokio::test]
async fn photos_wait_with_the_form_and_go_with_it() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    let (dark, lit) = (photo::street(false), photo::street(true));
    let said = let_wait(&mut handler, &address, &[&dark, &lit, b"no photo"]).await;
    said.says("第 1 张").says("第 2 张").says("class=\"error\"");
    let page = handler.get(&address).await;
    page.says("第 2 张");
    // Somebody else's form has none of them.
    let mut head = town.log_in("head").await;
    head.get(&address).await.keeps_silent_about("第 1 张");
    let first = page.text().split("name=\"remove\" value=\"").nth(1).unwrap()[..36].to_owned();
    let csrf = page.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("moment", "after"),
        ("remove", &first),
        ("caption", "换了新灯"),
    ];
    // One that came along is one more; the same once more is not.
    let files: [(&str, &str, &[u8]); 2] = [
        ("photos", "a.png", &lit),
        ("photos", "b.jpg", &photo::telephone()),
    ];
    let sent = handler
        .upload(&format!("{address}/evidence"), &fields, &files)
        .await;
    sent.says("已记入").says("换了新灯").keeps_silent_about("第 1 张");
    assert_eq!(sent.text().matches("<figure>").count(), 2);
}

#[tokio::test]
async fn photos_that_waited_too_long_are_said_to_be_gone() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    let_wait(&mut handler, &address, &[&photo::telephone()])
        .await
        .says("第 1 张");
    town.pass_hours(3);
    let page = handler.get(&address).await;
    page.says("放得太久").keeps_silent_about("第 1 张");
    let fields = [("moment", "after")];
    let sent = handler
        .submit(&page, &format!("{address}/evidence"), &fields)
        .await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn nothing_is_kept_for_strangers_for_forms_that_are_not_there_or_beyond_measure() {
    let (town, address) = town().await;
    let mut handler = town.log_in("handler").await;
    for form in ["nothing", "step-nothing", "evidence%2F"] {
        let answer = keep(&mut handler, &address, form, &[("text", BEGUN)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form}");
    }
    let long = "长".repeat(30_000);
    let answer = keep(&mut handler, &address, "comments", &[("text", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let page = handler.get("/desk").await;
    let csrf = page.hidden("csrf");
    let mut water = town.log_in("water").await;
    let answer = water
        .post(&format!("{address}/drafts/comments"), &[("text", BEGUN)])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "without a token");
    let own = water.get("/desk").await;
    let answer = water
        .submit(&own, &format!("{address}/drafts/comments"), &[("text", BEGUN)])
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let stolen = water
        .post(
            &format!("{address}/drafts/comments"),
            &[("csrf", &csrf), ("text", BEGUN)],
        )
        .await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
}
