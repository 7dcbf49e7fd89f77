//! What was struck off lately, for everybody: where it belongs, who did it and how long it took. Nothing that
//! a reporter wrote stands here, and a picture only where they allowed it and somebody has looked at it; and
//! nothing of a kind that its pack does not open to this list, nor of a case that complains about somebody.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bihuan_core::case::facts::Flag;
use bihuan_core::event::{EvidenceMoment, PackRef};
use bihuan_core::filter::{Checked, Predicate, WordColumn};
use bihuan_core::id::{EvidenceId, UnitId};
use bihuan_core::pack::model::{Effect, Kind};
use bihuan_store::read::Reader;
use bihuan_store::read::case::CaseView;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Cursor, Sort};
use jiff::Timestamp;

use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::evidence::{self, Bringer};
use crate::lang::Fill as _;
use crate::page::{Area, Page, html};
use crate::show;

/// The most on one page.
const SHOWN: usize = 20;
/// The looks of what reporters said.
const SOLVED: &str = "ok";
/// See [`SOLVED`].
const NOT_SOLVED: &str = "over";
/// The most on the first page of the portal.
const SHOWN_AT_HOME: usize = 4;
/// How long a picture may be kept by whoever saw it: it leaves the page when its reporter wishes.
const KEPT: &str = "private, max-age=60";

/// What search engines may do with an answer.
static ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Whose pages may show it.
static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Template)]
#[template(path = "portal/struck.html")]
struct StruckPage {
    page: Page,
    lines: Vec<Line>,
    /// What their reporters said of them, counted.
    heard: String,
    first: Option<String>,
    next: Option<String>,
}

/// One case that was struck off, with its pictures.
#[derive(Template)]
#[template(path = "portal/struck_pictures.html")]
struct PicturesPage {
    page: Page,
    line: Line,
    /// Where the pictures of how it was are, and those of how it is.
    before: Vec<String>,
    after: Vec<String>,
}

/// A case that was struck off.
pub struct Line {
    /// Its number.
    pub number: String,
    /// Its category; its kind where it has none.
    pub category: String,
    /// Who was responsible.
    pub unit: String,
    /// How long it took.
    pub took: String,
    /// When it was struck off.
    pub on: String,
    /// What its reporter said of it last: the look, and the words. Both weigh the same.
    pub said: Option<(&'static str, String)>,
    /// What else its reporter may like to know of it.
    pub marks: Vec<String>,
    /// Where its pictures are, if any are shown.
    pub pictures: Option<String>,
}

/// `GET /struck-off`
pub async fn read_struck_off(ctx: Ctx) -> Result<Response, WebError> {
    let query = ctx.here.split_once('?').map_or("", |(_, query)| query);
    let after: Option<Cursor> = query_value(query, "after").and_then(|after| after.parse().ok());
    let first = after.is_some().then(|| "/struck-off".to_owned());
    let (lines, next) = read(&ctx, after, SHOWN).await?;
    Ok(html(&StruckPage {
        page: ctx.page(Some(Area::StruckOff)),
        heard: heard(&ctx, &lines),
        lines,
        first,
        next: next.map(|next| format!("/struck-off?after={next}")),
    }))
}

/// `GET /struck-off/{number}`: how it was and how it is, where pictures are shown.
pub async fn read_struck_pictures(ctx: Ctx, Path(number): Path<String>) -> Result<Response, WebError> {
    let view = pictured(&ctx, number).await?;
    let case = &view.case;
    let of = |moment: EvidenceMoment| {
        let shown = case.evidence.iter().filter(|piece| {
            let is_shown = case.pictures.shown.contains(&piece.id);
            is_shown && piece.moment == moment
        });
        let hrefs = shown.map(|piece| format!("{}/pictures/{}", address(&case.number), piece.id));
        hrefs.collect::<Vec<String>>()
    };
    let mut answer = html(&PicturesPage {
        page: ctx.page(Some(Area::StruckOff)),
        before: of(EvidenceMoment::Before),
        after: of(EvidenceMoment::After),
        line: line(&ctx, &Source::of_case(&view)),
    });
    keep_from_copies(&mut answer);
    Ok(answer)
}

/// `GET /struck-off/{number}/pictures/{evidence}`: a picture that is shown.
pub async fn read_struck_picture(
    ctx: Ctx,
    Path((number, evidence)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let id: EvidenceId = evidence.parse().map_err(|_| WebError::NotFound)?;
    let case = pictured(&ctx, number).await?.case;
    if !case.pictures.shown.contains(&id) {
        return Err(WebError::NotFound);
    }
    let mut answer = evidence::file(&ctx, &case, id, Bringer::Reporter).await?;
    let kept = HeaderValue::from_static(KEPT);
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    keep_from_copies(&mut answer);
    Ok(answer)
}

/// Keeps search engines and other pages from copies of their own: those would stay when the reporter takes it back.
fn keep_from_copies(answer: &mut Response) {
    let headers = answer.headers_mut();
    headers.insert(&ROBOTS, HeaderValue::from_static("noindex, noarchive"));
    headers.insert(&RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}

/// Returns the case with a number, where it stands in the list and pictures of it are shown.
async fn pictured(ctx: &Ctx, number: String) -> Result<CaseView, WebError> {
    let listed = struck_off(ctx).ok_or(WebError::NotFound)?;
    let find = move |reader: &Reader| match reader.by_number(&number)? {
        Some(id) => reader.case(id),
        None => Ok(None),
    };
    let view = ctx.tenant.read(find).await?.ok_or(WebError::NotFound)?;
    let facts = &view.facts;
    let stands = listed.matches(facts, &|_| false);
    match stands && facts.flags.contains(&Flag::Pictured) {
        true => Ok(view),
        false => Err(WebError::NotFound),
    }
}

/// Returns where the pictures of a case are.
pub fn address(number: &str) -> String {
    format!("/struck-off/{number}")
}

fn sort() -> Result<Sort, WebError> {
    "-closed".parse().map_err(WebError::internal)
}

/// Returns what was struck off last.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn lately(ctx: &Ctx) -> Result<Vec<Line>, WebError> {
    Ok(read(ctx, None, SHOWN_AT_HOME).await?.0)
}

/// Says how many of the reporters of a page said what.
fn heard(ctx: &Ctx, lines: &[Line]) -> String {
    let count = |wanted: Option<&str>| {
        let said = lines.iter().map(|line| line.said.as_ref().map(|(look, _)| *look));
        said.filter(|look| *look == wanted).count()
    };
    let counts = [
        ("solved", count(Some(SOLVED)).fill()),
        ("unsolved", count(Some(NOT_SOLVED)).fill()),
        ("silent", count(None).fill()),
    ];
    ctx.tongue.tell("struck-heard", &counts)
}

async fn read(
    ctx: &Ctx,
    after: Option<Cursor>,
    limit: usize,
) -> Result<(Vec<Line>, Option<Cursor>), WebError> {
    let Some(filter) = struck_off(ctx) else {
        return Ok((Vec::new(), None));
    };
    let sort = sort()?;
    let list = move |reader: &Reader| {
        reader.list(&Listing {
            filter: &filter,
            sort,
            after: after.as_ref(),
            limit,
        })
    };
    let page = ctx.tenant.read(list).await?;
    let sources = page.rows.iter().map(Source::of_row);
    Ok((sources.map(|source| line(ctx, &source)).collect(), page.next))
}

/// Returns what a case must be to stand in the list; `None` where no pack opens a kind to it.
fn struck_off(ctx: &Ctx) -> Option<Checked> {
    let kinds = || {
        ctx.scene
            .newest()
            .flat_map(|pack| &pack.kinds)
            .filter(|kind| kind.listed)
    };
    let ids: BTreeSet<String> = kinds().map(|kind| kind.id.clone()).collect();
    // An older version of a pack may call the same end otherwise.
    let all = ctx.scene.packs().flat_map(|pack| &pack.kinds);
    let states: BTreeSet<String> = all
        .filter(|kind| ids.contains(&kind.id))
        .flat_map(ends_struck_off)
        .collect();
    if states.is_empty() {
        return None;
    }
    let is = |column, words| Checked::Is(Predicate::Word(column, words));
    Some(Checked::and(vec![
        is(WordColumn::Kind, ids),
        is(WordColumn::State, states),
        Checked::not(Checked::Is(Predicate::Flag(Flag::Open))),
        Checked::not(Checked::Is(Predicate::Accuses)),
    ]))
}

/// Returns the states that a case is in after it was struck off, for as long as that holds.
fn ends_struck_off(kind: &Kind) -> impl Iterator<Item = String> {
    let steps = kind.steps.iter();
    let leading = steps.filter(|step| matches!(step.effect, Effect::StrikeOff | Effect::LookBackHeld));
    leading.map(|step| step.to.clone())
}

/// What a line is made of.
struct Source<'a> {
    number: &'a str,
    pack: &'a PackRef,
    kind: &'a str,
    category: Option<&'a str>,
    unit: Option<UnitId>,
    raised_at: Timestamp,
    closed_at: Timestamp,
    flags: &'a [Flag],
}

impl<'a> Source<'a> {
    fn of_row(row: &'a ListRow) -> Self {
        Source {
            number: &row.number,
            pack: &row.pack,
            kind: &row.kind,
            category: row.category.as_deref(),
            unit: row.unit,
            raised_at: row.raised_at,
            closed_at: row.closed_at.unwrap_or(row.changed_at),
            flags: &row.flags,
        }
    }

    fn of_case(view: &'a CaseView) -> Self {
        let facts = &view.facts;
        Source {
            number: &facts.number,
            pack: &view.case.pack,
            kind: &facts.kind,
            category: facts.category.as_deref(),
            unit: facts.unit,
            raised_at: facts.raised_at,
            closed_at: facts.closed_at.unwrap_or(facts.changed_at),
            flags: &facts.flags,
        }
    }
}

fn line(ctx: &Ctx, case: &Source<'_>) -> Line {
    let calendar = &ctx.scene.calendar;
    let pack = ctx.scene.pack(case.pack);
    let category = case.category.and_then(|code| pack?.category(code));
    let kind = pack.and_then(|pack| pack.kind(case.kind));
    let title = category
        .map(|category| &category.title)
        .or(kind.map(|kind| &kind.title));
    let unit = case.unit.and_then(|unit| ctx.scene.org.unit(unit));
    let (raised_on, closed_on) = (calendar.date_of(case.raised_at), calendar.date_of(case.closed_at));
    let days = calendar.working_days_between(raised_on, closed_on);
    let said = [
        (Flag::Satisfied, SOLVED, "struck-satisfied"),
        (Flag::Unsatisfied, NOT_SOLVED, "struck-unsatisfied"),
    ];
    let said = said.into_iter().find(|(flag, ..)| case.flags.contains(flag));
    let marks = [
        (Flag::Reopened, "struck-reopened"),
        (Flag::Breached, "struck-late"),
    ];
    let marks = marks.into_iter().filter(|(flag, _)| case.flags.contains(flag));
    Line {
        number: case.number.to_owned(),
        category: title.map(|title| ctx.name(title)).unwrap_or_default(),
        unit: unit.map(|unit| ctx.name(&unit.name)).unwrap_or_default(),
        took: ctx.tongue.t1("limit-working-days", "count", days),
        on: show::date(calendar, ctx.tongue, case.closed_at),
        said: said.map(|(_, look, key)| (look, ctx.tongue.t(key))),
        marks: marks.map(|(_, key)| ctx.tongue.t(key)).collect(),
        pictures: case.flags.contains(&Flag::Pictured).then(|| address(case.number)),
    }
}
