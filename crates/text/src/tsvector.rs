//! Tokens in the written form of PostgreSQL's text search types.
//!
//! The tokens are cut by us, so both texts are cast to their type as they stand; no configuration, parser or
//! dictionary of the database touches them.

use crate::token::is_single_han;

/// The bytes that the tokens of one `tsvector` may have together.
///
/// Source: PostgreSQL manual, 12.11 "Limitations": the length of a tsvector must be less than 1 megabyte.
const MAX_BYTES: usize = (1 << 20) - 1;

/// Returns the `tsvector` of a text with this [`document`](crate::document). What a `tsvector` cannot hold of an
/// endless text is left out, as [`MAX_TOKENS`](crate::MAX_TOKENS) does, and not found by search.
pub fn tsvector(document: &str) -> String {
    let mut vector = String::new();
    for token in lexemes(document) {
        if !vector.is_empty() {
            vector.push(' ');
        }
        push_quoted(&mut vector, token);
    }
    vector
}

/// Returns the tokens of a [`document`](crate::document) that its [`tsvector`] holds, as often as they are there.
pub fn lexemes(document: &str) -> impl Iterator<Item = &str> {
    let mut bytes = 0;
    document.split_terminator(' ').take_while(move |token| {
        bytes += token.len();
        bytes <= MAX_BYTES
    })
}

/// Returns the `tsquery` that finds the texts holding all of these
/// [`query_tokens`](crate::query_tokens). For none it is empty, which finds nothing.
pub fn tsquery(tokens: &[String]) -> String {
    let mut query = String::new();
    for token in tokens {
        if !query.is_empty() {
            query.push_str(" & ");
        }
        push_quoted(&mut query, token);
        if is_single_han(token) {
            query.push_str(":*");
        }
    }
    query
}

/// Adds a token in quotes. Neither a quote nor a backslash can be in a token of ours; doubling them keeps a
/// stranger's token from being syntax.
fn push_quoted(text: &mut String, token: &str) {
    text.push('\'');
    for character in token.chars() {
        if matches!(character, '\'' | '\\') {
            text.push(character);
        }
        text.push(character);
    }
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(tokens: &[&str]) -> Vec<String> {
        tokens.iter().map(|token| (*token).to_owned()).collect()
    }

    #[test]
    fn the_lexemes_of_a_document_are_those_of_its_vector() {
        let long = "a".repeat(MAX_BYTES - 3);
        let document = format!("税 {long} b");
        assert_eq!(lexemes(&document).collect::<Vec<_>>(), ["税", &long]);
        assert_eq!(tsvector(&document), format!("'税' '{long}'"));
    }

    #[test]
    fn every_token_is_quoted() {
        assert_eq!(tsvector("噪音 税 or"), "'噪音' '税' 'or'");
        assert_eq!(tsvector("a'b\\"), "'a''b\\\\'");
        assert_eq!(tsvector(""), "");
    }

    #[test]
    fn a_query_asks_for_all_and_a_single_character_is_a_beginning() {
        assert_eq!(tsquery(&owned(&["噪音", "税", "or"])), "'噪音' & '税':* & 'or'");
        assert_eq!(tsquery(&owned(&["a'b"])), "'a''b'");
        assert_eq!(tsquery(&[]), "");
    }

    #[test]
    fn a_vector_does_not_outgrow_what_the_type_holds() {
        let tokens: Vec<String> = (0..8_192).map(|n| format!("{n:0>256}")).collect();
        let kept = tsvector(&tokens.join(" ")).split(' ').count();
        assert_eq!(kept, MAX_BYTES / 256);
    }
}
