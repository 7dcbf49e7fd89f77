//! `bihuan pack`: check and explain policy packs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_core::pack::parse;
use clap::Subcommand;

use crate::failure::Failure;

/// What to do with packs.
#[derive(Subcommand)]
pub enum Task {
    /// Check packs and prove them: every problem at once, with its place and a hint.
    ///
    /// A pack is refused when a path to strike-off lacks evidence, an independent verification or an answer.
    Check {
        /// A pack file, or a folder of them.
        path: PathBuf,
    },
}

/// Runs the task.
pub fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Check { path } => check(&path),
    }
}

fn check(path: &Path) -> Result<(), Failure> {
    let mut refused = 0;
    for file in files(path)? {
        let read = |part: &str| read(&file.with_file_name(part));
        let text = bihuan_packs::assemble(&self::read(&file)?, read)?;
        match parse::parse(&text) {
            Ok(pack) => println!("{}: {} version {}: sound", file.display(), pack.id, pack.version),
            Err(problems) => {
                refused += 1;
                for problem in problems {
                    let place = problem.place(&text);
                    eprintln!("{}:{}:{}: {problem}", file.display(), place.line, place.column);
                }
            }
        }
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failure::Negative)
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = path
        .read_dir()
        .with_context(|| format!("cannot list {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::user(format!("no .toml file in {}", path.display())));
    }
    Ok(files)
}
