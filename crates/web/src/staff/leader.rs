//! The leader's view 领导视图: what is late in the area, what came back, what people are angry about, what was
//! asked for, and where it comes from. Made for two minutes on a telephone: each case takes one tap and a
//! sentence, and what is said becomes an event of the case.

use askama::Template;
use axum::http::Uri;
use axum::response::Response;
use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, Predicate};
use bihuan_core::permission::READ;
use bihuan_report::chart::{Columns, Heat};
use bihuan_store::error::StoreError;
use bihuan_store::read::outline::{Detail, Outline};

use super::case::acts::table::WAYS;
use super::desk::{Group, Plan, read_groups};
use super::line::{Line, category_name};
use super::origin::{self, Seen};
use super::tally::{MOST, Newest};
use super::unit::{Burden, burdens, counted};
use crate::access;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::show;

/// The rows of a group: what two minutes are enough for.
const ROWS: usize = 4;

/// The action that opens the view.
pub const INSTRUCT: &str = "instruct";

#[derive(Template)]
#[template(path = "leader/leader.html")]
struct LeaderPage {
    page: Page,
    today: String,
    /// Makes what is sent twice one thing.
    key: String,
    /// The case about which something was just said.
    done: Option<String>,
    groups: Vec<Group>,
    /// The ways of an instruction: value and name.
    ways: Vec<(&'static str, String)>,
    nothing: bool,
    units: Vec<Burden>,
    heat: Option<Heat>,
    fates: Columns,
    counted: Option<String>,
}

impl LeaderPage {
    /// Returns what the address of a line's form carries, so that it leads back here.
    fn carried(&self, group: &Group, line: &Line) -> String {
        let fields = |at| origin::fields_of_form(&group.list, at, &Seen::Leader);
        line.at
            .as_ref()
            .map_or_else(String::new, |at| format!("?{}", fields(at)))
    }
}

/// `GET /leader`
pub async fn read_leader(ctx: Ctx, uri: Uri) -> Result<Response, WebError> {
    access::permit_general(&ctx, INSTRUCT)?;
    let groups = read_groups(&ctx, &plans(), INSTRUCT, |_| ROWS).await?;
    let scope = Checked::and(vec![access::scope(&ctx, READ)?, access::scope(&ctx, INSTRUCT)?]);
    let open = Checked::and(vec![scope.clone(), Checked::Is(Predicate::Flag(Flag::Open))]);
    let read = ctx.tenant.read(move |reader| {
        let all = reader.newest(&scope, MOST, Detail::Category)?;
        Ok::<_, StoreError>((all, reader.newest(&open, MOST, Detail::Fate)?))
    });
    let (all, open) = read.await?;
    let newest = Newest::of(&ctx, &all);
    let t = ctx.tongue;
    let heat = newest.heat(t.t("leader-heat"), category_of, |code| category_name(&ctx, code));
    let done = uri.query().and_then(|query| query_value(query, "done"));
    let page = LeaderPage {
        today: show::date(&ctx.scene.calendar, t, ctx.now),
        key: ctx.form_key(),
        done: done.filter(|number| origin::is_number(number)),
        nothing: groups.iter().all(|group| !group.any),
        groups,
        ways: WAYS.iter().map(|(way, key)| (*way, t.t(key))).collect(),
        units: burdens(&ctx, &open.cases),
        heat: (!heat.rows.is_empty()).then_some(heat),
        fates: newest.fates(t.t("unit-fates")),
        counted: counted(&ctx, &newest, "leader-counted"),
        page: ctx.page(Some(Area::Leader)),
    };
    Ok(html(&page))
}

fn plans() -> Vec<Plan> {
    let plan = |id, keys, look, filter: &str| Plan::of(id, keys, look, filter.to_owned(), true);
    vec![
        plan(
            "over",
            ("leader-over", "leader-over-do"),
            "over",
            "open and overdue",
        ),
        plan(
            "back",
            ("leader-back", "leader-back-do"),
            "near",
            "open and (reopened >= 1 or recurrence)",
        ),
        plan(
            "angry",
            ("leader-angry", "leader-angry-do"),
            "over",
            "open and unsatisfied",
        ),
        plan(
            "mine",
            ("leader-mine", "leader-mine-do"),
            "info",
            "open and instructor = me",
        ),
    ]
}

/// Returns the category of a case down to the second level: what people complain about, not each detail of it.
fn category_of(case: &Outline) -> Option<&str> {
    let code = case.category.as_deref()?;
    let second = code.match_indices('.').nth(1).map_or(code.len(), |(at, _)| at);
    Some(&code[..second])
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter;

    use super::*;

    #[test]
    fn every_filter_of_the_view_can_be_read() {
        for plan in plans() {
            assert_eq!(filter::parse(&plan.filter).map(drop), Ok(()), "{}", plan.filter);
        }
    }
}
