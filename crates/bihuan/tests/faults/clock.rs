//! A machine whose time of day is set an hour ahead, and back.
//!
//! `layers/clock.c` stands between the server and its time of day. Clocks that only count go on, as they do
//! where somebody sets the time.

use std::path::PathBuf;

use bihuan_sim::seeded::Seeded;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::in_time;
use crate::support::messages::{Message, check_log, lost};
use crate::support::pages::Browser;
use crate::support::{self, Client, Directory, Layer, Server};

const PASSWORD: &str = "correct-horse-battery";

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The time of day of a server.
struct Clock {
    layer: Layer,
    file: PathBuf,
    aside: PathBuf,
}

impl Clock {
    fn of(directory: &Directory, name: &str) -> Clock {
        let clock = Clock {
            layer: Layer::compile("clock"),
            file: directory.file(name),
            aside: directory.file(&format!("{name}.new")),
        };
        clock.set(Timestamp::now());
        clock
    }

    /// Lets it be `now` for the server.
    fn set(&self, now: Timestamp) {
        let ahead = now.as_second() - Timestamp::now().as_second();
        std::fs::write(&self.aside, ahead.to_string()).expect("written");
        std::fs::rename(&self.aside, &self.file).expect("the server sees one or the other");
    }

    fn serve(&self, directory: &Directory) -> Server {
        let library = self.layer.library();
        let file = support::path(&self.file);
        let variables = [("LD_PRELOAD", support::path(&library)), ("CLOCK_AHEAD", file)];
        Server::start(directory, &variables)
    }
}

/// A server whose time is set, and those who use it.
struct Town {
    client: Client,
    operator: Client,
    chance: Seeded,
    sent: Vec<Message>,
    numbers: Vec<String>,
}

impl Town {
    fn at(url: &str, token: &str) -> Town {
        Town {
            client: Client::new(url, None),
            operator: Client::new(url, Some(token)),
            chance: Seeded::new(51),
            sent: Vec::new(),
            numbers: Vec::new(),
        }
    }

    fn send_some(&mut self) {
        for _ in 0..3 {
            let mut message = Message::new(&mut self.chance);
            let (status, receipt) = message.send(&self.client).expect("the server answers");
            assert_eq!(status, 201, "{receipt}");
            message.acknowledge(&receipt);
            self.numbers
                .push(receipt["number"].as_str().expect("a number").to_owned());
            self.sent.push(message);
        }
    }

    /// Raises a case of a kind; returns its id, its code and when it is due.
    fn raise(&self, kind: &str) -> (String, String, Timestamp) {
        let message = json!({ "text": "小区水管爆裂，请派人抢修。", "kind": kind });
        let (status, receipt) = self.client.post("/api/v1/portal/messages", &message);
        assert_eq!(status, 201, "{receipt}");
        let text = |field: &str| receipt[field].as_str().expect("a text").to_owned();
        let (status, tracked) = self
            .client
            .post("/api/v1/portal/track", &json!({ "code": text("code") }));
        assert_eq!(status, 200, "{tracked}");
        let due_at = tracked["deadlines"][0]["due_at"].as_str().expect("a deadline");
        let due_at = due_at.parse().expect("an instant");
        (text("id"), text("code"), due_at)
    }

    /// Counts the events of a case with a name.
    fn count(&self, case: &str, what: &str) -> usize {
        let (status, events) = self.operator.get(&format!("/api/v1/cases/{case}/events"));
        assert_eq!(status, 200, "{events}");
        let events = events.as_array().expect("a list");
        events.iter().filter(|event| event["what"] == what).count()
    }

    fn wait_for(&self, case: &str, what: &str) {
        in_time(what, || (self.count(case, what) > 0).then_some(()));
    }
}

#[test]
fn an_hour_ahead_and_back_loses_no_deadline_and_doubles_none() {
    let directory = Directory::for_testing();
    directory.found_units();
    let token = directory.token("operator", "hotline", "operator", "read");
    directory.person("reader", "hotline", "operator", PASSWORD);
    let clock = Clock::of(&directory, "ahead");
    let server = clock.serve(&directory);
    let mut town = Town::at(&server.url, &token);
    let (soon, code, due_at) = town.raise("help");
    let (later, _, due_later) = town.raise("complaint");
    assert!(due_later > due_at + HOUR, "{due_later} comes with {due_at}");

    let before = due_at - HOUR / 2;
    clock.set(before);
    town.wait_for(&soon, "clock_warned");
    let mut reader = Browser::at(&server.url);
    let door = reader.get("/login");
    let entered = reader.submit(&door, "/login", &[("login", "reader"), ("password", PASSWORD)]);
    assert_eq!(entered.status, 303, "{}", entered.text);
    town.send_some();

    clock.set(before + HOUR);
    town.send_some();
    town.wait_for(&soon, "clock_breached");
    assert_eq!(reader.get("/desk").status, 200);

    clock.set(before);
    town.send_some();
    assert_eq!(
        reader.get("/desk").status,
        200,
        "a session that began later is one still"
    );
    let reply = json!({ "code": code, "text": "还没有人来。" });
    let (status, said) = town.client.post("/api/v1/portal/replies", &reply);
    assert_eq!(status, 201, "{said}");

    // What came due by the jump comes due again by itself, and with it what is due after it.
    clock.set(due_later + HOUR);
    town.wait_for(&later, "clock_breached");
    assert_eq!(town.count(&soon, "clock_warned"), 1);
    assert_eq!(town.count(&soon, "clock_breached"), 1);
    assert_eq!(town.count(&later, "clock_breached"), 1);
    assert!(town.numbers.is_sorted(), "{:?}", town.numbers);
    town.numbers.dedup();
    assert_eq!(town.numbers.len(), town.sent.len());
    for message in &mut town.sent {
        let (status, receipt) = message.send(&town.client).expect("the server answers");
        assert_eq!(status, 201, "{receipt}");
        message.acknowledge(&receipt);
    }
    assert_eq!(lost(&server.url, &town.sent), 0);
    server.stop();
    assert_eq!(check_log(&directory, &town.sent), 2, "and the two with deadlines");
}

#[test]
fn two_processes_whose_clocks_are_an_hour_apart_work_on_one_database() {
    let directory = Directory::on_a_server();
    directory.found_units();
    let token = directory.token("operator", "hotline", "operator", "read");
    let now = Timestamp::now();
    let (late, early) = (Clock::of(&directory, "late"), Clock::of(&directory, "early"));
    late.set(now - HOUR / 2);
    early.set(now + HOUR / 2);
    let servers = [late.serve(&directory), early.serve(&directory)];
    let mut towns = servers.each_ref().map(|server| Town::at(&server.url, &token));
    towns[1].chance = Seeded::new(52);
    let (case, code, _) = towns[1].raise("help");
    for _ in 0..5 {
        towns.iter_mut().for_each(Town::send_some);
        let reply = json!({ "code": code, "text": "还没有人来。" });
        for town in &towns {
            let (status, said): (u16, Value) = town.client.post("/api/v1/portal/replies", &reply);
            assert_eq!(status, 201, "{said}");
        }
    }
    assert_eq!(towns[0].count(&case, "reporter_replied"), 10);
    let sent: Vec<Message> = towns.into_iter().flat_map(|town| town.sent).collect();
    assert_eq!(lost(&servers[0].url, &sent), 0);
    servers.into_iter().for_each(Server::stop);
    assert_eq!(check_log(&directory, &sent), 1, "and the one with replies");
}
