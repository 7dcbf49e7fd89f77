//! Why the simulated life could not go on.

use bihuan_store::blob::BlobError;
use bihuan_store::error::{ExecuteError, StoreError};

/// Why life could not go on.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The data files do not fit the packs.
    #[error("{0}")]
    Data(String),
    /// A command was not carried out though it should have been.
    #[error("a command of the simulated life failed: {0}")]
    Command(#[from] ExecuteError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A picture could not be kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
}
