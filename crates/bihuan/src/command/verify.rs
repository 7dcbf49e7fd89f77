//! `bihuan verify` and `bihuan checkpoint`: whether the log is whole, and what to hold it against later.

use std::path::PathBuf;

use anyhow::Context as _;
use bihuan_store::verify::Progress;
use bihuan_store::verify::findings::Verification;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;

/// What to verify.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
    /// Verify the log and its proof alone, not what follows from them: many times as fast.
    #[arg(long)]
    log_only: bool,
    /// A checkpoint that was kept outside: with it no rewrite of the history before it goes unnoticed.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// Whose checkpoint.
#[derive(Args)]
pub struct Checkpoint {
    #[command(flatten)]
    place: Place,
    /// Print the key that checks the checkpoints instead, to be published once.
    #[arg(long)]
    verifier_key: bool,
}

/// Verifies the log and everything that follows from it.
pub fn verify(wanted: &Verify) -> Result<(), Failure> {
    let against = wanted
        .against
        .as_ref()
        .map(|file| std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())));
    let against = against.transpose()?;
    let tenant = wanted.place.tenant()?;
    let bar = bar();
    let mut progress = |Progress { done, total }| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let outcome = match wanted.log_only {
        true => tenant.verify_log(against.as_deref(), &mut progress)?,
        false => tenant.verify(against.as_deref(), &mut progress)?,
    };
    bar.finish_and_clear();
    if wanted.json {
        println!("{}", as_json(&outcome, wanted.log_only));
    } else {
        print(&outcome, wanted.log_only);
    }
    if outcome.is_clean() {
        Ok(())
    } else {
        Err(Failure::Negative)
    }
}

/// Signs the head of the proof tree over everything that is there now, and prints it.
pub fn checkpoint(wanted: &Checkpoint) -> Result<(), Failure> {
    let tenant = wanted.place.tenant()?;
    if wanted.verifier_key {
        println!("{}", tenant.verifier_key());
        return Ok(());
    }
    let note = runtime::run(tenant.checkpoint(Timestamp::now()))??;
    print!("{note}");
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}% {elapsed}") {
        bar.set_style(style);
    }
    bar
}

fn print(outcome: &Verification, log_only: bool) {
    let counts = &outcome.counts;
    let gone_through = match log_only {
        true => format!("{} events of the log", counts.events),
        false => format!(
            "{} events, {} cases, {} texts ({} erased), {} files",
            counts.events, counts.cases, counts.bodies, counts.erased, counts.files
        ),
    };
    if outcome.is_clean() {
        println!("whole: {gone_through}");
        println!("head: {} {}", outcome.head.size, outcome.head.root);
        return;
    }
    println!("not whole: {gone_through}");
    for difference in &outcome.differences {
        println!("{}: {difference}", difference.check.word());
    }
    if outcome.omitted > 0 {
        println!("and {} more", outcome.omitted);
    }
}

fn as_json(outcome: &Verification, log_only: bool) -> serde_json::Value {
    let counts = &outcome.counts;
    let differences = outcome.differences.iter().map(|difference| {
        json!({
            "check": difference.check.word(),
            "subject": difference.subject,
            "problem": difference.problem,
        })
    });
    json!({
        "whole": outcome.is_clean(),
        "log_only": log_only,
        "events": counts.events,
        "cases": counts.cases,
        "texts": counts.bodies,
        "texts_erased": counts.erased,
        "files": counts.files,
        "head": { "size": outcome.head.size, "root": outcome.head.root.to_string() },
        "differences": differences.collect::<Vec<_>>(),
        "omitted": outcome.omitted,
    })
}
