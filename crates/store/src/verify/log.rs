//! The log of a SQLite file page by page, in its order: an event's row is its place, so the table is read from end
//! to end, and a place without a row is seen by the number that is missing.

use bihuan_core::id::TenantId;
use tlog_tiles::{HASH_SIZE, Hash as TreeHash};

use super::events::{Before, Stranger, There};
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::{self, stream_of};
use crate::proof::tree::{Tiles, leaf};
use crate::value::{Hash, Id};

statements! {
    in sqlite
    ROWS = "SELECT e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.data, e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid << 40) + $2
        WHERE t.tenant = $3 ORDER BY e.place LIMIT $4";
    EVENT_BEFORE = "SELECT e.hash, e.place - (t.rowid << 40)
        FROM tenant t CROSS JOIN event e ON e.tenant = t.tenant
        WHERE t.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 AND e.version = $4";
}

/// Places that are read at a time.
const PAGE: u64 = 1_024;

/// A piece of the log: places one after the other, and the bytes of their events.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) places: Vec<Place>,
    pub(super) data: Vec<u8>,
}

/// A place in the order, and the event there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) seq: u64,
    /// The leaf of its event, or that the tree has where the event is gone.
    pub(super) leaf: TreeHash,
    /// `None` where the event is gone.
    pub(super) event: Option<There>,
}

/// A log that is being read.
pub(super) struct Log<'c> {
    connection: &'c Connection,
    tenant: TenantId,
    next: u64,
    /// How many places there are.
    size: u64,
}

impl<'c> Log<'c> {
    pub(super) fn begin(connection: &'c Connection, tenant: TenantId) -> Result<Log<'c>, StoreError> {
        Ok(Log {
            connection,
            tenant,
            next: 0,
            size: sequence::size(connection, tenant)?,
        })
    }

    /// Reads the next page, and notes each place that has no row; `None` at the end.
    pub(super) fn page(&mut self) -> Result<Option<Page>, StoreError> {
        let end = self.size.min(self.next + PAGE);
        let mut page = Page::default();
        let mut statement = self.connection.prepare(ROWS)?;
        let tenant = Id(self.tenant.0);
        let (from, to) = (self.next.cast_signed(), end.cast_signed());
        let mut rows = statement.query((from, to, tenant, PAGE.cast_signed()))?;
        let mut expected = self.next;
        while let Some(row) = rows.next()? {
            let seq = row.get::<i64>(0)?.cast_unsigned();
            for gone in expected..seq {
                page.places.push(self.gone(gone)?);
            }
            let event = there(row, &mut page.data)?;
            page.places.push(Place {
                seq,
                leaf: leaf(event.hash),
                event: Some(event),
            });
            expected = seq + 1;
        }
        for gone in expected..end {
            page.places.push(self.gone(gone)?);
        }
        self.next = end;
        Ok((!page.places.is_empty()).then_some(page))
    }

    /// Returns a place whose event is gone, with the leaf that the tree still has of it.
    fn gone(&self, seq: u64) -> Result<Place, StoreError> {
        let tile = Tiles::new(self.connection, self.tenant).load(0, seq >> 8)?;
        let at = (seq & 255) as usize * HASH_SIZE;
        let leaf = tile.get(at..).and_then(|rest| rest.first_chunk()).copied();
        Ok(Place {
            seq,
            leaf: TreeHash(leaf.unwrap_or_default()),
            event: None,
        })
    }

    /// Returns the event before this one; `None` where it is gone.
    pub(super) fn before(&self, event: &Stranger) -> Result<Option<Before>, StoreError> {
        let (kind, id) = event.stream.key();
        let key = (Id(self.tenant.0), kind, Id(id), event.version - 1);
        self.connection.query_optional(EVENT_BEFORE, key, |row| {
            let (Hash(hash), seq) = (row.get(0)?, row.get::<i64>(1)?);
            Ok(Before {
                hash,
                seq: Some(seq.cast_unsigned()),
            })
        })
    }
}

/// Reads an event from the columns that follow its place.
fn there(row: Row<'_>, data: &mut Vec<u8>) -> Result<There, StoreError> {
    let begins = data.len();
    data.extend_from_slice(row.value(4)?.blob()?);
    let Hash(hash) = row.get(5)?;
    Ok(There {
        stream: stream_of(row.get(1)?, row.get(2)?)?,
        version: row.get(3)?,
        bytes: begins..data.len(),
        hash,
    })
}
