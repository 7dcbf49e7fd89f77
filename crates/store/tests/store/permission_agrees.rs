//! On random org trees: what is listed can be opened, what can be opened is listed, and the counts agree.

use std::collections::BTreeSet;

use crate::common::{CLERK, Counter, init, now, raise, unit};
use crate::place::Place;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::AccusedParty;
use bihuan_core::id::{CaseId, PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent, Person};
use bihuan_core::permission::{self, Permit, READ, Rights, Viewer};
use bihuan_store::bulk::Bulk;
use bihuan_store::decide::When;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Sort, SortBy};
use bihuan_store::tenant::Tenant;
use proptest::prelude::*;
use uuid::Uuid;

const ROLES: [&str; 8] = [
    "operator",
    "dispatcher",
    "handler",
    "unit_head",
    "supervisor",
    "inspector",
    "leader",
    "auditor",
];
const KINDS: [&str; 4] = ["help", "complaint", "report", "consultation"];
const UNITS: usize = 9;
const CASES: usize = 14;

/// A random city: who is under whom, what was raised, and who looks.
#[derive(Debug, Clone)]
struct Plan {
    /// For each unit but the first, the index of its parent among those before it.
    parents: Vec<usize>,
    /// For each case: kind, responsible unit, accused unit; indexes beyond the units mean none.
    cases: Vec<(usize, usize, usize)>,
    /// The roles of the viewer, each with its unit.
    roles: Vec<(usize, usize)>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let parents = (1..UNITS).map(|at| 0..at).collect::<Vec<_>>();
    let cases = prop::collection::vec((0..KINDS.len(), 0..UNITS + 3, 0..UNITS + 12), CASES);
    let roles = prop::collection::vec((0..ROLES.len(), 0..UNITS), 1..4);
    (parents, cases, roles).prop_map(|(parents, cases, roles)| Plan {
        parents,
        cases,
        roles,
    })
}

fn unit_id(index: usize) -> UnitId {
    UnitId(Uuid::from_u128(100 + index as u128))
}

/// Founds the plan's tree and takes in its cases.
fn found(plan: &Plan, bulk: &mut Bulk) -> Vec<CaseId> {
    for index in 0..UNITS {
        let mut founded = unit(unit_id(index), &format!("u{index}"), &format!("单位{index}"));
        founded.parent = index.checked_sub(1).map(|before| unit_id(plan.parents[before]));
        bulk.org(&Permit::system(), OrgEvent::UnitFounded(founded), now())
            .expect("the tree allows it");
    }
    let clerk = Person {
        id: CLERK,
        name: Label::new("张三", "Zhang San"),
    };
    bulk.org(&Permit::system(), OrgEvent::PersonAdded(clerk), now())
        .expect("the tree allows it");
    plan.cases.iter().map(|case| take_in(bulk, *case)).collect()
}

fn take_in(bulk: &mut Bulk, (kind, responsible, accused): (usize, usize, usize)) -> CaseId {
    let mut bodies = bulk.bodies(now());
    let mut asked = raise(&mut bodies, "路灯不亮", "小区门口的路灯坏了");
    asked.kind = KINDS[kind].into();
    let accused = (accused < UNITS).then(|| unit_id(accused));
    asked.accused = accused.iter().copied().map(AccusedParty::Unit).collect();
    let when = When::at(now());
    let case = bulk
        .raise(&Permit::reporter(), asked, None, bodies, when)
        .expect("taken in")
        .case;
    let responsible = (responsible < UNITS).then(|| unit_id(responsible));
    // A case that nobody may be made responsible for stays without an owner.
    let Some(unit) = responsible.filter(|unit| !is_accused(&bulk.scene().org, *unit, accused)) else {
        return case;
    };
    for (action, step, unit) in [("register", "accept", None), ("assign", "assign", Some(unit))] {
        let step = TakeStep {
            step: step.into(),
            unit,
            ..TakeStep::default()
        };
        let bodies = bulk.bodies(now());
        let permit = permit(bulk, kind, action);
        bulk.execute(&permit, case, &Command::TakeStep(step), bodies, when)
            .expect("the step is taken");
    }
    case
}

/// Whether `unit` is complained about: itself or by a unit above or below it.
fn is_accused(org: &Org, unit: UnitId, accused: Option<UnitId>) -> bool {
    accused.is_some_and(|accused| org.is_under(unit, accused) || org.is_under(accused, unit))
}

/// The permit of a dispatcher who stands outside the plan's roles.
fn permit(bulk: &Bulk, kind: usize, action: &str) -> Permit {
    let role = if KINDS[kind] == "report" {
        "inspector"
    } else {
        "dispatcher"
    };
    let dispatcher = viewer_with(vec![(role.to_owned(), unit_id(0))], PersonId(Uuid::from_u128(12)));
    let scene = bulk.scene();
    let packs: Vec<_> = scene.newest().map(|pack| &**pack).collect();
    let rights = Rights {
        grants: &scene.grants,
        packs: &packs,
        org: &scene.org,
        calendar: &scene.calendar,
        now: now(),
    };
    permission::authorize_general(&dispatcher, action, &rights).expect("dispatchers may")
}

fn viewer_with(roles: Vec<(String, UnitId)>, person: PersonId) -> Viewer {
    let unit = roles.first().map_or(unit_id(0), |(_, unit)| *unit);
    let stands_in = Vec::new();
    Viewer {
        person,
        unit,
        roles,
        stands_in,
    }
}

/// Lists everything in the viewer's scope, page by page.
fn listed(tenant: &Tenant, scope: &bihuan_core::filter::Checked) -> Vec<CaseId> {
    let reader = tenant.reader().expect("a reader");
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let sort = Sort {
            by: SortBy::Raised,
            descending: true,
        };
        let page = reader
            .list(&Listing {
                filter: scope,
                sort,
                after: after.as_ref(),
                limit: 4,
            })
            .expect("a page");
        found.extend(page.rows.iter().map(|row| row.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

fn is_mine_accused(org: &Org, viewer: &Viewer, accused: &[AccusedParty]) -> bool {
    accused.iter().any(|party| match party {
        AccusedParty::Unit(unit) => viewer.roles.iter().any(|(_, mine)| org.is_under(*mine, *unit)),
        AccusedParty::Person(person) => *person == viewer.person,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn lists_counts_and_opening_obey_one_grant(plan in plans()) {
        let place = Place::new();
        let tenant = init(&place, &mut Counter::default()).tenant(None).expect("the tenant");
        let mut bulk = tenant.bulk(Box::new(Counter(9))).expect("a session");
        let cases = found(&plan, &mut bulk);
        bulk.finish().expect("on disk");
        let roles = plan.roles.iter().map(|(role, unit)| (ROLES[*role].to_owned(), unit_id(*unit))).collect();
        let viewer = viewer_with(roles, CLERK);
        let scene = tenant.scene();
        let packs: Vec<_> = scene.newest().map(|pack| &**pack).collect();
        let rights =
            Rights { grants: &scene.grants, packs: &packs, org: &scene.org, calendar: &scene.calendar, now: now() };
        let reader = tenant.reader().expect("a reader");
        let scope = permission::scope(&viewer, READ, &rights);
        let list = scope.as_ref().map(|scope| listed(&tenant, scope)).unwrap_or_default();
        let count = scope.as_ref().map_or(0, |scope| reader.count(scope, 1000).expect("a count").known);
        prop_assert_eq!(list.len(), count);
        let list: BTreeSet<CaseId> = list.into_iter().collect();
        prop_assert_eq!(list.len(), count, "nothing is listed twice");
        for case in cases {
            let facts = reader.facts(case).expect("reads").expect("is there");
            let opens = permission::authorize(&viewer, READ, &facts, &rights).is_ok();
            prop_assert_eq!(opens, list.contains(&case), "{:?}", facts);
            prop_assert!(!(opens && is_mine_accused(&scene.org, &viewer, &facts.accused)), "the accused sees it");
        }
    }
}
