//! Help in plain words.

use askama::Template;
use axum::response::Response;
use bihuan_core::pack::model::{Alarm, AlarmAction, Pack};

use crate::ctx::Ctx;
use crate::limits;
use crate::page::{Area, Page, html};
use crate::show;

#[derive(Template)]
#[template(path = "portal/help.html")]
struct HelpPage {
    page: Page,
    /// What may not be entered here: what is said of it, and where the rule comes from.
    elsewhere: Vec<(String, String)>,
    photos: String,
    /// How long what is not sent is kept.
    kept: String,
}

/// `GET /help`
pub async fn read_help(ctx: Ctx) -> Response {
    let said = |pack: &Pack, alarm: &Alarm| {
        let source = pack.source(&alarm.source);
        let source = source.map(|source| show::citation(ctx.tongue, source));
        (ctx.name(&alarm.message), source.unwrap_or_default())
    };
    let of_pack = |pack: &Pack| -> Vec<(String, String)> {
        let refusing = pack
            .alarms
            .iter()
            .filter(|alarm| alarm.action == AlarmAction::Refuse);
        refusing.map(|alarm| said(pack, alarm)).collect()
    };
    let mut elsewhere: Vec<_> = ctx.scene.newest().flat_map(|pack| of_pack(pack)).collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let (count, size) = (("count", limits::FILES), ("size", limits::FILE_BYTES >> 20));
    html(&HelpPage {
        page: ctx.page(Some(Area::Help)),
        elsewhere,
        photos: ctx.tongue.t2("help-photos-answer", count, size),
        kept: ctx
            .tongue
            .t1("help-lost-form-answer", "hours", limits::UNSENT_LIFE.as_hours()),
    })
}
