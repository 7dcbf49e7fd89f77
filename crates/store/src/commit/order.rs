//! Orders: what commands hand to the writer, and what becomes of each when many are written together.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use bihuan_core::event::Stream;
use bihuan_core::id::{CaseId, Digest, TenantId};
use jiff::Timestamp;

use crate::commit::idempotency::{self, Record};
use crate::commit::together::{self, Placed};
use crate::commit::{Change, CommitError, find_external, log};
use crate::engine::connection::{Connection, Engine};
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::Bind;
use crate::engine::writer::Together;
use crate::error::StoreError;
use crate::value::{Hash, Id, millis};

statements! {
    // A transaction that writes nothing waits for no standby.
    REPEATED = "INSERT INTO cursor (tenant, follower, position) VALUES ($1, 'repeated commits', 1)
        ON CONFLICT (tenant, follower) DO UPDATE SET position = cursor.position + 1";
    VERSION = "SELECT version FROM case_row WHERE tenant = $1 AND id = $2";
}

// One question for all orders of a tenant. Each is looked up by itself: a plan that was made while the table was
// small would read all of it for ever.
statements! {
    in postgres
    HEADS = "SELECT given.id, found.version, found.hash FROM unnest(CAST($2 AS BYTEA[])) AS given (id), LATERAL (
            SELECT c.version, e.hash FROM case_row c JOIN event e ON e.tenant = c.tenant
                AND e.stream_kind = 4 AND e.stream_id = c.id AND e.version = c.version
            WHERE c.tenant = $1 AND c.id = given.id LIMIT 1) AS found";
    KNOWN_KEYS = "SELECT found.key FROM unnest(CAST($2 AS BYTEA[])) AS given (key), LATERAL (
            SELECT i.key FROM idempotency i WHERE i.tenant = $1 AND i.key = given.key LIMIT 1) AS found";
}

static RECORDS: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("key", Form::Blob),
        ("request", Form::Blob),
        ("result", Form::Blob),
        ("recorded_at", Form::Int),
    ];
    Many::insert("idempotency", &columns, "")
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&RECORDS]
}

/// Everything that one command writes.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) tenant: TenantId,
    pub(crate) changes: Vec<Change>,
    /// The idempotency record of its request.
    pub(crate) record: Option<Record>,
    pub(crate) now: Timestamp,
}

impl Together for Order {
    type Error = CommitError;

    fn erases(&self) -> bool {
        self.changes.iter().any(Change::erases)
    }

    fn write(
        connection: &Connection,
        orders: &[Order],
        again: bool,
    ) -> Result<Vec<Result<(), CommitError>>, StoreError> {
        let found = Found::read(connection, orders)?;
        let mut taken = Taken::default();
        let mut answers = Vec::with_capacity(orders.len());
        let mut written = Vec::with_capacity(orders.len());
        for order in orders {
            let answer = if again && order.is_written(connection)? {
                Ok(())
            } else {
                let hindered = order.hindered(connection, &found, &mut taken)?;
                if hindered.is_none() {
                    written.push(order);
                }
                hindered.map_or(Ok(()), Err)
            };
            answers.push(answer);
        }
        let repeated = |answer: &Result<(), CommitError>| matches!(answer, Err(CommitError::Repeated(..)));
        if (again || answers.iter().any(repeated))
            && let Some(first) = orders.first()
        {
            confirm(connection, first.tenant)?;
        }
        let changes: Vec<Placed<'_>> = written
            .iter()
            .flat_map(|order| {
                order
                    .changes
                    .iter()
                    .map(|change| Placed::new(order.tenant, change))
            })
            .collect();
        connection.pipelined(|connection| {
            together::write(connection, &changes)?;
            write_records(connection, &written)
        })?;
        Ok(answers)
    }
}

/// Writes something, so that the commit of whoever found something there already waits for a standby too.
///
/// A commit that was waiting for its standby when its session ended is there on this server alone: to tell of
/// it without a write of one's own would acknowledge what a fail-over takes away.
pub(crate) fn confirm(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    match connection.engine() {
        Engine::Postgres => connection.execute(REPEATED, (Id(tenant.0),)).map(drop),
        Engine::Sqlite => Ok(()),
    }
}

impl Order {
    /// Returns whether its last event lies in the log already: an earlier attempt got through after all.
    fn is_written(&self, connection: &Connection) -> Result<bool, StoreError> {
        let Some(change) = self.changes.first() else {
            return Ok(false);
        };
        let head = change.after.head;
        let stream = Stream::Case(change.case());
        Ok(log::hash_of(connection, self.tenant, stream, head.version)? == Some(head.hash))
    }

    /// Returns why it cannot be written now, if it cannot.
    fn hindered(
        &self,
        connection: &Connection,
        found: &Found,
        taken: &mut Taken,
    ) -> Result<Option<CommitError>, StoreError> {
        if let Some(record) = &self.record
            && (found.keys.contains(&(self.tenant, record.key))
                || !taken.keys.insert((self.tenant, record.key)))
        {
            // One that came in the same batch is found when it is asked for again.
            let first = idempotency::find(connection, self.tenant, record.key)?;
            return Ok(Some(match first {
                Some((request, first)) => CommitError::Repeated(request, first),
                None => CommitError::Moved,
            }));
        }
        for change in &self.changes {
            let place = (self.tenant, change.case());
            if !found
                .heads
                .get(&place)
                .map_or(change.before_version() == 0, |head| head.is_before(change))
                || !taken.cases.insert(place)
            {
                return Ok(Some(CommitError::Moved));
            }
            if let Some(external) = &change.external {
                if let Some(case) = find_external(connection, self.tenant, external)? {
                    return Ok(Some(CommitError::Known(case)));
                }
                let key = (self.tenant, external.system.clone(), external.key.clone());
                if let Some(case) = taken.externals.insert(key, change.case()) {
                    return Ok(Some(CommitError::Known(case)));
                }
            }
        }
        Ok(None)
    }
}

/// What earlier orders of the same batch have taken.
#[derive(Default)]
struct Taken {
    cases: HashSet<(TenantId, CaseId)>,
    keys: HashSet<(TenantId, Digest)>,
    externals: HashMap<(TenantId, String, String), CaseId>,
}

/// What the database holds of what the orders of a batch are about.
#[derive(Default)]
struct Found {
    /// The last event of each case that is not new.
    heads: HashMap<(TenantId, CaseId), Last>,
    keys: HashSet<(TenantId, Digest)>,
}

/// The last event of a case.
#[derive(Debug, Clone, Copy)]
struct Last {
    version: u32,
    /// Its hash, where two events of one version can be met: after a fail-over the new primary may have
    /// another one than was read from the old.
    hash: Option<Digest>,
}

impl Last {
    /// Whether a change was decided on exactly this.
    fn is_before(self, change: &Change) -> bool {
        let same_hash = self.hash.is_none_or(|hash| change.before_hash() == Some(hash));
        self.version == change.before_version() && same_hash
    }
}

impl Found {
    fn read(connection: &Connection, orders: &[Order]) -> Result<Found, StoreError> {
        let mut cases: HashMap<TenantId, Vec<Id>> = HashMap::new();
        let mut keys: HashMap<TenantId, Vec<Hash>> = HashMap::new();
        for order in orders {
            let known = order.changes.iter().filter(|change| change.before_version() > 0);
            let ids = known.map(|change| Id(change.case().0));
            cases.entry(order.tenant).or_default().extend(ids);
            let key = order.record.iter().map(|record| Hash(record.key));
            keys.entry(order.tenant).or_default().extend(key);
        }
        let mut found = Found::default();
        for (tenant, ids) in cases {
            found.read_heads(connection, tenant, &ids)?;
        }
        for (tenant, keys) in keys {
            found.read_keys(connection, tenant, &keys)?;
        }
        Ok(found)
    }

    fn read_heads(
        &mut self,
        connection: &Connection,
        tenant: TenantId,
        ids: &[Id],
    ) -> Result<(), StoreError> {
        if connection.engine() == Engine::Sqlite {
            for id in ids {
                let version = connection.query_optional(VERSION, (Id(tenant.0), *id), |row| row.get(0))?;
                let last = version.map(|version| Last { version, hash: None });
                self.heads.extend(last.map(|last| ((tenant, CaseId(id.0)), last)));
            }
            return Ok(());
        }
        let ids: Vec<_> = ids.iter().map(Bind::bind).collect();
        let rows = connection.query_any(HEADS, Id(tenant.0).bind(), &ids, |row| {
            let (version, Hash(hash)) = (row.get(1)?, row.get(2)?);
            let hash = Some(hash);
            Ok(((tenant, CaseId(row.get::<Id>(0)?.0)), Last { version, hash }))
        })?;
        self.heads.extend(rows);
        Ok(())
    }

    fn read_keys(
        &mut self,
        connection: &Connection,
        tenant: TenantId,
        keys: &[Hash],
    ) -> Result<(), StoreError> {
        if connection.engine() == Engine::Sqlite {
            for key in keys {
                if idempotency::find(connection, tenant, key.0)?.is_some() {
                    self.keys.insert((tenant, key.0));
                }
            }
            return Ok(());
        }
        let keys: Vec<_> = keys.iter().map(Bind::bind).collect();
        let rows = connection.query_any(KNOWN_KEYS, Id(tenant.0).bind(), &keys, |row| row.get::<Hash>(0))?;
        self.keys.extend(rows.into_iter().map(|key| (tenant, key.0)));
        Ok(())
    }
}

fn write_records(connection: &Connection, orders: &[&Order]) -> Result<(), StoreError> {
    let records: Vec<(Id, Hash, Hash, &[u8], i64)> = orders
        .iter()
        .filter_map(|order| {
            let record = order.record.as_ref()?;
            let (key, request) = (Hash(record.key), Hash(record.request));
            Some((
                Id(order.tenant.0),
                key,
                request,
                record.result.as_slice(),
                millis(order.now),
            ))
        })
        .collect();
    let rows: Vec<_> = records
        .iter()
        .map(|(tenant, key, request, result, at)| {
            [
                tenant.bind(),
                key.bind(),
                request.bind(),
                result.bind(),
                at.bind(),
            ]
        })
        .collect();
    connection.write_many(&RECORDS, &rows)
}
