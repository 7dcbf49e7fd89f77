//! Measuring intake: what the whole server takes in a second, against what SQLite alone can write.
//!
//! A server of its own process takes messages over HTTP ([`load`]). Then the very rows it wrote are
//! written again straight through SQLite, with the same schema and durability, at the batch size that suits
//! it best ([`floor`]). The ratio says what everything between the socket and the disk costs.

pub mod floor;
pub mod load;
pub mod message;
pub mod server;

use std::path::PathBuf;
use std::time::Duration;

use crate::failure::Failure;
use floor::Floor;
use load::{Load, Taken};
use message::Message;
use server::{Place, Server};

/// How long messages are sent before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);

/// What to measure with.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Connections that send at the same time.
    pub connections: usize,
    /// How long to count.
    pub duration: Duration,
    /// The most messages that are sent.
    pub cases: usize,
    /// Where the data directory is made; removed in the end.
    pub folder: PathBuf,
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// What was taken in.
    pub taken: Taken,
    /// CPU time of the server in the same time, all its threads.
    pub cpu: Duration,
    /// What SQLite alone writes.
    pub floor: Floor,
}

impl Measured {
    /// Returns how many cases a second were taken in.
    pub fn rate(&self) -> f64 {
        self.taken.cases as f64 / self.taken.elapsed.as_secs_f64()
    }

    /// Returns what part of the floor that is.
    pub fn ratio(&self) -> f64 {
        self.rate() / self.floor.rate
    }

    /// Returns the milliseconds of CPU time that one case took.
    pub fn cpu_ms_per_case(&self) -> f64 {
        self.cpu.as_secs_f64() * 1_000.0 / self.taken.cases as f64
    }
}

/// Measures intake.
///
/// # Errors
/// A server that does not start or does not take a message in, or a disk that fails.
pub fn intake(plan: &Plan) -> Result<Measured, Failure> {
    let messages = Message::some().map_err(Failure::Internal)?;
    let place = Place::make(&plan.folder)?;
    let server = Server::start(&place)?;
    let load = Load {
        address: server.address(),
        connections: plan.connections,
        warm_up: WARM_UP,
        duration: plan.duration,
        cases: plan.cases,
    };
    let (taken, cpu) = load.run(&messages, &|| server.cpu())?;
    server.kill()?;
    let floor = floor::measure(&place, &messages)?;
    Ok(Measured { taken, cpu, floor })
}
