//! Posts to other systems: what waits in the store's queue goes out by HTTP, signed after Standard Webhooks.
//!
//! One process sends for a tenant, under a lease that the caller holds. What is said is settled when it is sent
//! ([`message`]); where it may go is [`rules`]; [`client`] carries it there. Each post carries the queue's id as its
//! `webhook-id`, so that one which went out twice can be told from two.

pub mod client;
pub mod message;
pub mod rules;

use std::collections::HashSet;
use std::sync::Arc;

use bihuan_store::error::StoreError;
use bihuan_store::sending::Outcome;
use bihuan_store::tenant::Tenant;
use bihuan_store::webhook::Webhook;
use bihuan_store::webhook::queue::Delivery;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use crate::app::App;
use client::{Answer, Client};

/// What is posted to one subscriber, one after the other, before the next look at what waits.
const ROUND: u32 = 20;

/// Posts what waits of one tenant. Each subscriber is served by itself: one that is slow makes no other wait.
pub struct Sender {
    app: App,
    tenant: Tenant,
    client: Arc<Client>,
    under_way: JoinSet<Result<Served, StoreError>>,
    /// Who is served now.
    busy: HashSet<Uuid>,
    /// Who was not reached the last time: one post tells whether they are back.
    unreached: HashSet<Uuid>,
}

/// What came of serving a subscriber.
struct Served {
    webhook: Uuid,
    sent: usize,
    reached: bool,
}

impl Sender {
    /// Begins with nothing sent.
    pub fn new(app: App, tenant: Tenant, client: Arc<Client>) -> Sender {
        Sender {
            app,
            tenant,
            client,
            under_way: JoinSet::new(),
            busy: HashSet::new(),
            unreached: HashSet::new(),
        }
    }

    /// Whether something is to be posted: without it nobody need hold a lease.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn has_work(&self) -> Result<bool, StoreError> {
        let now = self.app.now();
        self.tenant
            .read(move |reader| reader.has_deliveries_due(now))
            .await
    }

    /// Begins to serve each subscriber for whom something waits and who is not served already. To be called about
    /// once a second, under a lease.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be used; what was claimed then is tried again some minutes later.
    pub async fn round(&mut self) -> Result<(), StoreError> {
        while let Some(served) = self.under_way.try_join_next() {
            self.note(served)?;
        }
        let (busy, unreached) = (self.busy.clone(), self.unreached.clone());
        let most = move |webhook| match (busy.contains(&webhook), unreached.contains(&webhook)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => ROUND,
        };
        for (webhook, deliveries) in self.tenant.claim_deliveries(most, self.app.now()).await? {
            self.busy.insert(webhook.id);
            let serving = Serving {
                app: self.app.clone(),
                tenant: self.tenant.clone(),
                client: Arc::clone(&self.client),
                webhook,
            };
            self.under_way.spawn(serving.all(deliveries));
        }
        Ok(())
    }

    /// Waits until all that were begun are served; returns how much was taken.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be used.
    pub async fn settle(&mut self) -> Result<usize, StoreError> {
        let mut sent = 0;
        while let Some(served) = self.under_way.join_next().await {
            sent += self.note(served)?;
        }
        Ok(sent)
    }

    fn note(&mut self, served: Result<Result<Served, StoreError>, JoinError>) -> Result<usize, StoreError> {
        let lost = |error| StoreError::caused("posting broke off", error);
        let served = match served.map_err(lost).flatten() {
            Ok(served) => served,
            Err(error) => {
                // Who it was is not known any more; the claims keep each post from going out twice at once.
                self.busy.clear();
                return Err(error);
            }
        };
        self.busy.remove(&served.webhook);
        match served.reached {
            true => self.unreached.remove(&served.webhook),
            false => self.unreached.insert(served.webhook),
        };
        Ok(served.sent)
    }
}

/// Serves one subscriber.
struct Serving {
    app: App,
    tenant: Tenant,
    client: Arc<Client>,
    webhook: Webhook,
}

impl Serving {
    /// Posts one after the other, until one does not arrive: the others' claims lapse, and they are tried later.
    async fn all(self, deliveries: Vec<Delivery>) -> Result<Served, StoreError> {
        let mut served = Served {
            webhook: self.webhook.id,
            sent: 0,
            reached: true,
        };
        for delivery in deliveries {
            let outcome = self.post(&delivery, &mut served.reached).await;
            served.sent += usize::from(outcome == Outcome::Sent);
            tell(&delivery, &outcome);
            let now = self.app.now();
            self.tenant.settle_delivery(&delivery, outcome, now).await?;
            if !served.reached {
                break;
            }
        }
        Ok(served)
    }

    async fn post(&self, delivery: &Delivery, reached: &mut bool) -> Outcome {
        let now = self.app.now();
        let Some(body) = message::body(&self.tenant, delivery) else {
            return Outcome::Void;
        };
        let secrets = self.tenant.webhook_secrets(&self.webhook, now);
        let signed = message::sign(&secrets, delivery.id, now.as_second(), &body);
        let answer = self
            .client
            .post(&self.webhook.wanted.address, &signed, body)
            .await;
        *reached = !matches!(answer, Answer::Unreached(_));
        match answer {
            Answer::Taken => Outcome::Sent,
            Answer::Refused(why) => Outcome::Refused(why),
            Answer::Failed(why) | Answer::Unreached(why) => Outcome::Failed(why),
        }
    }
}

/// Says in the log that a post did not arrive; neither where nor what the receiver said.
fn tell(delivery: &Delivery, outcome: &Outcome) {
    let (id, attempts) = (delivery.id, delivery.attempts);
    match outcome {
        Outcome::Sent | Outcome::Void => {}
        Outcome::Failed(_) => tracing::warn!(delivery.id = %id, attempts, "post {id} did not arrive"),
        Outcome::Refused(_) => tracing::warn!(delivery.id = %id, attempts, "post {id} was refused for good"),
    }
}
