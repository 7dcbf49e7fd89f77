//! `bihuan sim`: the fictional city's people use a running server, and what they were told is checked.

use std::path::PathBuf;
use std::time::Duration;

use bihuan_sim::load::check::{self, Checked};
use bihuan_sim::load::client::Client;
use bihuan_sim::load::error::LoadError;
use bihuan_sim::load::journal::Journal;
use bihuan_sim::load::operation::Mixture;
use bihuan_sim::load::plan::Plan;
use bihuan_sim::load::staff::{Credential, Member};
use bihuan_sim::load::{self, login, town};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::runtime;

/// The longest that an answer to the checker may take.
const CHECK_ANSWER: Duration = Duration::from_secs(30);

/// What to let the people do.
#[derive(Subcommand)]
pub enum Task {
    /// Put load on a server: citizens who report and look, staff who read and take steps.
    ///
    /// People arrive at the chosen rate whether or not the server keeps up. What is too much under way is
    /// shed and counted. Every write is sent under an idempotency key, and again under the same key until it
    /// is answered. Prints JSON at the end: counts and latencies by operation, errors by kind, and the
    /// longest time in which writes were wanted and none was acknowledged.
    Load(Load),
    /// Check that everything that a journal says was acknowledged is there, and only once.
    ///
    /// Exit code 1 if something is lost or doubled.
    Check(Check),
}

/// Which servers, and as whom.
#[derive(Args)]
struct Servers {
    /// A server, such as http://127.0.0.1:8080; several by repeating, for servers that share their data.
    #[arg(long, value_name = "URL", required = true)]
    url: Vec<String>,
    /// A bearer token of somebody on the staff; several by repeating, or by comma in the environment.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "BIHUAN_SIM_TOKENS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    token: Vec<String>,
    /// Log in with the accounts that a demo shows on its log-in page.
    #[arg(long, conflicts_with = "token")]
    demo: bool,
}

/// What load.
#[derive(Args)]
pub struct Load {
    #[command(flatten)]
    servers: Servers,
    /// Arrivals a second, as in 200 or 200/s.
    #[arg(long, value_name = "N/s", value_parser = rate, default_value = "20/s")]
    rate: f64,
    /// How long people arrive, unless the process is asked to stop before.
    #[arg(long, value_name = "S", default_value = "60")]
    seconds: u64,
    /// Parts of the arrivals that read.
    #[arg(long, value_name = "N", default_value = "20")]
    reads: u32,
    /// Parts of the arrivals that write.
    #[arg(long, value_name = "N", default_value = "1")]
    writes: u32,
    /// The most that read, and the most that write, at a time; who comes beyond that is shed.
    #[arg(long, value_name = "N", default_value = "256")]
    in_flight: usize,
    /// How long a write is sent again and again, in seconds; at least 35, the time a fail-over may take.
    #[arg(long, value_name = "S", default_value = "60", value_parser = clap::value_parser!(u64).range(35..))]
    patience: u64,
    /// How long one attempt waits for its answer, in seconds.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    answer_within: u64,
    /// A unit that cases are assigned to: code or name; several by repeating.
    #[arg(long, value_name = "UNIT")]
    unit: Vec<String>,
    /// Let each citizen come from an address of their own, for servers that trust their proxy.
    #[arg(long)]
    spread_senders: bool,
    /// The file to which every acknowledged write is added.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// The word that all keys of this run begin with: by default made of the time.
    #[arg(long, value_name = "WORD", value_parser = run_word)]
    run: Option<String>,
    /// The seed of everything that is left to chance.
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
}

/// What to check.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    servers: Servers,
    /// The journal that `bihuan sim load` wrote.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Load(wanted) => put_load(wanted),
        Task::Check(wanted) => check_journal(wanted),
    }
}

fn put_load(wanted: &Load) -> Result<(), Failure> {
    if wanted.reads + wanted.writes == 0 || wanted.in_flight == 0 {
        return Err(Failure::user(
            "nothing would be sent: --reads, --writes and --in-flight",
        ));
    }
    let units = match (&wanted.unit[..], wanted.servers.demo) {
        ([], true) => town::demo_units().map_err(refused)?,
        (named, _) => named.to_vec(),
    };
    let plan = Plan {
        urls: wanted.servers.url.clone(),
        rate: wanted.rate,
        duration: Duration::from_secs(wanted.seconds),
        mixture: Mixture {
            reads: wanted.reads,
            writes: wanted.writes,
        },
        in_flight: wanted.in_flight,
        patience: Duration::from_secs(wanted.patience),
        answer_within: Duration::from_secs(wanted.answer_within),
        units,
        run: wanted.run.clone().unwrap_or_else(|| run_of(Timestamp::now())),
        seed: wanted.seed,
        spread_senders: wanted.spread_senders,
        journal: wanted.journal.clone(),
    };
    let report = runtime::run(async {
        let staff = staff(&wanted.servers, plan.answer_within).await?;
        load::run(&plan, staff, asked_to_stop()).await
    })?;
    println!("{:#}", report.map_err(refused)?);
    Ok(())
}

fn check_journal(wanted: &Check) -> Result<(), Failure> {
    let lines = Journal::read(&wanted.journal).map_err(refused)?;
    let checked: Result<Checked, LoadError> = runtime::run(async {
        let staff = staff(&wanted.servers, CHECK_ANSWER).await?;
        if staff.is_empty() {
            let why = "only staff see what is doubled: name a token, or --demo".to_owned();
            return Err(LoadError::Server(why));
        }
        let client = Client::new(&wanted.servers.url, CHECK_ANSWER)?;
        check::check(client, staff, &lines).await
    })?;
    let checked = checked.map_err(refused)?;
    println!("{:#}", checked.report());
    if checked.is_whole() {
        Ok(())
    } else {
        Err(Failure::Negative)
    }
}

/// Is ready when the process is asked to stop, by SIGTERM or from the keyboard.
async fn asked_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // A system that tells of no signals ends the process by itself.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Returns those on the staff who take part.
async fn staff(servers: &Servers, answer_within: Duration) -> Result<Vec<Member>, LoadError> {
    if servers.demo {
        let client = Client::new(&servers.url, answer_within)?;
        return login::with_shown_accounts(&client).await;
    }
    let tokens = servers.token.iter().cloned();
    Ok(tokens
        .map(|token| Member::new(Credential::Token(token)))
        .collect())
}

fn refused(error: LoadError) -> Failure {
    match error {
        LoadError::Data(_) => Failure::Internal(error.into()),
        LoadError::Url(_)
        | LoadError::Login { .. }
        | LoadError::Server(_)
        | LoadError::Journal { .. }
        | LoadError::Line { .. } => Failure::User(error.into()),
    }
}

/// Reads a rate, with or without its unit.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match number.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        Ok(_) | Err(_) => Err("a rate is a number above zero, such as 200/s".to_owned()),
    }
}

/// Reads the word of a run: search finds small letters and digits as one word.
fn run_word(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.len() >= 4 && text.len() <= 32 && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err("it has 4 to 32 small letters and digits".to_owned())
}

/// Returns a word that no other run has, unless it begins in the same millisecond.
fn run_of(now: Timestamp) -> String {
    format!("run{:x}", now.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_unit_or_none_and_is_above_zero() {
        assert_eq!((rate("200/s"), rate("0.5")), (Ok(200.0), Ok(0.5)));
        for wrong in ["0", "-1/s", "inf", "200/min", ""] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_word_of_a_run_is_one_that_search_finds() {
        assert!(run_word(&run_of(Timestamp::now())).is_ok());
        for wrong in ["abc", "Run1", "run-1", "跑跑跑跑"] {
            assert!(run_word(wrong).is_err(), "{wrong}");
        }
    }
}
