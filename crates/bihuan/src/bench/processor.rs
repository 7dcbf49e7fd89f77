//! How much processor time a process has used, to the nanosecond: what its threads say by themselves.

use std::time::Duration;

use anyhow::Context as _;

use crate::failure::Failure;

/// Returns the time that the living threads of a process have been on a processor.
///
/// A thread that ended takes its time with it, so this is for short spans in which none does.
///
/// # Errors
/// A system that does not tell it the way Linux does.
pub fn of_threads(process: u32) -> Result<Duration, Failure> {
    let folder = format!("/proc/{process}/task");
    let threads = std::fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))?;
    let mut nanos = 0;
    for thread in threads {
        let file = thread
            .context("the threads cannot be listed")?
            .path()
            .join("schedstat");
        // A thread may end while they are read.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        nanos += text
            .split(' ')
            .next()
            .and_then(|first| first.parse::<u64>().ok())
            .unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}

/// Returns the time that the living threads of this process have been on a processor.
///
/// # Errors
/// As [`of_threads`].
pub fn own_time() -> Result<Duration, Failure> {
    of_threads(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_takes_processor_time() {
        let before = own_time().expect("read");
        let sum: u64 = std::hint::black_box((0..20_000_000_u64).fold(0, |sum, n| sum ^ n.rotate_left(3)));
        assert!(own_time().expect("read") > before, "{sum}");
    }
}
