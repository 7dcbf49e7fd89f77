//! The page of a unit: what it is there for, what it has on hand, how it handles, who held its posts.
//!
//! Everybody on the staff may see the organisation itself; cases are counted within what the visitor may see,
//! and the page says so.

mod handles;
pub mod tree;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use bihuan_core::filter::Checked;
use bihuan_core::id::UnitId;
use bihuan_core::org::{Org, Post, Unit};
use bihuan_core::permission::READ;
use bihuan_report::chart::{Columns, Heat};
use bihuan_store::error::StoreError;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::outline::{self, Detail, Outline};
use jiff::civil::Date;

use self::handles::Handles;
use self::tree::Branch;
use super::asked::{self, Asked};
use super::case::fields::named;
use super::ledger::page::{CAP, capped};
use super::ledger::place::Place;
use super::line::unit_name;
use super::tally::{self, MOST, Newest};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::show;

#[derive(Template)]
#[template(path = "unit/unit.html")]
struct UnitPage {
    page: Page,
    name: String,
    code: String,
    /// The units above it, the topmost first: address and name.
    above: Vec<(String, String)>,
    /// When it was dissolved, and who took its duties.
    gone: Option<String>,
    figures: Vec<Figure>,
    /// What it has on hand, as a board.
    board: String,
    fates: Columns,
    days_taken: Option<Columns>,
    handles: Option<Handles>,
    parts: Vec<Burden>,
    heat: Option<Heat>,
    /// What the charts are counted from, in words; `None` where there is nothing to count.
    counted: Option<String>,
    duties: Vec<Branch>,
    /// The units below it.
    below: Vec<Branch>,
    posts: Vec<PostLine>,
}

/// A number that leads to its cases.
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) look: &'static str,
    pub(super) count: String,
    pub(super) href: String,
}

/// A unit with what it has on hand.
pub(super) struct Burden {
    pub(super) href: String,
    pub(super) name: String,
    /// How much is open and how much of it late, in words.
    pub(super) said: String,
    /// Of the widest bar: how much of it is open in time, and how much is late, in hundredths.
    pub(super) bar: (u32, u32),
}

/// A post and who held it.
struct PostLine {
    title: String,
    head: bool,
    /// Address, name, and from when to when.
    holders: Vec<(String, String, String)>,
}

/// `GET /units/{unit}`: by its code or id.
pub async fn read_unit_page(ctx: Ctx, Path(unit): Path<String>) -> Result<Response, WebError> {
    ctx.who()?;
    let org = &ctx.scene.org;
    let of_code = || org.units().find(|found| found.code == unit);
    let of_id = || unit.parse().ok().and_then(|id| org.unit(UnitId(id)));
    let unit = of_code().or_else(of_id).ok_or(WebError::NotFound)?;
    let today = ctx.scene.calendar.date_of(ctx.now);
    let word = quoted(&named(&ctx, unit));
    let figures = read_figures(&ctx, &figures_of(&word)).await?;
    let has_parts = org.subtree(unit.id).len() > 1;
    let (all, open) = read_newest(&ctx, &word, has_parts).await?;
    let newest = Newest::of(&ctx, &all);
    let t = ctx.tongue;
    let unit_of = |case: &Outline| case.unit.filter(|of| *of != unit.id);
    let heat = newest.heat(t.t("unit-heat"), unit_of, |unit| unit_name(&ctx, *unit));
    let page = UnitPage {
        name: ctx.name(&unit.name),
        code: unit.code.clone(),
        above: above(&ctx, org, unit),
        gone: gone(&ctx, unit),
        figures,
        board: board_of(&ctx, &word),
        fates: newest.fates(t.t("unit-fates")),
        days_taken: newest.days_taken(t.t("unit-days-taken")),
        handles: handles::read(&ctx, unit, today).await?,
        parts: open.map_or_else(Vec::new, |open| burdens(&ctx, &open.cases)),
        heat: (has_parts && heat.rows.len() > 1).then_some(heat),
        counted: counted(&ctx, &newest, "unit-counted"),
        duties: tree::duties(&ctx, &org.duties_of(unit.id, today)),
        below: tree::below(&ctx, unit.id, today),
        posts: posts(&ctx, unit),
        page: ctx.page(Some(Area::Ledger)),
    };
    Ok(html(&page))
}

/// Returns a name as a filter writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn figures_of(word: &str) -> Vec<Counted> {
    let with = |rest: &str| format!("unit under {word} and {rest}");
    vec![
        ("unit-open", "", with("open")),
        ("unit-overdue", "over", with("open and overdue")),
        ("unit-week", "near", with("open and not overdue and due <= +7d")),
        ("unit-verify", "info", with("open and phase = verify")),
        (
            "unit-back",
            "near",
            with("open and (returned >= 1 or unsatisfied or reopened >= 1)"),
        ),
    ]
}

/// Returns the board of what a unit and those below it have on hand.
fn board_of(ctx: &Ctx, word: &str) -> String {
    let open = Asked::of(ctx, &format!("unit under {word} and open"));
    let filter = asked::print(open.ast, ctx.tongue.0);
    Place::default().with_filter(filter).board_href()
}

/// What a figure counts: the messages' key, the look where there is any, the filter.
type Counted = (&'static str, &'static str, String);

/// Counts each filter within what the visitor may see.
pub(super) async fn read_figures(ctx: &Ctx, asked: &[Counted]) -> Result<Vec<Figure>, WebError> {
    let filters: Vec<Asked> = asked.iter().map(|(_, _, text)| Asked::of(ctx, text)).collect();
    let mut within = Vec::new();
    for filter in &filters {
        debug_assert!(filter.faults.is_empty(), "{}: {:?}", filter.text, filter.faults);
        within.push(filter.within(ctx, READ)?);
    }
    let count = ctx.tenant.read(move |reader| {
        let count = |filter: &Checked| reader.count(filter, CAP + 1);
        within
            .iter()
            .map(count)
            .collect::<Result<Vec<Count>, StoreError>>()
    });
    let counts = count.await?;
    let figure = |((key, look, _), (filter, count)): (&Counted, (Asked, Count))| {
        let place = Place::default().with_filter(asked::print(filter.ast, ctx.tongue.0));
        Figure {
            title: ctx.tongue.t(key),
            look: if count.known > 0 { look } else { "" },
            count: capped(count),
            href: place.href(),
        }
    };
    Ok(asked
        .iter()
        .zip(filters.into_iter().zip(counts))
        .map(figure)
        .collect())
}

/// Reads the newest cases of a unit and those below it, and what they have open where it has units below.
async fn read_newest(
    ctx: &Ctx,
    word: &str,
    has_parts: bool,
) -> Result<(outline::Newest, Option<outline::Newest>), WebError> {
    let all = Asked::of(ctx, &format!("unit under {word}")).within(ctx, READ)?;
    let open = Asked::of(ctx, &format!("unit under {word} and open")).within(ctx, READ)?;
    let read = ctx.tenant.read(move |reader| {
        let all = reader.newest(&all, MOST, Detail::Fate)?;
        let open = has_parts
            .then(|| reader.newest(&open, MOST, Detail::Fate))
            .transpose()?;
        Ok::<_, StoreError>((all, open))
    });
    Ok(read.await?)
}

/// Returns what units have on hand, the most burdened first.
pub(super) fn burdens(ctx: &Ctx, open: &[Outline]) -> Vec<Burden> {
    let units = tally::by_unit(open, ctx.now);
    let widest = units.iter().map(|(_, open, _)| *open).max().unwrap_or(0).max(1);
    let burden = |(unit, open, late): (UnitId, u32, u32)| Burden {
        href: href(ctx, unit),
        name: unit_name(ctx, unit),
        said: ctx.tongue.t2("unit-burden", ("open", open), ("late", late)),
        bar: (open * 100 / widest, late * 100 / widest),
    };
    units.into_iter().take(tally::ROWS).map(burden).collect()
}

/// Returns the address of a unit's page.
pub(super) fn href(ctx: &Ctx, unit: UnitId) -> String {
    let code = ctx
        .scene
        .org
        .unit(unit)
        .map(|unit| crate::ctx::escaped(&unit.code));
    format!("/units/{}", code.unwrap_or_else(|| unit.to_string()))
}

/// Says by the message of `key` from what the charts are counted; `None` where there is nothing to count.
pub(super) fn counted(ctx: &Ctx, newest: &Newest<'_>, key: &str) -> Option<String> {
    let since = ctx.scene.calendar.start_of(newest.periods.since());
    let since = show::date(&ctx.scene.calendar, ctx.tongue, since);
    let count = newest.rows.len();
    (count > 0).then(|| ctx.tongue.t2(key, ("count", count), ("since", since)))
}

fn above(ctx: &Ctx, org: &Org, unit: &Unit) -> Vec<(String, String)> {
    let mut above: Vec<_> = org
        .ancestors(unit.id)
        .filter(|above| *above != unit.id)
        .map(|above| (href(ctx, above), unit_name(ctx, above)))
        .collect();
    above.reverse();
    above
}

fn gone(ctx: &Ctx, unit: &Unit) -> Option<String> {
    let record = ctx.scene.org.unit_record(unit.id)?;
    let on = day(ctx, record.dissolved_on?);
    Some(match record.successor {
        Some(successor) => {
            let to = unit_name(ctx, successor);
            ctx.tongue.t2("unit-gone-to", ("date", on), ("unit", to))
        }
        None => ctx.tongue.t1("unit-gone", "date", on),
    })
}

/// Returns the posts of a unit, its head's first, each with who held it.
fn posts(ctx: &Ctx, unit: &Unit) -> Vec<PostLine> {
    let org = &ctx.scene.org;
    let mut posts: Vec<&Post> = org.posts_of(unit.id).collect();
    posts.sort_by_key(|post| (!post.head, post.id));
    let line = |post: &Post| PostLine {
        title: ctx.name(&post.title),
        // A post that is called so need not be marked so.
        head: post.head && ctx.name(&post.title) != ctx.tongue.t("unit-head"),
        holders: org
            .tenures_at(post.id)
            .iter()
            .filter_map(|tenure| {
                let person = org.person(tenure.person)?;
                let href = format!("/persons/{}", person.id);
                Some((href, ctx.name(&person.name), term(ctx, tenure.from, tenure.until)))
            })
            .collect(),
    };
    posts.into_iter().map(line).collect()
}

/// Returns from when to when somebody held something, in words.
pub(super) fn term(ctx: &Ctx, from: Date, until: Option<Date>) -> String {
    let from = day(ctx, from);
    match until {
        Some(until) => {
            // The last day of it, not the first after it.
            let last = day(ctx, until.yesterday().unwrap_or(until));
            ctx.tongue.t2("term-until", ("from", from), ("until", last))
        }
        None => ctx.tongue.t1("term-since", "from", from),
    }
}

fn day(ctx: &Ctx, date: Date) -> String {
    let at = ctx.scene.calendar.start_of(date);
    show::date(&ctx.scene.calendar, ctx.tongue, at)
}
