//! What mail is to be sent, and what became of it.
//!
//! A row is claimed before it is sent and settled after; a claim that nobody settles can be taken again some
//! minutes later. So a mail is sent at least once, and one that is sent twice has the same id both times. No words
//! and no address lie in a row: these are those of the moment when it is sent.

use bihuan_core::id::{CaseId, Digest, PersonId, TenantId};
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::notification::Mark;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    ADD = "INSERT INTO mail (tenant, id, person, form, made_at, since, next_at, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (tenant, id) DO NOTHING";
    DUE = "SELECT id, person, form, made_at, since, case_id, occasion, attempts, done_at, error FROM mail
        WHERE tenant = $1 AND done_at IS NULL AND next_at <= $2 ORDER BY next_at, id LIMIT $3";
    // Whoever comes second finds another number of attempts.
    CLAIM = "UPDATE mail SET next_at = $1, attempts = attempts + 1
        WHERE tenant = $2 AND id = $3 AND attempts = $4 AND done_at IS NULL";
    AGAIN = "UPDATE mail SET next_at = $1, error = $2 WHERE tenant = $3 AND id = $4 AND done_at IS NULL";
    SETTLE = "UPDATE mail SET done_at = $1, outcome = $2, error = $3
        WHERE tenant = $4 AND id = $5 AND done_at IS NULL";
    REVIVE = "UPDATE mail SET done_at = NULL, outcome = NULL, attempts = 0, next_at = $1
        WHERE tenant = $2 AND outcome = 'dead' AND done_at IS NOT NULL";
    COUNT_WAITING = "SELECT count(*) FROM mail WHERE tenant = $1 AND done_at IS NULL";
    COUNT_DEAD = "SELECT count(*) FROM mail WHERE tenant = $1 AND outcome = 'dead' AND done_at IS NOT NULL";
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

/// After how many attempts a mail is given up.
pub const ATTEMPTS: u32 = 10;

/// How long a claim lasts: longer than any server takes to answer.
const CLAIMED: SignedDuration = SignedDuration::from_mins(5);

/// The wait after the first attempt; it doubles with each.
const FIRST_WAIT_SECONDS: i64 = 60;

/// The longest wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// Within which time the followers have told of whatever was taken down.
const FOLLOWED: SignedDuration = SignedDuration::from_mins(10);

/// Digests that are made at a time.
const DIGESTS_AT_A_TIME: u32 = 200;

/// The most of an error that is kept, in characters.
const ERROR_CHARS: usize = 200;

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

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken it.
    Sent,
    /// There is nothing to say any more, or nobody to say it to.
    Void,
    /// It may work later.
    Failed(String),
    /// It never will.
    Refused(String),
}

/// How much mail waits, and how much was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailHealth {
    /// Mails that are not sent yet.
    pub waiting: u64,
    /// Mails that were given up.
    pub dead: u64,
}

/// Returns the id of the mail about a notification: the same however often it is made.
pub(crate) fn id_of(tenant: TenantId, person: PersonId, mark: (i64, Uuid, &str)) -> Uuid {
    let (at, case, word) = mark;
    let at = at.to_be_bytes();
    let parts: [&[u8]; 5] = [
        tenant.0.as_bytes(),
        person.0.as_bytes(),
        &at,
        case.as_bytes(),
        word.as_bytes(),
    ];
    let digest = Digest::of(&parts);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.0[..16]);
    Uuid::from_bytes(id)
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
    let id = id_of(tenant, person, (at, Uuid::nil(), form.word()));
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
            let until = millis(now.saturating_add(CLAIMED).unwrap_or(now));
            let mut claimed = Vec::new();
            for mail in due {
                let row = (until, tenant, Id(mail.id), mail.attempts);
                if connection.execute(CLAIM, row)? == 1 {
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
        let (id, attempts) = (Id(mail.id), mail.attempts);
        let (outcome, error) = match outcome {
            Outcome::Sent => ("sent", None),
            Outcome::Void => ("void", None),
            Outcome::Failed(error) if attempts < ATTEMPTS => {
                let (next, error) = (millis(wait(attempts, now)), short(&error));
                let again = self.change(AGAIN, move |tenant| (next, error, tenant, id));
                return again.await.map(drop);
            }
            Outcome::Failed(error) | Outcome::Refused(error) => ("dead", Some(short(&error))),
        };
        self.change(SETTLE, move |tenant| (millis(now), outcome, error, tenant, id))
            .await
            .map(drop)
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
    pub fn mail_health(&self) -> Result<MailHealth, StoreError> {
        let tenant = Id(self.tenant.id().0);
        let count = |sql| {
            let count: i64 = self
                .snapshot
                .connection()
                .query_row(sql, (tenant,), |row| row.get(0))?;
            Ok::<_, StoreError>(count.cast_unsigned())
        };
        Ok(MailHealth {
            waiting: count(COUNT_WAITING)?,
            dead: count(COUNT_DEAD)?,
        })
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

/// Returns when a mail is tried again after so many attempts.
fn wait(attempts: u32, now: Timestamp) -> Timestamp {
    let doubled = FIRST_WAIT_SECONDS << attempts.saturating_sub(1).min(20);
    let wait = SignedDuration::from_secs(doubled).min(LONGEST_WAIT);
    now.saturating_add(wait).unwrap_or(now)
}

fn short(error: &str) -> String {
    error.chars().take(ERROR_CHARS).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_up_to_the_longest() {
        let now = Timestamp::UNIX_EPOCH;
        let waits = [1, 2, 3, 9, 10, 99].map(|attempts| wait(attempts, now).as_second());
        assert_eq!(waits, [60, 120, 240, 15_360, 21_600, 21_600]);
    }
}
