//! Fresh databases of the process's server.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cluster::{ROLE, Server};

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
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        Server::shared().sql("postgres", &drop);
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
