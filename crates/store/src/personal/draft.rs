//! Drafts: what a person has begun to write and not yet sent. They lie here, sealed, and not in the browser.

use bihuan_core::id::{Entropy, PersonId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::Row;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    SAVE = "INSERT INTO draft (tenant, person, form, sealed, saved_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, person, form) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at";
    DROP = "DELETE FROM draft WHERE tenant = $1 AND person = $2 AND form = $3";
    FORGET = "DELETE FROM draft WHERE tenant = $1 AND saved_at < $2";
    FORGET_FORM = "DELETE FROM draft WHERE tenant = $1 AND substr(form, 1, $2) = $3 AND saved_at < $4";
    ONE = "SELECT form, sealed, saved_at FROM draft WHERE tenant = $1 AND person = $2 AND form = $3";
    ALL = "SELECT form, sealed, saved_at FROM draft
        WHERE tenant = $1 AND person = $2 AND substr(form, 1, $3) = $4
        ORDER BY saved_at DESC, form DESC LIMIT $5";
    OTHERS = "SELECT count(*) FROM draft
        WHERE tenant = $1 AND person = $2 AND substr(form, 1, $3) = $4 AND form <> $5";
}

/// A form, and one filling-in of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling<'a> {
    /// The form's name, such as `register`.
    pub form: &'a str,
    /// Tells one filling-in from another.
    pub id: Uuid,
}

/// What somebody has begun to write. It can hold who reported something, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// Which filling-in it is.
    pub id: Uuid,
    /// What stood in the form, as the page writes it down.
    pub text: String,
    /// When it was saved last.
    pub saved_at: Timestamp,
}

/// Returns what the keys of a form's drafts begin with, and how many characters that is.
fn beginning(form: &str) -> (String, i64) {
    let start = format!("{form}/");
    let length = i64::try_from(start.chars().count()).unwrap_or(i64::MAX);
    (start, length)
}

impl Filling<'_> {
    fn key(self) -> String {
        format!("{}/{}", self.form, self.id)
    }

    /// What the draft is sealed for: it opens for nobody else and in no other filling-in.
    fn sealed_for(self, person: PersonId) -> Vec<u8> {
        [person.0.as_bytes(), self.key().as_bytes()].concat()
    }
}

impl Tenant {
    /// Keeps what somebody has begun to write, sealed; replaces what was there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn save_draft(
        &self,
        person: PersonId,
        filling: Filling<'_>,
        text: &str,
        now: Timestamp,
        entropy: &mut (dyn Entropy + Send),
    ) -> Result<(), StoreError> {
        let sealed = self
            .keys()
            .data
            .seal(&filling.sealed_for(person), text.as_bytes(), entropy);
        let key = filling.key();
        self.change(SAVE, move |tenant| {
            (tenant, Id(person.0), key, sealed, millis(now))
        })
        .await
        .map(drop)
    }

    /// Deletes a draft, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn drop_draft(&self, person: PersonId, filling: Filling<'_>) -> Result<(), StoreError> {
        let key = filling.key();
        self.change(DROP, move |tenant| (tenant, Id(person.0), key))
            .await
            .map(drop)
    }

    /// Deletes everybody's drafts that were saved last before an instant, and returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_drafts(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.change(FORGET, move |tenant| (tenant, millis(before))).await
    }

    /// Deletes everybody's drafts of one form that were saved last before an instant, and returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_drafts_of(&self, form: &str, before: Timestamp) -> Result<usize, StoreError> {
        let (start, length) = beginning(form);
        self.change(FORGET_FORM, move |tenant| (tenant, length, start, millis(before)))
            .await
    }
}

impl Reader {
    /// Returns a draft.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it does not open.
    pub fn draft(&self, person: PersonId, filling: Filling<'_>) -> Result<Option<Draft>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(ONE)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Id(person.0), filling.key()))?;
        rows.next()?
            .map(|row| self.read_draft(person, filling.form, row))
            .transpose()
    }

    /// Returns a person's drafts of a form, those saved last first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one does not open.
    pub fn drafts(&self, person: PersonId, form: &str, limit: u32) -> Result<Vec<Draft>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(ALL)?;
        let (start, length) = beginning(form);
        let mut rows = statement.query((Id(self.tenant.id().0), Id(person.0), length, start, limit))?;
        let mut drafts = Vec::new();
        while let Some(row) = rows.next()? {
            drafts.push(self.read_draft(person, form, row)?);
        }
        Ok(drafts)
    }

    /// Returns how many drafts of the same form a person has beside one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn other_drafts(&self, person: PersonId, filling: Filling<'_>) -> Result<usize, StoreError> {
        let (start, length) = beginning(filling.form);
        let asked = (Id(self.tenant.id().0), Id(person.0), length, start, filling.key());
        let connection = self.snapshot.connection();
        let others: i64 = connection.query_row(OTHERS, asked, |row| row.get(0))?;
        Ok(usize::try_from(others).unwrap_or(0))
    }

    fn read_draft(&self, person: PersonId, form: &str, row: Row<'_>) -> Result<Draft, StoreError> {
        let (key, sealed, saved_at): (String, Vec<u8>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let damaged = || StoreError::Corrupt(format!("the draft {key} of {person} does not open"));
        let id = key.strip_prefix(form).and_then(|rest| rest.strip_prefix('/'));
        let id = id.and_then(|id| id.parse().ok()).ok_or_else(damaged)?;
        let sealed_for = Filling { form, id }.sealed_for(person);
        let plain = self.tenant.keys().data.open(&sealed_for, &sealed);
        let plain = plain.map_err(|_| damaged())?;
        Ok(Draft {
            id,
            text: std::str::from_utf8(&plain).map_err(|_| damaged())?.to_owned(),
            saved_at: instant(saved_at)?,
        })
    }
}
