//! The doctor, on installations that are well and on such as are not.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};
use support::{Directory, PROGRAM, path};

/// Runs the doctor and returns its exit code and findings.
fn doctor(directory: &Directory, more: &[&str]) -> (i32, Value) {
    let output = directory.run(&[&["doctor", "--json"], more].concat());
    let findings = serde_json::from_slice(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("a code"), findings.expect(&complaint))
}

/// Returns what was found of a grade, in English.
fn of_grade(found: &Value, grade: &str) -> Vec<String> {
    let findings = found["findings"].as_array().expect("a list");
    let graded = findings.iter().filter(|finding| finding["grade"] == grade);
    graded
        .map(|finding| finding["en"].as_str().expect("a text").to_owned())
        .collect()
}

/// Answers HTTP requests by their path, with JSON, until the test ends; returns the address.
fn answering(answers: Vec<(&'static str, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("the same"));
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && reader.read_until(b'\n', &mut head).expect("a head") > 0 {}
            let head = String::from_utf8_lossy(&head).to_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next());
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            reader.read_exact(&mut vec![0; length]).expect("a body");
            let asked = head.split(' ').nth(1).unwrap_or_default();
            let answer = answers.iter().find(|(path, _)| *path == asked);
            let (status, body) =
                answer.map_or(("404 Not Found", json!({})), |(_, body)| ("200 OK", body.clone()));
            let body = body.to_string();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .expect("sent");
        }
    });
    address
}

fn patroni(version: &str) -> String {
    let member =
        |name: &str, role: &str| json!({"name": name, "role": role, "state": "running", "timeline": 2});
    answering(vec![
        (
            "/patroni",
            json!({"state": "running", "patroni": {"version": version, "scope": "city"}}),
        ),
        (
            "/cluster",
            json!({"members": [member("h1", "leader"), member("h2", "sync_standby")]}),
        ),
        (
            "/config",
            json!({"synchronous_mode": true, "failsafe_mode": true}),
        ),
    ])
}

#[test]
fn a_new_installation_is_well_but_for_a_checkpoint() {
    let directory = Directory::in_files();
    let (code, found) = doctor(&directory, &[]);
    assert_eq!(code, 0, "{found:#}");
    assert_eq!(of_grade(&found, "refuse"), Vec::<String>::new());
    let warned = of_grade(&found, "warn");
    assert!(
        warned.contains(&"no checkpoint was ever signed".to_owned()),
        "{warned:?}"
    );
    directory.ok(&["checkpoint"]);
    let (_, found) = doctor(&directory, &[]);
    let well = of_grade(&found, "ok").join("\n");
    for part in [
        "can be read and written",
        "all pages are sound",
        "the master key fits",
        "all proved",
        "links and tree agree",
        "the last checkpoint covers",
        "not behind the log",
    ] {
        assert!(well.contains(part), "{part}: {well}");
    }
}

#[test]
fn it_is_told_in_chinese_and_in_english() {
    let directory = Directory::in_files();
    assert!(directory.ok(&["doctor"]).contains("主密钥可用"));
    assert!(
        directory
            .ok(&["doctor", "--english"])
            .contains("the master key fits")
    );
}

#[test]
fn where_there_is_nothing_and_where_the_key_is_another_it_says_so() {
    let nothing = Directory::in_database(None);
    let (code, found) = doctor(&nothing, &[]);
    assert_eq!(code, 1);
    assert!(
        of_grade(&found, "refuse")[0].contains("the database cannot be used"),
        "{found:#}"
    );
    let (directory, other) = (Directory::in_files(), Directory::in_files());
    let key = other.file("data.master-key");
    let (code, found) = doctor(&directory, &["--master-key", path(&key)]);
    assert_eq!(code, 1);
    assert!(
        of_grade(&found, "refuse")[0].contains("it does not open"),
        "{found:#}"
    );
}

#[test]
fn an_event_that_was_changed_behind_the_programs_back_is_found() {
    let directory = Directory::in_files();
    directory.found_units();
    directory.ok(&["checkpoint"]);
    let file = rusqlite::Connection::open(directory.data().join("bihuan.db")).expect("opened");
    let changed = file.execute(
        "UPDATE event SET data = CAST('{}' AS BLOB) WHERE rowid = (SELECT max(rowid) FROM event)",
        (),
    );
    assert!(changed.expect("changed") > 0);
    drop(file);
    let (code, found) = doctor(&directory, &[]);
    assert_eq!(code, 1, "{found:#}");
}

#[test]
fn a_database_of_an_older_program_is_left_as_it_is() {
    let directory = Directory::in_files();
    let open = || rusqlite::Connection::open(directory.data().join("bihuan.db")).expect("opened");
    let newest = "SELECT max(number) FROM schema_version";
    let before: u32 = open().query_row(newest, (), |row| row.get(0)).expect("a number");
    open()
        .execute("DELETE FROM schema_version WHERE number = $1", (before,))
        .expect("deleted");
    let (code, found) = doctor(&directory, &[]);
    assert_eq!(code, if before == 1 { 1 } else { 0 }, "{found:#}");
    let after: Option<u32> = open().query_row(newest, (), |row| row.get(0)).expect("a number");
    assert_eq!(after.unwrap_or(0), before - 1, "nothing was brought up to date");
}

#[test]
fn the_cluster_that_loses_rows_is_refused_as_etcd_itself_tells() {
    let directory = Directory::in_files();
    let unsafe_one = patroni("3.0.2");
    let third = answering(vec![(
        "/v3/kv/range",
        json!({"kvs": [{"value": "aDE="}], "count": "1"}),
    )]);
    let (code, found) = doctor(&directory, &["--patroni", &unsafe_one, "--etcd", &third]);
    assert_eq!(code, 1);
    assert!(
        of_grade(&found, "refuse")[0].contains("4,299 of 78,073"),
        "{found:#}"
    );
    let second = answering(vec![
        ("/v3/kv/range", json!({"header": {}})),
        (
            "/v2/keys/service/city/leader",
            json!({"action": "get", "node": {"value": "h1"}}),
        ),
    ]);
    let (code, found) = doctor(&directory, &["--patroni", &unsafe_one, "--etcd", &second]);
    assert_eq!(code, 0, "{found:#}");
    assert!(of_grade(&found, "ok").contains(&"Patroni 3.0.2 on etcd's v2 interface".to_owned()));
    let newer = patroni("4.1.5");
    assert_eq!(doctor(&directory, &["--patroni", &newer, "--etcd", &third]).0, 0);
}

#[test]
fn the_configuration_file_tells_the_interface_too() {
    let directory = Directory::in_files();
    let (unsafe_one, file) = (patroni("3.0.2"), directory.file("patroni.yml"));
    let with = |section: &str| {
        std::fs::write(&file, format!("scope: city\n{section}:\n  hosts: h1:2379\n")).expect("written");
        doctor(
            &directory,
            &["--patroni", &unsafe_one, "--patroni-config", path(&file)],
        )
        .0
    };
    assert_eq!((with("etcd3"), with("etcd")), (1, 0));
}

#[test]
fn a_server_that_syncs_no_disk_is_refused_for_it() {
    let database = bihuan_test_postgres::empty();
    let directory = Directory::in_database(Some(database));
    directory.ok(&["init", "--for-testing"]);
    let (code, found) = doctor(&directory, &[]);
    assert_eq!(code, 1);
    let refused = of_grade(&found, "refuse");
    assert!(
        refused.iter().any(|said| said.starts_with("fsync = off")),
        "{found:#}"
    );
    let well = of_grade(&found, "ok").join("\n");
    assert!(
        well.contains("the database's clock") && well.contains("links and tree agree"),
        "{well}"
    );
}

#[test]
fn a_server_that_is_away_is_told_without_its_password() {
    let data = tempfile::tempdir().expect("a folder");
    let output = std::process::Command::new(PROGRAM)
        .args(["doctor", "--english", "--data", path(data.path())])
        .env("BIHUAN_DATABASE_URL", "postgres://bihuan:geheim@127.0.0.1:1/city")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("the database cannot be used") && !said.contains("geheim"),
        "{said}"
    );
}
