//! Search everywhere: cases by number and words, units and persons by name and pinyin, pages and views.
//!
//! The page works without a script; the box in the head asks for the same while somebody types. Nothing is
//! found that the ledger would not show.

mod cases;
mod commands;
pub mod names;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::{PersonId, UnitId};

use self::cases::Cases;
use self::names::Named;
use super::line::Line;
use super::unit;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::{Page, html};

/// The longest text that is looked for, in characters.
const TEXT_CHARS: usize = 100;
/// The most of each sort, on the page and in the box.
const ON_PAGE: usize = 20;
/// See [`ON_PAGE`].
const IN_BOX: usize = 6;

/// The fewest characters that are looked for in texts while somebody types.
const TYPED_CHARS: usize = 2;

/// Something that was found.
pub struct Hit {
    href: String,
    /// Its title in pieces; those that were looked for are marked.
    title: Vec<(String, bool)>,
    /// What tells it from others of its name.
    note: String,
}

/// What was found of one sort.
pub struct Found {
    /// The message that names the sort.
    title: &'static str,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "search/search.html")]
struct SearchPage {
    page: Page,
    text: String,
    found: Vec<Found>,
    /// The ledger under the words.
    ledger: Option<String>,
}

#[derive(Template)]
#[template(path = "search/box.html")]
struct SearchBox {
    page: Page,
    found: Vec<Found>,
}

/// `GET /search`: all that is found; the case itself where its number was written.
pub async fn read_search(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let text = text(query);
    let cases = cases::find(&ctx, &text, ON_PAGE).await?;
    if let Some(case) = the_one(&cases, &text) {
        return Ok(Redirect::to(&case).into_response());
    }
    let ledger = (!cases.worded.is_empty()).then(|| cases::ledger(&ctx, &text));
    Ok(html(&SearchPage {
        found: find(&ctx, &text, cases, ON_PAGE).await?,
        page: ctx.page(None),
        ledger,
        text,
    }))
}

/// `GET /search/suggest`: the first of what is found, as a piece of a page.
pub async fn read_search_suggestions(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let text = text(query);
    // One character is in so many texts that looking for it costs more than it tells whoever still types.
    let cases = match text.chars().count() {
        0..TYPED_CHARS => Cases::default(),
        _ => cases::find(&ctx, &text, IN_BOX).await?,
    };
    let found = find(&ctx, &text, cases, IN_BOX).await?;
    let page = ctx.page(None);
    Ok(html(&SearchBox { page, found }))
}

fn text(query: Option<String>) -> String {
    let text = query.and_then(|query| query_value(&query, "q"));
    let text: String = text.unwrap_or_default().chars().take(TEXT_CHARS).collect();
    text.trim().to_owned()
}

/// Returns the case whose whole number was written.
fn the_one(cases: &Cases, text: &str) -> Option<String> {
    let number = bihuan_text::folded(text);
    let one = cases
        .numbered
        .iter()
        .find(|row| bihuan_text::folded(&row.number) == number);
    one.map(|row| format!("/cases/{}", row.number))
}

/// Returns all that is found, sort by sort; a sort of which nothing is found is left out.
async fn find(ctx: &Ctx, text: &str, cases: Cases, most: usize) -> Result<Vec<Found>, WebError> {
    let case = |row: &_| Hit::of_case(Line::of(ctx, row, &cases.tokens));
    let commands = commands::find(ctx, text, most).await?;
    let all = [
        ("search-numbers", cases.numbered.iter().map(case).collect()),
        ("search-units", units(ctx, text, most)),
        ("search-persons", persons(ctx, text, most)),
        ("search-pages", commands),
        ("search-cases", cases.worded.iter().map(case).collect()),
    ];
    let found = all.into_iter().map(|(title, hits)| Found { title, hits });
    Ok(found.filter(|found: &Found| !found.hits.is_empty()).collect())
}

/// Returns the units of today that a text means.
fn units(ctx: &Ctx, text: &str, most: usize) -> Vec<Hit> {
    let (org, today) = (&ctx.scene.org, ctx.scene.calendar.date_of(ctx.now));
    let wanted = |named| matches!(named, Named::Unit(unit) if org.is_there(unit, today));
    let found = ctx.app.names(&ctx.scene).find(text, wanted, most);
    let hit = |named| match named {
        Named::Unit(unit) => Hit::of_unit(ctx, unit),
        Named::Person(_) => None,
    };
    found.into_iter().filter_map(hit).collect()
}

/// Returns the persons that a text means.
fn persons(ctx: &Ctx, text: &str, most: usize) -> Vec<Hit> {
    let found = ctx
        .app
        .names(&ctx.scene)
        .find(text, |named| matches!(named, Named::Person(_)), most);
    let hit = |named| match named {
        Named::Person(person) => Hit::of_person(ctx, person),
        Named::Unit(_) => None,
    };
    found.into_iter().filter_map(hit).collect()
}

impl Hit {
    fn plain(href: String, title: String, note: String) -> Hit {
        let title = vec![(title, false)];
        Hit { href, title, note }
    }

    fn of_case(line: Line) -> Hit {
        let unit = line.unit.map(|unit| format!(" · {unit}")).unwrap_or_default();
        Hit {
            href: line.href,
            title: line.title,
            note: format!("{} · {}{unit}", line.number, line.state),
        }
    }

    fn of_unit(ctx: &Ctx, id: UnitId) -> Option<Hit> {
        let unit = ctx.scene.org.unit(id)?;
        let above = unit.parent.and_then(|parent| ctx.scene.org.unit(parent));
        let above = above.map(|above| format!(" · {}", ctx.name(&above.name)));
        let note = format!("{}{}", unit.code, above.unwrap_or_default());
        Some(Hit::plain(unit::href(ctx, id), ctx.name(&unit.name), note))
    }

    fn of_person(ctx: &Ctx, id: PersonId) -> Option<Hit> {
        let (org, today) = (&ctx.scene.org, ctx.scene.calendar.date_of(ctx.now));
        let person = org.person(id)?;
        let mut units: Vec<String> = Vec::new();
        for (_, unit) in org.roles_of(id, today) {
            let name = org.unit(unit).map(|unit| ctx.name(&unit.name));
            units.extend(name.filter(|name| !units.contains(name)));
        }
        let note = units.join(&ctx.tongue.t("list-comma"));
        Some(Hit::plain(format!("/persons/{id}"), ctx.name(&person.name), note))
    }
}
