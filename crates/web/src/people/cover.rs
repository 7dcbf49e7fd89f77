//! Who is there for each step on the way to a strike-off, and who is still missing.
//!
//! The way is read from the packs. Nobody verifies their own work, so one who may verify is counted only if some
//! unit that handles is not theirs, and for each unit that handles there must be somebody from outside it.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::pack::model::{EndKind, Grant, Kind, Pack, Relation, Step};
use bihuan_core::pack::prove::way_to_strike_off;
use bihuan_store::tenant::scene::Scene;
use jiff::civil::Date;

/// The way of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The pack's name.
    pub pack: Label,
    /// The kind's name.
    pub kind: Label,
    /// Its steps that somebody of the tree takes, in order.
    pub steps: Vec<Covered>,
}

/// A step, and who may take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Its name.
    pub title: Label,
    /// The roles that may take it.
    pub roles: Vec<Label>,
    /// The people who have one of them, and can log in.
    pub people: Vec<Label>,
    /// Whether only somebody from outside the unit that handles may take it.
    pub independent: bool,
    /// Units that handle and have nobody outside who could take it.
    pub lonely: Vec<Label>,
}

impl Covered {
    /// Whether somebody is there for it, whichever unit handles.
    pub fn is_covered(&self) -> bool {
        !self.people.is_empty() && self.lonely.is_empty()
    }
}

impl Way {
    /// Whether a case can go all of it.
    pub fn is_covered(&self) -> bool {
        self.steps.iter().all(Covered::is_covered)
    }
}

/// A person who can log in, with their roles.
type Held<'a> = BTreeMap<PersonId, Vec<(&'a str, UnitId)>>;

/// Returns the way of one kind of each pack; `logins` are the people who can log in.
pub fn ways(scene: &Scene, logins: &BTreeSet<PersonId>, on: Date) -> Vec<Way> {
    let held: Held<'_> = logins
        .iter()
        .map(|person| (*person, scene.org.roles_of(*person, on)))
        .collect();
    let way = |pack: &Pack| {
        let kind = kind_of(pack)?;
        let steps = way_to_strike_off(kind);
        let handling = handling(&steps, pack, &held);
        let steps = steps.into_iter().filter(|step| step.action.is_some());
        Some(Way {
            pack: pack.title.clone(),
            kind: kind.title.clone(),
            steps: steps
                .map(|step| covered(scene, pack, step, &held, &handling))
                .collect(),
        })
    };
    scene.newest().filter_map(|pack| way(pack)).collect()
}

/// Returns the kind that stands for a pack: what the portal makes of a message, else the first that is struck off.
fn kind_of(pack: &Pack) -> Option<&Kind> {
    let portal = pack.portal_kind.as_ref().and_then(|id| pack.kind(id));
    let ends = |kind: &&Kind| kind.ends.contains(&EndKind::StruckOff);
    portal.filter(ends).or_else(|| pack.kinds.iter().find(ends))
}

fn grants_of<'a>(pack: &'a Pack, step: &'a Step) -> impl Iterator<Item = &'a Grant> {
    let action = step.action.as_ref();
    pack.grants
        .iter()
        .filter(move |grant| action.is_some_and(|action| grant.actions.contains(action)))
}

/// Returns the units that may come to handle a case.
fn handling(steps: &[&Step], pack: &Pack, held: &Held<'_>) -> BTreeSet<UnitId> {
    let own = steps.iter().filter(|step| step.relation == Relation::Responsible);
    let roles: BTreeSet<&str> = own
        .flat_map(|step| grants_of(pack, step))
        .map(|grant| grant.role.as_str())
        .collect();
    let all = held.values().flatten();
    all.filter(|(role, _)| roles.contains(role))
        .map(|(_, unit)| *unit)
        .collect()
}

fn covered(scene: &Scene, pack: &Pack, step: &Step, held: &Held<'_>, handling: &BTreeSet<UnitId>) -> Covered {
    let grants: Vec<&Grant> = grants_of(pack, step).collect();
    let may = |role: &str| grants.iter().any(|grant| grant.role == role);
    let org = &scene.org;
    let independent = step.relation == Relation::Independent;
    let places: BTreeMap<PersonId, Vec<UnitId>> = held
        .iter()
        .map(|(person, roles)| {
            (
                *person,
                roles
                    .iter()
                    .filter(|(role, _)| may(role))
                    .map(|(_, unit)| *unit)
                    .collect(),
            )
        })
        .filter(|(_, units): &(PersonId, Vec<UnitId>)| !units.is_empty())
        .collect();
    let outside = |handler: UnitId| {
        places
            .values()
            .flatten()
            .any(|unit| !org.is_under(*unit, handler))
    };
    let lonely = handling.iter().filter(|unit| independent && !outside(**unit));
    let people = places.keys().filter_map(|person| org.person(*person));
    Covered {
        title: step.title.clone(),
        roles: grants.iter().map(|grant| grant.title.clone()).collect(),
        people: people.map(|person| person.name.clone()).collect(),
        independent,
        lonely: lonely
            .filter_map(|unit| org.unit(*unit))
            .map(|unit| unit.name.clone())
            .collect(),
    }
}

/// The fewest people that can bring a case of the first pack to its strike-off, in three units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smallest {
    /// Who takes in and answers, who handles, who verifies.
    pub parts: Vec<Part>,
}

/// A unit with one person, as an example to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The unit's code, and the person's login.
    pub code: &'static str,
    /// The message with the unit's name.
    pub unit_key: &'static str,
    /// The message that stands for the person's name.
    pub person_key: &'static str,
    /// The category that is its duty; empty for none.
    pub duty: String,
    /// The roles of its person.
    pub roles: Vec<Label>,
}

impl Part {
    /// Returns its roles, as one writes them into a cell.
    pub fn titles(&self, lang: bihuan_core::label::Lang) -> String {
        let titles: Vec<&str> = self.roles.iter().map(|role| role.get(lang)).collect();
        titles.join("; ")
    }
}

impl Smallest {
    /// Reads it from the first pack that has a way to a strike-off: roles for the steps of the unit that handles,
    /// roles for those from outside it, and roles for what neither of these may do.
    pub fn of(scene: &Scene) -> Smallest {
        let found = scene
            .newest()
            .find_map(|pack| Some((pack, way_to_strike_off(kind_of(pack)?))));
        let Some((pack, steps)) = found else {
            return Smallest { parts: Vec::new() };
        };
        let acted = || steps.iter().copied().filter(|step| step.action.is_some());
        let of = |relation| {
            acted()
                .filter(|step| step.relation == relation)
                .collect::<Vec<_>>()
        };
        let (handling, outside) = (of(Relation::Responsible), of(Relation::Independent));
        let (handles, verifies) = (fewest(pack, &handling), fewest(pack, &outside));
        let rest = acted()
            .filter(|step| step.relation == Relation::Any && !verifies.iter().any(|role| may(role, step)));
        let answers = fewest(pack, &rest.collect::<Vec<_>>());
        let titles = |grants: Vec<&Grant>| grants.iter().map(|grant| grant.title.clone()).collect();
        let part = |code, (unit_key, person_key), grants, duty| Part {
            code,
            unit_key,
            person_key,
            duty,
            roles: titles(grants),
        };
        let tops = pack.taxonomies.values().flat_map(|taxonomy| &taxonomy.categories);
        let duty = tops
            .map(|category| category.code.clone())
            .next()
            .unwrap_or_default();
        let none = String::new;
        Smallest {
            parts: vec![
                part(
                    "hotline",
                    ("people-sample-desk", "people-sample-desk-person"),
                    answers,
                    none(),
                ),
                part(
                    "works",
                    ("people-sample-works", "people-sample-works-person"),
                    handles,
                    duty,
                ),
                part(
                    "supervision",
                    ("people-sample-check", "people-sample-check-person"),
                    verifies,
                    none(),
                ),
            ],
        }
    }
}

fn may(grant: &Grant, step: &Step) -> bool {
    step.action
        .as_ref()
        .is_some_and(|action| grant.actions.contains(action))
}

/// Returns few roles that together may take all these steps: the most useful first.
fn fewest<'a>(pack: &'a Pack, steps: &[&Step]) -> Vec<&'a Grant> {
    let mut open: Vec<&Step> = steps.to_vec();
    let mut chosen: Vec<&Grant> = Vec::new();
    while !open.is_empty() {
        let useful = |grant: &&Grant| open.iter().filter(|step| may(grant, step)).count();
        // Of equally useful ones the first in the pack, which is the plainest.
        let Some(best) = pack
            .grants
            .iter()
            .rev()
            .max_by_key(useful)
            .filter(|best| useful(best) > 0)
        else {
            break;
        };
        open.retain(|step| !may(best, step));
        chosen.push(best);
    }
    chosen
}
