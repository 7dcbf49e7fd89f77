//! Queues of what leaves the house: mail to the staff and posts to other systems.
//!
//! A row is claimed before it is sent and settled after; a claim that nobody settles can be taken again some
//! minutes later. So each is sent at least once, and what is sent twice has the same id both times. What fails is
//! tried again, later each time, and given up in the end.

use bihuan_core::id::{Digest, TenantId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::engine::connection::Connection;
use crate::error::StoreError;
use crate::tenant::Tenant;
use crate::value::{Id, millis};

/// After how many attempts something is given up.
pub const ATTEMPTS: u32 = 10;

/// How long a claim lasts: longer than a round of sending takes.
const CLAIMED: SignedDuration = SignedDuration::from_mins(5);

/// The wait after the first attempt; it doubles with each.
const FIRST_WAIT_SECONDS: i64 = 60;

/// The longest wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// The most of an error that is kept, in characters.
const ERROR_CHARS: usize = 200;

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has taken it.
    Sent,
    /// There is nothing to say any more, or nobody to say it to.
    Void,
    /// It may work later.
    Failed(String),
    /// It never will.
    Refused(String),
}

/// How much waits, and how much was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// What is not sent yet.
    pub waiting: u64,
    /// What was given up.
    pub dead: u64,
}

impl std::ops::AddAssign for Health {
    fn add_assign(&mut self, other: Health) {
        self.waiting += other.waiting;
        self.dead += other.dead;
    }
}

/// A table that is such a queue, by its statements.
#[derive(Debug)]
pub(crate) struct Queue {
    claim: &'static str,
    again: &'static str,
    settle: &'static str,
    count_waiting: &'static str,
    count_dead: &'static str,
}

/// The statements that differ in the table's name alone.
macro_rules! queue {
    ($name:ident, $table:literal) => {
        pub(crate) mod $name {
            use super::Queue;
            use crate::engine::sql::statements;

            statements! {
                // Whoever comes second finds another number of attempts.
                CLAIM = concat!("UPDATE ", $table, " SET next_at = $1, attempts = attempts + 1
                    WHERE tenant = $2 AND id = $3 AND attempts = $4 AND done_at IS NULL");
                AGAIN = concat!("UPDATE ", $table, " SET next_at = $1, error = $2
                    WHERE tenant = $3 AND id = $4 AND done_at IS NULL");
                SETTLE = concat!("UPDATE ", $table, " SET done_at = $1, outcome = $2, error = $3
                    WHERE tenant = $4 AND id = $5 AND done_at IS NULL");
                COUNT_WAITING = concat!("SELECT count(*) FROM ", $table, " WHERE tenant = $1 AND done_at IS NULL");
                COUNT_DEAD = concat!("SELECT count(*) FROM ", $table,
                    " WHERE tenant = $1 AND outcome = 'dead' AND done_at IS NOT NULL");
            }

            /// The queue.
            pub(crate) const QUEUE: Queue = Queue {
                claim: CLAIM,
                again: AGAIN,
                settle: SETTLE,
                count_waiting: COUNT_WAITING,
                count_dead: COUNT_DEAD,
            };
        }
    };
}

queue!(mail, "mail");
queue!(webhook, "webhook_delivery");

impl Queue {
    /// Claims a row that was tried `attempts` times; returns whether it is the caller's for some minutes.
    pub(crate) fn claim(
        &self,
        connection: &Connection,
        tenant: Id,
        (id, attempts): (Uuid, u32),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let until = millis(now.saturating_add(CLAIMED).unwrap_or(now));
        Ok(connection.execute(self.claim, (until, tenant, Id(id), attempts))? == 1)
    }

    /// Notes what became of the attempt number `attempts`.
    pub(crate) async fn settle(
        &self,
        tenant: &Tenant,
        (id, attempts): (Uuid, u32),
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = Id(id);
        let (outcome, error) = match outcome {
            Outcome::Sent => ("sent", None),
            Outcome::Void => ("void", None),
            Outcome::Failed(error) if attempts < ATTEMPTS => {
                let (next, error) = (millis(wait(attempts, now)), short(&error));
                let again = tenant.change(self.again, move |tenant| (next, error, tenant, id));
                return again.await.map(drop);
            }
            Outcome::Failed(error) | Outcome::Refused(error) => ("dead", Some(short(&error))),
        };
        let settled = tenant.change(self.settle, move |tenant| {
            (millis(now), outcome, error, tenant, id)
        });
        settled.await.map(drop)
    }

    /// Counts what waits and what was given up.
    pub(crate) fn health(&self, connection: &Connection, tenant: Id) -> Result<Health, StoreError> {
        let count = |sql| {
            let count: i64 = connection.query_row(sql, (tenant,), |row| row.get(0))?;
            Ok::<_, StoreError>(count.cast_unsigned())
        };
        Ok(Health {
            waiting: count(self.count_waiting)?,
            dead: count(self.count_dead)?,
        })
    }
}

/// Returns the id of what somebody is told of a case: the same however often it is made.
pub(crate) fn id_of(tenant: TenantId, receiver: Uuid, mark: (i64, Uuid, &str)) -> Uuid {
    let (at, case, word) = mark;
    let at = at.to_be_bytes();
    let parts: [&[u8]; 5] = [
        tenant.0.as_bytes(),
        receiver.as_bytes(),
        &at,
        case.as_bytes(),
        word.as_bytes(),
    ];
    let digest = Digest::of(&parts);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.0[..16]);
    Uuid::from_bytes(id)
}

/// Returns when something is tried again after so many attempts.
fn wait(attempts: u32, now: Timestamp) -> Timestamp {
    let doubled = FIRST_WAIT_SECONDS << attempts.saturating_sub(1).min(20);
    let wait = SignedDuration::from_secs(doubled).min(LONGEST_WAIT);
    now.saturating_add(wait).unwrap_or(now)
}

fn short(error: &str) -> String {
    error.chars().take(ERROR_CHARS).collect()
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
