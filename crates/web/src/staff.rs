//! Pages of persons of the tree: desk, inbox, register, ledger, exports, and the case.

pub mod asked;
pub mod board;
pub mod bulk;
pub mod callbacks;
pub mod case;
pub mod desk;
pub mod due;
pub mod export;
pub mod handover;
pub mod help;
pub mod inbox;
pub mod leader;
pub mod ledger;
pub mod line;
pub mod origin;
pub mod people;
pub mod person;
pub mod register;
pub mod search;
pub mod substitutes;
mod tally;
pub mod tour;
pub mod unit;
pub mod views;
pub mod webhooks;
