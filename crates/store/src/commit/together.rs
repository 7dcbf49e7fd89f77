//! Writing many changes at once: table by table, so that each statement serves them all.

use std::collections::HashMap;
use std::sync::LazyLock;

use bihuan_core::event::Stream;
use bihuan_core::id::{CaseId, TenantId};

use crate::bodies;
use crate::commit::rows::{self, RowChange};
use crate::commit::search::{self, Written};
use crate::commit::{Change, log};
use crate::engine::connection::{Connection, Engine};
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::value::{Id, millis};

statements! {
    ERASE_IDENTITY = "UPDATE identity SET wrapped_key = NULL, sealed = NULL, phone_hash = NULL, erased_at = $1
        WHERE tenant = $2 AND id = $3 AND case_id = $4";
}

static BODIES: LazyLock<Many> = LazyLock::new(|| {
    let columns = [TENANT, ("id", Form::Blob), CASE, ("sealed", Form::Blob)];
    Many::insert("body", &columns, "")
});
static BODY_KEYS: LazyLock<Many> =
    LazyLock::new(|| Many::insert("body_key", &[TENANT, CASE, ("wrapped_key", Form::Blob)], ""));
static RECEIPTS: LazyLock<Many> =
    LazyLock::new(|| Many::insert("receipt", &[TENANT, ("code_hash", Form::Blob), CASE], ""));
static IDENTITIES: LazyLock<Many> = LazyLock::new(|| {
    let sealed = [
        ("wrapped_key", Form::Blob),
        ("sealed", Form::Blob),
        ("phone_hash", Form::Blob),
    ];
    let columns = [[TENANT, ("id", Form::Blob), CASE], sealed].concat();
    Many::insert("identity", &columns, "")
});
static EXTERNALS: LazyLock<Many> = LazyLock::new(|| {
    let columns = [TENANT, ("system", Form::Text), ("key", Form::Text), CASE];
    Many::insert("external", &columns, "")
});

const TENANT: (&str, Form) = ("tenant", Form::Blob);
const CASE: (&str, Form) = ("case_id", Form::Blob);

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&BODIES, &BODY_KEYS, &RECEIPTS, &IDENTITIES, &EXTERNALS]
}

/// A change and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) tenant: Id,
    pub(crate) case: Id,
    pub(crate) change: &'a Change,
}

impl<'a> Placed<'a> {
    pub(crate) fn new(tenant: TenantId, change: &'a Change) -> Placed<'a> {
        Placed {
            tenant: Id(tenant.0),
            case: Id(change.case().0),
            change,
        }
    }
}

/// Writes changes, in their order where several are of one case.
///
/// What an error leaves half done is undone by the caller's transaction.
pub(crate) fn write(connection: &Connection, changes: &[Placed<'_>]) -> Result<(), StoreError> {
    write_events(connection, changes)?;
    write_texts(connection, changes)?;
    write_beside(connection, changes)?;
    let merged = merge(changes);
    let docs = docs(connection, &merged)?;
    let row_changes: Vec<RowChange<'_>> = merged
        .iter()
        .zip(&docs)
        .map(|(placed, doc)| RowChange {
            tenant: TenantId(placed.tenant.0),
            before: placed.first.before.as_ref(),
            row: &placed.last.row,
            doc: *doc,
        })
        .collect();
    rows::write(connection, &row_changes)?;
    let documents: Vec<Written<'_>> = merged
        .iter()
        .zip(&docs)
        .filter_map(|(placed, doc)| {
            Some(Written {
                tenant: placed.tenant,
                case: Id(placed.last.case().0),
                tokens: placed.tokens?,
                doc: placed.first.before.is_none().then_some(*doc),
                erases: placed.erases,
            })
        })
        .collect();
    search::write(connection, &documents)
}

/// All changes of one case: what it was before the first, what it is after the last.
struct Merged<'a> {
    tenant: Id,
    first: &'a Change,
    last: &'a Change,
    tokens: Option<&'a str>,
    erases: bool,
}

fn merge<'a>(changes: &[Placed<'a>]) -> Vec<Merged<'a>> {
    let mut places: HashMap<(TenantId, CaseId), usize> = HashMap::with_capacity(changes.len());
    let mut merged: Vec<Merged<'a>> = Vec::with_capacity(changes.len());
    for placed in changes {
        let key = (TenantId(placed.tenant.0), placed.change.case());
        let document = placed.change.document.as_ref();
        let tokens = document.map(|document| document.tokens.as_str());
        let erases = document.is_some_and(|document| document.erases);
        match places.get(&key) {
            Some(place) => {
                let known = &mut merged[*place];
                known.last = placed.change;
                known.tokens = tokens.or(known.tokens);
                known.erases |= erases;
            }
            None => {
                places.insert(key, merged.len());
                merged.push(Merged {
                    tenant: placed.tenant,
                    first: placed.change,
                    last: placed.change,
                    tokens,
                    erases,
                });
            }
        }
    }
    merged
}

/// Returns the numbers of the new cases' search documents; zeros where the engine has none.
fn docs(connection: &Connection, merged: &[Merged<'_>]) -> Result<Vec<i64>, StoreError> {
    if connection.engine() == Engine::Postgres {
        return Ok(vec![0; merged.len()]);
    }
    let mut next: HashMap<TenantId, i64> = HashMap::new();
    let mut docs = Vec::with_capacity(merged.len());
    for placed in merged {
        if placed.first.before.is_some() {
            docs.push(0);
            continue;
        }
        let tenant = TenantId(placed.tenant.0);
        let doc = match next.get(&tenant) {
            Some(doc) => *doc,
            None => rows::next_doc(connection, tenant)?,
        };
        next.insert(tenant, doc + 1);
        docs.push(doc);
    }
    Ok(docs)
}

fn write_events(connection: &Connection, changes: &[Placed<'_>]) -> Result<(), StoreError> {
    let events: Vec<log::Line<'_>> = changes
        .iter()
        .flat_map(|placed| {
            let stream = Stream::Case(placed.change.case());
            let line = move |event| log::Line::new(&placed.tenant, stream, event);
            placed.change.events.iter().map(line)
        })
        .collect();
    log::write(connection, &events)
}

fn write_texts(connection: &Connection, changes: &[Placed<'_>]) -> Result<(), StoreError> {
    let mut keys = Vec::new();
    let mut texts = Vec::new();
    for Placed { tenant, case, change } in changes {
        let (tenant, case) = (tenant.bind(), case.bind());
        if let Some(wrapped) = &change.beside.wrapped_key {
            keys.push([tenant, case, Value::Blob(wrapped)]);
        }
        for (id, sealed) in &change.bodies {
            texts.push([tenant, Value::Blob(id.0.as_bytes()), case, Value::Blob(sealed)]);
        }
    }
    connection.write_many(&BODY_KEYS, &keys)?;
    connection.write_many(&BODIES, &texts)?;
    for Placed { tenant, case, change } in changes {
        for body in &change.erased {
            let case_id = change.case();
            bodies::erase(connection, TenantId(tenant.0), case_id, *body, change.now)?;
            // The event may name the identity instead of a body; ids of the two never meet.
            connection.execute(ERASE_IDENTITY, (millis(change.now), tenant, Id(body.0), case))?;
        }
    }
    Ok(())
}

fn write_beside(connection: &Connection, changes: &[Placed<'_>]) -> Result<(), StoreError> {
    let (mut receipts, mut identities, mut externals) = (Vec::new(), Vec::new(), Vec::new());
    for Placed { tenant, case, change } in changes {
        let (tenant, case) = (tenant.bind(), case.bind());
        if let Some(code_hash) = &change.beside.receipt {
            receipts.push([tenant, Value::Blob(code_hash), case]);
        }
        if let Some((id, sealed)) = &change.beside.identity {
            let id = Value::Blob(id.0.as_bytes());
            let (wrapped, hash) = (sealed.wrapped_key.bind(), sealed.phone_hash.bind());
            identities.push([tenant, id, case, wrapped, sealed.sealed.bind(), hash]);
        }
        if let Some(external) = &change.external {
            externals.push([tenant, external.system.bind(), external.key.bind(), case]);
        }
    }
    connection.write_many(&RECEIPTS, &receipts)?;
    connection.write_many(&IDENTITIES, &identities)?;
    connection.write_many(&EXTERNALS, &externals)
}
