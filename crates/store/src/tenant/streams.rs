//! The streams that make the scene: the org tree, packs and calendars change by events of their own.

use bihuan_core::event::{Entry, Event, Stream};
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::commit::log;
use crate::error::{ExecuteError, StoreError};
use crate::leave::require_scene;
use crate::tenant::Tenant;
use crate::tenant::growth::{calendar_event, grow, pack_event};
use crate::tenant::scene::{Heads, Scene};

impl Tenant {
    /// Changes the org tree.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the tree does not allow it, with the reason.
    pub async fn change_org(
        &self,
        permit: &Permit,
        event: OrgEvent,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        self.change_org_together(permit, vec![event], now).await
    }

    /// Changes the org tree by several events, in their order: all of them or, where one is not allowed, none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the tree does not allow one, with the reason.
    pub async fn change_org_together(
        &self,
        permit: &Permit,
        events: Vec<OrgEvent>,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        let events = events.into_iter().map(Event::Org).collect();
        self.grow_scene(permit, Stream::Org, events, now).await
    }

    /// Installs a version of a pack.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has problems, or this version is installed with another text.
    pub async fn install_pack(
        &self,
        permit: &Permit,
        toml: &str,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        let event = pack_event(toml)?;
        self.grow_scene(permit, Stream::Packs, vec![event], now).await
    }

    /// Installs a version of a working-day calendar. Due instants follow once the clocks are recomputed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has problems.
    pub async fn install_calendar(
        &self,
        permit: &Permit,
        toml: &str,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        let event = calendar_event(toml)?;
        self.grow_scene(permit, Stream::Calendars, vec![event], now).await
    }

    async fn grow_scene(
        &self,
        permit: &Permit,
        stream: Stream,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        events.iter().try_for_each(|event| require_scene(permit, event))?;
        let _one_at_a_time = self.inner.scene_change.lock().await;
        let mut scene = Scene::clone(&self.scene());
        let mut encoded = Vec::with_capacity(events.len());
        for event in events {
            let entry = Entry {
                occurred_at: now,
                recorded_at: now,
                actor: permit.actor(),
                event,
            };
            encoded.push(grow(&mut scene, stream, &entry)?);
        }
        let tenant = self.id();
        let written = self
            .write(move |connection| {
                log::append(connection, tenant, stream, &encoded).map_err(StoreError::from)
            })
            .await?;
        match written {
            Ok(()) => self.set_scene(scene),
            // Another process changed the stream; what it did is seen from here on.
            Err(StoreError::Conflict(reason)) => {
                self.refresh_scene()?;
                return Err(StoreError::Conflict(reason).into());
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Reads the scene again if another process has changed one of its streams.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a stream of it cannot be folded.
    pub async fn see_others_changes(&self) -> Result<(), StoreError> {
        self.read(|reader| {
            let (connection, tenant) = (reader.snapshot.connection(), &reader.tenant);
            if Heads::read(connection, tenant.id())? != tenant.scene().heads {
                tenant.set_scene(Scene::load(connection, tenant.id())?);
            }
            Ok(())
        })
        .await
    }

    /// Reads the scene again, where another process may have changed it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a stream of it cannot be folded.
    pub fn refresh_scene(&self) -> Result<(), StoreError> {
        let snapshot = self.snapshot()?;
        self.set_scene(Scene::load(snapshot.connection(), self.id())?);
        Ok(())
    }
}
