//! How long cases stay in their phases: counts by whom, kind, month and bucket of hours, for the roll-ups.
//!
//! A case counts once it was struck off or answered for good, for the unit that was responsible then and for that
//! unit's class as a whole; one that complains about somebody does not, for they may see the figures. See `docs/design/0010-how-a-unit-handles.md`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::event::{CaseEvent, End, Entry, Event};
use bihuan_core::id::{TenantId, UnitId};
use bihuan_core::pack::model::{Kind, Phase};
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::Connection;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    CLEAR = "DELETE FROM handled WHERE tenant = $1";
    SELECT = "SELECT class, unit, month, kind, phase, bucket, n FROM handled WHERE tenant = $1";
    OF_UNIT = "SELECT kind, phase, bucket, n FROM handled
        WHERE tenant = $1 AND class = $2 AND unit = $3 AND month >= $4";
}

static ADD: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("class", Form::Text),
        ("unit", Form::Blob),
        ("month", Form::Text),
        ("kind", Form::Text),
        ("phase", Form::Int),
        ("bucket", Form::Int),
        ("n", Form::Int),
    ];
    let added = "ON CONFLICT (tenant, class, unit, month, kind, phase, bucket) DO UPDATE SET n = handled.n + excluded.n";
    Many::insert("handled", &columns, added)
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&ADD]
}

/// The phases in which somebody has work to do, in their order.
pub const PHASES: [Phase; 4] = [Phase::Accept, Phase::Act, Phase::Verify, Phase::Answer];

/// The most buckets: the last begins after more than seven years.
const BUCKETS: u32 = 64;

/// What a count belongs to: exactly the key columns of its row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The class, for a count of it as a whole; empty for a unit's own, which stays its own in whatever class.
    pub class: String,
    /// The unit; nil for a class as a whole.
    pub unit: Uuid,
    /// The month in which the case ended, as `2026-02`.
    pub month: String,
    /// The case's kind.
    pub kind: String,
    /// The place of the phase in [`PHASES`].
    pub phase: u32,
    /// The bucket of the hours in it.
    pub bucket: u32,
}

/// The counts of some events.
pub(crate) type Handled = BTreeMap<Key, i64>;

/// How many cases stayed how long, by bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stays(BTreeMap<u32, u64>);

/// How long cases of one kind stayed in each of [`PHASES`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handling(pub [Stays; PHASES.len()]);

/// Returns the first hour of a bucket: each hour up to 4, then four buckets to a doubling.
fn first_hour(bucket: u32) -> u64 {
    match bucket {
        0..4 => u64::from(bucket),
        _ => u64::from(4 + bucket % 4) << (bucket / 4 - 1),
    }
}

/// Returns the bucket of a number of whole hours.
fn bucket_of(hours: u64) -> u32 {
    (0..BUCKETS)
        .rev()
        .find(|bucket| first_hour(*bucket) <= hours)
        .unwrap_or(0)
}

impl Stays {
    /// Adds `n` cases of a bucket.
    fn add(&mut self, bucket: u32, n: u64) {
        *self.0.entry(bucket).or_default() += n;
    }

    /// Returns how many cases there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Returns these without those of `part`, which are among them.
    pub fn without(&self, part: &Stays) -> Stays {
        let left = |(bucket, n): (&u32, &u64)| {
            let gone = part.0.get(bucket).copied().unwrap_or(0);
            (*bucket, n.saturating_sub(gone))
        };
        Stays(self.0.iter().map(left).filter(|(_, n)| *n > 0).collect())
    }

    /// Returns the hours within which `percent` in a hundred were through; `None` where there are none. Cases count as
    /// lying evenly in their bucket.
    pub fn hours_within(&self, percent: u32) -> Option<f64> {
        let wanted = self.count() as f64 * f64::from(percent) / 100.0;
        let mut below = 0.0;
        for (bucket, n) in &self.0 {
            let (n, from) = (*n as f64, first_hour(*bucket) as f64);
            if below + n >= wanted {
                let width = first_hour(bucket + 1) as f64 - from;
                return Some(from + width * ((wanted - below) / n).clamp(0.0, 1.0));
            }
            below += n;
        }
        None
    }
}

/// Adds what an event ends to the counts.
pub(crate) fn take(handled: &mut Handled, scene: &Scene, entry: &Entry, after: &Case) {
    let Event::Case(CaseEvent::Ended(End::StruckOff | End::Answered)) = &entry.event else {
        return;
    };
    if !after.accused.is_empty() {
        return;
    }
    let unit = after.unit.and_then(|unit| scene.org.unit(unit));
    let (Some(unit), Some(kind)) = (unit, scene.kind(&after.pack, &after.kind)) else {
        return;
    };
    let date = scene.calendar.date_of(entry.occurred_at);
    let month = format!("{:04}-{:02}", date.year(), date.month());
    let hours = hours_in(after, kind, entry.occurred_at);
    for (phase, hours) in hours.into_iter().enumerate() {
        let Some(hours) = hours else { continue };
        for (class, of) in [("", unit.id.0), (unit.class.as_str(), Uuid::nil())] {
            let key = Key {
                class: class.to_owned(),
                unit: of,
                month: month.clone(),
                kind: after.kind.clone(),
                phase: phase as u32,
                bucket: bucket_of(hours),
            };
            *handled.entry(key).or_default() += 1;
        }
    }
}

/// Returns the whole hours that a case which ended at `at` spent in each of [`PHASES`]; `None` where it was never in it.
fn hours_in(case: &Case, kind: &Kind, at: Timestamp) -> [Option<u64>; PHASES.len()] {
    let mut seconds = [None; PHASES.len()];
    let ends = case.trail.iter().skip(1).map(|stay| stay.since).chain([at]);
    for (stay, until) in case.trail.iter().zip(ends) {
        let phase = kind.phase(&stay.state);
        let Some(place) = PHASES.iter().position(|known| Some(*known) == phase) else {
            continue;
        };
        // What happened is sometimes taken down late, and then before what came before it.
        let stayed = until.duration_since(stay.since).as_secs().max(0).cast_unsigned();
        *seconds[place].get_or_insert(0) += stayed;
    }
    seconds.map(|seconds| seconds.map(|seconds| seconds / 3_600))
}

/// Writes counts.
pub(crate) fn write(handled: &Handled, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    let of = Id(tenant.0);
    let mut rows = Vec::with_capacity(handled.len());
    for (key, count) in handled {
        rows.push([
            of.bind(),
            key.class.bind(),
            Value::Blob(key.unit.as_bytes()),
            key.month.bind(),
            key.kind.bind(),
            key.phase.bind(),
            key.bucket.bind(),
            count.bind(),
        ]);
    }
    connection.write_many(&ADD, &rows)
}

/// Removes all counts of a tenant.
pub(crate) fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    connection.execute(CLEAR, (Id(tenant.0),))?;
    Ok(())
}

/// Reads all counts of a tenant.
pub(crate) fn read(connection: &Connection, tenant: TenantId) -> Result<Handled, StoreError> {
    let mut statement = connection.prepare(SELECT)?;
    let rows = statement.query_map((Id(tenant.0),), |row| {
        let Id(unit) = row.get(1)?;
        let key = Key {
            class: row.get(0)?,
            unit,
            month: row.get(2)?,
            kind: row.get(3)?,
            phase: row.get(4)?,
            bucket: row.get(5)?,
        };
        Ok((key, row.get(6)?))
    })?;
    Ok(rows.into_iter().collect())
}

/// Returns the counts with those of all classes put together: which class a unit was in is not in the log of its cases,
/// so a recount may find another.
pub(crate) fn of_all_classes(handled: &Handled) -> Handled {
    let mut all = Handled::new();
    for (key, n) in handled {
        let key = Key {
            class: String::new(),
            ..key.clone()
        };
        *all.entry(key).or_default() += n;
    }
    all
}

/// Whose cases are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Those that a unit was responsible for.
    Unit(UnitId),
    /// Those of all units of a class.
    Class(&'a str),
}

impl crate::read::Reader {
    /// Returns how long cases stayed in their phases that ended since the month `since`, such as `2026-02`, by kind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn handling(&self, whose: Whose<'_>, since: &str) -> Result<BTreeMap<String, Handling>, StoreError> {
        let (class, unit) = match whose {
            Whose::Unit(unit) => ("", unit.0),
            Whose::Class(class) => (class, Uuid::nil()),
        };
        let mut statement = self.snapshot.connection().prepare(OF_UNIT)?;
        let mut rows = statement.query((Id(self.tenant.id().0), class, Id(unit), since))?;
        let mut by_kind: BTreeMap<String, Handling> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (kind, phase, bucket): (String, u32, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let n: i64 = row.get(3)?;
            if let Some(stays) = by_kind.entry(kind).or_default().0.get_mut(phase as usize) {
                stays.add(bucket, n.max(0).cast_unsigned());
            }
        }
        Ok(by_kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap_and_hold_their_hours() {
        let firsts: Vec<u64> = (0..17).map(first_hour).collect();
        assert_eq!(
            firsts,
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32]
        );
        for hours in 0..100_000 {
            let bucket = bucket_of(hours);
            assert!(
                first_hour(bucket) <= hours && hours < first_hour(bucket + 1),
                "{hours}"
            );
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    fn stays(hours: impl IntoIterator<Item = u64>) -> Stays {
        let mut stays = Stays::default();
        hours.into_iter().for_each(|hours| stays.add(bucket_of(hours), 1));
        stays
    }

    #[test]
    fn the_median_and_the_ninetieth_lie_where_the_hours_do() {
        let hundred = stays(0..100);
        let (median, most) = (hundred.hours_within(50), hundred.hours_within(90));
        assert!(
            median.is_some_and(|hours| (hours - 50.0).abs() < 2.0),
            "{median:?}"
        );
        assert!(most.is_some_and(|hours| (hours - 90.0).abs() < 4.0), "{most:?}");
        assert_eq!(Stays::default().hours_within(50), None);
        assert_eq!(stays([3]).hours_within(100), Some(4.0));
    }

    #[test]
    fn the_others_are_all_without_the_unit() {
        let (all, own) = (stays([1, 1, 2, 30]), stays([1, 30]));
        assert_eq!(all.without(&own), stays([1, 2]));
        assert_eq!((all.without(&own).count(), all.without(&all).count()), (2, 0));
    }
}
