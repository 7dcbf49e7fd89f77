//! A fresh city per test, with the shipped packs and a few units.

use bihuan_core::case::command::{Command, Raise, TakeStep};
use bihuan_core::event::{Disclosure, RaisedBy};
use bihuan_core::filter::{Checked, Predicate};
use bihuan_core::id::{CaseId, Entropy, PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Person, Unit};
use bihuan_core::permission::{Permit, Rights, Viewer, authorize_general};
use bihuan_store::bodies::Bodies;
use bihuan_store::execute::Receipt;
use bihuan_store::read::Reader;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::NEWEST;
use bihuan_store::tenant::{Founding, Marks, Store, Tenant};
use jiff::Timestamp;
use uuid::Uuid;

use crate::place::Place;

/// The instant at which tests begin: Monday 2026-03-02, 10:00 in China.
pub const NOW: &str = "2026-03-02T02:00:00Z";

/// Counts upwards, so that each run makes the same ids.
#[derive(Debug, Default)]
pub struct Counter(pub u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 += 1;
            let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A store in a place of its own, which is there until the store is closed.
pub struct City {
    pub store: Store,
    pub tenant: Tenant,
    pub entropy: Counter,
    pub place: Place,
}

pub fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}

pub fn init(place: &Place, entropy: &mut Counter) -> Store {
    let founding = Founding {
        name: Label::new("测试市", "Test City"),
        host: None,
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &bihuan_packs::TEXTS,
        now: now(),
    };
    let marks = Marks {
        testing: true,
        demo: false,
    };
    Store::init(place.path(), marks, &place.options(), &founding, entropy).expect("a new store")
}

pub const HOTLINE: UnitId = UnitId(Uuid::from_u128(1));
pub const HEALTH: UnitId = UnitId(Uuid::from_u128(2));
pub const HOUSING: UnitId = UnitId(Uuid::from_u128(3));
pub const CLERK: PersonId = PersonId(Uuid::from_u128(11));

impl City {
    /// A city on the engine that the suite is run for.
    pub async fn new() -> City {
        City::at(Place::new()).await
    }

    pub async fn at(place: Place) -> City {
        let mut entropy = Counter::default();
        let store = init(&place, &mut entropy);
        let tenant = store.tenant(None).expect("the only tenant");
        let city = City {
            store,
            tenant,
            entropy,
            place,
        };
        for (id, code, zh) in [
            (HOTLINE, "hotline", "热线"),
            (HEALTH, "health", "卫健委"),
            (HOUSING, "housing", "住建局"),
        ] {
            city.org(OrgEvent::UnitFounded(unit(id, code, zh))).await;
        }
        city.org(OrgEvent::PersonAdded(Person {
            id: CLERK,
            name: Label::new("张三", "Zhang San"),
        }))
        .await;
        city
    }

    pub async fn org(&self, event: OrgEvent) {
        self.tenant
            .change_org(&Permit::system(), event, now())
            .await
            .expect("the tree allows it");
    }

    pub fn bodies(&mut self) -> Bodies {
        Bodies::new(now(), &mut self.entropy)
    }

    pub async fn raise(&mut self, title: &str, text: &str) -> Receipt {
        let mut bodies = self.bodies();
        let raise = raise(&mut bodies, title, text);
        self.tenant
            .raise(&Permit::reporter(), raise, None, bodies, None, now())
            .await
            .expect("taken in")
    }

    /// The clerk's permit for an action that dispatchers have.
    pub fn permit(&self, action: &str) -> Permit {
        let scene = self.tenant.scene();
        let packs: Vec<_> = scene.newest().map(|pack| &**pack).collect();
        let rights = Rights {
            grants: &scene.grants,
            packs: &packs,
            org: &scene.org,
            calendar: &scene.calendar,
            now: now(),
        };
        let roles = vec![("dispatcher".to_owned(), HOTLINE)];
        let viewer = Viewer {
            person: CLERK,
            unit: HOTLINE,
            roles,
            stands_in: Vec::new(),
        };
        authorize_general(&viewer, action, &rights).expect("dispatchers may")
    }

    /// Accepts the case and makes the health bureau responsible.
    pub async fn assign(&mut self, case: CaseId) {
        let steps = [("register", "accept", None), ("assign", "assign", Some(HEALTH))];
        for (action, step, unit) in steps {
            let bodies = self.bodies();
            let permit = self.permit(action);
            let step = TakeStep {
                step: step.into(),
                unit,
                ..TakeStep::default()
            };
            let taken = self
                .tenant
                .execute(&permit, case, Command::TakeStep(step), bodies, None, now())
                .await;
            taken.expect("the step is taken");
        }
    }
}

pub fn unit(id: UnitId, code: &str, zh: &str) -> Unit {
    Unit {
        id,
        code: code.into(),
        name: Label::new(zh, code),
        aliases: Vec::new(),
        class: "department".into(),
        parent: None,
        external: false,
        founded_on: "2020-01-01".parse().expect("a date"),
    }
}

pub fn raise(bodies: &mut Bodies, title: &str, text: &str) -> Raise {
    Raise {
        number: String::new(),
        kind: "help".into(),
        channel: "portal".into(),
        source: None,
        category: None,
        campaigns: Vec::new(),
        severity: 2,
        title: bodies.write(title),
        text: bodies.write(text),
        place: None,
        raised_by: RaisedBy::Reporter {
            identity: None,
            disclosure: Disclosure::Anonymous,
        },
        accused: Vec::new(),
        links: Vec::new(),
        external: None,
        imported: None,
    }
}

/// Founds another tenant of the same database, with so many cases of one title.
pub fn found_second(city: &mut City, cases: usize, title: &str) -> Tenant {
    let founding = Founding {
        name: Label::new("另一市", "Other City"),
        host: Some("other.example".into()),
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &bihuan_packs::TEXTS,
        now: now(),
    };
    let second = city.store.found(&founding, &mut city.entropy).expect("founded");
    let mut bulk = second.bulk(Box::new(Counter(99))).expect("session");
    for number in 0..cases {
        let mut bodies: Bodies = bulk.bodies(now());
        let asked = raise(&mut bodies, title, &format!("第 {number} 件"));
        let when = bihuan_store::decide::When::at(now());
        bulk.raise(&Permit::reporter(), asked, None, bodies, when)
            .expect("taken in");
    }
    bulk.finish().expect("on disk");
    second
}

/// Returns the cases whose texts hold all words, the newest first.
pub fn found(reader: &Reader, words: &str) -> Vec<ListRow> {
    let filter = Checked::Is(Predicate::Text(bihuan_text::query_tokens(words)));
    let listing = Listing {
        filter: &filter,
        sort: NEWEST,
        after: None,
        limit: 50,
    };
    reader.list(&listing).expect("reads").rows
}
