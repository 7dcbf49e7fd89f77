//! `bihuan tenant`: further tenants in a data directory, each under a host name of its own.

use std::path::PathBuf;

use bihuan_core::label::Label;
use bihuan_store::tenant::{Founding, Store};
use bihuan_web::app::SystemEntropy;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::command::init;
use crate::failure::Failure;
use crate::installation::Installation;

/// What to do with tenants.
#[derive(Subcommand)]
pub enum Task {
    /// Found another tenant in an existing directory; a running server serves it after its next start.
    Add(Add),
    /// List the tenants: name in Chinese, name in English, host name.
    List {
        #[command(flatten)]
        installation: Installation,
    },
}

/// Which tenant.
#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    installation: Installation,
    /// Its name in Chinese.
    #[arg(long, value_name = "NAME")]
    name_zh: String,
    /// Its name in English.
    #[arg(long, value_name = "NAME")]
    name_en: String,
    /// The host name it answers under. A tenant without one answers under every name that is no other's.
    #[arg(long)]
    host: String,
    /// A pack to begin with, once for each; by default all that are shipped.
    #[arg(long, value_name = "FILE")]
    pack: Vec<PathBuf>,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Add(wanted) => add(wanted),
        Task::List { installation } => list(installation),
    }
}

fn add(wanted: &Add) -> Result<(), Failure> {
    let texts = init::pack_texts(&wanted.pack)?;
    let store = wanted.installation.open()?;
    for name in [&wanted.name_zh, &wanted.name_en, &wanted.host] {
        refuse_taken(&store, name)?;
    }
    let founding = Founding {
        name: Label::new(&wanted.name_zh, &wanted.name_en),
        host: Some(wanted.host.clone()),
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &texts.iter().map(String::as_str).collect::<Vec<_>>(),
        now: Timestamp::now(),
    };
    let tenant = store
        .found(&founding, &mut SystemEntropy)
        .map_err(init::refused)?;
    init::tell(&wanted.installation.data, &tenant);
    Ok(())
}

/// Refuses a name under which another tenant is found: commands and requests would not know which is meant.
fn refuse_taken(store: &Store, name: &str) -> Result<(), Failure> {
    match store.tenant(Some(name)) {
        Ok(tenant) => Err(Failure::user(format!(
            "{name:?} is the tenant {} already; nothing was changed",
            tenant.name().zh
        ))),
        Err(_free) => Ok(()),
    }
}

fn list(installation: &Installation) -> Result<(), Failure> {
    for tenant in installation.open()?.tenants() {
        let name = tenant.name();
        println!("{}\t{}\t{}", name.zh, name.en, tenant.host().unwrap_or_default());
    }
    Ok(())
}
