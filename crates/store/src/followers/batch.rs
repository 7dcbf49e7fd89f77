//! A batch of the log, read once for all followers.
//!
//! The events come in the sequencer's order, which is close to the order they lie in, and each case is
//! folded along: a case is read back only where it began before the batch and is not remembered.

use std::collections::HashMap;

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold;
use bihuan_core::event::{Entry, Event, Stream};
use bihuan_core::id::{CaseId, TenantId};

use super::clocks::Clocks;
use super::follower::Following;
use super::outbox::Outbox;
use super::rollups::Rollups;
use crate::commit::log;
use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::{self, stream_of};
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    in sqlite
    EVENTS = "SELECT e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.data
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2 ORDER BY e.place LIMIT $3";
}

statements! {
    in postgres
    EVENTS_THERE = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, e.data
        FROM sequence s LEFT JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
        WHERE s.seq >= $1 AND s.tenant = $2 ORDER BY s.seq LIMIT $3";
}

/// Events in a batch. Large, because what a case is written as is written once a batch; folding is done
/// outside the writer, which gets only the rows.
const EVENTS_IN_BATCH: usize = 32_768;

/// What the followers are to write, and the place in the log that they reach with it.
#[derive(Debug)]
pub(crate) struct Batch {
    to: u64,
    clocks: Following<Clocks>,
    rollups: Following<Rollups>,
    outbox: Following<Outbox>,
}

impl Batch {
    /// Reads from the hindmost follower's cursor on; `None` where there is nothing new.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if an event is gone or a case cannot be folded.
    pub(crate) fn read(
        connection: &Connection,
        tenant: TenantId,
        scene: &Scene,
        cases: &mut Cases,
    ) -> Result<Option<Batch>, StoreError> {
        let mut batch = Batch {
            to: 0,
            clocks: Following::resume(connection, tenant)?,
            rollups: Following::resume(connection, tenant)?,
            outbox: Following::resume(connection, tenant)?,
        };
        let from = batch
            .clocks
            .from()
            .min(batch.rollups.from())
            .min(batch.outbox.from());
        let mut touched: HashMap<CaseId, u64> = HashMap::new();
        let end = sequence::size(connection, tenant)?.min(from + EVENTS_IN_BATCH as u64);
        let mut events = connection.prepare(match connection.engine() {
            Engine::Sqlite => EVENTS,
            Engine::Postgres => EVENTS_THERE,
        })?;
        let count = end.saturating_sub(from).cast_signed();
        let mut events = events.query((from.cast_signed(), Id(tenant.0), count))?;
        for seq in from..end {
            let event = events.next()?.map(read).transpose()?;
            let event = event.filter(|event| event.seq == seq);
            let event =
                event.ok_or_else(|| StoreError::Corrupt(format!("the event at place {seq} is gone")))?;
            batch.to = event.seq + 1;
            let (Stream::Case(case), Event::Case(_)) = (event.stream, &event.entry.event) else {
                continue;
            };
            touched.insert(case, event.seq);
            let before = cases.before(connection, tenant, case, event.version)?;
            let after = fold(before, case, event.version, &event.entry).map_err(|error| {
                StoreError::Corrupt(format!("event {} of case {case}: {error}", event.version))
            })?;
            batch.take(scene, &event, &after)?;
            cases.put(after);
        }
        for (case, seq) in touched {
            batch.settle(scene, seq, cases.last(case)?)?;
        }
        Ok((batch.to > from).then_some(batch))
    }

    fn take(&mut self, scene: &Scene, event: &Placed, after: &Case) -> Result<(), StoreError> {
        self.clocks.take(scene, event.seq, &event.entry, after)?;
        self.rollups.take(scene, event.seq, &event.entry, after)?;
        self.outbox.take(scene, event.seq, &event.entry, after)
    }

    fn settle(&mut self, scene: &Scene, seq: u64, case: &Case) -> Result<(), StoreError> {
        self.clocks.settle(scene, seq, case)?;
        self.rollups.settle(scene, seq, case)?;
        self.outbox.settle(scene, seq, case)
    }

    /// Writes the rows and moves the cursors, in the caller's transaction.
    pub(crate) fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        self.clocks.write(connection, tenant, self.to)?;
        self.rollups.write(connection, tenant, self.to)?;
        self.outbox.write(connection, tenant, self.to)
    }
}

/// An event and its place in the order.
struct Placed {
    seq: u64,
    stream: Stream,
    version: u32,
    entry: Entry,
}

fn read(row: Row<'_>) -> Result<Placed, StoreError> {
    let stream = stream_of(row.get(1)?, row.get(2)?)?;
    let version: u32 = row.get(3)?;
    let data = row.value(4)?;
    let lost = |why: &str| StoreError::Corrupt(format!("event {version} of {stream:?} {why}"));
    let data = data.blob().map_err(|_nothing| lost("is gone"))?;
    Ok(Placed {
        seq: row.get::<i64>(0)?.cast_unsigned(),
        stream,
        version,
        entry: log::entry_of(data).map_err(|error| lost(&format!("cannot be read: {error}")))?,
    })
}

/// Cases as they are where the log has been read to, kept from one batch to the next.
///
/// Two generations, each as large as a batch: what a batch has touched is there at its end.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    young: HashMap<CaseId, Case>,
    old: HashMap<CaseId, Case>,
}

impl Cases {
    /// Takes out a case as it is before its event `version`; `None` for the first event.
    fn before(
        &mut self,
        connection: &Connection,
        tenant: TenantId,
        id: CaseId,
        version: u32,
    ) -> Result<Option<Case>, StoreError> {
        if version == 1 {
            return Ok(None);
        }
        let kept = self.young.remove(&id).or_else(|| self.old.remove(&id));
        // Where followers are at different places, a case may be remembered as it was later.
        if let Some(kept) = kept.filter(|kept| kept.version + 1 == version) {
            return Ok(Some(kept));
        }
        let mut case = None;
        for logged in log::read(connection, tenant, Stream::Case(id), 1)? {
            if logged.version >= version {
                break;
            }
            let folded = fold(case, id, logged.version, &logged.entry);
            case = Some(folded.map_err(|error| {
                StoreError::Corrupt(format!("event {} of case {id}: {error}", logged.version))
            })?);
        }
        Ok(case)
    }

    fn put(&mut self, case: Case) {
        if self.young.len() >= EVENTS_IN_BATCH {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(case.id, case);
    }

    /// Returns a case that the batch has touched.
    fn last(&self, id: CaseId) -> Result<&Case, StoreError> {
        let kept = self.young.get(&id).or_else(|| self.old.get(&id));
        kept.ok_or_else(|| StoreError::Corrupt(format!("case {id} was folded and is not there")))
    }
}
