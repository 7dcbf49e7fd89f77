//! What may be chosen in the form: kinds that the visitor may register, and what their packs know.

use std::sync::Arc;

use bihuan_core::case::facts::{CaseFacts, Flag};
use bihuan_core::pack::model::{Category, Kind, Named, Pack, Phase, Raiser, Taxonomy, Template};

use crate::access;
use crate::ctx::Ctx;

/// The action that a grant must hold.
pub const REGISTER: &str = "register";

/// What may be chosen, each as value and title.
pub struct Choices {
    /// The kinds by pack.
    pub kinds: Vec<(String, Vec<Choice>)>,
    /// The channels.
    pub channels: Vec<Choice>,
    /// The supervision sources.
    pub sources: Vec<Choice>,
    /// The paths of the categories.
    pub categories: Vec<String>,
    /// The names of the units.
    pub units: Vec<String>,
    /// The texts to begin with.
    pub templates: Vec<Beginning>,
    /// The severities.
    pub severities: Vec<Choice>,
}

/// A text to begin with.
pub struct Beginning {
    /// What it is called.
    pub title: String,
    /// The kind it is for.
    pub kind: String,
    /// The path of its category; empty where it is for none.
    pub category: String,
    /// The text.
    pub text: String,
}

/// One choice.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub title: String,
    /// The packs that know it, for scripts.
    pub packs: String,
    /// Whether it is chosen at first.
    pub first: bool,
}

impl Choices {
    /// Returns what the visitor may choose.
    pub fn of(ctx: &Ctx) -> Choices {
        let kinds = kinds(ctx);
        let mut packs: Vec<Arc<Pack>> = Vec::new();
        for (pack, _) in &kinds {
            if !packs.iter().any(|known| known.id == pack.id) {
                packs.push(Arc::clone(pack));
            }
        }
        Choices {
            kinds: packs
                .iter()
                .map(|pack| (ctx.name(&pack.title), of_pack(ctx, pack, &kinds)))
                .collect(),
            channels: named(ctx, &packs, |pack| &pack.channels),
            sources: named(ctx, &packs, |pack| &pack.supervision_sources),
            categories: categories(ctx, &kinds),
            units: units(ctx),
            templates: templates(ctx, &kinds),
            severities: severities(ctx),
        }
    }
}

/// Returns the texts to begin with, of the kinds that may be chosen.
fn templates(ctx: &Ctx, kinds: &[(Arc<Pack>, Kind)]) -> Vec<Beginning> {
    let beginning = |(pack, kind): &(Arc<Pack>, Kind)| {
        let of_kind = pack.templates.iter().filter(|template| template.kind == kind.id);
        let taxonomy = pack.taxonomy_of(kind);
        let one = |template: &Template| {
            let category = template
                .category
                .as_deref()
                .zip(taxonomy)
                .and_then(|(code, taxonomy)| {
                    let known = taxonomy
                        .categories
                        .iter()
                        .find(|category| category.code == code)?;
                    Some(path(ctx, taxonomy, known))
                });
            Beginning {
                title: ctx.name(&template.title),
                kind: kind.id.clone(),
                category: category.unwrap_or_default(),
                text: ctx.name(&template.text),
            }
        };
        of_kind.map(one).collect::<Vec<_>>()
    };
    kinds.iter().flat_map(beginning).collect()
}

/// Returns the kinds of which the visitor may register a case, each with its pack.
pub fn kinds(ctx: &Ctx) -> Vec<(Arc<Pack>, Kind)> {
    let pairs = ctx
        .scene
        .newest()
        .flat_map(|pack| pack.kinds.iter().map(move |kind| (pack, kind)));
    let may = pairs.filter(|(_, kind)| access::may(ctx, REGISTER, &fresh(ctx, kind)));
    let mut kinds: Vec<_> = may.map(|(pack, kind)| (Arc::clone(pack), kind.clone())).collect();
    // What most people ring about comes first.
    kinds.sort_by_key(|(pack, kind)| {
        (
            pack.portal_kind.is_none(),
            pack.portal_kind.as_ref() != Some(&kind.id),
        )
    });
    kinds
}

/// Returns the facts of a case of this kind that is just being registered by the visitor.
pub fn fresh(ctx: &Ctx, kind: &Kind) -> CaseFacts {
    let viewer = ctx.who.as_ref().map(|who| (who.viewer.person, who.viewer.unit));
    CaseFacts {
        number: String::new(),
        kind: kind.id.clone(),
        state: kind.initial.clone(),
        phase: kind.phase(&kind.initial).unwrap_or(Phase::Raise),
        category: None,
        unit: None,
        co_units: Vec::new(),
        person: None,
        channel: String::new(),
        source: None,
        campaigns: Vec::new(),
        severity: 3,
        raised_at: ctx.now,
        changed_at: ctx.now,
        closed_at: None,
        due_at: None,
        returns: 0,
        reopened: 0,
        flags: vec![Flag::Open],
        instructors: Vec::new(),
        accused: Vec::new(),
        finder: viewer.filter(|_| kind.raised_by == Raiser::Finder),
    }
}

/// Returns the category that a text names: by its path or last name in the visitor's language, or its code.
pub fn category(ctx: &Ctx, taxonomy: &Taxonomy, text: &str) -> Option<String> {
    let wanted = text.trim();
    let by = |fits: &dyn Fn(&Category) -> bool| {
        let mut found = taxonomy.categories.iter().filter(|category| fits(category));
        found
            .next()
            .filter(|_| found.next().is_none())
            .map(|category| category.code.clone())
    };
    by(&|category| category.code == wanted)
        .or_else(|| by(&|category| path(ctx, taxonomy, category) == wanted))
        .or_else(|| by(&|category| category.title.zh == wanted || category.title.en == wanted))
}

fn of_pack(ctx: &Ctx, pack: &Arc<Pack>, kinds: &[(Arc<Pack>, Kind)]) -> Vec<Choice> {
    let first = kinds.first().map(|(_, kind)| kind.id.as_str());
    let own = kinds.iter().filter(|(of, _)| of.id == pack.id);
    let choice = |(_, kind): &(Arc<Pack>, Kind)| Choice {
        value: kind.id.clone(),
        title: ctx.name(&kind.title),
        packs: pack.id.clone(),
        first: first == Some(&kind.id),
    };
    own.map(choice).collect()
}

/// Returns what several packs name, once each, with the packs that know it.
fn named(ctx: &Ctx, packs: &[Arc<Pack>], of: impl Fn(&Pack) -> &[Named]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for pack in packs {
        for named in of(pack) {
            match choices.iter_mut().find(|choice| choice.value == named.id) {
                Some(known) => known.packs = format!("{} {}", known.packs, pack.id),
                None => choices.push(Choice {
                    value: named.id.clone(),
                    title: ctx.name(&named.title),
                    packs: pack.id.clone(),
                    first: choices.is_empty(),
                }),
            }
        }
    }
    choices
}

fn categories(ctx: &Ctx, kinds: &[(Arc<Pack>, Kind)]) -> Vec<String> {
    let mut paths = Vec::new();
    for (pack, kind) in kinds {
        let Some(taxonomy) = pack.taxonomy_of(kind) else {
            continue;
        };
        paths.extend(
            taxonomy
                .categories
                .iter()
                .map(|category| path(ctx, taxonomy, category)),
        );
    }
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

/// Returns the names of a category and of those above it.
pub fn path(ctx: &Ctx, taxonomy: &Taxonomy, category: &Category) -> String {
    let code = &category.code;
    let ends = code.match_indices('.').map(|(at, _)| at).chain([code.len()]);
    let names = ends
        .filter_map(|end| taxonomy.category(&code[..end]))
        .map(|category| ctx.name(&category.title));
    names.collect::<Vec<_>>().join(" / ")
}

fn units(ctx: &Ctx) -> Vec<String> {
    let today = ctx.scene.calendar.date_of(ctx.now);
    let there = ctx
        .scene
        .org
        .units()
        .filter(|unit| ctx.scene.org.is_there(unit.id, today));
    there.map(|unit| ctx.name(&unit.name)).collect()
}

fn severities(ctx: &Ctx) -> Vec<Choice> {
    let keys = [
        "severity-1",
        "severity-2",
        "severity-3",
        "severity-4",
        "severity-5",
    ];
    let choice = |(number, key): (usize, &str)| Choice {
        value: number.to_string(),
        title: ctx.tongue.t(key),
        packs: String::new(),
        first: number == 3,
    };
    (1..).zip(keys).map(choice).collect()
}
