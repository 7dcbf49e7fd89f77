//! How names are spelled in pinyin 拼音, for whoever types them without an input method.

use ::pinyin::ToPinyin;

use crate::fold::fold;

/// A name in Latin letters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelled {
    /// The first letter of each character: `住建局` as `zjj`.
    pub initials: String,
    /// All letters: `zhujianju`.
    pub whole: String,
}

/// Spells a name. Letters and digits stand for themselves, everything else is left out; a character with
/// several readings is spelled by its most common one.
pub fn spelled(name: &str) -> Spelled {
    let mut spelled = Spelled::default();
    for character in name.chars().map(fold) {
        if character.is_alphanumeric() && character.is_ascii() {
            spelled.initials.push(character);
            spelled.whole.push(character);
        } else if let Some(reading) = character.to_pinyin() {
            let plain = reading.plain();
            spelled.initials.extend(plain.chars().next().map(unaccented));
            spelled.whole.extend(plain.chars().map(unaccented));
        }
    }
    spelled
}

/// Folds a text as names are folded: small letters, half width.
pub fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Writes `ü` as keyboards do.
fn unaccented(letter: char) -> char {
    if letter == 'ü' { 'v' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_by_their_first_letters_and_by_all() {
        let found = spelled("住建局");
        assert_eq!(
            (found.initials.as_str(), found.whole.as_str()),
            ("zjj", "zhujianju")
        );
        assert_eq!(spelled("绿化３队").initials, "lh3d");
        assert_eq!(spelled("绿化").whole, "lvhua");
        assert_eq!(spelled("（）· "), Spelled::default());
    }

    #[test]
    fn full_width_and_capital_letters_are_the_same_as_plain_ones() {
        assert_eq!(folded("ＨＬ－０1 Abc"), "hl-01 abc");
    }
}
