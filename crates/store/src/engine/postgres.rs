//! The engine for more than one machine: a PostgreSQL server, or what speaks like one.

pub(crate) mod server;
pub(crate) mod session;
