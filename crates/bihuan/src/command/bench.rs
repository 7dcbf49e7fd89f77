//! `bihuan bench`: how fast this machine is with this program.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::bench::{self, Measured, Plan};
use crate::failure::Failure;

/// What to measure.
#[derive(Subcommand)]
pub enum Task {
    /// Measure how many messages a second are taken in over HTTP, against what SQLite alone can write.
    ///
    /// A server of its own, in a directory that is removed in the end, takes messages on many connections.
    /// Then the rows it wrote are written again straight through SQLite with the same schema and
    /// durability, at the batch size that suits it best.
    Intake(Intake),
}

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
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Intake(wanted) => intake(wanted),
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
    })?;
    if wanted.json {
        println!("{}", as_json(&measured, wanted.connections));
    } else {
        print(&measured, wanted.connections);
    }
    Ok(())
}

fn as_json(measured: &Measured, connections: usize) -> serde_json::Value {
    json!({
        "engine": "sqlite",
        "rate": rounded(measured.rate(), 1.0),
        "floor": rounded(measured.floor.rate, 1.0),
        "ratio": rounded(measured.ratio(), 1_000.0),
        "cpu_ms_per_case": rounded(measured.cpu_ms_per_case(), 1_000.0),
        "connections": connections,
    })
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

fn print(measured: &Measured, connections: usize) {
    let floor = &measured.floor;
    let seconds = measured.taken.elapsed.as_secs_f64();
    println!("engine          sqlite");
    println!("taken in        {} cases in {seconds:.1} s", measured.taken.cases);
    println!(
        "rate            {:.0} cases/s on {connections} connections",
        measured.rate()
    );
    println!(
        "floor           {:.0} cases/s ({:.1} rows a case, {} cases a transaction)",
        floor.rate, floor.rows_per_case, floor.batch
    );
    println!("ratio           {:.3}", measured.ratio());
    println!("CPU             {:.3} ms a case", measured.cpu_ms_per_case());
}
