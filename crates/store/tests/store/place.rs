//! Where a test's store lies: on SQLite, or on PostgreSQL where the suite is run for it.

use std::path::{Path, PathBuf};

use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{DATABASE_FILE, Options};
use bihuan_test_postgres::{Database, empty, if_asked};

use crate::direct::Direct;

/// A data directory, and the database on the server where the store lies on one.
pub struct Place {
    directory: tempfile::TempDir,
    database: Option<Database>,
}

impl Place {
    /// A new place on the engine that the suite is run for.
    pub fn new() -> Place {
        Place {
            directory: directory(),
            database: if_asked(),
        }
    }

    /// A new place on SQLite, for what only a file can do.
    pub fn in_a_file() -> Place {
        Place {
            directory: directory(),
            database: None,
        }
    }

    /// A new place on PostgreSQL, for what only a server can do.
    pub fn on_a_server() -> Place {
        Place {
            directory: directory(),
            database: Some(empty()),
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn options(&self) -> Options {
        Options {
            database_url: self.database.as_ref().map(|database| database.url().to_owned()),
            ..Options::new(MasterKey::of_seed(7))
        }
    }

    /// Makes a tablespace on another part of the disk and returns its name; there is none for a file.
    pub fn tablespace(&self) -> Option<String> {
        self.database.as_ref().map(Database::tablespace)
    }

    /// Opens the database past the store, as somebody would who has the file or the server.
    pub fn direct(&self) -> Direct {
        match &self.database {
            None => Direct::file(&self.path().join(DATABASE_FILE)),
            Some(database) => Direct::server(database.url()),
        }
    }

    /// Returns every file that the store keeps and what is in it.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = self.database.as_ref().map(Database::files).unwrap_or_default();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    files.push((path, bytes));
                }
            }
        }
        files
    }

    /// Asserts that none of the texts stands in any file.
    pub fn assert_hides(&self, secrets: &[&str]) {
        let files = self.files();
        assert!(!files.is_empty(), "the database at least");
        for (path, bytes) in files {
            for secret in secrets {
                let mut windows = bytes.windows(secret.len());
                let found = windows.any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} is in {}", path.display());
            }
        }
    }
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
