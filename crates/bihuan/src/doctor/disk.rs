//! Room for the data directory.

use super::finding::Area::Disk;
use super::finding::{Finding, both};
use crate::installation::Installation;

/// Below this there is not room for a day, and below that for a quarter of a year of a county.
const FREE_BYTES: (u64, u64) = (256 << 20, 4 << 30);

/// Looks at the file system of the data directory.
pub fn look(installation: &Installation) -> Vec<Finding> {
    let Ok(room) = rustix::fs::statvfs(&installation.data) else {
        // The database part has said that the directory is not there.
        return Vec::new();
    };
    vec![judge(room.f_bavail * room.f_frsize)]
}

fn judge(free: u64) -> Finding {
    let said = both(
        format!("数据目录所在磁盘剩余 {} MiB", free >> 20),
        format!("{} MiB are free for the data directory", free >> 20),
    );
    let todo = both(
        "腾出空间或扩容：写满后不再收件",
        "make room: a full disk takes nothing in",
    );
    if free < FREE_BYTES.0 {
        Disk.refuse(said, todo)
    } else if free < FREE_BYTES.1 {
        Disk.warn(said, todo)
    } else {
        Disk.ok(said)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    #[test]
    fn a_disk_is_full_before_the_last_byte() {
        assert_eq!(judge(0).grade, Grade::Refuse);
        assert_eq!(judge(1 << 30).grade, Grade::Warn);
        assert_eq!(judge(1 << 40).grade, Grade::Ok);
    }
}
