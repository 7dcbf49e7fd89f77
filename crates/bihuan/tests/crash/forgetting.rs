//! What a power cut leaves: each file as it was when it was last synced.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::support;

/// Undoes every change to a file that was not synced, the newest first; returns how many bytes were new.
pub fn forget_unsynced(data: &Path) -> u64 {
    let mut forgotten = 0;
    for entry in std::fs::read_dir(data).expect("the directory is there") {
        let journal = entry.expect("an entry").path();
        let name = support::path(&journal).to_owned();
        let Some(file) = name.strip_suffix(".unsynced") else {
            continue;
        };
        let mut bytes = Vec::new();
        let mut opened = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&journal)
            .expect("opened");
        opened.read_to_end(&mut bytes).expect("read");
        for change in changes(&bytes).into_iter().rev() {
            forgotten += undo(Path::new(file), &change);
        }
        opened.set_len(0).expect("emptied");
    }
    forgotten
}

/// What a change overwrote.
struct Change<'a> {
    offset: u64,
    size_before: u64,
    old: &'a [u8],
}

fn changes(mut journal: &[u8]) -> Vec<Change<'_>> {
    let mut changes = Vec::new();
    // A record that was cut off belongs to a change that had not begun.
    while let Some((head, rest)) = journal.split_first_chunk::<24>() {
        let number = |at: usize| {
            let bytes = head[at..at + 8].try_into().expect("eight bytes");
            u64::from_ne_bytes(bytes)
        };
        let length = usize::try_from(number(8)).expect("a length in memory");
        let Some((old, after)) = rest.split_at_checked(length) else {
            break;
        };
        changes.push(Change {
            offset: number(0),
            size_before: number(16),
            old,
        });
        journal = after;
    }
    changes
}

fn undo(file: &Path, change: &Change<'_>) -> u64 {
    // SQLite may have removed the file since.
    let Ok(mut opened) = OpenOptions::new().write(true).open(file) else {
        return 0;
    };
    let size = opened.metadata().expect("its size").len();
    opened
        .seek(SeekFrom::Start(change.offset))
        .expect("a place in it");
    opened.write_all(change.old).expect("written back");
    opened.set_len(change.size_before).expect("cut back");
    change.old.len() as u64 + size.saturating_sub(change.size_before)
}
