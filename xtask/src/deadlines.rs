//! Holds the shipped working-day calendar against deadlines and holidays that somebody else computed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::calendar::{Calendar, DayKind};
use jiff::civil::{Date, Weekday};

/// Compares each row `start,workdays_after,deadline_date` of `deadlines` and, where given, every day of
/// the years that `holidays` (`date,is_off_day`) covers; prints how many agree.
pub fn check(root: &Path, deadlines: &str, holidays: Option<&str>) -> Result<()> {
    let path = root.join("crates/packs/calendars/cn.toml");
    let toml = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let calendar = Calendar::parse(&toml).map_err(|problems| {
        let places: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {problem}", problem.place(&toml)))
            .collect();
        anyhow::anyhow!("{}", places.join("\n"))
    })?;
    report("deadlines", &wrong_deadlines(&calendar, &read(deadlines)?)?)?;
    match holidays {
        Some(holidays) => report("days", &wrong_days(&calendar, &read(holidays)?)?),
        None => Ok(()),
    }
}

/// How many were compared, and a line for each that differs.
struct Comparison {
    compared: usize,
    differing: Vec<String>,
}

impl Comparison {
    fn note<T: PartialEq + Display>(&mut self, what: impl Display, found: T, expected: T) {
        self.compared += 1;
        if found != expected {
            self.differing
                .push(format!("{what}: found {found}, expected {expected}"));
        }
    }
}

fn report(what: &str, comparison: &Comparison) -> Result<()> {
    for line in &comparison.differing {
        println!("{line}");
    }
    let Comparison { compared, differing } = comparison;
    println!("{} of {compared}", compared - differing.len());
    ensure!(*compared > 0 && differing.is_empty(), "not all {what} agree");
    Ok(())
}

fn wrong_deadlines(calendar: &Calendar, rows: &[Row]) -> Result<Comparison> {
    let mut comparison = Comparison {
        compared: 0,
        differing: Vec::new(),
    };
    for row in rows {
        let (start, count): (Date, i64) = (row.get("start")?, row.get("workdays_after")?);
        let found = calendar.add_working_days(start, count)?;
        comparison.note(format!("{start} + {count}"), found, row.get("deadline_date")?);
    }
    Ok(comparison)
}

fn wrong_days(calendar: &Calendar, rows: &[Row]) -> Result<Comparison> {
    let mut off: BTreeMap<Date, bool> = BTreeMap::new();
    for row in rows {
        off.insert(row.get("date")?, row.get::<u8>("is_off_day")? == 1);
    }
    let mut comparison = Comparison {
        compared: 0,
        differing: Vec::new(),
    };
    for (year, _) in calendar.years().filter(|(_, year)| year.published) {
        let first = Date::new(year, 1, 1)?;
        for day in first
            .series(jiff::Span::new().days(1))
            .take_while(|day| day.year() == year)
        {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let expected = off.get(&day).copied().unwrap_or(weekend);
            comparison.note(day, calendar.day(day) == DayKind::Off, expected);
        }
    }
    Ok(comparison)
}

/// A row of a file with a heading, by the names of its columns. These files know no quotes.
struct Row(BTreeMap<String, String>);

impl Row {
    fn get<T>(&self, column: &str) -> Result<T>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        let text = self
            .0
            .get(column)
            .with_context(|| format!("no column {column:?}"))?;
        text.parse().with_context(|| format!("{column} {text:?}"))
    }
}

fn read(path: &str) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let Some(heading) = lines.next() else {
        bail!("{path} is empty")
    };
    let columns: Vec<String> = heading.split(',').map(str::to_owned).collect();
    let row = |line: &str| {
        Row(columns
            .iter()
            .cloned()
            .zip(line.split(',').map(str::to_owned))
            .collect())
    };
    Ok(lines.filter(|line| !line.is_empty()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(heading: &str, line: &str) -> Vec<Row> {
        let cells = heading.split(',').zip(line.split(','));
        vec![Row(cells
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())]
    }

    fn calendar() -> Calendar {
        let toml = include_str!("../../crates/packs/calendars/cn.toml");
        Calendar::parse(toml).expect("the shipped calendar has no problems")
    }

    #[test]
    fn a_wrong_deadline_is_named() {
        let rows = rows("start,workdays_after,deadline_date", "2026-03-06,1,2026-03-10");
        let comparison = wrong_deadlines(&calendar(), &rows).expect("a good row");
        assert_eq!(
            comparison.differing,
            ["2026-03-06 + 1: found 2026-03-09, expected 2026-03-10"]
        );
    }

    #[test]
    fn a_column_that_is_missing_is_an_error() {
        let rows = rows("start,days", "2026-03-06,1");
        assert!(wrong_deadlines(&calendar(), &rows).is_err());
    }

    #[test]
    fn a_day_off_that_the_file_does_not_know_is_named() {
        let comparison = wrong_days(&calendar(), &[]).expect("no rows");
        assert!(
            comparison
                .differing
                .contains(&"2026-10-01: found true, expected false".to_owned())
        );
    }
}
