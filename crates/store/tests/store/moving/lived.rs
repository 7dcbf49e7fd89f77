//! A city that has lived: a row in every table.

use std::collections::BTreeMap;

use bihuan_core::case::command::{Command, Raise, TakeStep};
use bihuan_core::event::{AccusedParty, ExternalRef, Linkage, ReplyWay};
use bihuan_core::id::{CaseId, Digest, PersonId};
use bihuan_core::label::{Label, Lang};
use bihuan_core::org::{OrgEvent, Person};
use bihuan_core::pack::notification::{Occasion, Way};
use bihuan_core::permission::Permit;
use bihuan_store::account::{NewAccount, NewToken};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::export_job::NewExport;
use bihuan_store::mail::NewMailbox;
use bihuan_store::personal::NewView;
use bihuan_store::personal::draft::Filling;
use bihuan_store::webhook::NewWebhook;
use jiff::civil::Date;
use uuid::Uuid;

use crate::common::{CLERK, City, HEALTH, HOTLINE, found_second, now, raise};
use crate::place::Place;
use crate::proof_identity::{PHONE, grant_roles, permit, raise_as};

/// Makes a city that has lived, with two tenants, a checkpoint of the first, and events without a place.
pub async fn lived(place: Place) -> (City, String) {
    let mut city = City::at(place).await;
    grant_roles(&city).await;
    let cases = cases(&mut city).await;
    erase(&mut city, cases[1]).await;
    people(&mut city).await;
    told(&mut city, cases[0]).await;
    ended(&mut city).await;
    city.tenant.follow().await.expect("followed");
    city.tenant
        .note_delivered(cases[0], vec![2], now())
        .await
        .expect("noted");
    let checkpoint = city.tenant.checkpoint(now()).await.expect("signed");
    let second = found_second(&mut city, 5, "另一市的案件");
    second.follow().await.expect("followed");
    // What came last has no place in the order yet: new events of old cases, and a new case.
    for case in &cases[2..] {
        comment(&mut city, *case, "又来了").await;
    }
    city.raise("没有位置的案件", "还没有排序").await;
    (city, checkpoint)
}

async fn cases(city: &mut City) -> Vec<CaseId> {
    let mut cases = vec![city.raise("停水三天", "人民路").await.case()];
    city.assign(cases[0]).await;
    cases.push(raise_as(city, PHONE).await.case());
    cases.push(imported(city).await);
    for number in 0..12 {
        cases.push(city.raise("路灯坏了", &format!("第 {number} 盏")).await.case());
        city.tenant.follow().await.expect("followed");
        comment(city, cases[number % 3], "看到了").await;
    }
    let link = Command::Link {
        other: cases[3],
        linkage: Linkage::DuplicateOf,
    };
    let (bodies, register) = (city.bodies(), city.permit("register"));
    city.tenant
        .execute(&register, cases[4], link, bodies, None, now())
        .await
        .expect("linked");
    cases
}

async fn imported(city: &mut City) -> CaseId {
    let accused = PersonId(Uuid::from_u128(77));
    city.org(OrgEvent::PersonAdded(Person {
        id: accused,
        name: Label::new("李四", "Li Si"),
    }))
    .await;
    let mut bodies = city.bodies();
    let asked = Raise {
        channel: "import".into(),
        external: Some(ExternalRef {
            system: "old".into(),
            key: "17".into(),
        }),
        campaigns: vec!["冬季供暖".into()],
        accused: vec![AccusedParty::Person(accused), AccusedParty::Unit(HOTLINE)],
        ..raise(&mut bodies, "旧系统的记录", "内容")
    };
    let once = Once {
        key: "first".into(),
        request: Digest::of(&[b"request"]),
    };
    let tenant = &city.tenant;
    let receipt = tenant
        .raise(&Permit::import(), asked, None, bodies, Some(once), now())
        .await;
    receipt.expect("taken in").case()
}

async fn comment(city: &mut City, case: CaseId, text: &str) {
    let mut bodies = city.bodies();
    let command = Command::Comment {
        text: bodies.write(text),
    };
    city.tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await
        .expect("written");
}

/// Lets a reporter write about a case that the clerk handles, so that the clerk is told.
async fn told(city: &mut City, case: CaseId) {
    city.org(OrgEvent::RoleGranted {
        person: CLERK,
        role: "handler".into(),
        unit: HEALTH,
        on: Date::constant(2020, 1, 1),
    })
    .await;
    let mut bodies = city.bodies();
    let command = Command::Reply {
        text: bodies.write("还是没有水"),
    };
    city.tenant
        .execute(&Permit::reporter(), case, command, bodies, None, now())
        .await
        .expect("written");
}

/// Brings a question from a citizen to its end, so that there is a time that it took.
async fn ended(city: &mut City) {
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
        let take = TakeStep {
            step: step.into(),
            unit: (step == "assign").then_some(HOTLINE),
            reply: (step == "answer").then(|| bodies.write("八十元")),
            reply_way: (step == "answer").then_some(ReplyWay::Phone),
            ..TakeStep::default()
        };
        taken(city, &city.permit(action), case, Command::TakeStep(take), bodies).await;
    }
    let solved = Command::GiveSatisfaction {
        solved: true,
        score: None,
        remark: None,
    };
    let bodies = city.bodies();
    taken(city, &Permit::reporter(), case, solved, bodies).await;
    let close = TakeStep {
        step: "close".into(),
        ..TakeStep::default()
    };
    let bodies = city.bodies();
    taken(
        city,
        &city.permit("answer"),
        case,
        Command::TakeStep(close),
        bodies,
    )
    .await;
}

async fn taken(city: &City, permit: &Permit, case: CaseId, command: Command, bodies: Bodies) {
    let taken = city
        .tenant
        .execute(permit, case, command, bodies, None, now())
        .await;
    taken.expect("taken");
}

/// Erases the title of a case and the identity of its reporter.
async fn erase(city: &mut City, case: CaseId) {
    let admin = permit(city, CLERK, "admin");
    let mut bodies = city.bodies();
    let reason = bodies.write("本人要求删除");
    city.tenant
        .erase_identity(&admin, case, bodies, reason, now())
        .await
        .expect("erased");
    let reader = city.tenant.reader().expect("reader");
    let title = reader.case(case).expect("reads").expect("there").case.title.id;
    drop(reader);
    let mut bodies = city.bodies();
    let command = Command::EraseBody {
        body: title,
        reason: bodies.write("标题里有名字"),
    };
    city.tenant
        .execute(&admin, case, command, bodies, None, now())
        .await
        .expect("erased");
}

async fn people(city: &mut City) {
    let (tenant, entropy) = (&city.tenant, &mut city.entropy);
    let account = NewAccount {
        login: "zhang".into(),
        person: CLERK,
        password_hash: "argon2…".into(),
    };
    let token = NewToken {
        token_hash: Digest::of(&[b"token"]),
        name: "export".into(),
        login: "zhang".into(),
        scopes: vec!["read".into()],
        expires_at: None,
    };
    let view = NewView {
        shared: false,
        name: "超期".into(),
        filter: "overdue > 0d".into(),
        sort: "due".into(),
        columns: "number title".into(),
        layout: "group=due".into(),
    };
    let export = NewExport {
        filter: "open".into(),
        form: "csv".into(),
        total: 9,
    };
    let system = Permit::system();
    tenant.add_account(&system, account, now()).await.expect("made");
    tenant.add_token(&system, token, now()).await.expect("made");
    tenant
        .open_session(Digest::of(&[b"session"]), "zhang", Some(HEALTH), now(), now())
        .await
        .expect("opened");
    tenant
        .save_view(None, CLERK, view, None, now(), entropy)
        .await
        .expect("saved");
    let filling = Filling {
        form: "register",
        id: Uuid::from_u128(7),
    };
    tenant
        .save_draft(CLERK, filling, "写到一半", now(), entropy)
        .await
        .expect("saved");
    tenant
        .begin_export(CLERK, export, None, now(), entropy)
        .await
        .expect("begun");
    tenant.blobs().put(b"a photo", 100).expect("kept");
    sending(city).await;
}

async fn sending(city: &mut City) {
    let (tenant, entropy) = (&city.tenant, &mut city.entropy);
    let system = Permit::system();
    let mailbox = NewMailbox {
        address: "zhang@example.org".into(),
        language: Lang::Zh,
        digest_hour: 8,
    };
    let asked = tenant.set_mailbox(CLERK, mailbox, false, now()).await;
    asked.expect("asked");
    let ways = BTreeMap::from([(Occasion::Assigned, Way::Mail)]);
    tenant.choose_ways(CLERK, ways).await.expect("chosen");
    let wanted = NewWebhook {
        name: "大屏".into(),
        address: "https://board.example.org/".into(),
        unit: HEALTH,
        occasions: vec![Occasion::Assigned],
    };
    let hook = tenant.add_webhook(&system, wanted, now(), entropy).await;
    let hook = hook.expect("made");
    tenant
        .try_webhook(&system, hook, now())
        .await
        .expect("to be tried");
}
