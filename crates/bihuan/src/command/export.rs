//! `bihuan export events`: the log, line by line, in its own order.

use std::io::{BufWriter, Write};

use bihuan_core::event::Stream;
use bihuan_core::id::Digest;
use bihuan_store::error::StoreError;
use bihuan_store::read::events::PlacedEvent;
use clap::{Args, Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;

/// Events that are read at a time.
const PAGE: usize = 2_000;

/// What to export.
#[derive(Subcommand)]
pub enum Task {
    /// Print every event of the log in its order, one JSON object a line.
    ///
    /// A line holds the place in the log, the stream, the version in it, the link to the event before, the
    /// event's hash, and the event as it was written. Texts and identities are not in it.
    Events(Events),
}

/// Which events, and how.
#[derive(Args)]
pub struct Events {
    #[command(flatten)]
    place: Place,
    /// The form.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only events after this place in the log: the last `seq` that is known already.
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Jsonl,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Events(wanted) => events(wanted),
    }
}

fn events(wanted: &Events) -> Result<(), Failure> {
    let Format::Jsonl = wanted.format;
    let tenant = wanted.place.tenant()?;
    runtime::run(tenant.follow())??;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut from = wanted.after.map_or(0, |seq| seq.saturating_add(1));
    loop {
        let page = tenant.reader()?.events(from, PAGE)?;
        let Some(last) = page.last() else { break };
        from = last.seq + 1;
        for event in &page {
            match write_line(&mut out, event) {
                // Whoever reads has seen enough.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.map_err(StoreError::from)?,
            }
        }
    }
    out.flush().map_err(StoreError::from)?;
    Ok(())
}

fn write_line(out: &mut impl Write, event: &PlacedEvent) -> std::io::Result<()> {
    let (name, id) = match event.stream {
        Stream::Org => ("org", None),
        Stream::Packs => ("packs", None),
        Stream::Calendars => ("calendars", None),
        Stream::Case(case) => ("case", Some(case)),
    };
    write!(out, "{{\"seq\":{},\"stream\":\"{name}\"", event.seq)?;
    if let Some(case) = id {
        write!(out, ",\"case\":\"{case}\"")?;
    }
    write!(
        out,
        ",\"version\":{},\"prev\":\"{}\",\"hash\":\"{}\",\"entry\":",
        event.version,
        event.prev.unwrap_or(Digest::ZERO),
        event.hash
    )?;
    out.write_all(&event.data)?;
    out.write_all(b"}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_that_holds_the_bytes_of_the_event() {
        let event = PlacedEvent {
            seq: 7,
            stream: Stream::Org,
            version: 3,
            data: br#"{"actor":"system"}"#.to_vec(),
            prev: None,
            hash: Digest([1; 32]),
        };
        let mut line = Vec::new();
        write_line(&mut line, &event).expect("written");
        let read: serde_json::Value = serde_json::from_slice(&line).expect("one JSON object");
        assert_eq!(read["seq"], 7);
        assert_eq!(read["stream"], "org");
        assert_eq!(read["entry"]["actor"], "system");
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}
