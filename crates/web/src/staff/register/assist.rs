//! What can be said of a message while it is being written: what looks like the same matter, where it belongs,
//! whose duty that is. Suggestions with their reasons; nothing is filled in unasked.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use bihuan_core::id::UnitId;
use bihuan_core::pack::model::{Pack, Taxonomy};

use super::callers::{self, Callers};
use super::similar::{self, Alike};
use super::{choices, done, entry, routes};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::page::{Area, Page};
use crate::portal::alarms::Raised;
use crate::portal::intake;
use crate::show;
use crate::staff::line::{self, Line};

/// How many categories are suggested.
const GUESSES: usize = 3;
/// What a category's name in the text counts beside one case like it.
const NAMED: usize = 3;

/// The answer to a draft: a piece of a page.
#[derive(Template)]
#[template(path = "register/assist.html")]
pub struct Assist {
    page: Page,
    /// When it was saved; `None` where there is nothing to save.
    saved: Option<String>,
    /// Where it belongs, if it may not be entered here; nothing of it was kept.
    elsewhere: Vec<(String, String)>,
    /// What has to be said to the caller first.
    alarms: Vec<String>,
    /// What is known of the telephone number.
    callers: Option<Callers>,
    /// The open cases that look like it.
    similar: Vec<Line>,
    /// The number of the one that it will be linked to.
    same: Option<String>,
    guesses: Vec<Guess>,
    /// Whose duty the category is, and why.
    duties: Vec<(String, String)>,
}

/// A category that may be meant.
struct Guess {
    path: String,
    why: String,
}

impl Assist {
    /// Returns what can be said of a form as it stands.
    ///
    /// # Errors
    /// [`WebError::Internal`] if the store cannot be read.
    pub async fn of(
        ctx: &Ctx,
        form: &Form,
        (refusing, warning): (Vec<Raised>, Vec<Raised>),
        is_begun: bool,
    ) -> Result<Assist, WebError> {
        let saved = (refusing.is_empty() && is_begun).then(|| show::time(&ctx.scene.calendar, ctx.now));
        let mut assist = Assist {
            page: ctx.page(Some(Area::Register)),
            saved,
            elsewhere: routes(ctx, &refusing),
            alarms: warning
                .iter()
                .map(|(_, alarm)| ctx.name(&alarm.message))
                .collect(),
            callers: None,
            similar: Vec::new(),
            same: Some(form.value("same").to_owned()).filter(|same| !same.is_empty()),
            guesses: Vec::new(),
            duties: Vec::new(),
        };
        if refusing.is_empty() {
            assist.callers = callers::of(ctx, form.value("phone")).await?;
            assist.suggest(ctx, form).await?;
        }
        Ok(assist)
    }

    async fn suggest(&mut self, ctx: &Ctx, form: &Form) -> Result<(), WebError> {
        let message = entry::message(form);
        let title = message
            .title
            .clone()
            .unwrap_or_else(|| intake::beginning(&message.text));
        let pieces = bihuan_text::tokens(&title);
        let alike = similar::of(ctx, &pieces, message.place.as_deref()).await?;
        let same = alike
            .iter()
            .filter(|alike| alike.is_open() && alike.is_same_matter());
        self.similar = same
            .take(similar::SHOWN)
            .map(|alike| Line::of(ctx, &alike.row, &pieces))
            .collect();
        let kinds = choices::kinds(ctx);
        let Some((pack, kind)) = kinds.iter().find(|(_, kind)| kind.id == form.value("kind")) else {
            return Ok(());
        };
        let Some(taxonomy) = pack.taxonomy_of(kind) else {
            return Ok(());
        };
        let chosen = choices::category(ctx, taxonomy, form.value("category"));
        let guesses = guesses(ctx, taxonomy, &message.text, &alike);
        let category = chosen
            .clone()
            .or_else(|| guesses.first().map(|(code, _)| code.clone()));
        if chosen.is_none() {
            self.guesses = guesses.into_iter().map(|(_, guess)| guess).collect();
        }
        if let Some(category) = category {
            self.duties = duties(ctx, pack, &category, form.value("accused"));
        }
        Ok(())
    }
}

/// Returns the categories that may be meant, the likeliest first: those of cases like it, and those whose name
/// stands in the text.
fn guesses(ctx: &Ctx, taxonomy: &Taxonomy, text: &str, alike: &[Alike]) -> Vec<(String, Guess)> {
    let pieces: BTreeSet<String> = bihuan_text::tokens(text).into_iter().collect();
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for category in alike.iter().filter_map(|alike| alike.row.category.as_deref()) {
        *votes.entry(category).or_default() += 1;
    }
    let mut found: Vec<(usize, String, Guess)> = Vec::new();
    for category in &taxonomy.categories {
        let name = bihuan_text::tokens(&ctx.name(&category.title));
        let is_named = !name.is_empty() && name.iter().all(|piece| pieces.contains(piece));
        let count = votes.get(category.code.as_str()).copied().unwrap_or_default();
        let weight = count + if is_named { NAMED } else { 0 };
        if weight == 0 {
            continue;
        }
        let why = match count {
            0 => ctx.tongue.t("register-why-named"),
            count => ctx.tongue.t1("register-why-alike", "count", count),
        };
        let path = choices::path(ctx, taxonomy, category);
        found.push((weight, category.code.clone(), Guess { path, why }));
    }
    // The deeper of two that weigh the same says more.
    found.sort_by_key(|(weight, code, _)| std::cmp::Reverse((*weight, code.len())));
    found
        .into_iter()
        .take(GUESSES)
        .map(|(_, code, guess)| (code, guess))
        .collect()
}

/// Returns the units whose duty a category is, without those that are complained about, each with its reason.
fn duties(ctx: &Ctx, pack: &Pack, category: &str, accused: &str) -> Vec<(String, String)> {
    let org = &ctx.scene.org;
    let accused: Vec<UnitId> = entry::unit_names(accused)
        .filter_map(|name| org.unit_by_name(name))
        .map(|unit| unit.id)
        .collect();
    let fit = |unit: &UnitId| !accused.iter().any(|accused| org.is_under(*unit, *accused));
    let units = org.duty_for(category, ctx.scene.calendar.date_of(ctx.now));
    units
        .into_iter()
        .filter(fit)
        .map(|unit| {
            (
                line::unit_name(ctx, unit),
                done::reason(ctx, pack, unit, category),
            )
        })
        .collect()
}
