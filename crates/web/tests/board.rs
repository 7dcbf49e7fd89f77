//! The board, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::Town;
use common::browser::Answer;
use common::cases::Matter;

/// The part of the board that shows a phase.
fn column(page: &Answer, phase: &str) -> String {
    let text = page.text();
    let mark = format!("data-phase=\"{phase}\"");
    let rest = text
        .split(&mark)
        .nth(1)
        .unwrap_or_else(|| panic!("no {phase}: {text}"));
    rest.split("</section>").next().unwrap().to_owned()
}

/// The number in the heading of a column.
fn count(column: &str) -> String {
    let rest = column.split("class=\"count\">").nth(1).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// What a script adds to the address of the first card's step, as it stands on the page.
fn carried(column: &str) -> String {
    let after = |mark: &str| {
        let rest = column
            .split(mark)
            .nth(1)
            .unwrap_or_else(|| panic!("no {mark}: {column}"));
        plain(rest.split('"').next().unwrap())
    };
    let escaped = |text: String| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let (list, at, board) = (after("data-list=\""), after("data-at=\""), after("data-board=\""));
    format!(
        "in={}&at={at}&seen=board&board={}&back=yes",
        escaped(list),
        escaped(board)
    )
}

fn plain(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#34;", "\"")
}

#[tokio::test]
async fn cases_stand_in_the_columns_of_their_phases_with_the_steps_that_lead_on() {
    let town = Town::found().await;
    let raised = town.raise(&Matter::default()).await;
    let assigned = town.assigned(&Matter::default(), "works").await;
    let verifying = town.verifying(&Matter::default(), "works", "handler").await;
    let page = town.log_in("dispatcher").await.get("/board").await;
    assert_eq!(page.status, StatusCode::OK);
    for (phase, case) in [("raise", raised), ("act", assigned), ("verify", verifying)] {
        let column = column(&page, phase);
        assert_eq!(count(&column), "1", "{phase}");
        assert!(column.contains(&town.number(case)), "{phase}: {column}");
        assert!(column.contains("/ledger?"), "{phase} leads to its list");
    }
    assert_eq!(count(&column(&page, "closed")), "0");
    // The handler's own steps, each with the column that it leads to; nobody else's.
    let page = town.log_in("handler").await.get("/board").await;
    let act = column(&page, "act");
    assert!(
        act.contains("moves?step=sign\" data-back data-goes=\"act\""),
        "{act}"
    );
    assert!(
        !act.contains("step=verify") && !act.contains("step=assign"),
        "{act}"
    );
    assert!(
        !column(&page, "verify").contains("moves?step=verify"),
        "nobody verifies their own work"
    );
}

#[tokio::test]
async fn a_step_from_the_board_asks_for_what_it_needs_and_leads_back_to_the_board() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let number = town.number(case);
    let mut handler = town.log_in("handler").await;
    let board = handler.get("/board?filter=open").await;
    let carried = carried(&column(&board, "act"));
    let path = format!("/cases/{number}/moves?step=sign&{carried}");
    let page = handler.get(&path).await;
    page.says("签收").says("依据").says("回看板");
    page.keeps_silent_about("id=\"step-return\"");
    let text = page.text();
    let action = text
        .split("action=\"/cases/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let action = format!("/cases/{}", plain(action));
    let back = handler.submit(&page, &action, &[("step", "sign")]).await;
    assert_eq!(back.status, StatusCode::OK);
    back.says(&format!("已记入 {number}"))
        .says("data-phase=\"act\"")
        .says("value=\"在办\"");
    // What is asked before a step can be taken is said, and the step is refused all the same.
    let submit = handler.get(&format!("/cases/{number}/moves?to=verify")).await;
    submit.says("本轮的佐证").keeps_silent_about("id=\"step-submit\"");
    let refused = handler.submit(&submit, &action, &[("step", "submit")]).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
}

#[tokio::test]
async fn what_ended_last_stands_first_in_its_column_and_its_list() {
    let town = Town::found().await;
    let first = town.struck_off(&Matter::default()).await;
    let last = town.struck_off(&Matter::default()).await;
    town.pass_hours(1);
    town.allow_pictures(first).await;
    let page = town.log_in("supervisor").await.get("/board").await;
    let ended = column(&page, "watch");
    let place = |case| {
        ended
            .find(&town.number(case))
            .unwrap_or_else(|| panic!("{ended}"))
    };
    assert!(place(last) < place(first), "{ended}");
    let list = plain(
        ended
            .split("<a href=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap(),
    );
    assert!(list.contains("sort=closed"), "{list}");
    let ledger = town.log_in("supervisor").await.get(&list).await.text();
    let place = |case| ledger.find(&town.number(case)).unwrap();
    assert!(place(last) < place(first), "{ledger}");
}

#[tokio::test]
async fn a_column_shows_the_first_cards_and_leads_to_the_rest() {
    let town = Town::found().await;
    town.raise_many(13).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher.get("/board").await;
    let raise = column(&page, "raise");
    assert_eq!(
        (count(&raise).as_str(), raise.matches("data-row=").count()),
        ("13", 10)
    );
    assert!(raise.contains("全部 13 件") || raise.contains("13"), "{raise}");
    let list = plain(
        raise
            .split("<a href=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap(),
    );
    let ledger = dispatcher.get(&list).await;
    assert_eq!(ledger.text().matches("data-row=").count(), 13);
    // The same place is a ledger and a board.
    let filter = "?filter=phase%20%3D%20raise&columns=unit";
    let ledger = dispatcher.get(&format!("/ledger{filter}")).await;
    let text = plain(&ledger.text());
    assert!(
        text.contains("href=\"/board?filter="),
        "the ledger leads to its board"
    );
    let board = dispatcher.get(&format!("/board{filter}")).await;
    assert!(
        plain(&board.text()).contains("&columns=unit\""),
        "and the board back to it"
    );
    assert_eq!(count(&column(&board, "raise")), "13");
}

#[tokio::test]
async fn the_accused_and_other_units_see_no_card_no_count_and_no_steps() {
    let town = Town::found().await;
    let complaint = Matter {
        kind: "complaint",
        title: "窗口不办事",
        accused: Some("works"),
        ..Matter::default()
    };
    let about_works = town.assigned(&complaint, "water").await;
    let of_water = town.assigned(&Matter::default(), "water").await;
    for login in ["handler", "head"] {
        let mut browser = town.log_in(login).await;
        let page = browser.get("/board").await;
        for case in [about_works, of_water] {
            let number = town.number(case);
            page.keeps_silent_about(&number);
            let moves = browser.get(&format!("/cases/{number}/moves")).await;
            assert_eq!(moves.status, StatusCode::NOT_FOUND, "{login}");
        }
        assert_eq!(
            page.text().matches("class=\"count\">0<").count(),
            0,
            "nothing at all is shown"
        );
        page.says("没有符合条件");
    }
    let mut water = town.log_in("water").await;
    assert_eq!(count(&column(&water.get("/board").await, "act")), "2");
    let nobody = town.browser().get("/board").await;
    assert!(nobody.status.is_redirection());
}

#[tokio::test]
async fn whatever_the_address_says_is_read_as_a_filter_or_as_nothing() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let number = town.number(case);
    let mut handler = town.log_in("handler").await;
    let faulty = handler.get("/board?filter=severity%20%3E%3E%203").await;
    assert!(faulty.status.is_redirection());
    let to = faulty.headers["location"].to_str().unwrap();
    assert!(to.starts_with("/ledger?filter="), "{to}");
    let hostile = "%22%3E%3Cscript%3E";
    for query in [
        format!("done={hostile}"),
        format!("view={hostile}&after={hostile}&group={hostile}"),
        format!("filter=%22{}%22", "x".repeat(150)),
    ] {
        let page = handler.get(&format!("/board?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.keeps_silent_about("<script>");
    }
    let moves = handler
        .get(&format!(
            "/cases/{number}/moves?to={hostile}&step={hostile}&seen={hostile}&board={hostile}"
        ))
        .await;
    moves
        .says("没有您能办的环节通向那一列")
        .says("签收")
        .keeps_silent_about("<script>");
    let elsewhere = handler.get("/cases/%2E%2E%2Fboard/moves").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}
