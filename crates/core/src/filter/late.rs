//! By how many working days a closed case was late.
//!
//! For an open case `overdue > 3wd` compares the due instant with one instant, three working days before
//! now. A closed case ended on a day of its own, so the instant differs from case to case, and the
//! working days between are not arithmetic. They depend on nothing but the day of the end, though: one
//! table, a small number for each day, serves memory and SQL alike.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::calendar::{COVERED_YEARS, Calendar};

/// A day in milliseconds.
pub(super) const DAY_MS: i64 = 86_400_000;

/// For each day of an end, how far back the instant lies that is so many working days before it.
///
/// Covers the years from the first that the calendar lists to the one after now; a case that closed
/// outside was late by no number of working days. The same instants as
/// [`threshold`](crate::clock::threshold), day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTable {
    /// The first day, in days since 1 January 1970, local.
    pub(super) first_day: i64,
    /// How many days.
    pub(super) days: i64,
    /// What to add to UTC for local time, in milliseconds.
    pub(super) offset_ms: i64,
    /// How many digits each entry has.
    pub(super) width: usize,
    /// The entries one after the other: twice the number of days back, plus one where the day of the end
    /// was off, so that its beginning counts and not the time of day.
    pub(super) digits: String,
}

impl DayTable {
    /// Makes the table for `amount` working days.
    pub(super) fn new(calendar: &Calendar, now: Timestamp, amount: u32) -> DayTable {
        let (first, last) = covered_years(calendar, now);
        let amount = i64::from(amount);
        // Two days in seven and the holidays are off: twice the working days and a month reach back far enough.
        let earliest = first
            .saturating_sub((2 * amount + 60).days())
            .max(start_of(*COVERED_YEARS.start()));
        let (mut working, mut entries) = (Vec::new(), Vec::new());
        // Thousands of days for every filter that asks: each is made from the one before.
        let days = std::iter::successors(Some(earliest), |date| date.tomorrow().ok());
        for (day, date) in (day_number(earliest)..).zip(days.take_while(|date| *date <= last)) {
            let is_working = calendar.is_working(date);
            if is_working {
                working.push(day);
            }
            if date >= first {
                let target = (working.len() as i64 - 1 - amount).max(0) as usize;
                let back = day - working.get(target).copied().unwrap_or(day) - i64::from(!is_working);
                entries.push(2 * back.max(0) + i64::from(!is_working));
            }
        }
        let width = entries.iter().max().map_or(1, |most| most.to_string().len());
        DayTable {
            first_day: day_number(first),
            days: entries.len() as i64,
            offset_ms: i64::from(calendar.utc_offset.seconds()) * 1000,
            width,
            digits: written(&entries, width),
        }
    }

    /// Returns the instant that lies the table's working days before `end`, both in milliseconds.
    pub(super) fn before(&self, end: i64) -> i64 {
        let local = end + self.offset_ms;
        let index = local.div_euclid(DAY_MS) - self.first_day;
        let entry = usize::try_from(index)
            .ok()
            .and_then(|index| self.digits.get(index * self.width..(index + 1) * self.width))
            .and_then(|digits| digits.parse::<i64>().ok());
        match entry {
            Some(entry) => end - entry / 2 * DAY_MS - entry % 2 * local.rem_euclid(DAY_MS),
            None => Timestamp::MIN.as_millisecond(),
        }
    }
}

/// Writes the entries one after the other, each with `width` digits.
fn written(entries: &[i64], width: usize) -> String {
    let mut digits = String::with_capacity(entries.len() * width);
    for entry in entries {
        let places = (0..width as u32)
            .rev()
            .map(|place| entry / 10_i64.pow(place) % 10);
        digits.extend(places.map(|digit| char::from(b'0' + digit as u8)));
    }
    digits
}

fn covered_years(calendar: &Calendar, now: Timestamp) -> (Date, Date) {
    let this = calendar.date_of(now).year();
    let covered = |year: i16| year.clamp(*COVERED_YEARS.start() + 1, *COVERED_YEARS.end());
    let first = calendar
        .years()
        .map(|(year, _)| year)
        .min()
        .unwrap_or(this)
        .min(this);
    let next = start_of(covered(this.saturating_add(1)));
    (start_of(covered(first)), next.last_of_year())
}

fn start_of(year: i16) -> Date {
    Date::constant(year, 1, 1)
}

fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}
