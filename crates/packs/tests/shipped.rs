//! What the shipped packs promise: they are in order, and the numbers of their rules are the published ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bihuan_core::pack::course::Course;
use bihuan_core::pack::model::{AlarmAction, AnswerRule, EndKind, Kind, Pack, Phase, Raiser, SourceGrade};
use bihuan_core::pack::notification::Occasion;
use bihuan_core::pack::prove;

fn shipped(id: &str) -> Pack {
    let packs = bihuan_packs::shipped().unwrap_or_else(|(text, problems)| {
        let lines: Vec<String> = problems
            .iter()
            .map(|it| format!("{} {it}", it.place(text)))
            .collect();
        panic!("a shipped pack has problems:\n{}", lines.join("\n"));
    });
    packs
        .into_iter()
        .find(|pack| pack.id == id)
        .expect("the pack is shipped")
}

fn kind<'p>(pack: &'p Pack, id: &str) -> &'p Kind {
    pack.kind(id)
        .unwrap_or_else(|| panic!("{} has kind {id}", pack.id))
}

/// The limit, the extension and the grade of the source of each clock.
fn limits(pack: &Pack) -> BTreeMap<&str, (String, Option<String>, SourceGrade)> {
    let limit = |id: &str| {
        let clock = pack.clock(id).expect("listed clocks are there");
        let source = pack.source(&clock.source).expect("sources are checked");
        (
            clock.limit.to_string(),
            clock.extension.map(|it| it.to_string()),
            source.grade,
        )
    };
    pack.clocks.keys().map(|id| (id.as_str(), limit(id))).collect()
}

fn check_limits(pack: &str, expected: &[(&str, &str, Option<&str>, SourceGrade)]) {
    let pack = shipped(pack);
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(id, limit, extension, grade)| (*id, (limit.to_string(), extension.map(str::to_owned), *grade)))
        .collect();
    assert_eq!(limits(&pack), expected);
}

#[test]
fn hotline_limits_are_three_seven_and_fifteen_working_days() {
    check_limits(
        "hotline",
        &[
            ("consultation", "3wd", None, SourceGrade::B),
            ("general", "7wd", Some("10wd"), SourceGrade::B),
            ("complaint", "15wd", Some("10wd"), SourceGrade::B),
            ("sign", "2wd", None, SourceGrade::B),
            ("dispatch", "1wd", None, SourceGrade::Example),
        ],
    );
}

#[test]
fn petition_limits_are_those_of_the_regulations() {
    check_limits(
        "petition",
        &[
            ("register", "15d", None, SourceGrade::A),
            ("notice", "15d", None, SourceGrade::A),
            ("objection", "5wd", None, SourceGrade::A),
            ("handling", "60d", Some("30d"), SourceGrade::A),
            ("review_request", "30d", None, SourceGrade::A),
            ("review", "30d", None, SourceGrade::A),
            ("recheck_request", "30d", None, SourceGrade::A),
            ("recheck", "30d", None, SourceGrade::A),
        ],
    );
}

#[test]
fn rectification_limits_are_marked_as_examples() {
    let pack = shipped("rectification");
    assert!(
        limits(&pack)
            .values()
            .all(|(_, _, grade)| *grade == SourceGrade::Example)
    );
}

#[test]
fn each_hotline_kind_starts_the_clock_of_its_class() {
    let pack = shipped("hotline");
    let start: Vec<(&str, &[String])> = pack
        .kinds
        .iter()
        .map(|it| (it.id.as_str(), &it.start[..]))
        .collect();
    let expected: [(&str, &[String]); 5] = [
        ("help", &["general".to_owned()]),
        ("complaint", &["complaint".to_owned()]),
        ("suggestion", &["general".to_owned()]),
        ("report", &["complaint".to_owned()]),
        ("consultation", &["consultation".to_owned()]),
    ];
    assert_eq!(start, expected);
}

#[test]
fn only_consultations_end_as_answered() {
    for id in ["hotline", "petition", "rectification"] {
        let pack = shipped(id);
        for kind in &pack.kinds {
            assert_eq!(
                kind.allows(EndKind::Answered),
                kind.id == "consultation",
                "{}",
                kind.id
            );
        }
    }
}

#[test]
fn a_message_through_the_portal_becomes_a_request_for_help() {
    let pack = shipped("hotline");
    assert_eq!(pack.portal_kind.as_deref(), Some("help"));
    assert_eq!(pack.portal_kinds().count(), 5);
}

#[test]
fn a_listed_problem_is_published_before_it_is_struck_off() {
    let pack = shipped("rectification");
    let listed = kind(&pack, "listed_problem");
    assert_eq!(
        (listed.raised_by, listed.answer),
        (Raiser::Finder, AnswerRule::Publication)
    );
    let way: Vec<Phase> = [
        "listed",
        "rectifying",
        "applied",
        "onsite",
        "verified",
        "published",
        "struck_off",
    ]
    .iter()
    .map(|state| listed.phase(state).expect("the state is there"))
    .collect();
    assert!(way.is_sorted(), "{way:?}");
    assert_eq!(way.last(), Some(&Phase::Watch));
    assert_eq!(listed.publication_days, Some(5));
}

#[test]
fn reports_are_kept_from_all_but_inspectors_and_the_unit_in_charge() {
    let pack = shipped("hotline");
    let sees = |role: &str| {
        pack.grants_of(role)
            .any(|grant| grant.scope.to_string().contains("report"))
    };
    for role in ["operator", "dispatcher", "supervisor", "leader", "assessor"] {
        assert!(!sees(role), "{role}");
    }
    for role in ["inspector", "handler", "unit_head", "registrar"] {
        assert!(sees(role), "{role}");
    }
}

#[test]
fn reports_about_superior_cadres_are_refused_at_the_door_and_emergencies_are_not() {
    let pack = shipped("hotline");
    let action = |id: &str| {
        pack.alarms
            .iter()
            .find(|it| it.id == id)
            .expect("the alarm is there")
            .action
    };
    assert_eq!(action("superior_cadres"), AlarmAction::Refuse);
    assert_eq!(action("state_secrets"), AlarmAction::Refuse);
    assert_eq!(action("emergency"), AlarmAction::Warn);
}

#[test]
fn the_example_taxonomy_has_its_three_levels() {
    let pack = shipped("hotline");
    let taxonomy = &pack.taxonomies["matters"];
    let mut levels = [0; 3];
    for category in &taxonomy.categories {
        levels[category.code.matches('.').count()] += 1;
    }
    assert_eq!(levels, [15, 118, 517]);
    assert_eq!(
        pack.source(&taxonomy.source).map(|it| it.grade),
        Some(SourceGrade::Example)
    );
    assert_eq!(taxonomy.children(None).count(), 15);
    let heating = taxonomy
        .category("construction.municipal.heating")
        .expect("heating is there");
    assert_eq!(heating.title.zh, "冬季采暖");
    assert_eq!(heating.parent(), Some("construction.municipal"));
}

#[test]
fn a_pack_on_disk_is_put_together_as_it_is_shipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (id, text) in ["hotline", "petition", "rectification"]
        .iter()
        .zip(bihuan_packs::TEXTS)
    {
        let read = |file: &str| fs::read_to_string(folder.join(id).join(file));
        let pack = read("pack.toml").expect("the pack is there");
        assert_eq!(
            bihuan_packs::assemble(&pack, read).expect("its parts are there"),
            text
        );
    }
}

#[test]
fn a_part_of_a_pack_that_is_not_there_is_an_error() {
    let read = |file: &str| Err(file.to_owned());
    let missing = bihuan_packs::assemble("include = [\"parts/more.toml\"]", read);
    assert_eq!(missing, Err("parts/more.toml".to_owned()));
}

#[test]
fn a_pack_elsewhere_includes_a_shipped_file_by_its_name() {
    let shipped = bihuan_packs::shared("../taxonomies/matters.toml").expect("it is shipped");
    assert!(bihuan_packs::HOTLINE.contains(shipped));
    let shipped = bihuan_packs::shared("staff.toml").expect("it is shipped");
    assert!(bihuan_packs::HOTLINE.ends_with(shipped));
    assert_eq!(bihuan_packs::shared("others.toml"), None);
}

#[test]
fn everybody_is_told_only_of_what_asks_for_no_secrecy() {
    let packs = ["hotline", "petition", "rectification"].map(shipped);
    let kinds = packs.iter().flat_map(|pack| &pack.kinds);
    let listed: Vec<&str> = kinds
        .filter(|kind| kind.listed)
        .map(|kind| kind.id.as_str())
        .collect();
    assert_eq!(listed, ["help", "complaint", "suggestion", "consultation"]);
}

#[test]
fn every_occasion_is_told_and_no_mail_names_more_than_the_number() {
    for pack in ["hotline", "petition", "rectification"].map(shipped) {
        let occasions: Vec<Occasion> = pack.notifications.keys().copied().collect();
        assert_eq!(occasions, Occasion::ALL, "{}", pack.id);
        for (occasion, rule) in &pack.notifications {
            for text in [&rule.mail.zh, &rule.mail.en] {
                assert!(
                    text.contains("{number}") && !text.contains("{title}"),
                    "{occasion:?}"
                );
            }
        }
    }
}

#[test]
fn what_sends_back_or_leaves_the_way_is_told_apart_from_what_goes_on() {
    let mut back = BTreeMap::new();
    for pack in ["hotline", "petition", "rectification"].map(shipped) {
        for kind in &pack.kinds {
            for step in prove::way_to_strike_off(kind) {
                let ahead = step
                    .from
                    .iter()
                    .any(|from| kind.course(from, step) == Course::Ahead);
                assert!(ahead, "{} {}", kind.id, step.id);
            }
            let courses = kind.steps.iter().map(|step| {
                let course = kind.course(&step.from[0], step);
                (format!("{} {}", pack.id, step.id), course)
            });
            back.extend(courses.filter(|(_, course)| *course != Course::Ahead));
        }
    }
    let of = |course: Course, pack: &str| -> Vec<&str> {
        let found = back.iter().filter(|(_, found)| **found == course);
        found
            .filter_map(|(step, _)| step.strip_prefix(pack)?.strip_prefix(' '))
            .collect()
    };
    assert_eq!(
        of(Course::Back, "hotline"),
        ["fail", "redo", "relapse", "reopen", "return"]
    );
    assert_eq!(of(Course::Aside, "hotline"), ["hand_over", "refuse", "withdraw"]);
    assert_eq!(of(Course::Aside, "petition"), ["hand_over", "refuse", "withdraw"]);
    assert!(of(Course::Back, "rectification").contains(&"fail_preliminary"));
    assert!(of(Course::Back, "petition").contains(&"request_review"));
}

#[test]
fn an_answer_names_the_unit_that_handled_and_not_as_the_one_that_answers() {
    let pack = shipped("hotline");
    let told = pack.message("answered").expect("whoever is answered is told");
    assert!(told.zh.contains("由{unit}办理"), "{}", told.zh);
    assert!(!told.en.contains("{unit} answers"), "{}", told.en);
}
