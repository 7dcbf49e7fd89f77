//! Verifying on a server, where the order and the events lie in tables of their own.

use bihuan_core::case::command::Command;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::decide::When;
use bihuan_store::verify::findings::Verification;

use crate::common::{City, Counter, now, raise};
use crate::direct::{Cell, Direct};
use crate::place::Place;

/// A city with three cases on a server.
struct Apart {
    city: City,
    case: CaseId,
}

impl Apart {
    async fn new() -> Apart {
        let mut city = City::at(Place::on_a_server()).await;
        let case = city.raise("路灯坏了", "人民路的路灯坏了三天").await.case();
        for text in ["垃圾堆了一周", "井盖不见了"] {
            city.raise("有个问题", text).await;
        }
        let mut apart = Apart { city, case };
        apart.comment("已派人查看").await;
        apart.city.tenant.follow().await.expect("followed");
        apart
    }

    async fn comment(&mut self, text: &str) {
        let mut bodies = self.city.bodies();
        let command = Command::Comment {
            text: bodies.write(text),
        };
        let tenant = &self.city.tenant;
        tenant
            .execute(&Permit::system(), self.case, command, bodies, None, now())
            .await
            .expect("remarked");
    }

    fn verify_log(&self) -> Verification {
        let tenant = &self.city.tenant;
        tenant.verify_log(None, &mut |_| {}).expect("verified")
    }

    /// What is found, in words.
    fn found(&self) -> Vec<String> {
        let found = self.verify_log().differences;
        found.iter().map(ToString::to_string).collect()
    }

    fn direct(&self) -> Direct {
        self.city.place.direct()
    }

    fn value(&self, sql: &str) -> Cell {
        self.direct().value(sql, &[self.case.0.into()])
    }

    /// The version of the case's last event.
    fn last(&self) -> i64 {
        self.value("SELECT max(version) FROM event WHERE stream_id = $1")
            .int()
    }

    /// Changes one row of the last event of the case, in whichever table.
    fn tamper(&self, sql: &str) {
        let params = [self.last().into(), self.case.0.into()];
        assert_eq!(self.direct().change(sql, &params), 1, "{sql}");
    }

    /// Queues the last event of the case.
    fn queue(&self) {
        self.tamper(
            "INSERT INTO unplaced SELECT tenant, stream_kind, stream_id, version, recorded_at, hash FROM event
            WHERE version = $1 AND stream_id = $2",
        );
    }
}

#[tokio::test]
async fn a_log_of_many_pages_is_whole_in_whatever_order_its_rows_lie() {
    let apart = Apart::new().await;
    let mut bulk = apart
        .city
        .tenant
        .bulk(Box::new(Counter(900_000)))
        .expect("session");
    for number in 0..3_000 {
        let mut bodies = bulk.bodies(now());
        let asked = raise(&mut bodies, &format!("标题{number}"), "内容");
        bulk.raise(&Permit::reporter(), asked, None, bodies, When::at(now()))
            .expect("taken in");
    }
    bulk.finish().expect("on disk");
    apart.city.tenant.follow().await.expect("followed");
    let whole = apart.verify_log();
    assert!(whole.head.size > 4_096, "{}", whole.head.size);
    assert_eq!(whole.differences, []);
    // A changed row is written at another place of its table: here every first event after those that follow it.
    let sql = "UPDATE event SET recorded_at = recorded_at WHERE version = $1";
    assert!(apart.direct().change(sql, &[1_i64.into()]) > 3_000);
    let moved = apart.verify_log();
    assert_eq!((moved.differences, moved.head), (Vec::new(), whole.head));
}

#[tokio::test]
async fn an_event_that_waits_for_its_place_is_no_difference_until_it_is_changed() {
    let mut apart = Apart::new().await;
    let placed = apart.verify_log().head;
    apart.comment("还没有位置").await;
    let whole = apart.verify_log();
    assert_eq!((whole.differences, whole.head), (Vec::new(), placed));
    apart.tamper("UPDATE event SET data = '\\x7b7d' WHERE version = $1 AND stream_id = $2");
    let subject = format!("event {} of case {}", apart.last(), apart.case);
    let found = apart.found();
    assert!(found.len() == 1 && found[0].starts_with(&subject), "{found:?}");
    // All of it says so once.
    let all = apart.city.tenant.verify(None, &mut |_| {}).expect("verified");
    let linked = all.differences.iter().filter(|found| found.subject == subject);
    assert_eq!(linked.filter(|found| found.check.word() == "link").count(), 1);
}

#[tokio::test]
async fn an_event_without_a_place_is_found() {
    let apart = Apart::new().await;
    let last = apart.last();
    apart.tamper("DELETE FROM sequence WHERE version = $1 AND stream_id = $2");
    let told = format!(
        "event {last} of case {}: has no place and is not queued for one",
        apart.case
    );
    assert!(apart.found().contains(&told), "{:?}", apart.found());
}

#[tokio::test]
async fn an_event_queued_twice_or_queued_and_gone_is_found() {
    let apart = Apart::new().await;
    let (last, case) = (apart.last(), apart.case);
    apart.queue();
    let found = apart.found();
    let told = format!("event {last} of case {case}: has place ");
    assert!(found.len() == 1 && found[0].starts_with(&told), "{found:?}");
    assert!(found[0].ends_with(" and is queued for another"), "{found:?}");
    apart.tamper("DELETE FROM sequence WHERE version = $1 AND stream_id = $2");
    apart.tamper("DELETE FROM event WHERE version = $1 AND stream_id = $2");
    let told = format!("event {last} of case {case}: is gone; it was queued for a place");
    assert!(apart.found().contains(&told), "{:?}", apart.found());
}

#[tokio::test]
async fn a_place_with_the_hash_of_another_event_is_found() {
    let apart = Apart::new().await;
    let (last, case) = (apart.last(), apart.case);
    let seq = apart
        .value("SELECT max(seq) FROM sequence WHERE stream_id = $1")
        .int();
    apart.tamper("UPDATE sequence SET hash = sha256(hash) WHERE version = $1 AND stream_id = $2");
    let told = format!("event {last} of case {case}: has another hash than at place {seq}");
    assert!(apart.found().contains(&told), "{:?}", apart.found());
}

#[tokio::test]
async fn versions_that_have_each_other_s_places_are_found() {
    let apart = Apart::new().await;
    let last = apart.last();
    for (from, to) in [(last, 9_000_i64), (last - 1, last), (9_000, last - 1)] {
        let sql = "UPDATE sequence SET version = $1,
            hash = coalesce((SELECT e.hash FROM event e WHERE e.version = $1 AND e.stream_id = $3), hash)
            WHERE version = $2 AND stream_id = $3";
        let params = [to.into(), from.into(), apart.case.0.into()];
        assert_eq!(apart.direct().change(sql, &params), 1);
    }
    let found = apart.verify_log().differences;
    let subject = format!("event {last} of case {}", apart.case);
    let told = |check: &str| found.iter().any(|found| found.check.word() == check);
    assert!(found.iter().any(|found| found.subject == subject), "{found:?}");
    assert!(told("order") && told("tree"), "{found:?}");
}
