//! The working-day calendar 工作日历, with make-up days 调休.

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its version.
    pub version: u32,
}
