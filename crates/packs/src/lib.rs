//! crate

/// The working-day calendar 工作日历 of China: the notices of 2007 to 2026, and 2027 provisional 暂定.
pub const CALENDAR_CN: &str = include_str!("../calendars/cn.toml");
