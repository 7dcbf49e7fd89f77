//! A tree of two levels, as pages show what lies under what: units below a unit, parts of its duties.

use std::collections::BTreeMap;

use bihuan_core::id::UnitId;
use bihuan_core::org::Unit;
use jiff::civil::Date;

use super::href;
use crate::ctx::Ctx;
use crate::staff::line::{category_name, unit_name};

/// The most units that are shown below one.
const UNITS: usize = 200;

/// Something with what lies under it.
pub struct Branch {
    /// Its name.
    pub title: String,
    /// Its page, if it has one.
    pub href: Option<String>,
    /// How much lies under it, in words.
    pub said: String,
    /// What lies under it: name and page.
    pub leaves: Vec<(String, Option<String>)>,
}

/// Returns the units that are directly below one on a day, each with those directly below it.
pub fn below(ctx: &Ctx, unit: UnitId, on: Date) -> Vec<Branch> {
    let org = &ctx.scene.org;
    let mut children: BTreeMap<UnitId, Vec<&Unit>> = BTreeMap::new();
    for other in org.units().filter(|other| org.is_there(other.id, on)) {
        if let Some(parent) = org.ancestors_on(other.id, on).next() {
            children.entry(parent).or_default().push(other);
        }
    }
    let of = |id| children.get(&id).map_or(&[][..], Vec::as_slice);
    let mut left = UNITS;
    let mut branches = Vec::new();
    for child in of(unit) {
        if left == 0 {
            break;
        }
        left -= 1;
        let under = of(child.id);
        let shown = under.iter().take(left);
        let leaves: Vec<_> = shown.map(|leaf| named(ctx, leaf)).collect();
        left -= leaves.len();
        let (title, href) = named(ctx, child);
        let said = ctx.tongue.t1("unit-below-count", "count", under.len());
        branches.push(Branch {
            title,
            href,
            said,
            leaves,
        });
    }
    branches
}

fn named(ctx: &Ctx, unit: &Unit) -> (String, Option<String>) {
    (unit_name(ctx, unit.id), Some(href(ctx, unit.id)))
}

/// Returns categories under the topmost that each belongs to.
pub fn duties(ctx: &Ctx, codes: &[&str]) -> Vec<Branch> {
    let mut by_top: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for code in codes {
        let top = code.split('.').next().unwrap_or(code);
        let leaves = by_top.entry(top).or_default();
        if top != *code {
            leaves.push(code);
        }
    }
    let branch = |(top, codes): (&str, Vec<&str>)| Branch {
        title: category_name(ctx, top),
        href: None,
        said: ctx.tongue.t1("unit-duties-count", "count", codes.len()),
        leaves: codes
            .into_iter()
            .map(|code| (category_name(ctx, code), None))
            .collect(),
    };
    by_top.into_iter().map(branch).collect()
}
