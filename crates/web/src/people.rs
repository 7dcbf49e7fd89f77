//! Units and people as tables: what a spreadsheet or a form says, what would change by it, and who is still
//! missing for a case to reach its strike-off.
//!
//! [`rows`] reads the two tables wherever they come from, [`plan`] compares them with the tree and names everything
//! that is wrong before anything is written, [`cover`] follows the packs' way to a strike-off and looks for somebody
//! at each step. The staff's pages, the set-up and the command line all go this one way.

pub mod cover;
pub mod hands;
pub mod plan;
pub mod rows;
pub mod template;
