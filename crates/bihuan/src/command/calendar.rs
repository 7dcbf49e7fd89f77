//! `bihuan calendar`: deadlines by the working-day calendar.

use std::str::FromStr;

use bihuan_core::calendar::Calendar;
use bihuan_core::clock::{self, Limit};
use clap::Subcommand;
use jiff::civil::Date;

use crate::failure::Failure;

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
}

/// Runs the task.
pub fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Deadline { start, limit } => deadline(start, &limit),
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
