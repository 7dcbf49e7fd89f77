//! Fresh databases of the process's server.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cluster::{ROLE, Server};

/// The environment variable that says which engine a suite is run on.
pub const ENGINE: &str = "BIHUAN_TEST_ENGINE";

/// A database of a test's own. Dropping it removes it, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Returns the URL that the program under test opens it by.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements as the superuser, past the program, and returns the rows: a line each, bars between
    /// the columns.
    ///
    /// # Panics
    /// With the server's words where one fails.
    pub fn sql(&self, statements: &str) -> String {
        Server::shared().sql(&self.name, statements)
    }

    /// Makes a tablespace in a directory of its own, which the program under test may use, and returns its name.
    pub fn tablespace(&self) -> String {
        let name = format!("cold_{}", self.name);
        Server::shared().make_tablespace(&name);
        name
    }

    /// Returns the files that hold it, with those of the server's log of changes, and what is in them.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let data = Server::shared().data();
        // The log first: once the changes are in their files, the server cuts it off.
        let mut files = read(&data.join("pg_wal"));
        let oid = self.sql("CHECKPOINT; SELECT oid FROM pg_database WHERE datname = current_database()");
        files.extend(read(&data.join("base").join(oid.trim())));
        files
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        Server::shared().sql("postgres", &drop);
    }
}

/// Returns an empty database where [`ENGINE`] asks for PostgreSQL, and nothing where it asks for SQLite or is
/// not there: a suite is run once for each.
///
/// # Panics
/// Where it asks for another engine.
pub fn if_asked() -> Option<Database> {
    match std::env::var(ENGINE).as_deref() {
        Ok("postgres") => Some(empty()),
        Ok("sqlite") | Err(_) => None,
        Ok(other) => panic!("{ENGINE} is {other:?}, which is neither sqlite nor postgres"),
    }
}

/// Returns a database without anything in it.
pub fn empty() -> Database {
    make("template0")
}

/// Returns a copy of the database `template`, which `prepare` fills by its URL when it is first asked for.
///
/// `prepare` has to close its connections: a database that is in use cannot be copied.
pub fn prepared(template: &'static str, prepare: impl FnOnce(&str)) -> Database {
    static PREPARED: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    // A panic in `prepare` leaves the template out of the set, and fails the tests that ask for it again.
    let mut guard = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = guard.get_or_insert_default();
    if !made.contains(template) {
        create(template, "template0");
        prepare(&Server::shared().url(template));
        made.insert(template);
    }
    drop(guard);
    make(template)
}

/// Reads the files of a folder; one that the server removes meanwhile is left out.
fn read(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = folder.read_dir().expect("a folder of the server");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect()
}

fn make(template: &str) -> Database {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    create(&name, template);
    let url = Server::shared().url(&name);
    Database { name, url }
}

fn create(name: &str, template: &str) {
    let create = format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}");
    Server::shared().sql("postgres", &create);
}
