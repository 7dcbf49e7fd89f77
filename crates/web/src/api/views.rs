//! A person's saved views: filters with their order and columns, kept under a name.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::PersonId;
use bihuan_store::personal::SavedView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::wire::{Line, Note, ViewName};
use super::{Asked, json};
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::staff::ledger::column::Column;
use crate::staff::ledger::group::{Density, GroupBy};
use crate::staff::ledger::place::Place;
use crate::staff::views::{self, Wanted};

/// A view to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// Its name.
    pub title: ViewName,
    /// Its filter; everything where it is absent.
    pub filter: Option<Note>,
    /// Its order, such as `due` or `-raised`.
    pub sort: Option<Line>,
    /// Its columns beside number and title, such as `unit` or `state`.
    #[serde(default)]
    pub columns: Vec<Line>,
    /// What its rows are put together by, such as `due` or `unit`; nothing where it is absent.
    pub group: Option<Line>,
    /// How close its rows stand: `comfortable` or `compact`.
    pub density: Option<Line>,
    /// Whether everybody sees it; needs a grant with `view.share`.
    #[serde(default)]
    pub shared: bool,
}

/// A filter that somebody keeps.
#[derive(Serialize, ToSchema)]
pub struct ViewShape {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its filter.
    pub filter: String,
    /// Its order.
    pub sort: String,
    /// Its columns beside number and title.
    pub columns: Vec<String>,
    /// What its rows are put together by; `null` where by nothing.
    pub group: Option<String>,
    /// How close its rows stand: `comfortable` or `compact`.
    pub density: String,
    /// Whether everybody sees it.
    pub shared: bool,
    /// Whether it is the asker's own, who alone can delete it.
    pub own: bool,
}

/// `GET /api/v1/views`
pub async fn list_views(ctx: Ctx) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let views = views::all(&ctx).await?;
    let shapes: Vec<_> = views
        .into_iter()
        .map(|view| ViewShape::of(view, person))
        .collect();
    Ok(json(StatusCode::OK, &shapes))
}

/// `POST /api/v1/views`
pub async fn keep_view(ctx: Ctx, asked: Asked<NewView>) -> Result<Response, WebError> {
    let new = asked.body;
    let wanted = Wanted {
        name: new.title.0,
        shared: new.shared,
        place: standing(place(new.filter, new.sort, &new.columns)?, new.group, new.density)?,
    };
    let id = views::keep(&ctx, wanted, asked.once, Vec::new()).await?;
    let person = ctx.who()?.viewer.person;
    let kept = views::all(&ctx).await?.into_iter().find(|view| view.id == id);
    let kept = kept.ok_or(WebError::NotFound)?;
    Ok(json(StatusCode::CREATED, &ViewShape::of(kept, person)))
}

/// `DELETE /api/v1/views/{view}`
pub async fn drop_view(ctx: Ctx, Path(view): Path<Uuid>) -> Result<Response, WebError> {
    ctx.tenant.drop_view(ctx.who()?.viewer.person, view).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Returns the place in the ledger that a body names by its filter, order and columns.
///
/// # Errors
/// [`WebError::Input`] if there is no such order or column.
pub fn place(filter: Option<Note>, sort: Option<Line>, columns: &[Line]) -> Result<Place, WebError> {
    let mut complaints = Vec::new();
    let mut place = Place::read(columns.iter().map(|column| ("columns", column.0.as_str())));
    place.filter = filter.map(|filter| filter.0).unwrap_or_default();
    match sort.map(|sort| sort.0.parse()) {
        Some(Ok(sort)) => place.sort = sort,
        Some(Err(_unknown)) => complaints.push(Complaint::new("sort", "field-bad-choice")),
        None => {}
    }
    if columns.iter().any(|column| Column::named(&column.0).is_none()) {
        complaints.push(Complaint::new("columns", "field-bad-choice"));
    }
    if complaints.is_empty() {
        Ok(place)
    } else {
        Err(WebError::Input(complaints))
    }
}

/// Returns a place with its rows as a body says.
fn standing(mut place: Place, group: Option<Line>, density: Option<Line>) -> Result<Place, WebError> {
    let mut complaints = Vec::new();
    if let Some(word) = group {
        place.group = GroupBy::named(&word.0);
        if place.group.is_none() {
            complaints.push(Complaint::new("group", "field-bad-choice"));
        }
    }
    if let Some(word) = density {
        let all = [Density::Comfortable, Density::Compact];
        match all.into_iter().find(|known| known.word() == word.0) {
            Some(known) => place.density = known,
            None => complaints.push(Complaint::new("density", "field-bad-choice")),
        }
    }
    match complaints.is_empty() {
        true => Ok(place),
        false => Err(WebError::Input(complaints)),
    }
}

impl ViewShape {
    fn of(view: SavedView, person: PersonId) -> ViewShape {
        let stands = Place::default().with_layout(view.layout.as_deref().unwrap_or_default());
        ViewShape {
            group: stands.group.map(|by| by.word().to_owned()),
            density: stands.density.word().to_owned(),
            id: view.id.to_string(),
            title: view.name,
            filter: view.filter,
            sort: view.sort,
            columns: view.columns.split_whitespace().map(str::to_owned).collect(),
            shared: view.shared,
            own: view.owner == person,
        }
    }
}
