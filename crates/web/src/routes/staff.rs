//! The pages of persons of the tree.

use axum::routing::on;

use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::staff::{desk, ledger, views};

/// Desk, register and ledger.
pub(super) const ROUTES: &[Route] = &[
    Route::staff("read_desk", Get, "/desk", |m| on(m, desk::read_desk)),
    Route::staff("read_ledger", Get, "/ledger", |m| on(m, ledger::read_ledger)),
    Route::staff("read_ledger_suggestions", Get, "/ledger/suggest", |m| {
        on(m, ledger::read_ledger_suggestions)
    }),
    Route::staff("create_view", Post, "/ledger/views", |m| {
        on(m, views::create_view)
    }),
    Route::staff("delete_view", Post, "/ledger/views/{view}/delete", |m| {
        on(m, views::delete_view)
    }),
];
