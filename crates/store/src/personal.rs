//! What belongs to one person: saved views, drafts ([`draft`]), and how far they have read their units' inbox.

pub mod draft;

use bihuan_core::id::{CaseId, Entropy, PersonId, UnitId, uuid_v7};
use bihuan_core::permission::Permit;
use jiff::Timestamp;
use uuid::Uuid;

use crate::commit::idempotency::Once;
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::leave::require_action;
use crate::made::Made;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    SAVE_VIEW = "INSERT INTO saved_view (tenant, id, owner, shared, name, filter, sort, columns, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    DROP_VIEW = "DELETE FROM saved_view WHERE tenant = $1 AND id = $2 AND owner = $3";
    VIEWS = "SELECT id, owner, shared, name, filter, sort, columns, made_at FROM saved_view
        WHERE tenant = $1 AND (owner = $2 OR shared = 1) ORDER BY name, id";
    INBOX = "SELECT at, case_id, version, what FROM inbox
        WHERE tenant = $1 AND unit = $2 ORDER BY at DESC, case_id DESC, version DESC LIMIT $3";
    SEEN = "INSERT INTO inbox_seen (tenant, person, unit, seen_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, person, unit) DO UPDATE SET seen_until = excluded.seen_until";
    SEEN_UNTIL = "SELECT seen_until FROM inbox_seen WHERE tenant = $1 AND person = $2 AND unit = $3";
}

/// A filter that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub owner: PersonId,
    /// Whether everybody may use it.
    pub shared: bool,
    /// Its name.
    pub name: String,
    /// The filter's text.
    pub filter: String,
    /// The sort's text.
    pub sort: String,
    /// The columns, as the page writes them.
    pub columns: String,
    /// When it was saved.
    pub made_at: Timestamp,
}

/// A view to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewView {
    /// Whether everybody may use it; needs the permit of `view.share`.
    pub shared: bool,
    /// Its name.
    pub name: String,
    /// The filter's text, already found to be right.
    pub filter: String,
    /// The sort's text.
    pub sort: String,
    /// The columns, as the page writes them.
    pub columns: String,
}

/// Something that a unit has to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticed {
    /// When it was taken down.
    pub at: Timestamp,
    /// The case.
    pub case: CaseId,
    /// The event's version in the case.
    pub version: u32,
    /// What: `assigned`, `ruled`, `warned`, `breached`, `replied`, `unsatisfied`, `failed`, `reopened`.
    pub what: String,
    /// Whether the person has not seen it yet.
    pub unseen: bool,
}

impl Tenant {
    /// Saves a view of `owner`, unless the same request has saved one already.
    ///
    /// # Errors
    /// [`ExecuteError::NotPermitted`] if it is shared and the permit is not for `view.share`;
    /// [`ExecuteError::KeyReused`] if the key belongs to another request.
    pub async fn save_view(
        &self,
        permit: Option<&Permit>,
        owner: PersonId,
        view: NewView,
        once: Option<Once>,
        now: Timestamp,
        entropy: &mut (dyn Entropy + Send),
    ) -> Result<Made, ExecuteError> {
        match permit {
            Some(permit) if view.shared => require_action(permit, "view.share")?,
            None if view.shared => {
                return Err(ExecuteError::NotPermitted {
                    needed: "view.share".into(),
                });
            }
            Some(_) | None => {}
        }
        let (id, tenant) = (uuid_v7(now, entropy), Id(self.id().0));
        let NewView {
            shared,
            name,
            filter,
            sort,
            columns,
        } = view;
        let made_at = millis(now);
        let insert = move |connection: &Connection| {
            let (id, owner) = (Id(id), Id(owner.0));
            let row = (tenant, id, owner, shared, name, filter, sort, columns, made_at);
            connection.execute(SAVE_VIEW, row).map(drop)
        };
        self.make_once(owner, id, once, now, insert).await
    }

    /// Deletes a view of `owner`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if they have no such view.
    pub async fn drop_view(&self, owner: PersonId, id: Uuid) -> Result<(), StoreError> {
        match self
            .change(DROP_VIEW, move |tenant| (tenant, Id(id), Id(owner.0)))
            .await?
        {
            0 => Err(StoreError::NotFound("the view".into())),
            _ => Ok(()),
        }
    }

    /// Notes that a person has seen a unit's inbox up to an instant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn see_inbox(
        &self,
        person: PersonId,
        unit: UnitId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(SEEN, move |tenant| {
            (tenant, Id(person.0), Id(unit.0), millis(until))
        })
        .await
        .map(drop)
    }
}

impl Reader {
    /// Returns a person's views and those that are shared, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn views(&self, person: PersonId) -> Result<Vec<SavedView>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(VIEWS)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Id(person.0)))?;
        let mut views = Vec::new();
        while let Some(row) = rows.next()? {
            views.push(read_view(row)?);
        }
        Ok(views)
    }

    /// Returns the newest of a unit's inbox, newest first, and what `person` has not seen of it.
    ///
    /// It names cases without asking who may see them: the caller leaves out what the viewer may not read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn inbox(&self, unit: UnitId, person: PersonId, limit: u32) -> Result<Vec<Noticed>, StoreError> {
        let connection = self.snapshot.connection();
        let tenant = Id(self.tenant.id().0);
        let seen_until: Option<i64> =
            connection.query_optional(SEEN_UNTIL, (tenant, Id(person.0), Id(unit.0)), |row| row.get(0))?;
        let mut statement = connection.prepare(INBOX)?;
        let mut rows = statement.query((tenant, Id(unit.0), limit))?;
        let mut noticed = Vec::new();
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            let Id(case) = row.get(1)?;
            noticed.push(Noticed {
                at: instant(at)?,
                case: CaseId(case),
                version: row.get(2)?,
                what: row.get(3)?,
                unseen: seen_until.is_none_or(|until| at > until),
            });
        }
        Ok(noticed)
    }
}

fn read_view(row: Row<'_>) -> Result<SavedView, StoreError> {
    let (Id(id), Id(owner)) = (row.get(0)?, row.get(1)?);
    Ok(SavedView {
        id,
        owner: PersonId(owner),
        shared: row.get(2)?,
        name: row.get(3)?,
        filter: row.get(4)?,
        sort: row.get(5)?,
        columns: row.get(6)?,
        made_at: instant(row.get(7)?)?,
    })
}
