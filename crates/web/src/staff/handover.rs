//! Handing over 交接: what lies with somebody who leaves goes to somebody else, all of it, before the posts, the
//! roles and the login end. Nothing stays in a leaver's hands.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::command::Command;
use bihuan_core::filter::Checked;
use bihuan_core::id::{Digest, PersonId};
use bihuan_core::org::OrgEvent;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::error::StoreError;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Cursor, Sort, SortBy};

use super::ledger::page::{CAP, capped};
use super::line::Line;
use super::substitutes::{colleagues, may_name, person_of};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::{Ctx, query_value};
use crate::error::{WebError, dress};
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::people::hands::in_hands_of;

/// Who may name the person in charge.
const HANDLE: &str = "handle";
/// Who may end posts, roles and logins.
const ADMIN: &str = "admin";
/// The most lines that are shown of what lies with somebody.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "handover/handover.html")]
struct HandoverPage {
    page: Page,
    name: String,
    href: String,
    /// What the visitor may hand over.
    count: String,
    any: bool,
    lines: Vec<Line>,
    /// What lies with the person beyond that, for who may end their posts: nothing is to stay with a leaver.
    elsewhere: usize,
    people: Vec<(String, String)>,
    /// Who was chosen.
    to: String,
    key: String,
    /// What was moved just now, and what was refused: number and why.
    moved: Option<usize>,
    refused: Vec<(String, String)>,
    /// Where the next stretch begins, if there is one.
    after: Option<String>,
    may_end: bool,
    /// Whether another administrator has to, because it is the visitor's own.
    others_to_end: bool,
    /// What ends with the person's leaving, in words.
    ending: Vec<String>,
    /// Whether it was asked to end while something still lies with them.
    too_early: bool,
    /// Whether it was asked to end without saying that it is meant.
    unsure: bool,
    ended: bool,
}

/// What lies with somebody.
struct Load {
    count: Count,
    rows: Vec<ListRow>,
    next: Option<Cursor>,
    /// All of it, whoever may see it.
    all: Count,
}

/// `GET /persons/{person}/hand-over`
pub async fn read_handover(
    ctx: Ctx,
    Path(person): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let person = person_of(&ctx, &person)?;
    may_name(&ctx, person, None)?;
    let mut page = HandoverPage::read(&ctx, person).await?;
    page.ended = query.is_some_and(|query| query_value(&query, "ended").is_some());
    Ok(html(&page))
}

/// `POST /persons/{person}/hand-over`: moves the next stretch of it.
pub async fn create_handover(ctx: Ctx, Path(person): Path<String>, form: Form) -> Result<Response, WebError> {
    let person = person_of(&ctx, &person)?;
    may_name(&ctx, person, None)?;
    let to = person_of(&ctx, form.value("to"))?;
    if to == person {
        return Err(WebError::NotFound);
    }
    let after: Option<Cursor> = form.value("after").parse().ok();
    let load = load(&ctx, person, after, limits::CASES).await?;
    let (mut moved, mut refused) = (0, Vec::new());
    for row in &load.rows {
        match move_one(&ctx, row, to, form.value("key")).await {
            Ok(()) => moved += 1,
            Err(error @ (WebError::Unavailable(_) | WebError::Internal(_))) => return Err(error),
            Err(error) => refused.push((row.number.clone(), dress::said(&ctx, &error).1)),
        }
    }
    let mut page = HandoverPage::read(&ctx, person).await?;
    page.moved = Some(moved);
    page.refused = refused;
    page.after = load.next.map(|next| next.to_string());
    page.to = to.to_string();
    Ok(html(&page))
}

/// `POST /persons/{person}/leave`: ends posts, roles and login of who has nothing left.
pub async fn create_leave(ctx: Ctx, Path(person): Path<String>, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let person = person_of(&ctx, &person)?;
    if is_self(&ctx, person) {
        return Err(WebError::Forbidden);
    }
    let load = load(&ctx, person, None, SHOWN).await?;
    let too_early = load.all.known > 0 || load.all.more;
    if too_early || form.value("sure") != "yes" {
        let page = HandoverPage::read(&ctx, person).await?;
        let mut response = html(&HandoverPage {
            too_early,
            unsure: !too_early,
            ..page
        });
        *response.status_mut() = WebError::Stale.status();
        return Ok(response);
    }
    for event in ends(&ctx, person) {
        ctx.tenant.change_org(&permit, event, ctx.now).await?;
    }
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await?;
    let theirs = accounts
        .into_iter()
        .filter(|account| account.person == person && account.disabled_at.is_none());
    for account in theirs {
        ctx.tenant
            .disable_account(&permit, &account.login, ctx.now)
            .await?;
    }
    Ok(Redirect::to(&format!("/persons/{person}/hand-over?ended=yes")).into_response())
}

/// Whether somebody would end their own login, or that of whom they stand in for: nobody locks themselves out, the
/// last administrator least of all.
fn is_self(ctx: &Ctx, person: PersonId) -> bool {
    ctx.who
        .as_ref()
        .is_some_and(|who| who.is_or_stands_in_for(person))
}

/// Names another person in charge of a case; its co-units stay.
async fn move_one(ctx: &Ctx, row: &ListRow, to: PersonId, key: &str) -> Result<(), WebError> {
    let view = access::open(ctx, row.id).await?;
    let command = Command::Staff {
        co_units: view.case.co_units.clone(),
        person: Some(to),
    };
    let request = Digest::of(&[b"hand over", to.0.as_bytes()]);
    let once = (!key.is_empty()).then(|| Once {
        key: format!("{key} {} hand-over {request}", row.id),
        request,
    });
    let bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    access::execute(ctx, row.id, command, bodies, once).await?;
    Ok(())
}

async fn load(ctx: &Ctx, person: PersonId, after: Option<Cursor>, limit: usize) -> Result<Load, WebError> {
    let all = in_hands_of(person);
    let within = Checked::and(vec![access::scope(ctx, HANDLE)?, all.clone()]);
    let read = ctx.tenant.read(move |reader| {
        let listing = Listing {
            filter: &within,
            sort: Sort {
                by: SortBy::Number,
                descending: false,
            },
            after: after.as_ref(),
            limit,
        };
        let (page, count) = reader.list_and_count(&listing, CAP + 1)?;
        let all = reader.count(&all, CAP + 1)?;
        Ok::<_, StoreError>((page, count, all))
    });
    let (page, count, all) = read.await?;
    Ok(Load {
        count,
        rows: page.rows,
        next: page.next,
        all,
    })
}

/// Returns the events by which somebody leaves: their posts, their roles, and whom they stood in for.
fn ends(ctx: &Ctx, person: PersonId) -> Vec<OrgEvent> {
    let (org, on) = (&ctx.scene.org, ctx.scene.calendar.date_of(ctx.now));
    let tenures = org
        .tenures_of(person)
        .into_iter()
        .filter(|held| held.until.is_none());
    let tenures = tenures.map(|held| OrgEvent::TenureEnded {
        post: held.post,
        person,
        on: on.max(held.from),
    });
    let roles = org.roles_of(person, on).into_iter();
    let roles = roles.map(|(role, unit)| OrgEvent::RoleRevoked {
        person,
        role: role.to_owned(),
        unit,
        on,
    });
    let away = org.stands_in_for(person, on, jiff::civil::Date::MAX).into_iter();
    let substitutions = away.map(|away| OrgEvent::SubstituteEnded {
        person: away,
        substitute: person,
        on,
    });
    tenures.chain(roles).chain(substitutions).collect()
}

/// Returns what ends, in words.
fn ending(ctx: &Ctx, person: PersonId) -> Vec<String> {
    let org = &ctx.scene.org;
    let title = |role: &str| {
        let grant = ctx.scene.grants.iter().find(|grant| grant.role == role);
        grant.map_or_else(|| role.to_owned(), |grant| ctx.name(&grant.title))
    };
    let unit = |unit| {
        org.unit(unit)
            .map_or_else(String::new, |unit| ctx.name(&unit.name))
    };
    let said = |event: &OrgEvent| match event {
        OrgEvent::TenureEnded { post, .. } => {
            let post = org.post(*post)?;
            let held = format!("{} {}", unit(post.unit), ctx.name(&post.title));
            Some(ctx.tongue.t1("handover-ends-post", "post", held))
        }
        OrgEvent::RoleRevoked { role, unit: of, .. } => {
            let held = format!("{} {}", unit(*of), title(role));
            Some(ctx.tongue.t1("handover-ends-role", "role", held))
        }
        _ => None,
    };
    ends(ctx, person).iter().filter_map(said).collect()
}

impl HandoverPage {
    async fn read(ctx: &Ctx, person: PersonId) -> Result<HandoverPage, WebError> {
        let load = load(ctx, person, None, SHOWN).await?;
        let name = ctx.scene.org.person(person);
        let is_admin = access::permit_general(ctx, ADMIN).is_ok();
        let may_end = is_admin && !is_self(ctx, person);
        Ok(HandoverPage {
            name: name.map_or_else(String::new, |person| ctx.name(&person.name)),
            href: format!("/persons/{person}"),
            any: load.count.known > 0 || load.count.more,
            // To others it would tell of a complaint about them.
            elsewhere: match may_end {
                true => load.all.known.saturating_sub(load.count.known),
                false => 0,
            },
            count: capped(load.count),
            lines: load.rows.iter().map(|row| Line::of(ctx, row, &[])).collect(),
            people: colleagues(ctx, person),
            to: String::new(),
            key: ctx.form_key(),
            moved: None,
            refused: Vec::new(),
            after: None,
            ending: if may_end { ending(ctx, person) } else { Vec::new() },
            others_to_end: is_admin && !may_end,
            may_end,
            too_early: false,
            unsure: false,
            ended: false,
            page: ctx.page(Some(Area::Ledger)),
        })
    }
}
