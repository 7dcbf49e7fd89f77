//! Measuring what the whole server does against what the engine alone can do, in the same run.
//!
//! Intake: a server of its own process takes messages over HTTP ([`load`]); then the very rows it wrote are
//! written again straight through the engine's driver, with the same schema and durability, at the batch size
//! that suits it best ([`floor`]). The ratio says what everything between the socket and the disk costs. On
//! PostgreSQL ([`on_server`]) that is so beside [`pgbench`].
//!
//! Everything else is measured over cities of growing size ([`fill`]): pages ([`pages`]), search
//! ([`finding`]), verifying and following the log ([`history`]), starting and memory ([`serving`]), bytes ([`space`]); and how far followers are behind while
//! messages come in ([`lag`]).

pub mod client;
pub mod figure;
pub mod fill;
pub mod finding;
pub mod floor;
pub mod history;
pub mod lag;
pub mod load;
pub mod message;
pub mod on_server;
pub mod pages;
pub mod pgbench;
pub mod processor;
pub mod server;
pub mod serving;
pub mod space;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::failure::Failure;
use figure::{Figure, Size};
use fill::Filled;
use floor::Floor;
use load::{Load, Taken};
use message::Message;
use on_server::Database;
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
    /// A PostgreSQL server to measure on, in a database that is made there and dropped in the end; SQLite where
    /// it is `None`.
    pub database_url: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// What was taken in.
    pub taken: Taken,
    /// CPU time of the server in the same time, all its threads.
    pub cpu: Duration,
    /// What the engine alone writes.
    pub floor: Floor,
    /// Transactions a second of `pgbench` on the same server, where it is installed.
    pub pgbench: Option<f64>,
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
    // Dropped after everything that uses it.
    let database = plan.database_url.as_deref().map(Database::make).transpose()?;
    let url = database.as_ref().map(Database::url);
    let place = Place::make_on(&plan.folder, Timestamp::now(), url)?;
    let server = Server::start(&place)?;
    let load = Load {
        address: server.address(),
        connections: plan.connections,
        warm_up: WARM_UP,
        duration: plan.duration,
        cases: plan.cases,
        rate: None,
    };
    let (taken, cpu) = load.run(&messages, &|| server.cpu())?;
    server.kill()?;
    let (floor, pgbench) = match &database {
        None => (floor::measure(&place, &messages)?, None),
        Some(database) => {
            // It takes a row of each table, which the floor empties and fills again.
            let pgbench = pgbench::measure(database, &place.file(""), plan.duration)?;
            (floor::postgres::measure(database)?, pgbench)
        }
    };
    Ok(Measured {
        taken,
        cpu,
        floor,
        pgbench,
    })
}

/// What is measured over filled cities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Pages over HTTP.
    Pages,
    /// Searching texts.
    Search,
    /// Verifying everything.
    Verify,
    /// Writing anew what the followers write.
    Rebuild,
    /// Starting to serve, and the memory that serving takes.
    Serving,
    /// Bytes on disk.
    Space,
}

impl Subject {
    /// All, in the order in which they are measured.
    pub const ALL: [Subject; 6] = [
        Subject::Space,
        Subject::Serving,
        Subject::Pages,
        Subject::Search,
        Subject::Verify,
        Subject::Rebuild,
    ];
}

/// Where the cities are made.
#[derive(Debug, Clone)]
pub struct Cities {
    /// The folder.
    pub folder: PathBuf,
    /// Whether they are kept, and taken again where they are there.
    pub keep: bool,
    /// A PostgreSQL server whose databases they lie in, which are dropped in the end; SQLite where it is `None`.
    pub database_url: Option<String>,
}

impl Cities {
    fn of(&self, cases: usize) -> Result<Filled, Failure> {
        if let Some(url) = &self.database_url {
            fill::make_on(&self.folder, cases, url)
        } else if self.keep {
            fill::make_kept(&self.folder, cases)
        } else {
            fill::make(&self.folder, cases)
        }
    }
}

/// Fills cities of these sizes, one after the other, and measures the subjects over each.
///
/// # Errors
/// A disk that fails, or a server that does not start.
pub fn over_sizes(subjects: &[Subject], sizes: &[usize], cities: &Cities) -> Result<Vec<Size>, Failure> {
    let mut measured = Vec::new();
    for cases in sizes {
        let filled = cities.of(*cases)?;
        let mut figures: Vec<Figure> = Vec::new();
        for subject in subjects {
            figures.extend(match subject {
                Subject::Pages => pages::measure(&filled)?,
                Subject::Search => finding::measure(&filled)?,
                Subject::Verify => history::verify(&filled)?,
                Subject::Rebuild => history::rebuild(&filled)?,
                Subject::Serving => serving::measure(&filled)?,
                Subject::Space => space::measure(&filled)?,
            });
        }
        measured.push(Size {
            cases: *cases,
            about: about(&filled)?,
            figures,
        });
    }
    Ok(measured)
}

fn about(filled: &Filled) -> Result<Vec<(&'static str, f64)>, Failure> {
    let cases = filled.cases as f64;
    let bytes = filled.place.bytes()? as f64;
    Ok(vec![
        ("filled_per_s", cases / filled.took.as_secs_f64()),
        ("bytes_per_case", bytes / cases),
    ])
}
