//! The proof that nothing was taken out of the log or changed in it.
//!
//! The hashes of the tenant's events, in the order of the sequencer (`sequence`), are the leaves of an
//! RFC 6962 tree (`tree`). A [`checkpoint`] is its signed head in the C2SP form. What a checkpoint proves it proves
//! only to whoever keeps one outside: against it, no rewrite of the history before it goes unnoticed,
//! however consistent. Without one the tree shows only that the log agrees with itself.
//!
//! A [`case_proof`] is what a citizen can take home: where each event of their case lies under a head.

pub mod case_proof;
pub mod checkpoint;
pub mod consistency;
pub(crate) mod publish;
pub(crate) mod sequence;
pub(crate) mod tree;

use bihuan_core::id::Digest;

/// Why something could not be proved or is not proved.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(String),
    /// The checkpoint belongs to another log.
    #[error("the checkpoint is of {found}, this log is {expected}")]
    OtherLog {
        /// The origin line expected.
        expected: String,
        /// The origin line found.
        found: String,
    },
    /// No signature on the checkpoint is of this log's key.
    #[error("the checkpoint is not signed by this log's key: {0}")]
    Signature(String),
    /// A path does not lead to the head, or a head does not extend another.
    #[error("{0} is not proved")]
    NotProved(String),
    /// The tree contradicts itself.
    #[error("the proof tree is damaged: {0}")]
    Damaged(#[from] tlog_tiles::Error),
}

/// The head of a tree: how many leaves it has and the hash that stands for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of events.
    pub size: u64,
    /// The RFC 6962 root hash.
    pub root: Digest,
}
