//! A case as one line of a list: on the desk, in the ledger, beside what was just registered.

use bihuan_core::case::facts::Flag;
use bihuan_core::pack::model::{Effect, Kind, Pack};
use bihuan_store::read::list::ListRow;
use bihuan_store::read::order::{Cursor, Sort};

use super::due::Due;
use crate::ctx::Ctx;

/// A case as a list shows it.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number.
    pub number: String,
    /// Its page.
    pub href: String,
    /// Its title in pieces; those that a search asked for are marked.
    pub title: Vec<(String, bool)>,
    /// Its category with all above it.
    pub category: String,
    /// What is out of the ordinary: look and word.
    pub flags: Vec<(&'static str, String)>,
    /// The responsible unit.
    pub unit: Option<String>,
    /// Its state.
    pub state: String,
    /// The state's look.
    pub look: &'static str,
    /// Whether it is struck off.
    pub struck: bool,
    /// How it stands to its time.
    pub due: Due,
    /// Its place in the list, where the list is one to go through.
    pub at: Option<Cursor>,
}

impl Line {
    /// Returns the line of a row; `tokens` are marked in the title.
    pub fn of(ctx: &Ctx, row: &ListRow, tokens: &[String]) -> Line {
        let pack = ctx.scene.pack(&row.pack);
        let kind = pack.and_then(|pack| pack.kind(&row.kind));
        let struck = kind.is_some_and(|kind| is_struck_off(kind, &row.state));
        Line {
            href: format!("/cases/{}", row.number),
            number: row.number.clone(),
            title: title(ctx, row, tokens),
            category: category(ctx, pack.map(|pack| &**pack), row),
            flags: flags(ctx, row),
            unit: row.unit.map(|unit| unit_name(ctx, unit)),
            state: kind
                .and_then(|kind| kind.state(&row.state))
                .map_or_else(|| row.state.clone(), |state| ctx.name(&state.title)),
            look: match row.phase {
                _ if struck => "ok",
                bihuan_core::pack::model::Phase::Verify => "info",
                _ => "",
            },
            struck,
            due: Due::of(ctx, row),
            at: None,
        }
    }

    /// Returns the line of a row of a list to go through.
    pub fn in_list(ctx: &Ctx, row: &ListRow, sort: Sort, tokens: &[String]) -> Line {
        Line {
            at: Some(sort.place(row)),
            ..Line::of(ctx, row, tokens)
        }
    }
}

/// Returns a unit's name.
pub fn unit_name(ctx: &Ctx, unit: bihuan_core::id::UnitId) -> String {
    ctx.scene
        .org
        .unit(unit)
        .map_or_else(|| unit.to_string(), |unit| ctx.name(&unit.name))
}

/// Returns the name of a category, as whichever pack in force knows it.
pub fn category_name(ctx: &Ctx, code: &str) -> String {
    let category = ctx.scene.newest().find_map(|pack| pack.category(code));
    category.map_or_else(|| code.to_owned(), |category| ctx.name(&category.title))
}

/// Returns the names of a row's category and of those above it.
pub fn category(ctx: &Ctx, pack: Option<&Pack>, row: &ListRow) -> String {
    let (Some(pack), Some(code)) = (pack, &row.category) else {
        return String::new();
    };
    let ends = code.match_indices('.').map(|(at, _)| at).chain([code.len()]);
    let names = ends
        .filter_map(|end| pack.category(&code[..end]))
        .map(|category| ctx.name(&category.title));
    names.collect::<Vec<_>>().join(" / ")
}

/// Whether a case of this kind is struck off in this state: only such a step leads there.
pub fn is_struck_off(kind: &Kind, state: &str) -> bool {
    let strikes = |effect| matches!(effect, Effect::StrikeOff | Effect::LookBackHeld);
    kind.steps
        .iter()
        .any(|step| step.to == state && strikes(step.effect))
}

fn title(ctx: &Ctx, row: &ListRow, tokens: &[String]) -> Vec<(String, bool)> {
    match &row.title {
        None => vec![(ctx.tongue.t("track-erased"), false)],
        Some(title) => {
            let pieces = bihuan_text::highlight(title, tokens);
            pieces
                .into_iter()
                .map(|(range, found)| (title[range].to_owned(), found))
                .collect()
        }
    }
}

fn flags(ctx: &Ctx, row: &ListRow) -> Vec<(&'static str, String)> {
    let shown = row.flags.iter().filter_map(|flag| {
        let (look, key) = match flag {
            Flag::Disputed => ("near", "flag-disputed"),
            Flag::QuestionOpen => ("info", "flag-asked"),
            Flag::Duplicate => ("", "flag-duplicate"),
            Flag::Recurrence => ("over", "flag-recurrence"),
            Flag::Reopened => ("near", "flag-reopened"),
            Flag::Unsatisfied => ("over", "flag-unsatisfied"),
            Flag::Provisional => ("", "flag-provisional"),
            Flag::Instructed => ("over", "flag-instructed"),
            Flag::ToCall => ("info", "flag-to-call"),
            Flag::ToShow => ("info", "flag-to-show"),
            Flag::Satisfied => ("ok", "flag-satisfied"),
            Flag::Open | Flag::Breached | Flag::Imported | Flag::Anonymous | Flag::Pictured => return None,
        };
        Some((look, ctx.tongue.t(key)))
    });
    shown.collect()
}
