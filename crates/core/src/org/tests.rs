use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const FOUNDED: Date = date(2020, 1, 1);

fn unit_id(number: u128) -> UnitId {
    UnitId(Uuid::from_u128(number))
}

fn person_id(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn post_id(number: u128) -> PostId {
    PostId(Uuid::from_u128(number))
}

fn unit(number: u128, parent: Option<u128>) -> OrgEvent {
    OrgEvent::UnitFounded(Unit {
        id: unit_id(number),
        code: format!("u{number}"),
        name: Label::new(format!("单位{number}"), format!("Unit {number}")),
        aliases: vec![format!("简称{number}")],
        class: "department".to_owned(),
        parent: parent.map(unit_id),
        external: false,
        founded_on: FOUNDED,
    })
}

fn moved(number: u128, parent: u128, on: Date) -> OrgEvent {
    OrgEvent::UnitChanged {
        unit: unit_id(number),
        on,
        parent: Some(unit_id(parent)),
        name: None,
    }
}

fn dissolved(number: u128, on: Date, successor: Option<u128>) -> OrgEvent {
    OrgEvent::UnitDissolved {
        unit: unit_id(number),
        on,
        successor: successor.map(unit_id),
    }
}

fn duty(number: u128, category: &str, on: Date) -> OrgEvent {
    OrgEvent::DutyGiven {
        unit: unit_id(number),
        category: category.to_owned(),
        on,
    }
}

fn role(person: u128, unit: u128, on: Date) -> OrgEvent {
    OrgEvent::RoleGranted {
        person: person_id(person),
        role: "handler".to_owned(),
        unit: unit_id(unit),
        on,
    }
}

fn tenure(person: u128, on: Date) -> OrgEvent {
    OrgEvent::TenureBegan {
        post: post_id(1),
        person: person_id(person),
        on,
    }
}

/// A tree 1 → (2 → 4, 3) with a post in unit 2 and the persons 1 and 2.
fn small_city() -> Org {
    let person = |number| {
        OrgEvent::PersonAdded(Person {
            id: person_id(number),
            name: Label::new(format!("张{number}"), format!("Zhang {number}")),
        })
    };
    let post = OrgEvent::PostFounded(Post {
        id: post_id(1),
        unit: unit_id(2),
        title: Label::new("主任", "Director"),
        head: true,
        founded_on: FOUNDED,
    });
    let events = [
        unit(1, None),
        unit(2, Some(1)),
        unit(3, Some(1)),
        unit(4, Some(2)),
        post,
        person(1),
        person(2),
    ];
    let mut org = Org::default();
    for event in events {
        org.apply(&event).expect("the small city is in order");
    }
    org
}

/// Applies `events` and checks that the last one, and only that, is refused, changing nothing.
fn check_refused(events: &[OrgEvent], expected: OrgProblem) {
    let mut org = small_city();
    let (last, before) = events.split_last().expect("an event to refuse");
    for event in before {
        org.apply(event).expect("only the last event is out of order");
    }
    let untouched = org.clone();
    assert_eq!(org.apply(last), Err(expected));
    assert_eq!(org, untouched);
}

fn after(events: &[OrgEvent]) -> Org {
    let mut org = small_city();
    for event in events {
        org.apply(event).expect("the events are in order");
    }
    org
}

fn ids(numbers: &[u128]) -> std::collections::BTreeSet<UnitId> {
    numbers.iter().map(|number| unit_id(*number)).collect()
}

#[test]
fn a_subtree_is_that_of_the_day() {
    let org = after(&[moved(4, 3, date(2024, 5, 1))]);
    assert_eq!(org.subtree(unit_id(2)), ids(&[2]));
    assert_eq!(org.subtree_on(unit_id(2), date(2024, 4, 30)), ids(&[2, 4]));
    assert_eq!(org.subtree_on(unit_id(3), date(2024, 5, 1)), ids(&[3, 4]));
    assert_eq!(org.subtree_on(unit_id(1), date(2019, 12, 31)), ids(&[]));
    assert!(org.is_under(unit_id(4), unit_id(1)) && org.is_under(unit_id(4), unit_id(4)));
    assert!(!org.is_under(unit_id(1), unit_id(4)));
    assert_eq!(
        org.ancestors(unit_id(4)).collect::<Vec<_>>(),
        [unit_id(3), unit_id(1)]
    );
}

#[test]
fn a_unit_is_found_by_code_name_and_alias() {
    let org = small_city();
    for name in ["u3", "单位3", "Unit 3", "简称3"] {
        assert_eq!(
            org.unit_by_name(name).map(|unit| unit.id),
            Some(unit_id(3)),
            "{name}"
        );
    }
    assert_eq!(org.unit_by_name("单位"), None);
}

#[test]
fn a_name_that_two_units_share_is_no_answer_until_one_is_gone() {
    let rename = OrgEvent::UnitChanged {
        unit: unit_id(4),
        on: date(2024, 1, 1),
        parent: None,
        name: Some(Label::new("单位3", "Unit 3")),
    };
    let mut org = after(&[rename]);
    assert_eq!(org.unit_by_name("单位3"), None);
    assert_eq!(org.units_named("单位3").len(), 2);
    org.apply(&dissolved(4, date(2025, 1, 1), None))
        .expect("nothing under it");
    assert_eq!(org.unit_by_name("单位3").map(|unit| unit.id), Some(unit_id(3)));
}

#[test]
fn a_person_is_found_by_name_unless_there_are_two() {
    let mut org = small_city();
    assert_eq!(
        org.person_by_name("张1").map(|person| person.id),
        Some(person_id(1))
    );
    let name = Label::new("张1", "Zhang 3");
    let twin = Person {
        id: person_id(3),
        name,
    };
    org.apply(&OrgEvent::PersonAdded(twin))
        .expect("names need not differ");
    assert_eq!(org.person_by_name("张1"), None);
}

#[test]
fn a_unit_never_stands_above_itself_not_even_later() {
    let cycle = |number, on| OrgProblem::Cycle {
        unit: unit_id(number),
        on,
    };
    check_refused(&[moved(2, 4, date(2024, 1, 1))], cycle(2, date(2024, 1, 1)));
    check_refused(&[moved(2, 2, date(2024, 1, 1))], cycle(2, date(2024, 1, 1)));
    let later = date(2024, 6, 1);
    check_refused(
        &[moved(3, 4, later), moved(2, 3, date(2024, 3, 1))],
        cycle(2, later),
    );
}

#[test]
fn a_move_before_one_on_record_is_refused() {
    let (on, recorded) = (date(2024, 1, 1), date(2024, 6, 1));
    check_refused(
        &[moved(4, 3, recorded), moved(4, 1, on)],
        OrgProblem::OutOfOrder { on, after: recorded },
    );
}

#[test]
fn ids_and_codes_are_given_once() {
    check_refused(&[unit(2, None)], OrgProblem::IdTaken(unit_id(2).0));
    let OrgEvent::UnitFounded(mut twin) = unit(9, None) else {
        unreachable!("a founding")
    };
    twin.code = "u2".to_owned();
    check_refused(
        &[OrgEvent::UnitFounded(twin)],
        OrgProblem::CodeTaken("u2".to_owned()),
    );
}

#[test]
fn what_is_not_there_cannot_be_used() {
    check_refused(&[unit(9, Some(8))], OrgProblem::UnknownUnit(unit_id(8)));
    check_refused(&[role(9, 2, FOUNDED)], OrgProblem::UnknownPerson(person_id(9)));
    let gone = date(2024, 1, 1);
    let problem = OrgProblem::NotThere {
        unit: unit_id(3),
        on: gone,
    };
    check_refused(&[dissolved(3, gone, None), duty(3, "roads", gone)], problem);
    let early = date(2019, 1, 1);
    check_refused(
        &[duty(3, "roads", early)],
        OrgProblem::NotThere {
            unit: unit_id(3),
            on: early,
        },
    );
}

#[test]
fn a_unit_with_units_under_it_is_not_dissolved() {
    let problem = OrgProblem::HasUnits {
        unit: unit_id(2),
        child: unit_id(4),
    };
    check_refused(&[dissolved(2, date(2024, 1, 1), None)], problem);
}

#[test]
fn a_dissolved_unit_leaves_its_duties_to_the_successor_and_keeps_its_place() {
    let gone = date(2024, 1, 1);
    let before = [duty(4, "roads", FOUNDED), role(1, 4, FOUNDED)];
    let mut org = after(&before);
    org.apply(&dissolved(4, gone, Some(3))).expect("nothing under it");
    assert_eq!(org.duty_for("roads", date(2023, 12, 31)), [unit_id(4)]);
    assert_eq!(org.duty_for("roads", gone), [unit_id(3)]);
    assert_eq!(org.roles_of(person_id(1), gone), []);
    assert!(org.is_under(unit_id(4), unit_id(2)));
    assert!(!org.is_there(unit_id(4), gone));
}

#[test]
fn the_nearest_category_with_a_duty_wins() {
    let events = [
        duty(2, "housing", FOUNDED),
        duty(3, "housing.heating", FOUNDED),
        duty(4, "housing", FOUNDED),
    ];
    let mut org = after(&events);
    let today = date(2024, 1, 1);
    assert_eq!(org.duty_for("housing.heating.price", today), [unit_id(3)]);
    assert_eq!(org.duty_for("housing.water", today), [unit_id(2), unit_id(4)]);
    assert_eq!(org.duty_for("housings", today), []);
    assert_eq!(org.duties_of(unit_id(3), today), ["housing.heating"]);
    let taken = OrgEvent::DutyTaken {
        unit: unit_id(3),
        category: "housing.heating".to_owned(),
        on: today,
    };
    org.apply(&taken).expect("the unit has the duty");
    assert_eq!(org.duty_for("housing.heating", today), [unit_id(2), unit_id(4)]);
    assert!(org.apply(&taken).is_err());
}

#[test]
fn a_post_has_one_holder_on_any_day() {
    let change = date(2024, 6, 1);
    let ended = OrgEvent::TenureEnded {
        post: post_id(1),
        person: person_id(1),
        on: change,
    };
    let org = after(&[tenure(1, FOUNDED), ended, tenure(2, change)]);
    assert_eq!(org.holder_on(post_id(1), date(2019, 12, 31)), None);
    assert_eq!(org.holder_on(post_id(1), date(2024, 5, 31)), Some(person_id(1)));
    assert_eq!(org.holder_on(post_id(1), change), Some(person_id(2)));
    assert_eq!(org.tenures_of(person_id(1))[0].until, Some(change));
    assert_eq!(org.posts_of(unit_id(2)).count(), 1);
    let held = OrgProblem::PostHeld {
        post: post_id(1),
        by: person_id(1),
    };
    check_refused(&[tenure(1, FOUNDED), tenure(2, change)], held);
}

#[test]
fn roles_run_from_their_first_day_to_the_day_they_are_revoked() {
    let revoked = OrgEvent::RoleRevoked {
        person: person_id(1),
        role: "handler".to_owned(),
        unit: unit_id(2),
        on: date(2024, 6, 1),
    };
    let org = after(&[
        role(1, 2, date(2024, 1, 1)),
        role(1, 3, date(2024, 1, 1)),
        revoked,
    ]);
    assert_eq!(org.roles_of(person_id(1), date(2023, 12, 31)), []);
    assert_eq!(org.roles_of(person_id(1), date(2024, 5, 31)).len(), 2);
    assert_eq!(
        org.roles_of(person_id(1), date(2024, 6, 1)),
        [("handler", unit_id(3))]
    );
}

proptest! {
    /// Whatever moves are asked for, those taken in leave a forest on every day.
    #[test]
    fn no_run_of_moves_makes_a_circle(moves in proptest::collection::vec((0u128..8, 0u128..8, 0i16..6), 1..40)) {
        let mut org = Org::default();
        for number in 0..8 {
            org.apply(&unit(number, None)).expect("new units");
        }
        for (number, parent, year) in moves {
            let _refused_or_taken = org.apply(&moved(number, parent, date(2020 + year, 1, 1)));
        }
        for year in 2019..2027 {
            for number in 0..8 {
                let day = date(year, 7, 1);
                let above = org.ancestors_on(unit_id(number), day).take(9).collect::<Vec<_>>();
                prop_assert!(above.len() < 8 && !above.contains(&unit_id(number)));
                for ancestor in above {
                    prop_assert!(org.is_under_on(unit_id(number), ancestor, day));
                }
            }
        }
    }
}

fn away(person: u128, substitute: u128, from: Date, until: Date) -> OrgEvent {
    OrgEvent::SubstituteNamed(Substitution {
        person: person_id(person),
        substitute: person_id(substitute),
        from,
        until,
    })
}

#[test]
fn a_substitute_stands_in_from_the_first_day_to_the_last() {
    let mut org = small_city();
    let (from, until) = (date(2026, 3, 2), date(2026, 3, 9));
    org.apply(&away(1, 2, from, until)).expect("both are there");
    let stands_in = |org: &Org, on| org.stands_in_for(person_id(2), on, on);
    for (on, expected) in [
        (date(2026, 3, 1), false),
        (from, true),
        (date(2026, 3, 8), true),
        (until, false),
    ] {
        assert_eq!(stands_in(&org, on).contains(&person_id(1)), expected, "{on}");
    }
    let ended = OrgEvent::SubstituteEnded {
        person: person_id(1),
        substitute: person_id(2),
        on: date(2026, 3, 4),
    };
    org.apply(&ended).expect("it runs");
    assert!(stands_in(&org, date(2026, 3, 4)).is_empty());
    assert!(
        org.stands_in_for(person_id(2), FOUNDED, until)
            .contains(&person_id(1))
    );
    assert_eq!(org.substitutes_of(person_id(1)).len(), 1);
    assert!(org.apply(&ended).is_err());
}

#[test]
fn whoever_stands_in_twice_ends_with_what_runs_and_then_with_what_is_to_come() {
    let mut org = small_city();
    let (later, now) = (
        (date(2026, 4, 1), date(2026, 4, 9)),
        (date(2026, 3, 2), date(2026, 3, 9)),
    );
    for (from, until) in [later, now] {
        org.apply(&away(1, 2, from, until)).expect("both are there");
    }
    let stands_in = |org: &Org, on| !org.stands_in_for(person_id(2), on, on).is_empty();
    let ended = OrgEvent::SubstituteEnded {
        person: person_id(1),
        substitute: person_id(2),
        on: date(2026, 3, 4),
    };
    org.apply(&ended).expect("it runs");
    assert!(!stands_in(&org, date(2026, 3, 4)) && stands_in(&org, later.0));
    org.apply(&ended).expect("another is to come");
    assert!(!stands_in(&org, later.0));
    assert!(org.apply(&ended).is_err());
}

#[test]
fn nobody_has_two_substitutes_or_is_their_own() {
    let mut org = small_city();
    let (from, until) = (date(2026, 3, 2), date(2026, 3, 9));
    org.apply(&away(1, 2, from, until)).expect("both are there");
    let before = org.clone();
    for wrong in [
        away(1, 2, date(2026, 3, 8), date(2026, 3, 20)),
        away(2, 2, from, until),
        away(2, 1, until, from),
        away(2, 99, from, until),
    ] {
        assert!(org.apply(&wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(org, before);
    org.apply(&away(1, 2, until, date(2026, 3, 20)))
        .expect("the days after it");
}
