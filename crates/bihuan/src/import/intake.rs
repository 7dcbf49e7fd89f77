//! The seam between rows and store.

use anyhow::Result;
use bihuan_core::id::UnitId;

use super::map::Map;
use super::row::ImportCase;
use super::summary::Outcome;

/// Where the cases go.
pub trait Intake {
    /// Finds a unit by name or code.
    fn unit(&self, name: &str) -> Option<UnitId>;

    /// Takes a case in.
    fn take(&mut self, map: &Map, case: ImportCase) -> Result<Outcome>;
}
