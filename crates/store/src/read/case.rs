//! One case, whole: fold, log and texts.

use std::collections::BTreeMap;

use bihuan_core::case::Case;
use bihuan_core::case::facts::CaseFacts;
use bihuan_core::case::fold::fold_all;
use bihuan_core::event::{BodyRef, CaseEvent, Event, ExternalRef, Stream};
use bihuan_core::id::{BodyId, CaseId, Digest};

use crate::bodies;
use crate::commit::log::{self, Logged};
use crate::commit::row_of;
use crate::engine::sql::statements;
use crate::engine::value::Params;
use crate::error::StoreError;
use crate::read::Reader;
use crate::receipt::ReceiptCode;
use crate::reissue::mark_of;
use crate::tie::Tie;
use crate::value::Id;

statements! {
    // In no order: SQLite would read the tenant's texts by their key to have one.
    BODIES = "SELECT id, sealed FROM body WHERE tenant = $1 AND case_id = $2";
    BY_NUMBER = "SELECT id FROM case_row WHERE tenant = $1 AND number = $2";
    BY_CODE = "SELECT case_id FROM receipt WHERE tenant = $1 AND code_hash IN ($2, $3)";
    LINKED_TO = "SELECT tie, case_id FROM case_link WHERE tenant = $1 AND other = $2
        ORDER BY case_id DESC, tie LIMIT $3";
    BY_EXTERNAL = "SELECT case_id FROM external WHERE tenant = $1 AND system = $2 AND key = $3";
}

/// A case with its log and its texts.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// What lists and grants see of it.
    pub facts: CaseFacts,
    /// Its events, oldest first.
    pub log: Vec<Logged>,
    texts: BTreeMap<BodyId, String>,
}

impl CaseView {
    /// Returns the text of a body; `None` where it was erased.
    pub fn text(&self, body: BodyRef) -> Option<&str> {
        self.texts.get(&body.id).map(String::as_str)
    }
}

impl Reader {
    /// Returns a case with its log and texts; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if its log cannot be folded or a text cannot be opened.
    pub fn case(&self, id: CaseId) -> Result<Option<CaseView>, StoreError> {
        let connection = self.snapshot.connection();
        let log = log::read(connection, self.tenant.id(), Stream::Case(id), 1)?;
        let case = fold_all(id, log.iter().map(|logged| &logged.entry))
            .map_err(|error| StoreError::Corrupt(format!("case {id}: {error}")))?;
        let Some(case) = case else { return Ok(None) };
        let facts = row_of(&self.tenant.scene(), &case)?.facts;
        Ok(Some(CaseView {
            case,
            facts,
            log,
            texts: self.texts(id)?,
        }))
    }

    /// Returns what lists and grants see of a case; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if its log cannot be folded.
    pub fn facts(&self, id: CaseId) -> Result<Option<CaseFacts>, StoreError> {
        let scene = self.tenant.scene();
        let connection = self.snapshot.connection();
        if let Some(loaded) = self.tenant.cached(id) {
            // Another process may have written since it was remembered, or a fail-over taken it back.
            let head = log::head(connection, self.tenant.id(), Stream::Case(id))?;
            if head == loaded.head {
                return Ok(Some(row_of(&scene, &loaded.case)?.facts));
            }
        }
        let loaded = crate::commit::load(connection, self.tenant.id(), self.tenant.keys(), id)?;
        loaded
            .map(|loaded| Ok(row_of(&scene, &loaded.case)?.facts))
            .transpose()
    }

    /// Returns all texts of a case that were not erased.
    fn texts(&self, case: CaseId) -> Result<BTreeMap<BodyId, String>, StoreError> {
        let connection = self.snapshot.connection();
        let Some(key) = bodies::key(connection, self.tenant.id(), self.tenant.keys(), case)? else {
            return Ok(BTreeMap::new());
        };
        let mut statement = connection.prepare(BODIES)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Id(case.0)))?;
        let mut texts = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (Id(id), sealed): (Id, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
            let Some(sealed) = sealed else { continue };
            let open = key
                .open(BodyId(id), &sealed)
                .map_err(|_| StoreError::Corrupt(format!("body {id} does not open")))?;
            texts.insert(BodyId(id), open.text.clone());
        }
        Ok(texts)
    }

    /// Returns the newest cases that relate to `case`, each with how it does; at most `limit`.
    ///
    /// What `case` itself says of others is in its fold.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn linked_to(&self, case: CaseId, limit: usize) -> Result<Vec<(Tie, CaseId)>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(LINKED_TO)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = statement.query_map((Id(self.tenant.id().0), Id(case.0), limit), |row| {
            Ok((row.get::<i64>(0)?, row.get::<Id>(1)?))
        })?;
        found
            .into_iter()
            .map(|(tie, case)| {
                let tie = Tie::from_number(tie)
                    .ok_or_else(|| StoreError::Corrupt(format!("there is no tie {tie}")))?;
                Ok((tie, CaseId(case.0)))
            })
            .collect()
    }

    /// Returns the case with this number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn by_number(&self, number: &str) -> Result<Option<CaseId>, StoreError> {
        self.find(BY_NUMBER, (Id(self.tenant.id().0), number))
    }

    /// Returns the case that a receipt code follows; `None` where another was given in its place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn by_code(&self, code: &ReceiptCode) -> Result<Option<CaseId>, StoreError> {
        let given = self.given(code)?;
        Ok(given.and_then(|(id, follows)| follows.then_some(id)))
    }

    /// Returns whether a code followed a case until another was given in its place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn has_ended(&self, code: &ReceiptCode) -> Result<bool, StoreError> {
        Ok(self.given(code)?.is_some_and(|(_, follows)| !follows))
    }

    /// Returns the case that a code was given for, and whether the code still follows it.
    fn given(&self, code: &ReceiptCode) -> Result<Option<(CaseId, bool)>, StoreError> {
        let keys = self.tenant.keys();
        let either = (code.lookup_hash(keys), code.whole_hash(keys));
        let found = self.find(BY_CODE, (Id(self.tenant.id().0), either.0, either.1))?;
        let Some(id) = found else {
            return Ok(None);
        };
        let newest = self.reissued_code(id)?;
        let follows = newest.is_none_or(|reissued| reissued == mark_of(code, keys));
        Ok(Some((id, follows)))
    }

    /// Returns what the newest event of a case that names a receipt code says of it.
    fn reissued_code(&self, id: CaseId) -> Result<Option<Digest>, StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), self.tenant.id());
        let logged = log::read(connection, tenant, Stream::Case(id), 1)?;
        let mut newest = logged.iter().rev();
        Ok(newest.find_map(|logged| match &logged.entry.event {
            Event::Case(CaseEvent::CodeReissued { code, .. }) => Some(*code),
            _ => None,
        }))
    }

    /// Returns the case that an imported record became.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn by_external(&self, external: &ExternalRef) -> Result<Option<CaseId>, StoreError> {
        self.find(
            BY_EXTERNAL,
            (Id(self.tenant.id().0), &external.system, &external.key),
        )
    }

    fn find(&self, sql: &str, params: impl Params) -> Result<Option<CaseId>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(sql)?;
        let found: Option<Id> = statement.query_optional(params, |row| row.get(0))?;
        Ok(found.map(|Id(case)| CaseId(case)))
    }
}
