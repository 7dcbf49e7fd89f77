//! Followers, timers and the proofs that go out of the house.

use crate::common::{City, now};
use crate::direct::Cell;
use bihuan_core::case::command::Command;
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::permission::Permit;
use bihuan_store::followers::ticker::Ticker;
use bihuan_store::proof::checkpoint;
use jiff::ToSpan;

/// Everything that followers wrote, in one order.
fn followed(city: &City) -> Vec<Vec<Cell>> {
    let direct = city.place.direct();
    let queries = [
        "SELECT tenant, due_at, case_id FROM timer ORDER BY 1, 2, 3",
        "SELECT day, what, kind, unit, category, channel, n FROM rollup ORDER BY 1, 2, 3, 4, 5, 6",
        "SELECT class, unit, month, kind, phase, bucket, n FROM handled ORDER BY 1, 2, 3, 4, 5, 6",
        "SELECT case_id, version, message, made_at FROM outbox ORDER BY 1, 2",
        "SELECT follower, position FROM cursor ORDER BY 1",
    ];
    let found = queries.iter().flat_map(|sql| direct.rows(sql, &[]));
    found.collect()
}

async fn lived() -> (City, Vec<CaseId>) {
    let mut city = City::new().await;
    let mut cases = Vec::new();
    for number in 0..12 {
        cases.push(city.raise("路灯坏了", &format!("第 {number} 盏")).await.case());
        city.tenant.follow().await.expect("followed");
    }
    for case in &cases {
        let mut bodies = city.bodies();
        let command = Command::Comment {
            text: bodies.write("已派人查看"),
        };
        city.tenant
            .execute(&Permit::system(), *case, command, bodies, None, now())
            .await
            .expect("remarked");
    }
    (city, cases)
}

#[tokio::test]
async fn following_twice_gives_the_same_rows_as_once() {
    let (city, cases) = lived().await;
    city.tenant.follow().await.expect("followed");
    let once = followed(&city);
    assert!(once.len() > cases.len(), "{}", once.len());
    assert_eq!(city.tenant.follow().await.expect("followed"), 0);
    assert_eq!(followed(&city), once);
}

#[tokio::test]
async fn rebuilding_from_the_beginning_gives_the_same_rows() {
    let (city, _) = lived().await;
    city.tenant.follow().await.expect("followed");
    let grown = followed(&city);
    city.tenant.rebuild_followers().await.expect("rebuilt");
    assert_eq!(followed(&city), grown);
    assert!(
        city.tenant
            .verify(None, &mut |_| {})
            .expect("verified")
            .is_clean()
    );
}

#[tokio::test]
async fn a_follower_that_stayed_behind_catches_up_and_the_others_write_nothing_twice() {
    let (city, _) = lived().await;
    city.tenant.follow().await.expect("followed");
    let grown = followed(&city);
    let direct = city.place.direct();
    direct.run("DELETE FROM rollup; DELETE FROM cursor WHERE follower = 'rollups';");
    city.tenant.follow().await.expect("followed");
    assert_eq!(followed(&city), grown);
}

#[tokio::test]
async fn a_rebuild_tells_nobody_twice() {
    let (mut city, cases) = lived().await;
    city.assign(cases[0]).await;
    city.tenant.follow().await.expect("followed");
    let notices = |city: &City| {
        city.tenant
            .reader()
            .and_then(|reader| reader.notices(cases[0], 10))
            .expect("reads")
    };
    let told: Vec<String> = notices(&city).into_iter().map(|notice| notice.message).collect();
    assert_eq!(told, ["assigned", "accepted"]);
    let newest = notices(&city)[0].version;
    city.tenant
        .note_delivered(cases[0], vec![newest], now())
        .await
        .expect("noted");
    city.tenant.rebuild_followers().await.expect("rebuilt");
    let delivered: Vec<bool> = notices(&city)
        .iter()
        .map(|notice| notice.delivered_at.is_some())
        .collect();
    assert_eq!(delivered, [true, false]);
}

#[tokio::test]
async fn several_followers_at_once_count_nothing_twice() {
    let (city, _) = lived().await;
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let tenant = city.tenant.clone();
            tokio::spawn(async move { tenant.follow().await })
        })
        .collect();
    for run in runs {
        run.await.expect("ran").expect("followed");
    }
    let verification = city.tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(verification.differences, []);
}

#[tokio::test]
async fn the_timer_notes_a_clock_that_ran_out_once() {
    let (mut city, cases) = lived().await;
    let mut ticker = Ticker::default();
    let tick = ticker.tick(&city.tenant, &mut city.entropy, now()).await;
    assert_eq!(
        tick.expect("ticked").changed,
        0,
        "nothing is due on the first day"
    );

    let later = now().checked_add((24 * 120).hours()).expect("an instant");
    let changed = ticker
        .tick(&city.tenant, &mut city.entropy, later)
        .await
        .expect("ticked");
    assert_eq!(changed.changed, cases.len() as u64);
    let again = ticker
        .tick(&city.tenant, &mut city.entropy, later)
        .await
        .expect("ticked");
    assert_eq!(again.changed, 0);
    let view = city
        .tenant
        .reader()
        .expect("reader")
        .case(cases[0])
        .expect("reads")
        .expect("there");
    assert!(view.case.clocks.values().any(|clock| clock.breached));
    city.tenant.follow().await.expect("followed");
    let sum = "SELECT CAST(sum(n) AS BIGINT) FROM rollup WHERE what = 'breached'";
    let breached = city.place.direct().value(sum, &[]).int();
    assert!(breached >= cases.len() as i64);
    assert_eq!(
        city.tenant
            .verify(None, &mut |_| {})
            .expect("verified")
            .differences,
        []
    );
}

/// RFC 6962, 2.1, word by word.
fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => Digest::of(&[&[0], &leaf.0]),
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Digest::of(&[&[1], &root(left).0, &root(right).0])
        }
    }
}

fn hashes(city: &City) -> Vec<Digest> {
    let direct = city.place.direct();
    // Without a number that tells the order of the commits, the one that the sequencer gave has to do.
    let sql = direct.choose(
        "SELECT hash FROM event ORDER BY rowid",
        "SELECT e.hash FROM sequence s JOIN event e USING (tenant, stream_kind, stream_id, version) ORDER BY s.seq",
    );
    direct.column(sql, &[]).iter().map(Cell::digest).collect()
}

#[tokio::test]
async fn a_checkpoint_signs_the_head_of_all_events_in_the_order_of_their_commit() {
    let (city, _) = lived().await;
    let note = city.tenant.checkpoint(now()).await.expect("signed");
    let head = checkpoint::open_with(&city.tenant.verifier_key(), &note).expect("opens");
    let hashes = hashes(&city);
    assert_eq!((head.size, head.root), (hashes.len() as u64, root(&hashes)));
    assert_eq!(
        city.tenant.checkpoint(now()).await.expect("signed"),
        note,
        "no event, no new head"
    );
}

#[tokio::test]
async fn every_later_log_contains_the_earlier_one() {
    let (mut city, _) = lived().await;
    let earlier = city.tenant.checkpoint(now()).await.expect("signed");
    for number in 0..5 {
        city.raise("井盖", &format!("第 {number} 个")).await;
        let verification = city.tenant.verify(Some(&earlier), &mut |_| {}).expect("verified");
        assert_eq!(verification.differences, []);
    }
}

#[tokio::test]
async fn the_proof_between_two_heads_is_checked_without_the_store() {
    let (mut city, _) = lived().await;
    let key = city.tenant.verifier_key();
    let earlier = city.tenant.checkpoint(now()).await.expect("signed");
    let same = city
        .tenant
        .consistency_proof(&earlier, now())
        .await
        .expect("proved");
    same.check(&key).expect("a log begins with itself");
    for number in 0..7 {
        city.raise("井盖", &format!("第 {number} 个")).await;
        let proof = city
            .tenant
            .consistency_proof(&earlier, now())
            .await
            .expect("proved");
        proof.check(&key).expect("proved");
        let mut wrong = proof.clone();
        wrong.path.pop();
        assert!(wrong.check(&key).is_err());
        let mut turned = proof;
        std::mem::swap(&mut turned.earlier, &mut turned.later);
        assert!(turned.check(&key).is_err());
    }
}

#[tokio::test]
async fn the_proof_of_a_case_is_checked_without_the_store_and_no_change_passes() {
    let (city, cases) = lived().await;
    let proof = city.tenant.case_proof(cases[3], now()).await.expect("proved");
    let key = city.tenant.verifier_key();
    proof.check(&key).expect("proved");
    assert!(proof.events.len() >= 2);

    let mut changed = proof.clone();
    changed.events[1].hash = Digest::of(&[b"another event"]);
    assert!(changed.check(&key).is_err());
    let mut moved = proof.clone();
    moved.events[0].seq += 1;
    assert!(moved.check(&key).is_err());
    let mut shortened = proof.clone();
    shortened.events.remove(0);
    assert!(shortened.check(&key).is_err());
    let mut other_head = proof;
    other_head.checkpoint = other_head.checkpoint.replacen("bihuan/", "bihuan/x", 1);
    assert!(other_head.check(&key).is_err());
}
