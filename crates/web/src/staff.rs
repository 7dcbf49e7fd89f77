//! Pages of persons of the tree: desk, register, ledger, exports.

pub mod asked;
pub mod desk;
pub mod due;
pub mod ledger;
pub mod line;
pub mod views;
