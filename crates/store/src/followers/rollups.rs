//! Roll-ups 汇总: additive counts by day, what happened, kind, unit, category and channel.
//!
//! An event counts for the day on which it happened in the world, and for the unit, kind, category and
//! channel that the case had after it; where nobody was responsible the unit is nil. Counts of several
//! days, units or categories may be added up; corrections later in a case's life move nothing back.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::event::{CaseEvent, End, Entry, Event};
use bihuan_core::id::{TenantId, UnitId};
use uuid::Uuid;

use super::follower::Follower;
use super::handling::{self, Handled};
use crate::engine::connection::Connection;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    CLEAR = "DELETE FROM rollup WHERE tenant = $1";
    SELECT = "SELECT day, what, kind, unit, category, channel, n FROM rollup WHERE tenant = $1";
}

static ADD: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("day", Form::Text),
        ("what", Form::Text),
        ("kind", Form::Text),
        ("unit", Form::Blob),
        ("category", Form::Text),
        ("channel", Form::Text),
        ("n", Form::Int),
    ];
    let added = "ON CONFLICT (tenant, day, what, kind, unit, category, channel) DO UPDATE SET n = rollup.n + excluded.n";
    Many::insert("rollup", &columns, added)
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&ADD]
}

/// The category of cases that have none yet.
const NO_CATEGORY: &str = "-";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Cases that came in.
    Raised,
    /// Cases that ended, however they did.
    Closed,
    /// Cases that were struck off 销号.
    StruckOff,
    /// Clocks that ran out.
    Breached,
    /// Cases given back by the responsible unit.
    Returned,
    /// Cases taken up again.
    Reopened,
    /// Reporters who said "solved".
    Solved,
    /// Reporters who said "not solved".
    NotSolved,
}

impl Measure {
    /// Returns the measure's word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Measure::Raised => "raised",
            Measure::Closed => "closed",
            Measure::StruckOff => "struck_off",
            Measure::Breached => "breached",
            Measure::Returned => "returned",
            Measure::Reopened => "reopened",
            Measure::Solved => "solved",
            Measure::NotSolved => "not_solved",
        }
    }
}

/// What a count belongs to: exactly the key columns of its row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The day, as `2026-02-13`.
    pub day: String,
    /// What is counted.
    pub what: String,
    /// The case's kind.
    pub kind: String,
    /// The responsible unit, or nil.
    pub unit: Uuid,
    /// The category's code, or `-`.
    pub category: String,
    /// The channel.
    pub channel: String,
}

/// The counts of some events.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rollups {
    /// By key, never zero.
    pub counts: BTreeMap<Key, i64>,
    /// How long cases stayed in their phases.
    pub handled: Handled,
}

impl Follower for Rollups {
    const NAME: &'static str = "rollups";

    fn take(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Result<(), StoreError> {
        handling::take(&mut self.handled, scene, entry, after);
        let Event::Case(event) = &entry.event else {
            return Ok(());
        };
        for (measure, unit) in measured(event, after) {
            let day = scene.calendar.date_of(entry.occurred_at).to_string();
            *self.counts.entry(key(day, measure, unit, after)).or_default() += 1;
        }
        Ok(())
    }

    fn settle(&mut self, _scene: &Scene, _case: &Case) -> Result<(), StoreError> {
        Ok(())
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let of = Id(tenant.0);
        let mut rows = Vec::with_capacity(self.counts.len());
        for (key, count) in &self.counts {
            rows.push([
                of.bind(),
                key.day.bind(),
                key.what.bind(),
                key.kind.bind(),
                Value::Blob(key.unit.as_bytes()),
                key.category.bind(),
                key.channel.bind(),
                count.bind(),
            ]);
        }
        connection.write_many(&ADD, &rows)?;
        handling::write(&self.handled, connection, tenant)
    }

    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        connection.execute(CLEAR, (Id(tenant.0),))?;
        handling::clear(connection, tenant)
    }
}

/// Returns what an event counts as, and for which unit.
fn measured(event: &CaseEvent, after: &Case) -> Vec<(Measure, Option<UnitId>)> {
    match event {
        CaseEvent::Raised(_) => vec![(Measure::Raised, after.unit)],
        CaseEvent::Ended(End::StruckOff) => {
            vec![(Measure::Closed, after.unit), (Measure::StruckOff, after.unit)]
        }
        CaseEvent::Ended(
            End::Answered
            | End::Refused { .. }
            | End::Withdrawn { .. }
            | End::HandedOver { .. }
            | End::Merged
            | End::ImportedClosed,
        ) => vec![(Measure::Closed, after.unit)],
        CaseEvent::ClockBreached { .. } => vec![(Measure::Breached, after.unit)],
        // Afterwards nobody is responsible: the count is for the unit that gave it back.
        CaseEvent::Returned { from, .. } => vec![(Measure::Returned, Some(*from))],
        CaseEvent::Reopened { .. } => vec![(Measure::Reopened, after.unit)],
        CaseEvent::SatisfactionGiven { solved: true, .. } => vec![(Measure::Solved, after.unit)],
        CaseEvent::SatisfactionGiven { solved: false, .. } => vec![(Measure::NotSolved, after.unit)],
        CaseEvent::Classified { .. }
        | CaseEvent::SeverityChanged { .. }
        | CaseEvent::Downgraded { .. }
        | CaseEvent::Assigned { .. }
        | CaseEvent::Transferred { .. }
        | CaseEvent::AssignmentDisputed { .. }
        | CaseEvent::DisputeRuled { .. }
        | CaseEvent::StepTaken { .. }
        | CaseEvent::ClockStarted(_)
        | CaseEvent::ClockPaused { .. }
        | CaseEvent::ClockResumed(_)
        | CaseEvent::ClockExtended { .. }
        | CaseEvent::ClockRecomputed(_)
        | CaseEvent::ClockStopped { .. }
        | CaseEvent::ClockWarned { .. }
        | CaseEvent::EvidenceAdded { .. }
        | CaseEvent::EvidenceWithdrawn { .. }
        | CaseEvent::Commented { .. }
        | CaseEvent::Instructed { .. }
        | CaseEvent::CallMade { .. }
        | CaseEvent::ReporterAsked { .. }
        | CaseEvent::ReporterReplied { .. }
        | CaseEvent::Answered { .. }
        | CaseEvent::Verified { .. }
        | CaseEvent::VerificationFailed { .. }
        | CaseEvent::Published { .. }
        | CaseEvent::FinderConsented { .. }
        | CaseEvent::LookedBack { .. }
        | CaseEvent::Linked { .. }
        | CaseEvent::Split { .. }
        | CaseEvent::Merged { .. }
        | CaseEvent::ResponsibilityAbsorbed { .. }
        | CaseEvent::RegistrationCorrected { .. }
        | CaseEvent::IdentityRead { .. }
        | CaseEvent::CodeReissued { .. }
        | CaseEvent::PicturesAllowed { .. }
        | CaseEvent::PictureShown { .. }
        | CaseEvent::PictureHidden { .. }
        | CaseEvent::BodyErased { .. }
        | CaseEvent::PackChanged { .. } => Vec::new(),
    }
}

fn key(day: String, measure: Measure, unit: Option<UnitId>, after: &Case) -> Key {
    Key {
        day,
        what: measure.word().to_owned(),
        kind: after.kind.clone(),
        unit: unit.map_or(Uuid::nil(), |unit| unit.0),
        category: after.category.clone().unwrap_or_else(|| NO_CATEGORY.to_owned()),
        channel: after.channel.clone(),
    }
}

/// Reads all roll-up rows of a tenant.
pub(crate) fn read(connection: &Connection, tenant: TenantId) -> Result<BTreeMap<Key, i64>, StoreError> {
    let mut statement = connection.prepare(SELECT)?;
    let rows = statement.query_map((Id(tenant.0),), |row| {
        let Id(unit) = row.get(3)?;
        let key = Key {
            day: row.get(0)?,
            what: row.get(1)?,
            kind: row.get(2)?,
            unit,
            category: row.get(4)?,
            channel: row.get(5)?,
        };
        Ok((key, row.get(6)?))
    })?;
    Ok(rows.into_iter().collect())
}
