//! How a command fails: with a kind that decides the exit code, and a text that says what to do.

use std::process::ExitCode;

use bihuan_store::error::{ExecuteError, StoreError};

/// A failed command.
#[derive(Debug)]
pub enum Failure {
    /// What was asked cannot be done: a file that is not there, an argument that does not fit. Exit code 1.
    User(anyhow::Error),
    /// The installation is not set up for it: a data directory, a key, a certificate. Exit code 2.
    Configuration(anyhow::Error),
    /// A fault of ours, or a broken disk. Exit code 70.
    Internal(anyhow::Error),
    /// The command ran and its answer is "no": a check that found something. Exit code 1, already said.
    Negative,
}

impl Failure {
    /// Makes a user's failure from a sentence.
    pub fn user(text: impl Into<String>) -> Failure {
        Failure::User(anyhow::Error::msg(text.into()))
    }

    /// Makes a failure of the set-up from a sentence.
    pub fn configuration(text: impl Into<String>) -> Failure {
        Failure::Configuration(anyhow::Error::msg(text.into()))
    }

    /// Prints the failure and returns its exit code.
    pub fn report(&self) -> ExitCode {
        let code = match self {
            Failure::User(_) => 1,
            Failure::Configuration(_) => 2,
            Failure::Internal(_) => 70,
            Failure::Negative => return ExitCode::from(1),
        };
        eprintln!("bihuan: {}", self.said());
        ExitCode::from(code)
    }

    /// Returns what the failure says; nothing where all was said already.
    pub fn said(&self) -> String {
        match self {
            Failure::User(error) | Failure::Configuration(error) | Failure::Internal(error) => chain(error),
            Failure::Negative => String::new(),
        }
    }
}

/// Returns the error with its causes; a cause that the one above it tells already is left out.
fn chain(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
    }
    told
}

impl Failure {
    /// Makes the failure of a store that does not open: the directory, its key or its disk.
    pub fn opening(error: StoreError) -> Failure {
        match error {
            StoreError::Corrupt(_) => Failure::Internal(error.into()),
            StoreError::NotFound(_)
            | StoreError::Conflict(_)
            | StoreError::Busy(_)
            | StoreError::Unavailable { .. } => Failure::Configuration(error.into()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) | StoreError::Conflict(_) => Failure::User(error.into()),
            StoreError::Busy(_) | StoreError::Unavailable { .. } | StoreError::Corrupt(_) => {
                Failure::Internal(error.into())
            }
        }
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Store(error) => error.into(),
            ExecuteError::Refused(_)
            | ExecuteError::NotFound
            | ExecuteError::NotPermitted { .. }
            | ExecuteError::KeyReused
            | ExecuteError::Known(_)
            | ExecuteError::Busy => Failure::User(error.into()),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::User(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file")
            .context("key.txt: no such file")
            .context("no key");
        assert_eq!(chain(&error), "no key: key.txt: no such file");
    }
}
