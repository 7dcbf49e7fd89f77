//! What filters are true of, and which names they know.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::case::facts::{CaseFacts, Flag};
use crate::clock::{Direction, Limit, threshold};
use crate::event::AccusedParty;
use crate::filter::late::DayTable;

/// An open complaint about heating in the hands of Li Min's clinic, raised on a Monday.
fn case() -> CaseFacts {
    CaseFacts {
        number: "TS20260302-0007".to_owned(),
        kind: "complaint".to_owned(),
        state: "handling".to_owned(),
        phase: Phase::Act,
        category: Some("housing.heating".to_owned()),
        unit: Some(CLINIC),
        co_units: vec![NORTH],
        person: Some(LI),
        channel: "hotline_phone".to_owned(),
        source: None,
        campaigns: vec!["winter".to_owned()],
        severity: 3,
        raised_at: at("2026-03-02T09:00:00+08:00"),
        changed_at: at("2026-03-04T15:30:00+08:00"),
        closed_at: None,
        due_at: Some(at("2026-03-04T18:00:00+08:00")),
        returns: 1,
        reopened: 0,
        flags: vec![Flag::Open, Flag::Anonymous],
        accused: vec![AccusedParty::Unit(SOUTH)],
        instructors: vec![LI],
        finder: None,
    }
}

/// One for all: the calendar takes a while to read.
static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn checked(text: &str) -> Checked {
    let ast = parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    WORLD
        .look(|scene| check(&ast, scene))
        .unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn matches(text: &str, case: &CaseFacts) -> bool {
    let words = tokens("供暖 不热 heating");
    checked(text).matches(case, &|tokens| tokens.iter().all(|token| words.contains(token)))
}

fn check_matches(case: &CaseFacts, yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(matches(text, case), "{text}");
    }
    for text in no {
        assert!(!matches(text, case), "{text}");
    }
}

#[test]
fn names_match_by_id_code_title_and_alias() {
    let yes = [
        "all",
        "unit = clinic",
        "unit = 一院",
        "unit = \"First Hospital\"",
        "unit in (city, clinic)",
        "unit = \"00000000-0000-0000-0000-000000000003\"",
        "unit under city",
        "unit under 卫健委",
        "unit under my unit",
        "unit != my unit",
        "unit not under north",
        "co_unit = north",
        "co_unit not in (south, city)",
        "person = me",
        "person = 李敏",
        "person = \"li min\"",
        "kind = complaint",
        "类型 = 投诉",
        "state = handling",
        "state = 办理中",
        "state != closed",
        "phase = act",
        "办理阶段 在 (办理, 核验)",
        "category = 供暖",
        "category under housing",
        "category under housing.heating",
        "category != road",
        "channel = 电话",
        "channel = hotline_phone",
        "campaign = winter",
        "campaign not in (spring)",
        "accused = south",
        "accused under city",
        "accused not under health",
        "accused != me",
        "number starts TS2026",
        "number = TS20260302-0007",
        "heating",
        "text has \"供暖 不热\"",
        "供暖 heating",
        "open",
        "在办 匿名",
        "not asked",
    ];
    let no = [
        "unit = health",
        "unit = my unit",
        "unit not under city",
        "co_unit under health",
        "person != me",
        "kind = 咨询",
        "state = 已销号",
        "category = housing",
        "category under road",
        "category under 道路",
        "channel = portal",
        "campaign != winter",
        "accused = me",
        "accused = north",
        "number starts ts",
        "heating road",
        "closed",
        "asked",
    ];
    check_matches(&case(), &yes, &no);
}

#[test]
fn a_comparison_with_a_missing_value_is_false_and_not_turns_it_around() {
    let bare = CaseFacts {
        category: None,
        unit: None,
        co_units: Vec::new(),
        person: None,
        campaigns: Vec::new(),
        accused: Vec::new(),
        due_at: None,
        ..case()
    };
    let yes = [
        "not person = me",
        "not person != me",
        "not unit under city",
        "not unit not under city",
        "not category under road",
        "not category not in (road)",
        "not source = inspection",
        "not finder = me",
        "not finder_unit = city",
        "not due < now",
        "not due >= now",
        "not overdue",
        "not overdue < 3d",
        "not remaining > 1d",
        "not closed = today",
        "co_unit != north",
        "campaign not in (winter)",
        "accused != me",
    ];
    let no = [
        "person = me",
        "person != me",
        "unit not under city",
        "category != road",
        "source != inspection",
        "finder != me",
        "due != today",
        "overdue",
        "overdue < 3d",
        "remaining < 3d",
        "closed != today",
        "co_unit = north",
    ];
    check_matches(&bare, &yes, &no);
}

#[test]
fn counts_and_dates_compare_at_their_boundaries() {
    let yes = [
        "severity = 3",
        "severity <= 3",
        "severity >= 3",
        "severity in (1, 3)",
        "severity != 2",
        "returned = 1",
        "returned > 0",
        "reopened = 0",
        "severity not in (4, 5)",
        "raised = 2026-03-02",
        "raised = -2d",
        "raised = -2wd",
        "raised = this week",
        "raised in this month",
        "raised = this quarter",
        "raised = this year",
        "raised >= 2026-03-02",
        "raised <= 2026-03-02",
        "raised < 2026-03-03",
        "raised > 2026-03-01",
        "raised != today",
        "raised in (yesterday, -2d)",
        "changed = today",
        "changed <= now",
        "changed >= now",
        "changed > -24h",
        "due > now",
        "due <= today",
        "due < tomorrow",
        "due < next week",
        "raised > last month",
        "raised not in (today, yesterday)",
    ];
    let no = [
        "severity < 3",
        "severity > 3",
        "raised < 2026-03-02",
        "raised > 2026-03-02",
        "raised = last week",
        "changed < now",
        "changed > now",
        "due > today",
        "due < today",
        "raised = -3d",
        "raised != -2d",
    ];
    check_matches(&case(), &yes, &no);
}

#[test]
fn a_day_begins_and_ends_at_midnight_of_the_calendar() {
    for (raised, expected) in [
        ("2026-03-03T23:59:59.999+08:00", false),
        ("2026-03-04T00:00:00+08:00", true),
        ("2026-03-04T23:59:59.999+08:00", true),
        ("2026-03-05T00:00:00+08:00", false),
    ] {
        let case = CaseFacts {
            raised_at: at(raised),
            ..case()
        };
        assert_eq!(matches("raised = today", &case), expected, "{raised}");
        assert_eq!(matches("raised != today", &case), !expected, "{raised}");
    }
}

#[test]
fn an_open_case_is_overdue_from_just_after_its_due_instant() {
    let due = |due: &str| CaseFacts {
        due_at: Some(at(due)),
        ..case()
    };
    check_matches(
        &due(NOW),
        &["not overdue", "remaining < 1h", "remaining <= 0h"],
        &["overdue >= 0h", "remaining > 0h"],
    );
    check_matches(
        &due("2026-03-04T15:29:59.999+08:00"),
        &["overdue", "overdue > 0h", "overdue < 1h"],
        &["remaining < 1d", "overdue > 1h", "closed"],
    );
    // Friday is four working days ago: Sunday 1 March is off, but Saturday 28 February makes up for the
    // Spring Festival.
    check_matches(
        &due("2026-02-27T15:30:00+08:00"),
        &["overdue >= 4wd", "overdue >= 5d", "overdue <= 4wd"],
        &["overdue > 4wd"],
    );
    check_matches(
        &due("2026-02-28T15:30:00+08:00"),
        &["overdue >= 3wd", "overdue > 2wd"],
        &["overdue > 3wd"],
    );
}

#[test]
fn a_closed_case_was_late_by_what_lies_between_its_due_instant_and_its_end() {
    let closed = |due: &str, closed: &str| CaseFacts {
        due_at: Some(at(due)),
        closed_at: Some(at(closed)),
        flags: Vec::new(),
        ..case()
    };
    let in_time = closed("2026-01-05T18:00:00+08:00", "2026-01-05T18:00:00+08:00");
    check_matches(
        &in_time,
        &["not overdue", "closed", "not overdue < 9999d"],
        &["overdue > 0d", "remaining > 0d"],
    );
    // Due before the National Day holiday of 2025 (1 to 8 October), closed on the first day after it.
    let holiday = closed("2025-09-30T18:00:00+08:00", "2025-10-09T18:00:00.001+08:00");
    check_matches(
        &holiday,
        &["overdue > 9d", "overdue > 1wd", "overdue < 2wd"],
        &["overdue > 10d", "overdue > 2wd"],
    );
    // Closed on a day off: all of the last working day counts, none of the day off.
    let day_off = closed("2025-09-30T23:59:59.999+08:00", "2025-10-03T09:00:00+08:00");
    check_matches(&day_off, &["overdue", "overdue > 0wd"], &["overdue > 1wd"]);
}

#[test]
fn a_state_title_means_the_states_of_the_kinds_that_use_it() {
    let closed = |kind: &str| CaseFacts {
        kind: kind.to_owned(),
        state: "closed".to_owned(),
        ..case()
    };
    check_matches(
        &closed("complaint"),
        &["状态 = 已销号", "state = closed"],
        &["state = Answered"],
    );
    check_matches(
        &closed("petition"),
        &["状态 = 已销号", "state = closed"],
        &["state = Answered"],
    );
    check_matches(
        &closed("advice"),
        &["state = Answered", "state = closed"],
        &["状态 = 已销号"],
    );
}

#[test]
fn an_unknown_or_ambiguous_name_is_marked_and_what_was_meant_is_suggested() {
    for (text, marked, said) in [
        (
            "unit = 卫健局",
            "卫健局",
            "nothing is called \"卫健局\" here (did you mean \"卫健委\"?)",
        ),
        (
            "unit in (clinic, helth)",
            "helth",
            "nothing is called \"helth\" here (did you mean \"health\"?)",
        ),
        (
            "unit = 城管局",
            "城管局",
            "\"城管局\" means 2 different things (write one of north, south)",
        ),
        (
            "person = 王强",
            "王强",
            "\"王强\" means 2 different things (write one of 00000000-0000-0000-0000-00000000000c, \
             00000000-0000-0000-0000-00000000000d)",
        ),
        (
            "accused = 王小强",
            "王小强",
            "nothing is called \"王小强\" here (did you mean \"王强\"?)",
        ),
        (
            "category = 其他",
            "其他",
            "\"其他\" means 2 different things (write one of housing.other, road.other)",
        ),
        (
            "kind = complain",
            "complain",
            "nothing is called \"complain\" here (did you mean \"complaint\"?)",
        ),
        (
            "state = 办结中",
            "办结中",
            "nothing is called \"办结中\" here (did you mean \"办理中\"?)",
        ),
        ("channel = xyz", "xyz", "nothing is called \"xyz\" here"),
        (
            "open and \"…\"",
            "\"…\"",
            "\"…\" holds no word to search for (write a word of two characters or more)",
        ),
        (
            "raised > +9999wd and due < 9999-12-31",
            "due < 9999-12-31",
            "this date lies too far away",
        ),
    ] {
        let ast = parse(text).expect(text);
        let problems = World::new().look(|scene| check(&ast, scene)).expect_err(text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert_eq!(
            (&text[problems[0].span.clone()], problems[0].to_string().as_str()),
            (marked, said),
            "{text}"
        );
    }
}

#[test]
fn me_and_my_unit_mean_nobody_where_nobody_looks() {
    let world = World {
        my_units: Vec::new(),
        ..World::new()
    };
    let ast = parse("person = me or unit under my unit").expect("a filter");
    let problems = world
        .look(|scene| check(&ast, &Scene { me: None, ..*scene }))
        .expect_err("nobody looks");
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn under_means_the_tree_of_the_day_asked_for() {
    let mut world = World::new();
    let moved = OrgEvent::UnitChanged {
        unit: CLINIC,
        on: date(2026, 1, 1),
        parent: Some(NORTH),
        name: None,
    };
    world.org.apply(&moved).expect("the clinic may move");
    let ast = parse("unit under health").expect("a filter");
    let on = |tree_on| {
        world
            .look(|scene| check(&ast, &Scene { tree_on, ..*scene }))
            .expect("known names")
    };
    let nothing = |_: &[String]| false;
    assert!(!on(None).matches(&case(), &nothing));
    assert!(on(Some(date(2025, 12, 31))).matches(&case(), &nothing));
}

#[test]
fn the_day_table_gives_the_instants_that_the_clock_gives() {
    let World { calendar, .. } = World::new();
    for amount in [0, 1, 3, 20, 300] {
        let table = DayTable::new(&calendar, at(NOW), amount);
        let first = calendar.start_of(date(2007, 1, 1));
        for day in 0..table.days {
            let end = first + SignedDuration::from_hours(24 * day + day % 24);
            let expected = threshold(&calendar, end, &Limit::working_days(amount), Direction::Ago);
            assert_eq!(
                table.before(end.as_millisecond()),
                expected.as_millisecond(),
                "{amount}wd before {end}"
            );
        }
        for outside in [first - 1.millisecond(), calendar.start_of(date(2028, 1, 1))] {
            assert_eq!(
                table.before(outside.as_millisecond()),
                Timestamp::MIN.as_millisecond()
            );
        }
    }
}

proptest! {
    #[test]
    fn overdue_by_more_never_holds_where_overdue_by_less_does_not(
        late_hours in -400i64..400, open in any::<bool>(), amount in 0u32..12,
    ) {
        let end = at(NOW);
        let due_at = Some(end - SignedDuration::from_hours(late_hours));
        let closed_at = (!open).then_some(end);
        let case = CaseFacts { due_at, closed_at, ..case() };
        for unit in ["wd", "d", "h"] {
            let holds = |amount| matches(&format!("overdue > {amount}{unit}"), &case);
            prop_assert!(!holds(amount + 1) || holds(amount));
            prop_assert!(!holds(amount) || matches("overdue", &case));
        }
    }
}
