//! The JSON API, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::{Browser, Town};
use serde_json::{Value, json};

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

async fn send(browser: &mut Browser) -> (String, String) {
    let sent = browser
        .create(
            "/api/v1/portal/messages",
            &json!({"text": TEXT, "place": "东门外"}),
        )
        .await;
    (
        sent["id"].as_str().unwrap().to_owned(),
        sent["code"].as_str().unwrap().to_owned(),
    )
}

async fn step(browser: &mut Browser, id: &str, body: Value) -> Value {
    browser.create(&format!("/api/v1/cases/{id}/steps"), &body).await
}

/// Brings a message to the verifier, with a photo from after the fix.
async fn handle(town: &Town, id: &str) {
    let mut operator = town.program("operator").await;
    step(&mut operator, id, json!({"step": "accept"})).await;
    let mut dispatcher = town.program("dispatcher").await;
    step(&mut dispatcher, id, json!({"step": "assign", "unit": "works"})).await;
    let mut handler = town.program("handler").await;
    step(&mut handler, id, json!({"step": "sign"})).await;
    let photo = common::photo::telephone();
    let path = format!("/api/v1/cases/{id}/evidence");
    let stored = handler
        .upload(&path, &[("moment", "after")], &[("file", "修好了.jpg", &photo)])
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
    step(
        &mut handler,
        id,
        json!({"step": "submit", "remark": "六盏全部更换"}),
    )
    .await;
}

#[tokio::test]
async fn a_message_goes_in_and_a_struck_off_case_comes_out_through_the_api_alone() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let (id, code) = send(&mut citizen).await;
    handle(&town, &id).await;
    let mut supervisor = town.program("supervisor").await;
    step(
        &mut supervisor,
        &id,
        json!({"step": "verify", "finding": "现场六盏全亮"}),
    )
    .await;
    let mut operator = town.program("operator").await;
    step(
        &mut operator,
        &id,
        json!({"step": "answer", "reply": "六盏路灯已更换。"}),
    )
    .await;

    let tracked = citizen
        .post_json("/api/v1/portal/track", &json!({"code": code}))
        .await;
    assert_eq!(tracked.status, StatusCode::OK);
    let tracked = tracked.json();
    assert_eq!(tracked["answers"][0]["text"], "六盏路灯已更换。");
    assert_eq!(tracked["evidence"][0]["moment"], "after");
    assert_eq!(tracked["unit"]["title"], "住建局");
    assert!(
        tracked["deadlines"][0]["due_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-")
    );

    let satisfied = json!({"code": code, "solved": true, "score": 5});
    citizen.create("/api/v1/portal/satisfactions", &satisfied).await;
    step(&mut supervisor, &id, json!({"step": "strike_off"})).await;
    let tracked = citizen
        .post_json("/api/v1/portal/track", &json!({"code": code}))
        .await
        .json();
    assert_eq!(tracked["end"], "销号：已办好、经核验、已答复。");
    let case = supervisor.get(&format!("/api/v1/cases/{id}")).await.json();
    assert_eq!(
        (&case["state"]["id"], &case["phase"]),
        (&json!("struck_off"), &json!("watch"))
    );
}

#[tokio::test]
async fn nobody_verifies_their_own_work_and_is_told_so() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    handle(&town, &id).await;
    let mut handler = town.program("handler").await;
    let body = json!({"step": "verify", "finding": "很好"});
    let refused = handler
        .post_json(&format!("/api/v1/cases/{id}/steps"), &body)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut supervisor = town.program("supervisor").await;
    let body = json!({"step": "strike_off"});
    let refused = supervisor
        .post_json(&format!("/api/v1/cases/{id}/steps"), &body)
        .await;
    assert_eq!(
        (refused.status, &refused.json()["rule"]),
        (StatusCode::CONFLICT, &json!("wrong_state"))
    );
}

#[tokio::test]
async fn the_same_key_gives_the_same_code_and_with_another_message_it_is_refused() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    citizen.headers.push((
        "idempotency-key",
        "5b0c9d9e-1f5c-4e8e-9f6e-0d6f0a1b2c3d".to_owned(),
    ));
    let (first, second) = (send(&mut citizen).await, send(&mut citizen).await);
    assert_eq!(first, second);
    let other = citizen
        .post_json("/api/v1/portal/messages", &json!({"text": "别的事"}))
        .await;
    assert_eq!(
        (other.status, &other.json()["type"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/problems/key_reused"))
    );
}

#[tokio::test]
async fn whoever_has_no_name_needs_a_key_that_nobody_guesses() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let message = json!({"text": "路灯不亮"});
    citizen
        .headers
        .push(("idempotency-key", "2026-03-02/17".to_owned()));
    let guessable = citizen.post_json("/api/v1/portal/messages", &message).await;
    assert_eq!(guessable.status, StatusCode::UNPROCESSABLE_ENTITY);
    guessable.says("Idempotency-Key").says("UUID");
    citizen.headers.pop();
    let key = ("idempotency-key", "mNq3uJ0hXw5c7l2KfQ9rTg".to_owned());
    citizen.headers.push(key);
    citizen.create("/api/v1/portal/messages", &message).await;
    // Staff have a name, and their keys lie under it.
    let mut operator = town.program("operator").await;
    operator.headers.push(("idempotency-key", "17".to_owned()));
    operator
        .create("/api/v1/views", &json!({"title": "我的", "filter": "open"}))
        .await;
}

#[tokio::test]
async fn a_key_of_the_page_is_another_at_the_api() {
    let town = Town::found().await;
    let key = "5b0c9d9e-1f5c-4e8e-9f6e-0d6f0a1b2c3d";
    let mut squatter = town.browser();
    let csrf = squatter.get("/report").await.hidden("csrf");
    let theirs = format!("{key} /api/v1/portal/messages");
    let fields = [
        ("csrf", &*csrf),
        ("key", &*theirs),
        ("text", "占位"),
        ("disclosure", "anonymous"),
    ];
    squatter.post("/report", &fields).await.says("查询码");
    let mut citizen = town.browser();
    citizen.headers.push(("idempotency-key", key.to_owned()));
    citizen
        .create("/api/v1/portal/messages", &json!({"text": "路灯不亮"}))
        .await;
}

#[tokio::test]
async fn bad_bodies_get_a_clear_problem_and_nothing_is_kept() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let long = "长".repeat(5001);
    let cases = [
        (json!({"text": ""}), StatusCode::BAD_REQUEST, "must not be empty"),
        (
            json!({"text": long}),
            StatusCode::BAD_REQUEST,
            "at most 5000 characters",
        ),
        (json!({"text": 7}), StatusCode::BAD_REQUEST, "expected a string"),
        (json!({"txt": "a"}), StatusCode::BAD_REQUEST, "unknown field"),
        (
            json!({"text": "a", "contact": {"phone": "不告诉你"}}),
            StatusCode::UNPROCESSABLE_ENTITY,
            "电话",
        ),
    ];
    for (body, status, said) in cases {
        let answer = citizen.post_json("/api/v1/portal/messages", &body).await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (status, &"application/problem+json".parse().unwrap())
        );
        answer.says(said).says("request_id");
    }
    let post = axum::http::Method::POST;
    let half = b"{\"text\": \"half".to_vec();
    let broken = citizen
        .request(
            post.clone(),
            "/api/v1/portal/messages",
            Some("application/json"),
            half,
        )
        .await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    let huge = vec![b' '; 2 << 20];
    let huge = citizen
        .request(
            post.clone(),
            "/api/v1/portal/messages",
            Some("application/json"),
            huge,
        )
        .await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let form = citizen
        .request(post, "/api/v1/portal/messages", Some("text/plain"), b"a".to_vec())
        .await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let count = town
        .program("dispatcher")
        .await
        .get("/api/v1/cases/count")
        .await
        .json();
    assert_eq!(count["count"], 0);
}

#[tokio::test]
async fn what_may_not_be_entered_is_told_the_lawful_route() {
    let town = Town::found().await;
    let body = json!({"text": "举报市委书记某某"});
    let refused = town.browser().post_json("/api/v1/portal/messages", &body).await;
    assert_eq!(refused.json()["type"], "/problems/elsewhere");
    refused.says("12388").keeps_silent_about("某某");
}

#[tokio::test]
async fn an_emergency_is_taken_in_and_told_to_call_first() {
    let town = Town::found().await;
    let sent = town
        .browser()
        .create("/api/v1/portal/messages", &json!({"text": "楼里着火了"}))
        .await;
    assert!(sent["notices"][0].as_str().unwrap().contains("119"));
}

#[tokio::test]
async fn an_unknown_code_is_not_found_however_it_is_written() {
    let town = Town::found().await;
    for code in ["x", "0000-0000-0000-0000-0000-0000-0000", "' OR 1=1"] {
        let answer = town
            .browser()
            .post_json("/api/v1/portal/track", &json!({"code": code}))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn lists_follow_the_filter_page_by_page() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    for _ in 0..5 {
        send(&mut citizen).await;
    }
    let mut operator = town.program("operator").await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = operator
            .get(&format!("/api/v1/cases?limit=2&sort=-raised{after}"))
            .await
            .json();
        seen.extend(
            page["cases"]
                .as_array()
                .unwrap()
                .iter()
                .map(|case| case["id"].to_string()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let none = operator
        .get("/api/v1/cases?filter=state%20%3D%20struck_off")
        .await
        .json();
    assert_eq!(none["cases"], json!([]));
}

#[tokio::test]
async fn a_filter_that_says_nothing_is_answered_with_every_problem_and_its_place() {
    let town = Town::found().await;
    let mut operator = town.program("operator").await;
    let answer = operator.get("/api/v1/cases?filter=colour%20%3D%20red").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["problems"][0]["bytes"][0], 0);
    let unknown = operator.get("/api/v1/cases?colour=red").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_operator_registers_a_call_and_tells_its_code() {
    let town = Town::found().await;
    let mut operator = town.program("operator").await;
    let body = json!({"kind": "complaint", "channel": "phone", "title": "噪音", "text": "夜里施工",
        "contact": {"name": "王某", "phone": "13800000000"}});
    let receipt = operator.create("/api/v1/cases", &body).await;
    let code = receipt["code"].as_str().unwrap();
    let tracked = town
        .browser()
        .post_json("/api/v1/portal/track", &json!({"code": code}))
        .await;
    assert_eq!(tracked.json()["number"], receipt["number"]);
    let case = operator
        .get(&format!("/api/v1/cases/{}", receipt["id"].as_str().unwrap()))
        .await;
    assert_eq!(case.json()["disclosure"], "confidential");
    case.keeps_silent_about("13800000000").keeps_silent_about("王某");
}

#[tokio::test]
async fn an_identity_is_read_with_a_reason_and_the_reporter_sees_how_often() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let body = json!({"text": TEXT, "contact": {"name": "王某", "phone": "13800000000"}});
    let sent = citizen.create("/api/v1/portal/messages", &body).await;
    let path = format!("/api/v1/cases/{}/identity-reads", sent["id"].as_str().unwrap());
    let mut operator = town.program("operator").await;
    let refused = operator.post_json(&path, &json!({"reason": "好奇"})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut registrar = town.program("registrar").await;
    let read = registrar.create(&path, &json!({"reason": "回访联系"})).await;
    assert_eq!(
        (&read["name"], &read["phone"]),
        (&json!("王某"), &json!("13800000000"))
    );
    let tracked = citizen
        .post_json("/api/v1/portal/track", &json!({"code": sent["code"]}))
        .await;
    assert_eq!(tracked.json()["identity_reads"], 1);
}

#[tokio::test]
async fn a_token_reaches_no_further_than_its_scopes() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    let mut browser = town.browser();
    let token = town.token("operator", &["read"]).await;
    browser.headers.push(("authorization", format!("Bearer {token}")));
    assert_eq!(
        browser.get(&format!("/api/v1/cases/{id}")).await.status,
        StatusCode::OK
    );
    let refused = browser
        .post_json(&format!("/api/v1/cases/{id}/steps"), &json!({"step": "accept"}))
        .await;
    assert_eq!(
        (refused.status, &refused.json()["type"]),
        (StatusCode::FORBIDDEN, &json!("/problems/scope"))
    );
}

#[tokio::test]
async fn a_token_that_only_reads_changes_nothing() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    let comments = format!("/api/v1/cases/{id}/comments");
    let writes = [
        (comments.as_str(), json!({"text": "已电话核实"})),
        ("/api/v1/views", json!({"title": "我的", "filter": "open"})),
    ];
    for (scopes, status) in [
        (&["read"][..], StatusCode::FORBIDDEN),
        (&["read", "write"], StatusCode::CREATED),
    ] {
        let mut program = town.browser();
        let token = town.token("operator", scopes).await;
        program.headers.push(("authorization", format!("Bearer {token}")));
        for (path, body) in &writes {
            assert_eq!(program.post_json(path, body).await.status, status, "{path}");
        }
        let view = "/api/v1/views/01957a00-0000-7000-8000-000000000001";
        let dropped = program.request(axum::http::Method::DELETE, view, None, Vec::new());
        assert_eq!(dropped.await.status == StatusCode::FORBIDDEN, scopes.len() == 1);
    }
    let mut reader = town.program("operator").await;
    let events = reader.get(&format!("/api/v1/cases/{id}/events")).await;
    assert_eq!(events.text().matches("已电话核实").count(), 1);
}

#[tokio::test]
async fn a_reporter_who_adds_without_end_is_told_that_all_is_kept() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let (id, code) = send(&mut citizen).await;
    for number in 0..50 {
        let more = json!({"code": code, "text": format!("补充{number}")});
        citizen.create("/api/v1/portal/replies", &more).await;
    }
    let more = json!({"code": code, "text": "再补充"});
    let enough = citizen.post_json("/api/v1/portal/replies", &more).await;
    assert_eq!(
        (enough.status, &enough.json()["type"]),
        (StatusCode::CONFLICT, &json!("/problems/enough"))
    );
    enough.says("都已保留");
    let photo = common::photo::telephone();
    let file = citizen
        .upload(
            "/api/v1/portal/evidence",
            &[("code", &*code)],
            &[("file", "a.jpg", &photo)],
        )
        .await;
    assert_eq!(file.status, StatusCode::CONFLICT);
    // Whether it is solved is for the rules to say, not for the bound.
    let voice = json!({"code": code, "solved": true});
    let unanswered = citizen.post_json("/api/v1/portal/satisfactions", &voice).await;
    assert_eq!(unanswered.json()["type"], "/problems/refused");
    // Staff act, and there is room again.
    let mut operator = town.program("operator").await;
    step(&mut operator, &id, json!({"step": "accept"})).await;
    citizen.create("/api/v1/portal/replies", &more).await;
}

#[tokio::test]
async fn a_step_on_a_case_that_moved_on_is_refused_where_the_sender_says_which_version() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    let mut operator = town.program("operator").await;
    let path = format!("/api/v1/cases/{id}/steps");
    let stale = operator
        .post_json(&path, &json!({"step": "accept", "version": 1}))
        .await;
    assert_eq!(
        (stale.status, &stale.json()["type"]),
        (StatusCode::CONFLICT, &json!("/problems/stale"))
    );
}

#[tokio::test]
async fn anonymous_senders_are_throttled_unless_a_testing_directory_says_otherwise() {
    let town = Town::found_with(|options| options.rate_limit = true).await;
    let mut citizen = town.browser();
    let mut last = StatusCode::CREATED;
    for _ in 0..200 {
        let answer = citizen
            .post_json("/api/v1/portal/messages", &json!({"text": TEXT}))
            .await;
        last = answer.status;
        if last != StatusCode::CREATED {
            assert!(answer.headers.contains_key("retry-after"));
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_may_not_be_entered_is_refused_in_a_reply_and_from_an_operator_too() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let (id, code) = send(&mut citizen).await;
    let text = "举报市委书记某某";
    let mut operator = town.program("operator").await;
    let call = json!({"kind": "help", "channel": "phone", "title": "电话", "text": text});
    for answer in [
        citizen
            .post_json("/api/v1/portal/replies", &json!({"code": code, "text": text}))
            .await,
        operator.post_json("/api/v1/cases", &call).await,
    ] {
        assert_eq!(answer.json()["type"], "/problems/elsewhere");
    }
    let count = operator.get("/api/v1/cases/count").await.json();
    assert_eq!(count["count"], 1);
    operator
        .get(&format!("/api/v1/cases/{id}/events"))
        .await
        .keeps_silent_about("某某");
}

#[tokio::test]
async fn a_unit_complained_about_loses_sight_of_the_case() {
    let town = Town::found().await;
    let mut operator = town.program("operator").await;
    let mut supervisor = town.program("supervisor").await;
    let call = |accused: Value| json!({"kind": "complaint", "channel": "phone", "title": "电话", "text": TEXT, "accused": accused});
    let told = operator
        .create("/api/v1/cases", &call(json!(["inspection"])))
        .await;
    let later = operator.create("/api/v1/cases", &call(json!([]))).await;
    let path = |case: &Value| format!("/api/v1/cases/{}", case["id"].as_str().unwrap());
    assert_eq!(supervisor.get(&path(&told)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(supervisor.get(&path(&later)).await.status, StatusCode::OK);
    let correction = json!({"accused": ["inspection"], "reason": "来电人补充"});
    operator
        .create(&format!("{}/corrections", path(&later)), &correction)
        .await;
    assert_eq!(supervisor.get(&path(&later)).await.status, StatusCode::NOT_FOUND);
    let count = supervisor.get("/api/v1/cases/count").await.json();
    assert_eq!(count["count"], 0);
}

#[tokio::test]
async fn nobody_links_splits_or_merges_with_a_case_they_may_not_read() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    let mut operator = town.program("operator").await;
    let call = json!({"kind": "report", "channel": "phone", "title": "举报", "text": TEXT});
    let hidden = operator.create("/api/v1/cases", &call).await;
    let hidden = hidden["id"].as_str().unwrap();
    for (act, body) in [
        ("links", json!({"other": hidden, "linkage": "duplicate_of"})),
        ("splits", json!({"into": [hidden], "reason": "x"})),
        ("merges", json!({"into": hidden, "reason": "x"})),
    ] {
        let answer = operator
            .post_json(&format!("/api/v1/cases/{id}/{act}"), &body)
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
}

#[tokio::test]
async fn a_split_names_no_more_cases_than_anybody_splits_into() {
    let town = Town::found().await;
    let (id, _) = send(&mut town.browser()).await;
    let body = json!({"into": vec![id.as_str(); 51], "reason": "x"});
    let mut operator = town.program("operator").await;
    let refused = operator
        .post_json(&format!("/api/v1/cases/{id}/splits"), &body)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["fields"][0]["field"], "into");
}

#[tokio::test]
async fn a_reporter_adds_a_photo_and_fetches_it_and_the_proof_by_the_code_alone() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let (id, code) = send(&mut citizen).await;
    let photo = common::photo::telephone();
    let file = [("file", "坏了.jpg", photo.as_slice())];
    let stored = citizen
        .upload("/api/v1/portal/evidence", &[("code", &code)], &file)
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
    let wanted = json!({"code": code, "evidence": stored.json()["id"]});
    let read = citizen.post_json("/api/v1/portal/evidence-reads", &wanted).await;
    assert_eq!(read.headers["content-type"], "image/jpeg");
    let seen = town
        .program("operator")
        .await
        .get(&format!("/api/v1/cases/{id}"))
        .await
        .json();
    assert_eq!(seen["evidence"][0]["from_reporter"], true);
    town.tenant().follow().await.unwrap();
    let proof = citizen
        .post_json("/api/v1/portal/proofs", &json!({"code": code}))
        .await
        .json();
    let same = town
        .program("operator")
        .await
        .get(&format!("/api/v1/cases/{id}/proof"))
        .await
        .json();
    assert_eq!((&proof["case"], &proof["events"]), (&json!(id), &same["events"]));
    let last = proof["events"].as_array().unwrap().last().unwrap();
    assert_eq!(last["version"], seen["version"]);
    let nobodys = json!({"code": "0000-0000-0000-0000-0000-0000-0000", "evidence": stored.json()["id"]});
    let refused = citizen.post_json("/api/v1/portal/evidence-reads", &nobodys).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let refused = citizen
        .upload("/api/v1/portal/evidence", &[("code", "1")], &file)
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_sender_chooses_the_kind_and_what_may_be_known_of_them() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let body =
        json!({"text": TEXT, "kind": "complaint", "disclosure": "real_name", "contact": {"name": "王女士"}});
    let sent = citizen.create("/api/v1/portal/messages", &body).await;
    let address = format!("/api/v1/cases/{}", sent["id"].as_str().unwrap());
    let case = town.program("operator").await.get(&address).await.json();
    assert_eq!(
        (&case["kind"]["id"], &case["disclosure"]),
        (&json!("complaint"), &json!("real_name"))
    );
    let body = json!({"text": TEXT, "kind": "nothing", "disclosure": "confidential"});
    let problem = citizen.post_json("/api/v1/portal/messages", &body).await.json();
    let fields = problem["fields"].as_array().unwrap();
    assert_eq!(
        fields.iter().map(|it| &it["field"]).collect::<Vec<_>>(),
        ["kind", "contact"]
    );
}

#[tokio::test]
async fn what_looks_like_the_same_matter_is_named_within_what_may_be_read() {
    let town = Town::found().await;
    let mut operator = town.program("operator").await;
    let body = json!({"kind": "help", "channel": "phone", "title": "东门小区路灯不亮", "text": TEXT});
    let first = operator.create("/api/v1/cases", &body).await;
    let body = json!({"kind": "help", "channel": "phone", "title": "东门小区外路灯不亮", "text": TEXT});
    let second = operator.create("/api/v1/cases", &body).await;
    let address = format!("/api/v1/cases/{}/similar", second["id"].as_str().unwrap());
    let alike = operator.get(&address).await.json();
    assert_eq!(
        alike
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect::<Vec<_>>(),
        [&first["id"]]
    );
}
