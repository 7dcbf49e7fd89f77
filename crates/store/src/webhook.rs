//! Webhooks 对外推送: where other systems are told of cases, of which occasions, and by which secret they know that it
//! was us. [`queue`] is what is to be posted.
//!
//! A subscription is an administrator's and hears of the cases of one unit and of those below it, whoever may read
//! them: what is posted has no words in it. Of a case that complains about somebody it hears nothing.
//!
//! The secrets are made from the tenant's keys and the instant of their making, so none lies in the database.

pub mod queue;

use bihuan_core::event::Actor;
use bihuan_core::id::{Entropy, PersonId, UnitId, uuid_v7};
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use bihuan_core::permission::Permit;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::leave::require_action;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    ALL = "SELECT id, name, address, unit, occasions, made_by, made_at, secret_at, old_secret_at, old_until, paused_at
        FROM webhook WHERE tenant = $1 ORDER BY made_at, id";
    ONE = "SELECT id, name, address, unit, occasions, made_by, made_at, secret_at, old_secret_at, old_until, paused_at
        FROM webhook WHERE tenant = $1 AND id = $2";
    COUNT = "SELECT count(*) FROM webhook WHERE tenant = $1";
    ADD = "INSERT INTO webhook (tenant, id, name, address, unit, occasions, made_by, made_at, secret_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    CHANGE = "UPDATE webhook SET name = $1, address = $2, unit = $3, occasions = $4 WHERE tenant = $5 AND id = $6";
    PAUSE = "UPDATE webhook SET paused_at = $1 WHERE tenant = $2 AND id = $3 AND paused_at IS NULL";
    RESUME = "UPDATE webhook SET paused_at = NULL WHERE tenant = $1 AND id = $2";
    ROTATE = "UPDATE webhook SET old_secret_at = secret_at, old_until = $1, secret_at = $2
        WHERE tenant = $3 AND id = $4 AND secret_at = $5";
}

/// The most subscriptions of a tenant: each event is held against all of them.
pub const MOST: usize = 20;

/// How long what is posted is signed with the secret before the last as well.
pub const BOTH_VALID: SignedDuration = SignedDuration::from_hours(24);

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub wanted: NewWebhook,
    /// Who made it.
    pub made_by: PersonId,
    /// When: it hears of what happened since.
    pub made_at: Timestamp,
    /// When its secret was made.
    pub secret_at: Timestamp,
    /// When the secret before that was made, and until when it is used too.
    pub old_secret: Option<(Timestamp, Timestamp)>,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
}

/// What an administrator says of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// What it is for, in the administrator's words.
    pub name: String,
    /// Where it is posted to.
    pub address: String,
    /// It hears of the cases of this unit and of those below it.
    pub unit: UnitId,
    /// Of what it hears.
    pub occasions: Vec<Occasion>,
}

impl Tenant {
    /// Adds a subscription and returns its id.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there are [`MOST`] already; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn add_webhook(
        &self,
        permit: &Permit,
        wanted: NewWebhook,
        now: Timestamp,
        entropy: &mut (dyn Entropy + Send),
    ) -> Result<Uuid, ExecuteError> {
        require_action(permit, "admin")?;
        let made_by = match permit.actor() {
            Actor::Person { person, .. } => person.0,
            Actor::Reporter | Actor::System | Actor::Import => Uuid::nil(),
        };
        let (id, tenant) = (uuid_v7(now, entropy), Id(self.id().0));
        let added = self.write_plain(move |connection| {
            let there: i64 = connection.query_row(COUNT, (tenant,), |row| row.get(0))?;
            if there.cast_unsigned() >= MOST as u64 {
                return Err(StoreError::Conflict(format!("there are {MOST} webhooks already")));
            }
            let (unit, occasions) = (Id(wanted.unit.0), words(&wanted.occasions));
            let (at, by) = (millis(now), Id(made_by));
            let row = (
                tenant,
                Id(id),
                wanted.name.as_str(),
                wanted.address.as_str(),
                unit,
                occasions,
                by,
                at,
                at,
            );
            connection.execute(ADD, row).map(drop)
        });
        added.await?;
        Ok(id)
    }

    /// Changes what a subscription is; its secret stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn change_webhook(
        &self,
        permit: &Permit,
        id: Uuid,
        wanted: NewWebhook,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let NewWebhook {
            name,
            address,
            unit,
            occasions,
        } = wanted;
        let occasions = words(&occasions);
        let changed = self.change(CHANGE, move |tenant| {
            (name, address, Id(unit.0), occasions, tenant, Id(id))
        });
        found(changed.await?)
    }

    /// Pauses a subscription, or lets it go on: meanwhile nothing is posted, and of what happens nothing is taken down.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn pause_webhook(
        &self,
        permit: &Permit,
        id: Uuid,
        paused_at: Option<Timestamp>,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let id = Id(id);
        match paused_at {
            // Whoever pauses it once more finds it paused.
            Some(at) => {
                let paused = self.change(PAUSE, move |tenant| (millis(at), tenant, id));
                Ok(paused.await.map(drop)?)
            }
            None => found(self.change(RESUME, move |tenant| (tenant, id)).await?),
        }
    }

    /// Gives a subscription a new secret in place of the one made at `of`; for [`BOTH_VALID`] that one is used beside
    /// it. Returns whether it was the one in use: asked twice, it is changed once.
    ///
    /// # Errors
    /// [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn rotate_webhook_secret(
        &self,
        permit: &Permit,
        id: Uuid,
        of: Timestamp,
        now: Timestamp,
    ) -> Result<bool, ExecuteError> {
        require_action(permit, "admin")?;
        let until = now.saturating_add(BOTH_VALID).unwrap_or(now);
        let rotated = self.change(ROTATE, move |tenant| {
            (millis(until), millis(now), tenant, Id(id), millis(of))
        });
        Ok(rotated.await? > 0)
    }

    /// Returns the secrets that something is signed with at an instant, as their receivers know them: the newest first.
    pub fn webhook_secrets(&self, webhook: &Webhook, now: Timestamp) -> Vec<[u8; 32]> {
        let old = webhook.old_secret.filter(|(_, until)| *until > now);
        let of = |at: Timestamp| {
            let at = millis(at).to_be_bytes();
            let parts: [&[u8]; 3] = [b"webhook secret", webhook.id.as_bytes(), &at];
            self.keys().pepper.keyed_hash(&parts)
        };
        let made = [Some(webhook.secret_at), old.map(|(at, _)| at)];
        made.into_iter().flatten().map(of).collect()
    }
}

impl Reader {
    /// Returns a subscription.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn webhook(&self, id: Uuid) -> Result<Option<Webhook>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(ONE)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Id(id)))?;
        rows.next()?.map(read).transpose()
    }
}

/// Returns all subscriptions, the oldest first.
pub(crate) fn all(connection: &Connection, tenant: Id) -> Result<Vec<Webhook>, StoreError> {
    connection.query(ALL, (tenant,), read)
}

/// Tells that nothing was changed because nothing is there.
pub(crate) fn found(changed: usize) -> Result<(), ExecuteError> {
    match changed {
        0 => Err(StoreError::NotFound("the webhook".into()).into()),
        _ => Ok(()),
    }
}

fn words(occasions: &[Occasion]) -> String {
    let words: Vec<&str> = occasions.iter().map(|occasion| occasion.word()).collect();
    words.join(" ")
}

fn read(row: Row<'_>) -> Result<Webhook, StoreError> {
    let (Id(id), Id(unit), Id(made_by)) = (row.get(0)?, row.get(3)?, row.get(5)?);
    let optional = |column| {
        let at: Option<i64> = row.get(column)?;
        at.map(instant).transpose()
    };
    let occasions: String = row.get(4)?;
    let occasion = |word: &str| {
        Occasion::of_word(word).ok_or_else(|| StoreError::Corrupt(format!("there is no occasion {word:?}")))
    };
    Ok(Webhook {
        id,
        wanted: NewWebhook {
            name: row.get(1)?,
            address: row.get(2)?,
            unit: UnitId(unit),
            occasions: occasions
                .split_whitespace()
                .map(occasion)
                .collect::<Result<_, _>>()?,
        },
        made_by: PersonId(made_by),
        made_at: instant(row.get(6)?)?,
        secret_at: instant(row.get(7)?)?,
        old_secret: optional(8)?.zip(optional(9)?),
        paused_at: optional(10)?,
    })
}
