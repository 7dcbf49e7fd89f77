//! The one filter language: `text → Ast → Checked → predicate in memory | SQL`.
//!
//! `unit under "卫健委" and overdue > 3wd and not state in (closed)` is the search bar, a saved view, a
//! step's guard and a grant's scope alike.

/// A filter as written, names not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ast {
    text: String,
}
