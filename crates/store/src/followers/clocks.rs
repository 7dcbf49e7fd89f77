//! The clocks' follower: when the timer has to look at which case again.
//!
//! A case has at most one timer row, at [`Case::next_timer_at`]. The rows only say when to look; the
//! timer then issues a command, and only events change the case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::event::Entry;
use bihuan_core::id::{CaseId, TenantId};
use jiff::Timestamp;

use super::follower::Follower;
use crate::engine::connection::Connection;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::{Id, instant, millis};

statements! {
    CLEAR = "DELETE FROM timer WHERE tenant = $1";
    DUE = "SELECT due_at, case_id FROM timer
        WHERE tenant = $1 AND due_at <= $2 AND (due_at, case_id) > ($3, $4)
        ORDER BY due_at, case_id LIMIT $5";
}

static DELETE: LazyLock<Many> =
    LazyLock::new(|| Many::delete("timer", &[("tenant", Form::Blob), ("case_id", Form::Blob)]));
static INSERT: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("due_at", Form::Int),
        ("case_id", Form::Blob),
    ];
    Many::insert("timer", &columns, "")
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&DELETE, &INSERT]
}

/// The timers of some cases.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    timers: BTreeMap<CaseId, Option<Timestamp>>,
    /// Those of them that were raised just now, and so have no timer yet.
    raised: BTreeSet<CaseId>,
}

impl Follower for Clocks {
    const NAME: &'static str = "clocks";

    fn take(&mut self, _scene: &Scene, _entry: &Entry, after: &Case) -> Result<(), StoreError> {
        if after.version == 1 {
            self.raised.insert(after.id);
        }
        Ok(())
    }

    fn settle(&mut self, scene: &Scene, case: &Case) -> Result<(), StoreError> {
        self.timers.insert(case.id, timer(scene, case)?);
        Ok(())
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let tenant = Id(tenant.0);
        let (mut old, mut set) = (Vec::new(), Vec::new());
        let timers = self.timers.iter().map(|(case, at)| (case, at.map(millis)));
        let timers: Vec<(&CaseId, Option<i64>)> = timers.collect();
        for (case, at) in &timers {
            let id = Value::Blob(case.0.as_bytes());
            if !self.raised.contains(case) {
                old.push([tenant.bind(), id]);
            }
            if let Some(at) = at {
                set.push([tenant.bind(), at.bind(), id]);
            }
        }
        connection.write_many(&DELETE, &old)?;
        connection.write_many(&INSERT, &set)
    }

    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        connection.execute(CLEAR, (Id(tenant.0),))?;
        Ok(())
    }
}

/// Returns when the timer has to look at the case, by the pack that judges it.
pub(crate) fn timer(scene: &Scene, case: &Case) -> Result<Option<Timestamp>, StoreError> {
    let kind = scene.kind(&case.pack, &case.kind).ok_or_else(|| {
        StoreError::Corrupt(format!(
            "case {} is of a kind that no installed pack has",
            case.id
        ))
    })?;
    Ok(case.next_timer_at(kind))
}

/// Returns at most `limit` timers up to and including `now`, the earliest first, after the one given.
pub(crate) fn due(
    connection: &Connection,
    tenant: TenantId,
    now: Timestamp,
    after: Option<(Timestamp, CaseId)>,
    limit: usize,
) -> Result<Vec<(Timestamp, CaseId)>, StoreError> {
    let (after_at, after_case) =
        after.map_or((i64::MIN, uuid::Uuid::nil()), |(at, case)| (millis(at), case.0));
    let mut statement = connection.prepare(DUE)?;
    let mut rows = statement.query((Id(tenant.0), millis(now), after_at, Id(after_case), limit as i64))?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let Id(case) = row.get(1)?;
        due.push((instant(row.get(0)?)?, CaseId(case)));
    }
    Ok(due)
}
