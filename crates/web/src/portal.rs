//! The citizens' pages: send a report without an account, follow it by its code, talk back.

pub mod alarms;
pub mod help;
pub mod home;
pub mod how;
pub mod intake;
pub mod notice;
pub mod proof;
pub mod qr;
pub mod report;
pub mod struck;
pub mod talk;
pub mod track;
pub mod view;
