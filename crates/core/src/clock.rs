//! Clocks 时限: how long something may take, and when that runs out.

/// A length of time in the unit that a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: LimitUnit,
}

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitUnit {
    /// Working days 工作日, written `wd`.
    WorkingDays,
    /// Calendar days 日, written `d`.
    Days,
    /// Hours, around the clock, written `h`.
    Hours,
}
