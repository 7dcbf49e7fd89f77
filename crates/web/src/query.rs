//! The filter of a list: what the visitor wrote, within what they may see.

use bihuan_core::filter::{self, Checked, Fault, Scene};
use bihuan_core::pack::model::Pack;

use crate::ctx::Ctx;
use crate::error::WebError;

/// Resolves a filter's text against the scene of this moment; an empty text asks for everything.
///
/// # Errors
/// Everything that is wrong with the text at once, each with its place and, where one is known, what to do.
pub fn check(ctx: &Ctx, text: &str) -> Result<Checked, Vec<Fault>> {
    if text.trim().is_empty() {
        return Ok(Checked::everything());
    }
    let ast = filter::parse(text)?;
    with_scene(ctx, |scene| filter::check(&ast, scene))
}

/// Asks the filter language something in the scene of this moment, with the visitor as `me`.
pub fn with_scene<T>(ctx: &Ctx, ask: impl FnOnce(&Scene<'_>) -> T) -> T {
    let packs: Vec<&Pack> = ctx.scene.packs().map(|pack| &**pack).collect();
    let viewer = ctx.who.as_ref().map(|who| &who.viewer);
    let my_units: Vec<_> = viewer
        .iter()
        .flat_map(|viewer| {
            let away = viewer.stands_in.iter().flat_map(|away| &away.roles);
            viewer.roles.iter().chain(away).map(|(_, unit)| *unit)
        })
        .collect();
    ask(&Scene {
        org: &ctx.scene.org,
        packs: &packs,
        calendar: &ctx.scene.calendar,
        now: ctx.now,
        tree_on: None,
        me: viewer.map(|viewer| viewer.person),
        my_units: &my_units,
        tokens: &bihuan_text::query_tokens,
    })
}

/// Returns what a filter's text asks for, within the cases on which the visitor may do `action`.
///
/// # Errors
/// [`WebError::Filter`] with everything that is wrong with the text; [`WebError::Login`] if nobody is logged in.
pub fn within(ctx: &Ctx, action: &str, text: &str) -> Result<Checked, WebError> {
    let scope = crate::access::scope(ctx, action)?;
    let asked = check(ctx, text).map_err(|faults| WebError::Filter(text.to_owned(), faults))?;
    Ok(Checked::and(vec![scope, asked]))
}
