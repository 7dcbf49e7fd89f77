//! How much processor time a process has used, to the nanosecond: the clock that the system keeps for it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::failure::Failure;

/// Returns the time that all threads of a process, ended ones too, have been on a processor.
///
/// # Errors
/// A process that is gone, or a system that keeps no such clock.
pub fn time_of(process: u32) -> Result<Duration, Failure> {
    Ok(read(process).with_context(|| format!("the processor time of process {process} is not told"))?)
}

/// Returns the time that all threads of this process have been on a processor.
///
/// # Errors
/// As [`time_of`].
pub fn own_time() -> Result<Duration, Failure> {
    time_of(std::process::id())
}

fn read(process: u32) -> Result<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(process.try_into()?))?;
    Ok(clock_gettime(clock)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_worked_is_kept_when_its_thread_ends() {
        let before = own_time().expect("read");
        let work = || std::hint::black_box((0..20_000_000_u64).fold(0, |sum, n| sum ^ n.rotate_left(3)));
        let sum = std::thread::spawn(work).join().expect("worked");
        assert!(own_time().expect("read") > before, "{sum}");
    }

    #[test]
    fn nobody_has_no_time() {
        assert!(time_of(u32::MAX).is_err());
    }
}
