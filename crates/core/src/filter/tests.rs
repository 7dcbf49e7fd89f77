//! Tests of the language as a whole, over one small scene.

mod completion;
mod inverse;
mod meaning;
mod text;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::label::Label;
use crate::org::{OrgEvent, Person, Unit};
use crate::pack::model::{AnswerRule, Category, Kind, Named, Phase, Raiser, State, Taxonomy};

const NOW: &str = "2026-03-04T15:30:00+08:00"; // a Wednesday

/// What a [`Scene`] borrows.
struct World {
    org: Org,
    packs: Vec<Pack>,
    calendar: Calendar,
    my_units: Vec<UnitId>,
}

const CITY: UnitId = UnitId(Uuid::from_u128(1));
const HEALTH: UnitId = UnitId(Uuid::from_u128(2));
const CLINIC: UnitId = UnitId(Uuid::from_u128(3));
const NORTH: UnitId = UnitId(Uuid::from_u128(4));
const SOUTH: UnitId = UnitId(Uuid::from_u128(5));
const LI: PersonId = PersonId(Uuid::from_u128(11));
const WANG: PersonId = PersonId(Uuid::from_u128(12));

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

impl World {
    fn new() -> World {
        let mut org = Org::default();
        for event in org_events() {
            org.apply(&event).expect("the org of the tests is sound");
        }
        let calendar = Calendar::parse(include_str!("../../../packs/calendars/cn.toml"));
        let calendar = calendar.expect("the shipped calendar has no problems");
        World {
            org,
            packs: vec![hotline(), petition()],
            calendar,
            my_units: vec![HEALTH],
        }
    }

    fn look<T>(&self, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let packs: Vec<&Pack> = self.packs.iter().collect();
        see(&Scene {
            org: &self.org,
            packs: &packs,
            calendar: &self.calendar,
            now: at(NOW),
            tree_on: None,
            me: Some(LI),
            my_units: &self.my_units,
            tokens: &tokens,
        })
    }
}

fn org_events() -> Vec<OrgEvent> {
    let unit = |id, code: &str, zh: &str, en: &str, alias: &str, parent| {
        OrgEvent::UnitFounded(Unit {
            id,
            code: code.to_owned(),
            name: Label::new(zh, en),
            aliases: vec![alias.to_owned()],
            class: "department".to_owned(),
            parent,
            external: false,
            founded_on: date(2020, 1, 1),
        })
    };
    let person = |id, zh: &str, en: &str| {
        OrgEvent::PersonAdded(Person {
            id,
            name: Label::new(zh, en),
        })
    };
    vec![
        unit(CITY, "city", "市政府", "City Government", "市府", None),
        unit(
            HEALTH,
            "health",
            "卫生健康委员会",
            "Health Commission",
            "卫健委",
            Some(CITY),
        ),
        unit(
            CLINIC,
            "clinic",
            "第一医院",
            "First Hospital",
            "一院",
            Some(HEALTH),
        ),
        unit(
            NORTH,
            "north",
            "城北区城管局",
            "North District City Management",
            "城管局",
            Some(CITY),
        ),
        unit(
            SOUTH,
            "south",
            "城南区城管局",
            "South District City Management",
            "城管局",
            Some(CITY),
        ),
        person(LI, "李敏", "Li Min"),
        person(WANG, "王强", "Wang Qiang"),
        person(PersonId(Uuid::from_u128(13)), "王强", "Wang Qiang"),
    ]
}

fn hotline() -> Pack {
    let category = |code: &str, zh: &str, en: &str| Category {
        code: code.to_owned(),
        title: Label::new(zh, en),
    };
    let taxonomy = Taxonomy {
        id: "city".to_owned(),
        title: Label::new("市政", "City"),
        categories: vec![
            category("housing", "住房", "Housing"),
            category("housing.heating", "供暖", "Heating"),
            category("housing.other", "其他", "Other"),
            category("road", "道路", "Roads"),
            category("road.other", "其他", "Other"),
        ],
        source: "example".to_owned(),
    };
    let kinds = vec![
        kind(
            "complaint",
            "投诉",
            "Complaint",
            &[
                ("new", "新件", "New", Phase::Raise),
                ("handling", "办理中", "Handling", Phase::Act),
                ("closed", "已销号", "Struck off", Phase::Closed),
            ],
        ),
        kind(
            "advice",
            "咨询",
            "Advice",
            &[
                ("new", "新件", "New", Phase::Raise),
                ("closed", "已答复", "Answered", Phase::Closed),
            ],
        ),
    ];
    Pack {
        taxonomies: BTreeMap::from([("city".to_owned(), taxonomy)]),
        ..pack("hotline", kinds)
    }
}

fn petition() -> Pack {
    let states = [
        ("working", "办理中", "Handling", Phase::Act),
        ("closed", "已销号", "Struck off", Phase::Closed),
    ];
    pack("petition", vec![kind("petition", "信访", "Petition", &states)])
}

fn pack(id: &str, kinds: Vec<Kind>) -> Pack {
    let named = |id: &str, zh: &str, en: &str| Named {
        id: id.to_owned(),
        title: Label::new(zh, en),
    };
    Pack {
        id: id.to_owned(),
        version: 1,
        title: Label::new(id, id),
        valid_from: date(2020, 1, 1),
        valid_until: None,
        sources: BTreeMap::new(),
        // The two packs call the channel by the same name, not by the same id.
        channels: vec![
            named("portal", "网站", "Website"),
            named(&format!("{id}_phone"), "电话", "Phone"),
        ],
        supervision_sources: vec![named("inspection", "巡察", "Inspection")],
        taxonomies: BTreeMap::new(),
        clocks: BTreeMap::new(),
        kinds,
        grants: Vec::new(),
        messages: BTreeMap::new(),
        notifications: BTreeMap::new(),
        callback: None,
        templates: Vec::new(),
        notices: BTreeMap::new(),
        alarms: Vec::new(),
        portal_kind: None,
    }
}

fn kind(id: &str, zh: &str, en: &str, states: &[(&str, &str, &str, Phase)]) -> Kind {
    let states = states.iter().map(|(id, zh, en, phase)| State {
        id: (*id).to_owned(),
        title: Label::new(*zh, *en),
        phase: *phase,
    });
    Kind {
        id: id.to_owned(),
        title: Label::new(zh, en),
        number_prefix: "T".to_owned(),
        taxonomy: None,
        raised_by: Raiser::Reporter,
        answer: AnswerRule::Reporter,
        ends: Vec::new(),
        consultation: false,
        portal: false,
        listed: false,
        silence_days: 5,
        calls: None,
        publication_days: None,
        initial: "new".to_owned(),
        start: Vec::new(),
        states: states.collect(),
        steps: Vec::new(),
        source: "example".to_owned(),
    }
}
