//! PostgreSQL for tests: a server of the test process's own, and a fresh database for each test.
//!
//! [`empty`] and [`prepared`] hand out databases of one server that is started when the first is asked for and
//! is gone when the process ends, however it ends. [`if_asked`] does so only where the suite is run for this
//! engine. [`Server::start`] starts one more, for tests that crash it, and [`Server::start_encrypted`] one that is reached
//! through TLS alone.
//! No server is shared between processes, none listens beyond the machine, and none is there to be trusted with
//! data: it does not sync the disk. Everything that goes wrong here is a panic with the server's own words.
//!
//! The program under test is given a role that may make databases and nothing more.

#![warn(missing_docs)]

mod cluster;
mod database;
mod encryption;
mod install;

pub use cluster::Server;
pub use database::{Database, ENGINE, empty, if_asked, prepared};
