//! Sending a report.

use askama::Template;
use axum::response::Response;
use bihuan_core::event::Disclosure;
use bihuan_store::execute::Receipt;
use bihuan_store::seal::Identity;

use super::alarms::Raised;
use super::intake::{self, Message};
use super::view;
use crate::ctx::Ctx;
use crate::ctx::cookie::Cookie;
use crate::error::{Complaint, WebError};
use crate::evidence;
use crate::form::photo::Photo;
use crate::form::{Form, Reader};
use crate::limits;
use crate::metrics::Intake;
use crate::page::{Area, Page, html};
use crate::show::{self, ClockFace};

/// What the keys of this form end with: those of other doors never meet them.
const DOOR: &str = "/report";

#[derive(Template)]
#[template(path = "portal/report.html")]
struct ReportPage {
    page: Page,
    /// Makes a form that is sent twice one report.
    key: String,
    values: Values,
    kinds: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    alarms: Vec<String>,
    photos_hint: String,
    most: usize,
    had_photos: bool,
}

/// What was written in the form, to show it again.
#[derive(Default)]
struct Values {
    title: String,
    text: String,
    place: String,
    kind: String,
    disclosure: String,
    name: String,
    phone: String,
}

#[derive(Template)]
#[template(path = "portal/refused.html")]
struct RefusedPage {
    page: Page,
    /// What is said, and where the rule comes from.
    routes: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    page: Page,
    code: String,
    number: String,
    clocks: Vec<ClockFace>,
    repeated: bool,
    /// That photos could not be kept.
    lost: Option<String>,
}

/// `GET /report`
pub async fn new_report(ctx: Ctx) -> Response {
    let values = Values {
        disclosure: "anonymous".to_owned(),
        ..Values::default()
    };
    html(&ReportPage::new(&ctx, ctx.form_key(), values))
}

/// `POST /report`: takes the report in and shows its code; or says first what has to be said first.
pub async fn create_report(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let mut read = form.read();
    let message = read_message(&ctx, &form, &mut read);
    let photos = read_photos(&form, &mut read);
    let (refusing, warning) = intake::alarms(&ctx, &message)?;
    if !refusing.is_empty() {
        ctx.app.metrics().note(Intake::Refused);
        return Ok(refused(&ctx, &refusing));
    }
    let warned = form.value("warned") == "yes";
    if !read.complaints.is_empty() || !warning.is_empty() && !warned {
        return Ok(again(&ctx, &form, &read.complaints, &warning));
    }
    // Before the report is taken in: a disk that takes no photo takes in no report without them either.
    let mut kept = Vec::new();
    for photo in photos {
        kept.push(evidence::keep(&ctx, photo).await?);
    }
    let key = form.value("key");
    let once = (!key.is_empty()).then(|| format!("{key} {DOOR}"));
    let receipt = match intake::take(&ctx, &message, once.as_deref()).await {
        Err(WebError::KeyReused) => return Ok(sent_before(&ctx, &form)),
        other => other?,
    };
    let lost = evidence::note_reporters(&ctx, receipt.case(), &kept, key).await;
    receipt_page(&ctx, &receipt, lost).await
}

fn read_message(ctx: &Ctx, form: &Form, read: &mut Reader<'_>) -> Message {
    let kinds = intake::kinds(ctx);
    let message = Message {
        text: read.needed("text", limits::TEXT_CHARS),
        title: read.text("title", 120),
        place: read.text("place", limits::LINE_CHARS),
        kind: read.choice("kind", |id| {
            kinds.iter().any(|(_, kind)| kind.id == id).then(|| id.to_owned())
        }),
        category: None,
        disclosure: read.choice("disclosure", intake::disclosure_named),
        identity: Identity {
            name: read.text("name", 60),
            phone: read.text("phone", 30),
            address: None,
        },
    };
    let disclosure = message.disclosure.unwrap_or(Disclosure::Anonymous);
    if let Some(complaint) = intake::unfit_contact(disclosure, &message.identity) {
        read.complain(complaint);
    }
    if !form.value("phone").trim().is_empty() && !intake::is_phone(form.value("phone")) {
        read.complain(Complaint::new("phone", "field-phone"));
    }
    message
}

fn read_photos(form: &Form, read: &mut Reader<'_>) -> Vec<Photo> {
    let (photos, complaints) = evidence::clean_all(&form.files);
    complaints
        .into_iter()
        .for_each(|complaint| read.complain(complaint));
    photos
}

/// Shows the form again with what was written, what is wrong with it, and what has to be said first.
fn again(ctx: &Ctx, form: &Form, complaints: &[Complaint], warning: &[Raised]) -> Response {
    html(&page_again(ctx, form, complaints, warning))
}

/// Shows the form again where another report was sent by the same: with a new key it is one of its own.
fn sent_before(ctx: &Ctx, form: &Form) -> Response {
    let mut page = page_again(ctx, form, &[Complaint::new("text", "report-sent-before")], &[]);
    page.key = ctx.form_key();
    html(&page)
}

fn page_again(ctx: &Ctx, form: &Form, complaints: &[Complaint], warning: &[Raised]) -> ReportPage {
    let value = |name: &str| form.value(name).to_owned();
    let values = Values {
        title: value("title"),
        text: value("text"),
        place: value("place"),
        kind: value("kind"),
        disclosure: value("disclosure"),
        name: value("name"),
        phone: value("phone"),
    };
    let mut page = ReportPage::new(ctx, value("key"), values);
    page.errors = complaints
        .iter()
        .map(|complaint| (complaint.field.clone(), complaint.said(ctx.tongue)))
        .collect();
    page.alarms = warning
        .iter()
        .map(|(_, alarm)| ctx.name(&alarm.message))
        .collect();
    page.had_photos = !form.files.is_empty();
    page
}

/// Tells the lawful route. Nothing of what was written is kept, logged or shown again.
fn refused(ctx: &Ctx, alarms: &[Raised]) -> Response {
    let route = |(pack, alarm): &Raised| {
        let source = pack
            .source(&alarm.source)
            .map(|source| show::citation(ctx.tongue, source));
        (ctx.name(&alarm.message), source.unwrap_or_default())
    };
    html(&RefusedPage {
        page: ctx.page(Some(Area::Report)),
        routes: alarms.iter().map(route).collect(),
    })
}

async fn receipt_page(ctx: &Ctx, receipt: &Receipt, lost: usize) -> Result<Response, WebError> {
    let case = view::case(ctx, receipt.case()).await?.case;
    let pack = ctx.pack(&case)?;
    let code = receipt
        .code()
        .ok_or_else(|| WebError::internal("a report without a receipt code"))?;
    let page = ReceiptPage {
        page: ctx.page(Some(Area::Report)),
        code: code.to_string(),
        number: receipt.number().to_owned(),
        clocks: show::clock_faces(
            case.clocks.values(),
            pack,
            &ctx.scene.calendar,
            ctx.tongue,
            ctx.now,
        ),
        repeated: receipt.appended().is_repeated(),
        lost: (lost > 0).then(|| ctx.tongue.t1("receipt-photos-lost", "count", lost)),
    };
    let mut response = html(&page);
    Cookie::Code.set(response.headers_mut(), &page.code, ctx.secure);
    Ok(response)
}

impl ReportPage {
    fn new(ctx: &Ctx, key: String, values: Values) -> ReportPage {
        let kinds = intake::kinds(ctx)
            .into_iter()
            .map(|(_, kind)| (kind.id.clone(), ctx.name(&kind.title)))
            .collect();
        let (count, size) = (("count", limits::FILES), ("size", limits::FILE_BYTES >> 20));
        ReportPage {
            page: ctx.page(Some(Area::Report)),
            key,
            values,
            kinds,
            errors: Vec::new(),
            alarms: Vec::new(),
            photos_hint: ctx.tongue.t2("report-photos-hint", count, size),
            most: limits::TEXT_CHARS,
            had_photos: false,
        }
    }
}
