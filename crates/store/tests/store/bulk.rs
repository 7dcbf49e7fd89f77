//! Sessions that have the writer to themselves.

use crate::common::{City, Counter, HEALTH, init, now, raise, unit};
use crate::place::Place;
use bihuan_core::case::command::{Command, Raise};
use bihuan_core::event::ExternalRef;
use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use bihuan_store::decide::When;
use bihuan_store::error::ExecuteError;
use bihuan_store::tenant::Store;

fn fill(place: &Place, seed: u64) -> Vec<CaseId> {
    let tenant = init(place, &mut Counter(seed)).tenant(None).expect("tenant");
    let mut bulk = tenant.bulk(Box::new(Counter(seed))).expect("session");
    bulk.org(
        &Permit::system(),
        OrgEvent::UnitFounded(unit(HEALTH, "health", "卫健委")),
        now(),
    )
    .expect("org");
    let mut cases = Vec::new();
    for place in 0..20 {
        let mut bodies = bulk.bodies(now());
        let asked = raise(&mut bodies, &format!("标题{place}"), "内容");
        let staged = bulk
            .raise(&Permit::reporter(), asked, None, bodies, When::at(now()))
            .expect("taken in");
        let mut bodies = bulk.bodies(now());
        let command = Command::Comment {
            text: bodies.write("看到了"),
        };
        bulk.execute(&Permit::system(), staged.case, &command, bodies, When::at(now()))
            .expect("written");
        cases.push(staged.case);
    }
    bulk.finish().expect("on disk");
    cases
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let logs = [1, 1, 2].map(|seed| {
        let place = Place::new();
        fill(&place, seed);
        let sql = "SELECT data, hash FROM event ORDER BY stream_kind, stream_id, version";
        place.direct().rows(sql, &[])
    });
    assert!(logs[0].len() > 60);
    assert_eq!(logs[0], logs[1]);
    assert_ne!(logs[0], logs[2]);
}

#[test]
fn what_a_session_wrote_is_seen_once_it_is_finished() {
    let place = Place::new();
    let cases = fill(&place, 3);
    let store = Store::open(place.path(), &place.options()).expect("opens");
    let tenant = store.tenant(None).expect("tenant");
    assert!(tenant.scene().org.unit(HEALTH).is_some());
    let reader = tenant.reader().expect("reader");
    assert_eq!(
        reader.count_all(&Checked::everything()).expect("counts"),
        cases.len()
    );
    let view = reader.case(cases[0]).expect("reads").expect("there");
    assert_eq!(view.text(view.case.title), Some("标题0"));
}

#[tokio::test]
async fn a_session_that_is_dropped_leaves_nothing() {
    let city = City::new().await;
    let mut bulk = city.tenant.bulk(Box::new(Counter(5))).expect("session");
    let mut bodies = bulk.bodies(now());
    let asked = raise(&mut bodies, "a", "b");
    bulk.raise(&Permit::reporter(), asked, None, bodies, When::at(now()))
        .expect("taken in");
    drop(bulk);
    let count = city
        .tenant
        .reader()
        .expect("reader")
        .count_all(&Checked::everything())
        .expect("counts");
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_refused_row_leaves_the_rows_around_it() {
    let city = City::new().await;
    let mut bulk = city.tenant.bulk(Box::new(Counter(5))).expect("session");
    let mut outcomes = Vec::new();
    for key in ["1", "2", "1"] {
        let mut bodies = bulk.bodies(now());
        let external = Some(ExternalRef {
            system: "old".into(),
            key: key.into(),
        });
        let asked = Raise {
            external,
            channel: "import".into(),
            ..raise(&mut bodies, key, "b")
        };
        outcomes.push(bulk.raise(&Permit::import(), asked, None, bodies, When::at(now())));
    }
    let first = outcomes[0].as_ref().expect("new").case;
    assert!(outcomes[1].is_ok());
    assert!(
        matches!(outcomes[2], Err(ExecuteError::Known(case)) if case == first),
        "{:?}",
        outcomes[2]
    );
    bulk.finish().expect("on disk");
    let count = city
        .tenant
        .reader()
        .expect("reader")
        .count_all(&Checked::everything())
        .expect("counts");
    assert_eq!(count, 2);
}
