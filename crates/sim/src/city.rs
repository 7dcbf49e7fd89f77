//! The fictional city: its units, posts, people and duties, as org events.

use std::collections::BTreeSet;

use bihuan_core::id::{PersonId, PostId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Person, Post, Unit};
use bihuan_core::pack::model::Taxonomy;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::seeded::Seeded;

/// The city's data file, as written.
const CITY: &str = include_str!("../city/city.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    city: Top,
    external: Vec<Top>,
    department: Vec<Department>,
    county: Vec<County>,
    names: Names,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Top {
    code: String,
    name: Label,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Department {
    code: String,
    name: Label,
    #[serde(default)]
    aliases: Vec<String>,
    class: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    duties: Vec<String>,
    /// Whether its people stand on the demo's login page rather than those of another unit.
    #[serde(default)]
    shown: bool,
    quality: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct County {
    code: String,
    name: Label,
    quality: f64,
}

/// A piece of a name and its spelling.
type Piece = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    townships_per_county: usize,
    place_first: Vec<Piece>,
    place_second: Vec<Piece>,
    place_kinds: Vec<Piece>,
    surnames: Vec<Piece>,
    given_first: Vec<Piece>,
    given_second: Vec<Piece>,
}

/// A unit that handles cases, and how well.
#[derive(Debug, Clone)]
pub struct Handler {
    /// The unit.
    pub unit: UnitId,
    /// The unit's code.
    pub code: String,
    /// Its name.
    pub name: Label,
    /// Who handles there.
    pub person: PersonId,
    /// How well it works, from 0 to 1.
    pub quality: f64,
}

/// Somebody with an account on the demo's login page.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// The login name, such as `operator`.
    pub login: String,
    /// Who it is.
    pub person: PersonId,
    /// The unit they act for.
    pub unit: UnitId,
    /// The role's id.
    pub role: String,
}

/// The city, founded.
pub struct City {
    /// The events that found it, in order.
    pub events: Vec<OrgEvent>,
    /// The city's own unit.
    pub top: UnitId,
    /// The departments that handle cases, in the order of the file.
    pub departments: Vec<Handler>,
    /// The counties.
    pub counties: Vec<Handler>,
    /// The townships, county by county.
    pub townships: Vec<Handler>,
    /// Supervisors of bodies outside the tree, who verify what the city's own may not.
    pub outside: Vec<(PersonId, UnitId)>,
    /// One account for every role.
    pub accounts: Vec<DemoAccount>,
}

/// Founds the city on the day `on`; `now` stamps the ids.
///
/// # Errors
/// A sentence that names what in the data file does not fit the taxonomy.
pub fn found(taxonomy: &Taxonomy, on: Date, now: Timestamp, chance: &mut Seeded) -> Result<City, String> {
    let plan: Plan = toml::from_str(CITY).map_err(|error| error.to_string())?;
    let mut founding = Founding::new(on, now, chance, &plan.names);
    let top = founding.unit(&plan.city.code, plan.city.name, vec![], "city", None);
    founding.staff(top, &["leader"]);
    let mut departments = Vec::new();
    for department in plan.department {
        let name = department.name;
        let unit = founding.unit(
            &department.code,
            name.clone(),
            department.aliases,
            &department.class,
            Some(top),
        );
        for title in &department.duties {
            founding.duty(unit, taxonomy, title)?;
        }
        let roles: Vec<&str> = department.roles.iter().map(String::as_str).collect();
        founding.shown = department.shown;
        departments.push(founding.handler(unit, department.code, name, &roles, department.quality));
    }
    founding.shown = false;
    let mut counties = Vec::new();
    let mut townships = Vec::new();
    for county in plan.county {
        let unit = founding.unit(&county.code, county.name.clone(), vec![], "county", Some(top));
        for serial in 1..=plan.names.townships_per_county {
            let name = founding.place_name();
            let code = format!("{}-{serial:02}", county.code);
            let township = founding.unit(&code, name.clone(), vec![], "township", Some(unit));
            let quality = (county.quality + founding.chance.share() * 0.4 - 0.2).clamp(0.1, 0.95);
            townships.push(founding.handler(township, code, name, &[], quality));
        }
        counties.push(founding.handler(unit, county.code, county.name, &[], county.quality));
    }
    // After the departments, so that the demo's supervisor is the city's own.
    let mut outside = Vec::new();
    for body in plan.external {
        let unit = founding.outside(body);
        outside.push((founding.staff_one(unit, "supervisor"), unit));
    }
    let Founding { events, accounts, .. } = founding;
    Ok(City {
        events,
        top,
        departments,
        counties,
        townships,
        outside,
        accounts,
    })
}

/// The city as far as it is founded.
struct Founding<'a> {
    on: Date,
    now: Timestamp,
    chance: &'a mut Seeded,
    names: &'a Names,
    events: Vec<OrgEvent>,
    accounts: Vec<DemoAccount>,
    /// Whether the unit being founded takes the place of others on the login page.
    shown: bool,
    places_used: BTreeSet<String>,
}

impl<'a> Founding<'a> {
    fn new(on: Date, now: Timestamp, chance: &'a mut Seeded, names: &'a Names) -> Self {
        Founding {
            on,
            now,
            chance,
            names,
            events: vec![],
            accounts: vec![],
            shown: false,
            places_used: BTreeSet::new(),
        }
    }

    fn unit(
        &mut self,
        code: &str,
        name: Label,
        aliases: Vec<String>,
        class: &str,
        parent: Option<UnitId>,
    ) -> UnitId {
        let id = UnitId::new(self.now, self.chance);
        let code = code.to_owned();
        let class = class.to_owned();
        let unit = Unit {
            id,
            code,
            name,
            aliases,
            class,
            parent,
            external: false,
            founded_on: self.on,
        };
        self.events.push(OrgEvent::UnitFounded(unit));
        id
    }

    fn outside(&mut self, body: Top) -> UnitId {
        let id = UnitId::new(self.now, self.chance);
        self.events.push(OrgEvent::UnitFounded(Unit {
            id,
            code: body.code,
            name: body.name,
            aliases: body.aliases,
            class: "external".to_owned(),
            parent: None,
            external: true,
            founded_on: self.on,
        }));
        id
    }

    /// Gives a unit its head and its handler, and the desks its `roles` name.
    fn handler(&mut self, unit: UnitId, code: String, name: Label, roles: &[&str], quality: f64) -> Handler {
        self.staff(unit, &["unit_head"]);
        let person = self.staff_one(unit, "handler");
        self.staff(unit, roles);
        Handler {
            unit,
            code,
            name,
            person,
            quality,
        }
    }

    /// Puts one person on each desk that `roles` name.
    fn staff(&mut self, unit: UnitId, roles: &[&str]) {
        for role in roles {
            self.staff_one(unit, role);
        }
    }

    fn staff_one(&mut self, unit: UnitId, role: &str) -> PersonId {
        let person = self.person();
        self.post(
            unit,
            person,
            desk_title(role),
            ["leader", "unit_head"].contains(&role),
        );
        self.role(person, role, unit);
        person
    }

    fn person(&mut self) -> PersonId {
        let id = PersonId::new(self.now, self.chance);
        let surname = self.chance.one_of(&self.names.surnames).clone();
        let first = self.chance.one_of(&self.names.given_first).clone();
        let second = self.chance.one_of(&self.names.given_second).clone();
        let zh = format!("{}{}{}", surname.0, first.0, second.0);
        let en = format!("{}{} {}", first.1, second.1, surname.1);
        self.events.push(OrgEvent::PersonAdded(Person {
            id,
            name: Label::new(zh, en),
        }));
        id
    }

    fn post(&mut self, unit: UnitId, person: PersonId, title: Label, head: bool) {
        let id = PostId::new(self.now, self.chance);
        self.events.push(OrgEvent::PostFounded(Post {
            id,
            unit,
            title,
            head,
            founded_on: self.on,
        }));
        self.events.push(OrgEvent::TenureBegan {
            post: id,
            person,
            on: self.on,
        });
    }

    fn role(&mut self, person: PersonId, role: &str, unit: UnitId) {
        let granted = OrgEvent::RoleGranted {
            person,
            role: role.to_owned(),
            unit,
            on: self.on,
        };
        self.events.push(granted);
        let account = DemoAccount {
            login: role.replace('_', "-"),
            person,
            unit,
            role: role.to_owned(),
        };
        match self.accounts.iter_mut().find(|known| known.role == role) {
            Some(known) if self.shown => *known = account,
            Some(_) => {}
            None => self.accounts.push(account),
        }
    }

    fn duty(&mut self, unit: UnitId, taxonomy: &Taxonomy, title: &str) -> Result<(), String> {
        // Parents stand before children, so the first category of that title is the widest.
        let category = taxonomy
            .categories
            .iter()
            .find(|category| category.title.zh == title);
        let category = category
            .ok_or_else(|| format!("the taxonomy has no category {title}"))?
            .code
            .clone();
        self.events.push(OrgEvent::DutyGiven {
            unit,
            category,
            on: self.on,
        });
        Ok(())
    }

    /// Makes a township's name that no other has.
    fn place_name(&mut self) -> Label {
        loop {
            let first = self.chance.one_of(&self.names.place_first);
            let second = self.chance.one_of(&self.names.place_second);
            let kind = self.chance.one_of(&self.names.place_kinds);
            if self.places_used.insert(format!("{}{}", first.0, second.0)) {
                let zh = format!("{}{}{}", first.0, second.0, kind.0);
                return Label::new(zh, format!("{}{} {}", first.1, second.1, kind.1));
            }
        }
    }
}

/// Returns the title of the post that a desk has in the demo.
fn desk_title(role: &str) -> Label {
    match role {
        "handler" => Label::new("承办员", "Case handler"),
        "unit_head" => Label::new("主要负责人", "Head"),
        "operator" => Label::new("热线话务员", "Hotline operator"),
        "dispatcher" => Label::new("派单员", "Dispatcher"),
        "supervisor" => Label::new("督查员", "Supervisor"),
        "caller" => Label::new("回访员", "Caller"),
        "registrar" => Label::new("身份保管员", "Registrar of identities"),
        "inspector" => Label::new("纪检监察员", "Discipline inspector"),
        "assessor" => Label::new("考核员", "Assessor"),
        "auditor" => Label::new("审计员", "Auditor"),
        "leader" => Label::new("市领导", "City leader"),
        "admin" => Label::new("系统管理员", "Administrator"),
        other => Label::new(other, other),
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::pack::model::{Category, Taxonomy};

    use super::*;

    fn taxonomy() -> Taxonomy {
        let plan: Plan = toml::from_str(CITY).expect("the data file reads");
        let titles: BTreeSet<String> = plan.department.into_iter().flat_map(|it| it.duties).collect();
        let category = |(n, zh): (usize, String)| Category {
            code: format!("c{n}"),
            title: Label::new(zh.clone(), zh),
        };
        let categories = titles.into_iter().enumerate().map(category).collect();
        Taxonomy {
            id: "t".into(),
            title: Label::new("分类", "Categories"),
            source: "s".into(),
            categories,
        }
    }

    fn city(seed: u64) -> City {
        let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
        found(
            &taxonomy(),
            "2025-01-01".parse().expect("a date"),
            now,
            &mut Seeded::new(seed),
        )
        .expect("a city")
    }

    #[test]
    fn the_city_has_its_size() {
        let city = city(1);
        assert_eq!(
            (city.departments.len(), city.counties.len(), city.townships.len()),
            (40, 8, 120)
        );
    }

    #[test]
    fn the_same_seed_founds_the_same_city() {
        assert_eq!(city(3).events, city(3).events);
        assert_ne!(city(3).events, city(4).events);
    }

    #[test]
    fn no_two_units_share_a_name() {
        let names: Vec<String> = city(1)
            .events
            .iter()
            .filter_map(|event| match event {
                OrgEvent::UnitFounded(unit) => Some(unit.name.zh.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
