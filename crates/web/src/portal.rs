//! The citizens' pages: send a report without an account, follow it by its code, talk back.

pub mod alarms;
pub mod home;
pub mod intake;
pub mod notice;
pub mod proof;
pub mod report;
pub mod talk;
pub mod track;
pub mod view;
