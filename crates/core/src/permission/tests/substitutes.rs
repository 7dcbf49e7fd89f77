//! Whoever stands in for somebody: what they may, what is hidden from them, who says so.

use super::*;

/// The rights of a town of two bureaus under a city, where `ME` works in the second and stands in for `OTHER`, who
/// works in the first.
fn with_stand_in(then: impl FnOnce(&Viewer, &Rights<'_>)) {
    let mut org = City {
        parents: vec![None, Some(0), Some(0)],
    }
    .org();
    let granted = |person, role: &str, unit| OrgEvent::RoleGranted {
        person,
        role: role.to_owned(),
        unit: unit_id(unit),
        on: date(2026, 1, 1),
    };
    let named = OrgEvent::SubstituteNamed(crate::org::Substitution {
        person: OTHER,
        substitute: ME,
        from: date(2026, 3, 2),
        until: date(2026, 3, 9),
    });
    for event in [granted(ME, "clerk", 2), granted(OTHER, "handler", 1), named] {
        org.apply(&event).expect("unit and persons are there");
    }
    let viewer = Viewer::of(&org, ME, unit_id(2), date(2026, 3, 5)).expect("they have a role there");
    let grants = [
        grant("handler", &["read", "handle"], "unit under my unit"),
        grant("clerk", &["read"], "unit under my unit"),
    ];
    let calendar = china();
    let rights = Rights {
        grants: &grants,
        packs: &[],
        org: &org,
        calendar: &calendar,
        now: now(),
    };
    then(&viewer, &rights);
}

#[test]
fn a_substitute_does_what_the_person_could_and_the_permit_says_for_whom() {
    with_stand_in(|viewer, rights| {
        let permit = authorize(viewer, "handle", &facts(Some(1), vec![]), rights).expect("in their name");
        let expected = Actor::Person {
            person: ME,
            unit: unit_id(1),
            for_person: Some(OTHER),
        };
        assert_eq!(permit.actor(), expected);
        let own = authorize(viewer, "read", &facts(Some(2), vec![]), rights).expect("their own");
        assert!(matches!(own.actor(), Actor::Person { for_person: None, .. }));
        // What the person could not do, their substitute cannot.
        let elsewhere = authorize(viewer, "handle", &facts(Some(2), vec![]), rights);
        assert_eq!(elsewhere, Err(forbidden("handle")));
    });
}

#[test]
fn a_complaint_about_either_is_hidden_from_the_substitute() {
    with_stand_in(|viewer, rights| {
        for accused in [
            AccusedParty::Person(OTHER),
            AccusedParty::Person(ME),
            AccusedParty::Unit(unit_id(1)),
            AccusedParty::Unit(unit_id(2)),
        ] {
            for unit in [1, 2] {
                let seen = authorize(viewer, "read", &facts(Some(unit), vec![accused]), rights);
                assert_eq!(seen, Err(Denied::Hidden), "{accused:?} {unit}");
            }
        }
    });
}

/// Puts somebody into a unit, with a role there.
fn working(org: &mut Org, id: u128, unit: usize) -> PersonId {
    let person = PersonId(Uuid::from_u128(id));
    let added = OrgEvent::PersonAdded(Person {
        id: person,
        name: Label::new("某人", "Somebody"),
    });
    let granted = OrgEvent::RoleGranted {
        person,
        role: "handler".to_owned(),
        unit: unit_id(unit),
        on: date(2026, 1, 1),
    };
    for event in [added, granted] {
        org.apply(&event).expect("the unit is there");
    }
    person
}

#[test]
fn only_the_person_their_head_and_the_administrator_name_a_substitute() {
    let mut org = City {
        parents: vec![None, Some(0), Some(0)],
    }
    .org();
    let post = PostId(Uuid::from_u128(5));
    let events = [
        OrgEvent::PostFounded(Post {
            id: post,
            unit: unit_id(0),
            title: Label::new("主任", "Director"),
            head: true,
            founded_on: date(2020, 1, 1),
        }),
        OrgEvent::TenureBegan {
            post,
            person: ME,
            on: date(2020, 1, 1),
        },
        OrgEvent::RoleGranted {
            person: OTHER,
            role: "handler".to_owned(),
            unit: unit_id(1),
            on: date(2026, 1, 1),
        },
    ];
    for event in events {
        org.apply(&event).expect("all are there");
    }
    let [beside, elsewhere] = [(1004, 1), (1005, 2)].map(|(id, unit)| working(&mut org, id, unit));
    let calendar = china();
    let grants = [grant("clerk", &["admin"], "all")];
    let rights = Rights {
        grants: &grants,
        packs: &[],
        org: &org,
        calendar: &calendar,
        now: now(),
    };
    let of = |person, role: &str| Viewer {
        person,
        ..viewer(1, &[(role, 1)])
    };
    let may = |viewer: &Viewer, person, substitute| {
        authorize_substitute(viewer, person, substitute, &rights).is_ok()
    };
    let stranger = PersonId(Uuid::from_u128(1003));
    // The head of the city, for somebody below it, out of that one's unit and never themselves; nobody for the head
    // but themselves.
    let head = of(ME, "handler");
    assert!(may(&head, OTHER, None) && may(&head, OTHER, Some(beside)));
    assert!(!may(&head, OTHER, Some(ME)) && !may(&head, OTHER, Some(elsewhere)));
    assert!(!may(&of(OTHER, "handler"), ME, Some(OTHER)));
    // Oneself, but only for somebody of one's own unit.
    assert!(may(&of(OTHER, "handler"), OTHER, Some(beside)));
    assert!(!may(&of(OTHER, "handler"), OTHER, Some(ME)));
    assert!(!may(&of(stranger, "handler"), OTHER, None));
    assert!(may(&of(stranger, "clerk"), OTHER, Some(ME)));
}

#[test]
fn whoever_stands_in_for_the_administrator_does_not_stay_one_by_their_own_word() {
    with_stand_in(|viewer, rights| {
        let grants = [grant("handler", &["admin"], "all")];
        let rights = Rights {
            grants: &grants,
            ..*rights
        };
        assert!(authorize_general(viewer, "admin", &rights).is_ok());
        assert!(authorize_substitute(viewer, OTHER, None, &rights).is_ok());
        for substitute in [ME, OTHER] {
            let named = authorize_substitute(viewer, OTHER, Some(substitute), &rights);
            assert_eq!(named, Err(forbidden(SUBSTITUTE)));
        }
    });
}

#[test]
fn whoever_leads_lends_nothing_that_is_held_elsewhere() {
    let mut org = City {
        parents: vec![None, Some(0), Some(0)],
    }
    .org();
    let post = PostId(Uuid::from_u128(5));
    let (third, on) = (PersonId(Uuid::from_u128(1004)), date(2026, 1, 1));
    let granted = |person, role: &str, unit| OrgEvent::RoleGranted {
        person,
        role: role.to_owned(),
        unit: unit_id(unit),
        on,
    };
    let events = [
        OrgEvent::PersonAdded(Person {
            id: third,
            name: Label::new("某人", "Somebody"),
        }),
        OrgEvent::PostFounded(Post {
            id: post,
            unit: unit_id(1),
            title: Label::new("局长", "Director"),
            head: true,
            founded_on: on,
        }),
        OrgEvent::TenureBegan { post, person: ME, on },
        granted(OTHER, "handler", 1),
        granted(third, "handler", 1),
        granted(OTHER, "supervisor", 2),
    ];
    events.iter().for_each(|event| org.apply(event).unwrap());
    let calendar = china();
    let rights = Rights {
        grants: &[],
        packs: &[],
        org: &org,
        calendar: &calendar,
        now: now(),
    };
    let head = viewer(1, &[]);
    let may = |substitute| authorize_substitute(&head, OTHER, substitute, &rights).is_ok();
    assert!(may(None) && !may(Some(third)));
}
