//! Load on a running server: the city's citizens and staff, over HTTP, from another process.
//!
//! Arrivals come at a chosen rate whether or not the server keeps up (open loop): a slow server shows in
//! latencies, counted from when somebody wanted something, and in what was shed once too much was under
//! way; never in memory. Every write has a key and is sent again under it until it is answered, so that
//! what was acknowledged can be held against the server afterwards ([`check`]).
//!
//! Unlike the rest of the simulator this lives in real time. Start at [`run`].

pub mod check;
mod citizen;
pub mod client;
pub mod error;
mod histogram;
pub mod journal;
pub mod login;
pub mod operation;
mod outage;
pub mod plan;
mod shared;
pub mod staff;
mod tally;
pub mod town;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::seeded::Seeded;
use citizen::Citizens;
use client::Client;
use error::LoadError;
use journal::Journal;
use operation::Act;
use plan::Plan;
use shared::Shared;
use staff::Member;

/// Everybody who acts.
struct Everybody {
    shared: Shared,
    citizens: Citizens,
    staff: Vec<Member>,
}

/// Puts load on the servers until the time is over or `stop` is ready; returns what was counted, as JSON.
///
/// # Errors
/// [`LoadError`] if the run cannot begin, or the journal cannot be written any longer. What the servers do
/// wrong is counted.
pub async fn run(
    plan: &Plan,
    staff: Vec<Member>,
    stop: impl Future<Output = ()>,
) -> Result<Value, LoadError> {
    let client = Client::new(&plan.urls, plan.answer_within)?;
    let journal = plan.journal.as_deref().map(Journal::append).transpose()?;
    let everybody = Arc::new(Everybody {
        shared: Shared::new(client, town::what_people_say(plan.seed)?, plan, journal),
        citizens: Citizens::default(),
        staff,
    });
    let mut under_way = JoinSet::new();
    tokio::select! {
        () = arrive(plan, &everybody, &mut under_way) => {}
        () = stop => {}
    }
    // Every act ends by itself: a read with its one attempt, a write with its patience.
    while under_way.join_next().await.is_some() {}
    let mut report = everybody.shared.tally().report(Instant::now());
    report["run"] = plan.run.as_str().into();
    report["rate"] = plan.rate.into();
    match Arc::into_inner(everybody).and_then(|everybody| everybody.shared.into_broken()) {
        Some(broken) => Err(broken),
        None => Ok(report),
    }
}

/// Lets people arrive for as long as planned; those who are still at it then are left under way.
async fn arrive(plan: &Plan, everybody: &Arc<Everybody>, under_way: &mut JoinSet<()>) {
    let mut chance = Seeded::new(plan.seed);
    let places = [plan.in_flight; 2].map(|places| Arc::new(Semaphore::new(places)));
    let began = Instant::now();
    let mut next = Duration::ZERO;
    let mut serial = 0_u64;
    while next < plan.duration && everybody.shared.broken().is_none() {
        tokio::time::sleep_until((began + next).into()).await;
        // Those who are done are let go, so that only those under way are held.
        while under_way.try_join_next().is_some() {}
        let act = Act::next(plan.mixture, !everybody.staff.is_empty(), &mut chance);
        match Arc::clone(&places[usize::from(act.writes())]).try_acquire_owned() {
            Ok(place) => {
                let arrival = Arrival {
                    act,
                    wanted: began + next,
                    key: format!("{}-{serial}", plan.run),
                    chance: Seeded::new(plan.seed.wrapping_add(1 + serial)),
                };
                under_way.spawn(one(Arc::clone(everybody), arrival, place));
                serial += 1;
            }
            Err(_full) => everybody.shared.tally().shed(act.writes()),
        }
        next += Duration::from_secs_f64(chance.waiting(1.0 / plan.rate));
    }
}

/// Somebody who wants something.
struct Arrival {
    act: Act,
    wanted: Instant,
    key: String,
    chance: Seeded,
}

/// Lets one arrival do what they came for; their place is free afterwards.
async fn one(everybody: Arc<Everybody>, arrival: Arrival, _place: OwnedSemaphorePermit) {
    let Arrival {
        act,
        wanted,
        key,
        mut chance,
    } = arrival;
    let Everybody {
        shared,
        citizens,
        staff,
    } = &*everybody;
    let member = match act {
        Act::Work => staff::somebody_busy(staff, &mut chance),
        Act::Read(_) | Act::Report | Act::Talk => (!staff.is_empty()).then(|| chance.one_of(staff)),
    };
    let done = match (act, member) {
        (Act::Read(operation), Some(member)) if operation.is_for_staff() => {
            member.read(shared, operation, wanted, &mut chance).await;
            true
        }
        (Act::Read(operation), _) => {
            citizens.read(shared, operation, wanted, &mut chance).await;
            true
        }
        (Act::Work, Some(member)) => member.work(shared, citizens, &key, &mut chance).await,
        (Act::Talk, _) => citizens.talk(shared, &key, &mut chance).await,
        (Act::Report | Act::Work, _) => false,
    };
    // Whoever finds nothing to do sends a message, so that the rate of writes holds.
    if !done {
        let wanted = if act == Act::Report {
            wanted
        } else {
            Instant::now()
        };
        citizens.report(shared, key, wanted, &mut chance).await;
    }
}
