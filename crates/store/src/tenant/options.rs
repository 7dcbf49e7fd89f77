//! How a directory is opened: with which key, and where its database is.

use std::path::Path;
use std::time::Duration;

use crate::engine::database::Database;
use crate::engine::readers::ReaderLimits;
use crate::engine::sqlite::File;
use crate::error::StoreError;
use crate::keys::MasterKey;
use crate::read::bounds::Bounds;
use crate::tenant::marks::Marks;

/// The database file in a data directory.
pub const DATABASE_FILE: &str = "bihuan.db";

/// How long a lost database server is waited for, unless somebody says otherwise. A fail-over takes about 30
/// seconds.
const PATIENCE: Duration = Duration::from_secs(45);

/// How a directory is opened.
#[derive(Clone)]
pub struct Options {
    /// The key that opens its tenants' keys.
    pub master_key: MasterKey,
    /// The name of a registered SQLite VFS to reach the files through; tests lose power with one.
    pub vfs: Option<String>,
    /// The URL of the PostgreSQL database; `None` for the SQLite file in the directory.
    pub database_url: Option<String>,
    /// The URL of a read replica of that database, from which what need not be newest is read.
    pub replica_url: Option<String>,
    /// How many connections read at once; on a replica as many again.
    pub readers: ReaderLimits,
    /// How much may be read for one list or count.
    pub bounds: Bounds,
    /// How long those who have handed something in wait for a database server that is lost, before they are
    /// told that it is away. Whoever comes after that is told at once.
    pub patience: Duration,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A URL may hold a password.
        f.debug_struct("Options")
            .field("vfs", &self.vfs)
            .field("on_server", &self.database_url.is_some())
            .field("has_replica", &self.replica_url.is_some())
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Options with a key alone: the SQLite file in the directory.
    pub fn new(master_key: MasterKey) -> Self {
        Options {
            master_key,
            vfs: None,
            database_url: None,
            replica_url: None,
            readers: ReaderLimits::default(),
            bounds: Bounds::default(),
            patience: PATIENCE,
        }
    }

    pub(crate) fn database(&self, directory: &Path) -> Result<Database, StoreError> {
        match &self.database_url {
            None => Ok(Database::Sqlite(File {
                path: directory.join(DATABASE_FILE),
                vfs: self.vfs.clone(),
            })),
            Some(url) => Database::postgres(url),
        }
    }

    /// Checks that a key made from a seed opens only what is for tests or a demo.
    pub(crate) fn check_key(&self, marks: Marks) -> Result<(), StoreError> {
        self.master_key
            .check_marks(marks.testing || marks.demo)
            .map_err(|error| StoreError::caused("the master key does not fit the directory", error))
    }
}
