//! Who may do what: one decision function, one permit type, deny by default.
//!
//! A *viewer* is a person of the org tree who acts for a unit and has roles, each held in a unit. A
//! *grant* (a pack's data) gives a role some actions on the cases that its scope, a filter, is true of;
//! in the scope `me` is the viewer and `my unit` are the units the role is held in. What a viewer may do
//! with an action is the cases of [`scope`]: the union of the scopes of their grants, without the cases
//! that complain about them. That one filter goes into every list, search, count and export, and
//! [`authorize`] asks the very same filter about one case: what is listed can be opened, and nothing
//! else.
//!
//! For example, a handler of the water bureau whose grant says `unit under my unit` for `read` and
//! `handle` lists the bureau's cases and those of its stations, may handle each of them, and gets
//! [`Denied::Hidden`] for any other, as if it did not exist. A complaint about the water bureau itself
//! is hidden from everybody in the bureau and below, whatever their grants say.
//!
//! Changing anything in the store takes a [`Permit`], and only this module makes one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::case::facts::CaseFacts;
use crate::event::Actor;
use crate::filter::{self, Checked, Predicate, Scene};
use crate::id::{PersonId, UnitId};
use crate::org::Org;
use crate::pack::model::{Grant, Pack};

/// The action that seeing a case takes; without it a refusal does not tell that the case exists.
pub const READ: &str = "read";

/// A person who looks at cases or acts on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub person: PersonId,
    /// The unit they act for.
    pub unit: UnitId,
    /// Their roles, each with the unit it is held in.
    pub roles: Vec<(String, UnitId)>,
    /// Whom they stand in for 代理: they may do what those could.
    pub stands_in: Vec<StandIn>,
}

/// Somebody who is away, as whoever stands in for them is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// Who is away.
    pub person: PersonId,
    /// Their roles, each with the unit it is held in.
    pub roles: Vec<(String, UnitId)>,
}

/// Who a viewer acts as: themselves, or somebody they stand in for.
#[derive(Debug, Clone, Copy)]
struct Capacity<'a> {
    person: PersonId,
    roles: &'a [(String, UnitId)],
    for_person: Option<PersonId>,
}

/// What decides over rights, at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Rights<'a> {
    /// The grants of the packs in force: always the current ones, however old the case.
    pub grants: &'a [Grant],
    /// The packs whose names the scopes use.
    pub packs: &'a [&'a Pack],
    /// The org tree.
    pub org: &'a Org,
    /// The calendar, for scopes with dates.
    pub calendar: &'a Calendar,
    /// The present instant.
    pub now: Timestamp,
}

/// Why something is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The viewer may not know that there is such a thing; the answer is "not found".
    #[error("not found")]
    Hidden,
    /// The viewer may see it, but not do this.
    #[error("no grant for {action:?}")]
    Forbidden {
        /// The action that no grant of theirs holds here.
        action: String,
    },
}

/// Leave to act: who acts, and by which action of a grant. Made only in this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Option<String>,
}

impl Viewer {
    /// Makes the viewer that a person is on a day, acting for `unit`; `None` unless they, or somebody they
    /// stand in for, have a role there on that day.
    pub fn of(org: &Org, person: PersonId, unit: UnitId, on: Date) -> Option<Viewer> {
        let roles_of = |person| {
            let held = org.roles_of(person, on).into_iter();
            held.map(|(role, unit)| (role.to_owned(), unit))
                .collect::<Vec<_>>()
        };
        let stands_in = org
            .stands_in_for(person, on, on)
            .into_iter()
            .map(|person| StandIn {
                person,
                roles: roles_of(person),
            });
        let viewer = Viewer {
            person,
            unit,
            roles: roles_of(person),
            stands_in: stands_in.collect(),
        };
        let acts_there = viewer
            .capacities()
            .any(|as_whom| as_whom.roles.iter().any(|(_, held_in)| *held_in == unit));
        acts_there.then_some(viewer)
    }

    /// Makes the viewer that a person with these roles is, who stands in for others with theirs, acting for the unit of
    /// the first role; `None` where there is none.
    pub fn with(
        person: PersonId,
        roles: Vec<(String, UnitId)>,
        away: impl Iterator<Item = (PersonId, Vec<(String, UnitId)>)>,
    ) -> Option<Viewer> {
        let stands_in: Vec<StandIn> = away.map(|(person, roles)| StandIn { person, roles }).collect();
        let mut all = roles.iter().chain(stands_in.iter().flat_map(|away| &away.roles));
        let unit = all.next()?.1;
        Some(Viewer {
            person,
            unit,
            roles,
            stands_in,
        })
    }

    /// Returns as whom they may act, themselves first.
    fn capacities(&self) -> impl Iterator<Item = Capacity<'_>> {
        let own = Capacity {
            person: self.person,
            roles: &self.roles,
            for_person: None,
        };
        let others = self.stands_in.iter().map(|away| Capacity {
            person: away.person,
            roles: &away.roles,
            for_person: Some(away.person),
        });
        std::iter::once(own).chain(others)
    }
}

impl Capacity<'_> {
    /// Returns the units in which the role is held.
    fn units_of(&self, role: &str) -> Vec<UnitId> {
        let held = self.roles.iter().filter(|(held, _)| held == role);
        held.map(|(_, unit)| *unit).collect()
    }
}

impl Permit {
    /// Leave for whoever holds the receipt code of the case.
    pub fn reporter() -> Permit {
        Permit {
            actor: Actor::Reporter,
            action: None,
        }
    }

    /// Leave for a timer or a rule of the system itself.
    pub fn system() -> Permit {
        Permit {
            actor: Actor::System,
            action: None,
        }
    }

    /// Leave for an import of records made elsewhere.
    pub fn import() -> Permit {
        Permit {
            actor: Actor::Import,
            action: None,
        }
    }

    /// Returns who acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Whether the right is somebody else's, for whom whoever acts stands in.
    pub fn is_lent(&self) -> bool {
        matches!(
            self.actor,
            Actor::Person {
                for_person: Some(_),
                ..
            }
        )
    }

    /// Returns the action that a grant gave; `None` where no grant was needed.
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }
}

/// Returns the cases on which the viewer may do `action`; `None` where there can be none.
pub fn scope(viewer: &Viewer, action: &str, rights: &Rights<'_>) -> Option<Checked> {
    let scopes: Vec<Checked> = granted(viewer, action, rights)
        .map(|(_, _, scope)| scope)
        .collect();
    if scopes.is_empty() {
        return None;
    }
    let accused = accused_of(viewer, rights);
    Some(Checked::and(vec![Checked::or(scopes), Checked::not(accused)]))
}

/// Decides whether the viewer may do `action` on the case with these facts.
///
/// The permit acts for the viewer's unit if the role that allows it is held there, else for the unit
/// that it is held in: what somebody does as a verifier of one unit is never on record as another's.
///
/// # Errors
/// [`Denied::Forbidden`] if the viewer may read the case, [`Denied::Hidden`] if not.
pub fn authorize(
    viewer: &Viewer,
    action: &str,
    facts: &CaseFacts,
    rights: &Rights<'_>,
) -> Result<Permit, Denied> {
    let covers = |action: &str| scope(viewer, action, rights).is_some_and(|scope| holds(&scope, facts));
    if covers(action) {
        let matching = granted(viewer, action, rights).filter(|(_, _, scope)| holds(scope, facts));
        return permit(
            viewer,
            action,
            matching.map(|(as_whom, grant, _)| (as_whom, grant)),
        );
    }
    if covers(READ) {
        Err(forbidden(action))
    } else {
        Err(Denied::Hidden)
    }
}

/// Decides whether the viewer may do `action` where there is no case yet, or none in particular: take
/// one in, export, administer.
///
/// # Errors
/// [`Denied::Forbidden`] if no grant of theirs holds the action.
pub fn authorize_general(viewer: &Viewer, action: &str, rights: &Rights<'_>) -> Result<Permit, Denied> {
    let granted = granted(viewer, action, rights);
    permit(
        viewer,
        action,
        granted.map(|(as_whom, grant, _)| (as_whom, grant)),
    )
}

/// The action of a permit to say who stands in for somebody; no grant holds it, for it is the person's own, their
/// head's or the administrator's.
pub const SUBSTITUTE: &str = "substitute";

/// Decides whether the viewer may say who stands in for `person`: they themselves and whoever leads all of their
/// units, for somebody who shares a unit with them; the administrator, for anybody. Where no `substitute` is named
/// yet, whoever leads any unit of theirs.
///
/// Nobody takes a right by this who does not have it: whoever leads never names themselves, and a right that is lent
/// is not lent on, so whoever stands in for an administrator names nobody as such.
///
/// # Errors
/// [`Denied::Forbidden`] for everybody else.
pub fn authorize_substitute(
    viewer: &Viewer,
    person: PersonId,
    substitute: Option<PersonId>,
    rights: &Rights<'_>,
) -> Result<Permit, Denied> {
    if let Ok(permit) = authorize_general(viewer, "admin", rights)
        && (substitute.is_none() || !permit.is_lent())
    {
        return Ok(permit);
    }
    let today = rights.calendar.date_of(rights.now);
    let theirs = rights.org.units_of(person, today);
    let shares = |other| !theirs.is_disjoint(&rights.org.units_of(other, today));
    let own = viewer.person == person && substitute.is_none_or(shares);
    let led = rights.org.led_by(viewer.person, today);
    let is_led = |unit: &UnitId| {
        led.iter()
            .any(|above| rights.org.is_under_on(*unit, *above, today))
    };
    let lends = |other| other != viewer.person && theirs.iter().all(is_led) && shares(other);
    let leads = viewer.person != person && theirs.iter().any(is_led) && substitute.is_none_or(lends);
    if !own && !leads {
        return Err(forbidden(SUBSTITUTE));
    }
    Ok(Permit {
        actor: Actor::Person {
            person: viewer.person,
            unit: viewer.unit,
            for_person: None,
        },
        action: Some(SUBSTITUTE.to_owned()),
    })
}

/// Makes the permit for an action that grants allow: in one's own name where that suffices, for one's own acting
/// unit before others.
fn permit<'a>(
    viewer: &Viewer,
    action: &str,
    grants: impl Iterator<Item = (Capacity<'a>, &'a Grant)>,
) -> Result<Permit, Denied> {
    let places = grants.flat_map(|(as_whom, grant)| {
        let units = as_whom.units_of(&grant.role).into_iter();
        units.map(move |unit| (as_whom.for_person, unit))
    });
    let rank = |(for_person, unit): &(Option<PersonId>, UnitId)| (for_person.is_some(), *unit != viewer.unit);
    let (for_person, unit) = places.min_by_key(rank).ok_or_else(|| forbidden(action))?;
    Ok(Permit {
        actor: Actor::Person {
            person: viewer.person,
            unit,
            for_person,
        },
        action: Some(action.to_owned()),
    })
}

fn forbidden(action: &str) -> Denied {
    Denied::Forbidden {
        action: action.to_owned(),
    }
}

/// Returns the viewer's grants that hold `action`, each with its scope for them.
///
/// A scope that cannot be checked gives nothing, and neither does one that searches the text: a case's
/// facts do not hold its text, so it could list what cannot be opened.
fn granted<'a>(
    viewer: &'a Viewer,
    action: &'a str,
    rights: &'a Rights<'a>,
) -> impl Iterator<Item = (Capacity<'a>, &'a Grant, Checked)> {
    let holding = move || {
        let grants = rights.grants.iter();
        grants.filter(move |grant| grant.actions.iter().any(|held| held == action))
    };
    let scoped = move |as_whom: Capacity<'a>, grant: &'a Grant| {
        let units = as_whom.units_of(&grant.role);
        if units.is_empty() {
            return None;
        }
        let scope = filter::check(&grant.scope, &scene(as_whom.person, &units, rights)).ok()?;
        (!reads_text(&scope)).then_some((as_whom, grant, scope))
    };
    viewer
        .capacities()
        .flat_map(move |as_whom| holding().filter_map(move |grant| scoped(as_whom, grant)))
}

/// Returns the cases that complain about the viewer or somebody they stand in for: about them in person, or about
/// a unit that one of their units is, or is under; a post makes a unit theirs as a role does.
fn accused_of(viewer: &Viewer, rights: &Rights<'_>) -> Checked {
    let today = rights.calendar.date_of(rights.now);
    let mut own = BTreeSet::from([viewer.unit]);
    for as_whom in viewer.capacities() {
        own.extend(as_whom.roles.iter().map(|(_, unit)| *unit));
        own.extend(rights.org.units_of(as_whom.person, today));
    }
    let mut units: BTreeSet<UnitId> = BTreeSet::new();
    for unit in own {
        units.insert(unit);
        units.extend(rights.org.ancestors_on(unit, today));
    }
    let people = viewer.capacities().map(|as_whom| as_whom.person).collect();
    Checked::accuses(units, people)
}

fn scene<'a>(me: PersonId, my_units: &'a [UnitId], rights: &Rights<'a>) -> Scene<'a> {
    Scene {
        org: rights.org,
        packs: rights.packs,
        calendar: rights.calendar,
        now: rights.now,
        tree_on: None,
        me: Some(me),
        my_units,
        tokens: &|_| Vec::new(),
    }
}

fn reads_text(scope: &Checked) -> bool {
    match scope {
        Checked::Everything | Checked::Nothing => false,
        Checked::And(parts) | Checked::Or(parts) => parts.iter().any(reads_text),
        Checked::Not(part) => reads_text(part),
        Checked::Is(predicate) => matches!(predicate, Predicate::Text(_)),
    }
}

fn holds(scope: &Checked, facts: &CaseFacts) -> bool {
    scope.matches(facts, &|_| false)
}

#[cfg(test)]
mod tests;
