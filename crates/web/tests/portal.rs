//! Citizens' pages, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::{Method, StatusCode};
use common::browser::Answer;
use common::{Browser, Town};

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

async fn report(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get("/report").await;
    browser.submit(&page, "/report", fields).await
}

#[tokio::test]
async fn a_report_gives_a_code_and_the_code_opens_the_report() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let receipt = report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    assert_eq!(receipt.status, StatusCode::OK);
    let code = receipt.says("请保存查询码").element("code");
    browser.get("/track").await.says("三周不亮").says("登记");

    let mut elsewhere = town.browser();
    let page = elsewhere.get("/track").await;
    page.keeps_silent_about("三周不亮");
    let opened = elsewhere
        .submit(
            &page,
            "/track",
            &[("code", &code.to_lowercase().replace('-', " "))],
        )
        .await;
    opened.says("三周不亮").says("您没有留下身份信息");
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_report_with_one_code() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    let first = browser.submit(&page, "/report", &fields).await;
    let second = browser.submit(&page, "/report", &fields).await;
    assert_eq!(first.element("code"), second.says("没有重复登记").element("code"));
}

#[tokio::test]
async fn a_report_begun_before_somebody_logged_in_beside_it_is_taken() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let door = browser.get("/login").await;
    let known = [("login", "operator"), ("password", common::PASSWORD)];
    browser.submit(&door, "/login", &known).await;
    browser.get("/desk").await.says("logout");
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    let receipt = browser.submit(&page, "/report", &fields).await;
    receipt.says("请保存查询码").element("code");
}

#[tokio::test]
async fn a_form_that_another_site_has_sent_is_refused_whatever_it_holds() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::OK),
    ] {
        browser.headers = vec![("sec-fetch-site", site.to_owned())];
        let answer = browser.submit(&page, "/report", &fields).await;
        assert_eq!(answer.status, status, "{site}");
    }
}

#[tokio::test]
async fn a_visit_that_somebody_else_chose_is_none() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser.headers = vec![("cookie", "visit=".to_owned())];
    browser.get("/report").await;
    assert!(browser.cookie("visit").is_some_and(|own| !own.is_empty()));
}

#[tokio::test]
async fn a_form_without_its_token_is_refused() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser.get("/report").await;
    let answer = browser.post("/report", &[("text", TEXT)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    answer.says("这个表单已经失效");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_what_was_written_stays() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let fields = [
        ("text", ""),
        ("place", "东门外"),
        ("disclosure", "anonymous"),
        ("phone", "一二三"),
    ];
    let answer = report(&mut browser, &fields).await;
    answer
        .says("请填写")
        .says("不要填写姓名电话")
        .says("不像电话号码")
        .says("value=\"东门外\"");
}

#[tokio::test]
async fn an_emergency_is_told_to_call_first_and_may_go_on() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let fields = [("text", "隔壁楼着火了，快来人"), ("disclosure", "anonymous")];
    let warned = report(&mut browser, &fields).await;
    warned
        .says("119")
        .says("隔壁楼着火了")
        .keeps_silent_about("请保存查询码");
    let mut going_on = fields.to_vec();
    going_on.push(("warned", "yes"));
    browser
        .submit(&warned, "/report", &going_on)
        .await
        .says("请保存查询码");
}

#[tokio::test]
async fn what_may_not_be_entered_is_told_the_lawful_route_and_nothing_is_kept() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let fields = [("text", "举报市委书记某某收受财物"), ("disclosure", "anonymous")];
    let refused = report(&mut browser, &fields).await;
    refused.says("12388").keeps_silent_about("收受财物");
    let everything = bihuan_core::filter::Checked::everything();
    let count = town
        .tenant()
        .read(move |reader| reader.count_all(&everything))
        .await
        .unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_photo_is_shown_to_its_reporter_without_its_place_and_to_nobody_else() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", &*csrf),
        ("key", &*key),
        ("text", TEXT),
        ("disclosure", "anonymous"),
    ];
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 10];
    photo.extend(b"GPS 30.6");
    photo.extend([0xFF, 0xDA, 0, 3, 1, 7, 7, 0xFF, 0xD9]);
    browser
        .upload("/report", &fields, &[("photos", "IMG_1.jpg", &photo)])
        .await
        .says("请保存查询码");
    let track = browser.get("/track").await.text();
    let at = track.find("/track/evidence/").expect("the photo is on the page");
    let href = &track[at..at + "/track/evidence/".len() + 36];
    let file = browser.get(href).await;
    assert_eq!(
        (file.status, &file.bytes[..4]),
        (StatusCode::OK, &[0xFF, 0xD8, 0xFF, 0xDA][..])
    );
    assert!(!file.text().contains("GPS"));
    assert_eq!(file.headers["cache-control"], "no-store");
    assert_eq!(town.browser().get(href).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reporter_adds_to_the_report_and_withdraws_it() {
    let town = Town::found().await;
    let mut browser = town.browser();
    report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    let page = browser.get("/track").await;
    let sent = browser
        .submit(&page, "/track/replies", &[("text", "共有 6 盏")])
        .await;
    sent.says("已送达").says("共有 6 盏");
    let page = browser.get("/track").await;
    let gone = browser
        .submit(
            &page,
            "/track/steps",
            &[("step", "withdraw"), ("reason", "已经修好了")],
        )
        .await;
    gone.says("撤回");
    let page = browser.get("/track").await;
    let refused = browser.submit(&page, "/track/steps", &[("step", "accept")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_pack_tells_the_reporter_stands_on_the_page_and_is_new_once() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let receipt = report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    receipt.says("请保存查询码");
    let mut operator = town.program("operator").await;
    let cases = operator.get("/api/v1/cases?limit=1").await.json();
    let id = cases["cases"][0]["id"]
        .as_str()
        .expect("the case is listed")
        .to_owned();
    let step = serde_json::json!({"step": "accept"});
    operator.create(&format!("/api/v1/cases/{id}/steps"), &step).await;
    town.tenant().follow().await.expect("the outbox follows");
    let told = "已受理，办理期限至";
    // What a browser fetches ahead has reached nobody, nor what a machine asks the head of.
    let mut ahead = browser.clone();
    ahead
        .headers
        .push(("sec-purpose", "prefetch;prerender".to_owned()));
    ahead.get("/track").await.says(told);
    ahead.headers.pop();
    ahead.request(Method::HEAD, "/track", None, Vec::new()).await;
    browser.get("/track").await.says(told).says(">新<");
    browser.get("/track").await.says(told).keeps_silent_about(">新<");
}

#[tokio::test]
async fn a_notice_tells_what_the_step_brought_about_and_the_date_that_was_promised() {
    let town = Town::found().await;
    let mut browser = town.browser();
    report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    let mut dispatcher = town.program("dispatcher").await;
    let cases = dispatcher.get("/api/v1/cases?limit=1").await.json();
    let id = cases["cases"][0]["id"].as_str().unwrap();
    for step in [
        serde_json::json!({"step": "accept"}),
        serde_json::json!({"step": "assign", "unit": "works"}),
    ] {
        dispatcher
            .create(&format!("/api/v1/cases/{id}/steps"), &step)
            .await;
    }
    town.tenant().follow().await.unwrap();
    let page = browser.get("/track").await;
    page.says("已交 住建局 办理");
    let text = page.text();
    let mut promised = text
        .split("办理期限至 ")
        .skip(1)
        .map(|rest| rest.split('。').next());
    let assigned = promised.next().unwrap();
    assert_eq!(
        Some(assigned),
        promised.next(),
        "the offices' own clocks promise nothing"
    );
}

#[tokio::test]
async fn whoever_stops_following_leaves_nothing_in_the_browser() {
    let town = Town::found().await;
    let mut browser = town.browser();
    report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    let page = browser.get("/track").await;
    browser
        .submit(&page, "/track/leave", &[])
        .await
        .says("不再保留查询码");
    assert_eq!(browser.cookie("code"), None);
    browser.get("/track").await.keeps_silent_about("三周不亮");
}

#[tokio::test]
async fn every_page_is_complete_in_english() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser
        .get("/?lang=en")
        .await
        .says("Nobody marks their own work")
        .says("lang=\"en\"");
    browser.get("/report").await.says("What is it about?");
    browser.get("/track").await.says("seven groups");
    browser.get("/no-such-page").await.says("There is no such page");
}

#[tokio::test]
async fn every_answer_carries_the_policy_and_a_number() {
    let town = Town::found().await;
    for path in ["/", "/no-such-page", "/api/v1/no-such", "/healthz"] {
        let answer = town.browser().get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-request-id"].len(), 16);
    }
}

#[tokio::test]
async fn a_reporter_takes_a_proof_home_that_the_published_key_checks() {
    let town = Town::found().await;
    let mut browser = town.browser();
    report(&mut browser, &[("text", TEXT), ("disclosure", "anonymous")]).await;
    let file = browser.get("/track/proof").await;
    let proof: bihuan_store::proof::case_proof::CaseProof = serde_json::from_slice(&file.bytes).unwrap();
    let key = browser.get("/checkpoint/key").await.text();
    proof.check(key.trim()).unwrap();
    assert!(!file.text().contains("路灯"));
    browser.get("/checkpoint").await.says("\n");
}
