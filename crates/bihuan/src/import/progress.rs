//! How far an import has come.

use indicatif::{ProgressBar, ProgressStyle};

use super::summary::Summary;

/// Is told how far an import has come.
pub trait Progress {
    /// Takes note: `share` of the file is read, from 0 to 1, with `summary` so far.
    fn at(&mut self, share: f64, summary: &Summary);
}

/// A bar on the terminal; nothing where there is none.
pub struct Bar(ProgressBar);

/// The steps that the bar is divided into.
const STEPS: u64 = 1_000;

impl Bar {
    /// Draws an empty bar.
    pub fn new() -> Self {
        let bar = ProgressBar::new(STEPS);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}% {msg} {elapsed}") {
            bar.set_style(style);
        }
        Bar(bar)
    }
}

impl Progress for Bar {
    fn at(&mut self, share: f64, summary: &Summary) {
        self.0.set_position((share * STEPS as f64) as u64);
        self.0.set_message(format!(
            "{} rows: {} accepted, {} already there, {} rejected",
            summary.rows, summary.accepted, summary.already_there, summary.rejected
        ));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Shows nothing.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct Silent;

#[cfg(test)]
impl Progress for Silent {
    fn at(&mut self, _share: f64, _summary: &Summary) {}
}
