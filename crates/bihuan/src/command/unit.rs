//! `bihuan unit`: units and people come into the org tree from a table.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_core::org::Unit;
use bihuan_core::permission::Permit;
use bihuan_report::upload::{self, Grid};
use bihuan_store::account::NewAccount;
use bihuan_store::error::ExecuteError;
use bihuan_web::app::SystemEntropy;
use bihuan_web::auth::invitation::{Invitation, new_code};
use bihuan_web::people::plan::{NewLogin, Present, plan};
use bihuan_web::people::rows::{BOUNDS, Fault, Rows};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;

/// What to do with units.
#[derive(Subcommand)]
pub enum Task {
    /// Bring units and people in from a workbook or a CSV file; all rows or, where one is wrong, none.
    ///
    /// Columns of units: code, name_zh, name_en, parent (code or name of the unit above), class, aliases, duties
    /// (categories, by code or name), external (`yes` for a body outside the tree). Columns of people: name_zh,
    /// name_en, login, unit, roles, post, head. Lists have semicolons between their parts. The page "Units and
    /// people" has a template that explains them. Each new login gets a code for its first use, printed once.
    Import(Import),
    /// List the units with their codes.
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Which units.
#[derive(Args)]
pub struct Import {
    /// The workbook, or the CSV file in UTF-8 or in what spreadsheets write, such as GB18030.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Import(wanted) => import(wanted),
        Task::List { place } => list(place),
    }
}

fn import(wanted: &Import) -> Result<(), Failure> {
    let rows = read(&wanted.file)?;
    let tenant = wanted.place.tenant()?;
    let now = Timestamp::now();
    let accounts = tenant.reader()?.accounts()?;
    let present = Present {
        scene: &tenant.scene(),
        logins: accounts
            .into_iter()
            .map(|account| (account.login, account.person))
            .collect(),
        now,
    };
    let plan = plan(&rows, &present, &mut SystemEntropy);
    if !plan.faults.is_empty() {
        return Err(refused(&wanted.file, &plan.faults));
    }
    let mut codes = Vec::new();
    runtime::run(async {
        tenant
            .change_org_together(&Permit::system(), plan.events, now)
            .await?;
        for NewLogin { login, person, .. } in plan.logins {
            let code = new_code(&mut SystemEntropy);
            let account = NewAccount {
                login: login.clone(),
                person,
                password_hash: Invitation::of(&code, now).stored(),
            };
            tenant.add_account(&Permit::system(), account, now).await?;
            codes.push((login, code));
        }
        Ok::<_, ExecuteError>(())
    })??;
    println!(
        "{} units, {} people: {} changes",
        rows.units.len(),
        rows.people.len(),
        plan.changes.len()
    );
    for (login, code) in codes {
        println!("{login}: first code, shown only now: {code}");
    }
    Ok(())
}

/// Tells everything that is wrong with a file.
fn refused(file: &Path, faults: &[Fault]) -> Failure {
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Failure::user(format!(
        "{}: nothing was written\n{}",
        file.display(),
        said.join("\n")
    ))
}

fn list(place: &Place) -> Result<(), Failure> {
    let tenant = place.tenant()?;
    let scene = tenant.scene();
    let mut units: Vec<&Unit> = scene.org.units().collect();
    units.sort_by_key(|unit| &unit.code);
    for unit in units {
        let parent = unit.parent.and_then(|parent| scene.org.unit(parent));
        let parent = parent.map_or("", |parent| parent.code.as_str());
        println!("{}\t{}\t{}\t{parent}", unit.code, unit.name.zh, unit.class);
    }
    Ok(())
}

fn read(file: &Path) -> Result<Rows, Failure> {
    let grids = || -> anyhow::Result<Vec<Grid>> { Ok(upload::read(&std::fs::read(file)?, &BOUNDS)?) };
    let grids = grids().with_context(|| format!("cannot read {}", file.display()))?;
    Rows::of_file(&grids).map_err(|faults| refused(file, &faults))
}
