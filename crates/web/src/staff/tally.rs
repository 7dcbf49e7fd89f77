//! What became of the newest cases: figures for the pages of units and leaders, counted from one bounded read.
//!
//! Cases are counted by the day on which they were raised, so a column says what became of what came in then;
//! later columns can still change. Where older cases were left unread, the periods begin after the oldest that
//! was read, so every column is whole.

use std::collections::BTreeMap;

use bihuan_core::id::UnitId;
use bihuan_report::chart::{Columns, Heat, Layer};
use bihuan_store::read::outline::{self, Outline};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::ctx::Ctx;

/// The most cases that figures are counted from.
pub const MOST: usize = 1_000;

/// The most columns of weeks and of days.
const WEEKS: i64 = 12;
const DAYS: i64 = 14;
/// Cases of fewer whole weeks are counted by day.
const FEW_WEEKS: i64 = 4;

/// The most rows of a grid.
pub const ROWS: usize = 8;

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It ended, and no clock of it ever ran out.
    InTime,
    /// It ended after a clock of it had run out.
    Late,
    /// It is open and has time left.
    Open,
    /// It is open and late.
    Overdue,
}

impl Fate {
    /// All, from the bottom of a column up.
    pub const ALL: [Fate; 4] = [Fate::InTime, Fate::Late, Fate::Open, Fate::Overdue];

    /// Returns what became of a case by `now`.
    pub fn of(row: &Outline, now: Timestamp) -> Fate {
        match row.closed_at {
            Some(_) if row.breached => Fate::Late,
            Some(_) => Fate::InTime,
            None if row.due_at.is_some_and(|due| due < now) => Fate::Overdue,
            None => Fate::Open,
        }
    }

    /// Returns the class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Fate::InTime => "in-time",
            Fate::Late => "late",
            Fate::Open => "open",
            Fate::Overdue => "overdue",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Fate::InTime => "fate-in-time",
            Fate::Late => "fate-late",
            Fate::Open => "fate-open",
            Fate::Overdue => "fate-overdue",
        }
    }
}

/// Days or weeks, one after the other, up to today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    /// The first day of each, and of the one after the last.
    firsts: Vec<Date>,
}

impl Periods {
    /// Chooses periods that are wholly read; `since` is the day of the oldest case read, where older ones were
    /// left unread.
    pub fn up_to(today: Date, since: Option<Date>) -> Periods {
        let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
        // The week of the oldest case read may be half unread, even where it was raised on its first day.
        let weeks = since.map_or(WEEKS, |since| (days_between(since, monday) - 1).div_euclid(7) + 1);
        let (step, last, count) = if weeks >= FEW_WEEKS {
            (7, monday, weeks.min(WEEKS))
        } else {
            // The day of the oldest case read may be half unread.
            let days = since.map_or(DAYS, |since| days_between(since, today));
            (1, today, days.clamp(1, DAYS))
        };
        let first = |back: i64| last.saturating_sub((back * step).days());
        Periods {
            firsts: (-1..count).rev().map(first).collect(),
        }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.firsts.len() - 1
    }

    /// Returns the period that a day lies in.
    pub fn of(&self, day: Date) -> Option<usize> {
        let after = self.firsts.partition_point(|first| *first <= day);
        after.checked_sub(1).filter(|at| *at < self.len())
    }

    /// Returns the first day of the first.
    pub fn since(&self) -> Date {
        self.firsts[0]
    }

    fn names(&self) -> Vec<String> {
        let name = |first: &Date| format!("{}/{}", first.month(), first.day());
        self.firsts[..self.len()].iter().map(name).collect()
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The newest cases under a filter.
pub struct Newest<'a> {
    /// They, the newest first.
    pub rows: &'a [Outline],
    /// In these they were raised, but for some that are older.
    pub periods: Periods,
    ctx: &'a Ctx,
}

impl<'a> Newest<'a> {
    /// Takes what was read for `ctx`.
    pub fn of(ctx: &'a Ctx, read: &'a outline::Newest) -> Newest<'a> {
        let calendar = &ctx.scene.calendar;
        let oldest = read.cases.last().filter(|_| read.more);
        let since = oldest.map(|row| calendar.date_of(row.raised_at));
        Newest {
            rows: &read.cases,
            periods: Periods::up_to(calendar.date_of(ctx.now), since),
            ctx,
        }
    }

    fn period(&self, row: &Outline) -> Option<usize> {
        self.periods.of(self.ctx.scene.calendar.date_of(row.raised_at))
    }

    /// Returns what became of the cases of each period.
    pub fn fates(&self, title: String) -> Columns {
        let mut counts = BTreeMap::from(Fate::ALL.map(|fate| (fate, vec![0; self.periods.len()])));
        for row in self.rows {
            if let (Some(at), Some(counts)) = (self.period(row), counts.get_mut(&Fate::of(row, self.ctx.now)))
            {
                counts[at] += 1;
            }
        }
        Columns {
            title,
            names: self.periods.names(),
            layers: counts
                .into_iter()
                .map(|(fate, counts)| self.layer(fate, counts))
                .collect(),
        }
    }

    /// Returns how many days ended cases took from being raised to their end; `None` where hardly any ended.
    pub fn days_taken(&self, title: String) -> Option<Columns> {
        let mut counts = [
            (Fate::InTime, vec![0_u32; DAYS_TAKEN.len() + 1]),
            (Fate::Late, vec![0; DAYS_TAKEN.len() + 1]),
        ];
        for row in self.rows {
            let fate = Fate::of(row, self.ctx.now);
            let counts = counts.iter_mut().find(|(of, _)| *of == fate);
            if let (Some((_, counts)), Some(closed)) = (counts, row.closed_at) {
                let hours = closed.duration_since(row.raised_at).as_hours();
                counts[DAYS_TAKEN.partition_point(|days| days * 24 <= hours)] += 1;
            }
        }
        let most = DAYS_TAKEN[DAYS_TAKEN.len() - 1];
        let names = DAYS_TAKEN.iter().map(|days| format!("<{days}"));
        let ended: u32 = counts.iter().flat_map(|(_, counts)| counts).sum();
        (ended >= ENOUGH).then(|| Columns {
            title,
            names: names.chain([format!("≥{most}")]).collect(),
            layers: counts
                .into_iter()
                .map(|(fate, counts)| self.layer(fate, counts))
                .collect(),
        })
    }

    fn layer(&self, fate: Fate, counts: Vec<u32>) -> Layer {
        Layer {
            class: fate.class(),
            name: self.ctx.tongue.t(fate.key()),
            counts,
        }
    }

    /// Returns how many cases were raised in each period, by what `of` says of a case: the largest rows first.
    pub fn heat<K: Ord>(
        &self,
        title: String,
        of: impl Fn(&'a Outline) -> Option<K>,
        name: impl Fn(&K) -> String,
    ) -> Heat {
        let mut rows: BTreeMap<K, Vec<u32>> = BTreeMap::new();
        for row in self.rows {
            if let (Some(at), Some(key)) = (self.period(row), of(row)) {
                rows.entry(key).or_insert_with(|| vec![0; self.periods.len()])[at] += 1;
            }
        }
        let mut rows: Vec<(String, Vec<u32>)> = rows
            .into_iter()
            .map(|(key, counts)| (name(&key), counts))
            .collect();
        rows.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<u32>()));
        rows.truncate(ROWS);
        Heat {
            title,
            names: self.periods.names(),
            rows,
        }
    }
}

/// The days up to which ended cases are counted together.
const DAYS_TAKEN: [i64; 10] = [1, 3, 5, 7, 10, 15, 20, 30, 45, 60];
/// From so many cases on a distribution is shown.
const ENOUGH: u32 = 10;

/// Returns how many open cases each unit has, and how many of them are late: the most burdened first.
pub fn by_unit(rows: &[Outline], now: Timestamp) -> Vec<(UnitId, u32, u32)> {
    let mut units: BTreeMap<UnitId, (u32, u32)> = BTreeMap::new();
    for row in rows {
        let (Some(unit), fate) = (row.unit, Fate::of(row, now)) else {
            continue;
        };
        let counts = units.entry(unit).or_default();
        counts.0 += u32::from(matches!(fate, Fate::Open | Fate::Overdue));
        counts.1 += u32::from(fate == Fate::Overdue);
    }
    let mut units: Vec<_> = units
        .into_iter()
        .map(|(unit, (open, late))| (unit, open, late))
        .collect();
    units.sort_by_key(|(unit, open, late)| (std::cmp::Reverse((*late, *open)), *unit));
    units
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_are_whole_weeks_up_to_this_one() {
        // A Wednesday.
        let all = Periods::up_to(date(2026, 3, 11), None);
        assert_eq!((all.len(), all.since()), (12, date(2025, 12, 22)));
        assert_eq!(all.of(date(2026, 3, 11)), Some(11));
        assert_eq!(all.of(date(2026, 3, 8)), Some(10));
        assert_eq!(all.of(date(2025, 12, 21)), None);
    }

    #[test]
    fn a_week_that_was_not_read_whole_is_left_out_and_few_weeks_are_days() {
        // Since a Thursday: the first whole week begins on the Monday after.
        let some = Periods::up_to(date(2026, 3, 11), Some(date(2026, 2, 5)));
        assert_eq!((some.len(), some.since()), (5, date(2026, 2, 9)));
        let monday = Periods::up_to(date(2026, 3, 11), Some(date(2026, 2, 9)));
        assert_eq!((monday.len(), monday.since()), (4, date(2026, 2, 16)));
        let days = Periods::up_to(date(2026, 3, 11), Some(date(2026, 3, 4)));
        assert_eq!((days.len(), days.since()), (7, date(2026, 3, 5)));
        let one = Periods::up_to(date(2026, 3, 11), Some(date(2026, 3, 11)));
        assert_eq!(one.len(), 1);
    }
}
