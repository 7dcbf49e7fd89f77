//! The log: events in their streams, each linked to the one before it.

use std::sync::LazyLock;

use bihuan_core::event::{Entry, Stream, link};
use bihuan_core::id::{Digest, TenantId};

use crate::dense;
use crate::engine::connection::{Connection, Engine};
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Read, Value};
use crate::error::StoreError;
use crate::value::{Hash, Id, millis};

statements! {
    SELECT = "SELECT version, data, hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version >= $4 ORDER BY version";
    HASH = "SELECT hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version = $4";
    HEAD = "SELECT version, hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 ORDER BY version DESC LIMIT 1";
}

statements! {
    in sqlite
    NEXT_PLACE = "SELECT coalesce((SELECT e.place + 1 FROM event e
            WHERE e.place >= t.rowid << 40 AND e.place < (t.rowid + 1) << 40 ORDER BY e.place DESC LIMIT 1),
        t.rowid << 40) FROM tenant t WHERE t.tenant = $1";
}

/// The columns of `event` that both engines have, the key first.
pub(crate) const COLUMNS: [(&str, Form); 7] = [
    KEY[0],
    KEY[1],
    KEY[2],
    KEY[3],
    ("recorded_at", Form::Int),
    ("data", Form::Blob),
    ("hash", Form::Blob),
];

static EVENTS: LazyLock<Many> = LazyLock::new(|| Many::insert("event", &COLUMNS, ""));

/// SQLite's own: events at their places.
static PLACED_EVENTS: LazyLock<Many> = LazyLock::new(|| {
    let place = [("place", Form::Int)];
    Many::insert("event", &[place.as_slice(), &COLUMNS].concat(), "")
});

/// PostgreSQL's own: what the sequencer has still to place.
static UNPLACED: LazyLock<Many> = LazyLock::new(|| {
    let content = [("recorded_at", Form::Int), ("hash", Form::Blob)];
    Many::insert("unplaced", &[KEY.as_slice(), &content].concat(), "")
});

const KEY: [(&str, Form); 4] = [
    ("tenant", Form::Blob),
    ("stream_kind", Form::Int),
    ("stream_id", Form::Blob),
    ("version", Form::Int),
];

/// Every statement for many rows of this module that both engines have.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&EVENTS]
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
    /// Its own hash.
    pub hash: Digest,
}

/// An event ready to be written.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) version: u32,
    pub(crate) recorded_at: i64,
    /// Its bytes as they lie on disk; the hash is that of the plain ones.
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
        data: dense::event::press(&data),
        prev,
        hash,
    })
}

/// Returns the event of its bytes on disk; why it cannot be read otherwise.
pub(crate) fn entry_of(stored: &[u8]) -> Result<Entry, String> {
    let data = dense::event::open(stored).map_err(|error| error.to_string())?;
    serde_json::from_slice(&data).map_err(|error| error.to_string())
}

/// An event and where it belongs.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    tenant: &'a Id,
    kind: u8,
    stream: Id,
    event: &'a Encoded,
    hash: Hash,
}

impl<'a> Line<'a> {
    pub(crate) fn new(tenant: &'a Id, stream: Stream, event: &'a Encoded) -> Line<'a> {
        let (kind, id) = stream.key();
        Line {
            tenant,
            kind,
            stream: Id(id),
            event,
            hash: Hash(event.hash),
        }
    }

    fn key(&self) -> [Value<'_>; 5] {
        [
            self.tenant.bind(),
            self.kind.bind(),
            self.stream.bind(),
            self.event.version.bind(),
            self.event.recorded_at.bind(),
        ]
    }
}

/// Writes events at the ends of their streams.
///
/// # Errors
/// [`StoreError::Conflict`] where a version is taken: versions are dense and events never change, so
/// whoever finds one taken has read an older end of the stream.
pub(crate) fn write(connection: &Connection, lines: &[Line<'_>]) -> Result<(), StoreError> {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let [tenant, kind, stream, version, recorded_at] = line.key();
            let data = Value::Blob(&line.event.data);
            [tenant, kind, stream, version, recorded_at, data, line.hash.bind()]
        })
        .collect();
    write_rows(connection, rows.as_flattened())?;
    if connection.engine() == Engine::Postgres {
        let rows: Vec<_> = lines
            .iter()
            .map(|line| {
                let [tenant, kind, stream, version, recorded_at] = line.key();
                [tenant, kind, stream, version, recorded_at, line.hash.bind()]
            })
            .collect();
        connection.write_many(&UNPLACED, &rows)?;
    }
    Ok(())
}

/// Writes events from the values of [`COLUMNS`] one row after the other; on SQLite at the next places of their
/// tenants' orders.
pub(crate) fn write_rows(connection: &Connection, values: &[Value<'_>]) -> Result<(), StoreError> {
    if connection.engine() == Engine::Postgres {
        return connection.write_rows(&EVENTS, COLUMNS.len(), values);
    }
    let mut next: Vec<(Value<'_>, i64)> = Vec::new();
    let mut placed = Vec::with_capacity(values.len() + values.len() / COLUMNS.len());
    for row in values.chunks_exact(COLUMNS.len()) {
        let tenant = row[0];
        let known = next.iter().position(|(known, _)| *known == tenant);
        let known = match known {
            Some(known) => known,
            None => {
                next.push((tenant, next_place(connection, Id::read(tenant)?)?));
                next.len() - 1
            }
        };
        placed.push(Value::Int(next[known].1));
        placed.extend_from_slice(row);
        next[known].1 += 1;
    }
    connection.write_rows(&PLACED_EVENTS, COLUMNS.len() + 1, &placed)
}

/// Returns the row of the next event of a tenant. SQLite's own.
fn next_place(connection: &Connection, tenant: Id) -> Result<i64, StoreError> {
    let next = connection.query_optional(NEXT_PLACE, (tenant,), |row| row.get(0))?;
    next.ok_or_else(|| StoreError::NotFound(format!("tenant {}", tenant.0)))
}

/// Writes events at the end of one stream.
pub(crate) fn append(
    connection: &Connection,
    tenant: TenantId,
    stream: Stream,
    events: &[Encoded],
) -> Result<(), AppendError> {
    let tenant = Id(tenant.0);
    let lines: Vec<Line<'_>> = events
        .iter()
        .map(|event| Line::new(&tenant, stream, event))
        .collect();
    write(connection, &lines).map_err(|error| match error {
        StoreError::Conflict(_) => AppendError::Moved,
        error => AppendError::Store(error),
    })
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

/// Returns the hash of an event, if it is there.
pub(crate) fn hash_of(
    connection: &Connection,
    tenant: TenantId,
    stream: Stream,
    version: u32,
) -> Result<Option<Digest>, StoreError> {
    let (kind, id) = stream.key();
    let found = connection.query_optional(HASH, (Id(tenant.0), kind, Id(id), version), |row| {
        row.get::<Hash>(0)
    })?;
    Ok(found.map(|hash| hash.0))
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
        let entry = entry_of(row.value(1)?.blob()?)
            .map_err(|error| StoreError::Corrupt(format!("event {version} of {stream:?}: {error}")))?;
        let Hash(hash) = row.get(2)?;
        events.push(Logged { version, entry, hash });
    }
    Ok(events)
}
