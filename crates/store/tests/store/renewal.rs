//! Rows that an older program wrote, which did not know all flags.

use bihuan_core::case::command::{Command, Raise, TakeStep};
use bihuan_core::event::ReplyWay;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::tenant::Tenant;
use bihuan_store::value::flag_bits;

use crate::common::{City, HOTLINE, now, raise};
use crate::direct::Cell;

/// The places that are gone through at a time here.
const PLACES: u64 = 7;

async fn take(city: &City, permit: &Permit, case: CaseId, command: Command, bodies: Bodies) {
    let taken = city.tenant.execute(permit, case, command, bodies, None, now());
    taken.await.expect("taken");
}

/// A question that was answered, and whose reporter says that this solves it.
async fn solved(city: &mut City) -> CaseId {
    let mut bodies = city.bodies();
    let asked = Raise {
        kind: "consultation".into(),
        ..raise(&mut bodies, "年票多少钱", "公园年票")
    };
    let system = Permit::system();
    let receipt = city.tenant.raise(&system, asked, None, bodies, None, now()).await;
    let case = receipt.expect("taken in").case();
    for (action, step) in [("register", "accept"), ("assign", "assign"), ("answer", "answer")] {
        let mut bodies = city.bodies();
        let step = TakeStep {
            step: step.into(),
            unit: (step == "assign").then_some(HOTLINE),
            reply: (step == "answer").then(|| bodies.write("八十元")),
            reply_way: (step == "answer").then_some(ReplyWay::Phone),
            ..TakeStep::default()
        };
        take(city, &city.permit(action), case, Command::TakeStep(step), bodies).await;
    }
    let satisfied = Command::GiveSatisfaction {
        solved: true,
        score: None,
        remark: None,
    };
    let bodies = city.bodies();
    take(city, &Permit::reporter(), case, satisfied, bodies).await;
    case
}

/// A city whose rows do not know who said "solved", and its cases that are.
async fn upgraded() -> (City, Vec<CaseId>) {
    let mut city = City::new().await;
    let mut cases = Vec::new();
    for number in 0..4 {
        cases.push(solved(&mut city).await);
        city.raise("路灯坏了", &format!("第 {number} 盏")).await;
    }
    city.tenant.follow().await.expect("followed");
    let direct = city.place.direct();
    assert_eq!(direct.change("UPDATE case_row SET flags = flags & ~8192", &[]), 8);
    direct.run("DELETE FROM cursor WHERE follower LIKE '% flags'");
    (city, cases)
}

fn rows(city: &City) -> Vec<Vec<Cell>> {
    city.place.direct().rows(
        "SELECT id, version, flags, state, changed_at FROM case_row ORDER BY id",
        &[],
    )
}

async fn renew(tenant: &Tenant) -> usize {
    let mut pieces = 1;
    while tenant.renew_flags(PLACES).await.expect("renewed") {
        pieces += 1;
    }
    pieces
}

#[tokio::test]
async fn rows_from_before_a_flag_are_given_it_piece_by_piece() {
    let (mut city, cases) = upgraded().await;
    let lacking = city
        .tenant
        .verify(None, &mut |_| {})
        .expect("verified")
        .differences;
    assert_eq!(lacking.len(), cases.len(), "{lacking:?}");
    assert!(
        city.tenant.renew_flags(PLACES).await.expect("renewed"),
        "there is more"
    );
    // Work goes on meanwhile, in cases that were gone through and in others.
    cases_are_remarked(&mut city, &cases).await;
    assert!(renew(&city.tenant).await > 2);
    assert_eq!(
        city.tenant
            .verify(None, &mut |_| {})
            .expect("verified")
            .differences,
        []
    );
    for case in cases {
        let reader = city.tenant.reader().expect("a reader");
        let facts = reader.facts(case).expect("reads").expect("there");
        let sql = "SELECT flags FROM case_row WHERE id = $1";
        let flags = city.place.direct().value(sql, &[case.0.into()]).int();
        assert_eq!((flags, flags & 8_192), (flag_bits(&facts), 8_192));
    }
    // Once is enough: the log is not gone through again.
    let before = rows(&city);
    city.place
        .direct()
        .run("UPDATE case_row SET flags = flags & ~8192");
    assert_eq!(renew(&city.tenant).await, 1);
    assert_ne!(rows(&city), before);
}

async fn cases_are_remarked(city: &mut City, cases: &[CaseId]) {
    for case in [cases[0], cases[3]] {
        let mut bodies = city.bodies();
        let text = bodies.write("看到了");
        take(city, &Permit::system(), case, Command::Comment { text }, bodies).await;
    }
}

#[tokio::test]
async fn a_new_store_has_nothing_to_renew() {
    let mut city = City::new().await;
    let case = solved(&mut city).await;
    city.tenant.follow().await.expect("followed");
    let sql = "UPDATE case_row SET flags = 0 WHERE id = $1";
    assert_eq!(city.place.direct().change(sql, &[case.0.into()]), 1);
    let before = rows(&city);
    assert_eq!(renew(&city.tenant).await, 1);
    assert_eq!(rows(&city), before);
}

#[tokio::test]
async fn a_case_that_does_not_fold_does_not_keep_the_others_from_their_flags() {
    let (city, cases) = upgraded().await;
    let direct = city.place.direct();
    let sql = "DELETE FROM event WHERE version = 2 AND stream_id = $1";
    assert_eq!(direct.change(sql, &[cases[0].0.into()]), 1);
    renew(&city.tenant).await;
    let sql = "SELECT count(*) FROM case_row WHERE flags & 8192 <> 0";
    assert_eq!(direct.value(sql, &[]).int(), cases.len() as i64 - 1);
}
