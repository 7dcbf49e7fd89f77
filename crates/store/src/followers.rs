//! Followers: what is derived from the log after the commit.
//!
//! A follower reads the tenant's events in the sequencer's order from its cursor on, folds the cases they
//! belong to, and writes its rows and the moved cursor in one transaction. It reads no clock and calls
//! nothing, so its rows are a function of the log up to the cursor: clearing them and starting at zero
//! gives the same rows again, and verifying recounts them.
//!
//! What units have to notice is written by the commit itself; the outbox holds what reporters are told,
//! [`notifications`] what people on the staff are told: these alone are not derived, and no rebuild writes them
//! again.

pub(crate) mod batch;
pub mod clocks;
pub(crate) mod follower;
pub mod handling;
pub mod lag;
pub(crate) mod merging;
pub(crate) mod notifications;
pub(crate) mod outbox;
pub(crate) mod renewal;
pub(crate) mod renewed;
pub mod rollups;
pub mod ticker;

use bihuan_core::id::TenantId;
use jiff::Timestamp;

use crate::engine::connection::Connection;
use crate::error::StoreError;
use crate::followers::batch::{Batch, Cases};
use crate::followers::clocks::Clocks;
use crate::followers::notifications::Told;
use crate::followers::outbox::Outbox;
use crate::followers::rollups::Rollups;
use crate::proof::sequence;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::tenant::scene::Scene;

/// Events that one transaction places: bounds how long intake waits for it.
const PLACED: usize = 2_048;

/// Events that a session which has the writer to itself places in one transaction.
const PLACED_ALONE: usize = 32_768;

impl Tenant {
    /// Gives every committed event its place in the log's order, lets every follower catch up, and
    /// returns how many events were placed.
    ///
    /// Folds outside the writer and writes in small transactions: on SQLite between those of intake, on a server beside
    /// them. To be called again and again by whoever serves; two runs at once do no harm.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if an event is gone or a case cannot be folded: nothing follows then.
    pub async fn follow(&self) -> Result<u64, StoreError> {
        let tenant = self.id();
        let mut all = 0;
        loop {
            let placed = self
                .write_following(move |connection| sequence::place(connection, tenant, PLACED))
                .await?;
            if placed == 0 {
                break;
            }
            all += placed as u64;
        }
        self.advance().await?;
        Ok(all)
    }

    /// Clears what the followers wrote and lets them write it again from the beginning of the log.
    ///
    /// # Errors
    /// The same as [`Tenant::follow`].
    pub async fn rebuild_followers(&self) -> Result<(), StoreError> {
        let tenant = self.id();
        self.write_following(move |connection| {
            sequence::hold(connection, tenant)?;
            follower::reset::<Clocks>(connection, tenant)?;
            follower::reset::<Rollups>(connection, tenant)?;
            follower::reset::<Outbox>(connection, tenant)
        })
        .await?;
        self.follow().await?;
        Ok(())
    }

    /// Waits until this process has committed an order since the last wait ended: there is something to
    /// follow. What other processes commit, and what is no order, is not told.
    pub async fn committed(&self) {
        self.inner.committed.notified().await;
    }

    async fn advance(&self) -> Result<(), StoreError> {
        let tenant = self.id();
        let mut cases = Cases::default();
        loop {
            let read = move |reader: &Reader| {
                let scene = reader.tenant.scene();
                let told = Told::since(Timestamp::MIN);
                let connection = reader.snapshot.connection();
                let batch = Batch::read(connection, tenant, (&scene, told), &mut cases)?;
                Ok::<_, StoreError>((batch, cases))
            };
            let (batch, kept) = self.read(read).await?;
            cases = kept;
            let Some(batch) = batch else {
                return Ok(());
            };
            self.write_following(move |connection| batch.write(connection, tenant))
                .await?;
        }
    }
}

/// Places what is committed and lets every follower catch up, on a connection of one's own. On the staff nobody is
/// told of what was taken down before `told_since`.
pub(crate) fn catch_up(
    connection: &Connection,
    tenant: TenantId,
    scene: &Scene,
    told_since: Timestamp,
) -> Result<(), StoreError> {
    while sequence::place(connection, tenant, PLACED_ALONE)? > 0 {}
    let mut cases = Cases::default();
    while let Some(batch) = Batch::read(connection, tenant, (scene, Told::since(told_since)), &mut cases)? {
        batch.write(connection, tenant)?;
    }
    Ok(())
}
