//! The door for staff.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_web::sweep::sweep;
use common::Town;
use serde_json::json;

#[tokio::test]
async fn whoever_logs_in_comes_back_to_where_they_wanted_to_go() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/login?next=/track").await;
    assert_eq!(page.hidden("next"), "/track");
    let fields = [
        ("login", "operator"),
        ("password", common::PASSWORD),
        ("next", "/track"),
    ];
    browser
        .submit(&page, "/login", &fields)
        .await
        .says("查询码")
        .says("您以 陈晓 的身份登录着");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_answered_alike() {
    let town = Town::found().await;
    for login in ["operator", "nobody"] {
        let mut browser = town.browser();
        let page = browser.get("/login").await;
        // More than are free: that a login waits would tell that it is there.
        for _ in 0..8 {
            let answer = browser
                .submit(&page, "/login", &[("login", login), ("password", "wrong")])
                .await;
            answer.says("账号或口令不对").keeps_silent_about("退出");
            assert_eq!((answer.status, browser.cookie("session")), (StatusCode::OK, None));
        }
    }
}

#[tokio::test]
async fn after_failures_in_a_row_even_the_right_password_waits() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/login").await;
    for _ in 0..9 {
        browser
            .submit(&page, "/login", &[("login", "operator"), ("password", "wrong")])
            .await;
    }
    let fields = [("login", "operator"), ("password", common::PASSWORD)];
    browser
        .submit(&page, "/login", &fields)
        .await
        .says("账号或口令不对");
    assert_eq!(browser.cookie("session"), None);
    town.pass_hours(1);
    browser.submit(&page, "/login", &fields).await;
    assert!(browser.cookie("session").is_some());
}

#[tokio::test]
async fn whoever_logs_out_is_out_also_with_the_old_cookie() {
    let town = Town::found().await;
    let mut browser = town.log_in("operator").await;
    let page = browser.get("/desk").await;
    let thief = browser.clone();
    browser.submit(&page, "/logout", &[]).await;
    for mut browser in [browser, thief] {
        browser.get("/").await.keeps_silent_about("陈晓");
    }
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let town = Town::found().await;
    let mut browser = town.log_in("operator").await;
    browser.get("/").await.says("陈晓");
    town.pass_hours(11);
    browser.get("/").await.keeps_silent_about("陈晓");
}

#[tokio::test]
async fn pages_take_a_bearer_token_and_a_bad_one_is_refused() {
    let town = Town::found().await;
    let token = town.token("operator", &["read"]).await;
    let mut browser = town.browser();
    browser.headers.push(("authorization", format!("Bearer {token}")));
    browser.get("/").await.says("陈晓");
    browser.headers.pop();
    browser
        .headers
        .push(("authorization", "Bearer nonsense".to_owned()));
    assert_eq!(
        browser
            .request(axum::http::Method::POST, "/track", None, Vec::new())
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn accounts_stand_on_the_login_page_of_a_demo_only() {
    let town = Town::found().await;
    town.browser().get("/login").await.keeps_silent_about("演示账号");
}

#[tokio::test]
async fn sessions_and_known_requests_that_have_ended_are_swept_away() {
    let town = Town::found().await;
    let mut browser = town.log_in("dispatcher").await;
    let mut citizen = town.browser();
    let key = "5b0c9d9e-1f5c-4e8e-9f6e-0d6f0a1b2c3d";
    citizen.headers.push(("idempotency-key", key.to_owned()));
    let message = json!({"text": "路灯不亮"});
    let first = citizen.create("/api/v1/portal/messages", &message).await;
    sweep(&town.app, &town.tenant()).await.unwrap();
    browser.get("/desk").await.says("logout");
    let again = citizen.create("/api/v1/portal/messages", &message).await;
    assert_eq!(again["id"], first["id"]);
    town.pass_hours(24 * 30);
    sweep(&town.app, &town.tenant()).await.unwrap();
    let left = town.tenant().close_expired_sessions(town.app.now()).await;
    assert_eq!(left.unwrap(), 0);
    let new = citizen.create("/api/v1/portal/messages", &message).await;
    assert_ne!(new["id"], first["id"]);
}

#[tokio::test]
async fn a_demo_tells_everybody_what_only_they_can_try_until_they_put_it_away() {
    let town = Town::found_demo().await;
    let door = town.browser().get("/login").await;
    door.says("演示账号").says("核验通过").says("报送核验");
    for (login, told) in [
        ("supervisor", "核验通过"),
        ("handler", "报送核验"),
        ("admin", "href=\"/people\""),
        ("leader", "href=\"/leader\""),
        ("operator", "href=\"/register\""),
    ] {
        let desk = town.log_in(login).await.get("/desk").await;
        desk.says("可以试试").says(told);
    }
    let mut handler = town.log_in("handler").await;
    let away = handler.get("/desk?tour=off").await;
    away.keeps_silent_about("可以试试");
    handler.get("/desk").await.keeps_silent_about("可以试试");
    handler
        .get("/desk?lang=en")
        .await
        .keeps_silent_about("What to try");
    let english = town.log_in("supervisor").await.get("/desk?lang=en").await;
    english.says("What to try here").says("see the seal");
    let real = Town::found().await;
    let desk = real.log_in("handler").await.get("/desk").await;
    desk.keeps_silent_about("可以试试");
}
