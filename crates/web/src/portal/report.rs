//! Sending a report: three leaves, a last look at all of it, and then it goes.
//!
//! Each leaf is kept on the server when it is sent ([`kept`]) and the next one is another page, so that going
//! back, loading again or coming back after a cut loses nothing. The last look brings everything once more in
//! its own form: what sends a report is whole by itself, and all of it may also come on one page.

mod entry;
pub mod kept;
mod page;
mod receipt;

use axum::response::{IntoResponse, Redirect, Response};

use self::entry::Leaf;
use self::kept::Kept;
use self::page::ReportPage;
use super::intake;
use crate::ctx::{Ctx, query_value};
use crate::error::{Complaint, WebError};
use crate::evidence::{self, Bringer};
use crate::form::{Door, Form, Reader};
use crate::limits;
use crate::metrics::Intake;
use crate::page::html;

/// What the keys of this form end with: those of other doors never meet them.
const DOOR: &str = "/report";

/// `GET /report`: the first leaf, empty, or as it was kept.
pub async fn new_report(ctx: Ctx) -> Result<Response, WebError> {
    read_leaf(&ctx, Leaf::What).await
}

/// `GET /report/where`: the second leaf.
pub async fn read_report_where(ctx: Ctx) -> Result<Response, WebError> {
    read_leaf(&ctx, Leaf::Where).await
}

/// `GET /report/contact`: the third leaf.
pub async fn read_report_contact(ctx: Ctx) -> Result<Response, WebError> {
    read_leaf(&ctx, Leaf::Contact).await
}

/// `GET /report/check`: all of it, before it goes.
pub async fn read_report_check(ctx: Ctx) -> Result<Response, WebError> {
    read_leaf(&ctx, Leaf::Check).await
}

/// `POST /report/what`: keeps the first leaf.
pub async fn keep_report_what(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    keep_leaf(&ctx, &form, Leaf::What).await
}

/// `POST /report/where`: keeps the second leaf and its photos.
pub async fn keep_report_where(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    keep_leaf(&ctx, &form, Leaf::Where).await
}

/// `POST /report/contact`: keeps the third leaf.
pub async fn keep_report_contact(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    keep_leaf(&ctx, &form, Leaf::Contact).await
}

/// `POST /report/discard`: throws away what was written and not sent.
pub async fn discard_report(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    if let Some(kept) = asked(&ctx, form.value("draft")).await? {
        kept.discard(&ctx).await?;
    }
    Ok(Redirect::to(Leaf::What.href()).into_response())
}

async fn asked(ctx: &Ctx, id: &str) -> Result<Option<Kept>, WebError> {
    match id.parse() {
        Ok(id) => kept::find(ctx, id).await,
        Err(_no_id) => Ok(None),
    }
}

async fn read_leaf(ctx: &Ctx, leaf: Leaf) -> Result<Response, WebError> {
    let query = ctx.here.split_once('?').map_or("", |(_, query)| query);
    let draft = query_value(query, "draft");
    let kept = asked(ctx, draft.as_deref().unwrap_or_default()).await?;
    match (kept, draft) {
        (Some(kept), _) if !kept.sent => Ok(kept_leaf(ctx, leaf, &kept)),
        (kept, Some(_)) => Ok(gone(ctx, kept.is_some())),
        (_, None) if leaf == Leaf::What => begin(ctx).await,
        (_, None) => Ok(Redirect::to(Leaf::What.href()).into_response()),
    }
}

/// Shows the first leaf, empty; what the visit began before is named by its time alone, for whoever comes to
/// the same browser later must not read it by chance.
async fn begin(ctx: &Ctx) -> Result<Response, WebError> {
    let begun = kept::begun(ctx).await?;
    Ok(html(&blank(ctx).with_begun(begun)))
}

/// Says that what the address names is not kept any more.
fn gone(ctx: &Ctx, sent: bool) -> Response {
    let said = if sent {
        "report-sent-already"
    } else {
        "report-gone"
    };
    html(&blank(ctx).with_notice(ctx.tongue.t(said)))
}

fn blank(ctx: &Ctx) -> ReportPage {
    let key = ("key".to_owned(), ctx.form_key());
    ReportPage::new(ctx, Some(Leaf::What), &Form::of(vec![key]))
}

fn kept_leaf(ctx: &Ctx, leaf: Leaf, kept: &Kept) -> Response {
    // A report that says nothing is begun at its beginning.
    let begun = !kept.form.value("text").trim().is_empty();
    match leaf {
        Leaf::Check if begun => page::check(ctx, kept),
        Leaf::Where | Leaf::Contact | Leaf::Check if !begun => {
            Redirect::to(&kept.href(Leaf::What)).into_response()
        }
        leaf => html(&ReportPage::new(ctx, Some(leaf), &kept.form).with_kept(ctx, kept)),
    }
}

/// Keeps a leaf and leads to the next; shows it again with what is wrong with it, or has to be said first.
async fn keep_leaf(ctx: &Ctx, form: &Form, leaf: Leaf) -> Result<Response, WebError> {
    let mut kept = Kept::of(ctx, form).await?;
    if kept.sent {
        return Ok(gone(ctx, true));
    }
    kept.take(leaf, form);
    let whole = Form::of(kept.form.fields().to_vec());
    let mut read = whole.read();
    let message = entry::message(ctx, &whole, &mut read);
    let (refusing, warning) = intake::alarms(ctx, &message)?;
    if !refusing.is_empty() {
        ctx.app.metrics().note(Intake::Refused);
        kept.discard(ctx).await?;
        return Ok(page::refused(ctx, &refusing));
    }
    read.complaints.retain(|complaint| leaf.has(complaint));
    for photo in form.values("remove").filter_map(|id| id.parse().ok()) {
        kept.remove(ctx, photo).await?;
    }
    let has_room = add_photos(ctx, &mut kept, form, &mut read).await?;
    if !kept.save(ctx).await? || !has_room {
        return Ok(on_one_page(ctx, &kept, !has_room));
    }
    if form.value("to") == "back" {
        return Ok(Redirect::to(&kept.href(leaf.previous())).into_response());
    }
    let unwarned = !warning.is_empty() && kept.form.value("warned") != "yes";
    if !read.complaints.is_empty() || unwarned {
        let page = ReportPage::new(ctx, Some(leaf), &kept.form).with_kept(ctx, &kept);
        return Ok(html(&page.with_problems(ctx, &read.complaints, &warning, false)));
    }
    Ok(Redirect::to(&kept.href(leaf.next())).into_response())
}

/// Lets the photos of a leaf wait with what is kept, those that are in order; returns whether there was room.
async fn add_photos(
    ctx: &Ctx,
    kept: &mut Kept,
    form: &Form,
    read: &mut Reader<'_>,
) -> Result<bool, WebError> {
    let (photos, complaints) = evidence::clean_all(&form.files, Bringer::Reporter);
    complaints
        .into_iter()
        .for_each(|complaint| read.complain(complaint));
    for photo in photos {
        if kept.photos.len() >= limits::FILES {
            read.complain(evidence::too_many());
            break;
        }
        if !kept.add(ctx, photo).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shows all of the form on one page, which needs no room here before it is sent.
fn on_one_page(ctx: &Ctx, kept: &Kept, had_photos: bool) -> Response {
    let page = ReportPage::new(ctx, None, &kept.form).with_kept(ctx, kept);
    let page = page.with_problems(ctx, &[], &[], had_photos);
    html(&page.with_notice(ctx.tongue.t("report-no-room")))
}

/// `POST /report`: takes the report in and shows its code; or says first what has to be said first.
pub async fn create_report(ctx: Ctx, Door(form): Door) -> Result<Response, WebError> {
    let kept = match form.value("waiting") {
        "" => None,
        _ => Some(Kept::of(&ctx, &form).await?),
    };
    let mut read = form.read();
    let message = entry::message(&ctx, &form, &mut read);
    let (mut photos, complaints) = evidence::clean_all(&form.files, Bringer::Reporter);
    read.complaints.extend(complaints);
    let (refusing, warning) = intake::alarms(&ctx, &message)?;
    if !refusing.is_empty() {
        ctx.app.metrics().note(Intake::Refused);
        if let Some(kept) = &kept {
            kept.discard(&ctx).await?;
        }
        return Ok(page::refused(&ctx, &refusing));
    }
    if let Some(kept) = &kept {
        photos.extend(waited(&ctx, &form, kept, &mut read).await?);
    }
    if photos.len() > limits::FILES {
        read.complain(evidence::too_many());
    }
    let warned = form.value("warned") == "yes";
    if !read.complaints.is_empty() || !warning.is_empty() && !warned {
        let page = again(&ctx, &form, kept.as_ref());
        let had_photos = !form.files.is_empty();
        return Ok(html(&page.with_problems(
            &ctx,
            &read.complaints,
            &warning,
            had_photos,
        )));
    }
    // Before the report is taken in: a disk that takes no photo takes in no report without them either.
    let mut on_disk = Vec::new();
    for photo in photos {
        on_disk.push(evidence::keep(&ctx, photo).await?);
    }
    let key = form.value("key");
    let once = (!key.is_empty()).then(|| format!("{key} {DOOR}"));
    let receipt = match intake::take(&ctx, &message, once.as_deref()).await {
        Err(WebError::KeyReused) => return Ok(sent_before(&ctx, &form)),
        other => other?,
    };
    let lost = evidence::note_reporters(&ctx, receipt.case(), &on_disk, key).await;
    if let Some(kept) = kept.filter(|_| lost == 0)
        && let Err(error) = kept.close(&ctx).await
    {
        // The report is in; what is left over goes with its age.
        tracing::warn!(request.id = ctx.request_id, %error, "what was kept of a report was not removed");
    }
    receipt::show(&ctx, &receipt, lost).await
}

/// Returns the photos that wait with a report, and complains of those that its sender saw and that are gone.
async fn waited(
    ctx: &Ctx,
    form: &Form,
    kept: &Kept,
    read: &mut Reader<'_>,
) -> Result<Vec<crate::form::photo::Photo>, WebError> {
    let photos = kept.open_photos(ctx).await?;
    let seen: usize = form.value("waiting").parse().unwrap_or(0);
    // One that was sent already has given its photos away, and is known by its key.
    if photos.len() < seen && !kept.sent {
        read.complain(Complaint::new("photos", "report-photos-gone"));
    }
    Ok(photos)
}

/// Shows the form again with what was written, on one page.
fn again(ctx: &Ctx, form: &Form, kept: Option<&Kept>) -> ReportPage {
    let page = ReportPage::new(ctx, None, form);
    match kept {
        Some(kept) if !kept.sent => page.with_kept(ctx, kept),
        Some(_) | None => page,
    }
}

/// Shows the form again where another report was sent by the same: with a new key it is one of its own.
fn sent_before(ctx: &Ctx, form: &Form) -> Response {
    let complaint = [Complaint::new("text", "report-sent-before")];
    let had_photos = !form.files.is_empty() || !matches!(form.value("waiting"), "" | "0");
    let page = again(ctx, form, None).with_problems(ctx, &complaint, &[], had_photos);
    html(&page.with_key(ctx.form_key()))
}
