//! `/exports`, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::collections::BTreeSet;
use std::io::Cursor;

use axum::http::StatusCode;
use calamine::{Data, Reader, Xlsx};
use common::Town;
use common::browser::{Answer, Browser};
use common::cases::Matter;

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
    town.pass_hours(25);
    let mut later = town.log_in("dispatcher").await;
    assert_eq!(later.get(&address).await.status, StatusCode::NOT_FOUND);
    export(&mut later, &[("format", "csv"), ("filter", "severity = 1")]).await;
    assert_eq!(
        std::fs::read_dir(town.store.directory().join("exports"))
            .unwrap()
            .count(),
        0
    );
}
