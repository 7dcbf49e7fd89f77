//! What belongs to one person: saved views and drafts ([`draft`]).

pub mod draft;

use bihuan_core::id::{Entropy, PersonId, uuid_v7};
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
    SAVE_VIEW = "INSERT INTO saved_view (tenant, id, owner, shared, name, filter, sort, columns, made_at,
        layout) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    DROP_VIEW = "DELETE FROM saved_view WHERE tenant = $1 AND id = $2 AND owner = $3";
    VIEWS = "SELECT id, owner, shared, name, filter, sort, columns, made_at, layout FROM saved_view
        WHERE tenant = $1 AND (owner = $2 OR shared = 1) ORDER BY name, id";
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
    /// How its rows stand, as the page writes it; `None` where it was saved before views kept that.
    pub layout: Option<String>,
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
    /// How its rows stand, as the page writes it.
    pub layout: String,
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
            layout,
        } = view;
        let made_at = millis(now);
        let insert = move |connection: &Connection| {
            let (id, owner) = (Id(id), Id(owner.0));
            let row = (
                tenant, id, owner, shared, name, filter, sort, columns, made_at, layout,
            );
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
        layout: row.get(8)?,
        made_at: instant(row.get(7)?)?,
    })
}
