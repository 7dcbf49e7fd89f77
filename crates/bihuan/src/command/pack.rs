//! `bihuan pack`: check, install and explain policy packs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_core::pack::parse;
use bihuan_core::permission::Permit;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::command::explain;
use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;

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
    /// Install a version of a pack: it judges new cases from its first day on, and its grants hold at once.
    Install(Install),
    /// Print which rules of its pack a case met, stands under and may meet next, each with its source.
    Explain(explain::Explain),
}

/// What to install.
#[derive(Args)]
pub struct Install {
    /// The pack file.
    path: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Check { path } => check(path),
        Task::Install(wanted) => install(wanted),
        Task::Explain(wanted) => explain::run(wanted),
    }
}

fn check(path: &Path) -> Result<(), Failure> {
    let mut refused = 0;
    for file in files(path)? {
        if let Some(pack) = sound(&file)? {
            println!("{}: {} version {}: sound", file.display(), pack.id, pack.version);
        } else {
            refused += 1;
        }
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failure::Negative)
    }
}

fn install(wanted: &Install) -> Result<(), Failure> {
    let text = sound_text(&wanted.path)?;
    let tenant = wanted.place.tenant()?;
    runtime::run(tenant.install_pack(&Permit::system(), &text, Timestamp::now()))??;
    println!("{}: installed", wanted.path.display());
    Ok(())
}

/// Returns the whole text of a pack that has no problems; prints the problems where it has some.
///
/// # Errors
/// [`Failure::Negative`] for a pack that is refused.
pub fn sound_text(file: &Path) -> Result<String, Failure> {
    if sound(file)?.is_none() {
        return Err(Failure::Negative);
    }
    Ok(assembled(file)?)
}

/// Reads and proves a pack; prints its problems and returns nothing where it has some.
fn sound(file: &Path) -> Result<Option<bihuan_core::pack::model::Pack>, Failure> {
    let text = assembled(file)?;
    let problems = match parse::parse(&text) {
        Ok(pack) => return Ok(Some(pack)),
        Err(problems) => problems,
    };
    for problem in problems {
        let place = problem.place(&text);
        eprintln!("{}:{}:{}: {problem}", file.display(), place.line, place.column);
    }
    Ok(None)
}

/// Reads a pack with the files it includes; what is not there and has the name of a shipped file is that.
fn assembled(file: &Path) -> anyhow::Result<String> {
    let part = |name: &str| match (bihuan_packs::shared(name), file.with_file_name(name)) {
        (Some(shipped), missing) if !missing.exists() => Ok(shipped.to_owned()),
        (_, part) => read(&part),
    };
    bihuan_packs::assemble(&read(file)?, part)
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
