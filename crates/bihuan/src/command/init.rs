//! `bihuan init`: makes a data directory with its first tenant.

use std::path::{Path, PathBuf};

use bihuan_core::label::Label;
use bihuan_store::error::StoreError;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Founding, Marks, Options, Store, Tenant};
use clap::Args;
use jiff::Timestamp;

use crate::command::pack;
use crate::failure::Failure;
use crate::installation::{Installation, key_is_in_environment, make_private};
use bihuan_web::app::SystemEntropy;

/// What to make.
#[derive(Args)]
pub struct Init {
    #[command(flatten)]
    installation: Installation,
    /// The tenant's name in Chinese.
    #[arg(long, value_name = "NAME", default_value = "闭环")]
    name_zh: String,
    /// The tenant's name in English.
    #[arg(long, value_name = "NAME", default_value = "Bihuan")]
    name_en: String,
    /// The host name it answers under; not needed where it is the only tenant.
    #[arg(long)]
    host: Option<String>,
    /// A pack to begin with, once for each; by default all that are shipped.
    #[arg(long, value_name = "FILE")]
    pack: Vec<PathBuf>,
    /// Mark the directory for ever as one for tests: only there can limits be switched off.
    #[arg(long)]
    for_testing: bool,
}

/// Makes the directory.
pub fn run(wanted: &Init) -> Result<(), Failure> {
    let directory = &wanted.installation.data;
    if wanted.installation.database_url.is_none() && !wanted.installation.lacks_file() {
        return Err(Failure::user(format!(
            "{} is a data directory already; nothing was changed",
            directory.display()
        )));
    }
    let texts = pack_texts(&wanted.pack)?;
    let marks = Marks {
        testing: wanted.for_testing,
        demo: false,
    };
    let founding = Founding {
        name: Label::new(&wanted.name_zh, &wanted.name_en),
        host: wanted.host.clone(),
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &texts.iter().map(String::as_str).collect::<Vec<_>>(),
        now: Timestamp::now(),
    };
    let (store, kept) = found(&wanted.installation, marks, &founding, |options| options)?;
    for tenant in store.tenants() {
        tell(directory, &tenant);
    }
    println!("master key: {kept}");
    println!("Keep a copy of the key elsewhere: without it no text and no identity can be read again.");
    Ok(())
}

/// Founds an installation, with a master key where it has none yet; returns it, and where its key is kept.
///
/// # Errors
/// [`Failure::Configuration`] if the directory, the key or the database cannot be made.
pub fn found(
    installation: &Installation,
    marks: Marks,
    founding: &Founding<'_>,
    change: impl FnOnce(Options) -> Options,
) -> Result<(Store, String), Failure> {
    let (options, kept) = master_key(installation)?;
    make_private(&installation.data)?;
    let store = Store::init(
        &installation.data,
        marks,
        &change(options),
        founding,
        &mut SystemEntropy,
    );
    Ok((store.map_err(refused)?, kept))
}

/// Tells what was founded.
pub fn tell(directory: &Path, tenant: &Tenant) {
    let scene = tenant.scene();
    let packs = scene.newest().map(|pack| format!("{} {}", pack.id, pack.version));
    println!(
        "{}: {} with the packs {}",
        directory.display(),
        tenant.name().zh,
        packs.collect::<Vec<_>>().join(", ")
    );
}

/// Returns the packs' texts: the shipped ones where none is named.
///
/// # Errors
/// [`Failure::User`] if a pack has problems.
pub fn pack_texts(files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    if files.is_empty() {
        return Ok(bihuan_packs::TEXTS.map(str::to_owned).to_vec());
    }
    files.iter().map(|file| pack::sound_text(file)).collect()
}

/// Finds the master key, or makes one and writes it; returns with it where it is kept.
fn master_key(installation: &Installation) -> Result<(Options, String), Failure> {
    if key_is_in_environment() {
        return Ok((installation.options()?, "from the environment".to_owned()));
    }
    let file = installation.key_file()?;
    if !file.exists() {
        make_key(&file)?;
    }
    Ok((installation.options()?, file.display().to_string()))
}

fn make_key(file: &Path) -> Result<(), Failure> {
    let unwritable =
        |error: anyhow::Error| Failure::Configuration(error.context("no master key can be made"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(error.into()))?;
    }
    MasterKey::random(&mut SystemEntropy)
        .write(file)
        .map_err(|error| unwritable(error.into()))
}

/// Says why no tenant was founded.
pub fn refused(error: StoreError) -> Failure {
    match error {
        StoreError::Conflict(_) => Failure::User(error.into()),
        StoreError::NotFound(_)
        | StoreError::Busy(_)
        | StoreError::Unavailable { .. }
        | StoreError::Corrupt(_) => Failure::opening(error),
    }
}
