//! How instants, dates and clocks look on a page.

use bihuan_core::calendar::Calendar;
use bihuan_core::case::{ClockRun, ClockState};
use bihuan_core::clock::{Limit, LimitUnit};
use bihuan_core::pack::model::Pack;
use jiff::Timestamp;

use crate::lang::Tongue;

/// Returns an instant as local date and time to the minute.
pub fn moment(calendar: &Calendar, tongue: Tongue, at: Timestamp) -> String {
    tongue.t2(
        "moment",
        ("date", date(calendar, tongue, at)),
        ("time", time(calendar, at)),
    )
}

/// Returns the local time of day of an instant, to the minute.
pub fn time(calendar: &Calendar, at: Timestamp) -> String {
    let local = calendar.local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// Returns an instant as local day and time, without the year where it is this one.
pub fn brief(calendar: &Calendar, tongue: Tongue, at: Timestamp, now: Timestamp) -> String {
    let (local, today) = (calendar.local(at), calendar.date_of(now));
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    let key = if local.year() == today.year() {
        "brief"
    } else {
        "brief-year"
    };
    let numbers = [
        ("year", i64::from(local.year())),
        ("month", i64::from(local.month())),
        ("day", i64::from(local.day())),
    ];
    let places = numbers
        .into_iter()
        .map(|(name, number)| (name, number.to_string().into()));
    let places: Vec<_> = places.chain([("time", time.into())]).collect();
    tongue.tell(key, &places)
}

/// Returns an instant as local date.
pub fn date(calendar: &Calendar, tongue: Tongue, at: Timestamp) -> String {
    let day = calendar.date_of(at);
    // As text: a year is not a quantity and takes no separators.
    let places = [
        ("year", day.year().to_string()),
        ("month", day.month().to_string()),
        ("day", day.day().to_string()),
        ("mm", format!("{:02}", day.month())),
        ("dd", format!("{:02}", day.day())),
    ];
    let places: Vec<_> = places
        .into_iter()
        .map(|(name, digits)| (name, digits.into()))
        .collect();
    tongue.tell("date", &places)
}

/// Returns a limit in words, such as `5 个工作日`.
pub fn limit(tongue: Tongue, limit: Limit) -> String {
    let key = match limit.unit {
        LimitUnit::WorkingDays => "limit-working-days",
        LimitUnit::Days => "limit-days",
        LimitUnit::Hours => "limit-hours",
    };
    tongue.t1(key, "count", limit.amount)
}

/// A clock as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockFace {
    /// Its name.
    pub title: String,
    /// `met`, `paused`, `near`, `over` or empty: the colour; `left` says the same in words.
    pub look: &'static str,
    /// What is left, in words.
    pub left: String,
    /// When it is due.
    pub due: String,
    /// How much of it is used up, in hundredths.
    pub used_percent: i64,
    /// The limit and where it comes from.
    pub rule: String,
    /// Whether it rests on a calendar not yet published.
    pub provisional: bool,
}

/// Returns the faces of a case's clocks, the most urgent first.
pub fn clock_faces<'a>(
    clocks: impl Iterator<Item = &'a ClockState>,
    pack: &Pack,
    calendar: &Calendar,
    tongue: Tongue,
    now: Timestamp,
) -> Vec<ClockFace> {
    let mut clocks: Vec<&ClockState> = clocks.collect();
    clocks.sort_by_key(|clock| (matches!(clock.run, ClockRun::Stopped(_)), clock.span.due_at));
    clocks
        .into_iter()
        .map(|clock| face(clock, pack, calendar, tongue, now))
        .collect()
}

fn face(clock: &ClockState, pack: &Pack, calendar: &Calendar, tongue: Tongue, now: Timestamp) -> ClockFace {
    let span = &clock.span;
    let rule = pack.clock(&span.clock);
    let (look, left) = standing(clock, rule.map(|rule| rule.limit.unit), calendar, tongue, now);
    let source = rule
        .and_then(|rule| pack.source(&rule.source))
        .map(|source| citation(tongue, source));
    let limit = rule.map(|rule| limit(tongue, rule.limit));
    let seen = match clock.run {
        ClockRun::Running => now,
        ClockRun::Paused(at) | ClockRun::Stopped(at) => at,
    };
    let whole = span.due_at.as_second() - span.started_at.as_second();
    let used = seen.as_second() - span.started_at.as_second();
    ClockFace {
        title: rule.map_or_else(|| span.clock.clone(), |rule| rule.title.get(tongue.0).to_owned()),
        look,
        left,
        due: moment(calendar, tongue, span.due_at),
        used_percent: (used * 100 / whole.max(1)).clamp(0, 100),
        rule: limit.into_iter().chain(source).collect::<Vec<_>>().join(" · "),
        provisional: span.provisional,
    }
}

/// Returns how a clock stands: its look and its words.
fn standing(
    clock: &ClockState,
    unit: Option<LimitUnit>,
    calendar: &Calendar,
    tongue: Tongue,
    now: Timestamp,
) -> (&'static str, String) {
    let due = clock.span.due_at;
    match clock.run {
        ClockRun::Stopped(at) if at > due => ("over", tongue.t("clock-met-late")),
        ClockRun::Stopped(_) => ("met", tongue.t("clock-met")),
        ClockRun::Paused(_) => ("paused", tongue.t("clock-paused")),
        ClockRun::Running if now > due => {
            ("over", span_words("clock-over", unit, calendar, tongue, due, now))
        }
        ClockRun::Running => {
            let near = clock.warned || clock.span.warn_at.is_some_and(|warn_at| now >= warn_at);
            let look = if near { "near" } else { "" };
            (look, span_words("clock-left", unit, calendar, tongue, now, due))
        }
    }
}

/// Returns the time between two instants in words: hours when it is less than two days, else days of
/// the kind that the limit counts.
pub fn span_words(
    key: &str,
    unit: Option<LimitUnit>,
    calendar: &Calendar,
    tongue: Tongue,
    from: Timestamp,
    to: Timestamp,
) -> String {
    let hours = to.duration_since(from).as_hours();
    let words = if hours < 48 || unit == Some(LimitUnit::Hours) {
        tongue.t1("limit-hours", "count", hours)
    } else {
        let days = calendar.working_days_between(calendar.date_of(from), calendar.date_of(to));
        match unit {
            // Over a weekend no working day passes, and yet some time does.
            Some(LimitUnit::WorkingDays) if days > 0 => tongue.t1("limit-working-days", "count", days),
            _ => tongue.t1("limit-days", "count", hours / 24),
        }
    };
    tongue.t1(key, "span", words)
}

/// Returns where a rule comes from, as people cite it.
pub fn citation(tongue: Tongue, source: &bihuan_core::pack::model::Source) -> String {
    use bihuan_core::pack::model::SourceGrade;
    let instrument = source.instrument.get(tongue.0);
    let cited = match source.article.as_str() {
        "" => instrument.to_owned(),
        article => tongue.t2("citation", ("instrument", instrument), ("article", article)),
    };
    match source.grade {
        SourceGrade::A | SourceGrade::B => cited,
        SourceGrade::Example => tongue.t1("citation-example", "cited", cited),
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::label::Lang;

    use super::*;

    #[test]
    fn over_a_weekend_days_are_said_for_no_working_day_passes() {
        let calendar = Calendar::parse(bihuan_packs::CALENDAR_CN).unwrap();
        let span = |from: &str, to: &str| {
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            let unit = Some(LimitUnit::WorkingDays);
            span_words("clock-over", unit, &calendar, Tongue(Lang::En), from, to)
        };
        // From Friday evening to Sunday night, and to the Tuesday after.
        let weekend = span("2026-03-06T10:00:00Z", "2026-03-08T14:00:00Z");
        assert!(
            weekend.contains("2 days") && !weekend.contains("working"),
            "{weekend}"
        );
        let longer = span("2026-03-06T10:00:00Z", "2026-03-10T10:00:00Z");
        assert!(longer.contains("2 working days"), "{longer}");
    }
}
