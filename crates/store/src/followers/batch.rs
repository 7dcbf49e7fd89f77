//! A batch of the log, read once for all followers.
//!
//! The events come in the sequencer's order, which is close to the order they lie in, and each case is
//! folded along: a case is read back only where it began before the batch and is not remembered. Of a large
//! batch the bytes are taken apart by a second thread.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use bihuan_core::case::Case;
use bihuan_core::case::fold::{FoldError, fold, fold_next};
use bihuan_core::event::{Entry, Event, Stream};
use bihuan_core::id::{CaseId, TenantId};

use super::clocks::Clocks;
use super::follower::Following;
use super::notifications::Told;
use super::outbox::Outbox;
use super::rollups::Rollups;
use crate::beside::beside;
use crate::commit::log;
use crate::engine::connection::{Connection, Engine, Row, Rows};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::{self, stream_of};
use crate::tenant::scene::Scene;
use crate::value::Id;
use crate::webhook;

statements! {
    in sqlite
    EVENTS = "SELECT e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.data
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid + 1) << 40
        WHERE t.tenant = $2 ORDER BY e.place LIMIT $3";
}

statements! {
    in postgres
    // Each event is looked up by its key. A join that was planned while there were few is kept when there are many, until
    // the server counts them, and compares all with all.
    EVENTS_THERE = "SELECT s.seq, s.stream_kind, s.stream_id, s.version, e.data
        FROM sequence s LEFT JOIN LATERAL (SELECT e.data FROM event e WHERE e.tenant = s.tenant
            AND e.stream_kind = s.stream_kind AND e.stream_id = s.stream_id AND e.version = s.version LIMIT 1) e ON TRUE
        WHERE s.seq >= $1 AND s.tenant = $2 ORDER BY s.seq LIMIT $3";
}

/// Events in a batch. Large, because what a case is written as is written once a batch; folding is done
/// outside the writer, which gets only the rows.
const EVENTS_IN_BATCH: usize = 32_768;

/// Events that are read before they are taken apart, on a thread of its own where more follow.
const EVENTS_IN_PIECE: usize = 512;

/// What the followers are to write, and the place in the log that they reach with it.
#[derive(Debug)]
pub(crate) struct Batch {
    to: u64,
    clocks: Following<Clocks>,
    rollups: Following<Rollups>,
    outbox: Following<Outbox>,
    told: Following<Told>,
}

impl Batch {
    /// Reads from the hindmost follower's cursor on; `None` where there is nothing new. `told` is who on the staff is
    /// told of it, empty yet.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if an event is gone or a case cannot be folded.
    pub(crate) fn read(
        connection: &Connection,
        tenant: TenantId,
        (scene, told): (&Scene, Told),
        cases: &mut Cases,
    ) -> Result<Option<Batch>, StoreError> {
        connection.read_in_pages()?;
        let mut batch = Batch {
            to: 0,
            clocks: Following::resume(connection, tenant)?,
            rollups: Following::resume(connection, tenant)?,
            outbox: Following::resume(connection, tenant)?,
            told: Following::resume_with(connection, tenant, told)?,
        };
        let others = batch.rollups.from().min(batch.outbox.from());
        let from = batch.clocks.from().min(batch.told.from()).min(others);
        let mut touched: HashMap<CaseId, u64> = HashMap::new();
        let end = sequence::size(connection, tenant)?.min(from + EVENTS_IN_BATCH as u64);
        if end > from {
            batch.told.rows().hear(webhook::all(connection, Id(tenant.0))?);
        }
        let mut events = connection.prepare(match connection.engine() {
            Engine::Sqlite => EVENTS,
            Engine::Postgres => EVENTS_THERE,
        })?;
        let count = end.saturating_sub(from).cast_signed();
        let mut events = events.query((from.cast_signed(), Id(tenant.0), count))?;
        let gone = |seq: u64| StoreError::Corrupt(format!("the event at place {seq} is gone"));
        batch.to = from;
        let mut fold = |piece: Vec<Placed>| {
            for event in piece {
                if event.seq != batch.to {
                    return Err(gone(batch.to));
                }
                batch.to += 1;
                let (Stream::Case(case), Event::Case(_)) = (event.stream, &event.entry.event) else {
                    continue;
                };
                touched.insert(case, event.seq);
                let after = cases.fold(connection, tenant, case, &event)?;
                batch.take(scene, &event, after)?;
            }
            Ok(())
        };
        let first = Piece::read(&mut events)?;
        if first.is_full() {
            let mut first = Some(first);
            let next = || match first.take() {
                Some(first) => Ok(Some(first)),
                None => Piece::read(&mut events).map(|piece| (!piece.rows.is_empty()).then_some(piece)),
            };
            beside((), |(), piece| piece.take_apart(), next, fold)?;
        } else {
            fold(first.take_apart()?)?;
        }
        if batch.to < end {
            return Err(gone(batch.to));
        }
        for (case, seq) in touched {
            batch.settle(scene, seq, cases.last(case)?)?;
        }
        Ok((batch.to > from).then_some(batch))
    }

    fn take(&mut self, scene: &Scene, event: &Placed, after: &Case) -> Result<(), StoreError> {
        self.clocks.take(scene, event.seq, &event.entry, after)?;
        self.rollups.take(scene, event.seq, &event.entry, after)?;
        self.outbox.take(scene, event.seq, &event.entry, after)?;
        self.told.take(scene, event.seq, &event.entry, after)
    }

    fn settle(&mut self, scene: &Scene, seq: u64, case: &Case) -> Result<(), StoreError> {
        self.clocks.settle(scene, seq, case)?;
        self.rollups.settle(scene, seq, case)?;
        self.outbox.settle(scene, seq, case)?;
        self.told.settle(scene, seq, case)
    }

    /// Writes the rows and moves the cursors, in the caller's transaction.
    pub(crate) fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        sequence::hold(connection, tenant)?;
        self.clocks.write(connection, tenant, self.to)?;
        self.rollups.write(connection, tenant, self.to)?;
        self.outbox.write(connection, tenant, self.to)?;
        self.told.write(connection, tenant, self.to)
    }
}

/// An event and its place in the order.
struct Placed {
    seq: u64,
    stream: Stream,
    version: u32,
    entry: Entry,
}

/// Some events as they were read, one after the other.
#[derive(Debug, Default)]
struct Piece {
    data: Vec<u8>,
    rows: Vec<Lying>,
}

/// Where in the log an event has its place, and where in a piece its bytes end.
#[derive(Debug)]
struct Lying {
    seq: u64,
    stream: Stream,
    version: u32,
    end: usize,
}

impl Piece {
    /// Reads the next events; none at the end of the log.
    fn read(events: &mut Rows<'_>) -> Result<Piece, StoreError> {
        let mut piece = Piece::default();
        while !piece.is_full()
            && let Some(row) = events.next()?
        {
            piece.add(row)?;
        }
        Ok(piece)
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= EVENTS_IN_PIECE
    }

    fn add(&mut self, row: Row<'_>) -> Result<(), StoreError> {
        let stream = stream_of(row.get(1)?, row.get(2)?)?;
        let version: u32 = row.get(3)?;
        let data = row.value(4)?;
        let gone = |_nothing| StoreError::Corrupt(format!("event {version} of {stream:?} is gone"));
        self.data.extend_from_slice(data.blob().map_err(gone)?);
        self.rows.push(Lying {
            seq: row.get::<i64>(0)?.cast_unsigned(),
            stream,
            version,
            end: self.data.len(),
        });
        Ok(())
    }

    fn take_apart(self) -> Result<Vec<Placed>, StoreError> {
        let mut begin = 0;
        let placed = self.rows.into_iter().map(|lying| {
            let Lying {
                seq,
                stream,
                version,
                end,
            } = lying;
            let data = &self.data[std::mem::replace(&mut begin, end)..end];
            let entry = log::entry_of(data).map_err(|error| {
                StoreError::Corrupt(format!("event {version} of {stream:?} cannot be read: {error}"))
            })?;
            Ok(Placed {
                seq,
                stream,
                version,
                entry,
            })
        });
        placed.collect()
    }
}

/// Cases as they are where the log has been read to, kept from one batch to the next.
///
/// Two generations, each as large as a batch: what a batch has touched is there at its end. Boxed, for a case is
/// large, and a table that grows moves all that is in it.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    young: HashMap<CaseId, Box<Case>>,
    old: HashMap<CaseId, Box<Case>>,
}

impl Cases {
    /// Adds an event to its case, and returns what the case is after it.
    fn fold(
        &mut self,
        connection: &Connection,
        tenant: TenantId,
        id: CaseId,
        event: &Placed,
    ) -> Result<&Case, StoreError> {
        let (version, entry) = (event.version, &event.entry);
        let wrong = |error: FoldError| StoreError::Corrupt(format!("event {version} of case {id}: {error}"));
        if self.young.len() >= EVENTS_IN_BATCH {
            self.old = std::mem::take(&mut self.young);
        }
        // Where followers are at different places, a case may be remembered as it was later.
        let is_before = |case: &Case| case.version + 1 == version;
        match self.young.entry(id) {
            Slot::Occupied(known) if is_before(known.get()) => {
                let case = known.into_mut();
                fold_next(case, version, entry).map_err(wrong)?;
                Ok(case)
            }
            slot => {
                let after = match self.old.remove(&id).filter(|kept| is_before(kept)) {
                    Some(mut kept) => {
                        fold_next(&mut kept, version, entry).map_err(wrong)?;
                        kept
                    }
                    None => {
                        let before = read_before(connection, tenant, id, version)?;
                        Box::new(fold(before, id, version, entry).map_err(wrong)?)
                    }
                };
                Ok(slot.insert_entry(after).into_mut())
            }
        }
    }

    /// Returns a case that the batch has touched.
    fn last(&self, id: CaseId) -> Result<&Case, StoreError> {
        let kept = self.young.get(&id).or_else(|| self.old.get(&id));
        kept.map(Box::as_ref)
            .ok_or_else(|| StoreError::Corrupt(format!("case {id} was folded and is not there")))
    }
}

/// Reads a case as it is before its event `version`; `None` for the first event.
fn read_before(
    connection: &Connection,
    tenant: TenantId,
    id: CaseId,
    version: u32,
) -> Result<Option<Case>, StoreError> {
    if version == 1 {
        return Ok(None);
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
