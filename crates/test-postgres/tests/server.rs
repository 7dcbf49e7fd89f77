//! The server is there when asked for, gone when its process is, and hands out databases apart.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bihuan_test_postgres::{Server, empty, prepared};

#[test]
fn a_prepared_database_is_prepared_once_and_copied() {
    let prepare = |url: &str| {
        assert!(url.starts_with("postgres://bihuan@/city?host=/"), "{url}");
        psql(url, "CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (1)");
    };
    let one = prepared("city", prepare);
    let two = prepared("city", |_| panic!("it is prepared"));
    one.sql("INSERT INTO t VALUES (2)");
    assert_eq!(one.sql("SELECT count(*) FROM t"), "2\n");
    assert_eq!(two.sql("SELECT count(*) FROM t"), "1\n");
}

#[test]
fn the_role_of_the_program_owns_its_database_and_nothing_else() {
    let database = empty();
    let rights = "SELECT current_user, rolsuper, pg_get_userbyid(datdba) FROM pg_roles, pg_database
        WHERE rolname = current_user AND datname = current_database()";
    assert_eq!(psql(database.url(), rights), "bihuan|f|bihuan\n");
}

#[test]
fn a_dropped_database_is_gone() {
    let (kept, dropped) = (empty(), empty());
    let name = dropped.sql("SELECT current_database()");
    drop(dropped);
    let left = format!(
        "SELECT count(*) FROM pg_database WHERE datname = '{}'",
        name.trim()
    );
    assert_eq!(kept.sql(&left), "0\n");
}

#[test]
fn the_files_of_a_database_hold_what_was_written() {
    let database = empty();
    database.sql("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('a needle in the heap')");
    let files = database.files();
    let needle = b"a needle in the heap";
    for folder in ["base", "pg_wal"] {
        let within = |path: &Path| path.components().any(|part| part.as_os_str() == folder);
        let mut there = files.iter().filter(|(path, _)| within(path));
        let found = there.any(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle));
        assert!(found, "{folder}");
    }
}

#[test]
fn a_crashed_server_comes_back_with_what_it_had_committed() {
    let server = Server::start();
    let url = server.url("postgres");
    psql(&url, "CREATE DATABASE kept");
    server.crash();
    assert!(!connects(&url));
    server.start_again();
    assert!(connects(&server.url("kept")));
}

#[test]
fn a_server_does_not_outlive_its_process() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bihuan-test-postgres"));
    program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = program.spawn().expect("the program");
    let mut url = String::new();
    let mut said = BufReader::new(program.stdout.take().expect("a pipe"));
    said.read_line(&mut url).expect("a line");
    assert!(connects(url.trim()), "{url}");
    let directory = Path::new(url.trim().split("?host=").nth(1).expect("a directory"));
    assert!(directory.exists());
    program.kill().expect("killed");
    program.wait().expect("an end");
    let begun = Instant::now();
    while directory.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!connects(url.trim()), "it still answers");
}

fn connects(url: &str) -> bool {
    let psql = Command::new("psql").args([url, "-c", "SELECT 1"]).output();
    psql.expect("psql").status.success()
}

fn psql(url: &str, statements: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", url]);
    let output = psql.args(["--command", statements]).output().expect("psql");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}
