//! Texts: what people write is mostly Chinese, of which UTF-8 makes three bytes a character and this form two.
//!
//! A text is short and has a frame of its own, so there is nothing that compressing could learn from; and what
//! somebody else wrote must never be the dictionary for it.

/// What no UTF-8 begins with: the text follows in the form of this module.
const NARROW: u8 = 0xFF;

/// Two bytes with the highest bit set stand for the 32,768 characters from here on: the ideographs in common
/// use, and their punctuation.
const COMMON: u32 = 0x2000;
const COMMON_END: u32 = COMMON + 0x8000;
/// Before a byte: a character of the block of full-width forms.
const WIDE: u8 = 1;
const WIDE_FORMS: u32 = 0xFF00;
/// Before three bytes: any other character.
const OTHER: u8 = 2;

/// Returns the bytes that are sealed for a text.
pub(crate) fn narrow(text: &str) -> Vec<u8> {
    let mut narrow = Vec::with_capacity(text.len() + 1);
    narrow.push(NARROW);
    for character in text.chars() {
        let code = u32::from(character);
        let [_, high, middle, low] = code.to_be_bytes();
        match code {
            3..0x80 => narrow.push(low),
            COMMON..COMMON_END => narrow.extend(((code - COMMON) as u16 | 0x8000).to_be_bytes()),
            WIDE_FORMS..0x1_0000 => narrow.extend([WIDE, low]),
            _ => narrow.extend([OTHER, high, middle, low]),
        }
        if narrow.len() >= text.len() {
            return text.as_bytes().to_vec();
        }
    }
    match text.is_empty() {
        true => Vec::new(),
        false => narrow,
    }
}

/// Returns the text of sealed bytes; `None` where they are none.
pub(crate) fn widen(sealed: &[u8]) -> Option<String> {
    let Some((&NARROW, mut rest)) = sealed.split_first() else {
        return std::str::from_utf8(sealed).ok().map(str::to_owned);
    };
    let mut text = String::with_capacity(rest.len() + rest.len() / 2);
    while let Some((&byte, after)) = rest.split_first() {
        let (code, after) = match (byte, after) {
            (WIDE, [low, after @ ..]) => (WIDE_FORMS | u32::from(*low), after),
            (OTHER, [high, middle, low, after @ ..]) => {
                (u32::from_be_bytes([0, *high, *middle, *low]), after)
            }
            (0x80.., [low, after @ ..]) => {
                let place = u16::from_be_bytes([byte & 0x7F, *low]);
                (COMMON + u32::from(place), after)
            }
            (3..0x80, after) => (u32::from(byte), after),
            (0..=OTHER | 0x80.., _) => return None,
        };
        text.push(char::from_u32(code)?);
        rest = after;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chinese_text_takes_two_bytes_a_character() {
        let text = "路灯坏了，晚上看不见路。编号12";
        assert_eq!(text.len(), 44);
        assert_eq!(narrow(text).len(), 31);
        assert_eq!(widen(&narrow(text)).as_deref(), Some(text));
    }

    #[test]
    fn a_text_that_would_not_become_shorter_stays_as_it_is() {
        for text in ["", "a", "the lamp is broken", "é", "灯", "\u{0}\u{1}\u{2}", "🙂"] {
            assert_eq!(narrow(text), text.as_bytes(), "{text}");
            assert_eq!(widen(text.as_bytes()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_text_is_none() {
        let cut = [NARROW, 0x80];
        let surrogate = [NARROW, OTHER, 0, 0xD8, 0];
        for sealed in [
            &cut[..],
            &[NARROW, WIDE],
            &surrogate,
            &[NARROW, OTHER, 0],
            &[0x80],
            &[NARROW, 0],
        ] {
            assert_eq!(widen(sealed), None, "{sealed:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_out_as_it_went_in(text in "(?s)(.|[一-龥]|[，。：（）]|[\u{0}-\u{7F}]){0,60}") {
            prop_assert_eq!(widen(&narrow(&text)), Some(text));
        }
    }
}
