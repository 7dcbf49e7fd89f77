//! Back-scheduling: from the date on which all must be done to the dates of the milestones before it.

use jiff::civil::Date;

use super::{Limit, LimitUnit};
use crate::calendar::{Calendar, CalendarGap, shift};

/// The last day for a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The day; always a working day.
    pub on: Date,
    /// Whether it rests on a year without a published calendar 暂定.
    pub provisional: bool,
}

/// Returns the last day for each milestone, given how long before `final_date` it must be reached.
///
/// The reverse of a clock: a milestone reached on its day leaves the whole of its lead time. A calendar
/// day that is off gives way to the working day before it, and hours are rounded up to whole days,
/// because a plan that slips forward would not be kept.
///
/// # Errors
/// [`CalendarGap`] if the calendar does not reach so far back.
pub fn back_schedule(
    calendar: &Calendar,
    final_date: Date,
    leads: &[Limit],
) -> Result<Vec<Planned>, CalendarGap> {
    let plan = |lead: &Limit| {
        let amount = i64::from(lead.amount);
        let on = match lead.unit {
            LimitUnit::WorkingDays => calendar.roll_back(calendar.add_working_days(final_date, -amount)?)?,
            LimitUnit::Days => calendar.roll_back(shift(final_date, -amount)?)?,
            LimitUnit::Hours => calendar.roll_back(shift(final_date, -((amount + 23) / 24))?)?,
        };
        Ok(Planned {
            on,
            provisional: calendar.is_provisional(shift(on, -1)?, final_date),
        })
    };
    leads.iter().map(plan).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::clock::tests::china;

    fn check_plan(final_date: Date, leads: &str, expected: &str) {
        let leads: Vec<Limit> = leads
            .split(' ')
            .map(|lead| lead.parse().expect("a limit"))
            .collect();
        let plan = back_schedule(&china(), final_date, &leads).expect("covered");
        let mark = |planned: &Planned| if planned.provisional { "?" } else { "" };
        let found: Vec<String> = plan.iter().map(|p| format!("{}{}", p.on, mark(p))).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn milestones_lie_on_working_days_before_the_final_date() {
        // 2026-02-28 is a make-up Saturday after the Spring Festival, which is off from 15 to 23.
        check_plan(
            date(2026, 2, 28),
            "1wd 5wd 10d 72h",
            "2026-02-27 2026-02-14 2026-02-14 2026-02-25",
        );
    }

    #[test]
    fn a_plan_through_an_unpublished_year_is_provisional() {
        check_plan(date(2027, 1, 6), "1wd 5wd", "2027-01-05? 2026-12-29?");
    }
}
