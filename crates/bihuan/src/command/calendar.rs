//! `bihuan calendar`: deadlines by the working-day calendar, and new calendars.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use bihuan_core::calendar::Calendar;
use bihuan_core::case::command::Command;
use bihuan_core::clock::{self, Limit};
use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Sort, SortBy};
use bihuan_store::tenant::Tenant;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;
use bihuan_web::app::SystemEntropy;

/// Cases that are read at a time.
const PAGE: usize = 1_000;

/// What to compute.
#[derive(Subcommand)]
pub enum Task {
    /// Print the day on which a limit that begins on START ends.
    ///
    /// The first day is not counted. A limit in calendar days that ends on a day off ends on the next
    /// working day. A result that rests on an unpublished calendar is marked provisional.
    Deadline {
        /// The first day, such as 2026-02-13.
        start: Date,
        /// The limit: 3wd working days, 15d calendar days, 24h hours.
        limit: String,
    },
    /// Install a version of the working-day calendar, and compute every clock that still runs by it.
    Import(Import),
}

/// Which calendar, and where to.
#[derive(Args)]
pub struct Import {
    /// The calendar file.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Deadline { start, limit } => deadline(*start, limit),
        Task::Import(wanted) => import(wanted),
    }
}

fn deadline(start: Date, limit: &str) -> Result<(), Failure> {
    let limit = Limit::from_str(limit).map_err(|problem| Failure::user(format!("{limit}: {problem}")))?;
    let calendar = Calendar::parse(bihuan_packs::CALENDAR_CN)
        .map_err(|problems| Failure::configuration(format!("the shipped calendar: {problems:?}")))?;
    let started_at = calendar.start_of(start);
    let due = clock::due_at(&limit, &calendar, started_at).map_err(|gap| Failure::user(gap.to_string()))?;
    let mark = if due.provisional {
        " provisional 暂定"
    } else {
        ""
    };
    println!("{}{mark}", calendar.date_of(due.at));
    Ok(())
}

fn import(wanted: &Import) -> Result<(), Failure> {
    let file = wanted.file.display();
    let text = std::fs::read_to_string(&wanted.file).with_context(|| format!("cannot read {file}"))?;
    let calendar = Calendar::parse(&text).map_err(|problems| {
        for problem in problems {
            let place = problem.place(&text);
            eprintln!("{file}:{}:{}: {problem}", place.line, place.column);
        }
        Failure::Negative
    })?;
    let tenant = wanted.place.tenant()?;
    let now = Timestamp::now();
    let moved = runtime::run(async {
        tenant.install_calendar(&Permit::system(), &text, now).await?;
        recompute(&tenant, now).await
    })??;
    println!(
        "{file}: version {} installed; the clocks of {moved} cases were computed again",
        calendar.version
    );
    Ok(())
}

/// Computes the running clocks of all cases by the calendar in force; returns how many cases changed.
async fn recompute(tenant: &Tenant, now: Timestamp) -> Result<u64, ExecuteError> {
    let mut moved = 0;
    let mut after = None;
    loop {
        let listed = tenant
            .read(move |reader| {
                let page = reader.list(&Listing {
                    filter: &Checked::everything(),
                    sort: Sort {
                        by: SortBy::Raised,
                        descending: false,
                    },
                    after: after.as_ref(),
                    limit: PAGE,
                })?;
                let open = page.rows.iter().filter(|row| row.closed_at.is_none());
                let open: Vec<CaseId> = open.map(|row| row.id).collect();
                Ok::<_, StoreError>((open, page.next))
            })
            .await?;
        for case in listed.0 {
            let bodies = Bodies::new(now, &mut SystemEntropy);
            let command = Command::RecomputeClocks;
            match tenant
                .execute(&Permit::system(), case, command, bodies, None, now)
                .await
            {
                Ok(_) => moved += 1,
                // A case without a clock that the calendar moves stays as it is.
                Err(ExecuteError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match listed.1 {
            Some(next) => after = Some(next),
            None => return Ok(moved),
        }
    }
}
