//! The SQLite engine: its connections, and the one thread that writes.
//!
//! The seam that a second engine fills is here and in the statements of the modules above: they use the
//! SQL that both engines share; what only SQLite knows (the order of rows, the search table) lies in
//! functions that say so.

pub(crate) mod connection;
pub(crate) mod readers;
pub(crate) mod sql;
pub(crate) mod writer;
