//! How far the followers are behind while messages come in at a steady rate.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bihuan_store::tenant::Tenant;
use jiff::Timestamp;

use super::figure::{Figure, Size, percentile};
use super::load::Load;
use super::message::Message;
use super::server::{Place, Server};
use crate::failure::Failure;

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(20);

/// What comes in, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Messages a second.
    pub rate: f64,
    /// How long.
    pub duration: Duration,
    /// On how many connections.
    pub connections: usize,
}

/// Measures the lag of the hindmost follower.
///
/// # Errors
/// A server that does not start or does not take a message in.
pub fn measure(parent: &Path, stream: Stream) -> Result<Size, Failure> {
    let messages = Message::some().map_err(Failure::Internal)?;
    let place = Place::make(parent, Timestamp::now())?;
    let server = Server::start(&place)?;
    let store = place.open()?;
    let tenant = store.tenant(None).map_err(Failure::opening)?;
    let load = Load {
        address: server.address(),
        connections: stream.connections,
        warm_up: Duration::from_secs(1),
        duration: stream.duration,
        cases: usize::MAX,
        rate: Some(stream.rate),
    };
    let over = AtomicBool::new(false);
    let (taken, lags) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&tenant, &over));
        let taken = load.run(&messages, &|| server.cpu());
        over.store(true, Ordering::Relaxed);
        (taken, watching.join())
    });
    let (taken, _) = taken?;
    let lags = lags.map_err(|_panicked| Failure::Internal(anyhow::anyhow!("nobody watched")))?;
    let lags = lags.map_err(|error| Failure::Internal(error.into()))?;
    server.kill()?;
    let rate = taken.cases as f64 / taken.elapsed.as_secs_f64();
    let median = percentile(&lags, 0.5);
    let figure = Figure {
        name: "followers",
        values: vec![
            ("asked_rate", stream.rate),
            ("rate", rate),
            ("lag_ms", median),
            ("lag_ms_p99", percentile(&lags, 0.99)),
        ],
        cost: median,
    };
    Ok(Size {
        cases: taken.cases,
        about: Vec::new(),
        figures: vec![figure],
    })
}

/// Looks again and again how long the oldest event waits that a follower has not seen, in milliseconds.
fn watch(tenant: &Tenant, over: &AtomicBool) -> Result<Vec<f64>, bihuan_store::error::StoreError> {
    let mut lags = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let behind = tenant.reader()?.lags()?;
        let now = Timestamp::now();
        let oldest = behind.iter().filter_map(|lag| lag.oldest).min();
        lags.push(oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64() * 1_000.0));
        std::thread::sleep(EVERY.saturating_sub(began.elapsed()));
    }
    Ok(lags)
}
