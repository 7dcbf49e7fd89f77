//! Tokens of a text and of a search text.

use std::collections::HashSet;

use crate::fold::{Run, RunKind, is_han, runs};
use crate::segment::cut;

/// The most tokens that one text is indexed by; what comes after is not found by search.
pub const MAX_TOKENS: usize = 8_192;

/// The most tokens that one search text is looked up by; the rest of it is left out.
pub const MAX_QUERY_TOKENS: usize = 32;

/// The longest word of letters and digits that is kept whole, in characters; longer ones are cut there.
pub(crate) const MAX_WORD_CHARS: usize = 64;

/// Returns the tokens that a text must all hold to be found by the search text `query`.
///
/// Chinese is cut into words; a word of several characters is asked for by its two-character pieces.
/// Single characters between words (的, 在, 很) are left out; a run of only such words is asked for as it
/// stands, and a character that stands alone by itself. Empty where `query` holds nothing to search for.
pub fn query_tokens(query: &str) -> Vec<String> {
    let mut found = Collected::new(MAX_QUERY_TOKENS);
    for run in runs(query) {
        match run.kind {
            RunKind::Word => found.push(word(&run)),
            RunKind::Han => query_run(&run.text(), &mut found),
        }
    }
    found.list
}

fn query_run(run: &str, found: &mut Collected) {
    let mut characters = run.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        found.push_piece(only, None);
        return;
    }
    let words: Vec<&str> = cut(run)
        .into_iter()
        .filter(|word| word.chars().nth(1).is_some())
        .collect();
    let asked = if words.is_empty() { vec![run] } else { words };
    for word in asked {
        for (first, second) in word.chars().zip(word.chars().skip(1)) {
            found.push_piece(first, Some(second));
        }
    }
}

/// Tells whether a text with the tokens `document` is found by the tokens `query`: the meaning that
/// [`fts_query`](crate::fts_query) has in the database.
///
/// All of `query` must be there; a single Chinese character is there if a token begins with it. An
/// empty `query` finds nothing.
pub fn holds(document: &HashSet<String>, query: &[String]) -> bool {
    !query.is_empty()
        && query.iter().all(|token| {
            document.contains(token)
                || is_single_han(token) && document.iter().any(|held| held.starts_with(token.as_str()))
        })
}

/// Tells whether `token` is one Chinese character, which is looked up by its beginning.
pub(crate) fn is_single_han(token: &str) -> bool {
    let mut characters = token.chars();
    characters.next().is_some_and(is_han) && characters.next().is_none()
}

/// Returns the token of a run of letters and digits.
pub(crate) fn word(run: &Run) -> String {
    run.chars.iter().take(MAX_WORD_CHARS).map(|(c, _)| *c).collect()
}

/// Tokens in order of first appearance, up to a bound.
struct Collected {
    list: Vec<String>,
    words: HashSet<String>,
    /// Pieces of Chinese, most of all tokens: seen without making a text of each.
    pieces: HashSet<(char, Option<char>)>,
    limit: usize,
}

impl Collected {
    fn new(limit: usize) -> Self {
        Collected {
            list: Vec::new(),
            words: HashSet::new(),
            pieces: HashSet::new(),
            limit,
        }
    }

    fn is_full(&self) -> bool {
        self.list.len() >= self.limit
    }

    fn push(&mut self, token: String) {
        if !self.is_full() && !self.words.contains(&token) {
            self.words.insert(token.clone());
            self.list.push(token);
        }
    }

    /// Pushes one or two Chinese characters.
    fn push_piece(&mut self, first: char, second: Option<char>) {
        if !self.is_full() && self.pieces.insert((first, second)) {
            self.list
                .push([Some(first), second].into_iter().flatten().collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tokens;

    fn found(text: &str, query: &str) -> bool {
        holds(&tokens(text).into_iter().collect(), &query_tokens(query))
    }

    #[test]
    fn a_text_is_indexed_by_pairs_and_words() {
        assert_eq!(
            tokens("Ａ3区噪音，噪音！12345热线"),
            ["a3", "区噪", "噪音", "音", "12345", "热线", "线"]
        );
    }

    #[test]
    fn a_question_is_cut_into_words_and_leaves_particles_out() {
        assert_eq!(query_tokens("小区的噪音"), ["小区", "噪音"]);
        assert_eq!(query_tokens("居民楼"), ["居民", "民楼"]);
        assert_eq!(query_tokens("A3区"), ["a3", "区"]);
    }

    #[test]
    fn words_of_a_question_need_not_be_neighbours() {
        assert!(found("夜间施工，噪音很大，严重扰民", "噪音扰民"));
        assert!(!found("夜间施工，噪音很大", "噪音扰民"));
    }

    #[test]
    fn a_single_character_finds_it_anywhere_in_a_run() {
        for text in ["税务局", "交税", "个税"] {
            assert!(found(text, "税"), "{text}");
        }
        assert!(!found("供暖", "税"));
    }

    #[test]
    fn a_run_of_single_character_words_is_asked_for_as_it_stands() {
        assert_eq!(query_tokens("很吵"), ["很吵"]);
    }

    #[test]
    fn a_question_without_words_finds_nothing() {
        assert_eq!(query_tokens(" ，。\"*()"), Vec::<String>::new());
        assert!(!found("噪音", "！"));
    }

    #[test]
    fn numbers_of_tokens_are_bounded() {
        let long: String = ('\u{4e00}'..='\u{9fff}').collect();
        assert_eq!(tokens(&long).len(), MAX_TOKENS);
        assert_eq!(query_tokens(&long).len(), MAX_QUERY_TOKENS);
        assert_eq!(tokens(&"a".repeat(1_000))[0].len(), MAX_WORD_CHARS);
    }

    #[test]
    fn width_and_case_do_not_matter() {
        assert!(found("ＷＩＦＩ信号差", "wifi"));
        assert!(found("wifi信号差", "ＷｉＦｉ 信号"));
    }
}
