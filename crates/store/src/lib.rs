//! The store: the log on disk and everything that is written in the same transaction with it.
//!
//! Start reading at [`schema`] (what lies in the database), then [`writer`] (one thread, group commit).
//! Beside the log lie [`blob`] (files), [`seal`] (identities and bodies) and [`receipt`] (codes), all
//! under the secrets of [`keys`].

#![warn(missing_docs)]

pub mod blob;
pub mod error;
pub mod keys;
pub mod proof;
pub mod receipt;
pub mod schema;
pub mod seal;
mod sequence;
pub mod value;

#[cfg(test)]
mod testing;
