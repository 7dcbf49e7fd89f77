//! Files that wait until the form they came with is sent: sealed, apart from the files of cases, for a short
//! while. Nothing in the log names them, and no backup takes them along.
//!
//! A file is flushed before its id is given out. One that nobody sent is removed by its age, which its id
//! tells.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use bihuan_core::id::{Entropy, PersonId, made_at};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::keys::Secret;
use crate::tenant::Tenant;

/// The directory of files that wait in a data directory, beside that of stored files; each tenant's lie below it.
const DIRECTORY: &str = "waiting";

/// What a file counts for at least, in bytes: many small ones would make a directory that takes long to read.
const LEAST_BYTES: u64 = 64 << 10;

/// The files of one tenant that wait. Clones share them.
#[derive(Clone)]
pub struct Waiting {
    root: PathBuf,
    secret: Secret,
}

/// Whose a file is, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Whose: it opens for nobody else.
    pub whose: PersonId,
    /// Which: a UUIDv7, whose instant is when it came.
    pub id: Uuid,
}

impl Tenant {
    /// Returns its files that wait.
    pub fn waiting(&self) -> Waiting {
        // Stored files lie in the data directory, in a folder of theirs, each tenant's in one of its own.
        let stored = self.blobs().root();
        let data = stored.ancestors().nth(2).unwrap_or(stored);
        Waiting {
            root: data.join(DIRECTORY).join(self.id().to_string()),
            secret: self.keys().data.clone(),
        }
    }
}

impl Waiting {
    /// Keeps a file and returns once it is on disk; returns `false` and keeps nothing where all that wait
    /// would then take more than `room_bytes`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the disk fails.
    pub fn keep(
        &self,
        ticket: Ticket,
        content: &[u8],
        room_bytes: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<bool, StoreError> {
        let mut keep = || {
            fs::create_dir_all(&self.root)?;
            let sizes = self.files()?.into_iter().map(|(_, size_bytes)| size_bytes);
            let sizes = sizes.chain([content.len() as u64]);
            if sizes.map(|size_bytes| size_bytes.max(LEAST_BYTES)).sum::<u64>() > room_bytes {
                return Ok(false);
            }
            let sealed = self.secret.seal(&ticket.sealed_for(), content, entropy);
            let path = self.path(ticket.id);
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            let written = file.write_all(&sealed).and_then(|()| file.sync_all());
            if written.is_err() {
                // Nobody has its id yet; left behind, it would go with its age.
                let _ = fs::remove_file(&path);
            }
            written.map(|()| true)
        };
        keep().map_err(failed)
    }

    /// Returns what is in a file; `None` where it is gone, or somebody else's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the disk fails.
    pub fn open(&self, ticket: Ticket) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = match fs::read(self.path(ticket.id)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let plain = self.secret.open(&ticket.sealed_for(), &sealed).ok();
        Ok(plain.map(|plain| plain.to_vec()))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the disk fails.
    pub fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes the files that came before an instant, and returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the disk fails.
    pub fn forget(&self, before: Timestamp) -> Result<usize, StoreError> {
        let all = self.files().map_err(failed)?;
        let old = all.into_iter().filter(|(id, _)| made_at(*id) < before);
        let removed = old.map(|(id, _)| self.remove(id));
        removed
            .collect::<Result<Vec<()>, _>>()
            .map(|removed| removed.len())
    }

    fn files(&self) -> io::Result<Vec<(Uuid, u64)>> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            // One that was sent meanwhile has no size any more.
            if let (Some(id), Ok(known)) = (id, entry.metadata()) {
                files.push((id, known.len()));
            }
        }
        Ok(files)
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.root.join(id.to_string())
    }
}

impl Ticket {
    fn sealed_for(self) -> Vec<u8> {
        [b"waiting".as_slice(), self.whose.0.as_bytes(), self.id.as_bytes()].concat()
    }
}

fn failed(error: io::Error) -> StoreError {
    StoreError::caused("files cannot be kept until their form is sent", error)
}

#[cfg(test)]
mod tests {
    use bihuan_core::id::uuid_v7;

    use super::*;
    use crate::testing::Counter;

    const WHOSE: PersonId = PersonId(Uuid::from_u128(5));

    fn waiting() -> (tempfile::TempDir, Waiting) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("of a tenant");
        let secret = Secret::random(&mut Counter::default());
        (directory, Waiting { root, secret })
    }

    fn ticket(second: i64) -> Ticket {
        let at = Timestamp::from_second(second).unwrap();
        let id = uuid_v7(at, &mut Counter::default());
        Ticket { whose: WHOSE, id }
    }

    #[test]
    fn a_file_opens_for_whom_it_waits_and_lies_there_sealed() {
        let (_directory, waiting) = waiting();
        let mine = ticket(100);
        assert!(
            waiting
                .keep(mine, b"a photo", 1 << 20, &mut Counter::default())
                .unwrap()
        );
        assert_eq!(waiting.open(mine).unwrap().as_deref(), Some(&b"a photo"[..]));
        let whose = PersonId(Uuid::from_u128(6));
        assert_eq!(waiting.open(Ticket { whose, ..mine }).unwrap(), None);
        let sealed = fs::read(waiting.path(mine.id)).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"photo"));
        waiting.remove(mine.id).unwrap();
        assert_eq!(waiting.open(mine).unwrap(), None);
        waiting.remove(mine.id).unwrap();
    }

    #[test]
    fn no_more_waits_than_there_is_room_for() {
        let (_directory, waiting) = waiting();
        let entropy = &mut Counter::default();
        assert!(waiting.keep(ticket(100), &[7; 600], 100_000, entropy).unwrap());
        assert!(!waiting.keep(ticket(200), &[7; 600], 100_000, entropy).unwrap());
        assert_eq!(waiting.open(ticket(200)).unwrap(), None);
    }

    #[test]
    fn what_nobody_sent_is_removed_by_its_age() {
        let (_directory, waiting) = waiting();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(waiting.forget(at(150)).unwrap(), 0);
        for second in [100, 200] {
            waiting
                .keep(ticket(second), b"a photo", 1 << 20, &mut Counter::default())
                .unwrap();
        }
        assert_eq!(waiting.forget(at(150)).unwrap(), 1);
        assert_eq!(waiting.open(ticket(100)).unwrap(), None);
        assert!(waiting.open(ticket(200)).unwrap().is_some());
    }
}
