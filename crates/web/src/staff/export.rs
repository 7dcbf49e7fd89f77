//! Exports: the ledger under a filter as a file. A small one comes at once; a long one is written in the
//! background, and its page tells how far it is.

mod download;
mod file;
pub mod job;
pub mod order;
mod table;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_store::export_job::{ExportJob, ExportState};
use uuid::Uuid;

use self::order::{EXPORT, Format, Order};
use super::ledger::place::Place;
use super::views;
use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::page::{Area, Page, html};
use crate::show;

/// An export of more rows runs in the background.
const AT_ONCE: usize = 2000;

#[derive(Template)]
#[template(path = "export/export.html")]
struct ExportPage {
    page: Page,
    id: Uuid,
    state: ExportState,
    percent: u64,
    done: u64,
    /// How far it is, in words.
    rows: String,
    expires: String,
    format: String,
    back: String,
}

/// `POST /exports`
pub async fn create_export(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let order = read_order(&ctx, &form)?;
    let filter = order.filter.clone();
    let counted = ctx
        .tenant
        .read(move |reader| reader.count(&filter, AT_ONCE + 1))
        .await?;
    if counted.known <= AT_ONCE && !counted.more {
        return download::at_once(&ctx, order).await;
    }
    let id = job::start(&ctx, order, None).await?;
    Ok(Redirect::to(&format!("/exports/{id}")).into_response())
}

/// `GET /exports/{export}`: how far it is; the page asks again by itself while it runs.
pub async fn read_export(ctx: Ctx, Path(export): Path<Uuid>) -> Result<Response, WebError> {
    let job = find(&ctx, export).await?;
    let running = job.state == ExportState::Running;
    let mut response = html(&ExportPage::of(&ctx, &job));
    if running {
        response
            .headers_mut()
            .insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// `POST /exports/{export}/cancel`
pub async fn cancel_export(ctx: Ctx, Path(export): Path<Uuid>, _form: Form) -> Result<Response, WebError> {
    ctx.tenant.cancel_export(ctx.who()?.viewer.person, export).await?;
    Ok(Redirect::to(&format!("/exports/{export}")).into_response())
}

/// `GET /exports/{export}/file`, of the pages and of the API.
pub async fn read_export_file(ctx: Ctx, Path(export): Path<Uuid>) -> Result<Response, WebError> {
    let job = find(&ctx, export).await?;
    // The right to export may have been taken back since.
    access::permit_general(&ctx, EXPORT)?;
    download::of_job(&ctx, &job).await
}

/// Returns an export of the visitor's; one that nobody runs any more has failed.
///
/// # Errors
/// [`WebError::NotFound`] if they have no such export, or not any more.
pub async fn find(ctx: &Ctx, export: Uuid) -> Result<ExportJob, WebError> {
    let person = ctx.who()?.viewer.person;
    // Asked before the row is read: an export that ends in between has told so there.
    let runs = ctx.app.exports().has(export);
    let found = ctx
        .tenant
        .read(move |reader| reader.export_job(person, export))
        .await?;
    let mut job = found
        .filter(|job| job.made_at >= job::kept_since(ctx.now))
        .ok_or(WebError::NotFound)?;
    if job.state == ExportState::Running && !runs {
        job.state = ExportState::Failed;
    }
    Ok(job)
}

fn read_order(ctx: &Ctx, form: &Form) -> Result<Order, WebError> {
    access::permit_general(ctx, EXPORT)?;
    let Some(format) = Format::named(form.value("format")) else {
        return Err(WebError::Input(vec![Complaint::new(
            "format",
            "field-bad-choice",
        )]));
    };
    Order::of(ctx, views::place(form), format)
}

impl ExportPage {
    fn of(ctx: &Ctx, job: &ExportJob) -> ExportPage {
        let expires = job::expires(job.made_at);
        ExportPage {
            page: ctx.page(Some(Area::Ledger)),
            id: job.id,
            state: job.state,
            percent: (job.done * 100 / job.total.max(1)).min(100),
            done: job.done,
            rows: ctx.tongue.t2(
                "export-rows",
                ("done", job.done),
                ("total", job.total.max(job.done)),
            ),
            expires: show::moment(&ctx.scene.calendar, ctx.tongue, expires),
            format: job.form.to_uppercase(),
            back: Place::default().with_filter(job.filter.clone()).href(),
        }
    }
}
