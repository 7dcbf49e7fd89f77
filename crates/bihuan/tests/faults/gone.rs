//! A database server that is away for a while.

use bihuan_sim::seeded::Seeded;
use serde_json::json;

use crate::in_time;
use crate::support::messages::{Message, check_log, lost};
use crate::support::pages::{Browser, Page};
use crate::support::{Client, Directory, Server};

const PASSWORD: &str = "correct-horse-battery";

/// Somebody who is logged in, with an open form to register a call.
fn operator(server: &Server) -> (Browser, Page) {
    let mut operator = Browser::at(&server.url);
    let door = operator.get("/login");
    let entered = operator.submit(&door, "/login", &[("login", "operator"), ("password", PASSWORD)]);
    assert_eq!(entered.status, 303, "{}", entered.text);
    let form = operator.get("/register");
    assert_eq!(form.status, 200, "{}", form.text);
    (operator, form)
}

#[test]
fn while_the_database_is_away_people_are_told_and_then_it_goes_on() {
    let database = bihuan_test_postgres::Server::start();
    let directory = Directory::on(&database);
    directory.found_units();
    directory.person("operator", "hotline", "operator", PASSWORD);
    let server = Server::with(&directory, &["--database-patience", "1"], &[]);
    let client = Client::new(&server.url, None);
    let (mut operator, call) = operator(&server);
    let mut citizen = Browser::at(&server.url);
    let form = citizen.get("/report");
    let mut chance = Seeded::new(41);
    let mut messages: Vec<Message> = (0..20).map(|_| Message::new(&mut chance)).collect();
    let (first, rest) = messages.split_at_mut(10);
    for message in &mut *first {
        let (status, receipt) = message.send(&client).expect("the server answers");
        assert_eq!(status, 201, "{receipt}");
        message.acknowledge(&receipt);
    }

    database.crash();
    for message in &*rest {
        let answer = message.post(&client).expect("the server answers");
        assert_eq!(answer.status, 503, "{}", answer.json);
        assert_eq!(answer.json["type"], "/problems/unavailable");
        assert!(answer.retry_after.is_some(), "when to come again is not said");
    }
    let code = json!({ "code": first[0].code });
    assert_eq!(client.post("/api/v1/portal/track", &code).0, 503);
    let typed = [("text", "路灯不亮，三天了。"), ("disclosure", "anonymous")];
    let kept = citizen.submit(&form, "/report", &typed);
    kept.keeps("路灯不亮，三天了。");
    // Not even who somebody is can be looked up, and what they typed is there all the same.
    operator
        .submit(&call, "/register", &[("text", "来电：水管爆裂")])
        .keeps("来电：水管爆裂");
    assert_eq!(client.get("/readyz").0, 503);
    assert_eq!(client.get("/healthz").0, 200);

    database.start_again();
    for message in rest {
        let receipt = in_time("taken in again", || match message.send(&client) {
            Ok((201, receipt)) => Some(receipt),
            Ok((503, _)) => None,
            other => panic!("{other:?}"),
        });
        message.acknowledge(&receipt);
    }
    citizen.submit(&kept, "/report", &[]).says("查询码");
    in_time("ready again", || (client.get("/readyz").0 == 200).then_some(()));
    assert_eq!(operator.get("/desk").status, 200);
    assert_eq!(lost(&server.url, &messages), 0);
    server.stop();
    assert_eq!(
        check_log(&directory, &messages),
        1,
        "each is there once, and the page's"
    );
}

#[test]
fn whoever_is_sending_while_the_database_goes_and_comes_is_answered_in_the_end() {
    let database = bihuan_test_postgres::Server::start();
    let directory = Directory::on(&database);
    let server = directory.serve();
    let client = Client::new(&server.url, None);
    let mut chance = Seeded::new(42);
    let mut messages: Vec<Message> = (0..5).map(|_| Message::new(&mut chance)).collect();
    for message in &mut messages {
        // The first of a day takes numbers from the database for those after it.
        database.crash();
        let answer = std::thread::scope(|scope| {
            let sending = scope.spawn(|| message.send(&client));
            database.start_again();
            sending.join().expect("answered").expect("the server answers")
        });
        let receipt = match answer {
            (201, receipt) => receipt,
            (503, _) => in_time("taken in again", || match message.send(&client) {
                Ok((201, receipt)) => Some(receipt),
                Ok((503, _)) => None,
                other => panic!("{other:?}"),
            }),
            other => panic!("{other:?}"),
        };
        message.acknowledge(&receipt);
    }
    assert_eq!(lost(&server.url, &messages), 0);
    server.stop();
    assert_eq!(check_log(&directory, &messages), 0);
}
