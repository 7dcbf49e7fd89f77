//! What can keep a load from running at all; what goes wrong under way is counted, not an error.

/// Why there is no load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// An address that cannot be used.
    #[error("{0}")]
    Url(String),
    /// The city's own data do not fit.
    #[error("the city's data: {0}")]
    Data(String),
    /// Somebody cannot log in.
    #[error("{login} cannot log in: {why}")]
    Login {
        /// Whose account.
        login: String,
        /// What stands in the way.
        why: String,
    },
    /// The server does not answer, or not as it should.
    #[error("{0}")]
    Server(String),
    /// The journal cannot be read or written.
    #[error("the journal {file} cannot be used")]
    Journal {
        /// The file.
        file: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A line of the journal that is none.
    #[error("line {line} of the journal is not one of ours")]
    Line {
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}
