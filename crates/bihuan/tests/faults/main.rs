//! What breaks around the program, what people see of it, and that nothing they were told is lost.
//!
//! `docs/FAULTS.md` says the same in a table.

mod clock;
mod full;
mod gone;
mod leaves;
mod steps;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

/// How long something that comes about by itself may take on a machine that is out of breath.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer.
#[track_caller]
fn in_time<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not in time");
        std::thread::sleep(LOOK);
    }
}
