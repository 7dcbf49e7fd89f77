//! Cases by their number and by their words, within what the visitor may read.

use bihuan_core::filter::{self, Ast, Checked, Span, Term, Test};
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::{Sort, SortBy};

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::query::with_scene;
use crate::staff::asked;
use crate::staff::ledger::place::Place;

/// The fewest characters of a number that are looked for.
const NUMBER_CHARS: usize = 3;

/// Cases that were found.
#[derive(Default)]
pub struct Cases {
    /// Those whose number begins so.
    pub numbered: Vec<ListRow>,
    /// Those whose text holds the words, the newest first.
    pub worded: Vec<ListRow>,
    /// The words as they are looked for, to be marked.
    pub tokens: Vec<String>,
}

/// Returns the cases that a text means: at most `most` of each sort.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn find(ctx: &Ctx, text: &str, most: usize) -> Result<Cases, WebError> {
    let tokens = bihuan_text::query_tokens(text);
    let number = number(text).map(Test::NumberStarts);
    let words = (!tokens.is_empty()).then(|| Test::Text(text.to_owned()));
    let scope = access::scope(ctx, READ)?;
    let within = |test: Option<Test>| {
        let checked = with_scene(ctx, |scene| filter::check(&term(test?), scene).ok())?;
        Some(Checked::and(vec![scope.clone(), checked]))
    };
    let (numbered, worded) = (within(number), within(words));
    let read = ctx.tenant.read(move |reader| {
        let list = |filter: Option<&Checked>, by, descending| {
            let Some(filter) = filter else {
                return Ok(Vec::new());
            };
            let sort = Sort { by, descending };
            let listing = Listing {
                filter,
                sort,
                after: None,
                limit: most,
            };
            Ok::<_, StoreError>(reader.list(&listing)?.rows)
        };
        let numbered = list(numbered.as_ref(), SortBy::Number, false)?;
        let worded = list(worded.as_ref(), SortBy::Raised, true)?;
        Ok::<_, StoreError>((numbered, worded))
    });
    let (numbered, worded) = read.await?;
    Ok(Cases {
        worded: worded
            .into_iter()
            .filter(|row| numbered.iter().all(|other| other.id != row.id))
            .collect(),
        numbered,
        tokens,
    })
}

/// Returns the ledger under the words.
pub fn ledger(ctx: &Ctx, text: &str) -> String {
    let words = term(Test::Text(text.to_owned()));
    Place::default()
        .with_filter(asked::print(words, ctx.tongue.0))
        .href()
}

fn term(test: Test) -> Ast {
    let span = Span::default();
    Ast::Term(Term { span, test })
}

/// Returns a text as the beginning of a number, where it can be one: it holds a digit and nothing but what
/// numbers are made of.
fn number(text: &str) -> Option<String> {
    let number = bihuan_text::folded(text.trim()).to_ascii_uppercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_number = number.len() >= NUMBER_CHARS
        && number.chars().all(fits)
        && number.chars().any(|c| c.is_ascii_digit());
    is_number.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_a_digit_and_is_read_in_full_width_too() {
        assert_eq!(number(" bh2026-1 ").as_deref(), Some("BH2026-1"));
        assert_eq!(number("ＢＨ２０").as_deref(), Some("BH20"));
        for text in ["路灯", "works", "12", "3 号楼", ""] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
