//! What is to be posted to other systems, and what became of it: a queue as in [`crate::sending`].

use std::collections::HashMap;

use bihuan_core::case::facts::ACCUSING_BIT;
use bihuan_core::id::{CaseId, UnitId};
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use bihuan_core::permission::Permit;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Webhook, all, found};
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::leave::require_action;
use crate::read::Reader;
use crate::sending::webhook::QUEUE;
use crate::sending::{Health, Outcome, id_of};
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    DUE = "SELECT d.id, d.webhook, d.occasion, d.case_id, d.version, d.unit, d.state, d.made_at, d.next_at,
            d.attempts, d.done_at, d.outcome, d.error, c.number, c.kind, c.flags
        FROM webhook_delivery d LEFT JOIN case_row c ON c.tenant = d.tenant AND c.id = d.case_id
        WHERE d.tenant = $1 AND d.webhook = $2 AND d.done_at IS NULL AND d.next_at <= $3
        ORDER BY d.next_at, d.id LIMIT $4";
    SOME_DUE = "SELECT 1 FROM webhook w JOIN webhook_delivery d ON d.tenant = w.tenant AND d.webhook = w.id
        WHERE w.tenant = $1 AND w.paused_at IS NULL AND d.done_at IS NULL AND d.next_at <= $2 LIMIT 1";
    MADE = "SELECT d.id, d.webhook, d.occasion, d.case_id, d.version, d.unit, d.state, d.made_at, d.next_at,
            d.attempts, d.done_at, d.outcome, d.error, c.number, c.kind, c.flags
        FROM webhook_delivery d LEFT JOIN case_row c ON c.tenant = d.tenant AND c.id = d.case_id
        WHERE d.tenant = $1 AND d.webhook = $2 AND (d.made_at, d.id) < ($3, $4)
        ORDER BY d.made_at DESC, d.id DESC LIMIT $5";
    LAST = "SELECT d.id, d.webhook, d.occasion, d.case_id, d.version, d.unit, d.state, d.made_at, d.next_at,
            d.attempts, d.done_at, d.outcome, d.error, c.number, c.kind, c.flags
        FROM webhook w JOIN webhook_delivery d ON d.tenant = w.tenant AND d.id = (
            SELECT m.id FROM webhook_delivery m WHERE m.tenant = w.tenant AND m.webhook = w.id
            ORDER BY m.made_at DESC, m.id DESC LIMIT 1)
        LEFT JOIN case_row c ON c.tenant = d.tenant AND c.id = d.case_id
        WHERE w.tenant = $1";
    WAITING = "SELECT webhook, count(*) FROM webhook_delivery WHERE tenant = $1 AND done_at IS NULL GROUP BY webhook";
    DEAD = "SELECT webhook, count(*) FROM webhook_delivery
        WHERE tenant = $1 AND outcome = 'dead' AND done_at IS NOT NULL GROUP BY webhook";
    ADD_TRIAL = "INSERT INTO webhook_delivery (tenant, id, webhook, made_at, next_at, attempts)
        SELECT w.tenant, $1, w.id, $2, $3, 0 FROM webhook w WHERE w.tenant = $4 AND w.id = $5
        ON CONFLICT (tenant, id) DO NOTHING";
    AGAIN = "UPDATE webhook_delivery SET done_at = NULL, outcome = NULL, attempts = 0, next_at = $1
        WHERE tenant = $2 AND webhook = $3 AND id = $4 AND done_at IS NOT NULL";
    REVIVE = "UPDATE webhook_delivery SET done_at = NULL, outcome = NULL, attempts = 0, next_at = $1
        WHERE tenant = $2 AND outcome = 'dead' AND webhook = $3 AND done_at IS NOT NULL";
    DROP_WEBHOOK = "DELETE FROM webhook WHERE tenant = $1 AND id = $2";
    DROP = "DELETE FROM webhook_delivery WHERE tenant = $1 AND id IN (
        SELECT d.id FROM webhook_delivery d WHERE d.tenant = $2 AND d.webhook = $3 LIMIT $4)";
    FORGET = "DELETE FROM webhook_delivery WHERE tenant = $1 AND made_at < $2";
}

/// Rows that one transaction deletes: bounds how long intake waits for it.
const DROPPED: u32 = 5_000;

/// Something that is posted to one subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same at each attempt.
    pub id: Uuid,
    /// To which subscription.
    pub webhook: Uuid,
    /// What it tells; `None` for a trial.
    pub told: Option<Told>,
    /// When what it tells was taken down.
    pub made_at: Timestamp,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// How it stands.
    pub stands: Stands,
    /// What went wrong last.
    pub error: Option<String>,
}

/// A subscription with how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The subscription.
    pub webhook: Webhook,
    /// What of it waits and what was given up.
    pub health: Health,
    /// What was last made for it.
    pub last: Option<Delivery>,
}

/// What a post tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of what.
    pub occasion: Occasion,
    /// Of which case.
    pub case: CaseId,
    /// The case's number and kind; `None` where it may not be told of any more, or is gone.
    pub named: Option<(String, String)>,
    /// The version of the case with the event that it tells of.
    pub version: u32,
    /// The unit that it is about.
    pub unit: Option<UnitId>,
    /// The state that the case was in then.
    pub state: String,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It waits to be sent.
    Waiting,
    /// The receiver took it.
    Sent(Timestamp),
    /// There was nothing to say any more.
    Void(Timestamp),
    /// It was given up.
    Dead(Timestamp),
}

impl Tenant {
    /// Claims what is to be posted now, for each subscription that is not paused: as much as `most` says of it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn claim_deliveries(
        &self,
        most: impl Fn(Uuid) -> u32 + Send + 'static,
        now: Timestamp,
    ) -> Result<Vec<(Webhook, Vec<Delivery>)>, StoreError> {
        let tenant = Id(self.id().0);
        self.write_plain(move |connection| {
            let mut begun = Vec::new();
            for webhook in all(connection, tenant)? {
                if webhook.paused_at.is_some() {
                    continue;
                }
                let asked = (tenant, Id(webhook.id), millis(now), most(webhook.id));
                let mut claimed = Vec::new();
                for delivery in connection.query(DUE, asked, read)? {
                    if QUEUE.claim(connection, tenant, (delivery.id, delivery.attempts), now)? {
                        claimed.push(Delivery {
                            attempts: delivery.attempts + 1,
                            ..delivery
                        });
                    }
                }
                if !claimed.is_empty() {
                    begun.push((webhook, claimed));
                }
            }
            Ok(begun)
        })
        .await
    }

    /// Notes what became of an attempt. What failed is tried again, later each time, and given up in the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn settle_delivery(
        &self,
        delivery: &Delivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        QUEUE
            .settle(self, (delivery.id, delivery.attempts), outcome, now)
            .await
    }

    /// Has a trial sent to a subscription's address.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn try_webhook(
        &self,
        permit: &Permit,
        webhook: Uuid,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let at = millis(now);
        let id = id_of(self.id(), webhook, (at, Uuid::nil(), "trial"));
        let added = self.change(ADD_TRIAL, move |tenant| (Id(id), at, at, tenant, Id(webhook)));
        Ok(added.await.map(drop)?)
    }

    /// Has something sent once more, whatever became of it; returns whether it is there and was done with.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn resend_delivery(
        &self,
        permit: &Permit,
        (webhook, delivery): (Uuid, Uuid),
        now: Timestamp,
    ) -> Result<bool, ExecuteError> {
        require_action(permit, "admin")?;
        let again = self.change(AGAIN, move |tenant| {
            (millis(now), tenant, Id(webhook), Id(delivery))
        });
        Ok(again.await? == 1)
    }

    /// Lets whatever of a subscription was given up be tried again; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn revive_deliveries(
        &self,
        permit: &Permit,
        webhook: Uuid,
        now: Timestamp,
    ) -> Result<usize, ExecuteError> {
        require_action(permit, "admin")?;
        let revived = self.change(REVIVE, move |tenant| (millis(now), tenant, Id(webhook)));
        Ok(revived.await?)
    }

    /// Deletes a subscription with all that was made for it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn drop_webhook(&self, permit: &Permit, id: Uuid) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        found(self.change(DROP_WEBHOOK, move |tenant| (tenant, Id(id))).await?)?;
        Ok(drop_of(self, id).await?)
    }

    /// Deletes what was made before an instant, sent or not; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_deliveries(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.change(FORGET, move |tenant| (tenant, millis(before))).await
    }
}

impl Reader {
    /// Returns all subscriptions with how they go, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn webhooks(&self) -> Result<Vec<Overview>, StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), Id(self.tenant.id().0));
        overviews(connection, tenant, all(connection, tenant)?)
    }

    /// Whether something is to be posted now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn has_deliveries_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let asked = (Id(self.tenant.id().0), millis(now));
        let connection = self.snapshot.connection();
        let found = connection.query_optional(SOME_DUE, asked, |row| row.get::<i64>(0))?;
        Ok(found.is_some())
    }

    /// Returns how much waits to be posted and how much was given up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn webhook_health(&self) -> Result<Health, StoreError> {
        QUEUE.health(self.snapshot.connection(), Id(self.tenant.id().0))
    }

    /// Returns what was made for a subscription, the newest first, after a place among them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn deliveries(
        &self,
        webhook: Uuid,
        after: Option<(Timestamp, Uuid)>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (at, id) = match after {
            Some((at, id)) => (millis(at), id),
            None => (i64::MAX, Uuid::max()),
        };
        let asked = (Id(self.tenant.id().0), Id(webhook), at, Id(id), limit);
        self.snapshot.connection().query(MADE, asked, read)
    }
}

/// Puts subscriptions together with how they go.
fn overviews(
    connection: &Connection,
    tenant: Id,
    webhooks: Vec<Webhook>,
) -> Result<Vec<Overview>, StoreError> {
    let count = |sql| -> Result<HashMap<Uuid, i64>, StoreError> {
        let rows = connection.query(sql, (tenant,), |row| Ok((row.get::<Id>(0)?.0, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    };
    let (waiting, dead) = (count(WAITING)?, count(DEAD)?);
    let last = connection.query(LAST, (tenant,), read)?;
    let mut last: HashMap<Uuid, Delivery> = last.into_iter().map(|one| (one.webhook, one)).collect();
    let of = |counts: &HashMap<Uuid, i64>, id| counts.get(&id).map_or(0, |count| count.cast_unsigned());
    let overview = |webhook: Webhook| Overview {
        health: Health {
            waiting: of(&waiting, webhook.id),
            dead: of(&dead, webhook.id),
        },
        last: last.remove(&webhook.id),
        webhook,
    };
    Ok(webhooks.into_iter().map(overview).collect())
}

/// Deletes whatever was made for a subscription that is gone. What a crash leaves is forgotten with its time.
async fn drop_of(tenant: &Tenant, webhook: Uuid) -> Result<(), StoreError> {
    loop {
        let dropped = tenant.change(DROP, move |tenant| (tenant, tenant, Id(webhook), DROPPED));
        if dropped.await? < DROPPED as usize {
            return Ok(());
        }
    }
}

fn read(row: Row<'_>) -> Result<Delivery, StoreError> {
    let (Id(id), Id(webhook)) = (row.get(0)?, row.get(1)?);
    let (done_at, outcome): (Option<i64>, Option<String>) = (row.get(10)?, row.get(11)?);
    let stands = match (done_at.map(instant).transpose()?, outcome.as_deref()) {
        (None, _) => Stands::Waiting,
        (Some(at), Some("sent")) => Stands::Sent(at),
        (Some(at), Some("void")) => Stands::Void(at),
        (Some(at), Some("dead")) => Stands::Dead(at),
        (Some(_), other) => return Err(StoreError::Corrupt(format!("a delivery ended as {other:?}"))),
    };
    Ok(Delivery {
        id,
        webhook,
        told: read_told(row)?,
        made_at: instant(row.get(7)?)?,
        next_at: instant(row.get(8)?)?,
        attempts: row.get(9)?,
        stands,
        error: row.get(12)?,
    })
}

/// Reads what a delivery tells. A case that complains about somebody, by now, is not told of.
fn read_told(row: Row<'_>) -> Result<Option<Told>, StoreError> {
    let (Some(word), Some(Id(case))) = (row.get::<Option<String>>(2)?, row.get::<Option<Id>>(3)?) else {
        return Ok(None);
    };
    let gone = || StoreError::Corrupt(format!("there is no occasion {word:?}"));
    let (number, kind, flags): (Option<String>, Option<String>, Option<i64>) =
        (row.get(13)?, row.get(14)?, row.get(15)?);
    let named = number.zip(kind);
    Ok(Some(Told {
        occasion: Occasion::of_word(&word).ok_or_else(gone)?,
        case: CaseId(case),
        named: named.filter(|_| (flags.unwrap_or(0) >> ACCUSING_BIT) & 1 == 0),
        version: row.get::<Option<u32>>(4)?.unwrap_or(0),
        unit: row.get::<Option<Id>>(5)?.map(|Id(unit)| UnitId(unit)),
        state: row.get::<Option<String>>(6)?.unwrap_or_default(),
    }))
}
