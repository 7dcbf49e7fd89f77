//! The store: the log on disk and everything that is written in the same transaction with it.
//!
//! Start reading at [`tenant`] (opening), then [`execute`] (a command on its way to disk): it is decided
//! ([`decide`]), made into a change ([`commit`]) and written by one thread with group commit ([`engine`]).
//! Beside the log lie [`blob`] (files; [`waiting`] those that are not sent yet), [`seal`] (identities and
//! bodies) and [`receipt`] (codes), all under the secrets of [`keys`]. What lies in the database is in
//! [`schema`].
//!
//! After the commit come the sequencer and the tree ([`proof`]) and the [`followers`]; [`verify`] holds
//! everything against the log, [`backup`] copies it while it grows, [`moving`] moves it to the other engine;
//! [`examine`] asks a database before it is opened.

#![warn(missing_docs)]

pub mod account;
pub mod archive;
pub mod backup;
mod beside;
pub mod blob;
pub mod bodies;
pub mod bulk;
pub mod commit;
pub mod decide;
pub mod dense;
mod engine;
pub mod error;
pub mod examine;
pub mod execute;
pub mod export_job;
pub mod followers;
pub mod keys;
pub mod lease;
mod leave;
pub mod made;
pub mod mail;
pub mod measure;
pub mod moving;
pub mod notice;
pub mod notification;
pub mod personal;
pub mod proof;
pub mod read;
pub mod receipt;
mod reissue;
pub mod schema;
pub mod seal;
pub mod sending;
pub mod tenant;
pub mod tie;
pub mod value;
pub mod verify;
pub mod waiting;
pub mod webhook;

#[cfg(test)]
mod testing;
