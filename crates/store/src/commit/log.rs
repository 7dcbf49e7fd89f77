//! The log: events in their streams, each linked to the one before it.

use bihuan_core::event::{Entry, Stream, link};
use bihuan_core::id::{Digest, TenantId};

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::{Hash, Id, millis};

statements! {
    INSERT = "INSERT INTO event (tenant, stream_kind, stream_id, version, recorded_at, data, prev, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SELECT = "SELECT version, data, prev, hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version >= $4 ORDER BY version";
    HEAD = "SELECT version, hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 ORDER BY version DESC LIMIT 1";
}

/// Where a stream ends: its last version and that event's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many events it has.
    pub version: u32,
    /// The hash of the last one.
    pub hash: Digest,
}

impl Default for Head {
    fn default() -> Self {
        Head {
            version: 0,
            hash: Digest::ZERO,
        }
    }
}

/// An event as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its place in its stream, from 1.
    pub version: u32,
    /// What happened.
    pub entry: Entry,
    /// The hash of the event before it.
    pub prev: Digest,
    /// Its own hash.
    pub hash: Digest,
}

/// An event ready to be written.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) version: u32,
    pub(crate) recorded_at: i64,
    pub(crate) data: Vec<u8>,
    pub(crate) prev: Digest,
    pub(crate) hash: Digest,
}

/// Why events were not written.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// The stream has grown in the meantime.
    Moved,
    /// The store failed.
    Store(StoreError),
}

/// Encodes the next event of a stream and moves `head` to it.
pub(crate) fn encode(stream: Stream, head: &mut Head, entry: &Entry) -> Result<Encoded, StoreError> {
    let data = serde_json::to_vec(entry)
        .map_err(|error| StoreError::caused("an event cannot be written as JSON", error))?;
    let (prev, version) = (head.hash, head.version + 1);
    let hash = link(prev, stream, version, &data);
    *head = Head { version, hash };
    Ok(Encoded {
        version,
        recorded_at: millis(entry.recorded_at),
        data,
        prev,
        hash,
    })
}

/// Writes events at the end of their stream.
///
/// The key of the table decides a race: versions are dense and events never change, so whoever finds a
/// version taken has read an older end of the stream.
pub(crate) fn append(
    connection: &Connection,
    tenant: TenantId,
    stream: Stream,
    events: &[Encoded],
) -> Result<(), AppendError> {
    let (kind, id) = stream.key();
    let mut statement = connection.prepare(INSERT).map_err(AppendError::Store)?;
    for event in events {
        let written = statement.execute((
            Id(tenant.0),
            kind,
            Id(id),
            event.version,
            event.recorded_at,
            &event.data,
            Hash(event.prev),
            Hash(event.hash),
        ));
        match written {
            Ok(_) => {}
            Err(StoreError::Conflict(_)) => return Err(AppendError::Moved),
            Err(error) => return Err(AppendError::Store(error)),
        }
    }
    Ok(())
}

/// Returns where a stream ends.
pub(crate) fn head(connection: &Connection, tenant: TenantId, stream: Stream) -> Result<Head, StoreError> {
    let (kind, id) = stream.key();
    let mut statement = connection.prepare(HEAD)?;
    let mut rows = statement.query((Id(tenant.0), kind, Id(id)))?;
    let Some(row) = rows.next()? else {
        return Ok(Head::default());
    };
    let Hash(hash) = row.get(1)?;
    Ok(Head {
        version: row.get(0)?,
        hash,
    })
}

/// Reads a stream from version `from` on.
///
/// # Errors
/// [`StoreError::Corrupt`] if the bytes of an event are not an event.
pub(crate) fn read(
    connection: &Connection,
    tenant: TenantId,
    stream: Stream,
    from: u32,
) -> Result<Vec<Logged>, StoreError> {
    let (kind, id) = stream.key();
    let mut statement = connection.prepare(SELECT)?;
    let mut rows = statement.query((Id(tenant.0), kind, Id(id), from))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let version: u32 = row.get(0)?;
        let entry = serde_json::from_slice(row.value(1)?.blob()?)
            .map_err(|error| StoreError::Corrupt(format!("event {version} of {stream:?}: {error}")))?;
        let (Hash(prev), Hash(hash)) = (row.get(2)?, row.get(3)?);
        events.push(Logged {
            version,
            entry,
            prev,
            hash,
        });
    }
    Ok(events)
}
