//! The case page, and what its forms send.

use axum::extract::Path;
use axum::routing::on;

use crate::auth::WRITE_SCOPE;
use crate::ctx::Ctx;
use crate::form::Form;
use crate::route::Route;
use crate::route::Verb::{Get, Post};
use crate::staff::board;
use crate::staff::case;
use crate::staff::case::acts::table;
use crate::staff::case::send::create_case_act;

/// An act on a case that is true of every kind.
macro_rules! act {
    ($id:literal, $path:literal, $act:ident) => {
        Route::staff($id, Post, concat!("/cases/{number}/", $path), |m| {
            on(m, |ctx: Ctx, number: Path<String>, form: Form| {
                create_case_act(ctx, number, form, &table::$act)
            })
        })
        .audited()
    };
}

/// One case.
pub(super) const ROUTES: &[Route] = &[
    Route::staff("read_case_page", Get, "/cases/{number}", |m| {
        on(m, case::read_case_page)
    })
    .needs("read"),
    Route::staff(
        "read_case_evidence",
        Get,
        "/cases/{number}/evidence/{evidence}",
        |m| on(m, case::files::read_case_evidence),
    )
    .needs("read"),
    Route::staff("read_case_proof", Get, "/cases/{number}/proof", |m| {
        on(m, case::identity::read_case_proof)
    })
    .needs("read"),
    Route::staff("read_case_moves", Get, "/cases/{number}/moves", |m| {
        on(m, board::moves::read_case_moves)
    })
    .needs("read")
    .query(&["step", "to"]),
    Route::staff("read_case_notice", Get, "/cases/{number}/notices/{which}", |m| {
        on(m, case::notices::read_case_notice)
    })
    .needs("read"),
    Route::staff(
        "create_named_notice",
        Post,
        "/cases/{number}/notices/{which}/name",
        |m| on(m, case::notices::create_named_notice),
    )
    .needs("identity")
    .audited(),
    Route::staff("new_case_code", Get, "/cases/{number}/code", |m| {
        on(m, case::code::new_case_code)
    })
    .needs("identity"),
    Route::staff("create_case_code", Post, "/cases/{number}/code", |m| {
        on(m, case::code::create_case_code)
    })
    .needs("identity")
    .audited(),
    Route::staff("create_case_step", Post, "/cases/{number}/steps", |m| {
        on(m, case::send::create_case_step)
    })
    .audited(),
    Route::staff("create_case_evidence", Post, "/cases/{number}/evidence", |m| {
        on(m, case::files::create_case_evidence)
    })
    .needs("handle")
    .upload()
    .audited(),
    Route::staff("keep_case_draft", Post, "/cases/{number}/drafts/{form}", |m| {
        on(m, case::kept::keep_case_draft)
    })
    .token_needs(WRITE_SCOPE)
    .upload(),
    Route::staff(
        "discard_case_draft",
        Post,
        "/cases/{number}/drafts/{form}/discard",
        |m| on(m, case::kept::discard_case_draft),
    )
    .token_needs(WRITE_SCOPE),
    Route::staff(
        "create_case_identity_read",
        Post,
        "/cases/{number}/identity-reads",
        |m| on(m, case::identity::create_case_identity_read),
    )
    .needs("identity")
    .audited(),
    act!("create_case_withdrawal", "evidence-withdrawals", WITHDRAWALS).needs("handle"),
    act!("create_case_showing", "picture-showings", SHOWINGS).needs("answer"),
    act!("create_case_question", "questions", QUESTIONS).needs("handle"),
    act!("create_case_satisfaction", "satisfactions", SATISFACTIONS).needs("answer"),
    act!("create_case_comment", "comments", COMMENTS)
        .needs("read")
        .token_needs(WRITE_SCOPE),
    act!("create_case_instruction", "instructions", INSTRUCTIONS).needs("instruct"),
    act!("create_case_assignment", "assignments", ASSIGNMENTS).needs("handle"),
    act!("create_case_transfer", "transfers", TRANSFERS).needs("assign"),
    act!("create_case_dispute", "disputes", DISPUTES).needs("handle"),
    act!("create_case_ruling", "rulings", RULINGS).needs("rule"),
    act!("create_case_extension", "extensions", EXTENSIONS).needs("approve"),
    act!("create_case_pause", "pauses", PAUSES).needs("approve"),
    act!("create_case_resumption", "resumptions", RESUMPTIONS).needs("handle"),
    act!("create_case_classification", "classifications", CLASSIFICATIONS).needs("register"),
    act!("create_case_severity", "severities", SEVERITIES).needs("register"),
    act!("create_case_correction", "corrections", CORRECTIONS).needs("register"),
    act!("create_case_link", "links", LINKS).needs("register"),
    act!("create_case_merge", "merges", MERGES).needs("register"),
    act!("create_case_split", "splits", SPLITS).needs("register"),
];
