//! The store: the log on disk and everything that is written in the same transaction with it.
//!
//! Start reading at [`schema`] (what lies in the database), then [`writer`] (one thread, group commit).

#![warn(missing_docs)]

pub mod error;
pub mod schema;
pub mod value;
