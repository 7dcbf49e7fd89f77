//! What looks like the same matter, reported before and still open.
//!
//! The index is asked for open cases that hold some two neighbouring pieces of the new title, or one of
//! them and the place; those that share most of the title come first. It is a question to whoever
//! registers, never a decision.

use std::collections::BTreeSet;

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, Predicate};
use bihuan_core::permission::READ;
use bihuan_store::read::case::CaseView;
use bihuan_store::read::list::{ListRow, Listing, Sort, SortBy};

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::staff::line::Line;

/// How many are shown.
const SHOWN: usize = 5;
/// How many of the newest candidates are compared.
const COMPARED: usize = 200;
/// The share of the new title's pieces that a title must hold, in percent.
const LEAST_PERCENT: usize = 40;

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
    let pieces = pieces(new);
    let Some(candidates) = candidates(&pieces, new.case.place.and_then(|place| new.text(place))) else {
        return Ok(Vec::new());
    };
    let open = Checked::Is(Predicate::Flag(Flag::Open));
    let filter = Checked::and(vec![access::scope(ctx, READ)?, open, candidates]);
    let read = ctx.tenant.read(move |reader| {
        let sort = Sort {
            by: SortBy::Raised,
            descending: true,
        };
        reader.list(&Listing {
            filter: &filter,
            sort,
            after: None,
            limit: COMPARED,
        })
    });
    let rows = read.await?.rows;
    let own = new.case.id;
    Ok(ranked(rows.into_iter().filter(|row| row.id != own), &pieces))
}

/// Returns the pieces of a case's title.
fn pieces(case: &CaseView) -> Vec<String> {
    bihuan_text::tokens(case.text(case.case.title).unwrap_or_default())
}

/// Returns the filter of what may be alike; `None` where the title holds too little to say.
fn candidates(pieces: &[String], place: Option<&str>) -> Option<Checked> {
    let holds = |tokens: Vec<String>| Checked::Is(Predicate::Text(tokens));
    let mut ways: Vec<Checked> = pieces.windows(2).map(|pair| holds(pair.to_vec())).collect();
    let place = place
        .map(bihuan_text::query_tokens)
        .filter(|tokens| !tokens.is_empty());
    if let Some(place) = place {
        let any = pieces.iter().map(|piece| holds(vec![piece.clone()])).collect();
        ways.push(Checked::and(vec![holds(place), Checked::or(any)]));
    }
    (!ways.is_empty()).then(|| Checked::or(ways))
}

fn ranked(rows: impl Iterator<Item = ListRow>, pieces: &[String]) -> Vec<ListRow> {
    let mut scored: Vec<(usize, ListRow)> = rows
        .map(|row| {
            (
                shared_percent(row.title.as_deref().unwrap_or_default(), pieces),
                row,
            )
        })
        .filter(|(percent, _)| *percent >= LEAST_PERCENT)
        .collect();
    // A stable sort keeps the newer first between equals.
    scored.sort_by_key(|(percent, _)| std::cmp::Reverse(*percent));
    scored.into_iter().take(SHOWN).map(|(_, row)| row).collect()
}

/// Returns the share of `pieces` that a title holds, in percent.
fn shared_percent(title: &str, pieces: &[String]) -> usize {
    let held: BTreeSet<String> = bihuan_text::tokens(title).into_iter().collect();
    let shared = pieces.iter().filter(|piece| held.contains(*piece)).count();
    shared * 100 / pieces.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(new: &str, old: &str) -> usize {
        shared_percent(old, &bihuan_text::tokens(new))
    }

    #[test]
    fn the_same_matter_in_other_words_is_alike_and_another_is_not() {
        assert!(percent("东门小区外路灯不亮", "东门小区路灯不亮三周了") >= LEAST_PERCENT);
        assert!(percent("东门小区外路灯不亮", "自来水管爆裂") < LEAST_PERCENT);
    }

    #[test]
    fn a_title_without_words_has_no_candidates() {
        assert_eq!(candidates(&[], None), None);
        assert!(candidates(&bihuan_text::tokens("路灯不亮"), Some("东门")).is_some());
    }
}
