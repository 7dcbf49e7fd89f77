//! Makes the dictionary that the store presses events with: `cargo xtask dictionary FILE`.
//!
//! It is trained on what happens in the simulator's city in a year, each event without its ids and digests, and
//! on the golden file of every kind of event. The same program makes the same bytes. A dictionary that was shipped
//! never changes: events are read with it for ever.

use std::path::Path;

use anyhow::{Context as _, Result};
use bihuan_sim::demo::{Plan, found};
use bihuan_store::dense::event::rest;

/// Messages in the year.
const CASES: usize = 1_500;
/// Of its events every so many-th is taken, which zstd then has enough of.
const EVERY: usize = 2;
/// Larger events, such as a policy pack, have enough in them to compress by themselves.
const LARGEST: usize = 4_096;
/// How often each golden file counts: what is rare in the year is not rare in every town.
const GOLDEN: usize = 12;
/// The size of the dictionary in bytes; twice as much gains a hundredth.
const SIZE: usize = 16 << 10;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).context("which file?")?;
    let mut samples = lived()?;
    for _ in 0..GOLDEN {
        samples.extend(golden()?);
    }
    let dictionary = zstd::dict::from_samples(&samples, SIZE)?;
    std::fs::write(&file, &dictionary)?;
    println!("{file}: {} bytes from {} events", dictionary.len(), samples.len());
    Ok(())
}

fn lived() -> Result<Vec<Vec<u8>>> {
    let directory = tempfile::tempdir()?;
    let plan = Plan {
        seed: 1,
        cases: CASES,
        until: "2026-11-20T16:00:00Z".parse()?,
        database_url: None,
    };
    let demo = found(&directory.path().join("city"), &plan, &mut |_| {})?;
    let reader = demo.store.tenant(None)?.reader()?;
    let events = reader.events(0, usize::MAX)?.into_iter();
    let events = events.filter(|event| event.data.len() <= LARGEST).step_by(EVERY);
    Ok(events.map(|event| rest(&event.data)).collect())
}

fn golden() -> Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/events/v1");
    let files: Result<Vec<_>, _> = folder.read_dir()?.collect();
    let mut files = files?;
    files.sort_by_key(std::fs::DirEntry::path);
    let read = |file: &std::fs::DirEntry| Ok(rest(std::fs::read(file.path())?.trim_ascii_end()));
    files.iter().map(read).collect()
}
