//! The database underneath: two engines behind one seam, one connection that writes, many that read.

pub(crate) mod archive;
#[cfg(test)]
pub(crate) mod archived;
pub(crate) mod backfill;
pub(crate) mod connection;
pub(crate) mod database;
pub(crate) mod deferral;
pub(crate) mod durable;
pub(crate) mod many;
mod postgres;
pub(crate) mod readers;
pub(crate) mod replica;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub(crate) mod syncer;
pub(crate) mod value;
pub(crate) mod writer;
