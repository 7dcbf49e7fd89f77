//! How a command fails: with a kind that decides the exit code, and a text that says what to do.

use std::process::ExitCode;

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
        let (code, error) = match self {
            Failure::User(error) => (1, error),
            Failure::Configuration(error) => (2, error),
            Failure::Internal(error) => (70, error),
            Failure::Negative => return ExitCode::from(1),
        };
        eprintln!("bihuan: {error:#}");
        ExitCode::from(code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::User(error)
    }
}
