//! A city with a health bureau and its clinic, a water bureau, an inspection office, and an auditor that
//! stands outside the tree. Each unit has one person, with a post there since 2020, called like the unit.

use bihuan_core::event::{Actor, BodyRef};
use bihuan_core::id::{BodyId, Digest, PersonId, PostId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent, Person, Post, Unit};
use jiff::civil::{Date, date};
use uuid::Uuid;

pub const FOUNDED_ON: Date = date(2020, 1, 1);

/// Code and parent; `None` for the two that have nobody above them.
pub const UNITS: [(&str, Option<&str>); 6] = [
    ("city", None),
    ("health", Some("city")),
    ("clinic", Some("health")),
    ("water", Some("city")),
    ("inspect", Some("city")),
    ("auditor", None),
];

pub fn org() -> Org {
    let mut org = Org::default();
    for (code, parent) in UNITS {
        for event in founding(code, parent) {
            org.apply(&event).expect("the town is sound");
        }
    }
    let duty = OrgEvent::DutyGiven {
        unit: unit("health"),
        category: "care".to_owned(),
        on: FOUNDED_ON,
    };
    org.apply(&duty).expect("the town is sound");
    org
}

fn founding(code: &str, parent: Option<&str>) -> [OrgEvent; 4] {
    let above = parent.map(unit);
    let unit = Unit {
        id: unit(code),
        code: code.to_owned(),
        name: Label::new(code, code),
        aliases: Vec::new(),
        class: "bureau".to_owned(),
        parent: above,
        external: code == "auditor",
        founded_on: FOUNDED_ON,
    };
    let post = Post {
        id: post(code),
        unit: unit.id,
        title: Label::new(code, code),
        head: true,
        founded_on: FOUNDED_ON,
    };
    let person = Person {
        id: person(code),
        name: Label::new(code, code),
    };
    let tenure = OrgEvent::TenureBegan {
        post: post.id,
        person: person.id,
        on: FOUNDED_ON,
    };
    [
        OrgEvent::UnitFounded(unit),
        OrgEvent::PostFounded(post),
        OrgEvent::PersonAdded(person),
        tenure,
    ]
}

fn index(code: &str) -> u128 {
    let place = UNITS.iter().position(|(unit, _)| *unit == code);
    let place = place.unwrap_or_else(|| panic!("no unit {code:?} in the town"));
    u128::try_from(place).expect("a small number")
}

pub fn unit(code: &str) -> UnitId {
    UnitId(Uuid::from_u128(0x1000 + index(code)))
}

pub fn person(code: &str) -> PersonId {
    PersonId(Uuid::from_u128(0x2000 + index(code)))
}

pub fn post(code: &str) -> PostId {
    PostId(Uuid::from_u128(0x3000 + index(code)))
}

/// Reads `reporter`, `timer`, `import`, `health`, or `health@inspect` for a person acting elsewhere.
pub fn actor(word: &str) -> Actor {
    match word {
        "reporter" => Actor::Reporter,
        "timer" => Actor::System,
        "import" => Actor::Import,
        _ => {
            let (who, acting_for) = word.split_once('@').unwrap_or((word, word));
            Actor::Person {
                person: person(who),
                unit: unit(acting_for),
                for_person: None,
            }
        }
    }
}

pub fn body(number: u128) -> BodyRef {
    BodyRef {
        id: BodyId(Uuid::from_u128(0x4000 + number)),
        digest: Digest::of(&[&number.to_be_bytes()]),
    }
}

/// Writes the units' and persons' codes where `text` has their ids.
pub fn named(text: &str) -> String {
    let mut text = text.to_owned();
    for (code, _) in UNITS {
        text = text.replace(&unit(code).to_string(), code);
        text = text.replace(&person(code).to_string(), code);
    }
    text
}
