//! Tokens in the written form of SQLite's FTS5. A text goes into the table as its
//! [`document`](crate::document).

use crate::token::is_single_han;

/// The tokenizer that a table must be made with: `CREATE VIRTUAL TABLE … USING fts5(…, tokenize = 'ascii')`.
///
/// It splits at ASCII marks and spaces only and takes every other character as part of a word, so each
/// of our tokens stays whole. `unicode61` would drop Chinese characters newer than its tables, and strip
/// accents. Tokens need no positions: `detail = 'none'` keeps the index small.
pub const FTS5_TOKENIZER: &str = "ascii";

/// Returns the `MATCH` text that finds the texts holding all of these
/// [`query_tokens`](crate::query_tokens). For none it is an empty phrase, which finds nothing.
pub fn fts_query(tokens: &[String]) -> String {
    if tokens.is_empty() {
        return "\"\"".to_owned(); // An empty text would be a syntax error.
    }
    let quoted = tokens.iter().map(|token| {
        // A quote cannot be in a token of ours; doubling it keeps a stranger's token from being syntax.
        let quoted = format!("\"{}\"", token.replace('"', "\"\""));
        if is_single_han(token) {
            quoted + "*"
        } else {
            quoted
        }
    });
    quoted.collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_quoted_and_a_single_character_is_a_beginning() {
        let tokens = ["噪音".to_owned(), "税".to_owned(), "or".to_owned()];
        assert_eq!(fts_query(&tokens), "\"噪音\" AND \"税\"* AND \"or\"");
        assert_eq!(fts_query(&["a\"b".to_owned()]), "\"a\"\"b\"");
        assert_eq!(fts_query(&[]), "\"\"");
    }
}
