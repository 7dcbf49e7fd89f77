//! The page of a person on the staff: the posts they held and hold, their roles, and what is in their hands.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::PersonId;
use bihuan_core::org::{OrgEvent, Substitution, Tenure};

use super::line::unit_name;
use super::substitutes::{self, Substitutes, is_ahead, may_name, person_of};
use super::unit::{self, Figure, quoted, read_figures, term};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::page::{Area, Page, html};

#[derive(Template)]
#[template(path = "unit/person.html")]
pub struct PersonPage {
    page: Page,
    name: String,
    figures: Vec<Figure>,
    /// Post, address and name of its unit, from when to when, whether it leads the unit.
    posts: Vec<(String, String, String, String, bool)>,
    /// Role, address and name of the unit.
    roles: Vec<(String, String, String)>,
    /// The page's own address.
    href: String,
    /// Who stands in for them.
    pub substitutes: Substitutes,
}

/// `GET /persons/{person}`
pub async fn read_person_page(ctx: Ctx, Path(person): Path<String>) -> Result<Response, WebError> {
    ctx.who()?;
    let person = person_of(&ctx, &person)?;
    Ok(html(&PersonPage::read(&ctx, person).await?))
}

impl PersonPage {
    /// Reads the page of a person who is there.
    ///
    /// # Errors
    /// [`WebError::NotFound`] if there is no such person.
    pub async fn read(ctx: &Ctx, id: PersonId) -> Result<PersonPage, WebError> {
        let org = &ctx.scene.org;
        let person = org.person(id).ok_or(WebError::NotFound)?;
        let word = quoted(&id.to_string());
        let asked = [
            ("person-open", "", format!("person = {word} and open")),
            (
                "person-overdue",
                "over",
                format!("person = {word} and open and overdue"),
            ),
            ("person-found", "", format!("finder = {word}")),
            ("person-instructed", "", format!("instructor = {word}")),
        ];
        let today = ctx.scene.calendar.date_of(ctx.now);
        let post = |tenure: &Tenure| {
            let post = org.post(tenure.post)?;
            let unit = (unit::href(ctx, post.unit), unit_name(ctx, post.unit));
            let term = term(ctx, tenure.from, tenure.until);
            Some((ctx.name(&post.title), unit.0, unit.1, term, post.head))
        };
        let role = |(role, of): &(&str, _)| {
            let grants = ctx.scene.newest().flat_map(|pack| &pack.grants);
            let title = grants
                .filter(|grant| grant.role == *role)
                .map(|grant| ctx.name(&grant.title));
            let title = title.into_iter().next().unwrap_or_else(|| (*role).to_owned());
            (title, unit::href(ctx, *of), unit_name(ctx, *of))
        };
        Ok(PersonPage {
            name: ctx.name(&person.name),
            figures: read_figures(ctx, &asked).await?,
            posts: org.tenures_of(id).iter().rev().filter_map(post).collect(),
            roles: org.roles_of(id, today).iter().map(role).collect(),
            href: format!("/persons/{id}"),
            substitutes: Substitutes::of(ctx, id),
            page: ctx.page(Some(Area::Ledger)),
        })
    }
}

/// `POST /persons/{person}/substitutes`
pub async fn create_substitute(
    ctx: Ctx,
    Path(person): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let person = person_of(&ctx, &person)?;
    let (permit, event) = match substitutes::read(&ctx, person, &form) {
        Ok(read) => read,
        Err(WebError::Input(complaints)) => {
            let mut page = PersonPage::read(&ctx, person).await?;
            let field = |name| form.value(name).to_owned();
            page.substitutes.written = (field("substitute"), field("from"), field("last"));
            page.substitutes.errors = complaints
                .iter()
                .map(|complaint| (complaint.field.clone(), complaint.said(ctx.tongue)))
                .collect();
            let mut response = html(&page);
            *response.status_mut() = WebError::Input(Vec::new()).status();
            return Ok(response);
        }
        Err(error) => return Err(error),
    };
    ctx.tenant.change_org(&permit, event, ctx.now).await?;
    Ok(Redirect::to(&format!("/persons/{person}#substitutes")).into_response())
}

/// `POST /persons/{person}/substitutes/end`: from today on.
pub async fn end_substitute(ctx: Ctx, Path(person): Path<String>, form: Form) -> Result<Response, WebError> {
    let person = person_of(&ctx, &person)?;
    let permit = may_name(&ctx, person, None)?;
    let substitute = person_of(&ctx, form.value("substitute"))?;
    let today = ctx.scene.calendar.date_of(ctx.now);
    let runs = |one: &Substitution| one.substitute == substitute && is_ahead(one, today);
    if !ctx.scene.org.substitutes_of(person).iter().any(runs) {
        return Err(WebError::NotFound);
    }
    let event = OrgEvent::SubstituteEnded {
        person,
        substitute,
        on: today,
    };
    ctx.tenant.change_org(&permit, event, ctx.now).await?;
    Ok(Redirect::to(&format!("/persons/{person}#substitutes")).into_response())
}
