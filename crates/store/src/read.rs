//! Reading: everything through a [`Reader`] is of one instant and never waits for the writer.
//!
//! A reader is synchronous. [`Tenant::read`] runs one off the async threads.

pub mod alike;
pub mod bounds;
pub mod case;
pub mod count;
pub mod events;
pub mod list;
pub mod order;
pub mod outline;
mod paths;
pub(crate) mod query;
mod told;
mod walk;

use std::cell::OnceCell;

use crate::engine::readers::Snapshot;
use crate::engine::replica::Position;
use crate::error::StoreError;
use crate::read::bounds::Bounds;
use crate::read::paths::Stage;
use crate::tenant::Tenant;

/// A view of one tenant at one instant.
#[derive(Debug)]
pub struct Reader {
    pub(crate) tenant: Tenant,
    pub(crate) snapshot: Snapshot,
    /// The stages in which there are open cases, once they were asked for.
    stages: OnceCell<Vec<Stage>>,
}

impl Reader {
    fn over(tenant: Tenant, snapshot: Snapshot) -> Reader {
        Reader {
            tenant,
            snapshot,
            stages: OnceCell::new(),
        }
    }

    /// Returns how much may be read for one list or count.
    pub(crate) fn bounds(&self) -> Bounds {
        self.tenant.inner.bounds
    }
}

impl Tenant {
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.inner.readers.begin()
    }

    /// Begins to read. For synchronous callers; others use [`Tenant::read`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many are reading; [`StoreError::Unavailable`] if the database cannot be
    /// opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::over(self.clone(), self.snapshot()?))
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
        let tenant = self.clone();
        let read = match (self.seen, self.inner.replica.clone()) {
            (Some(seen), Some(replica)) => tokio::task::spawn_blocking(move || {
                let snapshot = match replica.begin(seen)? {
                    Some(snapshot) => snapshot,
                    None => tenant.snapshot()?,
                };
                work(&Reader::over(tenant, snapshot))
            }),
            _ => {
                let place = self.inner.readers.place().await?;
                tokio::task::spawn_blocking(move || {
                    let snapshot = tenant.inner.readers.begin_at(place)?;
                    work(&Reader::over(tenant, snapshot))
                })
            }
        };
        read.await
            .map_err(|error| StoreError::caused("a reader broke off", error))?
    }

    /// Reads as [`Tenant::read`] does, by a connection beside those of the pool: whoever asks whether all is
    /// well does not stand in line with those who read.
    ///
    /// # Errors
    /// As [`Tenant::read`].
    pub async fn look<T, E>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (tenant, place) = (self.clone(), self.inner.readers.watch_place().await?);
        let look = move || {
            let snapshot = tenant.inner.readers.begin_at(place)?;
            work(&Reader::over(tenant, snapshot))
        };
        tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| StoreError::caused("a reader broke off", error))?
    }

    /// Returns the same tenant for somebody who has seen what lies before `seen` in the server's log and
    /// needs nothing newer than a few seconds beside it: what [`Tenant::read`] reads may come from a replica.
    #[must_use]
    pub fn seen_up_to(&self, seen: Position) -> Tenant {
        Tenant {
            seen: Some(seen),
            ..self.clone()
        }
    }

    /// Returns the position that everything written by now lies before; `None` where there is no replica, and
    /// so nobody needs it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`], as reading.
    pub async fn position(&self) -> Result<Option<Position>, StoreError> {
        if self.inner.replica.is_none() {
            return Ok(None);
        }
        let newest = Tenant {
            seen: None,
            ..self.clone()
        };
        let written = newest.read(|reader| Position::written(reader.snapshot.connection()));
        written.await.map(Some)
    }

    /// Whether there is a replica to read from.
    pub fn has_replica(&self) -> bool {
        self.inner.replica.is_some()
    }
}
