//! `bihuan backup` and `bihuan restore`.

use std::path::PathBuf;

use bihuan_store::backup::{self, Copied, Progress};
use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::installation::Installation;

/// What to back up, and where to.
#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    installation: Installation,
    /// The new directory for the backup.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// What to restore, and where to.
#[derive(Args)]
pub struct Restore {
    /// The directory that holds the backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The new data directory.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Copies an installation while it runs.
pub fn backup(wanted: &Backup) -> Result<(), Failure> {
    let store = wanted.installation.open()?;
    let copied = shown(|report| store.back_up(&wanted.to, report))?;
    print(&copied);
    println!("The master key is not in the backup: keep it elsewhere.");
    Ok(())
}

/// Makes a data directory of a backup.
pub fn restore(wanted: &Restore) -> Result<(), Failure> {
    let copied = shown(|report| backup::restore(&wanted.from, &wanted.to, report))?;
    print(&copied);
    let target = Installation {
        data: wanted.to.clone(),
        database_url: None,
        master_key: None,
    };
    println!("It opens with the master key of the installation that was backed up.");
    println!(
        "Name it with --master-key, or put it at {}.",
        target.key_file()?.display()
    );
    Ok(())
}

fn print(copied: &Copied) {
    println!("{} files, {}", copied.files, HumanBytes(copied.size_bytes));
}

/// Runs a copy and draws how far it is.
fn shown<E: Into<Failure>>(
    copy: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<Copied, E>,
) -> Result<Copied, Failure> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{msg} {elapsed}") {
        bar.set_style(style);
    }
    let outcome = copy(&mut |progress| {
        bar.set_message(match progress {
            Progress::Database { done, total } => format!("database: {} %", done * 100 / total.max(1)),
            Progress::Files { done } => format!("{done} files"),
        });
    });
    bar.finish_and_clear();
    outcome.map_err(Into::into)
}
