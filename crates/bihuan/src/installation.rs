//! Opening a data directory: which one, with which key, and which tenant of it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_store::keys::{MASTER_KEY_VARIABLE, MasterKey};
use bihuan_store::tenant::{DATABASE_FILE, Options, Store, Tenant};
use clap::Args;

use crate::failure::Failure;

/// What the name of a data directory's key file ends in; the file lies beside the directory, so that a
/// copy of the directory is not a copy of the key.
const KEY_SUFFIX: &str = ".master-key";

/// The data directory.
#[derive(Debug, Clone, Args)]
pub struct Installation {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The file that holds the master key; by default DIR.master-key, beside the directory. The
    /// environment variable BIHUAN_MASTER_KEY may hold the key itself instead.
    #[arg(long, value_name = "FILE")]
    pub master_key: Option<PathBuf>,
    /// The PostgreSQL database, such as postgres://user@one,two,three/city; by default the SQLite file in
    /// the data directory. Of several hosts the one that can be written is found. With
    /// sslmode=verify-full&sslrootcert=FILE in it the server is known by its certificate. A URL with a password
    /// is best given through the environment.
    #[arg(long, value_name = "URL", env = "BIHUAN_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// A tenant of a data directory.
#[derive(Debug, Clone, Args)]
pub struct Place {
    #[command(flatten)]
    installation: Installation,
    /// The tenant's name or host; needed only where there are several.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

impl Installation {
    /// Returns where the master key lies.
    ///
    /// # Errors
    /// A directory whose place cannot be told.
    pub fn key_file(&self) -> Result<PathBuf, Failure> {
        match &self.master_key {
            Some(file) => Ok(file.clone()),
            None => key_file_beside(&self.data),
        }
    }

    /// Returns how to open the directory.
    ///
    /// # Errors
    /// [`Failure::Configuration`] if the master key cannot be read.
    pub fn options(&self) -> Result<Options, Failure> {
        let file = self.key_file()?;
        let master_key = MasterKey::load(&file).map_err(|error| {
            let hint = "name the file with --master-key, or put the key into the environment";
            let error = anyhow::Error::new(error);
            Failure::Configuration(error.context(format!("there is no master key to use: {hint}")))
        })?;
        Ok(Options {
            database_url: self.database_url.clone(),
            ..Options::new(master_key)
        })
    }

    /// Returns whether the database lies in the directory and is not there yet.
    pub fn lacks_file(&self) -> bool {
        self.database_url.is_none() && !self.data.join(DATABASE_FILE).exists()
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// [`Failure::Configuration`] if it is not there or the key does not fit.
    pub fn open(&self) -> Result<Store, Failure> {
        self.open_with(|options| options)
    }

    /// Opens the directory in another way than the installation alone says.
    ///
    /// # Errors
    /// As [`Installation::open`].
    pub fn open_with(&self, change: impl FnOnce(Options) -> Options) -> Result<Store, Failure> {
        if self.lacks_file() {
            let directory = self.data.display();
            return Err(Failure::configuration(format!(
                "{directory} is no data directory: make one with `bihuan init --data {directory}`"
            )));
        }
        Store::open(&self.data, &change(self.options()?)).map_err(Failure::opening)
    }
}

impl Place {
    /// Opens the directory and returns the tenant.
    ///
    /// # Errors
    /// [`Failure::Configuration`] if the directory cannot be opened; [`Failure::User`] if it has no such
    /// tenant.
    pub fn tenant(&self) -> Result<Tenant, Failure> {
        tenant_of(&self.installation.open()?, self.tenant.as_deref())
    }
}

/// Returns the tenant that `--tenant` names; the only one where it names none.
///
/// # Errors
/// [`Failure::User`] if there is no such tenant.
pub fn tenant_of(store: &Store, name: Option<&str>) -> Result<Tenant, Failure> {
    store.tenant(name).map_err(|error| {
        let names = store.tenants();
        let names: Vec<&str> = names.iter().map(|tenant| tenant.name().zh.as_str()).collect();
        Failure::user(format!("{error}; --tenant takes one of {}", names.join(", ")))
    })
}

fn key_file_beside(directory: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(directory)
        .with_context(|| format!("cannot tell where {} lies", directory.display()))?;
    // `.` and a trailing slash name the directory without its own name.
    let absolute: PathBuf = absolute.components().collect();
    let name = absolute
        .file_name()
        .ok_or_else(|| Failure::user(format!("{} cannot be a data directory", directory.display())))?;
    let mut file = name.to_owned();
    file.push(KEY_SUFFIX);
    Ok(absolute.with_file_name(file))
}

/// Makes a data directory, for its owner alone where the system knows owners.
///
/// # Errors
/// [`Failure::Configuration`] if the system refuses.
pub fn make_private(directory: &Path) -> Result<(), Failure> {
    let mut maker = std::fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker
        .create(directory)
        .with_context(|| format!("cannot make {}", directory.display()))
        .map_err(Failure::Configuration)
}

/// Tells whether the environment holds the master key itself.
pub fn key_is_in_environment() -> bool {
    std::env::var_os(MASTER_KEY_VARIABLE).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_lies_beside_the_directory() {
        let beside = |directory: &str| key_file_beside(Path::new(directory)).expect("a place");
        assert_eq!(beside("/srv/city"), Path::new("/srv/city.master-key"));
        assert_eq!(beside("/srv/city.2/"), Path::new("/srv/city.2.master-key"));
        assert!(beside("city").is_absolute());
        assert!(key_file_beside(Path::new("/")).is_err());
    }
}
