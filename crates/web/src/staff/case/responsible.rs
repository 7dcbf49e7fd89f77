//! Who was responsible for a case on a day: the unit, the unit above it, who led it, who had the case in hand.
//!
//! The case is folded up to the end of that day, and the tree is asked as it was on it: what was changed later,
//! in the case or in the tree, does not change who answers for what happened before.

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold_all;
use bihuan_core::id::{PersonId, UnitId};
use bihuan_store::commit::log::Logged;
use jiff::ToSpan;
use jiff::civil::Date;

use super::address;
use crate::ctx::{Ctx, query_value};
use crate::show;
use crate::staff::line::unit_name;
use crate::staff::{origin, unit};
use crate::story::Story;

/// A name that leads to its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its page, where it has one.
    pub href: Option<String>,
}

/// Who was responsible on a day.
pub struct Responsible {
    /// Whether the address asks for a day.
    pub asked: bool,
    /// The day, as date fields write it.
    pub day: String,
    /// The days to choose from, as date fields write them: from when it was raised until today.
    pub days: (String, String),
    /// The day, as people read it.
    pub said: String,
    /// What they were: a word for it, and who.
    pub who: Vec<(String, Named)>,
    /// Where the form to choose a day is sent, and the fields that go along.
    pub action: String,
    /// What else the address carries.
    pub carried: Vec<(String, String)>,
}

/// Returns where the page says who was responsible on a day.
pub fn on(story: &Story<'_>, day: Date) -> String {
    let page = format!("{}?day={day}", address(&story.case().number));
    format!("{}#responsible", origin::kept(story.ctx, page))
}

/// Returns who was responsible on the day that the address asks for; today where it asks for none.
pub fn responsible(story: &Story<'_>) -> Responsible {
    let (ctx, case) = (story.ctx, story.case());
    let calendar = &ctx.scene.calendar;
    let (first, today) = (calendar.date_of(case.raised_at), calendar.date_of(ctx.now));
    let query = ctx.here.split_once('?').map_or("", |(_, query)| query);
    let asked = query_value(query, "day");
    let day = asked.as_deref().and_then(|day| day.parse().ok());
    let day = day.unwrap_or(today).clamp(first, today.max(first));
    let carried = origin::kept(ctx, String::new());
    Responsible {
        asked: asked.is_some(),
        day: day.to_string(),
        days: (first.to_string(), today.max(first).to_string()),
        said: show::date(calendar, ctx.tongue, calendar.start_of(day)),
        who: as_it_was(story, day).map_or_else(Vec::new, |case| who(ctx, &case, day)),
        action: address(&case.number),
        carried: fields(carried.trim_start_matches('?')),
    }
}

/// Takes a query apart into fields for a form.
fn fields(query: &str) -> Vec<(String, String)> {
    let name = |pair: &str| pair.split_once('=').map(|(name, _)| name.to_owned());
    let names = query.split('&').filter_map(name);
    names
        .filter_map(|name| query_value(query, &name).map(|value| (name, value)))
        .collect()
}

/// Returns the case as it was at the end of a day.
fn as_it_was(story: &Story<'_>, day: Date) -> Option<Case> {
    let end = story.ctx.scene.calendar.start_of(day.saturating_add(1.day()));
    let until = story.view.log.iter().map(|Logged { entry, .. }| entry);
    let until = until.take_while(|entry| entry.occurred_at < end);
    fold_all(story.case().id, until).ok().flatten()
}

fn who(ctx: &Ctx, case: &Case, day: Date) -> Vec<(String, Named)> {
    let (t, org) = (ctx.tongue, &ctx.scene.org);
    let Some(id) = case.unit else { return Vec::new() };
    let mut who = vec![(t.t("case-unit"), of_unit(ctx, id))];
    let above = org.unit_record(id).and_then(|record| record.parent_on(day));
    who.extend(above.map(|above| (t.t("case-day-above"), of_unit(ctx, above))));
    for post in org.posts_of(id).filter(|post| post.head) {
        let title = ctx.name(&post.title);
        let holder = org.holder_on(post.id, day);
        let vacant = || Named {
            name: t.t("case-day-vacant"),
            href: None,
        };
        who.push((title, holder.map_or_else(vacant, |person| of_person(ctx, person))));
    }
    who.extend(
        case.person
            .map(|person| (t.t("case-person"), of_person(ctx, person))),
    );
    let units = case.co_units.iter();
    who.extend(units.map(|unit| (t.t("case-co-units"), of_unit(ctx, *unit))));
    who
}

/// Returns a unit's name, leading to its page.
pub fn of_unit(ctx: &Ctx, id: UnitId) -> Named {
    Named {
        name: unit_name(ctx, id),
        href: ctx.scene.org.unit(id).map(|_| unit::href(ctx, id)),
    }
}

/// Returns a person's name, leading to their page.
pub fn of_person(ctx: &Ctx, id: PersonId) -> Named {
    let person = ctx.scene.org.person(id);
    Named {
        name: person.map_or_else(|| id.to_string(), |person| ctx.name(&person.name)),
        href: person.map(|_| format!("/persons/{id}")),
    }
}

/// Returns words that lead nowhere.
pub fn plain(name: String) -> Named {
    Named { name, href: None }
}
