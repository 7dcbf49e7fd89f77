//! Accounts, sessions, tokens, and what belongs to one person.

use std::collections::BTreeSet;

use crate::common::{CLERK, City, HEALTH, now};
use bihuan_core::id::{Digest, PersonId};
use bihuan_core::permission::Permit;
use bihuan_store::account::{NewAccount, NewToken};
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::personal::NewView;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

fn hours(count: i64) -> Timestamp {
    now() + SignedDuration::from_hours(count)
}

async fn city_with_account() -> City {
    let city = City::new().await;
    let account = NewAccount {
        login: "zhang".into(),
        person: CLERK,
        password_hash: "argon2…".into(),
    };
    city.tenant
        .add_account(&Permit::system(), account, now())
        .await
        .expect("made");
    city
}

#[tokio::test]
async fn a_login_is_taken_once_and_made_by_an_administrator_only() {
    let city = city_with_account().await;
    let account = NewAccount {
        login: "zhang".into(),
        person: CLERK,
        password_hash: "x".into(),
    };
    let again = city
        .tenant
        .add_account(&Permit::system(), account.clone(), now())
        .await;
    assert!(
        matches!(again, Err(ExecuteError::Store(StoreError::Conflict(_)))),
        "{again:?}"
    );
    let stranger = city.tenant.add_account(&Permit::reporter(), account, now()).await;
    assert!(
        matches!(stranger, Err(ExecuteError::NotPermitted { .. })),
        "{stranger:?}"
    );
}

#[tokio::test]
async fn failed_logins_are_counted_until_one_succeeds() {
    let city = city_with_account().await;
    for _ in 0..3 {
        city.tenant.login_failed("zhang", now()).await.expect("counted");
    }
    let account = city
        .tenant
        .read(|reader| reader.account("zhang"))
        .await
        .expect("reads")
        .expect("there");
    assert_eq!((account.failures, account.failed_at), (3, Some(now())));
    city.tenant
        .open_session(Digest::of(&[b"t"]), "zhang", None, now(), hours(8))
        .await
        .expect("opened");
    let account = city
        .tenant
        .read(|reader| reader.account("zhang"))
        .await
        .expect("reads")
        .expect("there");
    assert_eq!((account.failures, account.failed_at), (0, None));
}

#[tokio::test]
async fn a_session_ends_in_time_and_with_the_password() {
    let city = city_with_account().await;
    let token = Digest::of(&[b"t"]);
    city.tenant
        .open_session(token, "zhang", Some(HEALTH), now(), hours(8))
        .await
        .expect("opened");
    let session = |at| {
        city.tenant
            .reader()
            .expect("reader")
            .session(token, at)
            .expect("reads")
    };
    assert_eq!(
        session(hours(7)).map(|session| (session.person, session.unit)),
        Some((CLERK, Some(HEALTH)))
    );
    assert_eq!(session(hours(8)), None);
    city.tenant
        .touch_session(token, None, hours(7), hours(15))
        .await
        .expect("touched");
    assert!(session(hours(9)).is_some());
    city.tenant
        .set_password(&Permit::system(), "zhang", "new".into())
        .await
        .expect("set");
    assert_eq!(session(hours(9)), None);
}

#[tokio::test]
async fn nobody_uses_a_disabled_login() {
    let city = city_with_account().await;
    let token = Digest::of(&[b"api"]);
    let new = NewToken {
        token_hash: token,
        name: "export".into(),
        login: "zhang".into(),
        scopes: vec!["read".into(), "export".into()],
        expires_at: None,
    };
    city.tenant
        .add_token(&Permit::system(), new, now())
        .await
        .expect("made");
    let found = city
        .tenant
        .reader()
        .expect("reader")
        .token(token, now())
        .expect("reads")
        .expect("there");
    assert_eq!(
        (found.person, found.scopes),
        (CLERK, vec!["read".to_owned(), "export".to_owned()])
    );
    city.tenant
        .disable_account(&Permit::system(), "zhang", now())
        .await
        .expect("disabled");
    assert_eq!(
        city.tenant
            .reader()
            .expect("reader")
            .token(token, now())
            .expect("reads"),
        None
    );
}

#[tokio::test]
async fn a_shared_view_is_seen_by_others_and_dropped_by_its_owner() {
    let mut city = City::new().await;
    let other = PersonId(Uuid::from_u128(99));
    let view = |shared| NewView {
        shared,
        name: "超期".into(),
        filter: "overdue > 0d".into(),
        sort: "due".into(),
        columns: "number title".into(),
    };
    let own = city
        .tenant
        .save_view(None, CLERK, view(false), None, now(), &mut city.entropy)
        .await
        .expect("saved")
        .id;
    let refused = city
        .tenant
        .save_view(None, CLERK, view(true), None, now(), &mut city.entropy)
        .await;
    assert!(
        matches!(refused, Err(ExecuteError::NotPermitted { .. })),
        "{refused:?}"
    );
    let shared = city
        .tenant
        .save_view(
            Some(&Permit::system()),
            CLERK,
            view(true),
            None,
            now(),
            &mut city.entropy,
        )
        .await
        .expect("saved")
        .id;
    let seen = |person| -> Vec<Uuid> {
        let views = city
            .tenant
            .reader()
            .expect("reader")
            .views(person)
            .expect("reads");
        views.into_iter().map(|view| view.id).collect()
    };
    assert_eq!(BTreeSet::from_iter(seen(CLERK)), BTreeSet::from([own, shared]));
    assert_eq!(seen(other), [shared]);
    assert!(city.tenant.drop_view(other, shared).await.is_err());
    city.tenant.drop_view(CLERK, shared).await.expect("dropped");
    assert_eq!(seen(CLERK), [own]);
}

#[tokio::test]
async fn a_draft_opens_for_its_writer_in_its_form_only() {
    let mut city = City::new().await;
    city.tenant
        .save_draft(CLERK, "register", "写到一半", now(), &mut city.entropy)
        .await
        .expect("saved");
    city.tenant
        .save_draft(CLERK, "register", "写到一半，又写", hours(1), &mut city.entropy)
        .await
        .expect("saved");
    let reader = city.tenant.reader().expect("reader");
    let draft = reader.draft(CLERK, "register").expect("reads");
    assert_eq!(draft, Some(("写到一半，又写".to_owned(), hours(1))));
    assert_eq!(reader.draft(CLERK, "other").expect("reads"), None);
    city.tenant.drop_draft(CLERK, "register").await.expect("dropped");
    assert_eq!(
        city.tenant
            .reader()
            .expect("reader")
            .draft(CLERK, "register")
            .expect("reads"),
        None
    );
}

#[tokio::test]
async fn a_unit_notices_what_is_assigned_to_it() {
    let mut city = City::new().await;
    let case = city.raise("停水", "三天").await.case();
    city.assign(case).await;
    let inbox = city
        .tenant
        .reader()
        .expect("reader")
        .inbox(HEALTH, CLERK, 10)
        .expect("reads");
    assert_eq!(inbox.len(), 1);
    assert!(
        (inbox[0].case, inbox[0].what.as_str(), inbox[0].unseen) == (case, "assigned", true),
        "{inbox:?}"
    );
    city.tenant.see_inbox(CLERK, HEALTH, now()).await.expect("seen");
    let inbox = city
        .tenant
        .reader()
        .expect("reader")
        .inbox(HEALTH, CLERK, 10)
        .expect("reads");
    assert!(!inbox[0].unseen);
}
