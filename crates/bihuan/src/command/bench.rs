//! `bihuan bench`: how fast this machine is with this program.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::bench::figure::{self, Size};
use crate::bench::lag::Stream;
use crate::bench::{self, Cities, Measured, Plan, Subject};
use crate::failure::Failure;

/// What to measure.
#[derive(Subcommand)]
pub enum Task {
    /// Measure how many messages a second are taken in over HTTP, against what the engine alone can write.
    ///
    /// A server of its own, in a directory that is removed in the end, takes messages on many connections.
    /// Then the rows it wrote are written again straight through the engine's driver with the same schema
    /// and durability, at the batch size that suits it best. On PostgreSQL, beside it, what pgbench makes of
    /// one row of a case and one of an event in a transaction, with 64 clients.
    Intake(Intake),
    /// Measure what pages cost the server as the number of cases grows, against reading their rows.
    Pages(OverSizes),
    /// Measure searching what people wrote as the number of cases grows, against the index alone.
    Search(OverSizes),
    /// Measure how far followers are behind while messages come in at a steady rate.
    Followers(Followers),
    /// Measure verifying everything, against reading and hashing the log's bytes.
    Verify(OfTheLog),
    /// Measure writing anew what the followers write, against reading the log.
    Rebuild(OfTheLog),
    /// Measure how long the server takes to its first answer, and how much memory serving takes.
    Serving(OverSizes),
    /// Measure the bytes of a case on disk against those of its content, and say where they lie.
    Space(OverSizes),
    /// Measure space, serving, pages, search, verifying and rebuilding over the same cities.
    All(OverSizes),
}

/// Over which sizes to measure: each is a city of its own, made before and removed in the end.
#[derive(Args)]
pub struct OverSizes {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Up to a million cases.
    #[arg(long)]
    full: bool,
    /// Up to ten million cases.
    #[arg(long, conflicts_with = "full")]
    large: bool,
    /// These numbers of cases instead.
    #[arg(long, value_name = "N", value_delimiter = ',', conflicts_with_all = ["full", "large"])]
    cases: Vec<usize>,
    /// The folder in which the directories are made; by default the system's for temporary files.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Keep the directories, and take those that were kept in this folder before instead of making them.
    #[arg(long)]
    keep: bool,
}

/// Over which sizes, and on which engine.
#[derive(Args)]
pub struct OfTheLog {
    #[command(flatten)]
    sizes: OverSizes,
    /// Measure on this PostgreSQL server, in databases of its own that are made there and dropped in the end. By
    /// default SQLite is measured.
    #[arg(long, value_name = "URL", conflicts_with = "keep")]
    database_url: Option<String>,
}

/// How to measure the followers.
#[derive(Args)]
pub struct Followers {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Messages a second.
    #[arg(long, value_name = "N", default_value = "2000")]
    rate: f64,
    /// How long, in seconds, after one second of warming up.
    #[arg(long, value_name = "N", default_value = "20")]
    seconds: u64,
    /// Connections that send.
    #[arg(long, value_name = "N", default_value = "64")]
    connections: usize,
    /// The folder in which the directory is made; by default the system's for temporary files.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The fewest cases of which everybody at the desk sees a hundred pages.
const FEWEST: usize = 10_000;

/// How to measure intake.
#[derive(Args)]
pub struct Intake {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Connections that send at the same time.
    #[arg(long, value_name = "N", default_value = "64")]
    connections: usize,
    /// How long to count, in seconds, after one second of warming up.
    #[arg(long, value_name = "N", default_value = "10")]
    seconds: u64,
    /// The most messages that are sent.
    #[arg(long, value_name = "N", default_value = "1000000")]
    cases: usize,
    /// The folder in which the directory is made; by default the system's for temporary files.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Measure on this PostgreSQL server, such as postgres://user@host/postgres, in a database of its own that
    /// is made there and dropped in the end. By default SQLite is measured.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Intake(wanted) => intake(wanted),
        Task::Pages(wanted) => over_sizes(&[Subject::Pages], wanted, None),
        Task::Search(wanted) => over_sizes(&[Subject::Search], wanted, None),
        Task::Followers(wanted) => followers(wanted),
        Task::Verify(wanted) => of_the_log(Subject::Verify, wanted),
        Task::Serving(wanted) => over_sizes(&[Subject::Serving], wanted, None),
        Task::Space(wanted) => over_sizes(&[Subject::Space], wanted, None),
        Task::Rebuild(wanted) => of_the_log(Subject::Rebuild, wanted),
        Task::All(wanted) => over_sizes(&Subject::ALL, wanted, None),
    }
}

fn of_the_log(subject: Subject, wanted: &OfTheLog) -> Result<(), Failure> {
    over_sizes(&[subject], &wanted.sizes, wanted.database_url.clone())
}

fn over_sizes(subjects: &[Subject], wanted: &OverSizes, database_url: Option<String>) -> Result<(), Failure> {
    let sizes: Vec<usize> = match (&wanted.cases[..], wanted.full, wanted.large) {
        ([], false, false) => vec![10_000, 100_000],
        ([], true, _) => vec![10_000, 100_000, 1_000_000],
        ([], false, true) => vec![10_000, 100_000, 1_000_000, 10_000_000],
        (chosen, _, _) => chosen.to_vec(),
    };
    if sizes.iter().any(|cases| *cases < FEWEST) {
        return Err(Failure::user(format!("at least {FEWEST} cases are needed")));
    }
    let engine = engine(database_url.as_deref());
    let cities = Cities {
        folder: wanted.folder.clone().unwrap_or_else(std::env::temp_dir),
        keep: wanted.keep,
        database_url,
    };
    shown(
        engine,
        &bench::over_sizes(subjects, &sizes, &cities)?,
        wanted.json,
    );
    Ok(())
}

fn followers(wanted: &Followers) -> Result<(), Failure> {
    if wanted.connections == 0 || wanted.seconds == 0 || wanted.rate <= 0.0 {
        return Err(Failure::user("a connection, a second and a message are needed"));
    }
    let stream = Stream {
        rate: wanted.rate,
        duration: Duration::from_secs(wanted.seconds),
        connections: wanted.connections,
    };
    let folder = wanted.folder.clone().unwrap_or_else(std::env::temp_dir);
    shown(
        engine(None),
        &[bench::lag::measure(&folder, stream)?],
        wanted.json,
    );
    Ok(())
}

fn shown(engine: &str, sizes: &[Size], json: bool) {
    if json {
        println!("{:#}", figure::as_json(engine, sizes));
    } else {
        figure::print(sizes);
    }
}

fn intake(wanted: &Intake) -> Result<(), Failure> {
    if wanted.connections == 0 || wanted.seconds == 0 {
        return Err(Failure::user("at least one connection and one second are needed"));
    }
    let measured = bench::intake(&Plan {
        connections: wanted.connections,
        duration: Duration::from_secs(wanted.seconds),
        cases: wanted.cases,
        folder: wanted.folder.clone().unwrap_or_else(std::env::temp_dir),
        database_url: wanted.database_url.clone(),
    })?;
    if wanted.json {
        println!("{}", as_json(&measured, wanted));
    } else {
        print(&measured, wanted);
    }
    Ok(())
}

fn engine(database_url: Option<&str>) -> &'static str {
    match database_url {
        None => "sqlite",
        Some(_) => "postgres",
    }
}

fn as_json(measured: &Measured, wanted: &Intake) -> serde_json::Value {
    let mut figures = json!({
        "engine": engine(wanted.database_url.as_deref()),
        "rate": rounded(measured.rate(), 1.0),
        "floor": rounded(measured.floor.rate, 1.0),
        "ratio": rounded(measured.ratio(), 1_000.0),
        "floor_of_64": rounded(measured.floor.rate_of_64, 1.0),
        "cpu_ms_per_case": rounded(measured.cpu_ms_per_case(), 1_000.0),
        "connections": wanted.connections,
    });
    if let Some(rate) = measured.pgbench {
        figures["pgbench"] = rounded(rate, 1.0).into();
    }
    figures
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

fn print(measured: &Measured, wanted: &Intake) {
    let floor = &measured.floor;
    let seconds = measured.taken.elapsed.as_secs_f64();
    println!("engine          {}", engine(wanted.database_url.as_deref()));
    println!("taken in        {} cases in {seconds:.1} s", measured.taken.cases);
    println!(
        "rate            {:.0} cases/s on {} connections",
        measured.rate(),
        wanted.connections
    );
    println!(
        "floor           {:.0} cases/s ({:.1} rows a case, {} cases a transaction)",
        floor.rate, floor.rows_per_case, floor.batch
    );
    println!(
        "                {:.0} cases/s with 64 cases a transaction",
        floor.rate_of_64
    );
    println!("ratio           {:.3}", measured.ratio());
    println!("CPU             {:.3} ms a case", measured.cpu_ms_per_case());
    if let Some(rate) = measured.pgbench {
        let clients = bench::pgbench::CLIENTS;
        println!(
            "pgbench         {rate:.0} transactions/s with {clients} clients: a case row and an event row"
        );
    }
}
