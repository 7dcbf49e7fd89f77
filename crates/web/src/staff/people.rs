//! Units, people and logins, looked after by administrators: a table comes in, what it would change is shown with
//! everything that is wrong, and only then is it written, all of it or nothing.

pub mod login;
mod logins;
mod page;

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::{PersonId, uuid_v7};
use bihuan_core::permission::Permit;
use bihuan_report::upload;
use bihuan_store::account::{Account, NewAccount};
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::personal::draft::Filling;
use uuid::Uuid;

use self::logins::Part;
use crate::access;
use crate::app::SystemEntropy;
use crate::auth::invitation::{Invitation, new_code};
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::form::Form;
use crate::people::plan::{NewLogin, Plan, Present, plan};
use crate::people::rows::{BOUNDS, Fault, Rows, Table};
use crate::people::template;

/// The action that all of this needs.
const ADMIN: &str = "admin";
/// Why who stands in for an administrator may not bring a table in.
const LENT: &str = "people-lent";
/// The form's name in the store.
const FORM: &str = "people";
/// The largest file, in bytes.
const FILE_BYTES: usize = 4 << 20;
/// The most that waits of one table, in bytes.
const DRAFT_BYTES: usize = 4 << 20;
/// The most tables of one person that wait.
const DRAFTS: u32 = 10;

/// A login that was made, with the code for its first use.
pub(super) struct Made {
    pub(super) name: String,
    /// The unit that they work in.
    pub(super) unit: String,
    pub(super) login: String,
    /// The code; `None` where somebody else took the login meanwhile.
    pub(super) code: Option<String>,
}

/// `GET /people`
pub async fn read_people(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    page::people(&ctx, &Part::of(query.as_deref()), &[]).await
}

/// `GET /people/template`: what to fill in, as a workbook or as CSV.
pub async fn read_people_template(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    let asked = query
        .and_then(|query| query_value(&query, "as"))
        .unwrap_or_default();
    let (name, kind) = match asked.as_str() {
        "units" => ("units.csv", "text/csv; charset=utf-8"),
        "people" => ("people.csv", "text/csv; charset=utf-8"),
        _ => (
            "units-and-people.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    };
    let (scene, tongue, now) = (ctx.scene.clone(), ctx.tongue, ctx.now);
    let written = tokio::task::spawn_blocking(move || match asked.as_str() {
        "units" => template::table_csv(&scene, Table::Units, now),
        "people" => template::table_csv(&scene, Table::People, now),
        _ => template::workbook(&scene, tongue, now),
    });
    let bytes = written
        .await
        .map_err(WebError::internal)?
        .map_err(WebError::internal)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &disposition),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /people/drafts`: takes a table in, from a file or from the form, to be looked at.
pub async fn prepare_people(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let rows = match form.files.first() {
        Some(file) if file.bytes.len() > FILE_BYTES => Err(vec![Fault::of_file("people-fault-large")]),
        Some(file) => {
            let bytes = file.bytes.clone();
            let read = tokio::task::spawn_blocking(move || rows_of(&bytes)).await;
            // A file that the reader stumbles over is told apart from a server that does.
            read.unwrap_or_else(|_stumbled| Err(vec![Fault::of_file("people-fault-unreadable")]))
        }
        None => Ok(Rows::of_form(|name| {
            form.values(name).map(str::to_owned).collect()
        })),
    };
    let rows = rows.and_then(|rows| match rows.is_empty() {
        true => Err(vec![Fault::of_file("people-fault-nothing")]),
        false => Ok(rows),
    });
    let rows = match rows {
        Ok(rows) => rows,
        Err(faults) => return page::people(&ctx, &Part::default(), &faults).await,
    };
    if form.value("at_once") == "yes"
        && let Some(done) = bring_first_in(&ctx, &permit, &rows).await?
    {
        return Ok(done);
    }
    let draft = keep(&ctx, &rows).await?;
    Ok(Redirect::to(&format!("/people/drafts/{draft}")).into_response())
}

/// Brings the first people of an installation in without showing them again: the form has just shown all of it. `None`
/// where these are not the first, or something is wrong: then it is looked at like every table.
async fn bring_first_in(ctx: &Ctx, permit: &Permit, rows: &Rows) -> Result<Option<Response>, WebError> {
    if !is_fresh(ctx).await? {
        return Ok(None);
    }
    let plan = planned(ctx, rows.clone()).await?;
    if !plan.faults.is_empty() {
        return Ok(None);
    }
    let done = plan.changes.len();
    let Some(made) = carry_out(ctx, permit, &plan).await? else {
        return Ok(None);
    };
    Ok(Some(page::done(ctx, done, made).await))
}

/// Whether nobody is here yet but who founded the installation.
async fn is_fresh(ctx: &Ctx) -> Result<bool, WebError> {
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await?;
    Ok(accounts.len() <= 1 && ctx.tenant.scene().org.units().count() <= 1)
}

fn rows_of(bytes: &[u8]) -> Result<Rows, Vec<Fault>> {
    let grids = upload::read(bytes, &BOUNDS).map_err(|error| {
        let key = match error {
            upload::UploadError::OldWorkbook => "people-fault-old",
            upload::UploadError::TooLarge => "people-fault-large",
            upload::UploadError::Unreadable(_) => "people-fault-unreadable",
        };
        vec![Fault::of_file(key)]
    })?;
    Rows::of_file(&grids)
}

async fn keep(ctx: &Ctx, rows: &Rows) -> Result<Uuid, WebError> {
    let person = ctx.who()?.viewer.person;
    let text = serde_json::to_string(rows).map_err(WebError::internal)?;
    if text.len() > DRAFT_BYTES {
        return Err(WebError::TooLarge);
    }
    // The oldest makes room: what was looked at and left is of no use to anybody.
    let waiting = ctx
        .tenant
        .read(move |reader| reader.drafts(person, FORM, DRAFTS))
        .await?;
    for old in waiting.iter().skip(DRAFTS as usize - 1) {
        ctx.tenant.drop_draft(person, filling(old.id)).await?;
    }
    let id = uuid_v7(ctx.now, &mut SystemEntropy);
    ctx.tenant
        .save_draft(person, filling(id), &text, ctx.now, &mut SystemEntropy)
        .await?;
    Ok(id)
}

fn filling(id: Uuid) -> Filling<'static> {
    Filling { form: FORM, id }
}

/// Returns the rows of a table that waits for its own administrator.
async fn waiting(ctx: &Ctx, draft: &str) -> Result<(Uuid, Rows), WebError> {
    let person = ctx.who()?.viewer.person;
    let id: Uuid = draft.parse().map_err(|_| WebError::NotFound)?;
    let found = ctx
        .tenant
        .read(move |reader| reader.draft(person, filling(id)))
        .await?;
    let found = found.ok_or(WebError::NotFound)?;
    let rows = serde_json::from_str(&found.text).map_err(WebError::internal)?;
    Ok((id, rows))
}

/// Plans what rows would change of the tree as it is now.
async fn planned(ctx: &Ctx, rows: Rows) -> Result<Plan, WebError> {
    let accounts = ctx.tenant.read(|reader| reader.accounts()).await?;
    let (scene, now) = (ctx.tenant.scene(), ctx.now);
    let work = move || {
        let present = Present {
            scene: &scene,
            logins: logins_of(accounts),
            now,
        };
        plan(&rows, &present, &mut SystemEntropy)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(WebError::internal)
}

fn logins_of(accounts: Vec<Account>) -> BTreeMap<String, PersonId> {
    let logins = accounts
        .into_iter()
        .map(|account| (account.login, account.person));
    logins.collect()
}

/// `GET /people/drafts/{draft}`: what a table would change, and what is wrong with it.
pub async fn read_people_draft(ctx: Ctx, Path(draft): Path<String>) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let (id, rows) = waiting(&ctx, &draft).await?;
    let plan = planned(&ctx, rows).await?;
    Ok(page::preview(&ctx, id, &plan, hindrance(&permit, &plan)))
}

/// Says why somebody may not bring this about: who stands in for an administrator gives no rights that outlast it.
fn hindrance(permit: &Permit, plan: &Plan) -> Option<&'static str> {
    (permit.is_lent() && plan.gives_rights()).then_some(LENT)
}

/// `POST /people/drafts/{draft}`: brings the changes about.
pub async fn create_people(ctx: Ctx, Path(draft): Path<String>, _form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let (id, rows) = waiting(&ctx, &draft).await?;
    let plan = planned(&ctx, rows).await?;
    let hindrance = hindrance(&permit, &plan);
    if hindrance.is_some() || !plan.faults.is_empty() {
        return Ok(page::preview(&ctx, id, &plan, hindrance));
    }
    let done = plan.changes.len();
    let Some(made) = carry_out(&ctx, &permit, &plan).await? else {
        return Ok(page::preview(&ctx, id, &plan, Some("people-moved-on")));
    };
    ctx.tenant
        .drop_draft(ctx.who()?.viewer.person, filling(id))
        .await?;
    Ok(page::done(&ctx, done, made).await)
}

/// Brings the changes of a plan about, and makes its logins; `None` where somebody changed the tree meanwhile.
async fn carry_out(ctx: &Ctx, permit: &Permit, plan: &Plan) -> Result<Option<Vec<Made>>, WebError> {
    if !plan.events.is_empty() {
        match ctx
            .tenant
            .change_org_together(permit, plan.events.clone(), ctx.now)
            .await
        {
            Ok(()) => {}
            Err(ExecuteError::Store(StoreError::Conflict(_))) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    open_logins(ctx, permit, &plan.logins).await.map(Some)
}

/// Makes the logins, each with a code for its first use.
async fn open_logins(ctx: &Ctx, permit: &Permit, logins: &[NewLogin]) -> Result<Vec<Made>, WebError> {
    let mut made = Vec::new();
    for NewLogin { login, person, name } in logins {
        let code = new_code(&mut SystemEntropy);
        let account = NewAccount {
            login: login.clone(),
            person: *person,
            password_hash: Invitation::of(&code, ctx.now).stored(),
        };
        let code = match ctx.tenant.add_account(permit, account, ctx.now).await {
            Ok(()) => Some(code),
            Err(ExecuteError::Store(StoreError::Conflict(_))) => None,
            Err(error) => return Err(error.into()),
        };
        made.push(Made {
            name: ctx.name(name),
            unit: unit_of(ctx, *person),
            login: login.clone(),
            code,
        });
    }
    Ok(made)
}

/// Returns the name of the unit that somebody works in, in the tree as it is now.
fn unit_of(ctx: &Ctx, person: PersonId) -> String {
    let scene = ctx.tenant.scene();
    let held = scene.org.roles_of(person, scene.calendar.date_of(ctx.now));
    let unit = held.first().and_then(|(_, unit)| scene.org.unit(*unit));
    unit.map(|unit| ctx.name(&unit.name)).unwrap_or_default()
}

/// `POST /people/drafts/{draft}/discard`
pub async fn discard_people_draft(
    ctx: Ctx,
    Path(draft): Path<String>,
    _form: Form,
) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    let id: Uuid = draft.parse().map_err(|_| WebError::NotFound)?;
    ctx.tenant
        .drop_draft(ctx.who()?.viewer.person, filling(id))
        .await?;
    Ok(Redirect::to("/people").into_response())
}
