//! The page of a person on the staff: the posts they held and hold, their roles, and what is in their hands.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use bihuan_core::id::PersonId;
use bihuan_core::org::Tenure;

use super::line::unit_name;
use super::unit::{self, Figure, quoted, read_figures, term};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page, html};

#[derive(Template)]
#[template(path = "unit/person.html")]
struct PersonPage {
    page: Page,
    name: String,
    figures: Vec<Figure>,
    /// Post, address and name of its unit, from when to when, whether it leads the unit.
    posts: Vec<(String, String, String, String, bool)>,
    /// Role, address and name of the unit.
    roles: Vec<(String, String, String)>,
}

/// `GET /persons/{person}`
pub async fn read_person_page(ctx: Ctx, Path(person): Path<String>) -> Result<Response, WebError> {
    ctx.who()?;
    let id: PersonId = person.parse().map(PersonId).map_err(|_| WebError::NotFound)?;
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
        let unit = (unit::href(&ctx, post.unit), unit_name(&ctx, post.unit));
        let term = term(&ctx, tenure.from, tenure.until);
        Some((ctx.name(&post.title), unit.0, unit.1, term, post.head))
    };
    let role = |(role, of): &(&str, _)| {
        let grants = ctx.scene.newest().flat_map(|pack| &pack.grants);
        let title = grants
            .filter(|grant| grant.role == *role)
            .map(|grant| ctx.name(&grant.title));
        let title = title.into_iter().next().unwrap_or_else(|| (*role).to_owned());
        (title, unit::href(&ctx, *of), unit_name(&ctx, *of))
    };
    let page = PersonPage {
        name: ctx.name(&person.name),
        figures: read_figures(&ctx, &asked).await?,
        posts: org.tenures_of(id).iter().rev().filter_map(post).collect(),
        roles: org.roles_of(id, today).iter().map(role).collect(),
        page: ctx.page(Some(Area::Ledger)),
    };
    Ok(html(&page))
}
