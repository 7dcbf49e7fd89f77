//! The timer: issues a command for every case whose timer has come.

use std::collections::HashMap;

use bihuan_core::case::command::Command;
use bihuan_core::id::{CaseId, Entropy};
use bihuan_core::permission::Permit;
use jiff::{SignedDuration, Timestamp};

use super::clocks;
use crate::bodies::Bodies;
use crate::error::{ExecuteError, StoreError};
use crate::tenant::Tenant;

/// Timers that are read at a time.
const PAGE: usize = 256;

/// When a case that had nothing to do is looked at again, unless an event of it comes first.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

/// Issues the commands of the timers; remembers which cases had nothing to do.
///
/// A timer's step may wait for more than time, so a case can be due and refuse. Its row stays, because
/// the row is a function of the log alone; what was tried is remembered here and may be forgotten.
#[derive(Debug, Default)]
pub struct Ticker {
    tried: HashMap<CaseId, Tried>,
}

/// What a round of the timer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Events that the followers were given.
    pub placed: u64,
    /// Cases that a command changed.
    pub changed: u64,
}

#[derive(Debug)]
struct Tried {
    due_at: Timestamp,
    again_at: Timestamp,
}

impl Ticker {
    /// Issues a command for every timer up to `now`.
    ///
    /// The followers catch up first, so that no timer is out of date.
    ///
    /// # Errors
    /// [`StoreError`] of the first case that could not be written; the others are tried next time.
    pub async fn tick(
        &mut self,
        tenant: &Tenant,
        entropy: &mut (dyn Entropy + Send),
        now: Timestamp,
    ) -> Result<Round, StoreError> {
        let placed = tenant.follow().await?;
        // What was tried while the clock went ahead is tried again once it is set back.
        let latest = now.saturating_add(RETRY).unwrap_or(now);
        self.tried
            .retain(|_, tried| tried.again_at > now && tried.again_at <= latest);
        let mut round = Round { placed, changed: 0 };
        let mut after = None;
        loop {
            let page = tenant
                .read(move |reader| {
                    let connection = reader.snapshot.connection();
                    clocks::due(connection, reader.tenant.id(), now, after, PAGE)
                })
                .await?;
            let Some(last) = page.last() else {
                return Ok(round);
            };
            after = Some(*last);
            for (due_at, case) in page {
                if self.tried.get(&case).is_some_and(|tried| tried.due_at == due_at) {
                    continue;
                }
                let bodies = Bodies::new(now, entropy);
                match tenant
                    .execute(&Permit::system(), case, Command::Tick, bodies, None, now)
                    .await
                {
                    Ok(_) => round.changed += 1,
                    Err(ExecuteError::Refused(_)) => {
                        self.tried.insert(
                            case,
                            Tried {
                                due_at,
                                again_at: latest,
                            },
                        );
                    }
                    // Intake goes first; the timers are still there next time.
                    Err(ExecuteError::Busy) => return Ok(round),
                    Err(ExecuteError::Store(error)) => return Err(error),
                    Err(error) => return Err(StoreError::caused(format!("timer of case {case}"), error)),
                }
            }
        }
    }
}
