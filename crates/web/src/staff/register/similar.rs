//! What looks like the same matter, reported before and still open.
//!
//! The index is asked for cases that hold some two neighbouring pieces of the new title, or its place; those that
//! share most of the title come first. It is a question to whoever registers, never a decision.

use std::collections::BTreeSet;

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, Predicate};
use bihuan_core::permission::READ;
use bihuan_store::read::case::CaseView;
use bihuan_store::read::list::ListRow;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::staff::line::Line;

/// How many are shown.
pub const SHOWN: usize = 5;
/// How many candidates are compared.
const COMPARED: usize = 100;
/// The likeness of what is of the same sort, in percent.
const SORT_PERCENT: usize = 40;
/// The likeness of what may be the same matter, in percent: the place is then among what they share.
const MATTER_PERCENT: usize = 66;
/// The fewest pieces that two titles must share to be alike at all: two short ones share some by chance.
const LEAST_SHARED: usize = 3;

/// Returns the open cases that look like a new one as lines, with what they share marked.
///
/// # Errors
/// As [`to`].
pub async fn lines(ctx: &Ctx, new: &CaseView) -> Result<Vec<Line>, WebError> {
    let (rows, pieces) = (to(ctx, new).await?, pieces(new));
    Ok(rows.iter().map(|row| Line::of(ctx, row, &pieces)).collect())
}

/// Returns the open cases that look like a new one, those most like it first.
///
/// # Errors
/// [`WebError::Internal`] if the store cannot be read.
pub async fn to(ctx: &Ctx, new: &CaseView) -> Result<Vec<ListRow>, WebError> {
    let place = new.case.place.and_then(|place| new.text(place));
    let open = Checked::Is(Predicate::Flag(Flag::Open));
    let alike = find(ctx, &pieces(new), place, open).await?;
    let others = alike.into_iter().filter(|alike| alike.row.id != new.case.id);
    Ok(others
        .filter(Alike::is_same_matter)
        .map(|alike| alike.row)
        .take(SHOWN)
        .collect())
}

/// A case that looks like a new one.
pub struct Alike {
    /// The case.
    pub row: ListRow,
    percent: usize,
}

impl Alike {
    /// Whether it may be the very matter, reported before.
    pub fn is_same_matter(&self) -> bool {
        self.percent >= MATTER_PERCENT
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.row.flags.contains(&Flag::Open)
    }
}

/// Returns the cases, open or not, that look like one with a title of these pieces and that place; those most
/// like it first.
///
/// # Errors
/// [`WebError::Internal`] if the store cannot be read.
pub async fn of(ctx: &Ctx, pieces: &[String], place: Option<&str>) -> Result<Vec<Alike>, WebError> {
    find(ctx, pieces, place, Checked::everything()).await
}

async fn find(
    ctx: &Ctx,
    pieces: &[String],
    place: Option<&str>,
    among: Checked,
) -> Result<Vec<Alike>, WebError> {
    let questions = questions(pieces, place);
    let filter = Checked::and(vec![access::scope(ctx, READ)?, among]);
    let read = ctx
        .tenant
        .read(move |reader| reader.alike(&questions, &filter, COMPARED));
    Ok(ranked(read.await?.into_iter(), pieces))
}

/// Returns the pieces of a case's title.
fn pieces(case: &CaseView) -> Vec<String> {
    bihuan_text::tokens(case.text(case.case.title).unwrap_or_default())
}

/// Returns what texts are asked for that may be alike: any two neighbouring pieces of the title, or the place.
///
/// A single character says little and stands for all words that begin with it, which are many to look through.
fn questions(pieces: &[String], place: Option<&str>) -> Vec<Vec<String>> {
    let says = |piece: &String| piece.chars().nth(1).is_some();
    let pieces: Vec<&String> = pieces.iter().filter(|piece| says(piece)).collect();
    let pairs = pieces.windows(2);
    let mut questions: Vec<Vec<String>> = pairs
        .map(|pair| pair.iter().map(|piece| (*piece).clone()).collect())
        .collect();
    let place = place.map(bihuan_text::query_tokens).unwrap_or_default();
    let place: Vec<String> = place.into_iter().filter(says).collect();
    if !place.is_empty() && !pieces.is_empty() {
        questions.push(place);
    }
    questions
}

fn ranked(rows: impl Iterator<Item = ListRow>, pieces: &[String]) -> Vec<Alike> {
    let alike = |row: ListRow| Alike {
        percent: likeness(row.title.as_deref().unwrap_or_default(), pieces),
        row,
    };
    let mut found: Vec<Alike> = rows
        .map(alike)
        .filter(|alike| alike.percent >= SORT_PERCENT)
        .collect();
    // A stable sort keeps the newer first between equals.
    found.sort_by_key(|alike| std::cmp::Reverse(alike.percent));
    found
}

/// Returns how much of the shorter of two titles stands in the other, in percent; nothing where they share
/// next to nothing.
fn likeness(title: &str, pieces: &[String]) -> usize {
    let held: BTreeSet<String> = bihuan_text::tokens(title).into_iter().collect();
    let new: BTreeSet<&String> = pieces.iter().collect();
    let shared = new.iter().filter(|piece| held.contains(**piece)).count();
    match held.len().min(new.len()) {
        shorter if shared >= LEAST_SHARED.min(shorter) => shared * 100 / shorter.max(1),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(new: &str, old: &str) -> usize {
        likeness(old, &bihuan_text::tokens(new))
    }

    #[test]
    fn the_same_matter_is_told_from_the_same_sort_and_from_another() {
        let new = "东门小区外的路灯不亮三周了，老人摔了一跤";
        assert!(percent(new, "东门小区路灯不亮") >= MATTER_PERCENT);
        let elsewhere = percent(new, "西山路路灯不亮");
        assert!((SORT_PERCENT..MATTER_PERCENT).contains(&elsewhere), "{elsewhere}");
        assert!(percent(new, "自来水管爆裂三周了") < SORT_PERCENT);
        assert_eq!(percent("停水", "停电"), 0);
        assert_eq!(percent("停水", ""), 0);
    }

    #[test]
    fn a_title_without_words_has_no_candidates() {
        assert!(questions(&[], Some("东门")).is_empty());
        let asked = questions(&bihuan_text::tokens("路灯不亮"), Some("东门"));
        assert_eq!(asked.last(), Some(&vec!["东门".to_owned()]));
        assert!(asked.len() > 1);
    }
}
