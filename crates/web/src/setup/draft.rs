//! What was entered so far, in a file of the data directory.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file's name. It is there for as long as an installation is not founded with its administrator.
pub const DRAFT_FILE: &str = "setup.json";

/// What was entered so far; a written form of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The city's name in Chinese and English.
    pub name_zh: String,
    pub name_en: String,
    /// The host name it answers under; empty for any.
    pub host: String,
    /// The packs that were chosen, by id.
    pub packs: Vec<String>,
    /// The digest of the secret of whoever holds the set-up.
    pub holder: Option<String>,
    /// Until when, in seconds since 1970.
    pub held_until: i64,
}

impl Draft {
    /// Reads what lies in the directory; what is not there was not entered.
    pub fn read(directory: &Path) -> io::Result<Draft> {
        match fs::read_to_string(directory.join(DRAFT_FILE)) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Draft::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes it in place of what lay there, for the server's own account alone.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let new = directory.join(format!("{DRAFT_FILE}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
        file.sync_all()?;
        fs::rename(new, directory.join(DRAFT_FILE))
    }

    /// Takes the file away.
    pub fn remove(directory: &Path) -> io::Result<()> {
        fs::remove_file(directory.join(DRAFT_FILE))
    }
}
