//! Policy packs 政策包: the rules as data, read from TOML, checked whole, and proved.
//!
//! [`parse::parse`] reads one file and reports every problem at once; [`prove`] shows that every path
//! from raise to strike-off passes evidence, an independent verification and an answer, and that every
//! other end carries its own proof. Only a pack without problems becomes a [`model::Pack`].
//! [`explain`] says which rules of it a case met, and where they come from.

pub mod course;
pub mod explain;
mod lookup;
pub mod model;
pub mod notification;
pub mod parse;
pub(crate) mod phase;
pub mod prove;
pub mod words;

pub use words::{ACTIONS, Word};
