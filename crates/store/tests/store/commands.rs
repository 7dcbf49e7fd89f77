//! Commands on their way to disk.

use crate::common::{City, Counter, now, raise};
use crate::direct::Cell;
use bihuan_core::case::command::{Command, Raise};
use bihuan_core::event::Linkage;
use bihuan_core::event::{BodyRef, ExternalRef};
use bihuan_core::id::Digest;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::error::ExecuteError;
use bihuan_store::keys::MasterKey;
use bihuan_store::seal::Identity;
use bihuan_store::tenant::Store;
use bihuan_store::tie::Tie;

fn comment(bodies: &mut Bodies, text: &str) -> Command {
    Command::Comment {
        text: bodies.write(text),
    }
}

fn once(key: &str, request: &str) -> Option<Once> {
    Some(Once {
        key: key.into(),
        request: Digest::of(&[request.as_bytes()]),
    })
}

#[tokio::test]
async fn a_raised_case_is_read_back_whole_also_after_reopening() {
    let mut city = City::new().await;
    let receipt = city.raise("路灯坏了", "人民路的路灯坏了三天").await;
    assert!(receipt.number().contains("20260302"), "{}", receipt.number());
    let code = receipt.code().expect("a reporter's code").clone();

    let place = city.place;
    drop((city.tenant, city.store));
    let tenant = Store::open(place.path(), &place.options())
        .expect("opens")
        .tenant(None)
        .expect("tenant");
    let reader = tenant.reader().expect("reader");
    let view = reader.case(receipt.case()).expect("reads").expect("is there");
    assert_eq!(view.text(view.case.title), Some("路灯坏了"));
    assert_eq!(view.text(view.case.text), Some("人民路的路灯坏了三天"));
    assert_eq!(reader.by_code(&code).expect("reads"), Some(receipt.case()));
    assert_eq!(
        reader.by_number(receipt.number()).expect("reads"),
        Some(receipt.case())
    );
}

#[tokio::test]
async fn a_code_that_lies_under_its_hash_alone_still_finds_its_case() {
    let mut city = City::new().await;
    let receipt = city.raise("路灯坏了", "人民路的路灯坏了三天").await;
    let code = receipt.code().expect("a reporter's code");
    let direct = city.place.direct();
    let wrapped = direct.value("SELECT wrapped_key FROM tenant", &[]);
    let keys = MasterKey::of_seed(7).tenant_keys(city.tenant.id(), wrapped.blob());
    let hash = code.whole_hash(&keys.expect("the tenant's keys"));
    let changed = direct.change("UPDATE receipt SET code_hash = $1", &[Cell::Blob(hash.to_vec())]);
    assert_eq!(changed, 1);
    let reader = city.tenant.reader().expect("reader");
    assert_eq!(reader.by_code(code).expect("reads"), Some(receipt.case()));
}

#[tokio::test]
async fn a_command_that_breaks_a_rule_writes_nothing() {
    let mut city = City::new().await;
    let receipt = city.raise("a", "b").await;
    let before = receipt.appended().versions();
    let bodies = city.bodies();
    let command = Command::SetSeverity {
        to: 9,
        reason: unwritten(),
    };
    let outcome = city
        .tenant
        .execute(&Permit::system(), receipt.case(), command, bodies, None, now())
        .await;
    assert!(matches!(outcome, Err(ExecuteError::Refused(_))), "{outcome:?}");
    let view = city
        .tenant
        .reader()
        .expect("reader")
        .case(receipt.case())
        .expect("reads")
        .expect("there");
    assert_eq!(view.log.len() as u32, *before.end());
}

fn unwritten() -> BodyRef {
    Bodies::new(now(), &mut Counter(77)).write("never handed in")
}

#[tokio::test]
async fn a_repeated_raise_is_answered_like_the_first() {
    let mut city = City::new().await;
    let mut receipts = Vec::new();
    for _ in 0..2 {
        let mut bodies = city.bodies();
        let asked = raise(&mut bodies, "停水", "停水两天");
        let receipt = city
            .tenant
            .raise(
                &Permit::reporter(),
                asked,
                None,
                bodies,
                once("k1", "停水"),
                now(),
            )
            .await;
        receipts.push(receipt.expect("taken in"));
    }
    assert_eq!(receipts[0].case(), receipts[1].case());
    assert_eq!(receipts[0].number(), receipts[1].number());
    assert_eq!(receipts[0].code(), receipts[1].code());
    assert!(!receipts[0].appended().is_repeated() && receipts[1].appended().is_repeated());
}

#[tokio::test]
async fn an_idempotency_key_used_for_something_else_is_refused() {
    let mut city = City::new().await;
    let mut outcomes = Vec::new();
    for text in ["停水", "停电"] {
        let mut bodies = city.bodies();
        let asked = raise(&mut bodies, text, text);
        let outcome = city
            .tenant
            .raise(&Permit::reporter(), asked, None, bodies, once("k1", text), now())
            .await;
        outcomes.push(outcome);
    }
    assert!(
        matches!(outcomes[1], Err(ExecuteError::KeyReused)),
        "{:?}",
        outcomes[1]
    );
}

#[tokio::test]
async fn a_repeated_command_writes_its_events_once() {
    let mut city = City::new().await;
    let case = city.raise("a", "b").await.case();
    let mut appended = Vec::new();
    for _ in 0..2 {
        let mut bodies = city.bodies();
        let command = comment(&mut bodies, "已联系");
        let once = once("c", "已联系");
        let outcome = city
            .tenant
            .execute(&Permit::system(), case, command, bodies, once, now())
            .await;
        appended.push(outcome.expect("written"));
    }
    assert_eq!(appended[0].versions(), appended[1].versions());
    assert!(appended[1].is_repeated());
}

#[tokio::test]
async fn a_record_is_imported_once() {
    let mut city = City::new().await;
    let external = Some(ExternalRef {
        system: "old".into(),
        key: "17".into(),
    });
    let mut cases = Vec::new();
    for _ in 0..2 {
        let mut bodies = city.bodies();
        let asked = Raise {
            external: external.clone(),
            channel: "import".into(),
            ..raise(&mut bodies, "a", "b")
        };
        cases.push(
            city.tenant
                .raise(&Permit::import(), asked, None, bodies, None, now())
                .await,
        );
    }
    let first = cases[0].as_ref().expect("new").case();
    assert!(
        matches!(cases[1], Err(ExecuteError::Known(known)) if known == first),
        "{:?}",
        cases[1]
    );
}

#[tokio::test]
async fn many_commands_on_one_case_at_once_are_all_written() {
    let mut city = City::new().await;
    let case = city.raise("a", "b").await.case();
    let mut tasks = Vec::new();
    for round in 0..5 {
        let mut bodies = city.bodies();
        let command = comment(&mut bodies, &format!("{round}"));
        let tenant = city.tenant.clone();
        let permit = Permit::system();
        tasks.push(tokio::spawn(async move {
            tenant.execute(&permit, case, command, bodies, None, now()).await
        }));
    }
    for task in tasks {
        task.await.expect("runs").expect("written");
    }
    let view = city
        .tenant
        .reader()
        .expect("reader")
        .case(case)
        .expect("reads")
        .expect("there");
    let comments: Vec<&str> = view
        .log
        .iter()
        .filter_map(|logged| commented(&view, &logged.entry))
        .collect();
    assert_eq!(comments.len(), 5);
}

fn commented<'a>(
    view: &'a bihuan_store::read::case::CaseView,
    entry: &bihuan_core::event::Entry,
) -> Option<&'a str> {
    use bihuan_core::event::{CaseEvent, Event};
    match &entry.event {
        Event::Case(CaseEvent::Commented { text }) => view.text(*text),
        _ => None,
    }
}

#[tokio::test]
async fn a_permit_for_another_action_is_not_enough() {
    let mut city = City::new().await;
    let case = city.raise("a", "b").await.case();
    let mut bodies = city.bodies();
    let command = comment(&mut bodies, "I am the reporter");
    let outcome = city
        .tenant
        .execute(&Permit::reporter(), case, command, bodies, None, now())
        .await;
    assert!(
        matches!(outcome, Err(ExecuteError::NotPermitted { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_identity_lies_sealed_and_named_in_the_event() {
    let mut city = City::new().await;
    let mut bodies = city.bodies();
    let asked = raise(&mut bodies, "a", "b");
    let identity = Identity {
        name: Some("李四李四".into()),
        phone: Some("13800138000".into()),
        address: None,
    };
    let receipt = city
        .tenant
        .raise(&Permit::reporter(), asked, Some(identity), bodies, None, now())
        .await;
    let case = receipt.expect("taken in").case();
    let view = city
        .tenant
        .reader()
        .expect("reader")
        .case(case)
        .expect("reads")
        .expect("there");
    let named = matches!(
        view.case.raised_by,
        bihuan_core::event::RaisedBy::Reporter {
            identity: Some(_),
            ..
        }
    );
    assert!(named, "{:?}", view.case.raised_by);
    city.place.assert_hides(&["李四李四", "13800138000"]);
}

#[tokio::test]
async fn a_link_is_found_from_the_other_end() {
    let mut city = City::new().await;
    let (first, again) = (
        city.raise("路灯", "不亮").await.case(),
        city.raise("路灯", "还不亮").await.case(),
    );
    let bodies = city.bodies();
    let link = Command::Link {
        other: first,
        linkage: Linkage::DuplicateOf,
    };
    let permit = city.permit("register");
    city.tenant
        .execute(&permit, again, link, bodies, None, now())
        .await
        .expect("linked");
    let reader = city.tenant.reader().expect("a reader");
    assert_eq!(
        reader.linked_to(first, 10).expect("reads"),
        [(Tie::DuplicateOf, again)]
    );
    assert_eq!(reader.linked_to(again, 10).expect("reads"), []);
}
