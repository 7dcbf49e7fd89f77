//! The commit: events, case rows, bodies, search tokens and idempotency records, all in one transaction.
//!
//! A [`Change`] is built outside the writer: events encoded and linked, the case folded, texts sealed,
//! tokens cut. Inside the batch it only writes, and finds out whether the case has moved on since.

pub mod idempotency;
pub mod log;
pub(crate) mod order;
pub mod rows;
pub mod search;
pub(crate) mod session;
pub(crate) mod together;

use std::sync::Arc;

use bihuan_core::case::Case;
use bihuan_core::case::decide::Decided;
use bihuan_core::case::fold::{fold, fold_all};
use bihuan_core::event::{Actor, BodyRef, CaseEvent, Entry, Event, ExternalRef, Stream};
use bihuan_core::id::{BodyId, CaseId, Digest, IdentityId, TenantId};
use jiff::Timestamp;

use crate::bodies::{self, Bodies};
use crate::commit::idempotency::First;
use crate::commit::log::{AppendError, Encoded, Head};
use crate::commit::rows::Row;
use crate::commit::search::Document;
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::seal::{BodyKey, SealedIdentity};
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    FIND_EXTERNAL = "SELECT case_id FROM external WHERE tenant = $1 AND system = $2 AND key = $3";
}

/// A case as read from the log, with what is needed to write its next event.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) case: Case,
    pub(crate) head: Head,
    /// The key of its bodies; `None` where it was destroyed.
    pub(crate) key: Option<BodyKey>,
}

/// What a change is built in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) engine: Engine,
    pub(crate) scene: &'a Scene,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
}

/// What comes with a raise and is not in its events.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) wrapped_key: Option<Vec<u8>>,
    pub(crate) receipt: Option<[u8; 32]>,
    pub(crate) identity: Option<(IdentityId, SealedIdentity)>,
}

/// Everything that one command writes to one case.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) after: Arc<Loaded>,
    before: Option<Row>,
    row: Row,
    events: Vec<Encoded>,
    bodies: Vec<(BodyId, Vec<u8>)>,
    erased: Vec<BodyId>,
    /// The search document, where it changes; the caller writes it at the end of the transaction.
    pub(crate) document: Option<Document>,
    external: Option<ExternalRef>,
    beside: Beside,
    now: Timestamp,
}

/// Why a change was not written.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// The stream has grown since it was read: read and decide again.
    Moved,
    /// The idempotency key is known; what its request said and led to.
    Repeated(Digest, First),
    /// The imported record is known as this case.
    Known(CaseId),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        CommitError::Store(error)
    }
}

impl From<AppendError> for CommitError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Moved => CommitError::Moved,
            AppendError::Store(error) => CommitError::Store(error),
        }
    }
}

/// Builds the change that decided events make to a case that was `before`.
///
/// `open` returns a body that is on disk, `None` where it was erased; it is asked only when the search
/// document has to be written anew.
pub(crate) fn change(
    moment: &Moment<'_>,
    id: CaseId,
    before: Option<&Loaded>,
    key: Option<BodyKey>,
    decided: Vec<Decided>,
    bodies: &mut Bodies,
    open: &dyn Fn(BodyRef) -> Result<Option<String>, StoreError>,
) -> Result<Change, StoreError> {
    let stream = Stream::Case(id);
    let mut head = before.map(|loaded| loaded.head).unwrap_or_default();
    let mut case = before.map(|loaded| loaded.case.clone());
    let mut encoded = Vec::with_capacity(decided.len());
    let mut entries = Vec::with_capacity(decided.len());
    for Decided { occurred_at, event } in decided {
        let entry = Entry {
            occurred_at,
            recorded_at: moment.now,
            actor: moment.actor,
            event: Event::Case(event),
        };
        encoded.push(log::encode(stream, &mut head, &entry)?);
        let folded = fold(case, id, head.version, &entry);
        case = Some(folded.map_err(|error| StoreError::Corrupt(format!("case {id}: {error}")))?);
        entries.push((head.version, entry));
    }
    let case = case.ok_or_else(|| StoreError::Corrupt(format!("case {id} without an event")))?;
    let sealed = match &key {
        Some(key) => bodies.seal(key),
        None => {
            return Err(StoreError::Conflict(format!(
                "the texts of case {id} were erased for good"
            )));
        }
    };
    let erased = erased_in(&entries);
    let before_case = before.map(|loaded| &loaded.case);
    let document = document(moment.engine, before_case, &case, &erased, bodies, open)?;
    Ok(Change {
        before: before
            .map(|loaded| row_of(moment.scene, &loaded.case))
            .transpose()?,
        row: row_of(moment.scene, &case)?,
        external: before.is_none().then(|| case.external.clone()).flatten(),
        after: Arc::new(Loaded { case, head, key }),
        events: encoded,
        bodies: sealed,
        erased,
        document,
        beside: Beside::default(),
        now: moment.now,
    })
}

/// Returns the row of a case.
///
/// # Errors
/// [`StoreError::Corrupt`] if the pack that judges it, or its kind, is not installed.
pub(crate) fn row_of(scene: &Scene, case: &Case) -> Result<Row, StoreError> {
    let kind = scene.kind(&case.pack, &case.kind).ok_or_else(|| {
        let (pack, kind) = (&case.pack, &case.kind);
        StoreError::Corrupt(format!(
            "kind {kind} of pack {} {} is not there",
            pack.id, pack.version
        ))
    })?;
    Ok(Row::of(case, kind))
}

fn erased_in(entries: &[(u32, Entry)]) -> Vec<BodyId> {
    let erased = entries.iter().filter_map(|(_, entry)| match &entry.event {
        Event::Case(CaseEvent::BodyErased { body, .. }) => Some(*body),
        _ => None,
    });
    erased.collect()
}

/// Returns the search document of `after` if it differs from that of `before`.
fn document(
    engine: Engine,
    before: Option<&Case>,
    after: &Case,
    erased: &[BodyId],
    bodies: &Bodies,
    open: &dyn Fn(BodyRef) -> Result<Option<String>, StoreError>,
) -> Result<Option<Document>, StoreError> {
    let same = before.is_some_and(|before| search::searched(before).eq(search::searched(after)));
    let touched = search::searched(after).any(|body| erased.contains(&body.id));
    if same && !touched {
        return Ok(None);
    }
    let mut texts = Vec::new();
    for body in search::searched(after).filter(|body| !erased.contains(&body.id)) {
        match bodies.text(body) {
            Some(text) => texts.push(text.to_owned()),
            None => texts.extend(open(body)?),
        }
    }
    Ok(Some(Document {
        tokens: search::index_text(engine, &texts),
        erases: !erased.is_empty(),
    }))
}

/// Reads a case from its events; `None` where there is none.
///
/// # Errors
/// [`StoreError::Corrupt`] if the events cannot be folded.
pub(crate) fn load(
    connection: &Connection,
    tenant: TenantId,
    keys: &TenantKeys,
    id: CaseId,
) -> Result<Option<Loaded>, StoreError> {
    let logged = log::read(connection, tenant, Stream::Case(id), 1)?;
    let head = logged.last().map(|last| Head {
        version: last.version,
        hash: last.hash,
    });
    let case = fold_all(id, logged.iter().map(|logged| &logged.entry))
        .map_err(|error| StoreError::Corrupt(format!("case {id}: {error}")))?;
    let (Some(case), Some(head)) = (case, head) else {
        return Ok(None);
    };
    let key = bodies::key(connection, tenant, keys, id)?;
    Ok(Some(Loaded { case, head, key }))
}

impl Change {
    /// Whether it destroys a text or an identity.
    pub(crate) fn erases(&self) -> bool {
        !self.erased.is_empty()
    }

    /// Returns the case.
    pub(crate) fn case(&self) -> CaseId {
        self.row.id
    }

    /// Returns the version that the case has before it, 0 where it is new.
    pub(crate) fn before_version(&self) -> u32 {
        self.before.as_ref().map_or(0, |before| before.version)
    }

    /// Returns the hash of the event that its first event is chained to; none where it has no event.
    pub(crate) fn before_hash(&self) -> Option<Digest> {
        self.events.first().map(|event| event.prev)
    }

    /// Returns the version that the case has after it.
    pub(crate) fn version(&self) -> u32 {
        self.after.head.version
    }

    /// Adds what comes with a raise and is not in its events.
    pub(crate) fn with(mut self, beside: Beside) -> Self {
        self.beside = beside;
        self
    }
}

/// Returns the case that an imported record became.
pub(crate) fn find_external(
    connection: &Connection,
    tenant: TenantId,
    external: &ExternalRef,
) -> Result<Option<CaseId>, StoreError> {
    let found: Option<Id> = connection.query_optional(
        FIND_EXTERNAL,
        (Id(tenant.0), &external.system, &external.key),
        |row| row.get(0),
    )?;
    Ok(found.map(|Id(case)| CaseId(case)))
}
