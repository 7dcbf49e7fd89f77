//! Who sends what leaves the house: of several processes one for each tenant, under a lease.

use std::future::Future;
use std::time::Duration;

use bihuan_store::error::StoreError;
use bihuan_store::lease::Lease;
use bihuan_store::tenant::Tenant;
use bihuan_web::app::{App, SystemEntropy};
use bihuan_web::mail::Mailer;
use bihuan_web::webhook::Sender;
use tokio::sync::watch;

use super::asked_to_stop;

/// How long between two looks at what is to be sent.
const ROUND: Duration = Duration::from_secs(1);

/// Sends what waits in a tenant's queue of one kind.
pub(super) trait Sends: Send + 'static {
    /// The name of the lease under which it is done.
    const LEASE: &'static str;

    /// Whether there is anything to hold the lease for.
    fn has_work(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Sends some of it.
    fn send(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Sends for Mailer {
    const LEASE: &'static str = "mail";

    async fn has_work(&self) -> Result<bool, StoreError> {
        // Whose hour for a digest has come is found out by the round itself.
        Ok(true)
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        self.round().await.map(drop)
    }
}

impl Sends for Sender {
    const LEASE: &'static str = "webhooks";

    async fn has_work(&self) -> Result<bool, StoreError> {
        Sender::has_work(self).await
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        self.round().await
    }
}

/// Sends a tenant's queue until the process is asked to stop, while the lease is this process's.
pub(super) async fn keep_sending<S: Sends>(
    app: App,
    tenant: Tenant,
    mut sender: S,
    stop: watch::Receiver<bool>,
) {
    let (id, what) = (tenant.id(), S::LEASE);
    let mut lease = Lease::new(&tenant, what, app.now(), &mut SystemEntropy);
    while !*stop.borrow() {
        if let Err(error) = round(&mut lease, &mut sender).await {
            tracing::error!(tenant.id = %id, %error, "{what} of tenant {id}: nothing can be sent");
        }
        // Both ends are the same to whoever waits.
        let _ = tokio::time::timeout(ROUND, asked_to_stop(stop.clone())).await;
    }
    if let Err(error) = lease.give_up().await {
        tracing::warn!(tenant.id = %id, %error, "{what} of tenant {id}: another process goes on a few seconds later");
    }
}

async fn round<S: Sends>(lease: &mut Lease, sender: &mut S) -> Result<(), StoreError> {
    if sender.has_work().await? && lease.hold().await? {
        sender.send().await?;
    }
    Ok(())
}
