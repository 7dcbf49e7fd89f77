//! Accounts, sessions, tokens, and what belongs to one person.

use std::collections::BTreeSet;

use crate::common::{CLERK, City, HEALTH, now};
use bihuan_core::id::{Digest, PersonId};
use bihuan_core::permission::Permit;
use bihuan_store::account::{NewAccount, NewToken};
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::personal::NewView;
use bihuan_store::personal::draft::Filling;
use bihuan_store::tenant::Tenant;
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
        layout: "group=due".into(),
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

const CALL: Filling<'_> = Filling {
    form: "register",
    id: Uuid::from_u128(7),
};

#[tokio::test]
async fn a_draft_opens_for_its_writer_in_its_place_only() {
    let mut city = City::new().await;
    for (text, at) in [("写到一半", now()), ("写到一半，又写", hours(1))] {
        let saved = city.tenant.save_draft(CLERK, CALL, text, at, &mut city.entropy);
        saved.await.expect("saved");
    }
    let reader = city.tenant.reader().expect("reader");
    let draft = reader.draft(CLERK, CALL).expect("reads").expect("is there");
    assert!((draft.text.as_str(), draft.saved_at) == ("写到一半，又写", hours(1)));
    let form = "other";
    let id = Uuid::from_u128(8);
    let somebody = PersonId(Uuid::from_u128(99));
    for (person, filling) in [
        (CLERK, Filling { form, ..CALL }),
        (CLERK, Filling { id, ..CALL }),
        (somebody, CALL),
    ] {
        assert!(
            reader.draft(person, filling).expect("reads").is_none(),
            "{filling:?}"
        );
    }
    city.tenant.drop_draft(CLERK, CALL).await.expect("dropped");
    let reader = city.tenant.reader().expect("reader");
    assert!(reader.draft(CLERK, CALL).expect("reads").is_none());
}

#[tokio::test]
async fn drafts_of_a_form_come_newest_first_and_old_ones_are_forgotten() {
    let mut city = City::new().await;
    for (number, form) in [
        (1, "register"),
        (2, "register"),
        (3, "registers"),
        (4, "register"),
    ] {
        let id = Uuid::from_u128(number);
        let at = hours(i64::try_from(number).expect("small"));
        let filling = Filling { form, id };
        let saved = city
            .tenant
            .save_draft(CLERK, filling, form, at, &mut city.entropy);
        saved.await.expect("saved");
    }
    let ids = |tenant: &Tenant, limit| -> Vec<u128> {
        let drafts = tenant.reader().expect("reader").drafts(CLERK, "register", limit);
        drafts
            .expect("reads")
            .iter()
            .map(|draft| draft.id.as_u128())
            .collect()
    };
    assert_eq!(ids(&city.tenant, 10), [4, 2, 1]);
    assert_eq!(ids(&city.tenant, 2), [4, 2]);
    let others = |number| {
        let id = Uuid::from_u128(number);
        let filling = Filling { form: "register", id };
        let reader = city.tenant.reader().expect("reader");
        reader.other_drafts(CLERK, filling).expect("counts")
    };
    assert_eq!((others(1), others(9)), (2, 3));
    assert_eq!(city.tenant.forget_drafts(hours(2)).await.expect("forgotten"), 1);
    assert_eq!(ids(&city.tenant, 10), [4, 2]);
    let of_form = city.tenant.forget_drafts_of("register", hours(4)).await;
    assert_eq!(of_form.expect("forgotten"), 1, "another form's drafts stay");
    assert_eq!(ids(&city.tenant, 10), [4]);
}
