//! Inbox rows: which units have to notice what happened to a case.

use std::collections::BTreeSet;

use bihuan_core::case::Case;
use bihuan_core::event::{Actor, CaseEvent, Entry, Event};
use bihuan_core::id::UnitId;

use crate::engine::value::Value;
use crate::value::millis;

/// Something that one unit has to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    unit: UnitId,
    at: i64,
    version: u32,
    what: &'static str,
}

/// Returns what the units that handle a case have to notice of its new events.
///
/// Imported history notifies nobody, nor does a unit hear of what it did itself.
pub(crate) fn notices(after: &Case, entries: &[(u32, Entry)]) -> Vec<Notice> {
    let units: BTreeSet<UnitId> = after
        .unit
        .into_iter()
        .chain(after.co_units.iter().copied())
        .collect();
    let mut notices = Vec::new();
    for (version, entry) in entries {
        let Event::Case(event) = &entry.event else {
            continue;
        };
        let (Some(what), false) = (word(event), entry.actor == Actor::Import) else {
            continue;
        };
        let own = match entry.actor {
            Actor::Person { unit, .. } => Some(unit),
            Actor::Reporter | Actor::System | Actor::Import => None,
        };
        let at = millis(entry.recorded_at);
        let others = units.iter().filter(|unit| Some(**unit) != own);
        notices.extend(others.map(|unit| Notice {
            unit: *unit,
            at,
            version: *version,
            what,
        }));
    }
    notices
}

/// Returns the word for an event that its handlers have to notice.
fn word(event: &CaseEvent) -> Option<&'static str> {
    match event {
        CaseEvent::Assigned { .. } | CaseEvent::Transferred { .. } => Some("assigned"),
        CaseEvent::DisputeRuled { .. } => Some("ruled"),
        CaseEvent::ClockWarned { .. } => Some("warned"),
        CaseEvent::ClockBreached { .. } => Some("breached"),
        CaseEvent::ReporterReplied { .. } => Some("replied"),
        CaseEvent::SatisfactionGiven { solved: false, .. } => Some("unsatisfied"),
        CaseEvent::VerificationFailed { .. } => Some("failed"),
        CaseEvent::Reopened { .. } => Some("reopened"),
        _ => None,
    }
}

/// Returns the values of a notice's row.
pub(crate) fn values<'v>(notice: &'v Notice, tenant: Value<'v>, case: Value<'v>) -> [Value<'v>; 6] {
    [
        tenant,
        Value::Blob(notice.unit.0.as_bytes()),
        Value::Int(notice.at),
        case,
        Value::Int(notice.version.into()),
        Value::Text(notice.what),
    ]
}
