//! Who a reporter is: sealed, read with a grant and a reason, erased for good.

use crate::common::{CLERK, City, HOTLINE, now, raise};
use bihuan_core::event::{CaseEvent, Disclosure, Event, RaisedBy};
use bihuan_core::id::{CaseId, PersonId};
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::{Permit, Rights, Viewer, authorize_general};
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::execute::Receipt;
use bihuan_store::seal::Identity;

const NAME: &str = "欧阳修文";
pub const PHONE: &str = "138-0013-8000";

async fn with_reporter() -> (City, CaseId) {
    let mut city = City::new().await;
    grant_roles(&city).await;
    let case = raise_as(&mut city, PHONE).await.case();
    (city, case)
}

/// Lets the clerk register, read identities and erase.
pub async fn grant_roles(city: &City) {
    for role in ["operator", "registrar", "admin"] {
        let on = "2020-01-01".parse().expect("a date");
        city.org(OrgEvent::RoleGranted {
            person: CLERK,
            role: role.into(),
            unit: HOTLINE,
            on,
        })
        .await;
    }
}

pub async fn raise_as(city: &mut City, phone: &str) -> Receipt {
    let mut bodies = city.bodies();
    let mut asked = raise(&mut bodies, "路灯坏了", "人民路的路灯坏了三天");
    asked.raised_by = RaisedBy::Reporter {
        identity: None,
        disclosure: Disclosure::Confidential,
    };
    let identity = Identity {
        name: Some(NAME.into()),
        phone: Some(phone.into()),
        address: None,
    };
    let tenant = &city.tenant;
    tenant
        .raise(&Permit::reporter(), asked, Some(identity), bodies, None, now())
        .await
        .expect("taken in")
}

pub fn permit(city: &City, person: PersonId, action: &str) -> Permit {
    let scene = city.tenant.scene();
    let packs: Vec<_> = scene.packs().map(AsRef::as_ref).collect();
    let rights = Rights {
        grants: &scene.grants,
        packs: &packs,
        org: &scene.org,
        calendar: &scene.calendar,
        now: now(),
    };
    let on = scene.calendar.date_of(now());
    let viewer = Viewer::of(&scene.org, person, HOTLINE, on).expect("has a role");
    authorize_general(&viewer, action, &rights).expect("granted")
}

fn reads(city: &City, case: CaseId) -> usize {
    let view = city
        .tenant
        .reader()
        .expect("reader")
        .case(case)
        .expect("reads")
        .expect("there");
    let read = |event: &Event| matches!(event, Event::Case(CaseEvent::IdentityRead { .. }));
    view.log.iter().filter(|logged| read(&logged.entry.event)).count()
}

async fn read(city: &mut City, case: CaseId, permit: &Permit) -> Result<Identity, ExecuteError> {
    let mut bodies = city.bodies();
    let reason = bodies.write("回访核实");
    city.tenant
        .read_identity(permit, case, bodies, reason, now())
        .await
}

#[tokio::test]
async fn a_registrar_reads_the_identity_and_an_event_stays() {
    let (mut city, case) = with_reporter().await;
    let registrar = permit(&city, CLERK, "identity");
    let identity = read(&mut city, case, &registrar).await.expect("read");
    assert_eq!(identity.name.as_deref(), Some(NAME));
    assert_eq!(identity.phone.as_deref(), Some(PHONE));
    assert_eq!(reads(&city, case), 1);
}

#[tokio::test]
async fn without_the_grant_nothing_is_opened_and_nothing_is_written() {
    let (mut city, case) = with_reporter().await;
    for wrong in [
        permit(&city, CLERK, "register"),
        Permit::reporter(),
        Permit::system(),
        Permit::import(),
    ] {
        let refused = read(&mut city, case, &wrong).await;
        assert!(refused.is_err(), "{wrong:?}");
    }
    assert_eq!(reads(&city, case), 0);
}

#[tokio::test]
async fn an_erased_identity_is_gone_and_the_log_stays_whole() {
    let (mut city, case) = with_reporter().await;
    let admin = permit(&city, CLERK, "admin");
    let mut bodies = city.bodies();
    let reason = bodies.write("本人要求删除");
    city.tenant
        .erase_identity(&admin, case, bodies, reason, now())
        .await
        .expect("erased");

    let registrar = permit(&city, CLERK, "identity");
    let gone = read(&mut city, case, &registrar).await;
    let gone = gone.map(|_opened| ());
    assert!(
        matches!(gone, Err(ExecuteError::Store(StoreError::NotFound(_)))),
        "{gone:?}"
    );
    let operator = permit(&city, CLERK, "register");
    assert_eq!(
        city.tenant
            .cases_of_phone(&operator, PHONE, 10)
            .await
            .expect("asked"),
        []
    );
    city.tenant.follow().await.expect("followed");
    assert_eq!(
        city.tenant
            .verify(None, &mut |_| {})
            .expect("verified")
            .differences,
        []
    );
}

#[tokio::test]
async fn a_repeat_caller_is_known_by_the_number_however_it_is_written() {
    let (mut city, first) = with_reporter().await;
    let second = raise_as(&mut city, "+86 138 0013 8000").await.case();
    let other = raise_as(&mut city, "13900139000").await.case();
    let operator = permit(&city, CLERK, "register");
    let found = city
        .tenant
        .cases_of_phone(&operator, "13800138000", 10)
        .await
        .expect("asked");
    assert_eq!(found.len(), 2);
    assert!(found.contains(&first) && found.contains(&second) && !found.contains(&other));
    let registrar = permit(&city, CLERK, "identity");
    assert!(city.tenant.cases_of_phone(&registrar, PHONE, 10).await.is_err());
}

#[tokio::test]
async fn no_file_of_the_store_holds_the_name_the_number_or_the_text() {
    let (city, _) = with_reporter().await;
    city.tenant.follow().await.expect("followed");
    city.place
        .assert_hides(&[NAME, PHONE, "13800138000", "人民路的路灯坏了三天"]);
}

#[tokio::test]
async fn a_code_that_was_given_anew_follows_the_case_and_the_old_one_nothing() {
    let (mut city, _) = with_reporter().await;
    let receipt = raise_as(&mut city, PHONE).await;
    let (case, old) = (receipt.case(), receipt.code().expect("a reporter's code").clone());
    let registrar = permit(&city, CLERK, "identity");
    let mut codes = vec![old];
    for _ in 0..2 {
        let mut bodies = city.bodies();
        let checked = bodies.write("姓名和上次来电时间");
        let code = city
            .tenant
            .reissue_code(&registrar, case, bodies, checked, now())
            .await
            .expect("they left an identity");
        codes.push(code);
    }
    let reader = city.tenant.reader().expect("a reader");
    let found: Vec<_> = codes
        .iter()
        .map(|code| reader.by_code(code).expect("reads"))
        .collect();
    assert_eq!(found, [None, None, Some(case)]);
    let operator = permit(&city, CLERK, "register");
    let mut bodies = city.bodies();
    let checked = bodies.write("没有权限");
    let refused = city
        .tenant
        .reissue_code(&operator, case, bodies, checked, now())
        .await;
    assert!(matches!(refused, Err(ExecuteError::NotPermitted { .. })));
    city.tenant.follow().await.expect("followed");
    let verified = city.tenant.verify(None, &mut |_| {}).expect("verified");
    assert_eq!(verified.differences, []);
}
