//! What developing Bihuan needs beside cargo: `cargo xtask <task>`.

mod deadlines;
mod tidy;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail, ensure};

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["tidy"] => tidy::run(root),
        ["dictionary", file] => dictionary(root, file),
        ["check-deadlines", deadlines] => deadlines::check(root, deadlines, None),
        ["check-deadlines", deadlines, holidays] => deadlines::check(root, deadlines, Some(holidays)),
        _ => {
            bail!("usage: cargo xtask tidy | dictionary FILE | check-deadlines DEADLINES.csv [HOLIDAYS.csv]")
        }
    }
}

/// Makes the dictionary that the store presses events with; what has the events is a crate above it.
fn dictionary(root: &Path, file: &str) -> Result<()> {
    let train = [
        "run",
        "--package",
        "bihuan-sim",
        "--example",
        "dictionary",
        "--",
        file,
    ];
    let status = Command::new("cargo").args(train).current_dir(root).status()?;
    ensure!(status.success(), "no dictionary was made");
    Ok(())
}
