//! The pages of persons of the tree.

use axum::routing::on;

use crate::auth::WRITE_SCOPE;
use crate::notification::SETTINGS;
use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::staff::inbox::settings;
use crate::staff::register::draft;
use crate::staff::{
    board, bulk, callbacks, desk, export, handover, help, inbox, leader, ledger, origin, person, register,
    search, unit, views,
};

/// Desk, register and ledger.
pub(super) const ROUTES: &[Route] = &[
    Route::staff("read_inbox_settings", Get, SETTINGS, |m| {
        on(m, settings::read_inbox_settings)
    }),
    Route::staff("save_inbox_settings", Post, SETTINGS, |m| {
        on(m, settings::save_inbox_settings)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("save_inbox_address", Post, "/inbox/address", |m| {
        on(m, settings::save_inbox_address)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("confirm_inbox_address", Post, "/inbox/address/confirm", |m| {
        on(m, settings::confirm_inbox_address)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("retry_mails", Post, "/inbox/mails/retry", |m| {
        on(m, settings::retry_mails)
    })
    .needs("admin"),
    Route::staff("read_desk", Get, "/desk", |m| on(m, desk::read_desk)),
    Route::staff("read_inbox", Get, inbox::HREF, |m| on(m, inbox::read_inbox)),
    Route::staff("open_notification", Post, "/inbox/open", |m| {
        on(m, inbox::open_notification)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("mark_inbox_read", Post, "/inbox/read", |m| {
        on(m, inbox::mark_inbox_read)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("new_registration", Get, "/register", |m| {
        on(m, register::new_registration)
    })
    .needs("register")
    .query(&["draft"]),
    Route::staff("save_registration_draft", Post, draft::HREF, |m| {
        on(m, draft::save_registration_draft)
    })
    .needs("register"),
    Route::staff(
        "discard_registration_draft",
        Post,
        "/register/drafts/discard",
        |m| on(m, draft::discard_registration_draft),
    )
    .needs("register"),
    Route::staff("create_registration", Post, "/register", |m| {
        on(m, register::create_registration)
    })
    .needs("register")
    .audited(),
    Route::staff("create_registration_link", Post, "/register/links", |m| {
        on(m, register::create_registration_link)
    })
    .needs("register")
    .audited(),
    Route::staff("read_callbacks", Get, "/callbacks", |m| {
        on(m, callbacks::read_callbacks)
    })
    .needs("answer")
    .query(&["done"]),
    Route::staff(
        "create_callback_number",
        Post,
        "/callbacks/{number}/number",
        |m| on(m, callbacks::create_callback_number),
    )
    .needs("identity")
    .audited(),
    Route::staff("create_callback_call", Post, "/callbacks/{number}/calls", |m| {
        on(m, callbacks::create_callback_call)
    })
    .needs("answer")
    .audited(),
    Route::staff("read_leader", Get, "/leader", |m| on(m, leader::read_leader)).needs("instruct"),
    Route::staff("read_unit_page", Get, "/units/{unit}", |m| {
        on(m, unit::read_unit_page)
    }),
    Route::staff("read_person_page", Get, "/persons/{person}", |m| {
        on(m, person::read_person_page)
    }),
    // Whoever is named does what the person could: more than a token for remarks and views may give away.
    Route::staff("create_substitute", Post, "/persons/{person}/substitutes", |m| {
        on(m, person::create_substitute)
    })
    .token_needs("admin"),
    Route::staff("end_substitute", Post, "/persons/{person}/substitutes/end", |m| {
        on(m, person::end_substitute)
    })
    .token_needs("admin"),
    Route::staff("read_handover", Get, "/persons/{person}/hand-over", |m| {
        on(m, handover::read_handover)
    })
    .query(&["ended"]),
    Route::staff("create_handover", Post, "/persons/{person}/hand-over", |m| {
        on(m, handover::create_handover)
    })
    .token_needs("handle"),
    Route::staff("create_leave", Post, "/persons/{person}/leave", |m| {
        on(m, handover::create_leave)
    })
    .needs("admin"),
    Route::staff("read_ledger", Get, "/ledger", |m| on(m, ledger::read_ledger)),
    Route::staff("read_board", Get, "/board", |m| on(m, board::read_board)),
    Route::staff("read_ledger_suggestions", Get, "/ledger/suggest", |m| {
        on(m, ledger::read_ledger_suggestions)
    }),
    Route::staff("read_next_case", Get, "/ledger/next", |m| {
        on(m, origin::read_next_case)
    }),
    Route::staff("create_view", Post, "/ledger/views", |m| {
        on(m, views::create_view)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("delete_view", Post, "/ledger/views/{view}/delete", |m| {
        on(m, views::delete_view)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("prepare_bulk", Post, "/bulk", |m| on(m, bulk::prepare_bulk)).reads(),
    Route::staff("create_bulk", Post, "/bulk/commands", |m| {
        on(m, bulk::create_bulk)
    })
    .token_needs(WRITE_SCOPE)
    .audited(),
    Route::staff("create_export", Post, "/exports", |m| {
        on(m, export::create_export)
    })
    .needs("export"),
    Route::staff("read_export", Get, "/exports/{export}", |m| {
        on(m, export::read_export)
    }),
    Route::staff("cancel_export", Post, "/exports/{export}/cancel", |m| {
        on(m, export::cancel_export)
    })
    .token_needs("export"),
    Route::staff("read_export_file", Get, "/exports/{export}/file", |m| {
        on(m, export::read_export_file)
    })
    .needs("export"),
    Route::staff("read_search", Get, "/search", |m| on(m, search::read_search)).query(&["q"]),
    Route::staff("read_search_suggestions", Get, "/search/suggest", |m| {
        on(m, search::read_search_suggestions)
    })
    .query(&["q"]),
    Route::staff("read_keys", Get, "/keys", |m| on(m, help::read_keys)),
];
