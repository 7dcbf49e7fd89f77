//! Reading a calendar file: every problem at once, each with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{COVERED_YEARS, Calendar, DayKind, FixedDay, SpecialDay, Year};
use crate::problem::Problem;

/// No notice takes more days off in one go; a longer run is a slip of the pen.
const LONGEST_RUN_DAYS: usize = 31;

pub(super) fn parse(toml: &str) -> Result<Calendar, Vec<Problem>> {
    let (root, errors) = DeTable::parse_recoverable(toml);
    let mut reader = Reader::default();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        reader.report(span, error.message());
    }
    let calendar = reader.calendar(root.get_ref());
    match calendar {
        Some(calendar) if reader.problems.is_empty() => Ok(calendar),
        _ => {
            reader.problems.sort_by_key(|problem| problem.span.start);
            Err(reader.problems)
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    days: BTreeMap<Date, SpecialDay>,
}

/// A value with its place.
type Value<'t> = Spanned<DeValue<'t>>;

impl Reader {
    fn report(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problems.push(Problem::new(span, message));
    }

    fn calendar(&mut self, root: &DeTable<'_>) -> Option<Calendar> {
        let top = 0..0;
        let known = [
            "id",
            "version",
            "utc_offset",
            "opening",
            "closing",
            "fixed",
            "year",
        ];
        self.refuse_unknown_keys(root, &known);
        let id = self.required(root, "id", &top, Self::text);
        let version = self.required(root, "version", &top, Self::number);
        let utc_offset = self.required(root, "utc_offset", &top, Self::offset);
        let opening = self.required(root, "opening", &top, Self::time);
        let closing = self.required(root, "closing", &top, Self::time);
        let fixed = self.required(root, "fixed", &top, Self::fixed_days);
        let years = self.required(root, "year", &top, Self::years);
        if let (Some(opening), Some(closing), Some(place)) = (opening, closing, root.get("closing"))
            && closing <= opening
        {
            self.report(place.span(), "offices close before they open");
        }
        Some(Calendar {
            id: id?,
            version: version?,
            utc_offset: utc_offset?,
            opening: opening?,
            closing: closing?,
            years: years?,
            days: std::mem::take(&mut self.days),
            fixed: fixed?,
        })
    }

    fn refuse_unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
        {
            let problem = Problem::new(key.span(), format!("unknown key {:?}", key.get_ref()));
            self.problems
                .push(problem.with_hint(format!("the keys here are {}", known.join(", "))));
        }
    }

    /// Reads `table[key]` with `read`; reports at `parent` where it is missing.
    fn required<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        parent: &Range<usize>,
        read: impl FnOnce(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<T> {
        match table.get(key) {
            Some(value) => read(self, value),
            None => {
                self.report(parent.clone(), format!("{key:?} is missing"));
                None
            }
        }
    }

    /// Returns the value if there is one, reports what was expected if not.
    fn expect<T>(&mut self, value: &Value<'_>, found: Option<T>, expected: &str) -> Option<T> {
        if found.is_none() {
            self.report(value.span(), format!("expected {expected}"));
        }
        found
    }

    fn text(&mut self, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
        self.expect(value, text.map(str::to_owned), "a text that is not empty")
    }

    fn number(&mut self, value: &Value<'_>) -> Option<u32> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| integer.as_str().parse().ok());
        self.expect(value, number.filter(|number| *number > 0), "a number from 1")
    }

    fn flag(&mut self, value: &Value<'_>) -> Option<bool> {
        self.expect(value, value.get_ref().as_bool(), "true or false")
    }

    fn time(&mut self, value: &Value<'_>) -> Option<Time> {
        let time = value.get_ref().as_str().and_then(|text| text.parse().ok());
        self.expect(value, time, "a time of day such as \"18:00\"")
    }

    fn offset(&mut self, value: &Value<'_>) -> Option<Offset> {
        let offset = value.get_ref().as_str().and_then(offset);
        self.expect(value, offset, "an offset such as \"+08:00\"")
    }

    fn items<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v [Value<'t>]> {
        let array = value.get_ref().as_array();
        self.expect(value, array, "a list").map(|array| &array[..])
    }

    fn fixed_days(&mut self, value: &Value<'_>) -> Option<Vec<FixedDay>> {
        let mut days = Vec::new();
        for item in self.items(value)? {
            let run = item.get_ref().as_str().and_then(|text| text.split_once(' '));
            // A leap year, so that the 29th of February can be written.
            let read = run.and_then(|(range, name)| Some((run_of(range, "2000-")?, name)));
            let expected = "a date without a year and a name, such as \"05-01..05-02 劳动节\"";
            let Some((run, name)) = self.expect(item, read, expected) else {
                continue;
            };
            days.extend(run.iter().map(|date| FixedDay {
                month: date.month(),
                day: date.day(),
                name: name.to_owned(),
            }));
        }
        Some(days)
    }

    fn years(&mut self, value: &Value<'_>) -> Option<BTreeMap<i16, Year>> {
        let mut years = BTreeMap::new();
        for item in self.items(value)? {
            let table = item.get_ref().as_table();
            let Some(table) = self.expect(item, table, "a table [[year]]") else {
                continue;
            };
            let Some((year, entry)) = self.year(table, &item.span()) else {
                continue;
            };
            if years.insert(year, entry).is_some() {
                self.report(item.span(), format!("the year {year} is listed twice"));
            }
        }
        Some(years)
    }

    fn year(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<(i16, Year)> {
        self.refuse_unknown_keys(table, &["year", "provisional", "paper", "off", "work"]);
        let year = self.required(table, "year", span, |reader, value| {
            let year = reader.number(value).and_then(|year| i16::try_from(year).ok());
            let expected = format!("a year from {} to {}", COVERED_YEARS.start(), COVERED_YEARS.end());
            reader.expect(value, year.filter(|year| COVERED_YEARS.contains(year)), &expected)
        });
        let provisional = table
            .get("provisional")
            .and_then(|value| self.flag(value))
            .unwrap_or(false);
        let paper = table.get("paper").and_then(|value| self.text(value));
        for (key, kind) in [("off", DayKind::Off), ("work", DayKind::Working)] {
            self.required(table, key, span, |reader, value| {
                for item in reader.items(value)? {
                    reader.special_days(item, kind, year);
                }
                Some(())
            });
        }
        let published = !provisional;
        Some((year?, Year { published, paper }))
    }

    fn special_days(&mut self, item: &Value<'_>, kind: DayKind, year: Option<i16>) {
        let run = item.get_ref().as_str().and_then(|text| text.split_once(' '));
        let read = run.and_then(|(range, name)| Some((run_of(range, "")?, name)));
        let expected = "a date or a run of dates and a name, such as \"2026-02-15..2026-02-23 春节\"";
        let Some((run, name)) = self.expect(item, read, expected) else {
            return;
        };
        for date in run {
            // A notice may reach back into the December before its year, never further.
            let own = |year: i16| date.year() == year || (date.year() == year - 1 && date.month() == 12);
            if !year.is_none_or(own) {
                self.report(item.span(), format!("{date} is not of this year's notice"));
            }
            let name = name.to_owned();
            if self.days.insert(date, SpecialDay { kind, name }).is_some() {
                self.report(item.span(), format!("{date} is listed twice"));
            }
        }
    }
}

/// Reads `from..to` or one date, each with `prefix` before it; `None` if it is neither or runs backwards.
fn run_of(range: &str, prefix: &str) -> Option<Vec<Date>> {
    let (first, last) = range.split_once("..").unwrap_or((range, range));
    let date = |text: &str| format!("{prefix}{text}").parse::<Date>().ok();
    let (first, last) = (date(first)?, date(last)?);
    let days = first.series(1.day()).take_while(|day| *day <= last);
    let run: Vec<Date> = days.take(LONGEST_RUN_DAYS + 1).collect();
    (!run.is_empty() && run.len() <= LONGEST_RUN_DAYS).then_some(run)
}

fn offset(text: &str) -> Option<Offset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let time: Time = text.get(1..)?.parse().ok()?;
    let seconds = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::CHINA;
    use super::*;

    const GOOD: &str = r#"id = "x"
version = 3
utc_offset = "-03:30"
opening = "08:30"
closing = "17:00"
fixed = ["01-01 New Year"]
[[year]]
year = 2026
paper = "Notice 1"
off = ["2025-12-31..2026-01-02 New Year"]
work = ["2026-01-04 New Year"]
"#;

    /// Checks that `file` has exactly the problems given, each as line, and message.
    fn check_problems(file: &str, expected: &[(usize, &str)]) {
        let problems = Calendar::parse(file).expect_err("the file has problems");
        let found: Vec<(usize, String)> = problems
            .iter()
            .map(|p| (p.place(file).line, p.message.clone()))
            .collect();
        let expected: Vec<(usize, String)> = expected
            .iter()
            .map(|(line, text)| (*line, text.to_string()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_good_file_is_read_whole() {
        let calendar = Calendar::parse(GOOD).expect("no problems");
        assert_eq!((calendar.id.as_str(), calendar.version), ("x", 3));
        assert_eq!(calendar.utc_offset.seconds(), -12_600);
        assert_eq!(calendar.days.len(), 4);
        let years: Vec<_> = calendar
            .years()
            .map(|(year, entry)| (year, entry.paper.as_deref()))
            .collect();
        assert_eq!(years, [(2026, Some("Notice 1"))]);
    }

    #[test]
    fn every_problem_is_reported_with_its_line() {
        let file = GOOD
            .replace("version = 3", "version = 0\nvresion = 3")
            .replace("-03:30", "3h")
            .replace("17:00", "07:00")
            .replace("\"01-01 New Year\"", "\"13-01 New Year\"")
            .replace("2025-12-31..", "2026-01-03..")
            .replace(
                "\"2026-01-04 New Year\"",
                "\"2026-01-04 New Year\", \"2026-01-04 again\", \"2027-01-01 x\"",
            );
        check_problems(
            &file,
            &[
                (2, "expected a number from 1"),
                (3, "unknown key \"vresion\""),
                (4, "expected an offset such as \"+08:00\""),
                (6, "offices close before they open"),
                (
                    7,
                    "expected a date without a year and a name, such as \"05-01..05-02 劳动节\"",
                ),
                (
                    11,
                    "expected a date or a run of dates and a name, such as \"2026-02-15..2026-02-23 春节\"",
                ),
                (12, "2026-01-04 is listed twice"),
                (12, "2027-01-01 is not of this year's notice"),
            ],
        );
    }

    #[test]
    fn missing_keys_and_broken_toml_are_problems() {
        check_problems(
            "id = \"x\"\n[[year]]\nyear = 2026\n[[year]]\nyear = 2026\noff = []\nwork = []\n",
            &[
                (1, "\"version\" is missing"),
                (1, "\"utc_offset\" is missing"),
                (1, "\"opening\" is missing"),
                (1, "\"closing\" is missing"),
                (1, "\"fixed\" is missing"),
                (2, "\"off\" is missing"),
                (2, "\"work\" is missing"),
                (4, "the year 2026 is listed twice"),
            ],
        );
        assert!(Calendar::parse("id = \"x\nversion").is_err());
        assert!(Calendar::parse("").is_err());
    }

    #[test]
    fn a_run_that_goes_backwards_or_on_and_on_is_refused() {
        assert_eq!(run_of("2026-01-02..2026-01-01", ""), None);
        assert_eq!(run_of("2026-01-01..2026-03-01", ""), None);
        assert_eq!(run_of("2026-01-01..2026-01-03", "").map(|run| run.len()), Some(3));
    }

    #[test]
    fn the_shipped_calendar_lists_every_year_from_2007() {
        let calendar = Calendar::parse(CHINA).expect("no problems");
        let published: Vec<i16> = calendar
            .years()
            .filter(|(_, y)| y.published)
            .map(|(year, _)| year)
            .collect();
        assert_eq!(published, (2007..=2026).collect::<Vec<i16>>());
    }
}
