//! The pages of persons of the tree.

use super::Route;

/// Desk, register, ledger and case.
pub(super) const ROUTES: &[Route] = &[];
