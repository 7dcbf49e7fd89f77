//! The tokens that a text is indexed by: its search document, written one after the other into one buffer.
//!
//! Every report passes here on its way in, so nothing is allocated for a token: what was seen is kept as
//! packed numbers, and a word is compared where it stands in the document.

use crate::fold::{RunKind, fold, kind_of};
use crate::token::{MAX_TOKENS, MAX_WORD_CHARS};

/// Returns the distinct [`tokens`] of several texts in order of first appearance, joined by
/// spaces, as the search index reads them. No token reaches from one text into the next.
pub fn document<'a>(texts: impl IntoIterator<Item = &'a str, IntoIter: Clone>) -> String {
    let texts = texts.into_iter();
    let bytes: usize = texts.clone().map(str::len).sum();
    let mut writer = Writer::with_room_for(bytes);
    for text in texts {
        for c in text.chars().map(fold) {
            writer.take(c);
        }
        writer.end_run();
        if writer.seen.count >= MAX_TOKENS {
            break;
        }
    }
    writer.out
}

/// Returns the tokens that `text` is indexed by: no doubles, in order of first appearance, at most
/// [`MAX_TOKENS`].
///
/// A token is either two neighbouring Chinese characters, or the last Chinese character of a run (so
/// that a single character is found by its beginning, see [`holds`](crate::holds)), or a word of small letters and
/// digits. None holds a space, a mark or a quote, so they are safe to join by spaces.
pub fn tokens(text: &str) -> Vec<String> {
    // No token is empty, so an empty document splits into nothing.
    let document = document([text]);
    document.split_terminator(' ').map(str::to_owned).collect()
}

/// Where the writer stands.
#[derive(Debug, Clone, Copy)]
enum Open {
    /// Between two runs.
    Nothing,
    /// In a Chinese run, whose last character waits for the one that makes a pair of it.
    Han(char),
    /// In a word, which stands at the end of the document from this byte on, with so many characters.
    Word { start: usize, chars: usize },
}

struct Writer {
    out: String,
    seen: Seen,
    open: Open,
}

impl Writer {
    fn with_room_for(bytes: usize) -> Writer {
        // A Chinese character has three bytes and makes a token of six with a space.
        let characters = bytes / 3 + 1;
        Writer {
            out: String::with_capacity(characters * 7),
            seen: Seen::with_room_for(characters.min(MAX_TOKENS)),
            open: Open::Nothing,
        }
    }

    /// Takes the next folded character.
    fn take(&mut self, c: char) {
        match (self.open, kind_of(c)) {
            (Open::Han(first), Some(RunKind::Han)) => {
                self.push_piece(first, Some(c));
                self.open = Open::Han(c);
            }
            (Open::Word { start, chars }, Some(RunKind::Word)) => {
                if chars < MAX_WORD_CHARS {
                    self.out.push(c);
                }
                self.open = Open::Word {
                    start,
                    chars: chars + 1,
                };
            }
            (_, kind) => {
                self.end_run();
                self.begin_run(c, kind);
            }
        }
    }

    fn begin_run(&mut self, c: char, kind: Option<RunKind>) {
        self.open = match kind {
            None => Open::Nothing,
            Some(RunKind::Han) => Open::Han(c),
            Some(RunKind::Word) => {
                self.separate();
                let start = self.out.len();
                self.out.push(c);
                Open::Word { start, chars: 1 }
            }
        };
    }

    /// Ends the run that is open: its last piece or its word is complete.
    fn end_run(&mut self) {
        match self.open {
            Open::Nothing => {}
            Open::Han(last) => self.push_piece(last, None),
            Open::Word { start, .. } => {
                if self.seen.is_full() || !self.seen.insert_word(&self.out, start) {
                    // It stands there already, or there is no room: it and its space go again.
                    self.out.truncate(start.saturating_sub(1));
                }
            }
        }
        self.open = Open::Nothing;
    }

    /// Writes one or two Chinese characters, if they are new.
    fn push_piece(&mut self, first: char, second: Option<char>) {
        if !self.seen.is_full() && self.seen.insert_piece(first, second) {
            self.separate();
            self.out.push(first);
            self.out.extend(second);
        }
    }

    fn separate(&mut self) {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
    }
}

/// One seen token. Zero is an empty place.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// A piece as its two characters side by side; a word as its hash, with the highest bit set.
    key: u64,
    /// Where a word stands in the document, which is far shorter than four gigabytes: it is bounded in
    /// tokens, and each of them in characters.
    word: (u32, u32),
}

/// Marks the key of a word. Characters have 21 bits, so no piece reaches this bit.
const WORD: u64 = 1 << 63;

/// The tokens seen so far: a table with open addressing.
struct Seen {
    slots: Vec<Slot>,
    count: usize,
}

impl Seen {
    fn with_room_for(tokens: usize) -> Seen {
        // Half empty at most full, so that places are found in a step or two.
        Seen {
            slots: vec![Slot::default(); (tokens * 2).next_power_of_two().max(64)],
            count: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.count >= MAX_TOKENS
    }

    /// Notes a piece; tells whether it is new.
    fn insert_piece(&mut self, first: char, second: Option<char>) -> bool {
        let key = u64::from(u32::from(first)) << 32 | second.map_or(0, |second| u64::from(u32::from(second)));
        self.insert(Slot { key, word: (0, 0) }, |_| true)
    }

    /// Notes the word that ends `document` and begins at `start`; tells whether it is new.
    fn insert_word(&mut self, document: &str, start: usize) -> bool {
        let place = (start as u32, document.len() as u32);
        let text = |(from, to): (u32, u32)| &document.as_bytes()[from as usize..to as usize];
        let hash = text(place).iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let slot = Slot {
            key: hash | WORD,
            word: place,
        };
        self.insert(slot, |held| text(held.word) == text(place))
    }

    fn insert(&mut self, new: Slot, same: impl Fn(&Slot) -> bool) -> bool {
        if self.count * 2 >= self.slots.len() {
            self.grow();
        }
        let last = self.slots.len() - 1;
        let mut at = place_of(new.key, self.slots.len());
        loop {
            let held = &mut self.slots[at];
            if held.key == 0 {
                *held = new;
                self.count += 1;
                return true;
            }
            if held.key == new.key && same(held) {
                return false;
            }
            at = (at + 1) & last;
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![Slot::default(); old.len() * 2];
        let last = self.slots.len() - 1;
        for slot in old.into_iter().filter(|slot| slot.key != 0) {
            let mut at = place_of(slot.key, self.slots.len());
            while self.slots[at].key != 0 {
                at = (at + 1) & last;
            }
            self.slots[at] = slot;
        }
    }
}

/// Returns where to look first: the high bits of a multiplicative hash; `places` is a power of two.
fn place_of(key: u64, places: usize) -> usize {
    // The golden ratio spreads neighbouring keys (Knuth, The Art of Computer Programming 3, 6.4).
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - places.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::fold::runs;
    use crate::token::word;

    /// The tokens as their definition says, without regard to cost.
    fn by_definition(texts: &[&str]) -> String {
        let mut seen = HashSet::new();
        let mut tokens: Vec<String> = Vec::new();
        for run in texts.iter().flat_map(|text| runs(text)) {
            let found: Vec<String> = match run.kind {
                RunKind::Word => vec![word(&run)],
                RunKind::Han => {
                    let chars: Vec<char> = run.chars.iter().map(|(c, _)| *c).collect();
                    let pairs = chars.windows(2).map(|pair| pair.iter().collect());
                    pairs.chain(chars.last().map(char::to_string)).collect()
                }
            };
            tokens.extend(found.into_iter().filter(|token| seen.insert(token.clone())));
        }
        tokens.truncate(MAX_TOKENS);
        tokens.join(" ")
    }

    #[test]
    fn a_document_is_the_distinct_tokens_in_their_order() {
        assert_eq!(
            document(["Ａ3区噪音，噪音！", "12345热线 a3"]),
            "a3 区噪 噪音 音 12345 热线 线"
        );
        assert_eq!(document(["，。！"]), "");
    }

    #[test]
    fn no_token_reaches_into_the_next_text() {
        assert_eq!(document(["噪", "音"]), "噪 音");
        assert_eq!(document(["wi", "fi"]), "wi fi");
    }

    #[test]
    fn a_word_that_comes_again_leaves_nothing_behind() {
        assert_eq!(document(["wifi wifi 噪 wifi"]), "wifi 噪");
        assert_eq!(document(["wifi,wifi"]), "wifi");
    }

    #[test]
    fn a_document_is_bounded_whatever_it_ends_with() {
        let long: String = ('\u{4e00}'..='\u{9fff}').collect::<String>() + " word";
        assert_eq!(document([long.as_str()]).split(' ').count(), MAX_TOKENS);
    }

    fn text() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            6 => prop::sample::select("小区噪音扰民A3wWｆ９ é,".chars().collect::<Vec<_>>()),
            1 => any::<char>(),
        ];
        prop::collection::vec(character, 0..200).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_document_is_what_its_definition_says(one in text(), two in text()) {
            prop_assert_eq!(document([one.as_str(), &two]), by_definition(&[&one, &two]));
        }
    }
}
