//! The journal: a line for everything that a server acknowledged, so that it can be looked for later.
//!
//! JSON lines, written through at once. What nobody acknowledged in time stands in it too, as in doubt: it
//! may be there, but not twice.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::LoadError;

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A message from outside, which became a case.
    Message,
    /// Something written into a case, with its key in a text.
    Entry,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What was sent.
    pub what: What,
    /// The idempotency key; it stands in the title or text too.
    pub key: String,
    /// The case; absent where the message is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The receipt code of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether nobody acknowledged it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// When it was first sent.
    pub sent_at: Timestamp,
    /// When it was acknowledged or given up.
    pub ended_at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
}

impl Line {
    /// Returns the run that the key belongs to: a word by which all its cases are found.
    pub fn run(&self) -> &str {
        self.key.split_once('-').map_or(&self.key, |(run, _)| run)
    }
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    name: String,
}

impl Journal {
    /// Opens a journal to be written at its end.
    ///
    /// # Errors
    /// [`LoadError::Journal`] if the file cannot be opened.
    pub fn append(path: &Path) -> Result<Journal, LoadError> {
        let file = File::options().create(true).append(true).open(path);
        Ok(Journal {
            file: Mutex::new(file.map_err(|source| unusable(path, source))?),
            name: path.display().to_string(),
        })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// [`LoadError::Journal`] if the disk refuses: from then on the run proves nothing.
    pub fn write(&self, line: &Line) -> Result<(), LoadError> {
        let failed = |source| LoadError::Journal {
            file: self.name.clone(),
            source,
        };
        let mut text = serde_json::to_string(line).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that a line is there whole or not at all when the process dies.
        file.write_all(text.as_bytes()).map_err(failed)
    }

    /// Reads a journal.
    ///
    /// # Errors
    /// [`LoadError::Journal`] if it cannot be read; [`LoadError::Line`] at a line that is none of ours.
    pub fn read(path: &Path) -> Result<Vec<Line>, LoadError> {
        let file = File::open(path).map_err(|source| unusable(path, source))?;
        let mut lines = Vec::new();
        for (at, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|source| unusable(path, source))?;
            let read = serde_json::from_str(&line);
            lines.push(read.map_err(|source| LoadError::Line { line: at + 1, source })?);
        }
        Ok(lines)
    }
}

fn unusable(path: &Path, source: std::io::Error) -> LoadError {
    LoadError::Journal {
        file: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: &str, case: Option<&str>) -> Line {
        Line {
            what: What::Message,
            key: key.to_owned(),
            case: case.map(str::to_owned),
            code: None,
            in_doubt: case.is_none(),
            sent_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
            attempts: 1,
        }
    }

    #[test]
    fn what_is_written_is_read_and_a_second_run_adds_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        let lines = [line("ra-1", Some("c")), line("rb-2", None)];
        for line in &lines {
            Journal::append(&file).unwrap().write(line).unwrap();
        }
        assert_eq!(Journal::read(&file).unwrap(), lines);
        assert_eq!(lines[1].run(), "rb");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        Journal::append(&file)
            .unwrap()
            .write(&line("ra-1", None))
            .unwrap();
        std::fs::write(
            &file,
            [&*std::fs::read(&file).unwrap(), b"{\"what\":1}\n"].concat(),
        )
        .unwrap();
        let said = Journal::read(&file).unwrap_err().to_string();
        assert_eq!(said, "line 2 of the journal is not one of ours");
    }
}
