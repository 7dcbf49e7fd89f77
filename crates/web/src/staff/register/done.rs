//! The page after a case was registered.

use askama::Template;
use bihuan_core::case::command::Context;
use bihuan_core::case::decide;
use bihuan_core::event::Actor;
use bihuan_core::id::UnitId;
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::READ;
use bihuan_store::execute::Receipt;
use bihuan_store::read::case::CaseView;

use super::similar;
use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page};
use crate::show::{self, ClockFace};
use crate::staff::line::{self, Line};

#[derive(Template)]
#[template(path = "register/done.html")]
pub struct DonePage {
    page: Page,
    key: String,
    number: String,
    code: Option<String>,
    repeated: bool,
    clocks: Vec<ClockFace>,
    /// The case's page, where the visitor may read it.
    href: Option<String>,
    /// Whose duty it is, and why.
    duties: Vec<(String, String)>,
    similar: Vec<Line>,
    tie: Option<Tie>,
}

/// What became of the wish to tie the new case to one that was there.
pub struct Tie {
    /// The other's number.
    pub number: String,
    /// Why it did not come about, where it did not.
    pub problem: Option<String>,
}

impl DonePage {
    /// Reads what there is to say of a case that was just taken in.
    pub async fn read(ctx: &Ctx, receipt: &Receipt, tie: Option<Tie>) -> Result<DonePage, WebError> {
        let id = receipt.case();
        let view = ctx
            .tenant
            .read(move |reader| reader.case(id))
            .await?
            .ok_or(WebError::NotFound)?;
        let pack = ctx.pack(&view.case)?;
        // A case about the visitor's own unit is taken in like any other, and then is not theirs to see.
        let readable = access::may(ctx, READ, &view.facts);
        Ok(DonePage {
            page: ctx.page(Some(Area::Register)),
            key: ctx.form_key(),
            number: receipt.number().to_owned(),
            code: receipt.code().map(ToString::to_string),
            repeated: receipt.appended().is_repeated(),
            clocks: show::clock_faces(
                view.case.clocks.values(),
                pack,
                &ctx.scene.calendar,
                ctx.tongue,
                ctx.now,
            ),
            href: readable.then(|| format!("/cases/{}", receipt.number())),
            duties: if readable {
                duties(ctx, &view, pack)
            } else {
                Vec::new()
            },
            similar: match &tie {
                Some(Tie { problem: None, .. }) => Vec::new(),
                _ if !readable => Vec::new(),
                _ => similar::lines(ctx, &view).await?,
            },
            tie,
        })
    }
}

/// Returns the units whose duty the case is, each with the duty that says so.
fn duties(ctx: &Ctx, view: &CaseView, pack: &Pack) -> Vec<(String, String)> {
    let context = Context {
        pack,
        org: &ctx.scene.org,
        calendar: &ctx.scene.calendar,
        actor: Actor::System,
        occurred_at: ctx.now,
        now: ctx.now,
    };
    let category = view.case.category.as_deref().unwrap_or_default();
    let units = decide::suggested_units(&view.case, &context);
    units
        .into_iter()
        .map(|unit| (line::unit_name(ctx, unit), reason(ctx, pack, unit, category)))
        .collect()
}

/// Returns the duty of a unit that covers a category: the nearest above it.
pub fn reason(ctx: &Ctx, pack: &Pack, unit: UnitId, category: &str) -> String {
    let today = ctx.scene.calendar.date_of(ctx.now);
    let covers = |duty: &&str| {
        category == *duty
            || category
                .strip_prefix(*duty)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let nearest = ctx
        .scene
        .org
        .duties_of(unit, today)
        .into_iter()
        .filter(covers)
        .max_by_key(|duty| duty.len());
    let title = nearest
        .and_then(|duty| pack.category(duty))
        .map(|category| ctx.name(&category.title));
    title
        .map(|title| ctx.tongue.t1("register-duty", "category", title))
        .unwrap_or_default()
}
