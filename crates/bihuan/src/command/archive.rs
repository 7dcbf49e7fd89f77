//! `bihuan archive`.

use std::time::Duration;

use bihuan_store::archive::{Archived, Archiving, Progress, compact};
use bihuan_store::tenant::Store;
use bihuan_web::app::SystemEntropy;
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::failure::Failure;
use crate::installation::Installation;

/// How long a partition is tried that readers do not let go of.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to archive, and where to.
///
/// The bytes of what was said and done in cases that ended before a day, and were silent since, go to a file
/// beside the database (archive.db) or, on PostgreSQL, month by month to a tablespace. The cases stay in lists,
/// filters and search, open as before, and are verified as before. May run while the installation is served, and
/// again where it was broken off.
#[derive(Args)]
pub struct Archive {
    #[command(flatten)]
    installation: Installation,
    /// The day before which a case ended and after which nothing happened in it, such as 2024-01-01.
    #[arg(long, value_name = "DAY", required_unless_present = "compact")]
    before: Option<Date>,
    /// The directory for the archive, by default the data directory; on PostgreSQL the tablespace, which the
    /// database's role must be allowed to create in.
    #[arg(long, value_name = "DIR|TABLESPACE")]
    to: Option<String>,
    /// Say how many cases and bytes would go, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Give the room that is left in the SQLite file back to the disk, by copying what is in it. The server must
    /// be stopped, and the disk must have room for the copy.
    #[arg(long, conflicts_with = "dry_run")]
    compact: bool,
}

/// Archives, says what would be archived, or gives room back.
pub fn run(wanted: &Archive) -> Result<(), Failure> {
    if let Some(before) = wanted.before {
        archive(wanted, before)?;
    }
    if wanted.compact {
        let installation = &wanted.installation;
        let compacted =
            compact::compact(&installation.data, &installation.options()?).map_err(Failure::opening)?;
        println!(
            "the database had {} and has {}",
            HumanBytes(compacted.before_bytes),
            HumanBytes(compacted.after_bytes)
        );
    }
    Ok(())
}

fn archive(wanted: &Archive, before: Date) -> Result<(), Failure> {
    let store = wanted.installation.open()?;
    let tenants = store.tenants();
    let tenant = tenants
        .first()
        .ok_or_else(|| Failure::user("there is no tenant yet"))?;
    let archiving = Archiving {
        before: tenant.scene().calendar.start_of(before),
        to: wanted.to.clone(),
        now: Timestamp::now(),
        patience: PATIENCE,
    };
    let archived = shown(|report| match wanted.dry_run {
        true => store.would_archive(&archiving, report),
        false => store.archive(&archiving, &mut SystemEntropy, report),
    })?;
    print(wanted, &archived);
    if wanted.dry_run {
        println!("nothing was changed: this was a dry run");
        return Ok(());
    }
    describe(wanted, &store)
}

fn print(wanted: &Archive, archived: &Archived) {
    let (cases, size) = (HumanCount(archived.cases), HumanBytes(archived.size_bytes));
    let verb = if wanted.dry_run { "would go" } else { "went" };
    println!("{cases} cases, {size} {verb} into the archive");
    if archived.kept_back > 0 {
        let kept_back = HumanCount(archived.kept_back);
        println!("{kept_back} cases stay, because their month has others that go on");
    }
    if !archived.in_use.is_empty() {
        let in_use = archived.in_use.join(", ");
        println!("in use, so left for the next run: {in_use}");
    }
}

fn describe(wanted: &Archive, store: &Store) -> Result<(), Failure> {
    let Some(file) = store.archive_file()? else {
        return Ok(());
    };
    let (place, size) = (file.path.display(), HumanBytes(file.size_bytes));
    println!("{place} has {size} now: nothing is served without it, so back it up too");
    if file.free_bytes > 0 && !wanted.compact {
        let free = HumanBytes(file.free_bytes);
        println!("{free} of the database are free for what comes next");
        println!("To give them back to the disk, stop the server and run this with --compact.");
    }
    Ok(())
}

/// Runs it and draws how far it is.
fn shown<E: Into<Failure>>(
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<Archived, E>,
) -> Result<Archived, Failure> {
    let bar = ProgressBar::new_spinner();
    let style = "cases [{bar:30}] {human_pos}/{human_len} {per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    let outcome = work(&mut |Progress { done, total }| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    outcome.map_err(Into::into)
}
