//! The engine for more than one machine: a PostgreSQL server, or what speaks like one.

mod driver;
mod encryption;
pub(crate) mod server;
pub(crate) mod session;
