//! The working-day calendar 工作日历, with make-up days 调休.
//!
//! A calendar is data: a TOML file that lists, year by year, what the official notice takes off and
//! what it makes up for at a weekend. [`Calendar::parse`] reads it and reports every problem at once;
//! the other functions answer which days are worked and where local days lie in time. How long
//! something may take is the business of [`crate::clock`].
//!
//! A year without a notice is guessed: weekends, and the statutory days that fall on the same date
//! every year. Whatever was computed from such a year is provisional 暂定 and is computed again when a
//! newer calendar is imported. A notice may still change the last days of the December before its
//! year, so a new calendar has every running clock computed again, not only the provisional ones.

mod parse;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

use crate::problem::Problem;

/// The years that a calendar answers for, published or guessed, first and last included.
///
/// A date outside is a mistake of input; the bound also bounds the work of counting days.
pub const COVERED_YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// A calendar: which days are worked, at which offset from UTC, in which office hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its id, such as `cn`.
    pub id: String,
    /// Its version; a higher one replaces the lower.
    pub version: u32,
    /// The offset of local time from UTC, the same all year.
    pub utc_offset: Offset,
    /// When offices open: the time of day at which a warning is given.
    pub opening: Time,
    /// When offices close: the time of day at which a limit in days runs out on its last day.
    pub closing: Time,
    years: BTreeMap<i16, Year>,
    days: BTreeMap<Date, SpecialDay>,
    fixed: Vec<FixedDay>,
}

/// Whether a day is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayKind {
    /// A working day 工作日.
    Working,
    /// A day off 休息日: a weekend or a holiday.
    Off,
}

/// A year that the file lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Whether the official notice for it was published; otherwise its days are computed from the law.
    pub published: bool,
    /// The notice, where it is known.
    pub paper: Option<String>,
}

/// A day that is not what its weekday says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SpecialDay {
    kind: DayKind,
    name: String,
}

/// A statutory day on the same date every year.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FixedDay {
    month: i8,
    day: i8,
    name: String,
}

/// The calendar does not reach so far: see [`COVERED_YEARS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar does not cover {on}")]
pub struct CalendarGap {
    /// The date asked for, or the last one that could be reached.
    pub on: Date,
}

impl Calendar {
    /// Reads a calendar file.
    ///
    /// # Errors
    /// Every problem of the file, in the order of their places.
    pub fn parse(toml: &str) -> Result<Calendar, Vec<Problem>> {
        parse::parse(toml)
    }

    /// Returns the years that the file lists, oldest first.
    pub fn years(&self) -> impl Iterator<Item = (i16, &Year)> {
        self.years.iter().map(|(year, entry)| (*year, entry))
    }

    /// Returns whether `date` is worked.
    pub fn day(&self, date: Date) -> DayKind {
        if let Some(special) = self.days.get(&date) {
            return special.kind;
        }
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend || self.fixed_on(date).is_some() {
            DayKind::Off
        } else {
            DayKind::Working
        }
    }

    /// Returns whether `date` is worked.
    pub fn is_working(&self, date: Date) -> bool {
        self.day(date) == DayKind::Working
    }

    /// Returns the name of the holiday that `date` is off for or makes up for.
    pub fn holiday(&self, date: Date) -> Option<&str> {
        let special = self.days.get(&date).map(|special| special.name.as_str());
        special.or_else(|| self.fixed_on(date))
    }

    /// Returns whether the official notice for the year of `date` was published.
    pub fn is_published(&self, date: Date) -> bool {
        self.years.get(&date.year()).is_some_and(|year| year.published)
    }

    /// Returns whether a day after `from`, up to and with `to`, lies in a year without a notice 暂定.
    pub(crate) fn is_provisional(&self, from: Date, to: Date) -> bool {
        let first = from.saturating_add(1.day());
        first <= to
            && (first.year()..=to.year()).any(|year| !self.years.get(&year).is_some_and(|y| y.published))
    }

    /// Returns the `count`-th working day after `date`, which is not counted itself; before it where
    /// `count` is negative; `date` where it is 0.
    ///
    /// # Errors
    /// [`CalendarGap`] if that lies outside [`COVERED_YEARS`].
    pub fn add_working_days(&self, date: Date, count: i64) -> Result<Date, CalendarGap> {
        let step = count.signum();
        let (mut day, mut left) = (covered(date)?, count.unsigned_abs());
        while left > 0 {
            day = shift(day, step)?;
            left -= u64::from(self.is_working(day));
        }
        Ok(day)
    }

    /// Returns how many working days lie after `from`, up to and with `to`; negative if `to` is earlier.
    ///
    /// The reverse of [`Calendar::add_working_days`]. Days outside [`COVERED_YEARS`] are not counted.
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        let (first, last) = (clamp(from.min(to)), clamp(from.max(to)));
        let days = first.series(1.day()).skip(1).take_while(|day| *day <= last);
        let count = days.filter(|day| self.is_working(*day)).count() as i64;
        if from <= to { count } else { -count }
    }

    /// Returns how many working days the year has.
    pub fn working_days_in_year(&self, year: i16) -> u32 {
        let days =
            (1..=12).flat_map(|month| (1..=31).filter_map(move |day| Date::new(year, month, day).ok()));
        days.filter(|day| self.is_working(*day)).count() as u32
    }

    /// Returns the first working day on or after `date`.
    ///
    /// # Errors
    /// [`CalendarGap`] if there is none in [`COVERED_YEARS`].
    pub fn roll_forward(&self, date: Date) -> Result<Date, CalendarGap> {
        if self.is_working(date) {
            covered(date)
        } else {
            self.add_working_days(date, 1)
        }
    }

    /// Returns the last working day on or before `date`.
    ///
    /// # Errors
    /// [`CalendarGap`] if there is none in [`COVERED_YEARS`].
    pub fn roll_back(&self, date: Date) -> Result<Date, CalendarGap> {
        if self.is_working(date) {
            covered(date)
        } else {
            self.add_working_days(date, -1)
        }
    }

    /// Returns the local date and time of day of the instant `at`.
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.utc_offset.to_datetime(at)
    }

    /// Returns the local date of the instant `at`.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// Returns the instant of the local date and time `local`; the nearest there is at the ends of time.
    pub fn instant(&self, local: DateTime) -> Timestamp {
        let nearest = if local.year() < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        self.utc_offset.to_timestamp(local).unwrap_or(nearest)
    }

    /// Returns the instant at which the local day `date` begins.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.instant(date.to_datetime(Time::midnight()))
    }

    /// Returns the instant at which offices open on `date`, were it worked.
    pub fn opening_on(&self, date: Date) -> Timestamp {
        self.instant(date.to_datetime(self.opening))
    }

    /// Returns the instant at which offices close on `date`, were it worked.
    pub fn closing_on(&self, date: Date) -> Timestamp {
        self.instant(date.to_datetime(self.closing))
    }

    fn fixed_on(&self, date: Date) -> Option<&str> {
        if self.years.contains_key(&date.year()) {
            return None;
        }
        let fixed = self
            .fixed
            .iter()
            .find(|fixed| (fixed.month, fixed.day) == (date.month(), date.day()));
        fixed.map(|fixed| fixed.name.as_str())
    }
}

/// Returns `date` moved by `days` calendar days.
///
/// # Errors
/// [`CalendarGap`] if that lies outside [`COVERED_YEARS`].
pub(crate) fn shift(date: Date, days: i64) -> Result<Date, CalendarGap> {
    let gap = CalendarGap { on: date };
    let days = i32::try_from(days).map_err(|_| gap)?;
    let span = jiff::Span::new().try_days(days).map_err(|_| gap)?;
    covered(date.checked_add(span).map_err(|_| gap)?)
}

fn covered(date: Date) -> Result<Date, CalendarGap> {
    if COVERED_YEARS.contains(&date.year()) {
        Ok(date)
    } else {
        Err(CalendarGap { on: date })
    }
}

fn clamp(date: Date) -> Date {
    let (first, last) = (COVERED_YEARS.start(), COVERED_YEARS.end());
    date.clamp(Date::constant(*first, 1, 1), Date::constant(*last, 12, 31))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    pub(super) const CHINA: &str = include_str!("../../packs/calendars/cn.toml");

    fn china() -> Calendar {
        Calendar::parse(CHINA).expect("the shipped calendar has no problems")
    }

    #[test]
    fn a_year_has_as_many_working_days_as_the_official_notices_leave() {
        let calendar = china();
        let counts = [2024, 2025, 2026].map(|year| calendar.working_days_in_year(year));
        assert_eq!(counts, [251, 248, 248]);
    }

    #[test]
    fn a_holiday_is_off_and_its_make_up_day_is_worked() {
        let calendar = china();
        assert_eq!(calendar.day(date(2026, 2, 16)), DayKind::Off);
        assert_eq!(calendar.holiday(date(2026, 2, 16)), Some("春节"));
        assert_eq!(calendar.day(date(2026, 2, 28)), DayKind::Working);
        assert_eq!(calendar.day(date(2026, 3, 1)), DayKind::Off);
        assert_eq!(calendar.holiday(date(2026, 3, 2)), None);
    }

    #[test]
    fn a_year_without_a_notice_keeps_statutory_days_and_is_not_published() {
        let calendar = china();
        assert!(calendar.is_published(date(2026, 12, 31)));
        for (day, kind) in [
            (date(2027, 2, 5), DayKind::Off),
            (date(2027, 2, 9), DayKind::Working),
            (date(2027, 6, 9), DayKind::Off),
            (date(2031, 10, 3), DayKind::Off),
            (date(2031, 10, 6), DayKind::Working),
        ] {
            assert_eq!(calendar.day(day), kind, "{day}");
            assert!(!calendar.is_published(day), "{day}");
        }
    }

    #[test]
    fn a_span_is_provisional_when_a_counted_day_is() {
        let calendar = china();
        let [before, last, first] = [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)];
        assert!(!calendar.is_provisional(before, last));
        assert!(calendar.is_provisional(last, first));
        assert!(!calendar.is_provisional(first, first));
    }

    #[test]
    fn counting_past_the_covered_years_is_a_gap() {
        let gap = china().add_working_days(date(2199, 12, 20), 30);
        assert_eq!(gap, Err(CalendarGap { on: date(2200, 1, 1) }));
        assert!(shift(date(2026, 1, 1), i64::MAX).is_err());
    }

    #[test]
    fn local_days_begin_at_the_offset() {
        let calendar = china();
        let midnight: Timestamp = "2026-03-01T16:00:00Z".parse().expect("an instant");
        assert_eq!(calendar.date_of(midnight), date(2026, 3, 2));
        assert_eq!(calendar.start_of(date(2026, 3, 2)), midnight);
    }

    proptest! {
        #[test]
        fn adding_and_counting_working_days_are_inverse(start in 0i64..8000, count in -300i64..300) {
            let calendar = china();
            let from = shift(date(2006, 1, 1), start).expect("covered");
            let to = calendar.add_working_days(from, count).expect("covered");
            // Going back from a day off, the day itself does not count, so the reverse starts before it.
            let base = if count < 0 { calendar.roll_back(from).expect("covered") } else { from };
            let off = i64::from(count < 0 && base != from);
            prop_assert_eq!(calendar.working_days_between(from, to), count + off);
            prop_assert!(count == 0 || calendar.is_working(to));
        }

        #[test]
        fn rolling_ends_on_a_working_day_with_none_between(start in 0i64..8000) {
            let calendar = china();
            let day = shift(date(2006, 1, 1), start).expect("covered");
            let (back, forward) = (calendar.roll_back(day).expect("covered"), calendar.roll_forward(day).expect("covered"));
            prop_assert!(calendar.is_working(back) && calendar.is_working(forward));
            prop_assert!(back <= day && day <= forward);
            prop_assert!(calendar.working_days_between(back, forward) == i64::from(back != forward));
        }
    }
}
