//! Reading: everything through a [`Reader`] is of one instant and never waits for the writer.
//!
//! A reader is synchronous. [`Tenant::read`] runs one off the async threads.

pub mod case;
pub mod count;
pub mod events;
pub mod list;
pub mod search;

use crate::engine::readers::Snapshot;
use crate::error::StoreError;
use crate::tenant::Tenant;

/// A view of one tenant at one instant.
#[derive(Debug)]
pub struct Reader {
    pub(crate) tenant: Tenant,
    pub(crate) snapshot: Snapshot,
}

impl Tenant {
    /// Begins to read. For synchronous callers; others use [`Tenant::read`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many are reading; [`StoreError::Unavailable`] if the database cannot be
    /// opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader {
            tenant: self.clone(),
            snapshot: self.snapshot()?,
        })
    }

    /// Reads off the async threads: all that `work` sees is of one instant.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Busy`] if too many are reading; [`StoreError::Unavailable`] if the
    /// database cannot be opened.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (tenant, place) = (self.clone(), self.reader_place().await?);
        let read = tokio::task::spawn_blocking(move || {
            let snapshot = tenant.snapshot_at(place)?;
            work(&Reader { tenant, snapshot })
        });
        read.await
            .map_err(|error| StoreError::caused("a reader broke off", error))?
    }
}
