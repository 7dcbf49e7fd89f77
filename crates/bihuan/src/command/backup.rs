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
    /// Leave the archive out, which hardly changes: it is in the last backup that was made with it. Restoring
    /// needs it.
    #[arg(long)]
    without_archive: bool,
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
    /// The archive, where the backup was made without it: archive.db of an older backup, if nothing was archived
    /// since, or of a later one.
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
}

/// Copies an installation while it runs.
pub fn backup(wanted: &Backup) -> Result<(), Failure> {
    let store = wanted.installation.open()?;
    let copied = shown(|report| match wanted.without_archive {
        true => store.back_up_without_archive(&wanted.to, report),
        false => store.back_up(&wanted.to, report),
    })?;
    print(&copied);
    if let Some(archive) = store.archive_file()? {
        let (place, size) = (archive.path.display(), HumanBytes(archive.size_bytes));
        match wanted.without_archive {
            true => println!("The archive, {place} of {size}, is not in the backup: keep one that has it."),
            false => println!("The archive, {size}, is in it; --without-archive leaves it out."),
        }
    }
    println!("The master key is not in the backup: keep it elsewhere.");
    Ok(())
}

/// Makes a data directory of a backup.
pub fn restore(wanted: &Restore) -> Result<(), Failure> {
    let copied =
        shown(|report| backup::restore(&wanted.from, &wanted.to, wanted.archive.as_deref(), report))?;
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
