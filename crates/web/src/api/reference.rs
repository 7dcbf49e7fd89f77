//! What names stand for: units and kinds.

use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::pack::model::{Kind, Pack};
use bihuan_core::pack::words::Word;
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use super::shape::Named;
use crate::ctx::Ctx;
use crate::show;

/// A unit of the tree.
#[derive(Serialize, ToSchema)]
pub struct UnitShape {
    /// Its id.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub title: String,
    /// Its class.
    pub class: String,
    /// The unit above it.
    pub parent: Option<String>,
}

/// A kind of case.
#[derive(Serialize, ToSchema)]
pub struct KindShape {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its pack and version.
    pub pack: String,
    /// Whether it is sent through the portal.
    pub portal: bool,
    /// Its states.
    pub states: Vec<Named>,
    /// Its steps.
    pub steps: Vec<KindStep>,
    /// Its categories.
    pub categories: Vec<Named>,
    /// The channels that it may come by.
    pub channels: Vec<Named>,
    /// Where the procedure comes from.
    pub source: Option<String>,
}

/// A step of a kind.
#[derive(Serialize, ToSchema)]
pub struct KindStep {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The states it starts from.
    pub from: Vec<String>,
    /// The state it leads to.
    pub to: String,
    /// The action that a grant must hold.
    pub action: Option<String>,
    /// How whoever takes it must stand to the case.
    pub relation: &'static str,
}

/// `GET /api/v1/units`
pub async fn list_units(ctx: Ctx) -> Response {
    let today = ctx.scene.calendar.date_of(ctx.now);
    let org = &ctx.scene.org;
    let there = org.units().filter(|unit| org.is_there(unit.id, today));
    let units: Vec<UnitShape> = there
        .map(|unit| UnitShape {
            id: unit.id.to_string(),
            code: unit.code.clone(),
            title: ctx.name(&unit.name),
            class: unit.class.clone(),
            parent: unit.parent.map(|parent| parent.to_string()),
        })
        .collect();
    json(StatusCode::OK, &units)
}

/// `GET /api/v1/kinds`
pub async fn list_kinds(ctx: Ctx) -> Response {
    let packs = ctx.scene.newest();
    let kinds = packs.flat_map(|pack| pack.kinds.iter().map(|kind| shape(&ctx, pack, kind)));
    json(StatusCode::OK, &kinds.collect::<Vec<_>>())
}

fn shape(ctx: &Ctx, pack: &Pack, kind: &Kind) -> KindShape {
    let named = |id: &str, title| Named {
        id: id.to_owned(),
        title: ctx.name(title),
    };
    let categories = pack
        .taxonomy_of(kind)
        .into_iter()
        .flat_map(|taxonomy| &taxonomy.categories);
    KindShape {
        id: kind.id.clone(),
        title: ctx.name(&kind.title),
        pack: format!("{} {}", pack.id, pack.version),
        portal: kind.portal,
        states: kind
            .states
            .iter()
            .map(|state| named(&state.id, &state.title))
            .collect(),
        steps: kind
            .steps
            .iter()
            .map(|step| KindStep {
                id: step.id.clone(),
                title: ctx.name(&step.title),
                from: step.from.clone(),
                to: step.to.clone(),
                action: step.action.clone(),
                relation: step.relation.word(),
            })
            .collect(),
        categories: categories
            .map(|category| named(&category.code, &category.title))
            .collect(),
        channels: pack
            .channels
            .iter()
            .map(|channel| named(&channel.id, &channel.title))
            .collect(),
        source: pack
            .source(&kind.source)
            .map(|source| show::citation(ctx.tongue, source)),
    }
}
