//! What mail is to be sent, and what became of it: a queue as in [`crate::sending`]. No words and no address lie in
//! a row: these are those of the moment when it is sent.

use bihuan_core::id::{CaseId, PersonId, TenantId};
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::notification::Mark;
use crate::read::Reader;
use crate::sending::mail::QUEUE;
use crate::sending::{Health, Outcome, id_of};
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    ADD = "INSERT INTO mail (tenant, id, person, form, made_at, since, next_at, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (tenant, id) DO NOTHING";
    DUE = "SELECT id, person, form, made_at, since, case_id, occasion, attempts, done_at, error FROM mail
        WHERE tenant = $1 AND done_at IS NULL AND next_at <= $2 ORDER BY next_at, id LIMIT $3";
    REVIVE = "UPDATE mail SET done_at = NULL, outcome = NULL, attempts = 0, next_at = $1
        WHERE tenant = $2 AND outcome = 'dead' AND done_at IS NOT NULL";
    DEAD = "SELECT id, person, form, made_at, since, case_id, occasion, attempts, done_at, error FROM mail
        WHERE tenant = $1 AND outcome = 'dead' AND done_at IS NOT NULL ORDER BY done_at DESC, id LIMIT $2";
    FORGET = "DELETE FROM mail WHERE tenant = $1 AND done_at IS NOT NULL AND done_at < $2";
    DIGESTS = "SELECT person, digest_at, confirmed_at FROM mail_box
        WHERE tenant = $1 AND confirmed_at IS NOT NULL AND digest_hour <= $2 AND coalesce(digest_at, 0) < $3
        ORDER BY person LIMIT $4";
    NEWS = "SELECT 1 FROM notification
        WHERE tenant = $1 AND person = $2 AND at > $3 AND at <= $4 AND read_at IS NULL LIMIT 1";
    DIGESTED = "UPDATE mail_box SET digest_at = $1 WHERE tenant = $2 AND person = $3";
}

/// Within which time the followers have told of whatever was taken down.
const FOLLOWED: SignedDuration = SignedDuration::from_mins(10);

/// Digests that are made at a time.
const DIGESTS_AT_A_TIME: u32 = 200;

/// What a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The code that confirms the address.
    Confirmation,
    /// One notification.
    Notification,
    /// What was told since the last one.
    Digest,
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Form::Confirmation => "confirmation",
            Form::Notification => "notification",
            Form::Digest => "digest",
        }
    }

    fn of_word(word: &str) -> Result<Form, StoreError> {
        match word {
            "confirmation" => Ok(Form::Confirmation),
            "notification" => Ok(Form::Notification),
            "digest" => Ok(Form::Digest),
            other => Err(StoreError::Corrupt(format!("there is no mail {other:?}"))),
        }
    }
}

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id, the same at each attempt.
    pub id: Uuid,
    /// For whom.
    pub person: PersonId,
    /// What it is.
    pub form: Form,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on a digest tells.
    pub since: Option<Timestamp>,
    /// The notification that it is about.
    pub mark: Option<Mark>,
    /// How often it was tried, with this time.
    pub attempts: u32,
    /// When it was given up.
    pub done_at: Option<Timestamp>,
    /// What went wrong last.
    pub error: Option<String>,
}

/// Adds a mail that is about no one notification.
pub(crate) fn add(
    connection: &Connection,
    tenant: TenantId,
    person: PersonId,
    form: Form,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let at = millis(now);
    let id = id_of(tenant, person.0, (at, Uuid::nil(), form.word()));
    let row = (
        Id(tenant.0),
        Id(id),
        Id(person.0),
        form.word(),
        at,
        since.map(millis),
        at,
    );
    connection.execute(ADD, row).map(drop)
}

impl Tenant {
    /// Makes the digests of those whose hour has come and who had none since `today` began; only where there is
    /// something unread since the last. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn make_digests(
        &self,
        hour: u8,
        today: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let tenant = self.id();
        self.write_plain(move |connection| {
            let t = Id(tenant.0);
            let asked = (t, hour, millis(today), DIGESTS_AT_A_TIME);
            let due = connection.query(DIGESTS, asked, |row| {
                let (Id(person), last): (Id, Option<i64>) = (row.get(0)?, row.get(1)?);
                let since = match last {
                    Some(last) => told_until(instant(last)?),
                    None => instant(row.get(2)?)?,
                };
                Ok((PersonId(person), since))
            })?;
            let mut made = 0;
            for (person, since) in due {
                let p = Id(person.0);
                let asked = (t, p, millis(since), millis(told_until(now)));
                let news = connection.query_optional(NEWS, asked, |row| row.get::<i64>(0))?;
                if news.is_some() {
                    add(connection, tenant, person, Form::Digest, Some(since), now)?;
                    made += 1;
                }
                connection.execute(DIGESTED, (millis(now), t, p))?;
            }
            Ok(made)
        })
        .await
    }

    /// Claims mails whose time has come: for some minutes nobody else is given them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn claim_mails(&self, most: u32, now: Timestamp) -> Result<Vec<Mail>, StoreError> {
        let tenant = Id(self.id().0);
        self.write_plain(move |connection| {
            let due = connection.query(DUE, (tenant, millis(now), most), read_mail)?;
            let mut claimed = Vec::new();
            for mail in due {
                if QUEUE.claim(connection, tenant, (mail.id, mail.attempts), now)? {
                    claimed.push(Mail {
                        attempts: mail.attempts + 1,
                        ..mail
                    });
                }
            }
            Ok(claimed)
        })
        .await
    }

    /// Notes what became of an attempt. What failed is tried again, later each time, and given up in the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn settle_mail(&self, mail: &Mail, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
        QUEUE.settle(self, (mail.id, mail.attempts), outcome, now).await
    }

    /// Lets everything that was given up be tried again; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn revive_mails(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.change(REVIVE, move |tenant| (millis(now), tenant)).await
    }

    /// Deletes what was settled before an instant; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_mails(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.change(FORGET, move |tenant| (tenant, millis(before))).await
    }
}

impl Reader {
    /// Returns how much mail waits and how much was given up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn mail_health(&self) -> Result<Health, StoreError> {
        QUEUE.health(self.snapshot.connection(), Id(self.tenant.id().0))
    }

    /// Returns the mails that were given up last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn dead_mails(&self, most: u32) -> Result<Vec<Mail>, StoreError> {
        let connection = self.snapshot.connection();
        connection.query(DEAD, (Id(self.tenant.id().0), most), read_mail)
    }
}

/// Returns up to when a digest that is made at an instant tells: what was taken down later may not have been followed
/// yet, and is for the next one.
pub fn told_until(made_at: Timestamp) -> Timestamp {
    made_at.saturating_sub(FOLLOWED).unwrap_or(made_at)
}

fn read_mail(row: Row<'_>) -> Result<Mail, StoreError> {
    let (Id(id), Id(person)) = (row.get(0)?, row.get(1)?);
    let optional = |millis: Option<i64>| millis.map(instant).transpose();
    let made_at = instant(row.get(3)?)?;
    let (case, word): (Option<Id>, Option<String>) = (row.get(5)?, row.get(6)?);
    let occasion = word.and_then(|word| Occasion::of_word(&word));
    let form: String = row.get(2)?;
    Ok(Mail {
        id,
        person: PersonId(person),
        form: Form::of_word(&form)?,
        made_at,
        since: optional(row.get(4)?)?,
        mark: case.zip(occasion).map(|(Id(case), occasion)| Mark {
            at: made_at,
            case: CaseId(case),
            occasion,
        }),
        attempts: row.get(7)?,
        done_at: optional(row.get(8)?)?,
        error: row.get(9)?,
    })
}
