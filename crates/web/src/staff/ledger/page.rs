//! What the ledger's page shows.

use askama::Template;
use bihuan_core::filter::{self, Ast, Checked};
use bihuan_core::pack::model::Phase;
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;
use bihuan_store::personal::SavedView;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::list::{ListRow, Listing, Page as Rows};
use bihuan_store::read::order::{Reached, SortBy};

use super::column::{Column, phase_key};
use super::group::{self, Density, GroupBy};
use super::place::Place;
use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page};
use crate::query::with_scene;
use crate::show;
use crate::staff::asked::{self, Asked, Chip, Mistake};
use crate::staff::bulk::deed::{self, Offer};
use crate::staff::due::Due;
use crate::staff::line::Line;
use crate::staff::origin;
use crate::staff::views::{self, ViewTab};

/// The rows of a page.
const ROWS: usize = 50;
/// Counting stops here; more is shown as "1,000+".
pub const CAP: usize = 1000;

#[derive(Template)]
#[template(path = "ledger/ledger.html")]
pub struct LedgerPage {
    page: Page,
    place: Place,
    total: String,
    phases: Vec<PhaseTab>,
    chips: Vec<Chip>,
    mistakes: Vec<Mistake>,
    canonical: String,
    other: String,
    views: Vec<ViewTab>,
    headings: Vec<Heading>,
    choices: Vec<(Column, String, bool)>,
    orders: Vec<(SortBy, String, bool)>,
    sections: Vec<Section>,
    /// How many rows there are on the page.
    shown: usize,
    groups: Vec<(&'static str, String, bool)>,
    /// What can be done with chosen rows.
    offers: Vec<Offer>,
    first: Option<String>,
    next: Option<String>,
    /// How far the list was searched, where it was cut short.
    searched: Option<String>,
    may: May,
    key: String,
    /// Whether somebody comes from the last of its cases.
    ended: bool,
}

/// What the visitor may do besides reading.
struct May {
    register: bool,
    export: bool,
    share: bool,
}

/// A phase with how many cases are in it.
struct PhaseTab {
    title: String,
    count: String,
    href: String,
    here: bool,
    look: &'static str,
}

struct Heading {
    title: String,
    href: Option<String>,
    /// The value of `aria-sort`, on the column that is sorted by.
    order: Option<&'static str>,
    number: bool,
}

/// Rows that stand together.
struct Section {
    title: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    line: Line,
    cells: Vec<Value>,
}

struct Value {
    heading: String,
    said: String,
    /// `figure`, `when` or empty: how it is set.
    class: &'static str,
    look: Look,
}

/// How a value looks.
enum Look {
    Plain,
    Chip(&'static str),
    Due(Due),
}

/// What is read from the store, all of one instant.
struct Found {
    rows: Rows<ListRow>,
    total: Count,
    /// By the place of the phase in the store's order.
    phases: [Count; 7],
}

impl LedgerPage {
    /// Reads the page at a place.
    pub async fn read(
        ctx: &Ctx,
        place: Place,
        asked: Asked,
        views: Vec<SavedView>,
    ) -> Result<LedgerPage, WebError> {
        let found = find(ctx, &place, &asked).await?;
        let tokens = asked.tokens();
        let may = |action| access::permit_general(ctx, action).is_ok();
        Ok(LedgerPage {
            page: ctx.page(Some(Area::Ledger)),
            total: capped(found.total),
            phases: phase_tabs(ctx, &place, &asked, &found.phases),
            chips: asked.chips(ctx),
            mistakes: asked.mistakes(ctx),
            canonical: asked.canonical(ctx),
            other: other_words(ctx, &asked),
            views: views::tabs(ctx, views, &place),
            headings: headings(ctx, &place),
            choices: choices(ctx, &place),
            orders: orders(ctx, &place),
            shown: found.rows.rows.len(),
            sections: sections(ctx, &place, &found.rows.rows, &tokens),
            groups: groups(ctx, &place),
            offers: deed::offers(ctx, found.rows.rows.iter()),
            first: place.after.is_some().then(|| place.at(None).href()),
            searched: searched(ctx, &place, &found.rows),
            next: found.rows.next.map(|next| place.at(Some(next)).href()),
            may: May {
                register: may("register"),
                export: may("export"),
                share: may(views::SHARE),
            },
            key: ctx.form_key(),
            ended: origin::is_ended(ctx),
            place,
        })
    }

    /// Returns the filter as it was written.
    fn text(&self) -> &str {
        &self.place.filter
    }

    /// Returns the page with its rows closer or wider, and whether they are close now.
    fn density(&self) -> (String, bool) {
        let compact = self.place.density == Density::Compact;
        let other = if compact {
            Density::Comfortable
        } else {
            Density::Compact
        };
        (self.place.with_density(other).href(), compact)
    }

    /// How many columns the table has, the box to choose a row among them.
    fn width(&self) -> usize {
        self.headings.len() + usize::from(!self.offers.is_empty())
    }
}

async fn find(ctx: &Ctx, place: &Place, asked: &Asked) -> Result<Found, WebError> {
    let within = asked.within(ctx, READ)?;
    let base = match asked.faults.is_empty() {
        true => with_scene(ctx, |scene| filter::check(&asked.without_phase(), scene)),
        false => Ok(Checked::nothing()),
    };
    let base = Checked::and(vec![
        access::scope(ctx, READ)?,
        base.unwrap_or_else(|_faults| Checked::nothing()),
    ]);
    let (sort, after) = (place.sort, place.after.clone());
    let read = ctx.tenant.read(move |reader| {
        let listing = Listing {
            filter: &within,
            sort,
            after: after.as_ref(),
            limit: ROWS,
        };
        let (rows, total, phases) = reader.list_and_count_phases(&listing, &base, CAP + 1)?;
        Ok::<_, StoreError>(Found { rows, total, phases })
    });
    Ok(read.await?)
}

/// Returns how far the list was searched, in words, where so much was read that the rest has to be asked for anew.
fn searched(ctx: &Ctx, place: &Place, rows: &Rows<ListRow>) -> Option<String> {
    let by = place.sort.by;
    let reached = rows.next.as_ref().filter(|_| rows.cut)?.reached(by);
    let calendar = &ctx.scene.calendar;
    Some(match reached {
        Reached::At(at) => {
            let key = match by {
                SortBy::Changed => "ledger-searched-changed",
                SortBy::Closed => "ledger-searched-closed",
                SortBy::Due => "ledger-searched-due",
                SortBy::Raised | SortBy::Severity | SortBy::Number => "ledger-searched-raised",
            };
            ctx.tongue.t1(key, "at", show::moment(calendar, ctx.tongue, at))
        }
        Reached::Open(at) => {
            let at = show::moment(calendar, ctx.tongue, at);
            ctx.tongue.t1("ledger-searched-open", "at", at)
        }
        Reached::Severity(severity) => ctx.tongue.t1("ledger-searched-severity", "severity", severity),
        Reached::Number(number) => ctx.tongue.t1("ledger-searched-number", "number", number),
        Reached::NeverDue => ctx.tongue.t("ledger-searched-never-due"),
    })
}

/// The phases in their order.
pub const PHASES: [Phase; 7] = [
    Phase::Raise,
    Phase::Accept,
    Phase::Act,
    Phase::Verify,
    Phase::Answer,
    Phase::Watch,
    Phase::Closed,
];

/// Returns a count that stops at [`CAP`]; one that stopped before says so too.
pub fn capped(count: Count) -> String {
    match count.known {
        0..=CAP if count.more => format!("{}+", count.known),
        0..=CAP => count.known.to_string(),
        _ => "1,000+".to_owned(),
    }
}

fn phase_tabs(ctx: &Ctx, place: &Place, asked: &Asked, counts: &[Count; 7]) -> Vec<PhaseTab> {
    let rest = asked.without_phase();
    let chosen = |phase| asked::print(rest.clone().and(phase_is(phase)), ctx.tongue.0);
    let now = asked.canonical(ctx);
    let shown = PHASES.into_iter().find(|phase| chosen(*phase) == now);
    let tab = |phase: Phase| {
        let count = counts[phase as usize];
        let filter = chosen(phase);
        let here = shown == Some(phase);
        let to = match here {
            true => place.with_filter(asked::print(rest.clone(), ctx.tongue.0)),
            false => place.with_filter(filter),
        };
        PhaseTab {
            title: ctx.tongue.t(phase_key(phase)),
            count: capped(count),
            href: to.sorted_for(Some(phase).filter(|_| !here), shown).href(),
            here,
            look: if phase == Phase::Verify && count.known > 0 {
                "info"
            } else {
                ""
            },
        }
    };
    PHASES.into_iter().map(tab).collect()
}

/// Returns the filter of a phase.
pub fn phase_is(phase: Phase) -> Ast {
    use bihuan_core::filter::{Relation, Span, Term, Test};
    Ast::Term(Term {
        span: Span::default(),
        test: Test::Phase {
            relation: Relation::Is,
            phases: vec![phase],
        },
    })
}

/// Returns the filter in the other language, for whoever has to read it to somebody else.
fn other_words(ctx: &Ctx, asked: &Asked) -> String {
    use bihuan_core::label::Lang;
    let other = match ctx.tongue.0 {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    };
    asked::print(asked.ast.clone(), other)
}

fn headings(ctx: &Ctx, place: &Place) -> Vec<Heading> {
    let order = |by| {
        (place.sort.by == by).then_some(if place.sort.descending {
            "descending"
        } else {
            "ascending"
        })
    };
    let sorted = |key: &str, by: SortBy| Heading {
        title: ctx.tongue.t(key),
        href: Some(place.sorted_by(by).href()),
        order: order(by),
        number: false,
    };
    let mut headings = vec![sorted("column-number", SortBy::Number)];
    headings.push(Heading {
        title: ctx.tongue.t("column-title"),
        href: None,
        order: None,
        number: false,
    });
    headings.extend(place.shown().into_iter().map(|column| match column.sort() {
        Some(by) => Heading {
            number: column.is_number(),
            ..sorted(column.key(), by)
        },
        None => Heading {
            title: ctx.tongue.t(column.key()),
            href: None,
            order: None,
            number: column.is_number(),
        },
    }));
    headings
}

fn choices(ctx: &Ctx, place: &Place) -> Vec<(Column, String, bool)> {
    let choice = |column: Column| {
        (
            column,
            ctx.tongue.t(column.key()),
            place.columns.contains(&column),
        )
    };
    Column::ALL.into_iter().map(choice).collect()
}

fn orders(ctx: &Ctx, place: &Place) -> Vec<(SortBy, String, bool)> {
    let title = |by: SortBy| {
        ctx.tongue.t(match by {
            SortBy::Raised => "column-raised",
            SortBy::Changed => "column-changed",
            SortBy::Closed => "column-closed",
            SortBy::Due => "column-due",
            SortBy::Severity => "column-severity",
            SortBy::Number => "column-number",
        })
    };
    SortBy::ALL
        .into_iter()
        .map(|by| (by, title(by), place.sort.by == by))
        .collect()
}

fn sections(ctx: &Ctx, place: &Place, rows: &[ListRow], tokens: &[String]) -> Vec<Section> {
    let columns = place.shown();
    let section = |(title, rows): (Option<String>, Vec<&ListRow>)| Section {
        title,
        rows: rows
            .into_iter()
            .map(|row| Row::of(ctx, row, &columns, Line::in_list(ctx, row, place.sort, tokens)))
            .collect(),
    };
    group::grouped(ctx, place.group, rows)
        .into_iter()
        .map(section)
        .collect()
}

fn groups(ctx: &Ctx, place: &Place) -> Vec<(&'static str, String, bool)> {
    let choice = |by: GroupBy| (by.word(), ctx.tongue.t(by.key()), place.group == Some(by));
    GroupBy::ALL.into_iter().map(choice).collect()
}

impl Row {
    fn of(ctx: &Ctx, row: &ListRow, columns: &[Column], line: Line) -> Row {
        let cells = columns.iter().map(|column| Value::of(ctx, row, *column, &line));
        Row {
            cells: cells.collect(),
            line,
        }
    }
}

impl Value {
    fn of(ctx: &Ctx, row: &ListRow, column: Column, line: &Line) -> Value {
        let look = match column {
            // A closed case whose clocks were all met before its end has nothing to say.
            Column::Due if row.closed_at.is_none() || row.due_at.is_some() => Look::Due(line.due.clone()),
            Column::State => Look::Chip(line.look),
            _ => Look::Plain,
        };
        Value {
            heading: ctx.tongue.t(column.key()),
            said: Column::shown(ctx, column.value(ctx, row)),
            class: class(column),
            look,
        }
    }
}

fn class(column: Column) -> &'static str {
    match column {
        Column::Severity | Column::Returns | Column::Reopened => "figure",
        Column::Due | Column::Raised | Column::Changed | Column::Closed => "when",
        Column::Kind
        | Column::Category
        | Column::Unit
        | Column::Person
        | Column::State
        | Column::Phase
        | Column::Channel
        | Column::Source => "",
    }
}
