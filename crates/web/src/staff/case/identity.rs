//! A look at the reporter's identity, and the proof of a case. What is sealed is shown once, on a page
//! that no cache keeps; the event that says who looked, and why, is on disk before.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use bihuan_store::bodies::Bodies;

use super::send::Sent;
use super::{address, open};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::portal::proof;

#[derive(Template)]
#[template(path = "case/identity.html")]
struct IdentityPage {
    page: Page,
    address: String,
    number: String,
    /// What is known: names and values.
    known: Vec<(String, String)>,
    reason: String,
}

/// `POST /cases/{number}/identity-reads`
pub async fn create_case_identity_read(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let sent = Sent {
        ctx: &ctx,
        view: &view,
        id: "identity-reads",
        form: &form,
    };
    match look(&sent).await {
        Ok(page) => Ok(html(&page)),
        Err(error) => sent.again(error).await,
    }
}

async fn look(sent: &Sent<'_>) -> Result<IdentityPage, WebError> {
    let (ctx, case) = (sent.ctx, &sent.view.case);
    let mut read = sent.form.read();
    let reason = read.needed("reason", limits::NOTE_CHARS);
    read.done()?;
    let permit = access::permit(ctx, "identity", &sent.view.facts)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let written = bodies.write(reason.as_str());
    let identity = ctx
        .tenant
        .read_identity(&permit, case.id, bodies, written, ctx.now)
        .await?;
    let parts = [
        ("report-name", &identity.name),
        ("report-phone", &identity.phone),
        ("identity-address", &identity.address),
    ];
    let known = parts
        .into_iter()
        .filter_map(|(key, part)| Some((ctx.tongue.t(key), part.clone()?)));
    Ok(IdentityPage {
        page: Page {
            here: address(&case.number),
            ..ctx.page(Some(Area::Ledger))
        },
        address: address(&case.number),
        number: case.number.clone(),
        known: known.collect(),
        reason,
    })
}

/// `GET /cases/{number}/proof`: where each event of the case lies under the signed head, to be kept.
pub async fn read_case_proof(ctx: Ctx, Path(number): Path<String>) -> Result<Response, WebError> {
    proof::file(&ctx, &open(&ctx, &number).await?.case).await
}
