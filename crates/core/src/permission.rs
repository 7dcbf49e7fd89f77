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
    /// Makes the viewer that a person is on a day, acting for `unit`; `None` unless they have a role
    /// there on that day.
    pub fn of(org: &Org, person: PersonId, unit: UnitId, on: Date) -> Option<Viewer> {
        let held = org.roles_of(person, on);
        let roles: Vec<_> = held
            .into_iter()
            .map(|(role, unit)| (role.to_owned(), unit))
            .collect();
        roles
            .iter()
            .any(|(_, held_in)| *held_in == unit)
            .then_some(Viewer { person, unit, roles })
    }

    /// Returns the units in which the viewer has `role`.
    fn units_of(&self, role: &str) -> Vec<UnitId> {
        self.roles
            .iter()
            .filter(|(held, _)| held == role)
            .map(|(_, unit)| *unit)
            .collect()
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

    /// Returns the action that a grant gave; `None` where no grant was needed.
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }
}

/// Returns the cases on which the viewer may do `action`; `None` where there can be none.
pub fn scope(viewer: &Viewer, action: &str, rights: &Rights<'_>) -> Option<Checked> {
    let scopes: Vec<Checked> = granted(viewer, action, rights).map(|(_, scope)| scope).collect();
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
        let matching = granted(viewer, action, rights).filter(|(_, scope)| holds(scope, facts));
        let units: Vec<UnitId> = matching
            .flat_map(|(grant, _)| viewer.units_of(&grant.role))
            .collect();
        return permit(viewer, action, &units);
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
    let units: Vec<UnitId> = granted(viewer, action, rights)
        .flat_map(|(grant, _)| viewer.units_of(&grant.role))
        .collect();
    permit(viewer, action, &units)
}

/// Makes the permit for an action that roles held in `units` allow.
fn permit(viewer: &Viewer, action: &str, units: &[UnitId]) -> Result<Permit, Denied> {
    let own = units.iter().find(|unit| **unit == viewer.unit);
    let unit = *own.or(units.first()).ok_or_else(|| forbidden(action))?;
    let person = viewer.person;
    Ok(Permit {
        actor: Actor::Person { person, unit },
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
) -> impl Iterator<Item = (&'a Grant, Checked)> {
    let holding = rights
        .grants
        .iter()
        .filter(move |grant| grant.actions.iter().any(|held| held == action));
    holding.filter_map(|grant| {
        let units = viewer.units_of(&grant.role);
        if units.is_empty() {
            return None;
        }
        let scope = filter::check(&grant.scope, &scene(viewer, &units, rights)).ok()?;
        (!reads_text(&scope)).then_some((grant, scope))
    })
}

/// Returns the cases that complain about the viewer: about them in person, or about a unit that one of
/// their units is, or is under; a post makes a unit theirs as a role does.
fn accused_of(viewer: &Viewer, rights: &Rights<'_>) -> Checked {
    let today = rights.calendar.date_of(rights.now);
    let held = rights.org.tenures_of(viewer.person).into_iter();
    let held = held.filter(|held| held.from <= today && held.until.is_none_or(|until| today < until));
    let posts = held.filter_map(|held| rights.org.posts.get(&held.post));
    let roles = viewer.roles.iter().map(|(_, unit)| *unit);
    let own = roles.chain([viewer.unit]).chain(posts.map(|post| post.unit));
    let mut units: BTreeSet<UnitId> = BTreeSet::new();
    for unit in own {
        units.insert(unit);
        units.extend(rights.org.ancestors_on(unit, today));
    }
    Checked::accuses(units, BTreeSet::from([viewer.person]))
}

fn scene<'a>(viewer: &Viewer, my_units: &'a [UnitId], rights: &Rights<'a>) -> Scene<'a> {
    Scene {
        org: rights.org,
        packs: rights.packs,
        calendar: rights.calendar,
        now: rights.now,
        tree_on: None,
        me: Some(viewer.person),
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
