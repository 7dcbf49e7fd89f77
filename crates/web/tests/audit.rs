//! Every operation of the API that is marked as audited leaves an event in its case; no other list of
//! them is kept than the table of routes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use bihuan_core::id::CaseId;
use bihuan_web::routes;
use common::cases::Matter;
use common::{Browser, Town};
use serde_json::{Value, json};

/// A town in which operations are carried out and what each leaves is counted.
struct Audit {
    town: Town,
    seen: BTreeSet<&'static str>,
}

impl Audit {
    /// Returns how many events a case has.
    async fn events(&self, case: &str) -> usize {
        let id: CaseId = case.parse().unwrap();
        let view = self
            .town
            .tenant()
            .read(move |reader| reader.case(id))
            .await
            .unwrap();
        view.unwrap().log.len()
    }

    /// Makes a case by an operation.
    async fn make(
        &mut self,
        operation: &'static str,
        browser: &mut Browser,
        path: &str,
        body: Value,
    ) -> Value {
        let made = browser.create(path, &body).await;
        assert!(self.events(made["id"].as_str().unwrap()).await > 0, "{operation}");
        self.seen.insert(operation);
        made
    }

    /// Carries out an operation on a case and asserts that it left an event.
    async fn act(
        &mut self,
        operation: &'static str,
        login: &str,
        case: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let mut person = self.town.program(login).await;
        self.say(
            operation,
            &mut person,
            case,
            &format!("/api/v1/cases/{case}/{path}"),
            body,
        )
        .await
    }

    async fn say(
        &mut self,
        operation: &'static str,
        browser: &mut Browser,
        case: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let before = self.events(case).await;
        let done = browser.create(path, &body).await;
        assert!(self.events(case).await > before, "{operation} left no event");
        self.seen.insert(operation);
        done
    }
}

#[tokio::test]
async fn every_audited_operation_of_the_api_leaves_an_event() {
    let mut audit = Audit {
        town: Town::found().await,
        seen: BTreeSet::new(),
    };
    let mut citizen = audit.town.browser();
    let contact = json!({"text": "路灯不亮", "contact": {"phone": "13800000000"}});
    let sent = audit
        .make("create_message", &mut citizen, "/api/v1/portal/messages", contact)
        .await;
    let (case, code) = (sent["id"].as_str().unwrap().to_owned(), sent["code"].clone());
    register(&mut audit, &case).await;
    handle(&mut audit, &case, &mut citizen, &code).await;
    add_own_photo(&mut audit, &case, &mut citizen, &code).await;
    handle_on(&mut audit, &case).await;
    end(&mut audit, &case, &mut citizen, &code).await;
    relate(&mut audit).await;
    let all = routes::all()
        .filter(|route| route.audited && route.path.starts_with("/api/"))
        .map(|route| route.id);
    assert_eq!(audit.seen, all.collect());
}

async fn register(audit: &mut Audit, case: &str) {
    audit
        .act(
            "create_classification",
            "operator",
            case,
            "classifications",
            json!({"category": "construction.municipal"}),
        )
        .await;
    audit
        .act(
            "create_severity",
            "operator",
            case,
            "severities",
            json!({"to": 4, "reason": "晚上危险"}),
        )
        .await;
    let correction = json!({"title": "东门外路灯不亮", "reason": "标题不清"});
    audit
        .act("create_correction", "operator", case, "corrections", correction)
        .await;
    audit
        .act(
            "create_identity_read",
            "registrar",
            case,
            "identity-reads",
            json!({"reason": "回访"}),
        )
        .await;
    audit
        .act(
            "create_step",
            "operator",
            case,
            "steps",
            json!({"step": "accept"}),
        )
        .await;
    audit
        .act(
            "create_step",
            "dispatcher",
            case,
            "steps",
            json!({"step": "assign", "unit": "works"}),
        )
        .await;
    let dispute = json!({"proposed": "water", "reason": "在水务用地内"});
    audit
        .act("create_dispute", "handler", case, "disputes", dispute)
        .await;
    let ruling = json!({"upheld": false, "unit": "works", "reason": "路灯属住建"});
    audit
        .act("create_ruling", "dispatcher", case, "rulings", ruling)
        .await;
}

async fn handle(audit: &mut Audit, case: &str, citizen: &mut Browser, code: &Value) {
    audit
        .act("create_step", "handler", case, "steps", json!({"step": "sign"}))
        .await;
    audit
        .act(
            "create_assignment",
            "handler",
            case,
            "assignments",
            json!({"co_units": ["water"]}),
        )
        .await;
    audit
        .act(
            "create_comment",
            "handler",
            case,
            "comments",
            json!({"text": "已派人"}),
        )
        .await;
    audit
        .act(
            "create_instruction",
            "leader",
            case,
            "instructions",
            json!({"instruction": "ask", "words": "办得怎么样了？"}),
        )
        .await;
    audit
        .act(
            "create_question",
            "handler",
            case,
            "questions",
            json!({"text": "共几盏？"}),
        )
        .await;
    let reply = json!({"code": code, "text": "六盏"});
    audit
        .say("create_reply", citizen, case, "/api/v1/portal/replies", reply)
        .await;
}

async fn add_own_photo(audit: &mut Audit, case: &str, citizen: &mut Browser, code: &Value) {
    let before = audit.events(case).await;
    let photo = common::photo::telephone();
    let stored = citizen
        .upload(
            "/api/v1/portal/evidence",
            &[("code", code.as_str().unwrap())],
            &[("file", "a.jpg", &photo)],
        )
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
    assert!(audit.events(case).await > before);
    audit.seen.insert("create_own_evidence");
}

async fn handle_on(audit: &mut Audit, case: &str) {
    let pause = json!({"clock": "general", "reason": "等配件"});
    audit
        .act("create_pause", "dispatcher", case, "pauses", pause)
        .await;
    audit
        .act(
            "create_resumption",
            "handler",
            case,
            "resumptions",
            json!({"clock": "general"}),
        )
        .await;
    let extension = json!({"clock": "general", "by": 2, "reason": "配件晚到"});
    audit
        .act("create_extension", "dispatcher", case, "extensions", extension)
        .await;
    audit
        .act(
            "create_transfer",
            "dispatcher",
            case,
            "transfers",
            json!({"to": "water", "reason": "职责调整"}),
        )
        .await;
    audit
        .act(
            "create_transfer",
            "dispatcher",
            case,
            "transfers",
            json!({"to": "works", "reason": "调整有误"}),
        )
        .await;
    let wrong = add_photo(audit, case).await;
    add_photo(audit, case).await;
    let withdrawal = json!({"evidence": wrong, "reason": "传错"});
    audit
        .act(
            "create_withdrawal",
            "handler",
            case,
            "evidence-withdrawals",
            withdrawal,
        )
        .await;
}

async fn add_photo(audit: &mut Audit, case: &str) -> Value {
    let before = audit.events(case).await;
    let mut handler = audit.town.program("handler").await;
    let photo = common::photo::telephone();
    let path = format!("/api/v1/cases/{case}/evidence");
    let stored = handler
        .upload(&path, &[("moment", "after")], &[("file", "a.jpg", &photo)])
        .await;
    assert_eq!(stored.status, StatusCode::CREATED);
    assert!(audit.events(case).await > before);
    audit.seen.insert("create_evidence");
    stored.json()["id"].clone()
}

/// Strikes off, and shows a picture once the reporter allows it.
async fn show_picture(audit: &mut Audit, case: &str, citizen: &mut Browser, code: &Value) {
    let strike_off = json!({"step": "strike_off"});
    audit
        .act("create_step", "supervisor", case, "steps", strike_off)
        .await;
    let allowed = json!({"code": code, "pictures": true});
    audit
        .say(
            "create_consent",
            citizen,
            case,
            "/api/v1/portal/consents",
            allowed,
        )
        .await;
    let mut operator = audit.town.program("operator").await;
    let read = operator.get(&format!("/api/v1/cases/{case}")).await.json();
    let showing = json!({"evidence": read["evidence"][0]["id"], "shown": true});
    audit
        .act("create_showing", "operator", case, "picture-showings", showing)
        .await;
}

async fn end(audit: &mut Audit, case: &str, citizen: &mut Browser, code: &Value) {
    audit
        .act("create_step", "handler", case, "steps", json!({"step": "submit"}))
        .await;
    let verify = json!({"step": "verify", "finding": "全亮"});
    audit
        .act("create_step", "supervisor", case, "steps", verify)
        .await;
    let answer = json!({"step": "answer", "reply": "已换", "reply_way": "phone"});
    audit.act("create_step", "operator", case, "steps", answer).await;
    audit
        .act(
            "create_voice",
            "operator",
            case,
            "satisfactions",
            json!({"solved": false}),
        )
        .await;
    let solved = json!({"code": code, "solved": true});
    audit
        .say(
            "create_satisfaction",
            citizen,
            case,
            "/api/v1/portal/satisfactions",
            solved,
        )
        .await;
    show_picture(audit, case, citizen, code).await;
    let again = json!({"code": code, "step": "reopen", "reason": "又灭了"});
    audit
        .say("create_own_step", citizen, case, "/api/v1/portal/steps", again)
        .await;
    let id: CaseId = case.parse().unwrap();
    let text = audit
        .town
        .tenant()
        .read(move |reader| reader.case(id))
        .await
        .unwrap()
        .unwrap()
        .case
        .text;
    let erasure = json!({"body": text.id.to_string(), "reason": "本人要求"});
    audit
        .act("create_erasure", "admin", case, "erasures", erasure)
        .await;
}

/// Relations need cases of their own, for a merged case has ended.
async fn relate(audit: &mut Audit) {
    let mut cases = Vec::new();
    let mut operator = audit.town.program("operator").await;
    for title in ["井盖", "同一个井盖", "也是那个井盖"] {
        let body = json!({"kind": "help", "channel": "phone", "title": title, "text": "松动"});
        let made = audit
            .make("create_case", &mut operator, "/api/v1/cases", body)
            .await;
        cases.push(made["id"].as_str().unwrap().to_owned());
    }
    let link = json!({"other": cases[1], "linkage": "duplicate_of"});
    audit
        .act("create_link", "operator", &cases[0], "links", link)
        .await;
    let split = json!({"into": [cases[2]], "reason": "两处"});
    audit
        .act("create_split", "operator", &cases[0], "splits", split)
        .await;
    let answered = audit.town.answered(&Matter::default(), "works", "handler").await;
    let merge = json!({"into": cases[1], "reason": "同一个"});
    audit
        .act("create_merge", "operator", &answered.to_string(), "merges", merge)
        .await;
}
