//! Words that raise an alarm.

use aho_corasick::AhoCorasick;

use crate::fold::{fold, is_han};

/// Listens for groups of words: made once, asked of every text, in one pass whatever the number of words.
#[derive(Debug, Clone)]
pub struct Ear {
    words: AhoCorasick,
    /// For each word its group.
    groups: Vec<usize>,
    group_count: usize,
}

/// The words together are larger than the automaton's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyWords;

impl Ear {
    /// Makes an ear for these groups of words; empty words are never heard.
    ///
    /// # Errors
    /// [`TooManyWords`] beyond some hundred megabytes of words.
    pub fn of<'a, G>(groups: impl IntoIterator<Item = G>) -> Result<Ear, TooManyWords>
    where
        G: IntoIterator<Item = &'a str>,
    {
        let (mut words, mut of_word, mut group_count) = (Vec::new(), Vec::new(), 0);
        for group in groups {
            for word in group.into_iter().map(folded).filter(|word| !word.is_empty()) {
                words.push(word);
                of_word.push(group_count);
            }
            group_count += 1;
        }
        Ok(Ear {
            words: AhoCorasick::new(words).map_err(|_size| TooManyWords)?,
            groups: of_word,
            group_count,
        })
    }

    /// Returns the groups, in their order, of which `text` holds a word, whatever the width and case of
    /// the letters and however spaces stand between Chinese characters.
    ///
    /// A word that begins or ends with a letter or digit must not be part of a longer one: `110` is not in
    /// `13110`.
    pub fn hear(&self, text: &str) -> Vec<usize> {
        let text = folded(text);
        let mut heard = vec![false; self.group_count];
        for found in self.words.find_overlapping_iter(&text) {
            let group = &mut heard[self.groups[found.pattern().as_usize()]];
            *group = *group || stands_alone(&text, found.start(), found.end());
        }
        (0..self.group_count).filter(|group| heard[*group]).collect()
    }
}

/// Folds a text and drops the spaces beside Chinese characters, which are often typed to slip by.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut space, mut after_han) = (false, true);
    for c in text.chars().map(fold) {
        let han = is_han(c);
        if !han && c.is_whitespace() {
            space = true;
            continue;
        }
        if space && !han && !after_han {
            out.push(' ');
        }
        (space, after_han) = (false, han);
        out.push(c);
    }
    out
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at..].chars().next();
        before.is_some_and(is_word) && after.is_some_and(is_word)
    };
    !joins(start) && !joins(end)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One group a word, so that each is heard by itself.
    fn heard<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
        let ear = Ear::of(words.iter().map(|word| [*word])).expect("few words");
        ear.hear(text).into_iter().map(|at| words[at]).collect()
    }

    const WORDS: [&str; 5] = ["着火", "煤气泄漏", "fire", "110", "ｏｎ Fire"];

    #[test]
    fn an_alarm_word_is_found_in_any_spelling() {
        assert_eq!(heard("楼下着火了", &WORDS), ["着火"]);
        assert_eq!(heard("煤 气　泄漏", &WORDS), ["煤气泄漏"]);
        assert_eq!(heard("there is a ＦＩＲＥ here", &WORDS), ["fire"]);
        assert_eq!(heard("请打１１０", &WORDS), ["110"]);
    }

    #[test]
    fn words_within_words_are_all_heard_in_the_order_of_their_groups() {
        assert_eq!(heard("on  fire，着火", &WORDS), ["着火", "fire", "ｏｎ Fire"]);
    }

    #[test]
    fn a_part_of_a_longer_word_or_number_is_not_it() {
        assert_eq!(heard("firefox 13110", &WORDS), [""; 0]);
        assert_eq!(heard("fi re", &WORDS), [""; 0]);
        assert_eq!(heard("噪音", &WORDS), [""; 0]);
        // The second one stands alone.
        assert_eq!(heard("13110 110", &WORDS), ["110"]);
    }

    #[test]
    fn an_empty_word_is_never_held() {
        assert_eq!(heard("噪音", &["", " "]), [""; 0]);
        assert_eq!(heard("", &WORDS), [""; 0]);
    }

    #[test]
    fn one_word_of_a_group_raises_it_once() {
        let ear = Ear::of([vec!["火", "着火"], vec!["水"]]).expect("few words");
        assert_eq!(ear.hear("着火，着火"), [0]);
        assert_eq!(ear.hear("水火"), [0, 1]);
    }
}
