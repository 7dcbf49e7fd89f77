//! The board 看板: the cases of a filter as cards, a column for each phase; the ledger's other face, under the
//! same address.
//!
//! A card says which steps its holder may take from where it stands, by the visitor's grants and its kind, as the
//! desk and the ledger do for chosen cases. Taking one leads to [`moves`], which asks the core about that case:
//! a card is never moved past what a step needs.

pub mod moves;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::filter::{Checked, Predicate, WordColumn};
use bihuan_core::pack::model::{Kind, Phase};
use bihuan_core::pack::words::Word as _;
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Sort, SortBy};

use super::asked::{self, Asked};
use super::desk::owed;
use super::ledger::column::phase_key;
use super::ledger::page::{CAP, PHASES, capped, phase_is};
use super::ledger::place::{LAST_ENDED, Place};
use super::line::{Line, category_name};
use super::views::{self, ViewTab};
use super::{ledger, origin};
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::{Area, Page, html};

/// The cards of a column: what one can look over. The ledger has the rest.
const CARDS: usize = 10;

#[derive(Template)]
#[template(path = "board/board.html")]
struct BoardPage {
    page: Page,
    place: Place,
    canonical: String,
    views: Vec<ViewTab>,
    columns: Vec<Column>,
    nothing: bool,
    /// The case to which something was just done.
    done: Option<String>,
    /// Whether somebody comes from the last case of a column.
    ended: bool,
}

/// A phase with its cases.
struct Column {
    word: &'static str,
    title: String,
    count: String,
    /// The column as a list of the ledger: its address and its query.
    href: String,
    list: String,
    cards: Vec<Card>,
    more: bool,
}

/// A case.
struct Card {
    line: Line,
    /// Its category, without those above it.
    category: String,
    /// Its state, where that says more than the column.
    state: Option<String>,
    moves: Vec<Move>,
    /// The phases that these lead to, once each.
    to: String,
}

/// A step that may be taken from where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Move {
    step: String,
    title: String,
    to: &'static str,
}

/// `GET /board`
pub async fn read_board(
    ctx: Ctx,
    Query(fields): Query<ledger::Fields>,
    uri: Uri,
) -> Result<Response, WebError> {
    let (place, views) = ledger::place_of(&ctx, &fields).await?;
    let place = place.at(None);
    let asked = Asked::of(&ctx, &place.filter);
    if !asked.faults.is_empty() {
        // The ledger shows each mistake in its place.
        return Ok(Redirect::to(&place.href()).into_response());
    }
    let columns = read_columns(&ctx, &place, &asked).await?;
    let done = uri.query().and_then(|query| query_value(query, "done"));
    Ok(html(&BoardPage {
        canonical: asked.canonical(&ctx),
        views: views::tabs(&ctx, views, &place),
        nothing: columns.iter().all(|column| column.cards.is_empty()),
        columns,
        done: done.filter(|number| origin::is_number(number)),
        ended: origin::is_ended(&ctx),
        page: ctx.page(Some(Area::Board)),
        place,
    }))
}

impl BoardPage {
    /// Returns the board under a saved view.
    fn of_view(&self, view: &ViewTab) -> String {
        view.href.replacen("/ledger", "/board", 1)
    }
}

/// Returns in which order the cards of a phase stand: what is open by what is due, what ended the last first.
fn order(phase: Phase) -> Sort {
    match phase.is_end() {
        true => LAST_ENDED,
        false => Sort {
            by: SortBy::Due,
            descending: false,
        },
    }
}

/// Returns the test of a phase. What is open in it is in one of its states too, in whatever version of a pack: each
/// state of a kind lies in the order of due instants, all of a phase do not.
fn in_phase(ctx: &Ctx, phase: Phase) -> Checked {
    let of_phase = Checked::Is(Predicate::Phase([phase].into()));
    if phase.is_end() {
        return of_phase;
    }
    let kinds = ctx.scene.packs().flat_map(|pack| &pack.kinds);
    let states = kinds
        .flat_map(|kind| &kind.states)
        .filter(|state| state.phase == phase)
        .map(|state| state.id.clone());
    let states = Checked::Is(Predicate::Word(WordColumn::State, states.collect()));
    Checked::and(vec![of_phase, states])
}

/// Reads all columns at one instant, each bounded.
async fn read_columns(ctx: &Ctx, place: &Place, asked: &Asked) -> Result<Vec<Column>, WebError> {
    let within = asked.within(ctx, READ)?;
    let phases = PHASES.map(|phase| (phase, in_phase(ctx, phase)));
    let read = ctx.tenant.read(move |reader| {
        let column = |(phase, of_phase): (Phase, Checked)| {
            let filter = Checked::and(vec![within.clone(), of_phase]);
            let listing = Listing {
                filter: &filter,
                sort: order(phase),
                after: None,
                limit: CARDS,
            };
            let (page, count) = reader.list_and_count(&listing, CAP + 1)?;
            Ok((count, page.rows))
        };
        phases
            .into_iter()
            .map(column)
            .collect::<Result<Vec<_>, StoreError>>()
    });
    let found = read.await?;
    let mut moves = Moves::of(ctx);
    let column = |(phase, (count, rows)): (Phase, (Count, Vec<ListRow>))| {
        Column::of(ctx, (place, asked), phase, count, &rows, &mut moves)
    };
    Ok(PHASES.into_iter().zip(found).map(column).collect())
}

impl Column {
    fn of(
        ctx: &Ctx,
        (place, asked): (&Place, &Asked),
        phase: Phase,
        count: Count,
        rows: &[ListRow],
        moves: &mut Moves<'_>,
    ) -> Column {
        let filter = asked.without_phase().and(phase_is(phase));
        let list = Place {
            sort: order(phase),
            view: None,
            ..place.with_filter(asked::print(filter, ctx.tongue.0))
        };
        let title = ctx.tongue.t(phase_key(phase));
        let card = |row: &ListRow| {
            let moves = moves.from(row);
            let mut to: Vec<&str> = moves.iter().map(|one| one.to).collect();
            to.sort_unstable();
            to.dedup();
            let line = Line::in_list(ctx, row, list.sort, &asked.tokens());
            Card {
                category: row
                    .category
                    .as_deref()
                    .map_or_else(String::new, |code| category_name(ctx, code)),
                state: Some(line.state.clone()).filter(|state| *state != title),
                line,
                to: to.join(" "),
                moves,
            }
        };
        Column {
            word: phase.word(),
            count: capped(count),
            cards: rows.iter().map(card).collect(),
            title,
            more: count.known > rows.len() || count.more,
            href: list.href(),
            list: list.query(),
        }
    }
}

/// The steps that the visitor's grants allow, found out once for all cards of a kind and state.
struct Moves<'a> {
    ctx: &'a Ctx,
    held: BTreeMap<String, bool>,
    known: BTreeMap<(String, u32, String, String), Vec<Move>>,
}

impl<'a> Moves<'a> {
    fn of(ctx: &'a Ctx) -> Moves<'a> {
        Moves {
            ctx,
            held: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    fn from(&mut self, row: &ListRow) -> Vec<Move> {
        let pack = &row.pack;
        let key = (pack.id.clone(), pack.version, row.kind.clone(), row.state.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let ctx = self.ctx;
        let kind = ctx.scene.pack(&row.pack).and_then(|pack| pack.kind(&row.kind));
        let moves = kind.map_or_else(Vec::new, |kind| self.of_state(kind, &row.state));
        self.known.insert(key, moves.clone());
        moves
    }

    fn of_state(&mut self, kind: &Kind, state: &str) -> Vec<Move> {
        let mut moves = Vec::new();
        for step in kind.steps_from(state) {
            let Some(action) = step.action.as_deref() else {
                continue;
            };
            let ctx = self.ctx;
            let held = self.held.entry(action.to_owned());
            let may = *held.or_insert_with(|| owed::may(ctx, action));
            if let Some(to) = kind.phase(&step.to).filter(|_| may) {
                moves.push(Move {
                    step: step.id.clone(),
                    title: ctx.name(&step.title),
                    to: to.word(),
                });
            }
        }
        moves
    }
}
