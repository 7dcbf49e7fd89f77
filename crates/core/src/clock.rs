//! Clocks 时限: how long something may take, and when that runs out.
//!
//! Everything here is arithmetic over a [`Calendar`]: instants in, instants out. Which clock starts when
//! is the pack's business, and what a breach does is the case's.
//!
//! How time is counted (Civil Code 民法典 arts. 201 and 203; the rules that set the limits are silent):
//! - the day on which a clock starts is not counted;
//! - a limit in days runs out when offices close on its last day;
//! - a limit in calendar days that ends on a day off ends on the next working day;
//! - a limit in hours runs around the clock.

mod schedule;

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Calendar, CalendarGap, shift};

pub use schedule::{Planned, back_schedule};

/// The longest limit that may be written, in any unit.
pub const LONGEST_LIMIT: u32 = 9999;

/// A length of time in the unit that a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: LimitUnit,
}

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitUnit {
    /// Working days 工作日, written `wd`.
    WorkingDays,
    /// Calendar days 日, written `d`.
    Days,
    /// Hours, around the clock, written `h`.
    Hours,
}

/// When a clock runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// Whether it rests on a year without a published calendar 暂定.
    pub provisional: bool,
}

/// Which way from now a threshold lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// In the past: `overdue > 3wd` asks for due instants before it.
    Ago,
    /// In the future: what is due within three working days is due before it.
    Ahead,
}

/// A text that is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no limit; write working days as \"3wd\", calendar days as \"15d\", hours as \"24h\", from 1 to 9999"
)]
pub struct LimitError(pub String);

impl Limit {
    /// Makes a limit in working days.
    pub const fn working_days(amount: u32) -> Limit {
        Limit {
            amount,
            unit: LimitUnit::WorkingDays,
        }
    }

    /// Makes a limit in calendar days.
    pub const fn days(amount: u32) -> Limit {
        Limit {
            amount,
            unit: LimitUnit::Days,
        }
    }

    /// Makes a limit in hours.
    pub const fn hours(amount: u32) -> Limit {
        Limit {
            amount,
            unit: LimitUnit::Hours,
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Limit, LimitError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (amount, unit) = text.split_at(digits);
        let unit = match unit {
            "wd" => LimitUnit::WorkingDays,
            "d" => LimitUnit::Days,
            "h" => LimitUnit::Hours,
            _ => return Err(LimitError(text.to_owned())),
        };
        let amount = amount
            .parse()
            .ok()
            .filter(|amount| (1..=LONGEST_LIMIT).contains(amount));
        let amount = amount.ok_or_else(|| LimitError(text.to_owned()))?;
        Ok(Limit { amount, unit })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.unit)
    }
}

impl fmt::Display for LimitUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitUnit::WorkingDays => "wd",
            LimitUnit::Days => "d",
            LimitUnit::Hours => "h",
        })
    }
}

/// Returns when a clock runs out that started at `started_at`; never before that instant.
///
/// # Errors
/// [`CalendarGap`] if the calendar does not reach so far.
pub fn due_at(limit: &Limit, calendar: &Calendar, started_at: Timestamp) -> Result<Due, CalendarGap> {
    run(calendar, started_at, i64::from(limit.amount), limit.unit)
}

/// Returns when a clock runs out that ran out at `due_at` and was given `by` more 延期.
///
/// Counts from the day on which it would have run out, as if it had started then.
///
/// # Errors
/// [`CalendarGap`] if the calendar does not reach so far.
pub fn extended(by: &Limit, calendar: &Calendar, due_at: Timestamp) -> Result<Due, CalendarGap> {
    run(calendar, due_at, i64::from(by.amount), by.unit)
}

/// Returns when a clock runs out that stood still from `paused_at` to `resumed_at` 暂停.
///
/// What was left at the pause is left at the resume, in the unit of `limit`: whole days after the day of
/// the pause become as many after the day of the resume, so that a pause within one day gives nothing
/// away; a clock paused on its last day has until offices close on the day of the resume, or on the next
/// working day if they are closed by then. A clock that had run out stays where it was. A pause never
/// shortens.
///
/// # Errors
/// [`CalendarGap`] if the calendar does not reach so far.
pub fn resume_due(
    limit: &Limit,
    calendar: &Calendar,
    due_at: Timestamp,
    paused_at: Timestamp,
    resumed_at: Timestamp,
) -> Result<Due, CalendarGap> {
    let (paused_on, due_on) = (calendar.date_of(paused_at), calendar.date_of(due_at));
    let unchanged = Due {
        at: due_at,
        provisional: limit.unit != LimitUnit::Hours && calendar.is_provisional(paused_on, due_on),
    };
    if due_at <= paused_at || resumed_at <= paused_at {
        return Ok(unchanged);
    }
    let left = match limit.unit {
        LimitUnit::WorkingDays => calendar.working_days_between(paused_on, due_on),
        LimitUnit::Days => days_between(paused_on, due_on),
        LimitUnit::Hours => {
            let at = saturating_add(due_at, resumed_at.duration_since(paused_at));
            return Ok(Due { at, ..unchanged });
        }
    };
    let mut due = run(calendar, resumed_at, left, limit.unit)?;
    if due.at <= resumed_at {
        due = run(calendar, resumed_at, 1, LimitUnit::WorkingDays)?;
    }
    Ok(Due {
        at: due.at.max(due_at),
        provisional: due.provisional || unchanged.provisional,
    })
}

/// Returns when a clock comes near its end 临期: `before` earlier than `due_at`, never before it started.
///
/// In days that is when offices open on the day so many days earlier, so that the whole day is left to
/// act; a calendar day that is off gives way to the working day before it.
///
/// # Errors
/// [`CalendarGap`] if the calendar does not reach so far.
pub fn warn_at(
    before: &Limit,
    calendar: &Calendar,
    started_at: Timestamp,
    due_at: Timestamp,
) -> Result<Timestamp, CalendarGap> {
    let due_on = calendar.date_of(due_at);
    let amount = i64::from(before.amount);
    let at = match before.unit {
        LimitUnit::WorkingDays => calendar.opening_on(calendar.add_working_days(due_on, -amount)?),
        LimitUnit::Days => calendar.opening_on(calendar.roll_back(shift(due_on, -amount)?)?),
        LimitUnit::Hours => saturating_add(due_at, -SignedDuration::from_hours(amount)),
    };
    Ok(at.max(started_at))
}

/// Returns the due instant that lies exactly `limit` before or after `now`.
///
/// So "overdue by more than three working days" is one comparison, the same in memory and in SQL:
/// `due_at < threshold`. In working days the time of day is kept, and a day off counts as the end of the
/// last working day. Where the calendar does not reach so far, it is the first or the last instant there
/// is.
pub fn threshold(calendar: &Calendar, now: Timestamp, limit: &Limit, direction: Direction) -> Timestamp {
    let (sign, end) = match direction {
        Direction::Ago => (-1, Timestamp::MIN),
        Direction::Ahead => (1, Timestamp::MAX),
    };
    let amount = sign * i64::from(limit.amount);
    match limit.unit {
        LimitUnit::WorkingDays => working_threshold(calendar, now, amount).unwrap_or(end),
        // With one offset all year, a calendar day is always 24 hours.
        LimitUnit::Days => saturating_add(now, SignedDuration::from_hours(24 * amount)),
        LimitUnit::Hours => saturating_add(now, SignedDuration::from_hours(amount)),
    }
}

fn working_threshold(calendar: &Calendar, now: Timestamp, amount: i64) -> Result<Timestamp, CalendarGap> {
    let local = calendar.local(now);
    let base = calendar.roll_back(local.date())?;
    let day = calendar.add_working_days(base, amount)?;
    if base == local.date() {
        Ok(calendar.instant(day.to_datetime(local.time())))
    } else {
        Ok(calendar.start_of(shift(day, 1)?))
    }
}

/// Counts `amount` of `unit` from the instant `from`, whose own day is not counted.
fn run(calendar: &Calendar, from: Timestamp, amount: i64, unit: LimitUnit) -> Result<Due, CalendarGap> {
    let start = calendar.date_of(from);
    let (last, counted_from) = match unit {
        LimitUnit::WorkingDays => {
            let last = calendar.roll_forward(calendar.add_working_days(start, amount)?)?;
            (last, start)
        }
        LimitUnit::Days => {
            let last = shift(start, amount)?;
            // Only the day it falls on and those it rolls over depend on the calendar.
            (calendar.roll_forward(last)?, shift(last, -1)?)
        }
        LimitUnit::Hours => {
            let at = saturating_add(from, SignedDuration::from_hours(amount));
            return Ok(Due {
                at,
                provisional: false,
            });
        }
    };
    Ok(Due {
        at: calendar.closing_on(last).max(from),
        provisional: calendar.is_provisional(counted_from, last),
    })
}

fn days_between(from: jiff::civil::Date, to: jiff::civil::Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

fn saturating_add(at: Timestamp, duration: SignedDuration) -> Timestamp {
    let end = if duration.is_negative() {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    at.checked_add(duration).unwrap_or(end)
}

#[cfg(test)]
pub(crate) mod tests;
