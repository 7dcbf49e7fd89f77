use jiff::civil::{Date, DateTime, date};
use proptest::prelude::*;

use super::*;
use crate::calendar::DayKind;

pub(crate) fn china() -> Calendar {
    Calendar::parse(include_str!("../../../packs/calendars/cn.toml"))
        .expect("the shipped calendar has no problems")
}

/// Reads a local instant such as `2026-03-02 09:00`.
fn local(text: &str) -> Timestamp {
    china().instant(text.parse::<DateTime>().expect("a date and a time"))
}

fn limit(text: &str) -> Limit {
    text.parse().expect("a limit")
}

/// Writes a due instant as local time, with `?` where it is provisional.
fn written(due: Due) -> String {
    let mark = if due.provisional { "?" } else { "" };
    format!("{}{mark}", china().local(due.at).strftime("%m-%d %H:%M"))
}

fn check_due(started: &str, length: &str, expected: &str) {
    let due = due_at(&limit(length), &china(), local(started)).expect("covered");
    assert_eq!(written(due), expected, "{length} from {started}");
}

#[test]
fn working_days_skip_holidays_and_count_make_up_days() {
    check_due("2026-02-13 10:00", "1wd", "02-14 18:00");
    check_due("2026-02-13 10:00", "3wd", "02-25 18:00");
    check_due("2026-02-13 23:59", "6wd", "02-28 18:00");
}

#[test]
fn calendar_days_roll_over_days_off_at_their_end_only() {
    check_due("2026-03-02 09:00", "15d", "03-17 18:00");
    check_due("2026-02-05 09:00", "15d", "02-24 18:00");
    check_due("2026-09-20 09:00", "10d", "09-30 18:00");
    check_due("2026-09-20 09:00", "11d", "10-08 18:00");
}

#[test]
fn hours_run_around_the_clock() {
    check_due("2026-02-14 22:30", "24h", "02-15 22:30");
}

#[test]
fn what_touches_an_unpublished_year_is_provisional() {
    check_due("2026-12-30 09:00", "1wd", "12-31 18:00");
    check_due("2026-12-31 09:00", "1wd", "01-04 18:00?");
    check_due("2026-12-20 09:00", "15d", "01-04 18:00?");
    check_due("2026-12-20 09:00", "11d", "12-31 18:00");
    check_due("2026-12-31 09:00", "48h", "01-02 09:00");
}

#[test]
fn a_limit_is_written_as_it_is_read() {
    for text in ["3wd", "15d", "24h", "9999wd"] {
        assert_eq!(limit(text).to_string(), text);
    }
    for text in [
        "",
        "wd",
        "3",
        "3 wd",
        "0d",
        "-1d",
        "10000h",
        "3WD",
        "3工作日",
        "99999999999d",
    ] {
        assert_eq!(text.parse::<Limit>(), Err(LimitError(text.to_owned())));
    }
}

fn check_resume(length: &str, due: &str, paused: &str, resumed: &str, expected: &str) {
    let due = resume_due(
        &limit(length),
        &china(),
        local(due),
        local(paused),
        local(resumed),
    )
    .expect("covered");
    assert_eq!(written(due), expected);
}

#[test]
fn what_was_left_at_the_pause_is_left_at_the_resume() {
    // Three working days were left: 03-04, 03-05 and 03-06.
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-03 09:00",
        "2026-03-10 12:00",
        "03-13 18:00",
    );
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-03 09:00",
        "2026-03-14 12:00",
        "03-18 18:00",
    );
    check_resume(
        "15d",
        "2026-03-17 18:00",
        "2026-03-10 09:00",
        "2026-03-14 09:00",
        "03-23 18:00",
    );
    check_resume(
        "24h",
        "2026-03-03 10:00",
        "2026-03-02 20:00",
        "2026-03-05 20:30",
        "03-06 10:30",
    );
}

#[test]
fn a_pause_within_a_day_gives_nothing_away() {
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-03 09:00",
        "2026-03-03 17:00",
        "03-06 18:00",
    );
}

#[test]
fn a_clock_paused_on_its_last_day_has_the_day_of_the_resume() {
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-06 09:00",
        "2026-03-12 10:00",
        "03-12 18:00",
    );
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-06 09:00",
        "2026-03-14 10:00",
        "03-16 18:00",
    );
    check_resume(
        "5d",
        "2026-03-06 18:00",
        "2026-03-06 09:00",
        "2026-03-12 19:00",
        "03-13 18:00",
    );
}

#[test]
fn a_clock_that_had_run_out_stays_where_it_was() {
    check_resume(
        "5wd",
        "2026-03-06 18:00",
        "2026-03-09 09:00",
        "2026-03-20 10:00",
        "03-06 18:00",
    );
}

#[test]
fn an_extension_counts_from_the_day_it_would_have_run_out() {
    let check = |by: &str, due: &str, expected: &str| {
        let due = extended(&limit(by), &china(), local(due)).expect("covered");
        assert_eq!(written(due), expected);
    };
    check("10wd", "2026-03-06 18:00", "03-20 18:00");
    check("30d", "2026-03-06 18:00", "04-07 18:00");
    check("12h", "2026-03-06 18:00", "03-07 06:00");
}

#[test]
fn a_warning_comes_when_offices_open_so_many_days_before() {
    let check = |before: &str, started: &str, due: &str, expected: &str| {
        let at = warn_at(&limit(before), &china(), local(started), local(due)).expect("covered");
        assert_eq!(at, local(expected));
    };
    check("1wd", "2026-03-02 10:00", "2026-03-09 18:00", "2026-03-06 09:00");
    check("3d", "2026-03-02 10:00", "2026-03-10 18:00", "2026-03-06 09:00");
    check("2h", "2026-03-02 10:00", "2026-03-02 14:00", "2026-03-02 12:00");
    check("5wd", "2026-03-06 10:00", "2026-03-09 18:00", "2026-03-06 10:00");
}

#[test]
fn a_threshold_keeps_the_time_of_day_and_steps_over_days_off() {
    let check = |now: &str, length: &str, direction: Direction, expected: &str| {
        assert_eq!(
            threshold(&china(), local(now), &limit(length), direction),
            local(expected)
        );
    };
    check("2026-03-05 10:00", "3wd", Direction::Ago, "2026-03-02 10:00");
    check("2026-03-07 10:00", "3wd", Direction::Ago, "2026-03-04 00:00");
    check("2026-03-07 10:00", "1wd", Direction::Ahead, "2026-03-10 00:00");
    check("2026-03-05 10:00", "3d", Direction::Ago, "2026-03-02 10:00");
    check("2026-03-05 10:00", "24h", Direction::Ahead, "2026-03-06 10:00");
}

#[test]
fn a_threshold_past_the_calendar_is_the_end_of_time() {
    let far = Limit::working_days(u32::MAX);
    assert_eq!(
        threshold(&china(), local("2026-03-05 10:00"), &far, Direction::Ago),
        Timestamp::MIN
    );
    assert_eq!(
        threshold(&china(), local("2026-03-05 10:00"), &far, Direction::Ahead),
        Timestamp::MAX
    );
    assert!(due_at(&far, &china(), local("2026-03-05 10:00")).is_err());
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    (local("2007-01-01 00:00").as_second()..local("2028-06-01 00:00").as_second())
        .prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

fn any_limit() -> impl Strategy<Value = Limit> {
    let unit = prop_oneof![
        Just(LimitUnit::WorkingDays),
        Just(LimitUnit::Days),
        Just(LimitUnit::Hours)
    ];
    (1u32..90, unit).prop_map(|(amount, unit)| Limit { amount, unit })
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    saturating_add(at, SignedDuration::from_secs(seconds))
}

/// Returns the days of `limit` between two local dates: what a pause must keep.
fn left(limit: Limit, from: Date, to: Date) -> i64 {
    match limit.unit {
        LimitUnit::WorkingDays => china().working_days_between(from, to),
        LimitUnit::Days | LimitUnit::Hours => days_between(from, to),
    }
}

proptest! {
    #[test]
    fn a_clock_in_days_runs_out_at_closing_of_a_working_day(started in any_instant(), limit in any_limit()) {
        let calendar = china();
        let due = due_at(&limit, &calendar, started).expect("covered");
        prop_assert!(due.at > started);
        if limit.unit != LimitUnit::Hours {
            let end = calendar.local(due.at);
            prop_assert_eq!(calendar.day(end.date()), DayKind::Working);
            prop_assert_eq!(end.time(), calendar.closing);
            prop_assert!(calendar.date_of(started) < end.date());
        }
    }

    #[test]
    fn a_longer_limit_never_runs_out_earlier(started in any_instant(), limit in any_limit(), more in 0u32..40) {
        let calendar = china();
        let longer = Limit { amount: limit.amount + more, ..limit };
        let due = due_at(&limit, &calendar, started).expect("covered");
        prop_assert!(due.at <= due_at(&longer, &calendar, started).expect("covered").at);
    }

    #[test]
    fn a_later_start_never_runs_out_earlier(started in any_instant(), limit in any_limit(), later in 0i64..2_000_000) {
        let calendar = china();
        let due = due_at(&limit, &calendar, started).expect("covered");
        prop_assert!(due.at <= due_at(&limit, &calendar, after(started, later)).expect("covered").at);
    }

    #[test]
    fn a_pause_never_shortens_and_keeps_what_was_left(
        started in any_instant(),
        limit in any_limit(),
        until_pause in 0i64..5_000_000,
        until_resume in 0i64..5_000_000,
    ) {
        let calendar = china();
        let before = due_at(&limit, &calendar, started).expect("covered").at;
        let paused = after(started, until_pause);
        let resumed = after(paused, until_resume);
        let due = resume_due(&limit, &calendar, before, paused, resumed).expect("covered").at;
        prop_assert!(due >= before);
        if paused >= before {
            prop_assert_eq!(due, before);
        } else if limit.unit == LimitUnit::Hours {
            prop_assert_eq!(due.duration_since(resumed), before.duration_since(paused));
        } else {
            prop_assert!(due > resumed);
            let kept = left(limit, calendar.date_of(paused), calendar.date_of(before));
            let now_left = left(limit, calendar.date_of(resumed), calendar.date_of(due));
            // Only working days are kept to the day: calendar days may roll, the last day may be given anew.
            prop_assert!(now_left >= kept);
            prop_assert!(limit.unit != LimitUnit::WorkingDays || kept == 0 || now_left == kept);
        }
    }

    #[test]
    fn an_extension_never_shortens(due in any_instant(), by in any_limit()) {
        prop_assert!(extended(&by, &china(), due).expect("covered").at > due);
    }

    #[test]
    fn a_due_instant_is_overdue_by_the_limit_just_past_its_threshold(
        day in 0i64..7000,
        now in any_instant(),
        amount in 1u32..40,
    ) {
        let calendar = china();
        let limit = Limit::working_days(amount);
        let due_on = calendar.roll_forward(shift(date(2007, 1, 1), day).expect("covered")).expect("covered");
        let late_since = calendar.closing_on(calendar.add_working_days(due_on, i64::from(amount)).expect("covered"));
        let overdue = calendar.closing_on(due_on) < threshold(&calendar, now, &limit, Direction::Ago);
        prop_assert_eq!(overdue, late_since < now);
    }

    #[test]
    fn a_threshold_moves_with_now(now in any_instant(), later in 0i64..1_000_000, limit in any_limit()) {
        let calendar = china();
        for direction in [Direction::Ago, Direction::Ahead] {
            let first = threshold(&calendar, now, &limit, direction);
            prop_assert!(first <= threshold(&calendar, after(now, later), &limit, direction));
        }
    }
}
