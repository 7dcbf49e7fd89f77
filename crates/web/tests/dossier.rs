//! What the case page tells of a case's past: its timeline, who was responsible, its relations, its pictures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use bihuan_core::case::command::Command;
use bihuan_core::event::{EvidenceMoment, Linkage};
use bihuan_core::id::{CaseId, Digest, EvidenceId, PostId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Post};
use bihuan_core::permission::Permit;
use common::browser::Answer;
use common::cases::Matter;
use common::{Counter, Town, unit};

/// The part of a page between an element with this id and the end of its section.
fn section(page: &Answer, id: &str) -> String {
    let text = page.text();
    let mark = format!("id=\"{id}\">");
    let rest = text.split(&mark).nth(1).unwrap_or_else(|| panic!("no {id}"));
    rest.split("</section>").next().unwrap().to_owned()
}

async fn comment(town: &Town, login: &str, case: CaseId, text: &str) {
    town.carry_out(login, case, |bodies| Command::Comment {
        text: bodies.write(text),
    })
    .await;
}

/// Makes somebody the head of the works bureau from one day on, and another from a later day on.
async fn heads(town: &Town, days: [&str; 2]) {
    let (tenant, now) = (town.tenant(), town.app.now());
    let scene = tenant.scene();
    let person = |name: &str| scene.org.person_by_name(name).unwrap().id;
    let post = PostId::new(now, &mut Counter(31));
    let [from, until] = days.map(|day| day.parse().unwrap());
    let founded = OrgEvent::PostFounded(Post {
        id: post,
        unit: unit(&tenant, "works"),
        title: Label::new("局长", "Director"),
        head: true,
        founded_on: from,
    });
    let (first, second) = (person("钱局"), person("赵工"));
    let events = [
        founded,
        OrgEvent::TenureBegan {
            post,
            person: first,
            on: from,
        },
        OrgEvent::TenureEnded {
            post,
            person: first,
            on: until,
        },
        OrgEvent::TenureBegan {
            post,
            person: second,
            on: until,
        },
    ];
    for event in events {
        tenant.change_org(&Permit::system(), event, now).await.unwrap();
    }
}

#[tokio::test]
async fn the_timeline_shows_the_part_that_its_address_asks_for() {
    let town = Town::found().await;
    let case = town.verifying(&Matter::default(), "works", "handler").await;
    comment(&town, "handler", case, "灯杆在小区红线外").await;
    let path = format!("/cases/{}", town.number(case));
    let mut handler = town.log_in("handler").await;
    let all = section(&handler.get(&path).await, "timeline");
    for said in ["签收", "补充了办理后的佐证", "写了备注", "开始计时"] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let evidence = handler.get(&format!("{path}?show=evidence")).await;
    let evidence = section(&evidence, "timeline");
    assert!(
        evidence.contains("佐证") && !evidence.contains("class=\"then\""),
        "{evidence}"
    );
    assert_eq!(evidence.matches("<li>").count(), 1);
    assert!(evidence.contains("?show=talk#timeline"), "{evidence}");
    // What is no part shows everything, and no part leaves anything out that another does not show.
    let nonsense = section(&handler.get(&format!("{path}?show=%3Cb%3E")).await, "timeline");
    assert_eq!(nonsense.matches("<li>").count(), all.matches("<li>").count());
    let whole: usize = count_of(&all, "全部");
    let parts = ["环节", "往来与批示", "佐证", "时限"];
    assert_eq!(
        parts.iter().map(|part| count_of(&all, part)).sum::<usize>(),
        whole
    );
}

/// The number beside the name of a part of the timeline.
fn count_of(section: &str, part: &str) -> usize {
    let tabs = section.split("</nav>").next().unwrap();
    let after = tabs.split(&format!(">{part} <span>")).nth(1);
    after.map_or(0, |after| after.split('<').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn whoever_was_responsible_on_a_day_is_named_as_the_tree_was_then() {
    let town = Town::found().await;
    heads(&town, ["2026-01-01", "2026-03-04"]).await;
    let case = town.assigned(&Matter::default(), "works").await;
    town.pass_hours(24 * 3);
    let water = unit(&town.tenant(), "water");
    town.carry_out("dispatcher", case, |bodies| Command::Transfer {
        to: water,
        reason: bodies.write("属水务"),
    })
    .await;
    let path = format!("/cases/{}", town.number(case));
    let mut dispatcher = town.log_in("dispatcher").await;
    let mut on = async |day: &str| {
        let page = dispatcher.get(&format!("{path}?day={day}")).await;
        section(&page, "responsible")
    };
    let first = on("2026-03-02").await;
    assert!(
        first.contains("住建局") && first.contains("钱局") && first.contains("青禾市"),
        "{first}"
    );
    assert!(
        first.contains("/units/works") && first.contains("/persons/"),
        "{first}"
    );
    let later = on("2026-03-04").await;
    assert!(
        later.contains("住建局") && later.contains("赵工") && !later.contains("钱局"),
        "{later}"
    );
    let last = on("2026-03-05").await;
    assert!(last.contains("水务局") && !last.contains("住建局"), "{last}");
    // Before it was raised, after today, and what is no day at all.
    for (day, same) in [
        ("1999-01-01", &first),
        ("2999-01-01", &last),
        ("x%22%3E", &last),
        ("", &last),
    ] {
        assert_eq!(&on(day).await, same, "{day}");
    }
}

#[tokio::test]
async fn relations_are_a_map_and_a_list_and_keep_silent_about_what_another_case_says_of_this_one() {
    let town = Town::found().await;
    let lamp = town.assigned(&Matter::default(), "works").await;
    let again = town.assigned(&Matter::default(), "works").await;
    let complaint = Matter {
        kind: "complaint",
        title: "住建局拖着不办",
        accused: Some("works"),
        ..Matter::default()
    };
    let complaint = town.assigned(&complaint, "water").await;
    let link = |other, linkage| Command::Link { other, linkage };
    town.carry_out("dispatcher", again, |_| link(lamp, Linkage::DuplicateOf))
        .await;
    town.carry_out("dispatcher", complaint, |_| link(lamp, Linkage::RecurrenceOf))
        .await;
    let path = format!("/cases/{}", town.number(lamp));
    let seen = town.log_in("dispatcher").await.get(&path).await;
    let seen = section(&seen, "relations");
    for case in [again, complaint] {
        let href = format!("href=\"/cases/{}\"", town.number(case));
        assert_eq!(
            seen.matches(&href).count(),
            2,
            "once on the map, once in the list: {seen}"
        );
    }
    // The accused see the duplicate, and not even that there is anything else.
    let accused = town.log_in("handler").await.get(&path).await;
    let accused = section(&accused, "relations");
    assert_eq!(accused.matches("<li>").count(), 1, "{accused}");
    assert!(!accused.contains("复发"), "{accused}");
    // What a case says itself of one that may not be seen is in its log, so it is not denied.
    let own = town
        .log_in("handler")
        .await
        .get(&format!("/cases/{}", town.number(again)))
        .await;
    assert!(section(&own, "relations").contains("重复于"));
    let alone = town.assigned(&Matter::default(), "works").await;
    let alone = town
        .log_in("handler")
        .await
        .get(&format!("/cases/{}", town.number(alone)))
        .await;
    alone.keeps_silent_about("id=\"relations\"");
}

#[tokio::test]
async fn what_was_taken_in_stands_beside_what_the_handler_gave() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    for (moment, caption) in [
        (EvidenceMoment::Before, "灯灭"),
        (EvidenceMoment::After, "灯亮"),
        (EvidenceMoment::Other, "维修单"),
    ] {
        let evidence = EvidenceId::new(town.app.now(), &mut Counter(town.stir()));
        town.carry_out("handler", case, |bodies| Command::AddEvidence {
            evidence,
            blob: Digest::of(&[caption.as_bytes()]),
            media_type: "image/png".to_owned(),
            size_bytes: 7,
            moment,
            caption: Some(bodies.write(caption)),
        })
        .await;
    }
    let page = town
        .log_in("handler")
        .await
        .get(&format!("/cases/{}", town.number(case)))
        .await;
    let evidence = section(&page, "pieces");
    let at = |said: &str| {
        evidence
            .find(said)
            .unwrap_or_else(|| panic!("{said}: {evidence}"))
    };
    assert!(at("class=\"before-after\"") < at("灯灭") && at("灯灭") < at("灯亮"));
    assert!(at("灯亮") < at("class=\"beside\"") && at("class=\"beside\"") < at("维修单"));
    assert_eq!(evidence.matches("data-zoom=").count(), 3);
    assert_eq!(
        evidence.matches("<a href=\"/cases/").count(),
        3,
        "without script a link opens the file"
    );
}

#[tokio::test]
async fn facts_lead_to_the_pages_of_units() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let page = town
        .log_in("handler")
        .await
        .get(&format!("/cases/{}", town.number(case)))
        .await;
    let facts = page.text();
    let facts = facts.split("<dl class=\"facts\">").nth(1).unwrap();
    let facts = facts.split("</dl>").next().unwrap();
    assert!(facts.contains("<a href=\"/units/works\">住建局</a>"), "{facts}");
}
