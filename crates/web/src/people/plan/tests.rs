use bihuan_core::pack::parse::parse;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Founding, Marks, Options, Store, Tenant};

use super::*;
use crate::app::SystemEntropy;

/// An installation with nobody in it.
struct Empty {
    tenant: Tenant,
    _directory: tempfile::TempDir,
}

impl Empty {
    fn new() -> Empty {
        let directory = tempfile::tempdir().unwrap();
        let founding = Founding {
            name: Label::new("青禾市", "Qinghe City"),
            host: None,
            calendar: bihuan_packs::CALENDAR_CN,
            packs: &[bihuan_packs::HOTLINE],
            now: "2026-03-02T01:00:00Z".parse().unwrap(),
        };
        let marks = Marks {
            testing: true,
            demo: false,
        };
        let options = Options::new(MasterKey::of_seed(7));
        let store = Store::init(directory.path(), marks, &options, &founding, &mut SystemEntropy).unwrap();
        Empty {
            tenant: store.tenant(None).unwrap(),
            _directory: directory,
        }
    }

    /// Plans rows on a tree that has grown by `grown` already.
    fn plan(&self, grown: &[OrgEvent], logins: &[(&str, PersonId)], rows: &Rows) -> Plan {
        let mut scene = Scene::clone(&self.tenant.scene());
        for event in grown {
            scene.org.apply(event).unwrap();
        }
        let present = Present {
            scene: &scene,
            logins: logins
                .iter()
                .map(|(login, person)| ((*login).to_owned(), *person))
                .collect(),
            now: "2026-03-02T02:00:00Z".parse().unwrap(),
        };
        plan(rows, &present, &mut SystemEntropy)
    }
}

/// Makes the rows of two tables, each row as `column=cell` parts.
fn rows(units: &[&str], people: &[&str]) -> Rows {
    let records = |table: Table, rows: &[&str]| {
        let record = |(row, line): (&&str, u64)| {
            let mut cells = vec![String::new(); table.columns().len()];
            for part in row.split('|') {
                let (id, cell) = part.split_once('=').unwrap();
                let at = table.columns().iter().position(|column| column.id == id).unwrap();
                cells[at] = cell.to_owned();
            }
            Record { line, cells }
        };
        rows.iter().zip(2..).map(record).collect()
    };
    Rows {
        units: records(Table::Units, units),
        people: records(Table::People, people),
    }
}

fn keys(plan: &Plan) -> Vec<&'static str> {
    plan.changes.iter().map(|change| change.key).collect()
}

fn faults(plan: &Plan) -> Vec<(u64, &'static str, &'static str)> {
    let fault = |fault: &Fault| {
        (
            fault.line.unwrap(),
            fault.column.map_or("", |it| it.id),
            fault.key,
        )
    };
    plan.faults.iter().map(fault).collect()
}

const CITY: [&str; 3] = [
    "name_zh=热线中心|name_en=Hotline Centre|aliases=热线；12345",
    "code=city|name_zh=青禾市|name_en=Qinghe",
    "name_zh=住建局|parent=青禾市|duties=construction, health",
];

#[test]
fn a_city_comes_in_whole_whatever_the_order_of_its_rows() {
    let people = [
        "name_zh=王芳|login=wang|unit=热线|roles=派单员；operator|post=主任|head=是",
        "name_zh=赵工|login=zhao|unit=住建局|roles=Handler",
        "name_zh=过客|unit=city|post=顾问",
    ];
    // The first row without a unit above is the top; the second stands under it.
    let units = [CITY[1], CITY[0], CITY[2]];
    let plan = Empty::new().plan(&[], &[], &rows(&units, &people));
    assert_eq!(faults(&plan), []);
    let logins: Vec<&str> = plan.logins.iter().map(|login| login.login.as_str()).collect();
    assert_eq!(logins, ["wang", "zhao"]);
    let mut org = Org::default();
    plan.events.iter().for_each(|event| org.apply(event).unwrap());
    let works = org.unit_by_name("住建局").unwrap();
    assert_eq!(works.code, "zjj");
    assert_eq!(org.unit_by_name("热线").unwrap().code, "hotline-centre");
    assert_eq!(works.parent, org.unit_by_name("city").map(|unit| unit.id));
    assert!(org.posts().all(|post| post.head == (post.title.zh == "主任")));
}

#[test]
fn the_same_rows_once_more_change_nothing_and_a_new_name_renames() {
    let empty = Empty::new();
    let units = [CITY[1], CITY[0], CITY[2]];
    let people = ["name_zh=王芳|login=wang|unit=热线|roles=operator|post=主任"];
    let first = empty.plan(&[], &[], &rows(&units, &people));
    let logins = [("wang", first.logins[0].person)];
    let again = empty.plan(&first.events, &logins, &rows(&units, &people));
    assert_eq!(
        (keys(&again), faults(&again), again.unchanged),
        (vec![], vec![], 4)
    );
    let renamed = ["code=zjj|name_zh=住房城乡建设局|parent=热线中心"];
    let more = ["name_zh=王芳|login=wang|unit=city|roles=leader"];
    let plan = empty.plan(&first.events, &logins, &rows(&renamed, &more));
    assert_eq!(faults(&plan), []);
    assert_eq!(
        keys(&plan),
        [
            "people-change-renamed",
            "people-change-moved",
            "people-change-role"
        ]
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_row_and_column() {
    let units = [
        "code=a b|name_zh=甲",
        "code=city|name_zh=青禾市",
        "code=city|name_zh=又一个",
        "name_zh=乙|parent=丙",
        "name_zh=丙|parent=乙",
        "name_zh=丁|parent=nowhere",
        "code=x|name_zh=戊|duties=nothing;其他|external=maybe",
        "parent=city",
    ];
    let people = [
        "name_zh=无单位|roles=handler",
        "name_zh=王芳|unit=青禾市|roles=国王|login=wang",
        "name_zh=赵|unit=戊|login=li|roles=handler",
        "name_zh=李强|unit=戊|head=yes",
    ];
    let empty = Empty::new();
    let plan = empty.plan(
        &[],
        &[("li", PersonId::new(Timestamp::UNIX_EPOCH, &mut SystemEntropy))],
        &rows(&units, &people),
    );
    let expected = [
        (2, "code", "people-fault-code"),
        (9, "name_zh", "people-fault-name"),
        (4, "code", "people-fault-code-twice"),
        (7, "parent", "people-fault-unit"),
        (8, "external", "people-fault-yes"),
        (8, "duties", "people-fault-duty"),
        (8, "duties", "people-fault-duty-several"),
        (5, "parent", "people-fault-circle"),
        (6, "parent", "people-fault-circle"),
        (2, "unit", "people-fault-no-unit"),
        (3, "roles", "people-fault-role"),
        (3, "roles", "people-fault-no-role"),
        (4, "login", "people-fault-login-taken"),
        (5, "post", "people-fault-head"),
    ];
    assert_eq!(faults(&plan), expected);
    for fault in &plan.faults {
        for lang in [bihuan_core::label::Lang::Zh, bihuan_core::label::Lang::En] {
            let said = fault.said(crate::lang::Tongue(lang));
            assert!(!said.contains('{') && !said.contains("people-"), "{said}");
        }
    }
}

#[test]
fn a_unit_that_is_there_under_another_code_is_not_doubled() {
    let empty = Empty::new();
    let first = empty.plan(&[], &[], &rows(&["code=city|name_zh=青禾市"], &[]));
    let plan = empty.plan(&first.events, &[], &rows(&["code=qh|name_zh=青禾市"], &[]));
    assert_eq!(faults(&plan), [(2, "code", "people-fault-name-there")]);
}

#[test]
fn thousands_of_rows_are_planned_within_a_moment() {
    let units: Vec<String> = (0..1_500)
        .map(|n| {
            format!(
                "code=u{n}|name_zh=单位{n}{}",
                if n > 0 {
                    format!("|parent=u{}", n / 2)
                } else {
                    String::new()
                }
            )
        })
        .collect();
    let units: Vec<&str> = units.iter().rev().map(String::as_str).collect();
    let plan = Empty::new().plan(&[], &[], &rows(&units, &[]));
    // Reversed, the unit at the top comes last: the row that names none above it is found all the same.
    assert_eq!((faults(&plan), plan.changes.len()), (vec![], 1_500));
}

#[test]
fn the_shipped_packs_have_a_way_to_the_strike_off_and_few_people_can_go_it() {
    for text in bihuan_packs::TEXTS {
        let pack = parse(text).unwrap();
        let with_end = pack
            .kinds
            .iter()
            .find(|kind| kind.ends.contains(&bihuan_core::pack::model::EndKind::StruckOff));
        let way = bihuan_core::pack::prove::way_to_strike_off(with_end.unwrap());
        assert!(way.len() > 3, "{}", pack.id);
    }
    let empty = Empty::new();
    let smallest = crate::people::cover::Smallest::of(&empty.tenant.scene());
    let roles = smallest
        .parts
        .iter()
        .map(|part| part.titles(bihuan_core::label::Lang::En));
    assert_eq!(roles.collect::<Vec<_>>(), ["Dispatcher", "Handler", "Supervisor"]);
}
