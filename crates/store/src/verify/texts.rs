//! Texts against the digests in events.

use std::collections::HashSet;

use bihuan_core::case::Case;
use bihuan_core::event::BodyRef;
use bihuan_core::id::{BodyId, CaseId};

use super::derived::{Derived, Sealed};
use super::findings::{Check, Findings};
use crate::bodies;
use crate::commit::search;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::seal::{BodyKey, OpenBody};

/// The texts that the events of a case refer to.
#[derive(Default)]
pub(super) struct Texts {
    referred: Vec<BodyRef>,
    /// Those that an event says were erased.
    pub(super) erased: HashSet<BodyId>,
}

impl Texts {
    /// Takes up the references in the bytes of an event.
    pub(super) fn refer(&mut self, data: &[u8]) {
        // Bytes that are no JSON are a finding of their own.
        body_refs(
            &serde_json::from_slice(data).unwrap_or_default(),
            &mut self.referred,
        );
    }
}

/// What came of opening the texts of a case.
pub(super) struct Opened {
    /// The texts that the case is found by.
    pub(super) found_by: Vec<String>,
    /// How many texts there are or were.
    pub(super) count: u64,
    /// How many of them were erased.
    pub(super) erased: u64,
}

/// Opens every text of a case.
pub(super) fn open(
    keys: &TenantKeys,
    case: &Case,
    texts: &Texts,
    derived: &Derived,
    findings: &mut Findings,
) -> Opened {
    let wrapped = derived.keys.one(case.id);
    let key = match wrapped
        .map(|wrapped| bodies::key_read(keys, case.id, wrapped))
        .transpose()
    {
        Ok(key) => key,
        Err(error) => {
            findings.add(Check::Bodies, format!("case {}", case.id), error.to_string());
            None
        }
    };
    let stored = derived.bodies.of(case.id);
    let searched: Vec<BodyRef> = search::searched(case).collect();
    let mut erased = 0;
    let mut found_by = vec![String::new(); searched.len()];
    for reference in &texts.referred {
        let opened = match &key {
            Some(key) => open_one(key, *reference, stored),
            None => Ok(None),
        };
        let subject = || format!("text {} of case {}", reference.id, case.id);
        match opened {
            Ok(Some(body)) => {
                if let Some(place) = searched.iter().position(|body| body == reference) {
                    found_by[place] = body.text.clone();
                }
            }
            Ok(None) if texts.erased.contains(&reference.id) => erased += 1,
            Ok(None) => findings.add(
                Check::Bodies,
                subject(),
                "is gone, but no event says it was erased",
            ),
            Err(error) => findings.add(Check::Bodies, subject(), error.to_string()),
        }
    }
    Opened {
        found_by,
        count: texts.referred.len() as u64,
        erased,
    }
}

/// Opens one of the texts that are stored of a case; `None` where it was erased.
fn open_one(
    key: &BodyKey,
    reference: BodyRef,
    stored: &[(CaseId, Sealed)],
) -> Result<Option<OpenBody>, StoreError> {
    let place = stored.binary_search_by_key(&reference.id, |(_, text)| text.id);
    let place = place.map_err(|_| StoreError::Corrupt(format!("body {} is not there", reference.id)))?;
    let open = |sealed: &Vec<u8>| bodies::open_read(key, reference, sealed);
    stored[place].1.sealed.as_ref().map(open).transpose()
}

/// Collects every reference to a text: each is an object of exactly `id` and `digest`.
fn body_refs(value: &serde_json::Value, found: &mut Vec<BodyRef>) {
    match value {
        serde_json::Value::Object(fields) => {
            let is_reference =
                fields.len() == 2 && fields.contains_key("id") && fields.contains_key("digest");
            match is_reference.then(|| serde_json::from_value(value.clone())) {
                Some(Ok(reference)) => found.push(reference),
                Some(Err(_)) | None => fields.values().for_each(|field| body_refs(field, found)),
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| body_refs(item, found)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::id::Digest;
    use uuid::Uuid;

    #[test]
    fn references_are_found_however_deep_and_nothing_else_is() {
        let reference = |number: u8| BodyRef {
            id: BodyId(Uuid::from_u128(number.into())),
            digest: Digest::of(&[&[number]]),
        };
        let event = serde_json::json!({
            "title": reference(1),
            "nested": { "list": [reference(2), { "id": "no digest" }] },
            "other": { "id": reference(3).id, "digest": reference(3).digest, "third": 1 },
        });
        let mut texts = Texts::default();
        texts.refer(&serde_json::to_vec(&event).unwrap());
        texts.refer(b"not JSON");
        texts.referred.sort_by_key(|reference| reference.id);
        assert_eq!(texts.referred, [reference(1), reference(2)]);
    }
}
