//! The desk: what a person owes now, the most urgent first.
//!
//! Each group is a filter in the one filter language, so its heading leads to the same cases in the
//! ledger. What is *owed* follows from the packs: cases in a state from which a step goes on that the
//! person's grants allow.

use askama::Template;
use axum::response::Response;
use bihuan_core::filter::Checked;
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Sort, SortBy};

use super::asked::{self, Asked};
use super::bulk::deed::{self, Offer};
use super::ledger::page::{CAP, capped};
use super::ledger::place::Place;
use super::line::Line;
use super::{origin, tour};
use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page, html};

pub mod owed;

/// The rows of a group that waits for the visitor: what a day brings. The ledger has the rest.
const OWED_ROWS: usize = 20;
/// The rows of a group that is there to be looked at.
const OTHER_ROWS: usize = 5;

#[derive(Template)]
#[template(path = "desk/desk.html")]
struct DeskPage {
    page: Page,
    hello: String,
    today: String,
    groups: Vec<Group>,
    may_register: bool,
    nothing: bool,
    /// Whether somebody comes from the last case of a group.
    ended: bool,
    /// What can be done with chosen lines of any group.
    offers: Vec<Offer>,
    /// What the visitor of a demo may try.
    tour: Vec<tour::Hint>,
}

/// A group of cases.
pub(super) struct Group {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) todo: String,
    pub(super) look: &'static str,
    pub(super) count: String,
    pub(super) any: bool,
    pub(super) href: String,
    /// Its query in the ledger.
    pub(super) list: String,
    pub(super) lines: Vec<Line>,
    pub(super) more: bool,
    /// What the lines show.
    pub(super) rows: Vec<ListRow>,
}

/// What makes a group.
pub(super) struct Plan {
    pub(super) id: &'static str,
    /// The messages of its title and of what to do.
    pub(super) keys: (&'static str, &'static str),
    pub(super) look: &'static str,
    pub(super) filter: String,
    /// Whether its cases wait for the visitor.
    pub(super) owed: bool,
}

/// `GET /desk`
pub async fn read_desk(ctx: Ctx) -> Result<Response, WebError> {
    let page = ctx.page(Some(Area::Desk));
    let hello = page
        .who
        .as_ref()
        .map(|(_, person)| person.clone())
        .unwrap_or_default();
    let mut plans = plans(owed::filter(&ctx).await?.as_deref(), owed::may(&ctx, "verify"));
    plans.extend(in_hand(&ctx));
    // Who only looks on is told so by an empty desk, not by a word above what stands open.
    let owes = plans.iter().any(|plan| plan.owed);
    let nothing_owed = |groups: &[Group]| {
        groups
            .iter()
            .zip(&plans)
            .all(|(group, plan)| !group.any || owes && !plan.owed)
    };
    let groups = read_groups(&ctx, &plans, READ, rows).await?;
    Ok(html(&DeskPage {
        nothing: nothing_owed(&groups),
        hello: ctx.tongue.t1("desk-hello", "name", hello),
        today: today(&ctx),
        may_register: access::permit_general(&ctx, "register").is_ok(),
        ended: origin::is_ended(&ctx),
        offers: offers(&ctx, &groups),
        tour: tour::of_visitor(&ctx),
        groups,
        page,
    }))
}

/// Returns the groups in the order of their urgency; `turn` is the filter of the cases on which it is the
/// visitor's turn, where there are any.
fn plans(turn: Option<&str>, verifies: bool) -> Vec<Plan> {
    // Who may only read owes nothing: their desk shows how all that is open stands.
    let owed = turn.map_or_else(|| "open".to_owned(), |turn| format!("open and {turn}"));
    let mine = turn.is_some();
    let own = |id, keys, look, rest: &str| Plan::of(id, keys, look, format!("{owed} and {rest}"), mine);
    let mut plans = vec![
        own("over", ("desk-over", "desk-over-do"), "over", "overdue"),
        own(
            "today",
            ("desk-today", "desk-today-do"),
            "near",
            "due = today and not overdue",
        ),
        own(
            "week",
            ("desk-week", "desk-week-do"),
            "",
            "due > today and due <= +7d",
        ),
        own(
            "instructed",
            ("desk-instructed", "desk-instructed-do"),
            "over",
            "instructed",
        ),
    ];
    if verifies {
        let (keys, filter) = (("desk-verify", "desk-verify-do"), "open and phase = verify");
        plans.push(Plan::of("verify", keys, "info", filter.to_owned(), mine));
    }
    let back = "open and (returned >= 1 or unsatisfied or reopened >= 1)".to_owned();
    plans.push(Plan::of(
        "back",
        ("desk-back", "desk-back-do"),
        "near",
        back,
        false,
    ));
    let keys = ("desk-disputed", "desk-disputed-do");
    plans.push(Plan::of(
        "disputed",
        keys,
        "near",
        "open and disputed".to_owned(),
        false,
    ));
    if let Some(turn) = turn {
        let keys = ("desk-later", "desk-later-do");
        let later = format!("{owed} and not overdue and not due <= +7d");
        plans.push(Plan::of("later", keys, "", later, true));
        let keys = ("desk-waiting", "desk-waiting-do");
        plans.push(Plan::of(
            "waiting",
            keys,
            "",
            format!("open and not {turn}"),
            false,
        ));
    }
    plans
}

/// Returns the group of what the visitor is in charge of, or somebody they stand in for; what was handed over to
/// them is in it.
fn in_hand(ctx: &Ctx) -> Option<Plan> {
    let viewer = &ctx.who.as_ref()?.viewer;
    if !owed::may(ctx, "handle") {
        return None;
    }
    let away = viewer
        .stands_in
        .iter()
        .map(|away| format!(", \"{}\"", away.person));
    let filter = format!("open and person in (me{})", away.collect::<String>());
    let keys = ("desk-mine", "desk-mine-do");
    Some(Plan::of("mine", keys, "", filter, false))
}

impl Plan {
    pub(super) fn of(
        id: &'static str,
        keys: (&'static str, &'static str),
        look: &'static str,
        filter: String,
        owed: bool,
    ) -> Plan {
        Plan {
            id,
            keys,
            look,
            filter,
            owed,
        }
    }
}

/// Reads the groups of plans, each within the cases on which the visitor may do `action`, with so many rows.
pub(super) async fn read_groups(
    ctx: &Ctx,
    plans: &[Plan],
    action: &str,
    rows: impl Fn(&Plan) -> usize,
) -> Result<Vec<Group>, WebError> {
    let mut filters = Vec::new();
    for plan in plans {
        filters.push(Asked::of(ctx, &plan.filter));
    }
    // Who may do something with a case that they may not read does not read it here either.
    let scope = Checked::and(vec![access::scope(ctx, READ)?, access::scope(ctx, action)?]);
    let within: Vec<(Checked, usize)> = filters
        .iter()
        .zip(plans)
        .map(|(asked, plan)| {
            (
                Checked::and(vec![scope.clone(), asked.checked.clone()]),
                rows(plan),
            )
        })
        .collect();
    let read = ctx.tenant.read(move |reader| {
        let group = |(filter, rows): &(Checked, usize)| {
            let sort = Sort {
                by: SortBy::Due,
                descending: false,
            };
            let listing = Listing {
                filter,
                sort,
                after: None,
                limit: *rows,
            };
            let (page, count) = reader.list_and_count(&listing, CAP + 1)?;
            Ok((count, page.rows))
        };
        within.iter().map(group).collect::<Result<Vec<_>, StoreError>>()
    });
    let found = read.await?;
    let pairs = plans.iter().zip(&filters).zip(found);
    Ok(pairs
        .map(|((plan, asked), (count, rows))| Group::of(ctx, plan, asked, count, rows))
        .collect())
}

impl Group {
    fn of(ctx: &Ctx, plan: &Plan, asked: &Asked, count: Count, rows: Vec<ListRow>) -> Group {
        debug_assert!(asked.faults.is_empty(), "{}: {:?}", plan.filter, asked.faults);
        let place = Place::default()
            .sorted_by(SortBy::Due)
            .with_filter(asked::print(asked.ast.clone(), ctx.tongue.0));
        let (title, todo) = plan.keys;
        Group {
            id: plan.id,
            title: ctx.tongue.t(title),
            todo: ctx.tongue.t(todo),
            look: if count.known > 0 { plan.look } else { "" },
            count: capped(count),
            any: count.known > 0 || count.more,
            href: place.href(),
            list: place.query(),
            lines: rows
                .iter()
                .map(|row| Line::in_list(ctx, row, place.sort, &[]))
                .collect(),
            more: count.known > rows.len() || count.more,
            rows,
        }
    }
}

/// Returns how many rows of a group are shown.
fn rows(plan: &Plan) -> usize {
    if plan.owed { OWED_ROWS } else { OTHER_ROWS }
}

/// Returns what can be done with chosen lines, each once: the steps of one's own turn first, as the groups come.
fn offers(ctx: &Ctx, groups: &[Group]) -> Vec<Offer> {
    deed::offers(ctx, groups.iter().flat_map(|group| &group.rows))
}

fn today(ctx: &Ctx) -> String {
    crate::show::date(&ctx.scene.calendar, ctx.tongue, ctx.now)
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter;

    use super::*;

    #[test]
    fn every_filter_of_the_desk_can_be_read() {
        let turn = "state in (\"assigned\", \"handling\")";
        for plan in plans(Some(turn), true).into_iter().chain(plans(None, false)) {
            assert_eq!(filter::parse(&plan.filter).map(drop), Ok(()), "{}", plan.filter);
        }
    }
}
