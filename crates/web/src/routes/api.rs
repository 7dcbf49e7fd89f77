//! The operations of the API.

use axum::routing::on;

use crate::api::cases::{self, CaseReceipt, NewCase};
use crate::api::commands::{self as c, create};
use crate::api::evidence::{self, NewEvidence, NewShowing, NewWithdrawal, Stored};
use crate::api::exports::{self, ExportShape, NewExport};
use crate::api::identity::{self, IdentityShape, NewErasure, NewIdentityRead};
use crate::api::openapi;
use crate::api::portal::files::{self, NewOwnEvidence, WantedEvidence};
use crate::api::portal::{
    self, Code, MessageReceipt, NewConsent, NewMessage, NewOwnStep, NewReply, NewSatisfaction, Tracked,
};
use crate::api::reference::{self, KindShape, UnitShape};
use crate::api::schema::{describe, describe_list};
use crate::api::shape::{CaseList, CaseRow, CaseShape, Count, Done, EventShape};
use crate::api::views::{self, NewView, ViewShape};
use crate::auth::WRITE_SCOPE;
use crate::route::Route;
use crate::route::Verb::{Delete, Get, Post};
use crate::staff::export::read_export_file;
use crate::staff::ledger::read_ledger_suggestions;

/// A command on a case: takes `$body`, gives [`Done`].
macro_rules! command {
    ($id:literal, $path:literal, $body:ty) => {
        Route::staff($id, Post, concat!("/api/v1/cases/{id}/", $path), |m| {
            on(m, create::<$body>)
        })
        .audited()
        .takes(describe::<$body>)
        .gives(describe::<Done>)
    };
}

/// Without an account.
pub(super) const PORTAL: &[Route] = &[
    Route::public("create_message", Post, "/api/v1/portal/messages", |m| {
        on(m, portal::create_message)
    })
    .audited()
    .takes(describe::<NewMessage>)
    .gives(describe::<MessageReceipt>),
    Route::public("read_tracked", Post, "/api/v1/portal/track", |m| {
        on(m, portal::read_tracked)
    })
    .reads()
    .takes(describe::<Code>)
    .gives(describe::<Tracked>),
    Route::public("create_reply", Post, "/api/v1/portal/replies", |m| {
        on(m, portal::create_reply)
    })
    .audited()
    .takes(describe::<NewReply>)
    .gives(describe::<Done>),
    Route::public("create_satisfaction", Post, "/api/v1/portal/satisfactions", |m| {
        on(m, portal::create_satisfaction)
    })
    .audited()
    .takes(describe::<NewSatisfaction>)
    .gives(describe::<Done>),
    Route::public("create_consent", Post, "/api/v1/portal/consents", |m| {
        on(m, portal::create_consent)
    })
    .audited()
    .takes(describe::<NewConsent>)
    .gives(describe::<Done>),
    Route::public("create_own_step", Post, "/api/v1/portal/steps", |m| {
        on(m, portal::create_own_step)
    })
    .audited()
    .takes(describe::<NewOwnStep>)
    .gives(describe::<Done>),
    Route::public("create_own_evidence", Post, "/api/v1/portal/evidence", |m| {
        on(m, files::create_own_evidence)
    })
    .audited()
    .upload()
    .takes(describe::<NewOwnEvidence>)
    .gives(describe::<Stored>),
    Route::public("read_own_evidence", Post, "/api/v1/portal/evidence-reads", |m| {
        on(m, files::read_own_evidence)
    })
    .reads()
    .takes(describe::<WantedEvidence>),
    Route::public("read_own_proof", Post, "/api/v1/portal/proofs", |m| {
        on(m, files::read_own_proof)
    })
    .reads()
    .takes(describe::<Code>),
    Route::public("read_openapi", Get, "/api/v1/openapi.json", |m| {
        on(m, openapi::read_openapi)
    }),
];

/// Cases and what belongs to them.
pub(super) const CASES: &[Route] = &[
    Route::staff("list_cases", Get, "/api/v1/cases", |m| on(m, cases::list_cases))
        .needs("read")
        .query(&["filter", "after", "limit", "sort"])
        .gives(describe::<CaseList>),
    Route::staff("count_cases", Get, "/api/v1/cases/count", |m| {
        on(m, cases::count_cases)
    })
    .needs("read")
    .query(&["filter"])
    .gives(describe::<Count>),
    Route::staff("create_case", Post, "/api/v1/cases", |m| {
        on(m, cases::create_case)
    })
    .needs("register")
    .audited()
    .takes(describe::<NewCase>)
    .gives(describe::<CaseReceipt>),
    Route::staff("read_case", Get, "/api/v1/cases/{id}", |m| {
        on(m, cases::read_case)
    })
    .needs("read")
    .gives(describe::<CaseShape>),
    Route::staff("list_case_events", Get, "/api/v1/cases/{id}/events", |m| {
        on(m, cases::list_case_events)
    })
    .needs("read")
    .gives(describe_list::<EventShape>),
    Route::staff("list_similar_cases", Get, "/api/v1/cases/{id}/similar", |m| {
        on(m, cases::list_similar_cases)
    })
    .needs("read")
    .gives(describe_list::<CaseRow>),
    Route::staff("read_proof", Get, "/api/v1/cases/{id}/proof", |m| {
        on(m, cases::read_proof)
    })
    .needs("read"),
    command!("create_step", "steps", c::NewStep),
    command!("create_assignment", "assignments", c::NewAssignment).needs("handle"),
    command!("create_transfer", "transfers", c::NewTransfer).needs("assign"),
    command!("create_dispute", "disputes", c::NewDispute).needs("handle"),
    command!("create_ruling", "rulings", c::NewRuling).needs("rule"),
    command!("create_extension", "extensions", c::NewExtension).needs("approve"),
    command!("create_pause", "pauses", c::NewPause).needs("approve"),
    command!("create_resumption", "resumptions", c::NewResumption).needs("handle"),
    command!("create_comment", "comments", c::NewComment)
        .needs("read")
        .token_needs(WRITE_SCOPE),
    command!("create_instruction", "instructions", c::NewInstruction).needs("instruct"),
    command!("create_question", "questions", c::NewQuestion).needs("handle"),
    command!("create_voice", "satisfactions", c::NewVoice).needs("answer"),
    command!("create_classification", "classifications", c::NewClassification).needs("register"),
    command!("create_severity", "severities", c::NewSeverity).needs("register"),
    command!("create_link", "links", c::NewLink).needs("register"),
    command!("create_split", "splits", c::NewSplit).needs("register"),
    command!("create_merge", "merges", c::NewMerge).needs("register"),
    command!("create_correction", "corrections", c::NewCorrection).needs("register"),
    command!("create_withdrawal", "evidence-withdrawals", NewWithdrawal).needs("handle"),
    command!("create_showing", "picture-showings", NewShowing).needs("answer"),
    command!("create_erasure", "erasures", NewErasure).needs("admin"),
    Route::staff("create_evidence", Post, "/api/v1/cases/{id}/evidence", |m| {
        on(m, evidence::create_evidence)
    })
    .needs("handle")
    .audited()
    .upload()
    .takes(describe::<NewEvidence>)
    .gives(describe::<Stored>),
    Route::staff(
        "read_evidence",
        Get,
        "/api/v1/cases/{id}/evidence/{evidence}",
        |m| on(m, evidence::read_evidence),
    )
    .needs("read"),
    Route::staff(
        "create_identity_read",
        Post,
        "/api/v1/cases/{id}/identity-reads",
        |m| on(m, identity::create_identity_read),
    )
    .needs("identity")
    .audited()
    .takes(describe::<NewIdentityRead>)
    .gives(describe::<IdentityShape>),
];

/// What names stand for.
pub(super) const REFERENCE: &[Route] = &[
    Route::staff("list_units", Get, "/api/v1/units", |m| {
        on(m, reference::list_units)
    })
    .gives(describe_list::<UnitShape>),
    Route::staff("list_kinds", Get, "/api/v1/kinds", |m| {
        on(m, reference::list_kinds)
    })
    .gives(describe_list::<KindShape>),
    Route::staff("list_suggestions", Get, "/api/v1/filter/suggestions", |m| {
        on(m, read_ledger_suggestions)
    })
    .query(&["text", "cursor"]),
];

/// What a person keeps and takes away.
pub(super) const OWN: &[Route] = &[
    Route::staff("list_views", Get, "/api/v1/views", |m| on(m, views::list_views))
        .gives(describe_list::<ViewShape>),
    Route::staff("keep_view", Post, "/api/v1/views", |m| on(m, views::keep_view))
        .token_needs(WRITE_SCOPE)
        .takes(describe::<NewView>)
        .gives(describe::<ViewShape>),
    Route::staff("drop_view", Delete, "/api/v1/views/{view}", |m| {
        on(m, views::drop_view)
    })
    .token_needs(WRITE_SCOPE),
    Route::staff("begin_export", Post, "/api/v1/exports", |m| {
        on(m, exports::begin_export)
    })
    .needs("export")
    .takes(describe::<NewExport>)
    .gives(describe::<ExportShape>),
    Route::staff("read_export_state", Get, "/api/v1/exports/{export}", |m| {
        on(m, exports::read_export_state)
    })
    .gives(describe::<ExportShape>),
    Route::staff("stop_export", Delete, "/api/v1/exports/{export}", |m| {
        on(m, exports::stop_export)
    })
    .token_needs("export"),
    Route::staff("download_export", Get, "/api/v1/exports/{export}/file", |m| {
        on(m, read_export_file)
    })
    .needs("export"),
];
