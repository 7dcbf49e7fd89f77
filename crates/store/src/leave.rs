//! Whether a permit covers what is asked: the last look before anything is written.

use bihuan_core::case::command::Command;
use bihuan_core::case::decide;
use bihuan_core::event::{Actor, Event};
use bihuan_core::org::OrgEvent;
use bihuan_core::pack::model::Kind;
use bihuan_core::permission::{Permit, SUBSTITUTE};

use crate::error::ExecuteError;

/// Checks that the permit is for `action`. What the system itself does needs no grant.
pub(crate) fn require_action(permit: &Permit, action: &str) -> Result<(), ExecuteError> {
    let allowed = match permit.actor() {
        Actor::System => true,
        Actor::Person { .. } => permit.action() == Some(action),
        Actor::Reporter | Actor::Import => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(ExecuteError::NotPermitted {
            needed: action.to_owned(),
        })
    }
}

/// Checks that whoever acts holds the action themselves: what outlasts a substitution is not given by a right that is
/// lent for its days.
///
/// # Errors
/// [`ExecuteError::NotPermitted`] with another permit.
pub(crate) fn require_own(permit: &Permit, action: &str) -> Result<(), ExecuteError> {
    require_action(permit, action)?;
    match permit.is_lent() {
        false => Ok(()),
        true => Err(ExecuteError::NotPermitted {
            needed: action.to_owned(),
        }),
    }
}

/// Checks that the permit is for what an event changes in the organisation, the packs or the calendars: who stands
/// in for whom is not for the administrator alone, and a role is given by who holds the right themselves.
pub(crate) fn require_scene(permit: &Permit, event: &Event) -> Result<(), ExecuteError> {
    let of_substitutes = matches!(
        event,
        Event::Org(OrgEvent::SubstituteNamed(_) | OrgEvent::SubstituteEnded { .. })
    );
    if of_substitutes && permit.action() == Some(SUBSTITUTE) {
        return Ok(());
    }
    match event {
        Event::Org(OrgEvent::RoleGranted { .. }) => require_own(permit, "admin"),
        _ => require_action(permit, "admin"),
    }
}

/// Checks that the permit is for taking a problem in.
pub(crate) fn require_raise(permit: &Permit) -> Result<(), ExecuteError> {
    match permit.actor() {
        Actor::Reporter | Actor::Import | Actor::System => Ok(()),
        Actor::Person { .. } => require_action(permit, "register"),
    }
}

/// Checks that the permit covers `command` on a case of `kind`.
///
/// The reporter needs no grant for what only reporters do, nor the system or an import for anything;
/// whether they may is for deciding, which knows how the actor of a step must stand to the case.
pub(crate) fn require(permit: &Permit, command: &Command, kind: &Kind) -> Result<(), ExecuteError> {
    let needed = decide::action_needed(command, kind);
    let allowed = match permit.actor() {
        Actor::System | Actor::Import => true,
        Actor::Reporter => {
            needed.is_none()
                || matches!(
                    command,
                    Command::GiveSatisfaction { .. } | Command::AddEvidence { .. }
                )
        }
        Actor::Person { .. } => needed.is_some() && permit.action() == needed,
    };
    if allowed {
        return Ok(());
    }
    Err(ExecuteError::NotPermitted {
        needed: needed.unwrap_or("reporter").to_owned(),
    })
}
