//! The pure heart of Bihuan: cases, packs, filters, calendars, the org tree, and permissions.
//!
//! Nothing here knows a clock, a random source, a file or a runtime: instants, ids and random bytes
//! are arguments. The server, the tests and the city simulator therefore run the same code.
//!
//! Start reading at [`case`] (what a case is), then [`case::decide`] (commands become events) and
//! [`case::fold`] (events become the case). [`pack`] is the rules as data, [`filter`] the one small
//! language that searches, guards and grants share.

#![warn(missing_docs)]

pub mod calendar;
pub mod case;
pub mod clock;
pub mod event;
pub mod filter;
pub mod id;
pub mod label;
pub mod notification;
pub mod org;
pub mod pack;
pub mod permission;
pub mod problem;
