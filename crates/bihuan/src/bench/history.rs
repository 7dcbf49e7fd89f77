//! Verifying the log and following it from its beginning, against reading the same bytes.
//!
//! Both are measured in this process, on the threads that a server would do them on. Their floor reads and hashes
//! every event once, in the order they lie in, through the same driver. Following is held against two more: reading
//! alone, and making events of what was read.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bihuan_core::event::Entry;
use bihuan_store::dense::event;
use bihuan_store::error::StoreError;
use bihuan_store::verify::findings::Verification;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};

use super::figure::Figure;
use super::fill::Filled;
use super::on_server::{Database, Session};
use super::processor::own_time;
use crate::failure::Failure;
use crate::runtime;

/// What the log alone takes to be read.
#[derive(Debug, Clone, Copy)]
struct Read {
    events: u64,
    bytes: u64,
    took: Duration,
}

/// Measures verifying: the log and its proof alone, which read and hash what the floor does; then with them all
/// that is derived.
///
/// # Errors
/// A store that does not open, or does not agree with itself.
pub fn verify(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let floor = read(filled, With::Hash).map_err(Failure::Internal)?;
    let store = filled.place.open()?;
    let tenant = store.tenant(None).map_err(Failure::opening)?;
    let log = verifying("verify_log", floor, || tenant.verify_log(None, &mut |_| {}))?;
    let all = verifying("verify", floor, || tenant.verify(None, &mut |_| {}))?;
    Ok(vec![log, all])
}

fn verifying(
    name: &'static str,
    floor: Read,
    verify: impl FnOnce() -> Result<Verification, StoreError>,
) -> Result<Figure, Failure> {
    let (began, before) = (Instant::now(), own_time()?);
    let verified = verify().map_err(|error| Failure::Internal(error.into()))?;
    let (took, cpu) = (began.elapsed(), own_time()?.saturating_sub(before));
    match verified.differences.first() {
        Some(difference) => Err(Failure::Internal(anyhow::anyhow!("{difference}"))),
        None => Ok(figure(name, floor, took, cpu)),
    }
}

/// Measures writing what the followers write from the beginning of the log: against reading and hashing its bytes,
/// against reading them alone, and against making of them the events that followers are given.
///
/// # Errors
/// A store that does not open, or a log that cannot be followed.
pub fn rebuild(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    // The first brings the log into the system's memory, for each of them alike.
    let bytes = read(filled, With::Nothing).map_err(Failure::Internal)?;
    let floor = read(filled, With::Hash).map_err(Failure::Internal)?;
    let events = read(filled, With::Event).map_err(Failure::Internal)?;
    let store = filled.place.open()?;
    let tenant = store.tenant(None).map_err(Failure::opening)?;
    let (began, before) = (Instant::now(), own_time()?);
    let (took, cpu) = runtime::run(async {
        tenant.rebuild_followers().await?;
        Ok::<_, StoreError>((began.elapsed(), own_time()))
    })?
    .map_err(|error| Failure::Internal(error.into()))?;
    let mut rebuilt = figure("rebuild", floor, took, cpu?.saturating_sub(before));
    let against = |read: Read| {
        let rate = read.events as f64 / read.took.as_secs_f64();
        (rate, read.took.as_secs_f64() / took.as_secs_f64())
    };
    let ((alone, to_alone), (parsed, to_parsed)) = (against(bytes), against(events));
    rebuilt.values.extend([
        ("read_alone", alone),
        ("ratio_to_read_alone", to_alone),
        ("parsed", parsed),
        ("ratio_to_parsed", to_parsed),
    ]);
    Ok(vec![rebuilt])
}

fn figure(name: &'static str, floor: Read, took: Duration, cpu: Duration) -> Figure {
    let rate = floor.events as f64 / took.as_secs_f64();
    let alone = floor.events as f64 / floor.took.as_secs_f64();
    let cost = cpu.as_secs_f64() * 1_000.0 / floor.events as f64;
    Figure {
        name,
        values: vec![
            ("seconds", took.as_secs_f64()),
            ("events", floor.events as f64),
            ("log_bytes", floor.bytes as f64),
            ("rate", rate),
            ("floor", alone),
            ("ratio", rate / alone),
            ("cpu_ms_per_event", cost),
        ],
        cost,
    }
}

/// What is done with the bytes of an event once they were read.
#[derive(Debug, Clone, Copy)]
enum With {
    Nothing,
    Hash,
    Event,
}

/// Reads every event, and does that with its bytes.
fn read(filled: &Filled, with: With) -> Result<Read> {
    let began = Instant::now();
    let mut reading = Reading::default();
    match &filled.database {
        None => read_file(&filled.place.database(), with, &mut reading)?,
        Some(database) => read_server(database, with, &mut reading)?,
    }
    let Reading { events, bytes, odd } = reading;
    ensure!(events > 0 && odd <= events, "the log is empty");
    Ok(Read {
        events,
        bytes,
        took: began.elapsed(),
    })
}

/// What was read so far.
#[derive(Debug, Default)]
struct Reading {
    events: u64,
    bytes: u64,
    /// Of no use, so that no hash and no event is left out.
    odd: u64,
}

impl Reading {
    fn take(&mut self, stored: &[u8], hash: &[u8], with: With) -> Result<()> {
        // What is hashed are the plain bytes, so they are a part of the floor.
        let data = event::open(stored)?;
        match with {
            With::Nothing => {}
            With::Hash => {
                let digest = Sha256::new().chain_update(hash).chain_update(&data).finalize();
                self.odd += u64::from(digest[0] & 1);
            }
            With::Event => {
                let entry: Entry = serde_json::from_slice(&data)?;
                self.odd += u64::from(entry.occurred_at.as_millisecond() % 2 == 1);
            }
        }
        self.events += 1;
        self.bytes += data.len() as u64;
        Ok(())
    }
}

fn read_file(database: &Path, with: With, reading: &mut Reading) -> Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut statement = connection.prepare("SELECT data, hash FROM event ORDER BY place")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        reading.take(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?, with)?;
    }
    Ok(())
}

fn read_server(database: &Database, with: With, reading: &mut Reading) -> Result<()> {
    let session = Session::open(database.url())?;
    session.run("BEGIN; DECLARE events NO SCROLL CURSOR FOR SELECT data, hash FROM event")?;
    loop {
        let rows = session.wait(session.client.query("FETCH 4096 FROM events", &[]))?;
        if rows.is_empty() {
            return session.run("COMMIT");
        }
        for row in rows {
            reading.take(row.try_get(0)?, row.try_get(1)?, with)?;
        }
    }
}
