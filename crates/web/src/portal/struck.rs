//! What was struck off lately, for everybody: where it belongs, who did it and how long it took. Nothing that
//! a reporter wrote stands here, and a picture only where they allowed it and somebody has looked at it; and
//! nothing of a kind that its pack does not open to this list, nor of a case that complains about somebody.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bihuan_core::case::Case;
use bihuan_core::case::facts::Flag;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::filter::{Checked, Predicate, WordColumn};
use bihuan_core::id::EvidenceId;
use bihuan_core::pack::model::{Effect, Kind};
use bihuan_store::error::StoreError;
use bihuan_store::read::Reader;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Cursor, Sort};

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
    let (row, case) = pictured(&ctx, number).await?;
    let of = |moment: EvidenceMoment| {
        let shown = case.evidence.iter().filter(|piece| {
            let is_shown = case.pictures.shown.contains(&piece.id);
            is_shown && piece.moment == moment
        });
        let hrefs = shown.map(|piece| format!("{}/pictures/{}", address(&row.number), piece.id));
        hrefs.collect::<Vec<String>>()
    };
    Ok(html(&PicturesPage {
        page: ctx.page(Some(Area::StruckOff)),
        before: of(EvidenceMoment::Before),
        after: of(EvidenceMoment::After),
        line: line(&ctx, &row),
    }))
}

/// `GET /struck-off/{number}/pictures/{evidence}`: a picture that is shown.
pub async fn read_struck_picture(
    ctx: Ctx,
    Path((number, evidence)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let id: EvidenceId = evidence.parse().map_err(|_| WebError::NotFound)?;
    let (_, case) = pictured(&ctx, number).await?;
    if !case.pictures.shown.contains(&id) {
        return Err(WebError::NotFound);
    }
    let mut answer = evidence::file(&ctx, &case, id, Bringer::Reporter).await?;
    let kept = HeaderValue::from_static(KEPT);
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(answer)
}

/// Returns the case with a number, where it stands in the list and pictures of it are shown.
async fn pictured(ctx: &Ctx, number: String) -> Result<(ListRow, Case), WebError> {
    let listed = struck_off(ctx).ok_or(WebError::NotFound)?;
    let filter = Checked::and(vec![
        listed,
        Checked::Is(Predicate::Word(WordColumn::Number, BTreeSet::from([number]))),
        Checked::Is(Predicate::Flag(Flag::Pictured)),
    ]);
    let sort = sort()?;
    let find = move |reader: &Reader| -> Result<_, StoreError> {
        let page = reader.list(&Listing {
            filter: &filter,
            sort,
            after: None,
            limit: 1,
        })?;
        let Some(row) = page.rows.into_iter().next() else {
            return Ok(None);
        };
        Ok(reader.case(row.id)?.map(|view| (row, view.case)))
    };
    ctx.tenant.read(find).await?.ok_or(WebError::NotFound)
}

fn address(number: &str) -> String {
    format!("/struck-off/{number}")
}

fn sort() -> Result<Sort, WebError> {
    "-changed".parse().map_err(WebError::internal)
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
    let lines = page.rows.iter().map(|row| line(ctx, row));
    Ok((lines.collect(), page.next))
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
        Checked::not(Checked::Is(Predicate::Accuses)),
    ]))
}

/// Returns the states that a case is in after it was struck off, for as long as that holds.
fn ends_struck_off(kind: &Kind) -> impl Iterator<Item = String> {
    let steps = kind.steps.iter();
    let leading = steps.filter(|step| matches!(step.effect, Effect::StrikeOff | Effect::LookBackHeld));
    leading.map(|step| step.to.clone())
}

fn line(ctx: &Ctx, row: &ListRow) -> Line {
    let calendar = &ctx.scene.calendar;
    let pack = ctx.scene.pack(&row.pack);
    let category = row.category.as_deref().and_then(|code| pack?.category(code));
    let kind = pack.and_then(|pack| pack.kind(&row.kind));
    let title = category
        .map(|category| &category.title)
        .or(kind.map(|kind| &kind.title));
    let unit = row.unit.and_then(|unit| ctx.scene.org.unit(unit));
    let closed_at = row.closed_at.unwrap_or(row.changed_at);
    let (raised_on, closed_on) = (calendar.date_of(row.raised_at), calendar.date_of(closed_at));
    let days = calendar.working_days_between(raised_on, closed_on);
    let said = [
        (Flag::Satisfied, SOLVED, "struck-satisfied"),
        (Flag::Unsatisfied, NOT_SOLVED, "struck-unsatisfied"),
    ];
    let said = said.into_iter().find(|(flag, ..)| row.flags.contains(flag));
    let marks = [
        (Flag::Reopened, "struck-reopened"),
        (Flag::Breached, "struck-late"),
    ];
    let marks = marks.into_iter().filter(|(flag, _)| row.flags.contains(flag));
    Line {
        number: row.number.clone(),
        category: title.map(|title| ctx.name(title)).unwrap_or_default(),
        unit: unit.map(|unit| ctx.name(&unit.name)).unwrap_or_default(),
        took: ctx.tongue.t1("limit-working-days", "count", days),
        on: show::date(calendar, ctx.tongue, closed_at),
        said: said.map(|(_, look, key)| (look, ctx.tongue.t(key))),
        marks: marks.map(|(_, key)| ctx.tongue.t(key)).collect(),
        pictures: row.flags.contains(&Flag::Pictured).then(|| address(&row.number)),
    }
}
