//! Words that raise an alarm.

use crate::fold::{fold, is_han};

/// A text as it is listened to for alarms: folded once, asked for many words.
#[derive(Debug, Clone)]
pub struct Heard(String);

impl Heard {
    /// Folds a text.
    pub fn of(text: &str) -> Heard {
        Heard(folded(text))
    }

    /// Returns the first of `words` that the text holds, whatever the width and case of the letters and
    /// however spaces stand between Chinese characters.
    ///
    /// A word that begins or ends with a letter or digit must not be part of a longer one: `110` is not in
    /// `13110`. Empty words are never held.
    pub fn any_of<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let text = &self.0;
        words.into_iter().find(|word| {
            let word = folded(word);
            !word.is_empty()
                && text
                    .match_indices(&word)
                    .any(|(at, _)| stands_alone(text, at, &word))
        })
    }
}

/// Folds a text and drops the spaces beside Chinese characters, which are often typed to slip by.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars().map(fold) {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if space && !is_han(c) && out.chars().last().is_some_and(|last| !is_han(last)) {
            out.push(' ');
        }
        space = false;
        out.push(c);
    }
    out
}

fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| match (a, b) {
        (Some(a), Some(b)) => is_word(a) && is_word(b),
        (None, _) | (_, None) => false,
    };
    let before = text[..at].chars().next_back();
    let after = text[at + word.len()..].chars().next();
    !joins(before, word.chars().next()) && !joins(word.chars().next_back(), after)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        Heard::of(text).any_of(words)
    }

    const WORDS: [&str; 4] = ["着火", "煤气泄漏", "fire", "110"];

    #[test]
    fn an_alarm_word_is_found_in_any_spelling() {
        assert_eq!(heard("楼下着火了", WORDS), Some("着火"));
        assert_eq!(heard("煤 气　泄漏", WORDS), Some("煤气泄漏"));
        assert_eq!(heard("there is a ＦＩＲＥ here", WORDS), Some("fire"));
        assert_eq!(heard("请打１１０", WORDS), Some("110"));
    }

    #[test]
    fn a_part_of_a_longer_word_or_number_is_not_it() {
        assert_eq!(heard("firefox 13110", WORDS), None);
        assert_eq!(heard("fi re", WORDS), None);
        assert_eq!(heard("噪音", WORDS), None);
    }

    #[test]
    fn an_empty_word_is_never_held() {
        assert_eq!(heard("噪音", ["", " "]), None);
    }
}
