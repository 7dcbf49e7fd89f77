//! Relative and fixed days to instants.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::calendar::Calendar;
use crate::filter::ast::{Period, When};

/// Returns the span that `when` means: from the first instant to the first one after, in the calendar's
/// offset. An instant is a span of a millisecond. `None` where it lies outside the covered years.
pub(super) fn span(when: When, calendar: &Calendar, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let today = calendar.date_of(now);
    let (first, after) = match when {
        When::Now => return instant(now),
        When::Hour(amount) => {
            return instant(
                now.checked_add(SignedDuration::from_hours(i64::from(amount)))
                    .ok()?,
            );
        }
        When::On(date) => one_day(date)?,
        When::Day(amount) => one_day(today.checked_add(i64::from(amount).days()).ok()?)?,
        When::WorkingDay(amount) => one_day(calendar.add_working_days(today, i64::from(amount)).ok()?)?,
        When::Period(period, amount) => whole_period(today, period, i64::from(amount))?,
    };
    Some((calendar.start_of(first), calendar.start_of(after)))
}

fn instant(at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    Some((at, at.checked_add(SignedDuration::from_millis(1)).ok()?))
}

fn one_day(date: Date) -> Option<(Date, Date)> {
    Some((date, date.tomorrow().ok()?))
}

fn whole_period(today: Date, period: Period, amount: i64) -> Option<(Date, Date)> {
    let (first, length) = match period {
        Period::Week => {
            let since_monday = i64::from(today.weekday().to_monday_zero_offset());
            (today.checked_sub(since_monday.days()).ok()?, 1.week())
        }
        Period::Month => (today.first_of_month(), 1.month()),
        Period::Quarter => {
            let month = (today.month() - 1) / 3 * 3 + 1;
            (Date::new(today.year(), month, 1).ok()?, 3.months())
        }
        Period::Year => (today.first_of_year(), 1.year()),
    };
    let first = first.checked_add(length.checked_mul(amount).ok()?).ok()?;
    Some((first, first.checked_add(length).ok()?))
}
