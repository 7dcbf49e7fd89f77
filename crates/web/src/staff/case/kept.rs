//! What somebody has begun to write in a form of a case and not sent: kept on the server by itself while they
//! write, sealed, for themselves alone, until it is sent or thrown away. Photos that they chose wait with it.
//! Nothing of it stays in the browser, and a server that dies loses nothing of it.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::decide::asks_of;
use bihuan_core::id::{CaseId, Digest, PersonId, made_at};
use bihuan_store::personal::draft::{Draft, Filling};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::acts::table::ACTS;
use super::fields::{self, Field, Shape};
use super::forms::Unsent;
use super::{address, open};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::{self, Bringer};
use crate::form::photo::Photo;
use crate::form::{Form, waiting};
use crate::limits;
use crate::page::html;
use crate::show;
use crate::staff::origin;
use crate::story::Story;

/// What the names of these forms in the store begin with.
const FORMS: &str = "case";
/// The most of one, in bytes; what an honest form holds comes to a third of it.
const BYTES: usize = 64 << 10;
/// The most that one person may have lying, so that nobody fills the store by hand or by script.
const MOST: usize = 100;
/// The most of one case that are read; a case has no more forms.
const OF_CASE: u32 = 40;
/// The form for evidence: the only one that brings photos.
pub const EVIDENCE: &str = "evidence";
/// What stands in it beside the photos.
const OF_EVIDENCE: [Field; 2] = [
    Field::optional("moment", "act-evidence-moment", Shape::Word(&[])),
    Field::optional("caption", "act-evidence-caption", Shape::Line),
];

/// A form that was begun and not sent.
pub struct Kept {
    /// Its id on the page.
    pub sheet: String,
    /// What was written.
    pub form: Form,
    /// The photos that wait with it: id and size in bytes.
    pub photos: Vec<(Uuid, u64)>,
    /// Whether photos waited too long with it and are gone.
    pub has_lost_photos: bool,
    /// When it was kept last; `None` where nothing is kept yet.
    pub saved_at: Option<Timestamp>,
}

/// How it is written down.
#[derive(Default, Serialize, Deserialize)]
struct Written {
    sheet: String,
    fields: Vec<(String, String)>,
    photos: Vec<(Uuid, u64)>,
}

/// What the page is told after something was kept.
#[derive(Template)]
#[template(path = "case/kept.html")]
struct KeptPart {
    /// When it was kept; `None` where there is nothing to keep.
    saved: Option<String>,
    photos: Vec<(String, String)>,
    errors: Vec<String>,
    remove: String,
}

/// `POST /cases/{number}/drafts/{form}`: keeps what is written so far.
pub async fn keep_case_draft(
    ctx: Ctx,
    Path((number, sheet)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let story = Story::of(&ctx, &view)?;
    let asked = asked(&story, &sheet).ok_or(WebError::NotFound)?;
    let case = view.case.id;
    let mut kept = find(&ctx, case, &sheet).await?;
    let complaints = match sheet == EVIDENCE {
        true => kept.change_photos(&ctx, &form).await?,
        false => Vec::new(),
    };
    let written = asked.iter().map(|field| {
        let value = form.value(field.name);
        (field.name.to_owned(), value.to_owned())
    });
    kept.form = Form::of(written.collect());
    let is_begun = !kept.photos.is_empty() || asked.iter().any(|field| is_typed(&story, field, &form));
    match is_begun {
        true => kept.save(&ctx, case).await?,
        false => discard(&ctx, case, &sheet).await?,
    }
    let saved = is_begun.then(|| show::time(&ctx.scene.calendar, ctx.now));
    Ok(html(&KeptPart {
        saved: saved.map(|time| ctx.tongue.t1("register-saved", "time", time)),
        photos: kept.photo_lines(&ctx),
        errors: complaints.iter().map(|said| said.said(ctx.tongue)).collect(),
        remove: ctx.tongue.t("report-photo-remove"),
    }))
}

/// `POST /cases/{number}/drafts/{form}/discard`
pub async fn discard_case_draft(
    ctx: Ctx,
    Path((number, sheet)): Path<(String, String)>,
    _form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    discard(&ctx, view.case.id, &sheet).await?;
    let back = origin::kept(&ctx, address(&view.case.number));
    Ok(Redirect::to(&back).into_response())
}

/// Returns what a form of the page asks for; `None` where the page has no such form for any case of the kind.
fn asked(story: &Story<'_>, sheet: &str) -> Option<Vec<Field>> {
    if sheet == EVIDENCE {
        return Some(OF_EVIDENCE.to_vec());
    }
    if let Some(step) = sheet.strip_prefix("step-") {
        return Some(fields::of_asks(&asks_of(story.kind.step(step)?)));
    }
    let act = ACTS.iter().find(|act| act.id == sheet)?;
    Some(act.fields.to_vec())
}

/// Whether somebody typed something into a field; what is only chosen is soon chosen again.
fn is_typed(story: &Story<'_>, field: &Field, form: &Form) -> bool {
    let value = form.value(field.name).trim();
    match field.shape {
        Shape::Line | Shape::Note | Shape::Body | Shape::Unit | Shape::Units | Shape::Case | Shape::Cases => {
            !value.is_empty() && value != fields::known(story, field)
        }
        Shape::Person
        | Shape::Category
        | Shape::Number
        | Shape::Word(_)
        | Shape::YesNo(..)
        | Shape::Grade
        | Shape::Target
        | Shape::Channel
        | Shape::Source => false,
    }
}

impl Kept {
    /// Takes away the photos that are not wanted, and lets new ones wait; returns what is wrong with those.
    async fn change_photos(&mut self, ctx: &Ctx, form: &Form) -> Result<Vec<Complaint>, WebError> {
        let whose = whose(ctx)?;
        let unwanted: Vec<Uuid> = form.values("remove").filter_map(|id| id.parse().ok()).collect();
        let (gone, left): (Vec<_>, Vec<_>) = self.photos.drain(..).partition(|(id, _)| unwanted.contains(id));
        self.photos = left;
        let gone: Vec<Uuid> = gone.into_iter().map(|(id, _)| id).collect();
        waiting::remove(ctx, &gone).await?;
        let (photos, mut complaints) = evidence::clean_all(&form.files, Bringer::Staff);
        for photo in photos {
            let size_bytes = photo.bytes.len() as u64;
            if self.photos.len() >= limits::FILES {
                complaints.push(evidence::too_many());
                break;
            }
            match waiting::keep(ctx, whose, photo).await? {
                Some(id) => self.photos.push((id, size_bytes)),
                None => {
                    complaints.push(Complaint::new("photos", "case-no-room"));
                    break;
                }
            }
        }
        Ok(complaints)
    }

    async fn save(&self, ctx: &Ctx, case: CaseId) -> Result<(), WebError> {
        let written = Written {
            sheet: self.sheet.clone(),
            fields: self.form.fields().to_vec(),
            photos: self.photos.clone(),
        };
        let text = serde_json::to_string(&written).map_err(WebError::internal)?;
        if text.len() > BYTES {
            return Err(WebError::TooLarge);
        }
        let (whose, form) = (whose(ctx)?, form_of(case));
        if self.saved_at.is_none() {
            let all = Filling {
                form: FORMS,
                id: Uuid::nil(),
            };
            let others = ctx.tenant.read(move |reader| reader.other_drafts(whose, all));
            if others.await? >= MOST {
                return Err(WebError::TooMany { wait_seconds: 60 });
            }
        }
        let filling = filling(&form, &self.sheet);
        let saved = ctx
            .tenant
            .save_draft(whose, filling, &text, ctx.now, &mut SystemEntropy)
            .await;
        Ok(saved?)
    }

    fn photo_ids(&self) -> Vec<Uuid> {
        self.photos.iter().map(|(id, _)| *id).collect()
    }

    /// Says when it was kept and how it is thrown away.
    pub fn unsent(&self, story: &Story<'_>) -> Unsent {
        let (ctx, address) = (story.ctx, address(&story.case().number));
        let when = self.saved_at.unwrap_or(ctx.now);
        let when = show::brief(&ctx.scene.calendar, ctx.tongue, when, ctx.now);
        let discard = format!("{address}/drafts/{}/discard", self.sheet);
        Unsent {
            said: ctx.tongue.t1("case-kept", "when", when),
            discard: origin::kept(ctx, discard),
        }
    }

    /// Returns what the form does.
    pub fn title(&self, story: &Story<'_>) -> String {
        let t = story.ctx.tongue;
        let step = self
            .sheet
            .strip_prefix("step-")
            .and_then(|id| story.kind.step(id));
        let act = || ACTS.iter().find(|act| act.id == self.sheet);
        match step {
            Some(step) => story.ctx.name(&step.title),
            None => act().map_or_else(|| t.t("act-evidence"), |act| t.t(act.title)),
        }
    }

    /// Returns what was typed.
    pub fn texts(&self, story: &Story<'_>) -> Vec<String> {
        let asked = asked(story, &self.sheet).unwrap_or_default();
        let typed = asked.iter().filter(|field| is_typed(story, field, &self.form));
        typed
            .map(|field| self.form.value(field.name).to_owned())
            .collect()
    }

    /// Returns its photos as the page lists them: id and what is said of each.
    pub fn photo_lines(&self, ctx: &Ctx) -> Vec<(String, String)> {
        let line = |(at, (id, size_bytes)): (usize, &(Uuid, u64))| {
            let size = ("size", size_bytes.div_ceil(1024));
            let said = ctx.tongue.t2("report-photo-kept", ("number", at + 1), size);
            (id.to_string(), said)
        };
        self.photos.iter().enumerate().map(line).collect()
    }
}

/// Returns the photos that wait with the form for evidence and are wanted, and complains of those that waited
/// too long.
///
/// # Errors
/// [`WebError`] if the store or the disk fails.
pub async fn waiting_photos(
    ctx: &Ctx,
    case: CaseId,
    form: &Form,
) -> Result<(Vec<Photo>, Vec<Complaint>), WebError> {
    let kept = find(ctx, case, EVIDENCE).await?;
    let unwanted: Vec<&str> = form.values("remove").collect();
    let mut wanted = kept.photo_ids();
    wanted.retain(|id| !unwanted.contains(&id.to_string().as_str()));
    let photos = waiting::open(ctx, whose(ctx)?, &wanted).await?;
    let gone = (photos.len() < wanted.len()).then(|| Complaint::new("photos", "report-photos-gone"));
    Ok((photos, gone.into_iter().collect()))
}

/// Throws away what was kept of a form, if anything was.
///
/// # Errors
/// [`WebError`] if the store or the disk fails.
pub async fn discard(ctx: &Ctx, case: CaseId, sheet: &str) -> Result<(), WebError> {
    let kept = find(ctx, case, sheet).await?;
    if kept.saved_at.is_none() {
        return Ok(());
    }
    let form = form_of(case);
    ctx.tenant.drop_draft(whose(ctx)?, filling(&form, sheet)).await?;
    waiting::remove(ctx, &kept.photo_ids()).await
}

/// Returns what the visitor has begun in a case and not sent.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn of_case(ctx: &Ctx, case: CaseId) -> Result<Vec<Kept>, WebError> {
    let (whose, form) = (whose(ctx)?, form_of(case));
    let drafts = ctx
        .tenant
        .read(move |reader| reader.drafts(whose, &form, OF_CASE))
        .await?;
    Ok(drafts.into_iter().map(|draft| read(draft, ctx)).collect())
}

/// Returns what is kept of a form, empty where nothing is.
async fn find(ctx: &Ctx, case: CaseId, sheet: &str) -> Result<Kept, WebError> {
    let (whose, form, id) = (whose(ctx)?, form_of(case), id_of(sheet));
    let draft = ctx
        .tenant
        .read(move |reader| reader.draft(whose, Filling { form: &form, id }))
        .await?;
    Ok(draft.map_or_else(
        || Kept {
            sheet: sheet.to_owned(),
            form: Form::of(Vec::new()),
            photos: Vec::new(),
            has_lost_photos: false,
            saved_at: None,
        },
        |draft| read(draft, ctx),
    ))
}

fn read(draft: Draft, ctx: &Ctx) -> Kept {
    // What another version wrote down otherwise is begun anew.
    let written: Written = serde_json::from_str(&draft.text).unwrap_or_default();
    let oldest = waiting::oldest(ctx.now);
    let waits = |(id, _): &(Uuid, u64)| made_at(*id) >= oldest;
    let (photos, lost): (Vec<_>, Vec<_>) = written.photos.into_iter().partition(waits);
    Kept {
        sheet: written.sheet,
        form: Form::of(written.fields),
        photos,
        has_lost_photos: !lost.is_empty(),
        saved_at: Some(draft.saved_at),
    }
}

fn whose(ctx: &Ctx) -> Result<PersonId, WebError> {
    Ok(ctx.who()?.viewer.person)
}

/// Returns the name of a case's forms in the store.
fn form_of(case: CaseId) -> String {
    format!("{FORMS}/{case}")
}

fn filling<'a>(form: &'a str, sheet: &str) -> Filling<'a> {
    Filling {
        form,
        id: id_of(sheet),
    }
}

/// Returns the id of a form's filling-in: a person has one for each form of a case.
fn id_of(sheet: &str) -> Uuid {
    let Digest(hash) = Digest::of(&[b"form of a case", sheet.as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(id)
}
