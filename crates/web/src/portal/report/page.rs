//! The pages of a report that is being written.

use askama::Template;
use axum::response::Response;

use super::entry::{Leaf, Values};
use super::kept::Kept;
use crate::ctx::Ctx;
use crate::error::Complaint;
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::portal::alarms::Raised;
use crate::portal::intake;
use crate::show;

/// One leaf of the form, or all of it on one page.
#[derive(Template)]
#[template(path = "portal/report.html")]
pub struct ReportPage {
    page: Page,
    /// Makes a form that is sent twice one report.
    key: String,
    values: Values,
    kinds: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    alarms: Vec<String>,
    photos_hint: String,
    most: usize,
    /// Whether photos came that have to be chosen again.
    had_photos: bool,
    leaves: Vec<Stop>,
    title: String,
    /// Where the form is sent.
    action: &'static str,
    has_what: bool,
    has_where: bool,
    has_contact: bool,
    /// Whether it may bring photos.
    has_files: bool,
    /// The photos that wait: id and what is said of each.
    photos: Vec<(String, String)>,
    /// How many wait, where the form is on one page and sends them along.
    waiting: usize,
    /// The draft's id, where something is kept already.
    draft: Option<String>,
    /// What was begun before: where it goes on, and when it was saved.
    begun: Vec<(String, String)>,
    /// What is said first.
    notice: Option<String>,
}

/// A stop on the way through the leaves.
pub struct Stop {
    title: String,
    /// `done`, `now` or empty for what is to come.
    look: &'static str,
}

/// All of it, before it goes.
#[derive(Template)]
#[template(path = "portal/check.html")]
struct CheckPage {
    page: Page,
    leaves: Vec<Stop>,
    title: String,
    /// What was written, as it is sent.
    fields: Vec<(String, String)>,
    key: String,
    /// What is read: title, what stands there, where it is changed.
    lines: Vec<(String, String, String)>,
    waiting: usize,
    draft: String,
}

/// Why something is not taken in here, and where it goes instead.
#[derive(Template)]
#[template(path = "portal/refused.html")]
struct RefusedPage {
    page: Page,
    /// What is said, and where the rule comes from.
    routes: Vec<(String, String)>,
}

impl ReportPage {
    /// Returns a leaf of the form; all of it on one page where `leaf` is none.
    pub fn new(ctx: &Ctx, leaf: Option<Leaf>, form: &Form) -> ReportPage {
        let kinds = intake::kinds(ctx)
            .into_iter()
            .map(|(_, kind)| (kind.id.clone(), ctx.name(&kind.title)))
            .collect();
        let (count, size) = (("count", limits::FILES), ("size", limits::FILE_BYTES >> 20));
        let has = |one: Leaf| leaf.is_none_or(|leaf| leaf == one);
        ReportPage {
            page: page(ctx, leaf),
            key: form.value("key").to_owned(),
            values: Values::of(form),
            kinds,
            errors: Vec::new(),
            alarms: Vec::new(),
            photos_hint: ctx.tongue.t2("report-photos-hint", count, size),
            most: limits::TEXT_CHARS,
            had_photos: false,
            leaves: leaf.map(|leaf| stops(ctx, leaf)).unwrap_or_default(),
            title: ctx.tongue.t(leaf.map_or("report-title", Leaf::title)),
            action: leaf.map_or("/report", Leaf::action),
            has_what: has(Leaf::What),
            has_where: has(Leaf::Where),
            has_contact: has(Leaf::Contact),
            has_files: has(Leaf::Where),
            photos: Vec::new(),
            waiting: 0,
            draft: None,
            begun: Vec::new(),
            notice: None,
        }
    }

    /// Adds what is kept of the report already.
    pub fn with_kept(mut self, ctx: &Ctx, kept: &Kept) -> ReportPage {
        self.draft = Some(kept.id.to_string());
        self.waiting = kept.photos.len();
        let photo = |(at, (id, size_bytes)): (usize, &(uuid::Uuid, u64))| {
            let size = ("size", size_bytes.div_ceil(1024));
            let said = ctx.tongue.t2("report-photo-kept", ("number", at + 1), size);
            (id.to_string(), said)
        };
        self.photos = kept.photos.iter().enumerate().map(photo).collect();
        self
    }

    /// Makes it a report of its own.
    pub fn with_key(self, key: String) -> ReportPage {
        ReportPage { key, ..self }
    }

    /// Adds what was begun before: where it goes on, and when it was saved.
    pub fn with_begun(self, begun: Vec<(String, String)>) -> ReportPage {
        ReportPage { begun, ..self }
    }

    /// Adds what is said first.
    pub fn with_notice(self, said: String) -> ReportPage {
        let notice = Some(said);
        ReportPage { notice, ..self }
    }

    /// Adds what is wrong with it, and what has to be said first.
    pub fn with_problems(
        mut self,
        ctx: &Ctx,
        complaints: &[Complaint],
        warning: &[Raised],
        had_photos: bool,
    ) -> ReportPage {
        self.errors = complaints
            .iter()
            .map(|complaint| (complaint.field.clone(), complaint.said(ctx.tongue)))
            .collect();
        self.alarms = intake::messages(ctx, warning);
        self.had_photos = had_photos;
        self
    }
}

/// Returns what the layout shows; the address is that of the leaf, also where a form was just sent.
fn page(ctx: &Ctx, leaf: Option<Leaf>) -> Page {
    let page = ctx.page(Some(Area::Report));
    match leaf.filter(|leaf| leaf.href() != ctx.route) {
        Some(leaf) => Page {
            here: leaf.href().to_owned(),
            ..page
        },
        None => page,
    }
}

fn stops(ctx: &Ctx, now: Leaf) -> Vec<Stop> {
    let at = |leaf: Leaf| Leaf::ALL.iter().position(|one| *one == leaf);
    let stop = |leaf: &Leaf| Stop {
        title: ctx.tongue.t(leaf.title()),
        look: match at(*leaf).cmp(&at(now)) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "now",
            std::cmp::Ordering::Greater => "",
        },
    };
    Leaf::ALL.iter().map(stop).collect()
}

/// Shows all of a report that is kept, ready to be sent.
pub fn check(ctx: &Ctx, kept: &Kept) -> Response {
    let values = Values::of(&kept.form);
    let kinds = intake::kinds(ctx);
    // The form's own choice is the first.
    let kind = kinds
        .iter()
        .find(|(_, kind)| values.kind.is_empty() || kind.id == values.kind);
    let kind = kind.map(|(_, kind)| ctx.name(&kind.title)).unwrap_or_default();
    let photos = ctx.tongue.t1("report-photos-count", "count", kept.photos.len());
    let contact = [values.name.as_str(), values.phone.as_str()];
    let disclosure = match values.disclosure.as_str() {
        "confidential" => "disclosure-confidential",
        "real_name" => "disclosure-real-name",
        _ => "disclosure-anonymous",
    };
    let contact = [ctx.tongue.t(disclosure)]
        .into_iter()
        .chain(
            contact
                .into_iter()
                .filter(|said| !said.is_empty())
                .map(str::to_owned),
        )
        .collect::<Vec<_>>()
        .join(" · ");
    let lines = [
        ("report-text", values.text, Leaf::What),
        ("report-subject", values.title, Leaf::What),
        ("report-kind", kind, Leaf::What),
        ("report-place", values.place, Leaf::Where),
        ("report-photos", photos, Leaf::Where),
        ("report-disclosure", contact, Leaf::Contact),
    ];
    let written = lines.into_iter().filter(|(_, said, _)| !said.is_empty());
    let lines = written.map(|(key, said, leaf)| (ctx.tongue.t(key), said, kept.href(leaf)));
    let fields = kept.form.fields().iter().filter(|(name, _)| name != "key");
    html(&CheckPage {
        page: page(ctx, Some(Leaf::Check)),
        leaves: stops(ctx, Leaf::Check),
        title: ctx.tongue.t(Leaf::Check.title()),
        fields: fields.cloned().collect(),
        key: kept.form.value("key").to_owned(),
        lines: lines.collect(),
        waiting: kept.photos.len(),
        draft: kept.id.to_string(),
    })
}

/// Tells the lawful route. Nothing of what was written is kept, logged or shown again.
pub fn refused(ctx: &Ctx, alarms: &[Raised]) -> Response {
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
