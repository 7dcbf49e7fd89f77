//! Who may do what: one decision function, one permit type, deny by default.
//!
//! Changing anything in the store takes a [`Permit`], and only this module makes one.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::event::Actor;
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
