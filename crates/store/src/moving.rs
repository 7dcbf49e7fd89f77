//! Moving a whole installation from one engine to the other: all tenants, all tables, all files.
//!
//! The source is held against writing meanwhile and left as it is. The target carries a mark until every table
//! was compared; with the mark it does not open. A move that was broken off goes on when it is run again.
//! Rows are copied page by page ([`copy`]), the log in its order ([`log`]), and the search documents are made
//! anew ([`documents`]), which is why the master key is needed. Of the files those of the cases are moved; what
//! exports have written is made again when it is asked for again.

mod compare;
pub(crate) mod copy;
pub(crate) mod documents;
pub(crate) mod log;
mod page;
pub(crate) mod tables;

use std::fs::File;
use std::path::PathBuf;

use jiff::Timestamp;

pub use self::compare::Copied;
use self::copy::Copying;
use crate::blob::{Blobs, files_under};
use crate::engine::connection::{Connection, Engine};
use crate::error::StoreError;
use crate::keys::MasterKey;
use crate::schema;
use crate::tenant::{BLOBS_DIRECTORY, DATABASE_FILE, Options, marks};

/// Rows in one transaction: enough that its end costs little, few enough to lie in memory.
pub const PAGE_ROWS: usize = 2_000;

/// Where an installation lies.
#[derive(Clone)]
pub struct Side {
    /// The data directory.
    pub directory: PathBuf,
    /// The URL of the PostgreSQL database; `None` for the SQLite file in the directory.
    pub database_url: Option<String>,
}

/// What to move where.
pub struct Moving {
    /// Where the installation is. Must not be served meanwhile.
    pub from: Side,
    /// Where it is to be: without a database, or with what an earlier run left there.
    pub to: Side,
    /// The key that opens its tenants' keys, before and after.
    pub master_key: MasterKey,
    /// When.
    pub now: Timestamp,
    /// Rows in one transaction, such as [`PAGE_ROWS`].
    pub page_rows: usize,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Copying and comparing rows.
    Rows {
        /// Steps done: a row counts when it is copied, and again when it is compared.
        done: u64,
        /// Steps in all.
        total: u64,
    },
    /// Copying files.
    Files {
        /// Files that are there.
        done: u64,
    },
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The tables, the same on both sides.
    pub tables: Vec<Copied>,
    /// How many files the target has.
    pub files: u64,
}

impl Moving {
    /// Moves, or goes on moving. Blocks for as long as it takes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the source is not there; [`StoreError::Conflict`] if the target holds an
    /// installation, or differs in the end; [`StoreError::Unavailable`] if somebody is writing to the source,
    /// or the key is not its own.
    pub fn run(&self, progress: &mut dyn FnMut(Progress)) -> Result<Moved, StoreError> {
        let file = self.from.directory.join(DATABASE_FILE);
        if self.from.database_url.is_none() && !file.exists() {
            return Err(StoreError::NotFound(file.display().to_string()));
        }
        let source = self.open(&self.from)?;
        marks::read(&source)?;
        std::fs::create_dir_all(self.to.directory.join(BLOBS_DIRECTORY))?;
        let target = self.open(&self.to)?;
        marks::begin_move(&target, self.now)?;
        schema::make_partitions(&target, self.now)?;
        hold(&source)?;
        let files = self.copy_files(progress)?;
        let mut rows = |done, total| progress(Progress::Rows { done, total });
        let mut copying = Copying {
            source: &source,
            target: &target,
            master_key: &self.master_key,
            page_rows: self.page_rows,
            progress: &mut rows,
            done: 0,
            total: 0,
        };
        let tables = copying.run()?;
        marks::end_move(&target)?;
        source.roll_back()?;
        Ok(Moved { tables, files })
    }

    fn open(&self, side: &Side) -> Result<Connection, StoreError> {
        let options = Options {
            database_url: side.database_url.clone(),
            ..Options::new(self.master_key.clone())
        };
        let connection = options.database(&side.directory)?.open_writer()?;
        schema::migrate(&connection)?;
        Ok(connection)
    }

    /// Copies the files that the target has not, each checked against its name.
    fn copy_files(&self, progress: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
        let (from, to) = (blobs(&self.from), blobs(&self.to));
        let mut done = 0;
        for path in files_under(&from)? {
            let relative = path.strip_prefix(&from).map_err(std::io::Error::other)?;
            let kept = to.join(relative);
            if !kept.is_file() {
                let tenant = relative.components().next().map(|part| to.join(part));
                let blob = Blobs::open(tenant.unwrap_or_else(|| to.clone()))?;
                blob.put_from(File::open(&path)?, u64::MAX)?;
                if !kept.is_file() {
                    let changed = format!("file {} was changed: verify the source", path.display());
                    return Err(StoreError::Corrupt(changed));
                }
            }
            done += 1;
            progress(Progress::Files { done });
        }
        Ok(done)
    }
}

fn blobs(side: &Side) -> PathBuf {
    side.directory.join(BLOBS_DIRECTORY)
}

/// Begins to read the source as of one instant, and keeps everybody from writing to it until the transaction
/// ends.
fn hold(source: &Connection) -> Result<(), StoreError> {
    match source.engine() {
        Engine::Sqlite => source.begin().and_then(|()| source.settle()),
        Engine::Postgres => {
            source.begin_reading()?;
            let tables: Vec<&str> = tables::all().map(|table| table.name).collect();
            source.run(&format!(
                "SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = 0;
                LOCK TABLE mark, unplaced, {} IN SHARE MODE",
                tables.join(", ")
            ))
        }
    }
    .map_err(|error| StoreError::caused("the source is being written to: stop serving it", error))
}
