//! The desk: what a person owes now, the most urgent first.
//!
//! Each group is a filter in the one filter language, so its heading leads to the same cases in the
//! ledger. What is *owed* follows from the packs: cases in a state from which a step goes on that the
//! person's grants allow. No case stands in two groups: what is owed is parted by its time and its phase, and what
//! stands higher on the desk is left out of the groups that mark something out of the ordinary.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use bihuan_core::filter::Checked;
use bihuan_core::pack::model::Phase;
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
use owed::Turn;

pub mod owed;

/// The rows of a group that waits for the visitor: what a day brings. The ledger has the rest.
const OWED_ROWS: usize = 20;
/// The rows of a group that is there to be looked at.
const OTHER_ROWS: usize = 5;
/// The group of what was struck off last.
const STRUCK: &str = "struck";
/// Its rows.
const STRUCK_ROWS: usize = 3;

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
    /// Whether it has its place among the figures also where it is empty.
    pub(super) core: bool,
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
    /// The order of its cases.
    pub(super) sort: Sort,
}

/// What runs out first comes first.
const URGENT: Sort = Sort {
    by: SortBy::Due,
    descending: false,
};
/// What ended last comes first.
const LATEST: Sort = Sort {
    by: SortBy::Closed,
    descending: true,
};
/// The phases in which a case waits for one step and no more: nobody works on it meanwhile, so it waits in a group of
/// its own, whenever it is due.
const STANDING: [(Phase, &str, (&str, &str), &str); 4] = [
    (Phase::Raise, "raise", ("desk-raise", "desk-raise-do"), "info"),
    (Phase::Accept, "accept", ("desk-accept", "desk-accept-do"), "info"),
    (Phase::Verify, "verify", ("desk-verify", "desk-verify-do"), "info"),
    (Phase::Answer, "answer", ("desk-answer", "desk-answer-do"), "info"),
];
/// The cases whose pictures wait for somebody without a part in the work.
const TO_SHOW: &str = "to_show and not (unit under my unit or co_unit under my unit)";
/// The groups whose figure says something also where it is none.
const CORE: [&str; 3] = ["over", "today", "week"];
/// The phases that are parted by time.
const WORKING: [Phase; 3] = [Phase::Act, Phase::Closed, Phase::Watch];

/// `GET /desk`
pub async fn read_desk(ctx: Ctx) -> Result<Response, WebError> {
    let page = ctx.page(Some(Area::Desk));
    let hello = page
        .who
        .as_ref()
        .map(|(_, person)| person.clone())
        .unwrap_or_default();
    let mut plans = plans(owed::turn(&ctx).await?.as_ref(), to_show(&ctx));
    plans.extend(in_hand(&ctx));
    // Who only looks on is told so by an empty desk, not by a word above what stands open.
    let owes = plans.iter().any(|plan| plan.owed);
    let nothing_owed = |groups: &[Group]| {
        groups
            .iter()
            .zip(&plans)
            .all(|(group, plan)| !group.any || owes && !plan.owed)
    };
    let mut groups = each_once(read_groups(&ctx, &plans, READ, rows).await?);
    let nothing = nothing_owed(&groups);
    if nothing {
        groups.extend(lately(&ctx).await?);
    }
    Ok(html(&DeskPage {
        nothing,
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

/// Returns the groups in the order of their urgency; `turn` are the cases on which it is the visitor's turn, where
/// there are any, and `to_show` those with pictures that the visitor may show.
fn plans(turn: Option<&Turn>, to_show: Option<Plan>) -> Vec<Plan> {
    // Who may only read owes nothing: their desk shows how all that is open stands.
    let all = turn.map_or_else(|| "open".to_owned(), |turn| format!("open and {}", turn.all));
    let mine = turn.is_some();
    let own = |id, keys, look, filter: String| Plan::of(id, keys, look, filter, mine);
    let any = |id, keys, filter: &str| Plan::of(id, keys, "near", filter.to_owned(), false);
    let mut plans = vec![
        // Whoever leads has asked for these: that comes before what merely ran out.
        own(
            "instructed",
            ("desk-instructed", "desk-instructed-do"),
            "over",
            format!("{all} and instructed"),
        ),
        own(
            "over",
            ("desk-over", "desk-over-do"),
            "over",
            format!("{all} and overdue"),
        ),
        own(
            "today",
            ("desk-today", "desk-today-do"),
            "near",
            format!("{all} and due = today and not overdue"),
        ),
    ];
    let standing = STANDING.iter().filter_map(|(phase, id, keys, look)| {
        let waits = turn?.in_phases(&[*phase])?;
        let filter = format!("open and {waits} and not overdue and not due = today");
        Some(own(id, *keys, look, filter))
    });
    plans.extend(standing);
    let worked = match turn {
        Some(turn) => turn
            .in_phases(&WORKING)
            .map(|worked| format!("open and {worked}")),
        None => Some(all),
    };
    let week = |worked: &String| {
        let filter = format!("{worked} and due > today and due <= +7d");
        own("week", ("desk-week", "desk-week-do"), "", filter)
    };
    plans.extend(worked.as_ref().map(week));
    let later = |worked: &String| {
        let filter = format!("{worked} and not overdue and not due <= +7d");
        own("later", ("desk-later", "desk-later-do"), "", filter)
    };
    plans.extend(worked.as_ref().filter(|_| mine).map(later));
    plans.extend(to_show);
    plans.push(any(
        "back",
        ("desk-back", "desk-back-do"),
        "open and (returned >= 1 or unsatisfied or reopened >= 1)",
    ));
    plans.push(any(
        "disputed",
        ("desk-disputed", "desk-disputed-do"),
        "open and disputed",
    ));
    let waiting = |turn: &Turn| {
        let (keys, filter) = (
            ("desk-waiting", "desk-waiting-do"),
            format!("open and not {}", turn.all),
        );
        Plan::of("waiting", keys, "", filter, false)
    };
    plans.extend(turn.map(waiting));
    plans
}

/// Leaves out of each group the cases that stand in one before it.
fn each_once(mut groups: Vec<Group>) -> Vec<Group> {
    let mut seen = BTreeSet::new();
    for group in &mut groups {
        let shown = group.rows.len();
        let fresh: Vec<bool> = group.rows.iter().map(|row| seen.insert(row.id)).collect();
        let mut of_lines = fresh.iter();
        group.lines.retain(|_| of_lines.next() == Some(&true));
        let mut of_rows = fresh.iter();
        group.rows.retain(|_| of_rows.next() == Some(&true));
        group.more |= group.rows.len() < shown;
    }
    groups
}

/// Returns what was struck off last, for a desk on which nothing else is to be done: the clock may have done it.
async fn lately(ctx: &Ctx) -> Result<Option<Group>, WebError> {
    let Some(struck_off) = owed::struck_off(ctx) else {
        return Ok(None);
    };
    let keys = ("desk-struck", "desk-struck-do");
    let plan = Plan {
        sort: LATEST,
        ..Plan::of(STRUCK, keys, "", format!("{struck_off} and closed >= -7d"), false)
    };
    let groups = read_groups(ctx, &[plan], READ, |_| STRUCK_ROWS).await?;
    Ok(groups.into_iter().find(|group| group.any))
}

/// Returns the group of what the visitor may show to everybody: pictures that their reporters allow, of what others did.
fn to_show(ctx: &Ctx) -> Option<Plan> {
    let keys = ("desk-pictures", "desk-pictures-do");
    let plan = Plan::of("pictures", keys, "info", TO_SHOW.to_owned(), true);
    owed::may(ctx, "answer").then_some(plan)
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
            sort: URGENT,
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
    let within: Vec<(Checked, Sort, usize)> = filters
        .iter()
        .zip(plans)
        .map(|(asked, plan)| {
            let filter = Checked::and(vec![scope.clone(), asked.checked.clone()]);
            (filter, plan.sort, rows(plan))
        })
        .collect();
    let read = ctx.tenant.read(move |reader| {
        let group = |(filter, sort, rows): &(Checked, Sort, usize)| {
            let listing = Listing {
                filter,
                sort: *sort,
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
        let place = Place {
            sort: plan.sort,
            ..Place::default().with_filter(asked::print(asked.ast.clone(), ctx.tongue.0))
        };
        let (title, todo) = plan.keys;
        Group {
            id: plan.id,
            title: ctx.tongue.t(title),
            todo: ctx.tongue.t(todo),
            look: if count.known > 0 { plan.look } else { "" },
            count: capped(count),
            any: count.known > 0 || count.more,
            core: CORE.contains(&plan.id),
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
    let groups = groups.iter().filter(|group| group.id != STRUCK);
    deed::offers(ctx, groups.flat_map(|group| &group.rows))
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
        let pack = bihuan_core::pack::parse::parse(bihuan_packs::HOTLINE).unwrap();
        let turn = Turn::of_pack(&pack, &|_| true).unwrap();
        let all = plans(Some(&turn), None);
        assert!(all.iter().any(|plan| plan.id == "raise"));
        let filters = all.into_iter().chain(plans(None, None)).map(|plan| plan.filter);
        for text in filters.chain([TO_SHOW.to_owned()]) {
            assert_eq!(filter::parse(&text).map(drop), Ok(()), "{text}");
        }
    }
}
