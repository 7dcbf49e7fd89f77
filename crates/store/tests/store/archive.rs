//! Archiving, on both engines: what is seen stays the same, and whatever is lost or changed is found.

mod file;
mod server;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::BodyRef;
use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::archive::{Archived, Archiving, Progress};
use bihuan_store::bodies::Bodies;
use bihuan_store::error::StoreError;
use bihuan_store::read::list::Listing;
use bihuan_store::tenant::{Store, Tenant};
use jiff::Timestamp;

use crate::common::{CLERK, City, Counter, found, now, raise};
use crate::place::Place;
use crate::proof_identity::{grant_roles, permit};

/// Cases that ended in March; those of May go on.
const ENDED: usize = 5;
const LIVING: usize = 3;

/// When the cases that go on were raised.
fn later() -> Timestamp {
    "2026-05-11T02:00:00Z".parse().expect("an instant")
}

/// A city some of whose cases have ended long ago.
struct Aged {
    city: City,
    ended: Vec<CaseId>,
    living: Vec<CaseId>,
    checkpoint: String,
    /// Where the archive goes: a tablespace on a server, nothing for a file.
    to: Option<String>,
}

impl Aged {
    async fn new() -> Aged {
        Aged::at(Place::new()).await
    }

    async fn at(place: Place) -> Aged {
        let to = place.tablespace();
        let mut city = City::at(place).await;
        grant_roles(&city).await;
        let mut ended = Vec::new();
        for number in 0..ENDED {
            let case = city
                .raise("路灯坏了", &format!("人民路第 {number} 盏"))
                .await
                .case();
            withdraw(&mut city, case).await;
            ended.push(case);
        }
        let mut living = Vec::new();
        for number in 0..LIVING {
            let mut bodies = Bodies::new(later(), &mut city.entropy);
            let asked = raise(&mut bodies, "停水", &format!("第 {number} 天"));
            let permit = Permit::reporter();
            let raised = city.tenant.raise(&permit, asked, None, bodies, None, later());
            living.push(raised.await.expect("taken in").case());
        }
        city.tenant.follow().await.expect("followed");
        let checkpoint = city.tenant.checkpoint(later()).await.expect("signed");
        Aged {
            city,
            ended,
            living,
            checkpoint,
            to,
        }
    }

    fn wanted(&self) -> Archiving {
        Archiving {
            before: "2026-04-01T00:00:00Z".parse().expect("an instant"),
            to: self.to.clone(),
            now: later(),
            patience: Duration::ZERO,
        }
    }

    fn archive(&self) -> Archived {
        archive(&self.city.store, &self.wanted()).expect("archived")
    }

    fn seen(&self) -> Vec<String> {
        let cases = self.ended.iter().chain(&self.living);
        seen(&self.city.tenant, &cases.copied().collect::<Vec<_>>())
    }

    fn differences(&self) -> Vec<String> {
        differences(&self.city.tenant, &self.checkpoint)
    }

    /// Opens the store anew, as the next start of the server does.
    fn reopened(&self) -> Result<Store, StoreError> {
        Store::open(self.city.place.path(), &self.city.place.options())
    }
}

fn archive(store: &Store, wanted: &Archiving) -> Result<Archived, StoreError> {
    static ARCHIVES: AtomicU64 = AtomicU64::new(1 << 50);
    // No two archives have one id.
    let mut entropy = Counter(ARCHIVES.fetch_add(100, Ordering::Relaxed));
    let mut last = None;
    let archived = store.archive(wanted, &mut entropy, &mut |progress| last = Some(progress))?;
    let all = ENDED as u64;
    assert_eq!(
        last,
        Some(Progress {
            done: all,
            total: all
        })
    );
    Ok(archived)
}

/// Everything that is shown of cases: lists, searches, and each with its log and texts.
fn seen(tenant: &Tenant, cases: &[CaseId]) -> Vec<String> {
    let reader = tenant.reader().expect("reader");
    let everything = Checked::everything();
    let mut seen = Vec::new();
    for sort in ["raised", "-changed", "due", "-severity"] {
        let listing = Listing {
            filter: &everything,
            sort: sort.parse().expect("a sort"),
            after: None,
            limit: 50,
        };
        seen.push(format!("{sort}: {:?}", reader.list(&listing).expect("a list")));
    }
    for words in ["路灯", "人民路", "停水", "第"] {
        let hits = found(&reader, words);
        seen.push(format!("{words}: {hits:?}"));
    }
    for case in cases {
        seen.push(format!(
            "{:?}",
            reader.case(*case).expect("reads").expect("there")
        ));
    }
    seen
}

fn differences(tenant: &Tenant, checkpoint: &str) -> Vec<String> {
    let verified = tenant.verify(Some(checkpoint), &mut |_| {}).expect("verified");
    verified.differences.iter().map(ToString::to_string).collect()
}

async fn withdraw(city: &mut City, case: CaseId) {
    step(city, case, "withdraw", now()).await;
}

async fn step(city: &mut City, case: CaseId, step: &str, at: Timestamp) {
    let bodies = Bodies::new(at, &mut city.entropy);
    let step = TakeStep {
        step: step.into(),
        ..TakeStep::default()
    };
    let (permit, step) = (Permit::reporter(), Command::TakeStep(step));
    let taken = city.tenant.execute(&permit, case, step, bodies, None, at).await;
    taken.expect("the step is taken");
}

/// Writes a remark of today on a case.
async fn remark(city: &mut City, case: CaseId, text: &str) {
    let mut bodies = Bodies::new(later(), &mut city.entropy);
    let command = Command::Comment {
        text: bodies.write(text),
    };
    city.tenant
        .execute(&Permit::system(), case, command, bodies, None, later())
        .await
        .expect("written");
}

/// Erases the title of a case, as the law may demand.
async fn erase_title(city: &mut City, case: CaseId) -> BodyRef {
    let reader = city.tenant.reader().expect("reader");
    let title = reader.case(case).expect("reads").expect("there").case.title;
    drop(reader);
    let admin = permit(city, CLERK, "admin");
    let mut bodies = Bodies::new(later(), &mut city.entropy);
    let command = Command::EraseBody {
        body: title.id,
        reason: bodies.write("本人要求删除"),
    };
    let erased = city.tenant.execute(&admin, case, command, bodies, None, later());
    erased.await.expect("erased");
    title
}

#[tokio::test]
async fn everything_is_seen_and_verified_as_before() {
    let aged = Aged::new().await;
    let before = aged.seen();
    let planned = aged
        .city
        .store
        .would_archive(&aged.wanted(), &mut |_| {})
        .expect("weighed");
    assert_eq!(aged.seen(), before, "a plan changes nothing");
    let archived = aged.archive();
    assert_eq!((archived.cases, archived.in_use.len()), (ENDED as u64, 0));
    assert_eq!(archived, planned, "it said what it would do");
    assert!(archived.size_bytes > 0);
    assert_eq!(aged.seen(), before);
    assert_eq!(aged.differences(), [""; 0]);
    // A store that was opened after it sees the same as the one that was open.
    let store = aged.reopened().expect("opens");
    let tenant = store.tenant(None).expect("the only tenant");
    let cases = [aged.ended.as_slice(), &aged.living].concat();
    assert_eq!(seen(&tenant, &cases), before);
    // What is there already is not taken again.
    let again = aged.archive();
    assert_eq!((again.cases, again.size_bytes), (0, 0));
}

#[tokio::test]
async fn a_case_in_the_archive_goes_on_and_is_followed() {
    let mut aged = Aged::new().await;
    aged.archive();
    let case = aged.ended[1];
    remark(&mut aged.city, case, "又坏了").await;
    let new = aged.city.raise("新的问题", "人民路").await.case();
    aged.city.tenant.follow().await.expect("followed");
    let reader = aged.city.tenant.reader().expect("reader");
    let view = reader.case(case).expect("reads").expect("there");
    assert_eq!(view.log.len() as u32, view.case.version);
    assert_eq!(view.text(view.case.title), Some("路灯坏了"));
    assert!(reader.case(new).expect("reads").is_some());
    drop(reader);
    assert_eq!(aged.differences(), [""; 0]);
    assert!(aged.seen().iter().any(|seen| seen.contains("又坏了")));
}

#[tokio::test]
async fn a_case_that_was_not_silent_since_stays() {
    let mut aged = Aged::new().await;
    let case = aged.ended[0];
    remark(&mut aged.city, case, "还有话说").await;
    let planned = aged
        .city
        .store
        .would_archive(&aged.wanted(), &mut |_| {})
        .expect("weighed");
    // On a server the others lie with it in one month.
    let rest = ENDED as u64 - 1;
    let expected = if aged.to.is_some() { (0, rest) } else { (rest, 0) };
    assert_eq!((planned.cases, planned.kept_back), expected);
}

#[tokio::test]
async fn a_text_in_the_archive_is_erased_for_good() {
    let mut aged = Aged::new().await;
    aged.archive();
    let case = aged.ended[2];
    let title = erase_title(&mut aged.city, case).await;
    let sealed = |aged: &Aged| {
        let reader = aged.city.tenant.reader().expect("reader");
        let view = reader.case(case).expect("reads").expect("there");
        view.text(title).map(str::to_owned)
    };
    assert_eq!(sealed(&aged), None);
    aged.city.tenant.follow().await.expect("followed");
    assert_eq!(aged.differences(), [""; 0]);
    let again = aged
        .city
        .store
        .archive(&aged.wanted(), &mut Counter(4 << 40), &mut |_| {});
    assert_eq!(again.expect("archived").cases, 0);
    assert_eq!(sealed(&aged), None);
}
