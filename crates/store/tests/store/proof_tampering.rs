//! Verifying finds what was done to the store behind its back.

use crate::common::{City, Counter, now};
use crate::direct::{Cell, Direct};
use bihuan_core::case::command::Command;
use bihuan_core::event::{EvidenceMoment, Stream, link};
use bihuan_core::id::{BodyId, CaseId, Digest, EvidenceId};
use bihuan_core::permission::Permit;
use bihuan_store::tenant::BLOBS_DIRECTORY;
use bihuan_store::verify::findings::{Check, Difference, Verification};

/// A city with three cases, of which the first has evidence and a few remarks.
struct Lived {
    city: City,
    case: CaseId,
    blob: Digest,
}

impl Lived {
    async fn new() -> Lived {
        let mut city = City::new().await;
        let case = city.raise("路灯坏了", "人民路的路灯坏了三天").await.case();
        for text in ["垃圾堆了一周", "井盖不见了"] {
            city.raise("有个问题", text).await;
        }
        for text in ["已派人查看", "灯泡已换", "请核实"] {
            comment(&mut city, case, text).await;
        }
        let blob = city
            .tenant
            .blobs()
            .put(b"a photo of a lamp", 1_000)
            .expect("kept");
        let bodies = city.bodies();
        let evidence = Command::AddEvidence {
            evidence: EvidenceId::new(now(), &mut city.entropy),
            blob: blob.digest,
            media_type: "image/jpeg".into(),
            size_bytes: blob.size_bytes,
            moment: EvidenceMoment::After,
            caption: None,
        };
        city.tenant
            .execute(&Permit::system(), case, evidence, bodies, None, now())
            .await
            .expect("added");
        city.tenant.follow().await.expect("followed");
        Lived {
            city,
            case,
            blob: blob.digest,
        }
    }

    fn verify(&self) -> Verification {
        self.city.tenant.verify(None, &mut |_| {}).expect("verified")
    }

    fn first_difference(&self) -> Difference {
        self.verify()
            .differences
            .into_iter()
            .next()
            .expect("a difference")
    }

    fn intruder(&self) -> Direct {
        self.city.place.direct()
    }

    fn last_version(&self) -> i64 {
        let sql = "SELECT max(version) FROM event WHERE stream_id = $1";
        self.intruder().value(sql, &[self.case.0.into()]).int()
    }

    /// Changes rows of the first case, whose id is the last parameter.
    fn tamper(&self, sql: &str, before: &[Cell]) {
        let params = [before, &[self.case.0.into()]].concat();
        assert!(self.intruder().change(sql, &params) > 0, "nothing was changed");
    }

    /// Returns the bytes that the hash of an event of the first case covers. In this form they may lie on disk too.
    fn plain(&self, version: i64) -> Vec<u8> {
        let reader = self.city.tenant.reader().expect("a reader");
        let events = reader.events(0, usize::MAX).expect("events").into_iter();
        let stream = Stream::Case(self.case);
        let mut found = events.filter(|event| event.stream == stream && i64::from(event.version) == version);
        found.next().expect("the event").data
    }

    fn delete_event(&self, version: i64) {
        let sql = "DELETE FROM event WHERE version = $1 AND stream_id = $2";
        self.tamper(sql, &[version.into()]);
    }

    /// How a finding begins that an event of the first case is gone from its place. Where places are rows,
    /// nothing there says any more whose it was.
    fn gone(&self, version: i64, place: u64) -> String {
        let named = format!("event {version} of case {}: is gone", self.case);
        let place = format!("place {place}: holds no event");
        self.intruder().choose(place, named)
    }

    /// Forgets the order, the tree and the kept heads; the log is to be followed from its beginning.
    fn forget_order(&self) {
        let intruder = self.intruder();
        intruder.run(intruder.choose(
            "DELETE FROM tile; DELETE FROM checkpoint;",
            "DELETE FROM sequence; DELETE FROM tile; DELETE FROM checkpoint;
            INSERT INTO unplaced SELECT tenant, stream_kind, stream_id, version, recorded_at, hash FROM event
                ON CONFLICT DO NOTHING",
        ));
    }
}

async fn comment(city: &mut City, case: CaseId, text: &str) {
    let mut bodies = city.bodies();
    let command = Command::Comment {
        text: bodies.write(text),
    };
    city.tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await
        .expect("remarked");
}

#[tokio::test]
async fn an_untouched_store_is_clean_and_counted() {
    let lived = Lived::new().await;
    let verification = lived.verify();
    assert_eq!(verification.differences, []);
    assert_eq!((verification.counts.cases, verification.counts.files), (3, 1));
    assert_eq!(verification.counts.bodies, 3 * 2 + 3);
    assert_eq!(verification.counts.events, verification.head.size);
}

#[tokio::test]
async fn a_flipped_byte_in_an_event_is_found() {
    let lived = Lived::new().await;
    let version = lived.last_version() - 1;
    let mut data = lived.plain(version);
    let place = data
        .windows(8)
        .position(|window| window == b"02:00:00")
        .expect("a time");
    data[place + 7] = b'1';
    let sql = "UPDATE event SET data = $1 WHERE version = $2 AND stream_id = $3";
    lived.tamper(sql, &[data.into(), version.into()]);
    let found = lived.first_difference();
    assert_eq!(found.check, Check::Link);
    assert_eq!(
        found.to_string(),
        format!(
            "event {version} of case {}: its bytes and the event before it do not give its hash",
            lived.case
        )
    );
}

#[tokio::test]
async fn a_byte_flipped_on_disk_is_found_whatever_it_does_to_the_form() {
    let lived = Lived::new().await;
    let version = lived.last_version();
    let data = "SELECT data FROM event WHERE stream_id = $1 AND version = $2";
    let data = lived
        .intruder()
        .value(data, &[lived.case.0.into(), version.into()]);
    let stored = data.blob().to_vec();
    assert!(stored.len() < lived.plain(version).len() / 2, "it is pressed");
    for place in [0, 1, 7, stored.len() - 9, stored.len() - 1] {
        let mut changed = stored.clone();
        changed[place] ^= 4;
        let sql = "UPDATE event SET data = $1 WHERE version = $2 AND stream_id = $3";
        lived.tamper(sql, &[changed.into(), version.into()]);
        assert_eq!(lived.first_difference().check, Check::Link, "byte {place}");
        assert!(quick_look(&lived).contains(&Check::Link), "byte {place}");
    }
}

#[tokio::test]
async fn the_log_alone_is_verified_without_what_follows_from_it() {
    let lived = Lived::new().await;
    let verify = || lived.city.tenant.verify_log(None, &mut |_| {}).expect("verified");
    let whole = verify();
    assert_eq!(whole.counts.events, whole.head.size);
    assert_eq!(whole.head, lived.verify().head);
    lived.tamper("UPDATE case_row SET severity = 5 WHERE id = $1", &[]);
    assert_eq!(verify().differences, []);
    // The one that is gone is told at its place, and missed by the one that follows it.
    lived.delete_event(lived.last_version() - 1);
    let found: Vec<String> = verify().differences.iter().map(ToString::to_string).collect();
    let (gone, last) = (lived.last_version() - 1, lived.last_version());
    assert!(
        found[0].starts_with(&lived.gone(gone, whole.head.size - 2)),
        "{}",
        found[0]
    );
    assert_eq!(
        found[1],
        format!(
            "event {last} of case {}: follows event {gone}, which is gone",
            lived.case
        )
    );
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn a_deleted_last_event_is_found() {
    let lived = Lived::new().await;
    let (version, size) = (lived.last_version(), lived.verify().head.size);
    lived.delete_event(version);
    let found = lived.first_difference();
    assert_eq!(found.check, Check::Order);
    let told = found.to_string();
    assert!(told.starts_with(&lived.gone(version, size - 1)), "{told}");
}

#[tokio::test]
async fn a_last_event_deleted_before_it_was_placed_is_found_by_the_row() {
    let mut lived = Lived::new().await;
    let case = lived.case;
    comment(&mut lived.city, case, "最后一句").await;
    lived.delete_event(lived.last_version());
    let mut found = lived.verify().differences;
    // Where what has no place is queued for one, the queue says so first.
    if lived.intruder().choose(false, true) {
        let queued = found.remove(0);
        assert_eq!(queued.check, Check::Order);
        assert_eq!(queued.problem, "is gone; it was queued for a place");
    }
    assert_eq!(found[0].check, Check::Rows);
    assert!(found[0].problem.contains("case_row.version"), "{found:?}");
}

#[tokio::test]
async fn an_edited_row_is_found_with_its_column() {
    let lived = Lived::new().await;
    lived.tamper("UPDATE case_row SET severity = 5 WHERE id = $1", &[]);
    let found = lived.first_difference();
    assert_eq!(found.check, Check::Rows);
    assert_eq!(found.problem, "case_row.severity is 5 where the log makes it 2");
}

#[tokio::test]
async fn a_missing_and_a_changed_file_are_found() {
    let lived = Lived::new().await;
    let path = lived.city.tenant.blobs().path(lived.blob);
    assert!(path.starts_with(lived.city.place.path().join(BLOBS_DIRECTORY)));
    std::fs::write(&path, b"another photo").expect("changed");
    let changed = lived.first_difference();
    assert!(changed.problem.contains("was changed"), "{changed}");
    std::fs::remove_file(&path).expect("removed");
    let missing = lived.first_difference();
    assert_eq!(missing.check, Check::Files);
    assert!(missing.problem.contains(&lived.blob.to_string()), "{missing}");
}

#[tokio::test]
async fn a_swapped_pair_of_events_is_found() {
    let lived = Lived::new().await;
    let (earlier, later) = (lived.last_version() - 2, lived.last_version() - 1);
    for (from, to) in [(earlier, 9_000), (later, earlier), (9_000, later)] {
        let sql = "UPDATE event SET version = $1 WHERE version = $2 AND stream_id = $3";
        lived.tamper(sql, &[to.into(), from.into()]);
    }
    let found = lived.verify().differences;
    for version in [earlier, later] {
        let subject = format!("event {version} of case {}", lived.case);
        let mut found = found.iter().filter(|found| found.subject == subject);
        assert!(found.any(|found| found.check == Check::Link), "{subject}");
    }
}

#[tokio::test]
async fn two_places_of_the_order_exchanged_are_found_in_order_and_tree() {
    let lived = Lived::new().await;
    let intruder = lived.intruder();
    let last = intruder.choose(
        "SELECT max(place) FROM event WHERE stream_id = $1",
        "SELECT max(seq) FROM sequence WHERE stream_id = $1",
    );
    let last = intruder.value(last, &[lived.case.0.into()]).int();
    for (from, to) in [(last, -1), (last - 1, last), (-1, last - 1)] {
        let sql = intruder.choose(
            "UPDATE event SET place = $1 WHERE place = $2",
            "UPDATE sequence SET seq = $1 WHERE seq = $2",
        );
        assert_eq!(intruder.change(sql, &[to.into(), from.into()]), 1);
    }
    let checks: Vec<Check> = lived
        .verify()
        .differences
        .iter()
        .map(|found| found.check)
        .collect();
    assert!(
        checks.contains(&Check::Order) && checks.contains(&Check::Tree),
        "{checks:?}"
    );
}

/// Rewrites a remark's time and recomputes every hash after it, the order, the tree and the kept heads.
async fn rewrite(lived: &Lived) {
    let mut prev = Digest::ZERO;
    for version in 1..=lived.last_version() {
        let mut data = lived.plain(version);
        if version == lived.last_version() - 1 {
            let text = String::from_utf8(data).expect("JSON");
            let earlier = text.replacen(
                "\"occurred_at\":\"2026-03-02T02",
                "\"occurred_at\":\"2026-03-01T02",
                1,
            );
            assert_ne!(earlier, text);
            data = earlier.into_bytes();
        }
        let number = u32::try_from(version).expect("a version");
        let hash = link(prev, Stream::Case(lived.case), number, &data);
        let sql = "UPDATE event SET data = $1, hash = $2 WHERE version = $3 AND stream_id = $4";
        lived.tamper(sql, &[data.into(), hash.into(), version.into()]);
        prev = hash;
    }
    lived.forget_order();
    lived.city.tenant.follow().await.expect("followed");
}

#[tokio::test]
async fn a_consistent_rewrite_passes_alone_but_fails_against_a_checkpoint_saved_before() {
    let lived = Lived::new().await;
    let saved = lived.city.tenant.checkpoint(now()).await.expect("signed");
    assert!(
        lived
            .city
            .tenant
            .verify(Some(&saved), &mut |_| {})
            .expect("verified")
            .is_clean()
    );

    rewrite(&lived).await;
    assert_eq!(
        lived.verify().differences,
        [],
        "the rewritten log agrees with itself"
    );
    let proof = lived.city.tenant.consistency_proof(&saved, now()).await;
    assert!(
        proof.is_err(),
        "no path leads from the saved head to the rewritten log"
    );
    let against = lived
        .city
        .tenant
        .verify(Some(&saved), &mut |_| {})
        .expect("verified");
    assert_eq!(against.differences.len(), 1);
    assert_eq!(against.differences[0].check, Check::Checkpoint);
    assert!(
        against.differences[0].problem.contains("does not fit"),
        "{}",
        against.differences[0]
    );
}

#[tokio::test]
async fn a_log_cut_short_consistently_fails_against_a_checkpoint_saved_before() {
    let mut lived = Lived::new().await;
    let case = lived.case;
    comment(&mut lived.city, case, "将被删去").await;
    let saved = lived.city.tenant.checkpoint(now()).await.expect("signed");
    lived.delete_event(lived.last_version());
    lived.tamper("UPDATE case_row SET version = version - 1 WHERE id = $1", &[]);
    lived.forget_order();
    lived.city.tenant.follow().await.expect("followed");
    assert!(
        lived
            .verify()
            .differences
            .iter()
            .all(|found| found.check != Check::Order)
    );
    let against = lived
        .city
        .tenant
        .verify(Some(&saved), &mut |_| {})
        .expect("verified");
    let found = against
        .differences
        .iter()
        .find(|found| found.check == Check::Checkpoint)
        .expect("found");
    assert!(found.problem.contains("events were taken out"), "{found}");
}

#[tokio::test]
async fn an_edited_timer_a_roll_up_and_a_lost_search_word_are_found() {
    let lived = Lived::new().await;
    let intruder = lived.intruder();
    intruder.run("UPDATE timer SET due_at = due_at + 1; UPDATE rollup SET n = n + 1;");
    let document = intruder.choose(
        "DELETE FROM case_text WHERE rowid = (SELECT doc FROM case_row WHERE id = $1)",
        "DELETE FROM case_text WHERE case_id = $1",
    );
    lived.tamper(document, &[]);
    let checks: Vec<Check> = lived
        .verify()
        .differences
        .iter()
        .map(|found| found.check)
        .collect();
    for expected in [Check::Timers, Check::Rollups, Check::Search] {
        assert!(checks.contains(&expected), "{expected:?} in {checks:?}");
    }
}

#[tokio::test]
async fn a_text_changed_or_taken_away_is_found_and_an_erased_one_is_not() {
    let mut lived = Lived::new().await;
    let view = lived
        .city
        .tenant
        .reader()
        .expect("reader")
        .case(lived.case)
        .expect("reads")
        .expect("there");
    let erased = view.case.text;
    let case = lived.case;
    let mut bodies = lived.city.bodies();
    let command = Command::EraseBody {
        body: erased.id,
        reason: bodies.write("本人要求"),
    };
    lived
        .city
        .tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await
        .expect("erased");
    lived.city.tenant.follow().await.expect("followed");
    let clean = lived.verify();
    assert_eq!((clean.differences, clean.counts.erased), (Vec::new(), 1));

    take_away(&lived, view.case.title.id);
    let found = lived.first_difference();
    assert_eq!(found.check, Check::Bodies);
    assert!(found.problem.contains("no event says it was erased"), "{found}");
}

fn take_away(lived: &Lived, body: BodyId) {
    let sql = "UPDATE body SET sealed = NULL WHERE id = $1";
    assert_eq!(lived.intruder().change(sql, &[body.0.into()]), 1);
}

/// Looks at every event of a small log, as a quick look at a large one does at some.
fn quick_look(lived: &Lived) -> Vec<Check> {
    let sampled = lived.city.tenant.sample(200, &mut Counter(77)).expect("looked");
    sampled
        .differences
        .iter()
        .map(|difference| difference.check)
        .collect()
}

#[tokio::test]
async fn a_quick_look_finds_nothing_in_a_sound_log() {
    let lived = Lived::new().await;
    let sampled = lived.city.tenant.sample(200, &mut Counter(77)).expect("looked");
    assert_eq!((sampled.differences, sampled.signed), (vec![], None));
    let size = sampled.head.size;
    assert!(size > 10 && sampled.looked_at == size);
    lived.city.tenant.checkpoint(now()).await.expect("signed");
    let signed = lived.city.tenant.sample(3, &mut Counter(77)).expect("looked");
    assert_eq!(signed.signed, Some(signed.head));
    assert_eq!((signed.looked_at, signed.differences), (4, vec![]));
}

#[tokio::test]
async fn a_quick_look_finds_changed_bytes_and_a_lost_event() {
    let lived = Lived::new().await;
    lived.tamper(
        "UPDATE event SET data = $1 WHERE version = 2 AND stream_id = $2",
        &[b"{}".to_vec().into()],
    );
    assert!(quick_look(&lived).contains(&Check::Link));
    let lived = Lived::new().await;
    lived.delete_event(2);
    assert!(quick_look(&lived).contains(&Check::Order));
}

#[tokio::test]
async fn a_quick_look_holds_the_last_signed_head_against_the_tree() {
    let lived = Lived::new().await;
    lived.city.tenant.checkpoint(now()).await.expect("signed");
    let intruder = lived.intruder();
    intruder.run(intruder.choose("DELETE FROM tile", "DELETE FROM sequence; DELETE FROM tile"));
    assert_eq!(quick_look(&lived), [Check::Checkpoint]);
}
