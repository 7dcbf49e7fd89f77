//! What `pgbench` writes on the same server: one row of a case and one of an event in a transaction, many clients.
//!
//! It knows nothing of what else a case writes, so it is no floor; it is what people compare with.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::bench::on_server::{Database, Session};
use crate::failure::Failure;

/// Clients that write at the same time.
pub const CLIENTS: usize = 64;

/// Where Debian puts the programs of each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Tables like ours, and one row of each to take the rest of the values from. The ids are new, and begin with the
/// time as ours do.
const TABLES: &str = "CREATE TABLE bench_case (LIKE case_row INCLUDING ALL);
    CREATE TABLE bench_event (LIKE event INCLUDING ALL);
    CREATE TABLE bench_one_case AS SELECT * FROM case_row LIMIT 1;
    CREATE TABLE bench_one_event AS SELECT * FROM event WHERE stream_kind = 4 AND version = 1 LIMIT 1";

/// Columns of a table, in which `changed` stand as `given`.
const COLUMNS: &str = "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = CAST(CAST($1 AS TEXT) AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";

const NEW_ID: &str =
    "decode(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0'), 'hex')
    || substring(uuid_send(gen_random_uuid()) FROM 7)";

/// Returns how many transactions a second it makes; `None` where it is not installed.
///
/// # Errors
/// A server that refuses it.
pub fn measure(database: &Database, folder: &Path, duration: Duration) -> Result<Option<f64>, Failure> {
    let Some(program) = find() else {
        return Ok(None);
    };
    Ok(Some(run(&program, database, folder, duration)?))
}

fn find() -> Option<PathBuf> {
    let runs = |program: &Path| Command::new(program).arg("--version").output().is_ok();
    let versions = Path::new(VERSIONS).read_dir().into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin/pgbench"));
    let mut found: Vec<PathBuf> = installed.filter(|program| runs(program)).collect();
    found.sort();
    let in_path = PathBuf::from("pgbench");
    if runs(&in_path) {
        Some(in_path)
    } else {
        found.pop()
    }
}

fn run(program: &Path, database: &Database, folder: &Path, duration: Duration) -> Result<f64> {
    let session = Session::open(database.url())?;
    session.run(TABLES)?;
    let case = insert(
        &session,
        "case",
        "case_row",
        &[("id", NEW_ID), ("number", "gen_random_uuid()::text")],
    )?;
    let event = insert(&session, "event", "event", &[("stream_id", NEW_ID)])?;
    let script = folder.join("pgbench.sql");
    std::fs::write(&script, format!("BEGIN;\n{case};\n{event};\nCOMMIT;\n"))?;
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--jobs", "2", "--protocol", "prepared"]);
    command.args(["--client", &CLIENTS.to_string()]);
    command.args(["--time", &duration.as_secs().max(1).to_string()]);
    command.arg("--file").arg(&script).arg(database.url());
    let output = command.output().context("pgbench cannot be started")?;
    if !output.status.success() {
        // What it complains about may repeat the URL.
        bail!("pgbench failed: {}", output.status);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next());
    rate.and_then(|rate| rate.parse().ok())
        .context("pgbench does not say how many transactions it made")
}

/// Returns the statement that writes a row like the one kept aside, with some of its values new, on one line.
fn insert(session: &Session, name: &str, table: &str, new: &[(&str, &str)]) -> Result<String> {
    let row = session.wait(session.client.query_one(COLUMNS, &[&table]))?;
    let columns: String = row.try_get(0)?;
    let values: Vec<&str> = columns
        .split(", ")
        .map(|column| {
            new.iter()
                .find(|(name, _)| *name == column)
                .map_or(column, |(_, value)| *value)
        })
        .collect();
    let values = values.join(", ").replace('\n', " ");
    Ok(format!(
        "INSERT INTO bench_{name} ({columns}) SELECT {values} FROM bench_one_{name}"
    ))
}
