//! Files that belong to cases, named by what they contain: `ab/cdef…` after their SHA-256.
//!
//! A file is written aside, flushed, renamed into place, and its directory flushed, so that a name that
//! is there always holds the whole file, also after a power cut. The same content is kept once. What a
//! file means, and whether its metadata was stripped, is the caller's business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bihuan_core::id::Digest;
use sha2::{Digest as _, Sha256};

/// The part of the store where files wait until they are whole.
pub(crate) const INCOMING: &str = "incoming";

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The file is larger than allowed.
    #[error("the file is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The most that is allowed.
        limit_bytes: u64,
    },
    /// There is no such file.
    #[error("there is no file {0}")]
    Missing(Digest),
    /// The file's content is not what its name says.
    #[error("file {expected} was changed: its content has the digest {found}")]
    Changed {
        /// The digest in its name.
        expected: Digest,
        /// The digest of its content.
        found: Digest,
    },
    /// The disk failed.
    #[error("file store: {0}")]
    Io(#[from] io::Error),
}

/// A file that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of its content.
    pub digest: Digest,
    /// Its size.
    pub size_bytes: u64,
}

/// The files of one tenant, in one directory.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// Opens the store in `root`, which is made where it is not there yet.
    ///
    /// # Errors
    /// [`BlobError::Io`] if the directory cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Blobs, BlobError> {
        let root = root.into();
        fs::create_dir_all(root.join(INCOMING))?;
        Ok(Blobs { root })
    }

    /// Keeps `content` and returns once it is on disk.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] above `limit_bytes`; nothing is kept then.
    pub fn put(&self, content: &[u8], limit_bytes: u64) -> Result<Blob, BlobError> {
        self.put_from(content, limit_bytes)
    }

    /// Keeps what `source` yields and returns once it is on disk; holds 64 KiB of it in memory.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] above `limit_bytes`; nothing is kept then.
    pub fn put_from(&self, mut source: impl Read, limit_bytes: u64) -> Result<Blob, BlobError> {
        let (aside, mut file) = self.make_aside()?;
        let written = copy_hashed(&mut source, &mut file, limit_bytes);
        let kept = written.and_then(|blob| {
            file.sync_all()?;
            self.move_into_place(&aside, blob.digest)?;
            Ok(blob)
        });
        if kept.is_err() {
            // The half-written file has no name that anything refers to; losing it twice is no harm.
            let _ = fs::remove_file(&aside);
        }
        kept
    }

    /// Opens a file for reading, unchecked; [`Blobs::verify`] checks it.
    ///
    /// # Errors
    /// [`BlobError::Missing`] if there is none.
    pub fn read(&self, digest: Digest) -> Result<File, BlobError> {
        match File::open(self.path(digest)) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::Missing(digest)),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether a file is there, without reading it.
    pub fn contains(&self, digest: Digest) -> bool {
        self.path(digest).is_file()
    }

    /// Reads a file through and checks that it is what its name says.
    ///
    /// # Errors
    /// [`BlobError::Missing`] or [`BlobError::Changed`].
    pub fn verify(&self, digest: Digest) -> Result<Blob, BlobError> {
        let blob = copy_hashed(&mut self.read(digest)?, &mut io::sink(), u64::MAX)?;
        if blob.digest != digest {
            return Err(BlobError::Changed {
                expected: digest,
                found: blob.digest,
            });
        }
        Ok(blob)
    }

    /// Returns where the file with this digest lies or would lie.
    pub fn path(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        let (shelf, rest) = name.split_at(2);
        self.root.join(shelf).join(rest)
    }

    /// Returns the directory that they lie in.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn make_aside(&self) -> io::Result<(PathBuf, File)> {
        // Two writers of one process never meet in a name, nor do two processes.
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = self
            .root
            .join(INCOMING)
            .join(format!("{}-{number}", std::process::id()));
        // A left-over of a killed process with the same id may stand in the way; it is nobody's.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        Ok((path, file))
    }

    fn move_into_place(&self, aside: &Path, digest: Digest) -> io::Result<()> {
        let path = self.path(digest);
        let shelf = path.parent().unwrap_or(&self.root);
        if !shelf.is_dir() {
            fs::create_dir_all(shelf)?;
            sync_directory(&self.root)?;
        }
        // Renaming over an equal file changes nothing and needs no check that could race.
        fs::rename(aside, &path)?;
        sync_directory(shelf)
    }
}

/// Flushes a directory, so that the names in it survive a power cut.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Copies at most `limit_bytes` and returns the digest and size of what was copied.
pub(crate) fn copy_hashed(
    source: &mut impl Read,
    target: &mut impl Write,
    limit_bytes: u64,
) -> Result<Blob, BlobError> {
    let mut hasher = Sha256::new();
    let mut size_bytes = 0u64;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        size_bytes += count as u64;
        if size_bytes > limit_bytes {
            return Err(BlobError::TooLarge { limit_bytes });
        }
        hasher.update(&buffer[..count]);
        target.write_all(&buffer[..count])?;
    }
    Ok(Blob {
        digest: Digest(hasher.finalize().into()),
        size_bytes,
    })
}

/// Returns the finished files under `root`, in the order of their paths.
pub(crate) fn files_under(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if !path.ends_with(INCOMING) {
                    folders.push(path);
                }
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().join("blobs")).unwrap();
        (dir, blobs)
    }

    fn waiting(blobs: &Blobs) -> usize {
        fs::read_dir(blobs.root.join(INCOMING)).unwrap().count()
    }

    #[test]
    fn a_kept_file_is_found_under_its_digest() {
        let (_dir, blobs) = blobs();
        let blob = blobs.put(b"a photo", 100).unwrap();
        assert_eq!(
            blob,
            Blob {
                digest: Digest::of(&[b"a photo"]),
                size_bytes: 7
            }
        );
        let mut content = Vec::new();
        blobs
            .read(blob.digest)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(content, b"a photo");
        assert_eq!(blobs.verify(blob.digest).unwrap(), blob);
        assert!(blobs.path(blob.digest).ends_with(&blob.digest.to_string()[2..]));
        assert_eq!(waiting(&blobs), 0);
    }

    #[test]
    fn the_same_content_is_kept_once() {
        let (_dir, blobs) = blobs();
        let first = blobs.put(b"a photo", 100).unwrap();
        let second = blobs.put(b"a photo", 100).unwrap();
        assert_eq!(first, second);
        assert_eq!(
            fs::read_dir(blobs.path(first.digest).parent().unwrap())
                .unwrap()
                .count(),
            1
        );
    }

    #[test]
    fn a_file_above_the_bound_is_refused_and_leaves_nothing() {
        let (_dir, blobs) = blobs();
        assert!(blobs.put(b"12345", 5).is_ok());
        assert!(matches!(
            blobs.put(b"123456", 5),
            Err(BlobError::TooLarge { limit_bytes: 5 })
        ));
        assert!(!blobs.contains(Digest::of(&[b"123456"])));
        assert_eq!(waiting(&blobs), 0);
    }

    #[test]
    fn a_source_that_breaks_off_leaves_nothing() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the line went dead"))
            }
        }
        let (_dir, blobs) = blobs();
        let error = blobs.put_from(b"begin".chain(Broken), 100).unwrap_err();
        assert!(error.to_string().contains("the line went dead"));
        assert_eq!(waiting(&blobs), 0);
    }

    #[test]
    fn a_missing_and_a_changed_file_are_told_apart() {
        let (_dir, blobs) = blobs();
        let blob = blobs.put(b"a photo", 100).unwrap();
        fs::write(blobs.path(blob.digest), b"another").unwrap();
        assert!(matches!(
            blobs.verify(blob.digest),
            Err(BlobError::Changed { .. })
        ));
        fs::remove_file(blobs.path(blob.digest)).unwrap();
        assert!(matches!(blobs.verify(blob.digest), Err(BlobError::Missing(_))));
        assert!(matches!(blobs.read(blob.digest), Err(BlobError::Missing(_))));
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let (_dir, blobs) = blobs();
        let blob = blobs.put(b"", 0).unwrap();
        assert_eq!(blobs.verify(blob.digest).unwrap().size_bytes, 0);
    }
}
