//! Working life: who stands in for whom, and how what lies with somebody goes to somebody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::id::{CaseId, PersonId};
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use common::cases::Matter;
use common::{Browser, Town, unit};

fn person(town: &Town, name: &str) -> PersonId {
    town.tenant().scene().org.person_by_name(name).unwrap().id
}

async fn grant(town: &Town, name: &str, role: &str, code: &str) {
    let tenant = town.tenant();
    let granted = OrgEvent::RoleGranted {
        person: person(town, name),
        role: role.to_owned(),
        unit: unit(&tenant, code),
        on: "2026-01-01".parse().unwrap(),
    };
    tenant
        .change_org(&Permit::system(), granted, town.app.now())
        .await
        .unwrap();
}

async fn in_charge(town: &Town, case: CaseId) -> Option<PersonId> {
    let view = town.tenant().reader().unwrap().case(case).unwrap().unwrap();
    view.case.person
}

/// Puts somebody in charge of a case of the works bureau, by its head.
async fn put_in_charge(town: &Town, head: &mut Browser, case: CaseId, name: &str) {
    let number = town.number(case);
    let page = head.get(&format!("/cases/{number}")).await;
    let id = person(town, name).to_string();
    head.submit(
        &page,
        &format!("/cases/{number}/assignments"),
        &[("person", id.as_str())],
    )
    .await;
    assert_eq!(in_charge(town, case).await, Some(person(town, name)));
}

#[tokio::test]
async fn a_substitute_acts_for_whoever_is_away_and_the_record_says_so() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let number = town.number(case);
    let (handler, water) = (person(&town, "赵工"), person(&town, "孙水"));
    let mut away = town.log_in("water").await;
    assert_eq!(
        away.get(&format!("/cases/{number}")).await.status,
        StatusCode::NOT_FOUND
    );

    // The handler shares no unit with them, so the administrator names them; not for a day that is over.
    let path = format!("/persons/{handler}");
    let mut admin = town.log_in("admin").await;
    let page = admin.get(&path).await;
    page.says("指定代理人");
    let id = water.to_string();
    let mut fields = [
        ("substitute", id.as_str()),
        ("from", "2026-03-01"),
        ("last", "2026-03-06"),
    ];
    let refused = admin.submit(&page, &format!("{path}/substitutes"), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("不能早于今天");
    fields[1].1 = "2026-03-02";
    admin.submit(&page, &format!("{path}/substitutes"), &fields).await;
    admin.get(&path).await.says("孙水").says("代行职责");
    let twice = admin.submit(&page, &format!("{path}/substitutes"), &fields).await;
    twice.says("这些天里已经有代理人");

    let page = away.get(&format!("/cases/{number}")).await;
    page.says("代理 赵工");
    away.submit(&page, &format!("/cases/{number}/steps"), &[("step", "sign")])
        .await;
    away.get(&format!("/cases/{number}"))
        .await
        .says("住建局 孙水（代 赵工）");
    // What the person could not do, the substitute cannot; and when it is over, nothing is left of it.
    let page = admin.get(&path).await;
    admin
        .submit(
            &page,
            &format!("{path}/substitutes/end"),
            &[("substitute", id.as_str())],
        )
        .await;
    assert_eq!(
        away.get(&format!("/cases/{number}")).await.status,
        StatusCode::NOT_FOUND
    );
    admin.get(&path).await.says("现在没有代理");
    // One that is cancelled before its first day is gone too.
    fields[1].1 = "2026-03-20";
    fields[2].1 = "2026-03-22";
    let page = admin.get(&path).await;
    admin.submit(&page, &format!("{path}/substitutes"), &fields).await;
    let page = admin.get(&path).await;
    page.says("代行职责");
    admin
        .submit(
            &page,
            &format!("{path}/substitutes/end"),
            &[("substitute", id.as_str())],
        )
        .await;
    admin.get(&path).await.says("现在没有代理");
}

#[tokio::test]
async fn who_has_nothing_to_do_with_it_names_nobody() {
    let town = Town::found().await;
    let handler = person(&town, "赵工");
    let mut water = town.log_in("water").await;
    let own = water.get(&format!("/persons/{}", person(&town, "孙水"))).await;
    own.says("指定代理人");
    water
        .get(&format!("/persons/{handler}"))
        .await
        .keeps_silent_about("指定代理人");
    let id = person(&town, "孙水").to_string();
    let fields = [
        ("substitute", id.as_str()),
        ("from", "2026-03-02"),
        ("last", "2026-03-06"),
    ];
    for path in ["substitutes", "substitutes/end", "hand-over", "leave"] {
        let path = format!("/persons/{handler}/{path}");
        let refused = water.submit(&own, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    // Nobody lends their own rights to another unit.
    let head = person(&town, "钱局").to_string();
    let fields = [
        ("substitute", head.as_str()),
        ("from", "2026-03-02"),
        ("last", "2026-03-06"),
    ];
    let path = format!("/persons/{}/substitutes", person(&town, "孙水"));
    let refused = water.submit(&own, &path, &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_stood_in_for_the_handler_does_not_verify() {
    let town = Town::found().await;
    let (handler, supervisor) = (person(&town, "赵工"), person(&town, "周督"));
    let mut admin = town.log_in("admin").await;
    let path = format!("/persons/{handler}");
    let page = admin.get(&path).await;
    let id = supervisor.to_string();
    let fields = [
        ("substitute", id.as_str()),
        ("from", "2026-03-02"),
        ("last", "2026-03-02"),
    ];
    admin.submit(&page, &format!("{path}/substitutes"), &fields).await;
    let case = town.verifying(&Matter::default(), "works", "handler").await;
    town.pass_hours(48);
    let number = town.number(case);
    let mut browser = town.log_in("supervisor").await;
    let page = browser.get(&format!("/cases/{number}")).await;
    let fields = [("step", "verify"), ("finding", "六盏全亮")];
    let refused = browser
        .submit(&page, &format!("/cases/{number}/steps"), &fields)
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

/// Makes somebody the head of a unit.
async fn lead(town: &Town, name: &str, code: &str) {
    let tenant = town.tenant();
    let (post, on) = (bihuan_core::id::PostId(uuid::Uuid::from_u128(77)), "2026-01-01");
    let events = [
        OrgEvent::PostFounded(bihuan_core::org::Post {
            id: post,
            unit: unit(&tenant, code),
            title: bihuan_core::label::Label::new("局长", "Director"),
            head: true,
            founded_on: on.parse().unwrap(),
        }),
        OrgEvent::TenureBegan {
            post,
            person: person(town, name),
            on: on.parse().unwrap(),
        },
    ];
    for event in events {
        tenant
            .change_org(&Permit::system(), event, town.app.now())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn whoever_leads_lends_rights_to_others_of_the_unit_and_never_to_themselves() {
    let town = Town::found().await;
    lead(&town, "何市长", "city").await;
    grant(&town, "孙水", "handler", "works").await;
    let mut leader = town.log_in("leader").await;
    let [own, works, elsewhere] = ["何市长", "孙水", "周督"].map(|name| person(&town, name).to_string());
    // Not the administrator's rights, nor those of anybody else below them.
    for name in ["赵工", "孙水"] {
        let path = format!("/persons/{}", person(&town, name));
        let page = leader.get(&path).await;
        page.keeps_silent_about(&format!("<option value=\"{own}\""));
        for who in [&own, &elsewhere] {
            let fields = [
                ("substitute", who.as_str()),
                ("from", "2026-03-02"),
                ("last", "2026-03-06"),
            ];
            let refused = leader
                .submit(&page, &format!("{path}/substitutes"), &fields)
                .await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{who} for {name}");
        }
    }
    let path = format!("/persons/{}", person(&town, "赵工"));
    let page = leader.get(&path).await;
    page.says(&format!("<option value=\"{works}\""));
    let fields = [
        ("substitute", works.as_str()),
        ("from", "2026-03-02"),
        ("last", "2026-03-06"),
    ];
    leader
        .submit(&page, &format!("{path}/substitutes"), &fields)
        .await;
    leader.get(&path).await.says("代行职责");
}

#[tokio::test]
async fn whoever_stands_in_for_an_administrator_does_not_stay_one_by_their_own_word() {
    let town = Town::found().await;
    let (chief, water) = (person(&town, "孙水"), person(&town, "赵工"));
    grant(&town, "孙水", "admin", "water").await;
    let tenant = town.tenant();
    let named = OrgEvent::SubstituteNamed(bihuan_core::org::Substitution {
        person: chief,
        substitute: water,
        from: "2026-03-02".parse().unwrap(),
        until: "2026-03-03".parse().unwrap(),
    });
    tenant
        .change_org(&Permit::system(), named, town.app.now())
        .await
        .unwrap();
    let mut lent = town.log_in("handler").await;
    let page = lent.get(&format!("/persons/{chief}")).await;
    lent.get("/people").await.says("单位与人员");
    let own = water.to_string();
    let fields = [
        ("substitute", own.as_str()),
        ("from", "2026-03-04"),
        ("last", "2026-12-31"),
    ];
    let path = format!("/persons/{chief}/substitutes");
    let refused = lent.submit(&page, &path, &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // Nor do they take over the login of whom they stand in for, or end it.
    let page = lent.get("/people").await;
    for path in ["/people/codes", "/people/disabled"] {
        let refused = lent.submit(&page, path, &[("login", "water")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let left = [("sure", "yes")];
    let refused = lent
        .submit(&page, &format!("/persons/{chief}/leave"), &left)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let account = town.tenant().reader().unwrap().account("water").unwrap();
    assert!(account.unwrap().disabled_at.is_none());
    lent.submit(&page, "/people/codes", &[("login", "operator")])
        .await
        .says("陈晓");
}

#[tokio::test]
async fn a_right_that_is_lent_gives_nobody_a_role_or_a_login() {
    let town = Town::found().await;
    let (chief, water) = (person(&town, "孙水"), person(&town, "赵工"));
    grant(&town, "孙水", "admin", "water").await;
    let named = OrgEvent::SubstituteNamed(bihuan_core::org::Substitution {
        person: chief,
        substitute: water,
        from: "2026-03-02".parse().unwrap(),
        until: "2026-03-03".parse().unwrap(),
    });
    let tenant = town.tenant();
    tenant
        .change_org(&Permit::system(), named, town.app.now())
        .await
        .unwrap();
    let mut lent = town.log_in("handler").await;
    let page = lent.get("/people").await;
    let fields = [
        ("person_name_zh", "柳青"),
        ("person_login", "liu"),
        ("person_unit", "works"),
        ("person_roles", "handler"),
    ];
    let preview = lent.submit(&page, "/people/drafts", &fields).await;
    preview.says("代理结束后仍然有效").keeps_silent_about("导入这");
    let text = preview.text();
    let at = text.find("/people/drafts/").unwrap();
    let draft = &text[at..at + "/people/drafts/".len() + 36];
    let refused = lent.submit(&preview, draft, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(tenant.reader().unwrap().account("liu").unwrap().is_none());
    assert!(
        !tenant
            .scene()
            .org
            .persons()
            .any(|person| person.name.zh == "柳青")
    );
    // A unit outlasts nothing: it gives nobody a right.
    let units = [("unit_name_zh", "园林局")];
    let preview = lent.submit(&page, "/people/drafts", &units).await;
    preview.says("新单位").keeps_silent_about("代理结束后");
    // Nor do they take over the login of another administrator.
    let refused = lent.submit(&page, "/people/codes", &[("login", "admin")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("其他管理员的账号");
}

#[tokio::test]
async fn all_that_lies_with_a_leaver_is_handed_over_before_they_leave() {
    let town = Town::found().await;
    grant(&town, "孙水", "handler", "works").await;
    let (leaver, successor) = (person(&town, "赵工"), person(&town, "孙水"));
    let mut head = town.log_in("head").await;
    let mut cases = Vec::new();
    for _ in 0..3 {
        let case = town.assigned(&Matter::default(), "works").await;
        put_in_charge(&town, &mut head, case, "赵工").await;
        cases.push(case);
    }
    let mut admin = town.log_in("admin").await;
    let path = format!("/persons/{leaver}");
    let page = admin.get(&format!("{path}/hand-over")).await;
    page.says("您无权交接").says("结束任职，停用账号");
    let early = admin.submit(&page, &format!("{path}/leave"), &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    early.says("名下还有在办事项");

    lead(&town, "钱局", "works").await;
    let page = head.get(&format!("{path}/hand-over")).await;
    page.says("在办并由其经办的 3 件").says("孙水");
    let to = successor.to_string();
    let moved = head
        .submit(&page, &format!("{path}/hand-over"), &[("to", to.as_str())])
        .await;
    moved.says("已交接 3 件");
    for case in &cases {
        assert_eq!(in_charge(&town, *case).await, Some(successor));
    }
    let mut desk = town.log_in("water").await;
    desk.get("/desk")
        .await
        .says("由您经办")
        .says(&town.number(cases[0]));

    let page = admin.get(&format!("{path}/hand-over")).await;
    page.says("角色：住建局 ");
    let unsure = admin.submit(&page, &format!("{path}/leave"), &[]).await;
    unsure.says("没有结束任何一项");
    let left = admin
        .submit(&page, &format!("{path}/leave"), &[("sure", "yes")])
        .await;
    assert!(left.status.is_redirection() || left.status == StatusCode::OK);
    admin
        .get(&format!("{path}/hand-over?ended=yes"))
        .await
        .says("账号已停用");
    let today = "2026-03-02".parse().unwrap();
    assert_eq!(town.tenant().scene().org.roles_of(leaver, today), []);
    let account = town.tenant().reader().unwrap().account("handler").unwrap();
    assert!(account.unwrap().disabled_at.is_some());
}

#[tokio::test]
async fn whoever_leads_does_not_learn_by_a_hand_over_that_somebody_complains_about_them() {
    let town = Town::found().await;
    lead(&town, "钱局", "works").await;
    grant(&town, "钱局", "handler", "water").await;
    let about_water = Matter {
        kind: "complaint",
        accused: Some("water"),
        ..Matter::default()
    };
    let case = town.assigned(&about_water, "works").await;
    let handler = person(&town, "赵工");
    let staff = bihuan_core::case::command::Command::Staff {
        co_units: Default::default(),
        person: Some(handler),
    };
    town.carry_out("handler", case, |_| staff).await;
    let path = format!("/persons/{handler}/hand-over");
    let page = town.log_in("head").await.get(&path).await;
    page.says("交接：赵工").keeps_silent_about("您无权交接");
    // Whoever ends the posts has to know that something is left.
    town.log_in("admin").await.get(&path).await.says("您无权交接");
}

#[tokio::test]
async fn an_administrator_does_not_end_their_own_login() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let account = town.tenant().reader().unwrap().account("admin").unwrap().unwrap();
    let path = format!("/persons/{}", account.person);
    let page = admin.get(&format!("{path}/hand-over")).await;
    page.says("由另一位管理员来结束")
        .keeps_silent_about("结束任职，停用账号");
    let refused = admin.submit(&page, &format!("{path}/leave"), &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    admin.get("/people").await.says("admin");
}

#[tokio::test]
async fn a_login_that_is_closed_leads_to_what_still_lies_with_its_owner() {
    let town = Town::found().await;
    let mut head = town.log_in("head").await;
    let case = town.assigned(&Matter::default(), "works").await;
    put_in_charge(&town, &mut head, case, "赵工").await;
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/people").await;
    let closed = [("login", "handler")];
    let next = admin.submit(&page, "/people/disabled", &closed).await;
    next.says("交接：赵工").says("您无权交接");
}
