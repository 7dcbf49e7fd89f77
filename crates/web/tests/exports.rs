//! `/exports` of the pages and of the API, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::collections::BTreeSet;
use std::io::Cursor;

use axum::http::{Method, StatusCode};
use bihuan_web::sweep::sweep;
use calamine::{Data, Reader, Xlsx};
use common::Town;
use common::browser::{Answer, Browser};
use common::cases::Matter;
use serde_json::{Value, json};

async fn export(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get("/ledger").await;
    browser.submit(&page, "/exports", fields).await
}

#[tokio::test]
async fn a_workbook_holds_the_cases_of_the_list_and_no_formula() {
    let town = Town::found().await;
    let ours = town
        .raise(&Matter {
            title: "=HYPERLINK(1)",
            severity: 5,
            ..Matter::default()
        })
        .await;
    town.raise(&Matter {
        severity: 1,
        ..Matter::default()
    })
    .await;
    let mut browser = town.log_in("dispatcher").await;
    let fields = [
        ("format", "xlsx"),
        ("filter", "severity = 5"),
        ("columns", "severity unit raised"),
    ];
    let answer = export(&mut browser, &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    let head: Vec<String> = rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(head, ["编号", "问题", "承办单位", "严重程度", "提出时间"]);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1][0].to_string(), town.number(ours));
    assert_eq!(rows[1][1], Data::String("=HYPERLINK(1)".to_owned()));
    assert!(book.worksheet_formula("台账").unwrap().is_empty());
}

#[tokio::test]
async fn a_text_table_holds_what_the_list_holds_and_disarms_formulas() {
    let town = Town::found().await;
    town.assigned(
        &Matter {
            title: "+1+1",
            ..Matter::default()
        },
        "works",
    )
    .await;
    town.assigned(
        &Matter {
            title: "不归住建局",
            ..Matter::default()
        },
        "water",
    )
    .await;
    let mut browser = town.log_in("head").await;
    let answer = export(&mut browser, &[("format", "csv"), ("columns", "unit")]).await;
    let text = answer.text();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0][1], &rows[0][2]), ("'+1+1", "住建局"));
}

#[tokio::test]
async fn who_may_only_read_exports_nothing() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    let mut browser = town.log_in("handler").await;
    let answer = export(&mut browser, &[("format", "csv")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_exports_nothing() {
    let town = Town::found().await;
    let mut browser = town.log_in("dispatcher").await;
    let answer = export(&mut browser, &[("format", "csv"), ("filter", "severty > 3")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_long_export_runs_in_the_background_and_goes_after_a_day() {
    let town = Town::found().await;
    let raised = town.raise_many(2300).await;
    let mut browser = town.log_in("dispatcher").await;
    let page = browser.get("/ledger").await;
    let answer = browser
        .submit(&page, "/exports", &[("format", "csv"), ("columns", "severity")])
        .await;
    let text = answer.text();
    let address = text
        .split("/exports/")
        .nth(1)
        .map(|rest| rest[..36].to_owned())
        .unwrap();
    let address = format!("/exports/{address}");
    let done = loop {
        let page = browser.get(&address).await;
        if page.text().contains("导出好了") {
            break page;
        }
        page.says("正在导出");
        assert_eq!(page.headers["refresh"], "2");
        tokio::task::yield_now().await;
    };
    done.says("共 2300 行");
    let file = browser.get(&format!("{address}/file")).await;
    let text = file.text();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let numbers: BTreeSet<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(numbers, raised);
    let mut other = town.log_in("supervisor").await;
    assert_eq!(
        other.get(&format!("{address}/file")).await.status,
        StatusCode::NOT_FOUND
    );
    let files = || {
        std::fs::read_dir(town.store.directory().join("exports"))
            .unwrap()
            .count()
    };
    sweep(&town.app, &town.tenant()).await.unwrap();
    assert_eq!(files(), 1);
    town.pass_hours(25);
    let mut later = town.log_in("dispatcher").await;
    assert_eq!(later.get(&address).await.status, StatusCode::NOT_FOUND);
    sweep(&town.app, &town.tenant()).await.unwrap();
    assert_eq!(files(), 0);
}

/// Asks for an export until it no longer runs.
async fn ended(program: &mut Browser, export: &Value) -> Value {
    let address = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
    loop {
        let now = program.get(&address).await.json();
        if now["state"] != "running" {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_program_exports_what_its_person_may_and_fetches_the_file() {
    let town = Town::found().await;
    let ours = town
        .assigned(
            &Matter {
                severity: 5,
                ..Matter::default()
            },
            "works",
        )
        .await;
    town.assigned(
        &Matter {
            severity: 5,
            ..Matter::default()
        },
        "water",
    )
    .await;
    let mut head = town.program("head").await;
    let wanted = json!({"format": "csv", "filter": "severity = 5", "sort": "due", "columns": ["unit"]});
    head.headers.push(("idempotency-key", "a".to_owned()));
    let begun = head.create("/api/v1/exports", &wanted).await;
    let again = head.create("/api/v1/exports", &wanted).await;
    assert_eq!(again["id"], begun["id"]);
    assert_eq!(
        (&begun["format"], &begun["filter"]),
        (&json!("csv"), &json!("severity = 5"))
    );
    let done = ended(&mut head, &begun).await;
    assert_eq!(
        (&done["state"], &done["done"], &done["total"]),
        (&json!("done"), &json!(1), &json!(1))
    );
    let file = done["file"].as_str().unwrap();
    let text = head.get(file).await.text();
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.contains(&town.number(ours)) && text.contains("住建局"),
        "{text}"
    );
    let mut other = town.program("dispatcher").await;
    for address in [file, file.trim_end_matches("/file")] {
        assert_eq!(other.get(address).await.status, StatusCode::NOT_FOUND);
    }
    town.pass_hours(25);
    assert_eq!(head.get(file).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_export_that_cannot_be_is_refused_with_everything_that_is_wrong() {
    let town = Town::found().await;
    let mut dispatcher = town.program("dispatcher").await;
    let problem = dispatcher
        .post_json("/api/v1/exports", &json!({"format": "pdf"}))
        .await;
    assert_eq!(
        (problem.status, &problem.json()["fields"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("format"))
    );
    let body = json!({"format": "csv", "sort": "weight", "columns": ["unit", "colour"]});
    let problem = dispatcher.post_json("/api/v1/exports", &body).await.json();
    let fields: Vec<&Value> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["field"])
        .collect();
    assert_eq!(fields, ["sort", "columns"]);
    let body = json!({"format": "csv", "filter": "severty > 3"});
    let problem = dispatcher.post_json("/api/v1/exports", &body).await;
    assert_eq!(
        (problem.status, &problem.json()["type"]),
        (StatusCode::BAD_REQUEST, &json!("/problems/filter"))
    );
    let mut handler = town.program("handler").await;
    let refused = handler
        .post_json("/api/v1/exports", &json!({"format": "csv"}))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_export_is_stopped_by_its_owner_alone() {
    let town = Town::found().await;
    town.raise_many(2300).await;
    let mut dispatcher = town.program("dispatcher").await;
    let begun = dispatcher
        .create("/api/v1/exports", &json!({"format": "xlsx"}))
        .await;
    let address = format!("/api/v1/exports/{}", begun["id"].as_str().unwrap());
    let mut other = town.program("supervisor").await;
    let refused = other.request(Method::DELETE, &address, None, Vec::new()).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let stopped = dispatcher
        .request(Method::DELETE, &address, None, Vec::new())
        .await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    let ended = ended(&mut dispatcher, &begun).await;
    // It may have been done before it was stopped.
    assert!(
        ended["state"] == "cancelled" || ended["state"] == "done" && ended["done"] == 2300,
        "{ended}"
    );
    assert_eq!(ended["state"] == "done", ended["file"].is_string());
}
