//! Backup while the installation runs, and restore into an empty directory.
//!
//! A backup is a directory: the database as of one instant, the files of the cases, and a list of
//! SHA-256 digests in the form that `sha256sum --check` reads. The database is a SQLite file also where the
//! installation lies on a server: what is restored runs by itself, and can be moved back. The master key is never in it: without
//! the key, identities and bodies in a backup are noise, and somebody must keep it elsewhere. The archive, which
//! hardly changes, may be left out and is named when the rest is restored.
//!
//! What was erased after a backup was made is still in that backup for whoever has the key; backups must
//! be kept no longer than the retention rules allow.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Component, Path, PathBuf};

use bihuan_core::id::Digest;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::archive::ARCHIVE_FILE;
use crate::blob::{copy_hashed, files_under, sync_directory};
use crate::engine::archive;
use crate::engine::connection::{self as engine, Engine};
use crate::engine::sqlite;
use crate::error::StoreError;
use crate::moving::PAGE_ROWS;
use crate::moving::copy::Copying;
use crate::schema;
use crate::tenant::{BLOBS_DIRECTORY, DATABASE_FILE, Store};

/// The name of the list of digests.
pub const MANIFEST: &str = "SHA256SUMS";

/// The name of a connection's own database.
const MAIN: &str = "main";

/// Database pages that are copied at a time, between two reports of progress.
const PAGES_AT_A_TIME: i32 = 1_024;

/// How far a backup or restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Copying the database.
    Database {
        /// Steps done: pages of a file, rows of a server.
        done: u64,
        /// Steps in all.
        total: u64,
    },
    /// Copying files.
    Files {
        /// Files copied.
        done: u64,
    },
}

/// What was backed up or restored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// The number of files, the database among them.
    pub files: u64,
    /// Their size in all.
    pub size_bytes: u64,
}

impl Store {
    /// Copies the installation into the new directory `target`; readers and the writer go on meanwhile.
    ///
    /// Blocks for as long as it copies.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `target` is there and not empty.
    pub fn back_up(&self, target: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Copied, StoreError> {
        self.copy_all(target, Depth::Whole, progress)
    }

    /// Like [`Store::back_up`], without the archive: what is restored of it needs one that is as new.
    ///
    /// # Errors
    /// As [`Store::back_up`].
    pub fn back_up_without_archive(
        &self,
        target: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Copied, StoreError> {
        self.copy_all(target, Depth::WithoutArchive, progress)
    }

    fn copy_all(
        &self,
        target: &Path,
        depth: Depth,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Copied, StoreError> {
        make_empty(target)?;
        let directory = self.directory();
        match self.engine() {
            Engine::Sqlite => copy_files(&directory.join(DATABASE_FILE), target, depth, progress)?,
            Engine::Postgres => self.copy_server(&target.join(DATABASE_FILE), progress)?,
        }
        let mut manifest = Manifest::default();
        for file in [DATABASE_FILE, ARCHIVE_FILE].map(Path::new) {
            if target.join(file).exists() {
                manifest.add(target, file)?;
            }
        }
        // A file is on disk before an event names it, and is never removed: whatever the copied database
        // names is there now.
        for path in files_under(&directory.join(BLOBS_DIRECTORY))? {
            let relative = path.strip_prefix(directory).map_err(io::Error::other)?;
            let (digest, size_bytes) = copy_file(&path, &target.join(relative))?;
            manifest.push(relative, digest, size_bytes);
            progress(Progress::Files {
                done: manifest.copied.files,
            });
        }
        manifest.write(&target.join(MANIFEST))?;
        sync_directory(target)?;
        Ok(manifest.copied)
    }

    /// Writes what is on the server as of the instant at which this begins into a new file, and compares the
    /// two.
    fn copy_server(&self, to: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), StoreError> {
        let snapshot = self.snapshot()?;
        // Between two pages the server waits for as long as the file takes.
        snapshot
            .connection()
            .run("SET LOCAL idle_in_transaction_session_timeout = 0")?;
        let file = sqlite::File {
            path: to.to_owned(),
            vfs: None,
        };
        let target = engine::Connection::Sqlite(file.open_writer()?);
        schema::migrate(&target)?;
        Copying {
            source: snapshot.connection(),
            target: &target,
            master_key: self.master_key(),
            page_rows: PAGE_ROWS,
            progress: &mut |done, total| progress(Progress::Database { done, total }),
            done: 0,
            total: 0,
        }
        .run()?;
        // One plain file is easier to keep and to check.
        target.run("PRAGMA journal_mode = DELETE")?;
        drop(target);
        File::open(to)?.sync_all()?;
        Ok(())
    }
}

/// Copies a backup into the new directory `target`, checking every file against the list. Where the archive
/// was left out of it, `archive` names the one to copy.
///
/// # Errors
/// [`StoreError::Corrupt`] naming the first file that is missing or was changed; [`StoreError::Conflict`] if
/// `target` is there and not empty, or the archive is not in the backup and none is named;
/// [`StoreError::Unavailable`] if the named one does not belong to the backup.
pub fn restore(
    backup: &Path,
    target: &Path,
    archive: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, StoreError> {
    let listed = read_manifest(&backup.join(MANIFEST))?;
    let has_archive = listed
        .iter()
        .any(|(_, relative)| relative == Path::new(ARCHIVE_FILE));
    let database = backup.join(DATABASE_FILE);
    let lacks_archive = !has_archive && database.is_file() && archive::is_named_in(&database)?;
    if lacks_archive && archive.is_none() {
        let problem = "the backup was made without its archive: name the one that belongs to it";
        return Err(StoreError::Conflict(problem.into()));
    }
    make_empty(target)?;
    let mut copied = Copied::default();
    for (expected, relative) in listed {
        let from = backup.join(&relative);
        if !from.is_file() {
            return Err(StoreError::Corrupt(format!(
                "{} is not in the backup",
                relative.display()
            )));
        }
        let (digest, size_bytes) = copy_file(&from, &target.join(&relative))?;
        if digest != expected {
            return Err(StoreError::Corrupt(format!(
                "{} was changed in the backup",
                relative.display()
            )));
        }
        copied.files += 1;
        copied.size_bytes += size_bytes;
        progress(Progress::Files { done: copied.files });
    }
    if lacks_archive && let Some(archive) = archive {
        copied.size_bytes += restore_archive(archive, target, progress)?;
        copied.files += 1;
    }
    sync_directory(target)?;
    Ok(copied)
}

/// Copies an archive beside a database that was restored, and checks that it belongs there.
fn restore_archive(
    from: &Path,
    target: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, StoreError> {
    let to = target.join(ARCHIVE_FILE);
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy_database(&source, MAIN, &to, progress)?;
    let database = sqlite::File {
        path: target.join(DATABASE_FILE),
        vfs: None,
    };
    archive::follow(&database.open_existing()?)?;
    Ok(to.metadata()?.len())
}

/// How much a backup takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Whole,
    WithoutArchive,
}

/// Copies the database, and its archive with it, both as of the instant at which this begins.
fn copy_files(
    from: &Path,
    target: &Path,
    depth: Depth,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.pragma_update(None, "query_only", true)?;
    // The open read transaction holds the snapshot, so commits meanwhile do not restart the copy.
    archive::begin_reading(&source)?;
    // A backup knows of nothing that a power cut could still take from what it was made of.
    sqlite::settle(&source)?;
    let with_archive = depth == Depth::Whole && archive::is_attached(&source);
    if with_archive {
        archive::batches(&source, "archive")?;
    }
    copy_database(&source, MAIN, &target.join(DATABASE_FILE), progress)?;
    if with_archive {
        copy_database(&source, archive::NAME, &target.join(ARCHIVE_FILE), progress)?;
    }
    source.execute_batch("COMMIT")?;
    Ok(())
}

/// Copies one of the databases that a connection sees.
fn copy_database(
    source: &Connection,
    name: &str,
    to: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new_with_names(source, name, &mut target, MAIN)?;
        loop {
            let step = backup.step(PAGES_AT_A_TIME)?;
            let pages = backup.progress();
            let total = u64::try_from(pages.pagecount).unwrap_or(0);
            let left = u64::try_from(pages.remaining).unwrap_or(0);
            progress(Progress::Database {
                done: total.saturating_sub(left),
                total,
            });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                StepResult::Busy | StepResult::Locked => std::thread::yield_now(),
                // The driver's enum is open; an unknown outcome must not become an endless loop.
                other => return Err(StoreError::unavailable(format!("backup step: {other:?}"))),
            }
        }
    }
    // The copy carries the source's write-ahead mode; one plain file is easier to keep and to check.
    target.pragma_update(None, "journal_mode", "delete")?;
    target.close().map_err(|(_connection, error)| error)?;
    File::open(to)?.sync_all()?;
    Ok(())
}

/// The list of a backup's files.
#[derive(Debug, Default)]
struct Manifest {
    lines: Vec<String>,
    copied: Copied,
}

impl Manifest {
    fn add(&mut self, root: &Path, relative: &Path) -> Result<(), StoreError> {
        let blob = copy_hashed(&mut File::open(root.join(relative))?, &mut io::sink(), u64::MAX)?;
        self.push(relative, blob.digest, blob.size_bytes);
        Ok(())
    }

    fn push(&mut self, relative: &Path, digest: Digest, size_bytes: u64) {
        self.lines.push(format!("{digest}  {}\n", relative.display()));
        self.copied.files += 1;
        self.copied.size_bytes += size_bytes;
    }

    /// Writes the list last: a directory without it is no backup.
    fn write(&mut self, path: &Path) -> Result<(), StoreError> {
        self.lines.sort();
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(self.lines.concat().as_bytes())?;
        file.sync_all()?;
        Ok(())
    }
}

fn read_manifest(path: &Path) -> Result<Vec<(Digest, PathBuf)>, StoreError> {
    let file = File::open(path).map_err(|error| {
        StoreError::caused(format!("{} cannot be read: no backup?", path.display()), error)
    })?;
    let mut listed = Vec::new();
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line?;
        let malformed = || StoreError::Corrupt(format!("{} line {number} is malformed", path.display()));
        let (digest, name) = line.split_once("  ").ok_or_else(malformed)?;
        let digest = digest.parse().map_err(|_not_hexadecimal| malformed())?;
        let relative = PathBuf::from(name);
        // A list from elsewhere must not write outside the target.
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(malformed());
        }
        listed.push((digest, relative));
    }
    Ok(listed)
}

fn make_empty(directory: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(directory)?;
    if fs::read_dir(directory)?.next().is_some() {
        return Err(StoreError::Conflict(format!(
            "{} is not empty",
            directory.display()
        )));
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(Digest, u64), StoreError> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    let blob = copy_hashed(&mut File::open(from)?, &mut target, u64::MAX)?;
    target.sync_all()?;
    sync_directory(folder)?;
    Ok((blob.digest, blob.size_bytes))
}
