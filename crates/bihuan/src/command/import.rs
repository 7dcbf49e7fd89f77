//! `bihuan import`: records of other systems become cases.

use std::path::PathBuf;

use bihuan_web::app::SystemEntropy;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::import;
use crate::import::progress::Bar;
use crate::import::run::Options;
use crate::installation::Place;
use crate::runtime;

/// What to import.
#[derive(Subcommand)]
pub enum Task {
    /// Import the records of a CSV file or workbook as cases; a second run finds everything there.
    ///
    /// Every row is accepted, there already, or rejected with a reason into a file of its own. Any common
    /// encoding is understood, GB18030 too.
    Cases(Cases),
}

/// Which records, and what they mean.
#[derive(Args)]
pub struct Cases {
    /// The CSV file or workbook.
    file: PathBuf,
    /// The import map: what the columns mean.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Say what would become of the rows, and write no case.
    #[arg(long)]
    dry_run: bool,
    /// Where rejected rows go; by default beside FILE, with `.rejects.csv` behind its name.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// The instant that stands for times the records do not have, such as 2026-03-01T00:00:00Z; by
    /// default now.
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<Timestamp>,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Cases(wanted) => cases(wanted),
    }
}

fn cases(wanted: &Cases) -> Result<(), Failure> {
    let tenant = wanted.place.tenant()?;
    let now = Timestamp::now();
    let options = Options {
        file: wanted.file.clone(),
        map: wanted.map.clone(),
        rejects: wanted.rejects.clone().unwrap_or_else(|| beside(&wanted.file)),
        dry_run: wanted.dry_run,
        as_of: wanted.as_of.unwrap_or(now),
        now,
    };
    let mut bar = Bar::new();
    let summary = import::cases(&tenant, &options, Box::new(SystemEntropy), &mut bar)?;
    drop(bar);
    if !wanted.dry_run {
        // Without a server nobody else gives the new events their places in the log.
        runtime::run(tenant.follow())??;
    }
    println!("{summary}");
    if wanted.dry_run {
        println!("nothing was written: this was a dry run");
    }
    Ok(())
}

fn beside(file: &std::path::Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}
