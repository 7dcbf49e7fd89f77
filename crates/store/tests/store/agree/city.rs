//! A small city, and random cases in it: values missing now and then, instants often at a boundary.

use std::collections::HashSet;

use bihuan_core::calendar::Calendar;
use bihuan_core::case::facts::{CaseFacts, Flag};
use bihuan_core::clock::{Direction, Limit, threshold};
use bihuan_core::event::AccusedParty;
use bihuan_core::filter::{Checked, Scene, check, parse};
use bihuan_core::id::{CaseId, PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent, Person, Unit};
use bihuan_core::pack::model::Pack;
use bihuan_core::pack::model::Phase;
use bihuan_store::value::PHASES;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::random::Random;

/// The limits that filters name and that cases are late by, to the millisecond.
pub const LIMITS: [Limit; 6] = [
    Limit::working_days(1),
    Limit::working_days(3),
    Limit::working_days(20),
    Limit::days(2),
    Limit::days(30),
    Limit::hours(4),
];

/// Words that texts are made of.
pub const WORDS: [&str; 6] = ["路灯", "供暖", "道路积水", "医院", "heating", "噪音扰民"];

pub struct City {
    pub org: Org,
    pub packs: Vec<Pack>,
    pub calendar: Calendar,
    pub now: Timestamp,
    pub units: Vec<(UnitId, String)>,
    pub persons: Vec<(PersonId, String)>,
}

/// A case, and the search tokens of its text.
pub struct TestCase {
    pub id: CaseId,
    pub facts: CaseFacts,
    pub tokens: Vec<String>,
}

impl TestCase {
    pub fn holds(&self, query: &[String]) -> bool {
        let document: HashSet<String> = self.tokens.iter().cloned().collect();
        bihuan_text::holds(&document, query)
    }
}

impl City {
    /// Founds two districts under the city with two offices each, and four persons.
    pub fn new() -> City {
        let mut org = Org::default();
        let unit = |n: u128| UnitId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n));
        let person = |n: u128| PersonId(Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + n));
        let parents = [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2)];
        for (n, parent) in (0..).zip(parents) {
            let founded = Unit {
                id: unit(n),
                code: format!("u{n}"),
                name: Label::new(format!("第{n}单位"), format!("Unit {n}")),
                aliases: Vec::new(),
                class: "office".to_owned(),
                parent: parent.map(unit),
                external: false,
                founded_on: date(2000, 1, 1),
            };
            org.apply(&OrgEvent::UnitFounded(founded))
                .expect("the tree is sound");
        }
        for n in 0..4 {
            let name = Label::new(format!("人员{n}号"), format!("Person {n}"));
            org.apply(&OrgEvent::PersonAdded(Person { id: person(n), name }))
                .expect("persons are new");
        }
        City {
            org,
            packs: bihuan_packs::shipped().expect("the shipped packs have no problems"),
            calendar: Calendar::parse(bihuan_packs::CALENDAR_CN)
                .expect("the shipped calendar has no problems"),
            now: "2026-03-04T15:30:00+08:00".parse().expect("an instant"),
            units: (0..7).map(|n| (unit(n), format!("u{n}"))).collect(),
            persons: (0..4).map(|n| (person(n), format!("人员{n}号"))).collect(),
        }
    }

    /// Shows the city as the second unit's first person sees it.
    pub fn look<T>(&self, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let packs: Vec<&Pack> = self.packs.iter().collect();
        see(&Scene {
            org: &self.org,
            packs: &packs,
            calendar: &self.calendar,
            now: self.now,
            tree_on: None,
            me: Some(self.persons[0].0),
            my_units: &[self.units[1].0],
            tokens: &bihuan_text::query_tokens,
        })
    }

    /// Reads and resolves a filter.
    pub fn resolve(&self, text: &str) -> Checked {
        let ast = parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        self.look(|scene| check(&ast, scene))
            .unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
    }

    pub fn case(&self, random: &mut Random, index: usize) -> TestCase {
        let pack = random.pick(&self.packs);
        let kind = random.pick(&pack.kinds);
        let closed_at = random.chance(50).then(|| self.instant(random));
        let categories = kind.taxonomy.as_ref().and_then(|id| pack.taxonomies.get(id));
        let facts = CaseFacts {
            number: format!("{}2026030{}-{index:04}", kind.number_prefix, random.below(3)),
            kind: kind.id.clone(),
            state: random.pick(&kind.states).id.clone(),
            // What has not ended is in no phase of an end, and lists rely on it.
            phase: *random.pick(match closed_at {
                Some(_) => &[Phase::Closed, Phase::Watch][..],
                None => &PHASES[..PHASES.len() - 2],
            }),
            category: categories.map(|taxonomy| random.pick(&taxonomy.categories).code.clone()),
            unit: random.chance(80).then(|| random.pick(&self.units).0),
            co_units: (0..random.below(3)).map(|_| random.pick(&self.units).0).collect(),
            person: random.chance(80).then(|| random.pick(&self.persons).0),
            channel: random.pick(&pack.channels).id.clone(),
            source: pick_some(random, &pack.supervision_sources).map(|source| source.id.clone()),
            campaigns: (0..random.below(3)).map(|_| campaign(random)).collect(),
            severity: u8::try_from(1 + random.below(5)).expect("at most 5"),
            raised_at: self.instant(random),
            changed_at: self.instant(random),
            closed_at,
            due_at: random.chance(85).then(|| self.due_at(random, closed_at)),
            returns: u32::try_from(random.below(5)).expect("small"),
            reopened: u32::try_from(random.below(5)).expect("small"),
            flags: Flag::ALL
                .into_iter()
                .filter(|flag| match flag {
                    // What has not ended has no end, and the SQL relies on it.
                    Flag::Open => closed_at.is_none(),
                    _ => random.chance(50),
                })
                .collect(),
            accused: self.accused(random),
            instructors: (0..random.below(3))
                .map(|_| random.pick(&self.persons).0)
                .collect(),
            finder: random
                .chance(80)
                .then(|| (random.pick(&self.persons).0, random.pick(&self.units).0)),
        };
        let id = CaseId(Uuid::from_u128(
            0x0190_0000_0000_7000_a000_0000_0000_0000 + index as u128,
        ));
        let text: Vec<&str> = (0..random.below(4)).map(|_| *random.pick(&WORDS)).collect();
        TestCase {
            id,
            facts,
            tokens: bihuan_text::tokens(&text.join("，")),
        }
    }

    fn accused(&self, random: &mut Random) -> Vec<AccusedParty> {
        let mut accused = Vec::new();
        if random.chance(60) {
            accused.push(AccusedParty::Unit(random.pick(&self.units).0));
        }
        if random.chance(40) {
            accused.push(AccusedParty::Person(random.pick(&self.persons).0));
        }
        accused
    }

    /// Returns an instant near now, often at the first or last moment of a day, now and then years ago
    /// or finer than a millisecond.
    fn instant(&self, random: &mut Random) -> Timestamp {
        let days = if random.chance(10) { -20 * 365 } else { 0 } + random.around(40);
        let at = self.now + SignedDuration::from_hours(24 * days);
        let midnight = self.calendar.start_of(self.calendar.date_of(at));
        match random.below(5) {
            0 => midnight,
            1 => midnight - SignedDuration::from_millis(1),
            2 => self.now + SignedDuration::from_millis(random.around(1)),
            3 => at + SignedDuration::from_nanos(random.around(1_500_000)),
            _ => at + SignedDuration::from_hours(random.around(24)),
        }
    }

    /// Returns a due instant that is often exactly a limit before or after now or the end, give or take a
    /// millisecond.
    fn due_at(&self, random: &mut Random, closed_at: Option<Timestamp>) -> Timestamp {
        let end = closed_at.unwrap_or(self.now);
        let limit = *random.pick(&LIMITS);
        let exact = match random.below(4) {
            0 => end,
            1 => threshold(&self.calendar, end, &limit, Direction::Ago),
            2 => threshold(&self.calendar, end, &limit, Direction::Ahead),
            _ => end + SignedDuration::from_hours(random.around(24 * 60)),
        };
        exact + SignedDuration::from_millis(random.around(1))
    }
}

pub fn campaign(random: &mut Random) -> String {
    (*random.pick(&["winter", "夏季行动"])).to_owned()
}

fn pick_some<'a, T>(random: &mut Random, among: &'a [T]) -> Option<&'a T> {
    (!among.is_empty() && random.chance(80)).then(|| random.pick(among))
}
