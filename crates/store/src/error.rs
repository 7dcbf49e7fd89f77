//! What can go wrong in the store. The driver's own error type never leaves this crate.

use bihuan_core::case::refusal::Refusal;
use bihuan_core::id::CaseId;

use crate::blob::BlobError;
use crate::keys::KeyError;
use crate::proof::ProofError;

/// Something the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was asked for is not there.
    #[error("{0} is not there")]
    NotFound(String),
    /// It collides with something that is there already.
    #[error("{0}")]
    Conflict(String),
    /// The store cannot be reached or used now: the disk, a lock, a closed writer, a version.
    #[error("the store cannot be used: {reason}")]
    Unavailable {
        /// What to know or do.
        reason: String,
        /// What lies below, if anything does.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// More is asked of the store at once than it takes; try again in a moment.
    #[error("{0}; try again")]
    Busy(String),
    /// What is stored contradicts itself; nothing more is written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// The store cannot be used, for a reason of our own.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        StoreError::Unavailable {
            reason: reason.into(),
            source: None,
        }
    }

    /// The store cannot be used, because of what lies below.
    pub fn caused(
        reason: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        StoreError::Unavailable {
            reason: reason.into(),
            source: Some(source.into()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => StoreError::Conflict(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt(error.to_string())
            }
            _ => StoreError::caused("the database refused", error),
        }
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Damaged => StoreError::Corrupt(error.to_string()),
            KeyError::File { .. } | KeyError::Exposed(_) | KeyError::Malformed(_) | KeyError::Seeded => {
                StoreError::caused("the master key cannot be used", error)
            }
        }
    }
}

impl From<BlobError> for StoreError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Missing(digest) => StoreError::NotFound(format!("file {digest}")),
            BlobError::TooLarge { .. } => StoreError::Conflict(error.to_string()),
            BlobError::Changed { .. } => StoreError::Corrupt(error.to_string()),
            BlobError::Io(error) => error.into(),
        }
    }
}

impl From<ProofError> for StoreError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Damaged(_) => StoreError::Corrupt(error.to_string()),
            ProofError::Malformed(_)
            | ProofError::OtherLog { .. }
            | ProofError::Signature(_)
            | ProofError::NotProved(_) => StoreError::Conflict(error.to_string()),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError::caused("the file system refused", error)
    }
}

/// Why a command did not become events on disk.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such case.
    #[error("there is no such case")]
    NotFound,
    /// The permit is for another action than the command needs.
    #[error("the permit does not cover this: {needed} is needed")]
    NotPermitted {
        /// The action that the command needs; `system` or `reporter` where no grant can give it.
        needed: String,
    },
    /// The idempotency key was used before for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The record was imported before, as this case.
    #[error("the record is there already, as case {0}")]
    Known(CaseId),
    /// More is waiting to be written than the store takes; try again in a moment.
    #[error("too much is waiting to be written; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
