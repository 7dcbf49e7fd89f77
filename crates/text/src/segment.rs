//! The dictionary that cuts Chinese into words.

use std::sync::OnceLock;

use jieba_rs::Jieba;

static DICTIONARY: OnceLock<Jieba> = OnceLock::new();

/// Loads the dictionary now, so that the first search does not wait for it (about a fifth of a second).
pub fn load() {
    DICTIONARY.get_or_init(Jieba::new);
}

/// Cuts a run of folded Chinese characters into words, in order, without a gap.
///
/// Words that the dictionary does not know are not guessed: a guessed word would only join characters
/// that the two-character pieces join anyway.
pub(crate) fn cut(run: &str) -> Vec<&str> {
    let dictionary = DICTIONARY.get_or_init(Jieba::new);
    dictionary
        .cut(run, false)
        .into_iter()
        .map(|token| token.word)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_into_its_words_without_a_gap() {
        let words = cut("居民楼夜间施工噪音扰民");
        assert_eq!(words.concat(), "居民楼夜间施工噪音扰民");
        assert!(words.contains(&"噪音"), "{words:?}");
        assert!(words.contains(&"居民楼"), "{words:?}");
    }
}
