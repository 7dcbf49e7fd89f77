//! The simulator's load on a server of its own process, and the checker that holds the journal against it.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Directory, PROGRAM, Server, complaint, path, said};

/// A testing directory with a token for everybody whose work moves a case.
fn city() -> (Directory, String) {
    let directory = Directory::for_testing();
    directory.found_units();
    let tokens = [
        directory.token("operator", "hotline", "operator", "read,register,answer"),
        directory.token("dispatcher", "hotline", "dispatcher", "read,assign"),
        directory.token("handler", "urban", "handler", "read,handle"),
        directory.token("supervisor", "inspect", "supervisor", "read,verify,strike"),
    ];
    (directory, tokens.join(","))
}

/// Begins a load: half of it writes, so that a short one says something.
fn begin(url: &str, tokens: &str, journal: &Path, more: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args([
        "sim", "load", "--url", url, "--reads", "1", "--writes", "1", "--unit", "urban",
    ]);
    command.arg("--journal").arg(journal).args(more);
    command.env("BIHUAN_SIM_TOKENS", tokens);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

fn report(load: Child) -> Value {
    let output = load.wait_with_output().expect("it ends");
    serde_json::from_str(&said(&output, &["sim", "load"])).expect("JSON")
}

fn check(url: &str, tokens: &str, journal: &Path) -> std::process::Output {
    let mut command = Command::new(PROGRAM);
    command.args(["sim", "check", "--url", url, "--journal", path(journal)]);
    command.env("BIHUAN_SIM_TOKENS", tokens);
    command.output().expect("the program starts")
}

fn checked(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn count(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// Puts a short load on a server and returns the journal with what was counted.
fn loaded(directory: &Directory, server: &Server, tokens: &str) -> (PathBuf, Value) {
    let journal = directory.file("journal");
    let load = begin(
        &server.url,
        tokens,
        &journal,
        &["--rate", "60/s", "--seconds", "5"],
    );
    (journal, report(load))
}

#[test]
fn citizens_and_staff_use_a_server_and_all_that_was_acknowledged_is_there_once() {
    let (directory, tokens) = city();
    let server = directory.serve();
    let (journal, counted) = loaded(&directory, &server, &tokens);
    assert_eq!(counted["errors"], serde_json::json!({}), "{counted:#}");
    assert_eq!(counted["writes"]["failed"], 0);
    for operation in ["message", "step", "track", "desk", "ledger", "list", "case"] {
        let done = count(&counted, &format!("/operations/{operation}/acknowledged"));
        assert!(done > 0, "no {operation}: {counted:#}");
    }
    let output = check(&server.url, &tokens, &journal);
    let found = checked(&output);
    assert!(output.status.success(), "{found:#}");
    assert_eq!(
        found["messages"],
        counted["operations"]["message"]["acknowledged"]
    );
    assert_eq!(found["cases"], found["messages"]);
    server.stop();
    directory.ok(&["verify"]);
}

/// Stands at a server's address, hangs up on all that come, and leaves once one of them had a write to send again.
fn turn_away_a_write(address: &str) {
    let door = std::net::TcpListener::bind(address).expect("the address is free");
    for caller in door.incoming() {
        let caller = caller.expect("a caller");
        let silent = Some(Duration::from_secs(1));
        caller.set_read_timeout(silent).expect("more than nothing");
        let lines = BufReader::new(caller).lines();
        let mut head = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        if head.any(|line| line.to_ascii_lowercase().starts_with("idempotency-key:")) {
            return;
        }
    }
}

#[test]
fn writes_outlast_a_server_that_is_killed_and_started_again() {
    let (directory, tokens) = city();
    let server = directory.serve();
    let (url, journal) = (server.url.clone(), directory.file("journal"));
    let load = begin(&url, &tokens, &journal, &["--rate", "60/s", "--seconds", "8"]);
    // Begun once the first write is acknowledged; killed in the midst of others.
    while !std::fs::read(&journal).is_ok_and(|lines| !lines.is_empty()) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let address = url.trim_start_matches("http://");
    server.kill();
    turn_away_a_write(address);
    let server = Server::start_at(&directory, address);
    let counted = report(load);
    let errors = counted["errors"].as_object().expect("errors by kind");
    assert!(!errors.is_empty(), "the server was killed: {counted:#}");
    assert!(count(&counted, "/writes/sent_again") > 0, "{counted:#}");
    // A photo takes no key, so it is not sent again.
    let photos = count(&counted, "/operations/photo/failed");
    assert_eq!(count(&counted, "/writes/failed"), photos, "{counted:#}");
    let outage = counted["longest_outage_seconds"].as_f64().expect("seconds");
    assert!(outage > 0.0, "{outage}");
    let output = check(&server.url, &tokens, &journal);
    assert!(output.status.success(), "{:#}", checked(&output));
}

#[test]
fn the_checker_sees_what_is_lost_and_what_is_doubled() {
    let (directory, tokens) = city();
    let server = directory.serve();
    let (journal, _) = loaded(&directory, &server, &tokens);
    let lines = std::fs::read_to_string(&journal).expect("the journal");
    let line = lines
        .lines()
        .find(|line| line.contains("\"message\""))
        .expect("a message");
    let line: Value = serde_json::from_str(line).expect("JSON");
    let key = line["key"].as_str().expect("a key");
    // A case that carries the same key in its title is a double, however it came about.
    let double = serde_json::json!({ "topic": format!("路灯不亮 {key}"), "text": "又坏了。" });
    let sent = support::Client::new(&server.url, None).post("/api/v1/portal/messages", &double);
    assert_eq!(sent.0, 201, "{}", sent.1);
    let run = key.split_once('-').expect("a run").0;
    let mut lost = line.clone();
    lost["key"] = format!("{run}-999999").into();
    std::fs::write(&journal, format!("{lines}{lost}\n")).expect("written");
    let output = check(&server.url, &tokens, &journal);
    let found = checked(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(found["doubled_keys"], serde_json::json!([key]));
    assert_eq!(found["lost_keys"], serde_json::json!([format!("{run}-999999")]));
}

#[test]
fn too_much_is_shed_and_counted() {
    let (directory, tokens) = city();
    let server = directory.serve();
    let journal = directory.file("journal");
    let more = ["--rate", "3000/s", "--seconds", "2", "--in-flight", "2"];
    let counted = report(begin(&server.url, &tokens, &journal, &more));
    assert!(count(&counted, "/writes/shed") > 0, "{counted:#}");
    assert!(count(&counted, "/reads/shed") > 0, "{counted:#}");
    let output = check(&server.url, &tokens, &journal);
    assert!(output.status.success(), "{:#}", checked(&output));
}

#[test]
fn asked_to_stop_it_lets_nobody_else_arrive_and_reports() {
    let (directory, tokens) = city();
    let server = directory.serve();
    let journal = directory.file("journal");
    let load = begin(&server.url, &tokens, &journal, &["--seconds", "3600"]);
    while !std::fs::read(&journal).is_ok_and(|lines| !lines.is_empty()) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = load.id().to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(asked.expect("kill is there").success());
    assert!(count(&report(load), "/writes/acknowledged") > 0);
}

#[test]
fn a_demo_lets_everybody_in_who_stands_on_its_page() {
    let directory = Directory::none();
    directory.ok(&["demo", "--cases", "60", "--no-serve", "--until", "2026-03-01"]);
    let server = Server::start_limited(&directory);
    let journal = directory.file("journal");
    let mut command = Command::new(PROGRAM);
    command.args(["sim", "load", "--url", &server.url, "--demo", "--spread-senders"]);
    command.args(["--rate", "40/s", "--seconds", "3", "--writes", "20"]);
    command.arg("--journal").arg(&journal);
    let output = command.output().expect("the program starts");
    let counted: Value = serde_json::from_str(&said(&output, &["sim", "load"])).expect("JSON");
    assert!(
        count(&counted, "/operations/step/acknowledged") > 0,
        "{counted:#}"
    );
    assert_eq!(count(&counted, "/operations/message/refused"), 0, "{counted:#}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).output();
        complaint(&output.expect("the program starts"))
    };
    let (code, said) = run(&["sim", "load", "--url", "https://city.example"]);
    assert_eq!(code, 1);
    assert!(said.contains("only http:// is spoken"), "{said}");
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    std::fs::write(&journal, "").expect("written");
    let (code, said) = run(&[
        "sim",
        "check",
        "--url",
        "http://127.0.0.1:1",
        "--journal",
        path(&journal),
    ]);
    assert_eq!(code, 1);
    assert!(said.contains("name a token, or --demo"), "{said}");
    let (_, said) = run(&["sim", "load", "--url", "http://127.0.0.1:1", "--patience", "10"]);
    assert!(said.contains("35"), "{said}");
}
