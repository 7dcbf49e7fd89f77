//! Lets followers and timers of a tenant keep up with its log while the process serves.
//!
//! A round comes soon after something was committed here, and otherwise once a second: for the timers, and
//! for what other processes have committed, which tell nobody.

use std::time::{Duration, Instant};

use bihuan_store::error::StoreError;
use bihuan_store::followers::ticker::Ticker;
use bihuan_store::lease::Lease;
use bihuan_store::tenant::Tenant;
use bihuan_web::app::{App, SystemEntropy};
use bihuan_web::sweep::sweep;
use tokio::sync::watch;

use super::asked_to_stop;

/// The least time from the beginning of a round to the next: what is committed meanwhile is followed at
/// once, which costs less than following each by itself.
const LEAST: Duration = Duration::from_millis(100);

/// The most.
const MOST: Duration = Duration::from_secs(1);

/// How long between two sweepings of what has ended by itself.
const SWEEPING: Duration = Duration::from_mins(10);

/// Places of the log whose cases' rows are renewed in one round after an upgrade: some hundreds of cases.
const PLACES_RENEWED: u64 = 2_048;

/// Pages of the search index that are merged in one round in which nothing else was to be done: a few milliseconds for
/// which intake may have to wait.
const PAGES_MERGED: u32 = 64;

/// What keeps up with one tenant.
struct Keeper {
    app: App,
    tenant: Tenant,
    lease: Lease,
    ticker: Ticker,
    /// Whether rows that an older program wrote may lack flags yet.
    lacks_flags: bool,
    /// Whether there may be something to merge in the search index.
    unmerged: bool,
    /// Whether the lease was held when it was last looked at, and when that was.
    held: Option<(bool, Instant)>,
    swept_at: Option<Instant>,
}

/// Keeps up until the process is asked to stop.
pub(super) async fn keep_up(app: App, tenant: Tenant, stop: watch::Receiver<bool>) {
    let id = tenant.id();
    let mut keeper = Keeper {
        lease: Lease::new(&tenant, "followers", app.now(), &mut SystemEntropy),
        ticker: Ticker::default(),
        lacks_flags: true,
        unmerged: true,
        held: None,
        swept_at: None,
        app,
        tenant,
    };
    while !*stop.borrow() {
        let began = Instant::now();
        let more = keeper.round().await.unwrap_or_else(|error| {
            tracing::error!(tenant.id = %id, %error, "followers of tenant {id} cannot keep up");
            false
        });
        keeper.sweep().await;
        pause(LEAST.saturating_sub(began.elapsed()), asked_to_stop(stop.clone())).await;
        // Where something came in, from whichever process, more is likely to come.
        if !more {
            let woken = async {
                tokio::select! {
                    () = keeper.tenant.committed() => {}
                    () = asked_to_stop(stop.clone()) => {}
                }
            };
            pause(MOST.saturating_sub(began.elapsed()), woken).await;
        }
    }
    if let Err(error) = keeper.lease.give_up().await {
        tracing::warn!(tenant.id = %id, %error, "another process follows tenant {id} a few seconds later");
    }
}

/// Waits so long, or until `earlier` is ready.
async fn pause(time: Duration, earlier: impl Future<Output = ()>) {
    // Both ends are the same to whoever waits.
    let _ = tokio::time::timeout(time, earlier).await;
}

impl Keeper {
    /// Follows the log and lets the timer act, where that is this process's part, and tidies up where nothing came in;
    /// returns whether there may be more to do at once.
    async fn round(&mut self) -> Result<bool, StoreError> {
        let held = match self.held {
            Some((held, at)) if at.elapsed() < MOST => held,
            _ => self.look().await?,
        };
        if !held {
            return Ok(false);
        }
        let now = self.app.now();
        let round = self.ticker.tick(&self.tenant, &mut SystemEntropy, now).await?;
        if self.lacks_flags {
            self.lacks_flags = self.tenant.renew_flags(PLACES_RENEWED).await?;
        }
        let came = round.placed > 0;
        if came {
            self.unmerged = true;
        } else if self.unmerged {
            self.unmerged = self.tenant.merge_search(PAGES_MERGED).await?;
        }
        Ok(came || self.lacks_flags || self.unmerged)
    }

    /// Looks what other processes have changed, and whether this one is to follow.
    async fn look(&mut self) -> Result<bool, StoreError> {
        self.tenant.see_others_changes().await?;
        let held = self.lease.hold().await?;
        self.held = Some((held, Instant::now()));
        Ok(held)
    }

    /// Clears away what has ended by itself, now and then.
    async fn sweep(&mut self) {
        if self.swept_at.is_some_and(|at| at.elapsed() < SWEEPING) {
            return;
        }
        self.swept_at = Some(Instant::now());
        if let Err(error) = sweep(&self.app, &self.tenant).await {
            let id = self.tenant.id();
            tracing::error!(tenant.id = %id, %error, "what has ended of tenant {id} cannot be cleared away");
        }
    }
}
