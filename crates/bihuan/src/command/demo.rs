//! `bihuan demo`: a fictional city with a seeded year behind it.

use bihuan_core::calendar::Calendar;
use bihuan_core::permission::Permit;
use bihuan_sim::city::DemoAccount;
use bihuan_sim::demo::{self, Demo, Plan};
use bihuan_sim::life::error::LifeError;
use bihuan_store::account::NewAccount;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Store, Tenant};
use bihuan_web::app::SystemEntropy;
use bihuan_web::auth::page::DEMO_PASSWORD;
use bihuan_web::auth::password;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::command::serve::{self, Door};
use crate::failure::Failure;
use crate::installation::{Installation, make_private};
use crate::runtime;

/// What demo.
#[derive(Args)]
pub struct DemoCity {
    #[command(flatten)]
    installation: Installation,
    #[command(flatten)]
    door: Door,
    /// How many messages arrive in the year.
    #[arg(long, value_name = "N", default_value = "20000")]
    cases: usize,
    /// The seed: the same seed and end give the same log.
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
    /// The day with whose beginning the year ends; by default today.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Found the city and do not serve it.
    #[arg(long)]
    no_serve: bool,
}

/// Founds the demo where there is none, and serves it.
pub fn run(wanted: &DemoCity) -> Result<(), Failure> {
    let directory = &wanted.installation.data;
    let plan = Plan {
        seed: wanted.seed,
        cases: wanted.cases,
        until: end(wanted.until)?,
        database_url: wanted.installation.database_url.clone(),
    };
    let store = if Store::is_there(directory, &plan.options()).map_err(Failure::opening)? {
        existing(&wanted.installation)?
    } else {
        found(wanted, &plan)?
    };
    if wanted.no_serve {
        return Ok(());
    }
    println!("log in at /login: the accounts and their password stand on the page");
    serve::serve(store, &wanted.door)
}

/// Opens a demo that is there; anything else is left alone.
fn existing(installation: &Installation) -> Result<Store, Failure> {
    let store = installation.open()?;
    let directory = installation.data.display();
    if !store.marks().demo {
        return Err(Failure::configuration(format!(
            "{directory} is not a demo: serve it with `bihuan serve`, or name another directory"
        )));
    }
    println!("{directory} is there already; its city is served as it is");
    Ok(store)
}

fn found(wanted: &DemoCity, plan: &Plan) -> Result<Store, Failure> {
    let directory = &wanted.installation.data;
    make_private(directory)?;
    let bar = bar(plan.cases);
    let founded = demo::found(directory, plan, &mut |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let Demo {
        store,
        accounts,
        lived,
    } = founded.map_err(not_founded)?;
    keep_key(wanted)?;
    let tenant = store.tenant(None)?;
    let logins: Vec<&str> = accounts.iter().map(|account| account.login.as_str()).collect();
    println!(
        "{}: {} messages, {} commands on them",
        directory.display(),
        lived.cases,
        lived.commands
    );
    println!("accounts: {} (password {DEMO_PASSWORD})", logins.join(", "));
    open_accounts(&tenant, accounts, plan.until)?;
    runtime::run(tenant.follow())??;
    Ok(store)
}

/// Returns the first instant of the day, in the calendar's zone.
fn end(until: Option<Date>) -> Result<Timestamp, Failure> {
    let calendar = Calendar::parse(bihuan_packs::CALENDAR_CN)
        .map_err(|problems| Failure::configuration(format!("the shipped calendar: {problems:?}")))?;
    let day = until.unwrap_or_else(|| calendar.date_of(Timestamp::now()));
    Ok(calendar.start_of(day))
}

/// Writes the seeded key where the other commands look for it; it opens nothing but demos and tests.
fn keep_key(wanted: &DemoCity) -> Result<(), Failure> {
    let file = wanted.installation.key_file()?;
    if file.exists() {
        return Ok(());
    }
    MasterKey::of_seed(wanted.seed)
        .write(&file)
        .map_err(|error| Failure::Configuration(error.into()))
}

fn open_accounts(tenant: &Tenant, accounts: Vec<DemoAccount>, now: Timestamp) -> Result<(), Failure> {
    // One hash for all: hashing is slow on purpose, and this password is no secret.
    let password_hash = password::hash(DEMO_PASSWORD, &mut SystemEntropy)
        .map_err(|error| Failure::Internal(anyhow::anyhow!("the password cannot be hashed: {error}")))?;
    runtime::run(async {
        for DemoAccount { login, person, .. } in accounts {
            let account = NewAccount {
                login,
                person,
                password_hash: password_hash.clone(),
            };
            tenant.add_account(&Permit::system(), account, now).await?;
        }
        Ok(())
    })?
}

fn not_founded(error: LifeError) -> Failure {
    Failure::Internal(anyhow::Error::new(error).context("the city cannot be founded"))
}

fn bar(cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} messages {elapsed}") {
        bar.set_style(style);
    }
    bar
}
