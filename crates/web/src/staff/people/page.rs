//! What the pages of units, people and logins show.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::id::PersonId;
use bihuan_core::label::Label;
use bihuan_store::account::Account;
use uuid::Uuid;

use super::logins::{Logins, Part};
use super::{DRAFTS, FORM, LENT, Made};
use crate::auth::invitation::Invitation;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::lang::Tongue;
use crate::page::{Area, Page, html};
use crate::people::cover::{self, Covered, Smallest, Way};
use crate::people::plan::{Change, Plan};
use crate::people::rows::Fault;
use crate::people::template::{categories, roles};
use crate::setup::page::{AT_PEOPLE, Stop, stops};
use crate::show;

/// The changes and the faults that a page shows; the rest is counted.
const SHOWN: usize = 200;
/// The rows of the form that are there to be filled in beyond the example.
const SPARE: usize = 3;
/// The names of people that stand beside a step.
const NAMES: usize = 4;

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage {
    page: Page,
    /// What is wrong with the file that was just sent: place and words.
    faults: Vec<(String, String)>,
    hidden_faults: usize,
    units: usize,
    people: usize,
    ways: Vec<ShownWay>,
    /// Whether every way can be gone.
    ready: bool,
    /// Whether nobody is here yet but who founded it.
    fresh: bool,
    /// The way through the set-up, while it is under way.
    stops: Vec<Stop>,
    /// Whether nobody has logged in yet but who founded it.
    unused: bool,
    begun: Vec<(String, String)>,
    unit_rows: Vec<UnitRow>,
    person_rows: Vec<PersonRow>,
    unit_names: Vec<String>,
    role_names: String,
    duties: Vec<(String, String)>,
    logins: Logins,
    logins_in_all: usize,
    /// Whether messages may come in by the portal.
    portal: bool,
}

/// A pack's way to a strike-off.
struct ShownWay {
    title: String,
    steps: Vec<ShownStep>,
}

struct ShownStep {
    title: String,
    who: String,
    /// What to do, where nobody is there for it.
    todo: Option<String>,
    independent: bool,
}

/// A row of the form's units.
#[derive(Default)]
struct UnitRow {
    name_zh: String,
    name_en: String,
    duty: String,
}

/// A row of the form's people.
#[derive(Default)]
struct PersonRow {
    login: String,
    unit: String,
    roles: String,
    hint: String,
}

/// Returns the page of units, people and logins, with what is wrong with the file that was sent.
pub(super) async fn people(ctx: &Ctx, part: &Part, faults: &[Fault]) -> Result<Response, WebError> {
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await?;
    let person = ctx.who()?.viewer.person;
    let begun = ctx
        .tenant
        .read(move |reader| reader.drafts(person, FORM, DRAFTS))
        .await?;
    let (scene, today) = (&ctx.scene, ctx.scene.calendar.date_of(ctx.now));
    let enabled = accounts.iter().filter(|account| account.disabled_at.is_none());
    let can_log_in: BTreeSet<PersonId> = enabled.map(|account| account.person).collect();
    let ways = cover::ways(scene, &can_log_in, today);
    let ready = ways.first().is_some_and(Way::is_covered);
    let fresh = accounts.len() <= 1 && scene.org.units().count() <= 1;
    let unused = !accounts.iter().any(|account| is_in_use(ctx, account));
    let (unit_rows, person_rows) = rows(ctx, fresh);
    let name = |label: &Label| ctx.name(label);
    let mut shown = html(&PeoplePage {
        faults: said(ctx.tongue, faults),
        hidden_faults: faults.len().saturating_sub(SHOWN),
        units: scene.org.units().count(),
        people: scene.org.persons().count(),
        ways: ways.iter().map(|way| shown_way(ctx, way)).collect(),
        ready,
        fresh,
        stops: under_way(ctx, fresh, AT_PEOPLE),
        unused,
        begun: begun
            .iter()
            .map(|draft| {
                (
                    format!("/people/drafts/{}", draft.id),
                    show::moment(&scene.calendar, ctx.tongue, draft.saved_at),
                )
            })
            .collect(),
        unit_rows,
        person_rows,
        unit_names: scene.org.units().take(500).map(|unit| name(&unit.name)).collect(),
        role_names: comma(
            ctx,
            roles(scene).into_iter().map(|grant| name(&grant.title)).collect(),
        ),
        duties: categories(scene)
            .into_iter()
            .map(|category| (category.code.clone(), name(&category.title)))
            .collect(),
        logins: Logins::of(ctx, &accounts, part),
        logins_in_all: accounts.len(),
        portal: scene.newest().any(|pack| pack.portal_kinds().next().is_some()),
        page: ctx.page(Some(Area::People)),
    });
    if !faults.is_empty() {
        *shown.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(shown)
}

/// Whether somebody else has logged in with a login and chosen a password.
fn is_in_use(ctx: &Ctx, account: &Account) -> bool {
    let own = ctx.who.as_ref().is_some_and(|who| who.login == account.login);
    !own && Invitation::read(&account.password_hash).is_none()
}

/// Returns the way through the set-up, as long as it is the set-up.
fn under_way(ctx: &Ctx, founding: bool, at: usize) -> Vec<Stop> {
    match founding {
        true => stops(ctx.tongue, at),
        false => Vec::new(),
    }
}

fn comma(ctx: &Ctx, names: Vec<String>) -> String {
    names.join(&ctx.tongue.t("list-comma"))
}

fn said(tongue: Tongue, faults: &[Fault]) -> Vec<(String, String)> {
    let said = faults
        .iter()
        .take(SHOWN)
        .map(|fault| (fault.place(tongue), fault.said(tongue)));
    said.collect()
}

fn shown_way(ctx: &Ctx, way: &Way) -> ShownWay {
    let title = ctx.tongue.t2(
        "people-way",
        ("pack", ctx.name(&way.pack)),
        ("kind", ctx.name(&way.kind)),
    );
    ShownWay {
        title,
        steps: way.steps.iter().map(|step| shown_step(ctx, step)).collect(),
    }
}

fn shown_step(ctx: &Ctx, step: &Covered) -> ShownStep {
    let names = |labels: &[Label]| {
        comma(
            ctx,
            labels.iter().take(NAMES).map(|label| ctx.name(label)).collect(),
        )
    };
    let more = step.people.len().saturating_sub(NAMES);
    let who = match more {
        0 => names(&step.people),
        more => ctx
            .tongue
            .t2("people-and-more", ("names", names(&step.people)), ("more", more)),
    };
    let todo = match (step.people.is_empty(), step.lonely.is_empty()) {
        (true, _) => Some(ctx.tongue.t1("people-missing", "roles", names(&step.roles))),
        (false, false) => Some(ctx.tongue.t1("people-lonely", "units", names(&step.lonely))),
        (false, true) => None,
    };
    ShownStep {
        title: ctx.name(&step.title),
        who,
        todo,
        independent: step.independent,
    }
}

/// Returns the rows of the form; on a fresh installation an example to be overwritten.
fn rows(ctx: &Ctx, fresh: bool) -> (Vec<UnitRow>, Vec<PersonRow>) {
    use bihuan_core::label::Lang;
    let (mut units, mut people) = (Vec::new(), Vec::new());
    let both = |key: &str| Label::new(Tongue(Lang::Zh).t(key), Tongue(Lang::En).t(key));
    let smallest = Smallest::of(&ctx.scene);
    for part in smallest.parts.iter().filter(|_| fresh) {
        let name = both(part.unit_key);
        people.push(PersonRow {
            login: part.code.to_owned(),
            unit: ctx.name(&name),
            roles: part.titles(ctx.tongue.0),
            hint: ctx.tongue.t(part.person_key),
        });
        units.push(UnitRow {
            name_zh: name.zh,
            name_en: name.en,
            duty: part.duty.clone(),
        });
    }
    for _ in 0..if fresh { 0 } else { SPARE } {
        units.push(UnitRow::default());
        people.push(PersonRow::default());
    }
    (units, people)
}

#[derive(Template)]
#[template(path = "people/preview.html")]
struct PreviewPage {
    page: Page,
    action: String,
    notice: Option<String>,
    /// Whether the visitor may not bring it in at all.
    barred: bool,
    faults: Vec<(String, String)>,
    fault_count: usize,
    hidden_faults: usize,
    rows: Vec<ShownRow>,
    hidden_rows: usize,
    changes: usize,
    unchanged: usize,
}

/// A row with what would change by it.
struct ShownRow {
    place: String,
    name: String,
    said: Vec<String>,
}

/// Returns the page that shows what a table would change, and what is wrong with it.
pub(super) fn preview(ctx: &Ctx, id: Uuid, plan: &Plan, notice: Option<&'static str>) -> Response {
    let mut rows: Vec<ShownRow> = Vec::new();
    for change in &plan.changes {
        let row = shown_change(ctx, change);
        match rows.last_mut().filter(|last| last.place == row.place) {
            Some(last) => last.said.extend(row.said),
            None => rows.push(row),
        }
    }
    let hidden_rows = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    let mut shown = html(&PreviewPage {
        action: format!("/people/drafts/{id}"),
        barred: notice == Some(LENT),
        notice: notice.map(|key| ctx.tongue.t(key)),
        faults: said(ctx.tongue, &plan.faults),
        fault_count: plan.faults.len(),
        hidden_faults: plan.faults.len().saturating_sub(SHOWN),
        rows,
        hidden_rows,
        changes: plan.changes.len(),
        unchanged: plan.unchanged,
        page: ctx.page(Some(Area::People)),
    });
    if notice.is_some() {
        *shown.status_mut() = StatusCode::CONFLICT;
    }
    shown
}

fn shown_change(ctx: &Ctx, change: &Change) -> ShownRow {
    let tongue = ctx.tongue;
    let table = tongue.t(change.table.key());
    let row = tongue.t1("people-row", "row", change.line.to_string());
    let places: Vec<_> = change
        .places
        .iter()
        .map(|(name, label)| (*name, ctx.name(label).into()))
        .collect();
    ShownRow {
        place: format!("{table} · {row}"),
        name: ctx.name(&change.name),
        said: vec![tongue.tell(change.key, &places)],
    }
}

#[derive(Template)]
#[template(path = "people/done.html")]
struct DonePage {
    page: Page,
    changes: usize,
    made: Vec<Made>,
    address: String,
    /// The token of the forms that log in as somebody.
    door: String,
    /// Makes the message that is sent from here, once however often the button is pressed.
    key: String,
    stops: Vec<Stop>,
    /// The way to a first strike-off, for whoever has just brought the first people in.
    first_way: Option<ShownWay>,
    /// Whether messages may come in by the portal.
    portal: bool,
}

/// Returns the page that says what was done, with the codes that are shown only there.
pub(super) async fn done(ctx: &Ctx, changes: usize, made: Vec<Made>) -> Response {
    // The codes are shown whatever else cannot be read.
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await;
    let accounts = accounts.unwrap_or_default();
    let (scene, today) = (ctx.tenant.scene(), ctx.scene.calendar.date_of(ctx.now));
    let is_first = changes > 0 && accounts.len() == made.len() + 1;
    let can_log_in = accounts.iter().map(|account| account.person).collect();
    let ways = cover::ways(&scene, &can_log_in, today);
    let first_way = ways.first().filter(|way| is_first && way.is_covered());
    html(&DonePage {
        page: ctx.page(Some(Area::People)),
        changes,
        made,
        address: format!("{}/login", ctx.origin()),
        door: ctx.door(),
        key: ctx.form_key(),
        stops: under_way(ctx, first_way.is_some(), AT_PEOPLE + 1),
        first_way: first_way.map(|way| shown_way(ctx, way)),
        portal: scene.newest().any(|pack| pack.portal_kinds().next().is_some()),
    })
}
