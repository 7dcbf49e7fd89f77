//! The commands, run as people run them.

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Directory, PROGRAM, Server, complaint, path, said};

const ROWS: &str = "message_id,topic,time,detail\n\
    1,停暖三天,2024/3/1 9:00,家里停暖三天，无人处理\n\
    2,路灯不亮,2024/3/2 10:30,小区门口路灯不亮\n\
    3,,2024/3/3 8:00,\n";

const MAP: &str = r#"
system = "a-test"
kind = "help"
key = ["{message_id}"]
title = ["{topic}"]
text = ["{detail}"]
channel = { default = "import" }
severity = { default = "2" }
time = { utc_offset = "+08:00", formats = ["%Y/%m/%d %H:%M"], raised_at = ["{time}"] }
"#;

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(PROGRAM)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn import(directory: &Directory) -> String {
    let (rows, map) = (directory.file("rows.csv"), directory.file("map.toml"));
    std::fs::write(&rows, ROWS).expect("written");
    std::fs::write(&map, MAP).expect("written");
    directory.ok(&["import", "cases", path(&rows), "--map", path(&map)])
}

fn events(directory: &Directory, arguments: &[&str]) -> Vec<Value> {
    let printed = directory.ok(&[&["export", "events"], arguments].concat());
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect()
}

#[test]
fn an_import_run_twice_takes_each_record_in_once() {
    let directory = Directory::for_testing();
    let first = import(&directory);
    assert!(
        first.contains("3 rows (UTF-8): 2 accepted, 0 already there, 1 rejected"),
        "{first}"
    );
    assert!(directory.file("rows.csv.rejects.csv").exists());
    let again = import(&directory);
    assert!(
        again.contains("0 accepted, 2 already there, 1 rejected"),
        "{again}"
    );
}

#[test]
fn a_dry_run_writes_no_event() {
    let directory = Directory::for_testing();
    let (rows, map) = (directory.file("rows.csv"), directory.file("map.toml"));
    std::fs::write(&rows, ROWS).expect("written");
    std::fs::write(&map, MAP).expect("written");
    let before = events(&directory, &[]).len();
    let said = directory.ok(&["import", "cases", path(&rows), "--map", path(&map), "--dry-run"]);
    assert!(
        said.contains("2 accepted") && said.contains("nothing was written"),
        "{said}"
    );
    assert_eq!(events(&directory, &[]).len(), before);
}

#[test]
fn the_export_has_every_event_in_the_order_of_the_log() {
    let directory = Directory::for_testing();
    import(&directory);
    let all = events(&directory, &[]);
    let places: Vec<u64> = all.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(places, (0..all.len() as u64).collect::<Vec<_>>());
    let raised = all
        .iter()
        .filter(|event| event["stream"] == "case" && event["version"] == 1);
    assert_eq!(raised.count(), 2);
    let rest = events(&directory, &["--after", &(all.len() - 2).to_string()]);
    assert_eq!(rest, all[all.len() - 1..]);
}

#[test]
fn a_backup_restores_to_an_installation_that_verifies() {
    let directory = Directory::for_testing();
    import(&directory);
    let checkpoint = directory.file("checkpoint");
    std::fs::write(&checkpoint, directory.ok(&["checkpoint"])).expect("written");
    let (backup, restored) = (directory.file("backup"), directory.file("restored"));
    directory.ok(&["backup", "--to", path(&backup)]);
    said(
        &run(&["restore", "--from", path(&backup), "--to", path(&restored)]),
        &["restore"],
    );
    let key = directory.file("data.master-key");
    let verify = [
        "verify",
        "--json",
        "--data",
        path(&restored),
        "--master-key",
        path(&key),
    ];
    let outcome = said(
        &run(&[&verify[..], &["--against", path(&checkpoint)]].concat()),
        &verify,
    );
    let outcome: Value = serde_json::from_str(&outcome).expect("JSON");
    assert_eq!(
        (&outcome["whole"], &outcome["cases"]),
        (&Value::Bool(true), &2.into())
    );
}

#[test]
fn an_installation_moves_to_a_server_and_back_and_a_half_moved_one_does_not_open() {
    let directory = Directory::in_files();
    import(&directory);
    let checkpoint = directory.file("checkpoint");
    std::fs::write(&checkpoint, directory.ok(&["checkpoint"])).expect("written");
    let (data, back, key) = (
        directory.data(),
        directory.file("back"),
        directory.file("data.master-key"),
    );
    let server = bihuan_test_postgres::empty();
    let there = [
        "move",
        "--from",
        path(&data),
        "--to",
        path(&data),
        "--to-database-url",
        server.url(),
    ];
    assert!(said(&run(&there), &there).contains("the same on both sides"));
    let (code, again) = complaint(&run(&there));
    assert!(
        code == 2 && again.contains("nothing is moved over it"),
        "{code} {again}"
    );
    let verify = ["verify", "--json", "--against", path(&checkpoint)];
    directory.ok(&[&verify[..], &["--database-url", server.url()]].concat());

    let mut home = vec!["move", "--from", path(&data), "--from-database-url", server.url()];
    home.extend(["--to", path(&back), "--master-key", path(&key)]);
    said(&run(&home), &home);
    let verify = [&verify[..], &["--data", path(&back), "--master-key", path(&key)]].concat();
    said(&run(&verify), &verify);

    let database = rusqlite::Connection::open(back.join("bihuan.db")).expect("opens");
    let mark = "INSERT INTO mark (name, set_at) VALUES ('moving', 0)";
    database.execute(mark, []).expect("marked");
    let (code, refused) = complaint(&run(&verify));
    assert!(
        code == 2 && refused.contains("run `bihuan move` again"),
        "{code} {refused}"
    );
}

#[test]
fn without_its_master_key_a_directory_does_not_open() {
    let directory = Directory::for_testing();
    std::fs::remove_file(directory.file("data.master-key")).expect("it was there");
    let (code, said) = complaint(&directory.run(&["verify"]));
    assert_eq!(code, 2);
    assert!(said.contains("--master-key"), "{said}");
}

#[test]
fn a_changed_event_makes_verify_exit_with_1_and_is_named() {
    let directory = Directory::for_testing();
    import(&directory);
    match &directory.database {
        None => {
            let database = rusqlite::Connection::open(directory.data().join("bihuan.db")).expect("opened");
            let flip = "UPDATE event SET data = CAST('{}' AS BLOB) WHERE stream_kind = 4 AND version = 1";
            assert_eq!(database.execute(flip, []).expect("changed"), 2);
        }
        Some(database) => {
            let flip = "UPDATE event SET data = convert_to('{}', 'UTF8')
                WHERE stream_kind = 4 AND version = 1 RETURNING version";
            assert_eq!(database.sql(flip), "1\n1\n");
        }
    }
    let output = directory.run(&["verify"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("link: event 1 of case"), "{printed}");
}

#[test]
fn deadlines_follow_the_working_day_calendar() {
    let deadline = |limit| said(&run(&["calendar", "deadline", "2026-02-13", limit]), &[]);
    assert_eq!(deadline("3wd"), "2026-02-25\n");
    assert_eq!(deadline("1wd"), "2026-02-14\n");
    let provisional = said(&run(&["calendar", "deadline", "2031-05-06", "3wd"]), &[]);
    assert!(provisional.contains("暂定"), "{provisional}");
    let (code, said) = complaint(&run(&["calendar", "deadline", "2026-02-13", "3weeks"]));
    assert_eq!(code, 1);
    assert!(said.contains("3wd"), "{said}");
}

#[test]
fn the_shipped_packs_are_sound_and_a_broken_one_is_refused_with_its_place() {
    let packs = concat!(env!("CARGO_MANIFEST_DIR"), "/../packs");
    for pack in ["hotline", "petition", "rectification"] {
        let printed = said(&run(&["pack", "check", &format!("{packs}/{pack}")]), &[]);
        assert!(printed.contains(&format!("{pack} version 1: sound")), "{printed}");
    }
    let broken = format!("{packs}/tests/invalid/unit_verifies_itself.toml");
    let (code, said) = complaint(&run(&["pack", "check", &broken]));
    assert_eq!(code, 1);
    assert!(said.starts_with(&format!("{broken}:")), "{said}");
}

#[test]
fn an_installed_pack_judges_new_cases_and_explains_them() {
    let directory = Directory::for_testing();
    import(&directory);
    let pack = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../packs/tests/valid/service_request.toml"
    );
    directory.ok(&["pack", "install", pack]);
    let (code, again) = complaint(&directory.run(&["pack", "install", pack]));
    assert_eq!(code, 1);
    assert!(again.contains("installed already"), "{again}");
    let all = events(&directory, &[]);
    let case = all
        .iter()
        .find_map(|event| event["case"].as_str())
        .expect("a case");
    let explained = directory.ok(&["pack", "explain", case, "--english"]);
    assert!(explained.contains("judged by hotline version 1"), "{explained}");
    assert!(
        explained.contains("clock") && explained.contains("possible now: Accept"),
        "{explained}"
    );
}

#[test]
fn a_token_is_printed_alone_and_only_for_a_login_and_actions_that_are_there() {
    let directory = Directory::for_testing();
    directory.found_units();
    let token = directory.token("zhang", "urban", "handler", "read,handle");
    assert!(token.len() >= 40 && token.lines().count() == 1, "{token}");
    let (code, said) = complaint(&directory.run(&["token", "create", "wang", "--scope", "read"]));
    assert!(code == 1 && said.contains("user add"), "{said}");
    let (code, said) = complaint(&directory.run(&["token", "create", "zhang", "--scope", "reed"]));
    assert!(
        code == 1 && said.contains("reed: no such action; there are read"),
        "{said}"
    );
}

#[test]
fn logins_have_roles_that_can_be_given_and_taken() {
    let directory = Directory::for_testing();
    directory.found_units();
    directory.token("zhang", "urban", "handler", "read");
    directory.ok(&["user", "role", "zhang", "unit_head", "--unit", "城管局"]);
    assert!(
        directory
            .ok(&["user", "list"])
            .contains("handler@urban,unit_head@urban")
    );
    directory.ok(&["user", "role", "zhang", "handler", "--unit", "urban", "--revoke"]);
    assert!(directory.ok(&["user", "list"]).contains("\tunit_head@urban"));
    let unknown = ["user", "role", "zhang", "emperor", "--unit", "urban"];
    let (code, said) = complaint(&directory.run(&unknown));
    assert!(code == 1 && said.contains("no role emperor"), "{said}");
}

#[test]
fn a_wrong_row_of_units_leaves_none_behind() {
    let directory = Directory::for_testing();
    let file = directory.file("units.csv");
    std::fs::write(
        &file,
        "code,name_zh,name_en,class,parent\na,甲,A,city,\nb,乙,B,city,nowhere\n",
    )
    .expect("written");
    let (code, said) = complaint(&directory.run(&["unit", "import", path(&file)]));
    assert!(
        code == 1 && said.contains("row 3") && said.contains("nowhere"),
        "{said}"
    );
    assert_eq!(directory.ok(&["unit", "list"]), "");
}

#[test]
fn the_example_of_units_goes_in_as_spreadsheets_write_it() {
    let directory = Directory::for_testing();
    let example = include_str!("../../../examples/units.csv");
    let (written, _, _) = encoding_rs::GB18030.encode(example);
    let file = directory.file("units.csv");
    std::fs::write(&file, &written).expect("written");
    directory.ok(&["unit", "import", path(&file)]);
    let units = directory.ok(&["unit", "list"]);
    assert!(
        units.starts_with("city\t青禾市") && units.contains("health\t市卫生健康委员会"),
        "{units}"
    );
}

#[test]
fn a_duty_for_a_category_that_no_pack_has_is_refused() {
    let directory = Directory::for_testing();
    let file = directory.file("units.csv");
    std::fs::write(&file, "code,name_zh,name_en,class,duties\na,甲,A,city,housing\n").expect("written");
    let (code, said) = complaint(&directory.run(&["unit", "import", path(&file)]));
    assert!(
        code == 1 && said.contains("no category “housing”") && said.contains("construction"),
        "{said}"
    );
    assert_eq!(directory.ok(&["unit", "list"]), "");
}

#[test]
fn the_rate_limit_can_be_switched_off_only_where_tests_are_run() {
    let directory = Directory::none();
    directory.ok(&["init", "--name-zh", "真实市", "--name-en", "Real City"]);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"];
    let (code, said) = complaint(&directory.run(&serve));
    assert_eq!(code, 2);
    assert!(said.contains("--for-testing"), "{said}");
}

#[test]
fn what_nobody_reads_any_more_ends_the_program_quietly() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut reference = Command::new(PROGRAM);
    let output = reference.arg("reference").stdout(writer).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn a_server_answers_and_stops_when_asked() {
    let directory = Directory::for_testing();
    let server = directory.serve();
    let client = support::Client::new(&server.url, None);
    assert_eq!(client.get("/healthz").0, 200);
    server.stop();
}

#[test]
fn a_directory_is_never_made_twice() {
    let directory = Directory::for_testing();
    let (code, said) = complaint(&directory.run(&["init"]));
    assert!(code == 1 && said.contains("already"), "{said}");
}

#[test]
fn a_mistyped_command_exits_with_1_and_help_with_0() {
    assert_eq!(complaint(&run(&["serv"])).0, 1);
    assert!(run(&["--help"]).status.success());
}

#[test]
fn a_demo_of_the_same_seed_and_end_has_the_same_log() {
    let demo = |seed| {
        let directory = Directory::none();
        let plan = [
            "--cases",
            "30",
            "--seed",
            seed,
            "--until",
            "2026-03-01",
            "--no-serve",
        ];
        directory.ok(&[&["demo"], &plan[..]].concat());
        directory.ok(&["verify"]);
        directory.ok(&["checkpoint"])
    };
    let first = demo("7");
    assert_eq!(first, demo("7"));
    assert_ne!(first, demo("8"));
}

/// Measures intake shortly; returns the figures.
fn measured(more: &[&str]) -> Value {
    let short = [
        "bench",
        "intake",
        "--json",
        "--connections",
        "8",
        "--seconds",
        "1",
    ];
    let plan = [&short, more].concat();
    let printed = said(&run(&plan), &plan);
    let figures: Value = serde_json::from_str(&printed).expect("JSON");
    let positive = |name: &str| figures[name].as_f64().is_some_and(|figure| figure > 0.0);
    assert!(
        ["rate", "floor", "floor_of_64", "ratio"]
            .into_iter()
            .all(positive),
        "{printed}"
    );
    figures
}

/// What is printed of intake, whatever it is measured on.
const FIGURES: [&str; 7] = [
    "connections",
    "cpu_ms_per_case",
    "engine",
    "floor",
    "floor_of_64",
    "rate",
    "ratio",
];

#[test]
fn measuring_intake_prints_the_figures_that_others_read() {
    let figures = measured(&[]);
    let names: Vec<&String> = figures.as_object().expect("an object").keys().collect();
    assert_eq!(names, FIGURES);
    assert_eq!(figures["engine"], "sqlite");
}

#[test]
fn measuring_intake_on_a_server_leaves_nothing_there() {
    let database = bihuan_test_postgres::empty();
    let figures = measured(&["--database-url", database.url()]);
    assert_eq!(figures["engine"], "postgres");
    for name in FIGURES {
        assert!(!figures[name].is_null(), "{name}: {figures}");
    }
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'bihuan_bench%'";
    assert_eq!(database.sql(left).trim(), "0");
}

#[test]
fn another_tenant_has_its_own_units_and_a_name_that_is_nobody_elses() {
    let directory = Directory::for_testing();
    directory.found_units();
    let add = |name_zh, name_en, host| {
        let names = ["--name-zh", name_zh, "--name-en", name_en, "--host", host];
        directory.run(&[&["tenant", "add"], &names[..]].concat())
    };
    let founded = said(
        &add("红叶市", "Hongye City", "hongye.example"),
        &["tenant", "add"],
    );
    assert!(
        founded.contains("红叶市") && founded.contains("hotline 1"),
        "{founded}"
    );
    for (name_zh, name_en, host) in [
        ("红叶市", "Hongye", "h.example"),
        ("红叶", "Hongye", "hongye.example"),
    ] {
        let (code, said) = complaint(&add(name_zh, name_en, host));
        assert!(code == 1 && said.contains("nothing was changed"), "{said}");
    }
    assert_eq!(
        directory.ok(&["tenant", "list"]),
        "闭环\tBihuan\t\n红叶市\tHongye City\thongye.example\n"
    );
    let (code, said) = complaint(&directory.run(&["unit", "list"]));
    assert!(code == 1 && said.contains("闭环, 红叶市"), "{said}");
    assert_eq!(directory.ok(&["unit", "list", "--tenant", "hongye.example"]), "");
    assert!(
        directory
            .ok(&["unit", "list", "--tenant", "闭环"])
            .contains("城市管理局")
    );
}

#[test]
fn a_server_of_one_tenant_serves_no_other() {
    let directory = Directory::for_testing();
    let names = ["--name-zh", "红叶市", "--name-en", "Hongye City"];
    directory.ok(&[&["tenant", "add", "--host", "localhost"], &names[..]].concat());
    let server = Server::with(&directory, &["--tenant", "闭环"], &[]);
    let client = support::Client::new(&server.url, None);
    assert_eq!(client.get("/").0, 200);
    let elsewhere = support::Client::new(&server.url.replace("127.0.0.1", "localhost"), None);
    assert_eq!((elsewhere.get("/").0, elsewhere.get("/healthz").0), (421, 200));
    let unknown = ["serve", "--listen", "127.0.0.1:0", "--tenant", "无名市"];
    let (code, said) = complaint(&directory.run(&unknown));
    assert!(code == 1 && said.contains("--tenant takes one of"), "{said}");
}
