//! A database of the measurement's own on a PostgreSQL server, made before and dropped in the end.

use std::future::Future;

use anyhow::{Context as _, Result};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, NoTls};

use crate::failure::Failure;

/// The database.
#[derive(Debug)]
pub struct Database {
    /// Where it is made from: the database that the given URL names.
    given: String,
    name: String,
    url: String,
}

impl Database {
    /// Makes a database beside the one that the URL names; its role must be allowed to.
    ///
    /// # Errors
    /// [`Failure::Configuration`] where the server cannot be reached or refuses.
    pub fn make(given: &str) -> Result<Database, Failure> {
        let name = format!("bihuan_bench_{}", std::process::id());
        let session = Session::open(given).map_err(Failure::Configuration)?;
        let make = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
        session.run(&make).map_err(Failure::Configuration)?;
        Ok(Database {
            url: with_database(given, &name),
            given: given.to_owned(),
            name,
        })
    }

    /// Returns its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        if let Err(error) = Session::open(&self.given).and_then(|session| session.run(&drop)) {
            eprintln!("the database {} is left behind: {error:#}", self.name);
        }
    }
}

/// A session that is waited for.
pub struct Session {
    runtime: Runtime,
    /// What statements are sent through.
    pub client: Client,
}

impl Session {
    /// Opens a session.
    ///
    /// # Errors
    /// A URL that cannot be understood, or a server that cannot be reached.
    pub fn open(url: &str) -> Result<Session> {
        // The driver's error repeats no part of the URL, which may hold a password.
        let config: Config = url.parse().context("the database URL cannot be understood")?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connected = runtime.block_on(config.connect(NoTls));
        let (client, connection) = connected.context("the database server cannot be reached")?;
        runtime.spawn(connection);
        Ok(Session { runtime, client })
    }

    /// Waits for what a statement answers.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Runs statements without parameters.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn run(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }
}

/// Returns the URL with another database in it.
fn with_database(url: &str, name: &str) -> String {
    let (place, parameters) = url
        .split_once('?')
        .map_or((url, None), |(place, rest)| (place, Some(rest)));
    let host = place.find("://").map_or(0, |at| at + 3);
    let end = place[host..].find('/').map_or(place.len(), |at| host + at);
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    format!("{}/{name}{parameters}", &place[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_takes_the_place_of_the_one_named() {
        let put = |url: &str| with_database(url, "own");
        assert_eq!(put("postgres://a:b@one,two/city"), "postgres://a:b@one,two/own");
        assert_eq!(put("postgres://a@one"), "postgres://a@one/own");
        let socket = "postgres://a@/city?host=/run/postgresql";
        assert_eq!(put(socket), "postgres://a@/own?host=/run/postgresql");
    }
}
