//! Saved views of the ledger: a filter with its order, its columns and how its rows stand, kept under a name.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::filter;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::personal::{NewView, SavedView};
use uuid::Uuid;

use super::ledger::place::Place;
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::limits;

/// The action that a grant must hold to show a view to everybody.
pub const SHARE: &str = "view.share";
/// The most views that one person sees.
const VIEWS: usize = 100;

/// A view as the ledger's tabs show it.
pub struct ViewTab {
    /// Its name.
    pub name: String,
    /// The ledger under it.
    pub href: String,
    /// Whether the page is under it.
    pub here: bool,
    /// Whether others see it.
    pub shared: bool,
    /// Its owner's form to delete it; `None` for others.
    pub delete: Option<String>,
}

/// A view to be kept.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Whether others see it.
    pub shared: bool,
    /// What it keeps.
    pub place: Place,
}

/// `POST /ledger/views`: keeps the place that the form was on.
pub async fn create_view(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let mut read = form.read();
    let wanted = Wanted {
        name: read.needed("name", limits::VIEW_NAME_CHARS),
        shared: form.value("shared") == "yes",
        place: place(&form),
    };
    let place = wanted.place.clone();
    let id = keep(&ctx, wanted, None, read.complaints).await?;
    let kept = Place {
        view: Some(id),
        ..place
    };
    Ok(Redirect::to(&kept.href()).into_response())
}

/// Keeps a view of the visitor's and returns its id; `complaints` were found before.
///
/// # Errors
/// [`WebError::Input`] with everything that is wrong; [`WebError::Forbidden`] if it is for others and the
/// visitor may share nothing.
pub async fn keep(
    ctx: &Ctx,
    wanted: Wanted,
    once: Option<Once>,
    mut complaints: Vec<Complaint>,
) -> Result<Uuid, WebError> {
    let Wanted { name, shared, place } = wanted;
    if !place.filter.is_empty() && filter::parse(&place.filter).is_err() {
        complaints.push(Complaint::new("filter", "view-bad-filter"));
    }
    if all(ctx).await?.len() >= VIEWS {
        complaints.push(Complaint::new("name", "view-too-many").with("most", VIEWS));
    }
    if !complaints.is_empty() {
        return Err(WebError::Input(complaints));
    }
    let permit = shared.then(|| access::permit_general(ctx, SHARE)).transpose()?;
    let owner = ctx.who()?.viewer.person;
    let view = NewView {
        shared,
        name,
        filter: place.filter.clone(),
        sort: place.sort.to_string(),
        columns: place.column_words(),
        layout: place.layout_words(),
    };
    Ok(ctx
        .tenant
        .save_view(permit.as_ref(), owner, view, once, ctx.now, &mut SystemEntropy)
        .await?
        .id)
}

/// `POST /ledger/views/{view}/delete`
pub async fn delete_view(ctx: Ctx, Path(view): Path<Uuid>, _form: Form) -> Result<Response, WebError> {
    ctx.tenant.drop_view(ctx.who()?.viewer.person, view).await?;
    Ok(Redirect::to("/ledger").into_response())
}

/// Returns the visitor's views and those that are shared.
pub async fn all(ctx: &Ctx) -> Result<Vec<SavedView>, WebError> {
    let person = ctx.who()?.viewer.person;
    Ok(ctx.tenant.read(move |reader| reader.views(person)).await?)
}

/// Returns the place that a view keeps; the page stays that of `place`, and so does how its rows stand where the view
/// is from before views kept that.
pub fn place_of(view: &SavedView, place: Place) -> Place {
    let order = view.sort.strip_prefix('-');
    let fields = [
        ("filter", view.filter.as_str()),
        ("sort", order.unwrap_or(&view.sort)),
        ("dir", if order.is_some() { "desc" } else { "asc" }),
        ("columns", &view.columns),
    ];
    let kept = Place {
        view: Some(view.id),
        after: place.after,
        group: place.group,
        density: place.density,
        ..Place::read(fields.into_iter())
    };
    match &view.layout {
        Some(layout) => kept.with_layout(layout),
        None => kept,
    }
}

/// Returns the tabs of views at a place.
pub fn tabs(ctx: &Ctx, views: Vec<SavedView>, place: &Place) -> Vec<ViewTab> {
    let me = ctx.who.as_ref().map(|who| who.viewer.person);
    let tab = |view: SavedView| {
        let kept = place_of(&view, place.at(None));
        ViewTab {
            href: kept.href(),
            here: place.view == Some(view.id) && place.at(None) == kept,
            shared: view.shared,
            delete: (me == Some(view.owner)).then(|| format!("/ledger/views/{}/delete", view.id)),
            name: view.name,
        }
    };
    views.into_iter().map(tab).collect()
}

/// Returns the place that a form of the ledger was on.
pub fn place(form: &Form) -> Place {
    let names = ["filter", "sort", "dir", "columns", "group", "density"];
    Place::read(
        names
            .into_iter()
            .flat_map(|name| form.values(name).map(move |value| (name, value))),
    )
}
