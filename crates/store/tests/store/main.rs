//! The store against a real database: one program, so that it is linked once.

mod agree;
mod archive;
mod bulk;
mod commands;
mod common;
mod direct;
mod exports;
mod filter_agrees;
mod health;
mod list_agrees;
mod lists;
mod moving;
mod partitions;
mod people;
mod permission_agrees;
mod place;
mod processes;
mod proof_apart;
mod proof_backup;
mod proof_followers;
mod proof_identity;
mod proof_tampering;
mod renewal;
mod replica;
mod schema;
