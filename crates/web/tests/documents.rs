//! PDF as evidence: the staff bring it, it is kept as it is, and nobody outside is given it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::browser::Answer;
use common::{Browser, Town};
use serde_json::json;

/// A document of one empty page, with what a viewer could run in it.
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript \
    /JS (app.alert(1)) >> >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n\
    trailer\n<< /Root 1 0 R /Author (Zhao) >>\n%%EOF\n";

/// A case that the works bureau handles, and the code of its reporter.
struct Scene {
    town: Town,
    id: String,
    number: String,
    code: String,
}

impl Scene {
    async fn set() -> Scene {
        let town = Town::found().await;
        let sent = town
            .browser()
            .create("/api/v1/portal/messages", &json!({"text": "路灯不亮"}))
            .await;
        let text = |name: &str| sent[name].as_str().unwrap().to_owned();
        let (id, number, code) = (text("id"), text("number"), text("code"));
        let steps = format!("/api/v1/cases/{id}/steps");
        let mut dispatcher = town.program("dispatcher").await;
        for step in [
            json!({"step": "accept"}),
            json!({"step": "assign", "unit": "works"}),
        ] {
            dispatcher.create(&steps, &step).await;
        }
        Scene {
            town,
            id,
            number,
            code,
        }
    }

    fn page(&self) -> String {
        format!("/cases/{}", self.number)
    }

    /// Brings a file by the form of the case page.
    async fn bring(&self, browser: &mut Browser, name: &str, bytes: &[u8]) -> Answer {
        let csrf = browser.get(&self.page()).await.hidden("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("moment", "other"),
            ("caption", "验收单"),
        ];
        let to = format!("{}/evidence", self.page());
        browser.upload(&to, &fields, &[("photos", name, bytes)]).await
    }

    /// Returns the address of the case's only document.
    fn address_of_document(&self, page: &Answer) -> String {
        let text = page.text();
        let begin = text.find("<iframe src=\"").unwrap() + 13;
        // What follows tells the viewer how to show it.
        let end = text[begin..].find('#').unwrap();
        text[begin..begin + end].to_owned()
    }
}

#[tokio::test]
async fn a_document_is_shown_in_the_page_under_a_policy_of_its_own() {
    let scene = Scene::set().await;
    let mut handler = scene.town.log_in("handler").await;
    let page = scene.bring(&mut handler, "验收单.pdf", PDF).await;
    page.says("验收单")
        .says("按原样保存")
        .says(&format!("{}-1.pdf", scene.number));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"));
    let file = handler.get(&scene.address_of_document(&page)).await;
    assert_eq!((file.status, file.bytes.as_slice()), (StatusCode::OK, PDF));
    for (name, value) in [
        ("content-type", "application/pdf"),
        (
            "content-security-policy",
            "sandbox; default-src 'none'; frame-ancestors 'self'",
        ),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=3600"),
    ] {
        assert_eq!(file.headers[name], value, "{name}");
    }
    // Pictures and pages are framed by nobody.
    let photo = common::photo::telephone();
    let page = scene.bring(&mut handler, "a.jpg", &photo).await;
    let text = page.text();
    let begin = text.find("<img src=\"").unwrap() + 10;
    let picture = text[begin..].split('"').next().unwrap();
    let picture = handler.get(picture).await;
    assert_eq!(picture.headers["x-frame-options"], "DENY");
}

#[tokio::test]
async fn a_document_waits_with_the_form_like_a_photo() {
    let scene = Scene::set().await;
    let mut handler = scene.town.log_in("handler").await;
    let csrf = handler.get(&scene.page()).await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("moment", "other")];
    let kept = handler
        .upload(
            &format!("{}/drafts/evidence", scene.page()),
            &fields,
            &[("photos", "a.pdf", PDF)],
        )
        .await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
    let sent = handler
        .upload(&format!("{}/evidence", scene.page()), &fields, &[])
        .await;
    let file = handler.get(&scene.address_of_document(&sent)).await;
    assert_eq!(file.bytes, PDF);
}

#[tokio::test]
async fn nobody_outside_is_given_a_document_or_may_bring_one() {
    let scene = Scene::set().await;
    let mut handler = scene.town.log_in("handler").await;
    let page = scene.bring(&mut handler, "验收单.pdf", PDF).await;
    let address = scene.address_of_document(&page);
    let evidence = address.rsplit('/').next().unwrap();
    let mut citizen = scene.town.browser();
    let track = citizen.get("/track").await;
    let track = citizen.submit(&track, "/track", &[("code", &scene.code)]).await;
    track.says("路灯不亮").keeps_silent_about("验收单");
    let file = citizen.get(&format!("/track/evidence/{evidence}")).await;
    assert_eq!(file.status, StatusCode::NOT_FOUND);
    let told = citizen
        .post_json("/api/v1/portal/track", &json!({"code": scene.code}))
        .await;
    told.keeps_silent_about(evidence)
        .keeps_silent_about("application/pdf");
    let photo = [("file", "a.pdf", PDF)];
    let code = [("code", scene.code.as_str())];
    let refused = citizen.upload("/api/v1/portal/evidence", &code, &photo).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut water = scene.town.log_in("water").await;
    assert_eq!(water.get(&address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_only_looks_like_a_document_is_refused() {
    let scene = Scene::set().await;
    let mut handler = scene.town.log_in("handler").await;
    let late = [b"GIF89a".as_slice(), PDF].concat();
    for (bytes, said) in [
        (&PDF[..40], "打不开"),
        (&late, "只接受"),
        (
            b"<html><script>alert(1)</script>%PDF-1.7 %%EOF".as_slice(),
            "只接受",
        ),
    ] {
        scene.bring(&mut handler, "a.pdf", bytes).await.says(said);
    }
    let large = [PDF, &vec![b' '; 9 << 20], b"%%EOF"].concat();
    scene.bring(&mut handler, "a.pdf", &large).await.says("8");
    let page = handler.get(&scene.page()).await;
    page.keeps_silent_about("<iframe");
    let mut program = scene.town.program("handler").await;
    let path = format!("/api/v1/cases/{}/evidence", scene.id);
    let stored = program
        .upload(&path, &[("moment", "other")], &[("file", "a.pdf", PDF)])
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
}
