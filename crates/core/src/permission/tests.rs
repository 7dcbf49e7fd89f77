use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

use super::*;
use crate::case::facts::Flag;
use crate::clock::tests::china;
use crate::event::AccusedParty;
use crate::id::PostId;
use crate::label::Label;
use crate::org::{OrgEvent, Person, Post, Unit};
use crate::pack::model::Phase;

mod substitutes;

const UNITS: usize = 10;
const ROLES: [&str; 3] = ["handler", "supervisor", "clerk"];
const ACTIONS: [&str; 4] = ["read", "handle", "verify", "export"];

/// The scopes that the grants of these tests use, each beside what it must mean for a viewer whose role
/// is held in `mine`.
type Meaning = fn(&City, &[usize], &CaseFacts) -> bool;
const SCOPES: [(&str, Meaning); 6] = [
    ("all", |_, _, _| true),
    ("unit under my unit", |city, mine, case| {
        case.unit.is_some_and(|unit| city.under_any(unit, mine))
    }),
    ("not unit under my unit", |city, mine, case| {
        !case.unit.is_some_and(|unit| city.under_any(unit, mine))
    }),
    ("co_unit under my unit and open", |city, mine, case| {
        case.flags.contains(&Flag::Open) && case.co_units.iter().any(|unit| city.under_any(*unit, mine))
    }),
    ("person = me or finder = me", |_, _, case| {
        case.person == Some(ME) || case.finder.is_some_and(|(person, _)| person == ME)
    }),
    ("severity >= 4", |_, _, case| case.severity >= 4),
];

const ME: PersonId = PersonId(Uuid::from_u128(1001));
const OTHER: PersonId = PersonId(Uuid::from_u128(1002));

fn unit_id(index: usize) -> UnitId {
    UnitId(Uuid::from_u128(index as u128 + 1))
}

/// A tree as parents only, so that the tests have their own idea of "under".
#[derive(Debug, Clone)]
struct City {
    parents: Vec<Option<usize>>,
}

impl City {
    fn under_any(&self, unit: UnitId, ancestors: &[usize]) -> bool {
        let index = (0..self.parents.len()).find(|index| unit_id(*index) == unit);
        let mut at = index;
        while let Some(index) = at {
            if ancestors.contains(&index) {
                return true;
            }
            at = self.parents[index];
        }
        false
    }

    fn org(&self) -> Org {
        let mut org = Org::default();
        let person = |id| {
            OrgEvent::PersonAdded(Person {
                id,
                name: Label::new("某人", "Somebody"),
            })
        };
        let units = self.parents.iter().enumerate().map(|(index, parent)| {
            OrgEvent::UnitFounded(Unit {
                id: unit_id(index),
                code: format!("u{index}"),
                name: Label::new(format!("单位{index}"), format!("Unit {index}")),
                aliases: Vec::new(),
                class: "department".to_owned(),
                parent: parent.map(unit_id),
                external: false,
                founded_on: date(2020, 1, 1),
            })
        });
        for event in units.chain([person(ME), person(OTHER)]) {
            org.apply(&event).expect("parents come before their children");
        }
        org
    }
}

fn grant(role: &str, actions: &[&str], scope: &str) -> Grant {
    Grant {
        role: role.to_owned(),
        title: Label::new("角色", "Role"),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        scope: filter::parse(scope).expect("the scopes of these tests are filters"),
        source: "test".to_owned(),
    }
}

fn viewer(acting: usize, roles: &[(&str, usize)]) -> Viewer {
    Viewer {
        person: ME,
        unit: unit_id(acting),
        roles: roles
            .iter()
            .map(|(role, unit)| ((*role).to_owned(), unit_id(*unit)))
            .collect(),
        stands_in: Vec::new(),
    }
}

fn now() -> Timestamp {
    "2026-03-05T02:00:00Z".parse().expect("an instant")
}

fn facts(unit: Option<usize>, accused: Vec<AccusedParty>) -> CaseFacts {
    CaseFacts {
        number: "TS2026-000001".to_owned(),
        kind: "complaint".to_owned(),
        state: "acting".to_owned(),
        phase: Phase::Act,
        category: None,
        unit: unit.map(unit_id),
        co_units: Vec::new(),
        person: None,
        channel: "phone".to_owned(),
        source: None,
        campaigns: Vec::new(),
        severity: 2,
        raised_at: now(),
        changed_at: now(),
        closed_at: None,
        due_at: None,
        returns: 0,
        reopened: 0,
        flags: vec![Flag::Open],
        accused,
        instructors: Vec::new(),
        finder: None,
    }
}

/// Runs `check` with the rights that `grants` give in the tree 0 → (1 → 3, 2).
fn with_rights(grants: &[Grant], check: impl FnOnce(&Rights<'_>)) {
    let city = City {
        parents: vec![None, Some(0), Some(0), Some(1)],
    };
    let (org, calendar) = (city.org(), china());
    check(&Rights {
        grants,
        packs: &[],
        org: &org,
        calendar: &calendar,
        now: now(),
    });
}

#[test]
fn without_a_grant_nothing_is_there() {
    with_rights(&[grant("handler", &["read"], "all")], |rights| {
        let stranger = viewer(1, &[("clerk", 1)]);
        assert_eq!(scope(&stranger, "read", rights), None);
        assert_eq!(
            authorize(&stranger, "read", &facts(Some(1), vec![]), rights),
            Err(Denied::Hidden)
        );
        assert_eq!(
            authorize_general(&stranger, "read", rights),
            Err(forbidden("read"))
        );
    });
}

#[test]
fn what_may_be_read_but_not_handled_is_forbidden_and_the_rest_is_hidden() {
    let grants = [
        grant("handler", &["read"], "unit under my unit"),
        grant("handler", &["handle"], "unit = my unit"),
    ];
    with_rights(&grants, |rights| {
        let handler = viewer(1, &[("handler", 1)]);
        let decide = |unit| authorize(&handler, "handle", &facts(Some(unit), vec![]), rights);
        assert_eq!(decide(3), Err(forbidden("handle")));
        assert_eq!(decide(2), Err(Denied::Hidden));
        let permit = decide(1).expect("their own unit's case");
        assert_eq!(
            permit.actor(),
            Actor::Person {
                person: ME,
                unit: unit_id(1),
                for_person: None,
            }
        );
        assert_eq!(permit.action(), Some("handle"));
    });
}

#[test]
fn whoever_is_complained_about_never_sees_it() {
    with_rights(&[grant("supervisor", &["read"], "all")], |rights| {
        let supervisor = viewer(3, &[("supervisor", 3)]);
        let decide = |accused| authorize(&supervisor, "read", &facts(Some(2), vec![accused]), rights);
        assert!(decide(AccusedParty::Unit(unit_id(2))).is_ok());
        assert!(decide(AccusedParty::Person(OTHER)).is_ok());
        for accused in [
            AccusedParty::Person(ME),
            AccusedParty::Unit(unit_id(3)),
            AccusedParty::Unit(unit_id(0)),
        ] {
            assert_eq!(decide(accused), Err(Denied::Hidden), "{accused:?}");
        }
    });
}

#[test]
fn a_role_elsewhere_hides_complaints_about_that_place_too() {
    with_rights(&[grant("supervisor", &["read"], "all")], |rights| {
        let supervisor = viewer(2, &[("supervisor", 2), ("clerk", 3)]);
        let about_their_other_place = facts(Some(2), vec![AccusedParty::Unit(unit_id(1))]);
        assert_eq!(
            authorize(&supervisor, "read", &about_their_other_place, rights),
            Err(Denied::Hidden)
        );
    });
}

#[test]
fn a_post_elsewhere_hides_complaints_about_that_place_too() {
    let mut org = City {
        parents: vec![None, Some(0), Some(0), Some(1)],
    }
    .org();
    let post = PostId(Uuid::from_u128(3001));
    let founded = OrgEvent::PostFounded(Post {
        id: post,
        unit: unit_id(3),
        title: Label::new("副站长", "Deputy"),
        head: false,
        founded_on: date(2020, 1, 1),
    });
    let began = OrgEvent::TenureBegan {
        post,
        person: ME,
        on: date(2020, 1, 1),
    };
    [founded, began]
        .iter()
        .for_each(|event| org.apply(event).unwrap());
    let (grants, calendar) = ([grant("supervisor", &["read"], "all")], china());
    let rights = Rights {
        grants: &grants,
        packs: &[],
        org: &org,
        calendar: &calendar,
        now: now(),
    };
    let about_their_post = facts(Some(2), vec![AccusedParty::Unit(unit_id(1))]);
    let supervisor = viewer(2, &[("supervisor", 2)]);
    assert_eq!(
        authorize(&supervisor, "read", &about_their_post, &rights),
        Err(Denied::Hidden)
    );
}

#[test]
fn a_permit_acts_for_the_unit_of_the_role_that_allows_it() {
    let grants = [
        grant("supervisor", &["verify"], "all"),
        grant("handler", &["handle"], "all"),
    ];
    with_rights(&grants, |rights| {
        let both = viewer(1, &[("handler", 1), ("supervisor", 2)]);
        let unit_for = |action| match authorize_general(&both, action, rights).map(|permit| permit.actor()) {
            Ok(Actor::Person { unit, .. }) => Some(unit),
            _ => None,
        };
        assert_eq!(unit_for("handle"), Some(unit_id(1)));
        assert_eq!(unit_for("verify"), Some(unit_id(2)));
        assert_eq!(unit_for("admin"), None);
    });
}

#[test]
fn a_scope_that_searches_the_text_or_names_nothing_gives_nothing() {
    let grants = [
        grant("handler", &["read"], "not text has \"路灯\""),
        grant("handler", &["read"], "unit under \"nowhere\""),
    ];
    with_rights(&grants, |rights| {
        assert_eq!(scope(&viewer(1, &[("handler", 1)]), "read", rights), None)
    });
}

#[test]
fn a_viewer_acts_only_where_they_have_a_role_that_day() {
    let mut org = City {
        parents: vec![None, Some(0)],
    }
    .org();
    let role = "handler".to_owned();
    let granted = OrgEvent::RoleGranted {
        person: ME,
        role,
        unit: unit_id(1),
        on: date(2026, 1, 1),
    };
    org.apply(&granted).expect("unit and person are there");
    let today = date(2026, 3, 5);
    assert_eq!(
        Viewer::of(&org, ME, unit_id(1), today),
        Some(viewer(1, &[("handler", 1)]))
    );
    assert_eq!(Viewer::of(&org, ME, unit_id(0), today), None);
    assert_eq!(Viewer::of(&org, ME, unit_id(1), date(2025, 12, 31)), None);
}

fn any_city() -> impl Strategy<Value = City> {
    let parents: Vec<BoxedStrategy<Option<usize>>> = (0..UNITS)
        .map(|index| match index {
            0 => Just(None).boxed(),
            _ => proptest::option::weighted(0.9, 0..index).boxed(),
        })
        .collect();
    parents.prop_map(|parents| City { parents })
}

fn any_accused() -> impl Strategy<Value = AccusedParty> {
    prop_oneof![
        4 => (0..UNITS).prop_map(|index| AccusedParty::Unit(unit_id(index))),
        1 => select(vec![ME, OTHER]).prop_map(AccusedParty::Person),
    ]
}

fn any_facts() -> impl Strategy<Value = CaseFacts> {
    let person = || proptest::option::of(select(vec![ME, OTHER]));
    let unit = || proptest::option::of(0..UNITS);
    let accused = proptest::collection::vec(any_accused(), 0..3);
    (
        unit(),
        unit(),
        person(),
        person(),
        1u8..=5,
        any::<bool>(),
        accused,
    )
        .prop_map(
            |(unit, co_unit, person, finder, severity, open, accused)| CaseFacts {
                co_units: co_unit.map(unit_id).into_iter().collect(),
                person,
                finder: finder.map(|person| (person, unit_id(0))),
                severity,
                flags: if open { vec![Flag::Open] } else { Vec::new() },
                ..facts(unit, accused)
            },
        )
}

type GrantPlan = (&'static str, Vec<&'static str>, usize);

fn any_grants() -> impl Strategy<Value = Vec<GrantPlan>> {
    let actions = subsequence(ACTIONS.to_vec(), 1..=ACTIONS.len());
    proptest::collection::vec((select(ROLES.to_vec()), actions, 0..SCOPES.len()), 0..6)
}

fn any_roles() -> impl Strategy<Value = Vec<(&'static str, usize)>> {
    proptest::collection::vec((select(ROLES.to_vec()), 0..UNITS), 0..4)
}

/// What the grants mean, told without filters: the oracle.
fn may(city: &City, grants: &[GrantPlan], roles: &[(&str, usize)], action: &str, case: &CaseFacts) -> bool {
    grants.iter().any(|(role, actions, scope)| {
        let mine: Vec<usize> = roles
            .iter()
            .filter(|(held, _)| held == role)
            .map(|(_, unit)| *unit)
            .collect();
        !mine.is_empty() && actions.contains(&action) && SCOPES[*scope].1(city, &mine, case)
    })
}

fn accused(city: &City, places: &[usize], case: &CaseFacts) -> bool {
    case.accused.iter().any(|party| match party {
        AccusedParty::Person(person) => *person == ME,
        AccusedParty::Unit(unit) => {
            let index = (0..UNITS)
                .find(|index| unit_id(*index) == *unit)
                .expect("a unit of the city");
            places
                .iter()
                .any(|place| city.under_any(unit_id(*place), &[index]))
        }
    })
}

proptest! {
    #[test]
    fn what_is_listed_can_be_opened_and_nothing_else(
        city in any_city(),
        plans in any_grants(),
        roles in any_roles(),
        acting in 0..UNITS,
        cases in proptest::collection::vec(any_facts(), 1..12),
    ) {
        let (org, calendar) = (city.org(), china());
        let grants: Vec<Grant> =
            plans.iter().map(|(role, actions, scope)| grant(role, actions, SCOPES[*scope].0)).collect();
        let rights = Rights { grants: &grants, packs: &[], org: &org, calendar: &calendar, now: now() };
        let viewer = viewer(acting, &roles);
        let places: Vec<usize> = roles.iter().map(|(_, unit)| *unit).chain([acting]).collect();
        for action in ACTIONS {
            let scope = scope(&viewer, action, &rights);
            let readable = super::scope(&viewer, READ, &rights);
            for case in &cases {
                let listed = scope.as_ref().is_some_and(|scope| holds(scope, case));
                let hidden = accused(&city, &places, case);
                prop_assert_eq!(listed, !hidden && may(&city, &plans, &roles, action, case));
                let read = readable.as_ref().is_some_and(|scope| holds(scope, case));
                let expected = if read { forbidden(action) } else { Denied::Hidden };
                match authorize(&viewer, action, case, &rights) {
                    Ok(permit) => {
                        prop_assert!(listed);
                        let Actor::Person { person, unit, .. } = permit.actor() else {
                            panic!("a viewer is a person");
                        };
                        prop_assert_eq!(person, ME);
                        prop_assert!(roles.iter().any(|(_, held_in)| unit_id(*held_in) == unit));
                    }
                    Err(denied) => {
                        prop_assert!(!listed);
                        prop_assert_eq!(denied, expected);
                    }
                }
            }
        }
    }
}
