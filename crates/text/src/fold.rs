//! Folding of characters, and the runs that a text falls into.

use std::ops::Range;

/// What a run is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    /// Chinese characters.
    Han,
    /// Letters and digits of any other script.
    Word,
}

/// An unbroken run of one kind of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub kind: RunKind,
    /// The folded characters, each with the bytes of the original it stands for.
    pub chars: Vec<(char, Range<usize>)>,
}

impl Run {
    /// Returns the folded text of the run.
    pub fn text(&self) -> String {
        self.chars.iter().map(|(c, _)| *c).collect()
    }
}

/// Folds a character: full-width forms become ASCII, the ideographic space a space, letters small.
///
/// Letters whose small form is several characters keep the first of them: what matters is that text
/// and question are folded alike.
pub(crate) fn fold(c: char) -> char {
    // Most characters of a text are these, and have no small form: the table need not be asked.
    if matches!(c, '\u{4e00}'..='\u{9fff}') {
        return c;
    }
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    if narrow.is_ascii() {
        return narrow.to_ascii_lowercase();
    }
    narrow.to_lowercase().next().unwrap_or(narrow)
}

/// Tells whether `c` is a Chinese character.
///
/// Source: the CJK Unified Ideographs blocks and extensions of Unicode 16, chapter 18.1.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}'
        | '々' | '〇')
}

/// Returns the kind of run that the folded character `c` belongs to; `None` for what only separates.
pub(crate) fn kind_of(c: char) -> Option<RunKind> {
    if is_han(c) {
        Some(RunKind::Han)
    } else if c.is_alphanumeric() {
        Some(RunKind::Word)
    } else {
        None
    }
}

/// Returns the runs of `text` in order; spaces, marks and symbols are left out.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = Run> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let mut run: Option<Run> = None;
        while let Some(&(start, original)) = chars.peek() {
            let folded = fold(original);
            let kind = kind_of(folded);
            match (&mut run, kind) {
                (None, None) => {}
                (None, Some(kind)) => {
                    run = Some(Run {
                        kind,
                        chars: vec![(folded, start..start + original.len_utf8())],
                    });
                }
                (Some(open), Some(kind)) if open.kind == kind => {
                    open.chars.push((folded, start..start + original.len_utf8()));
                }
                (Some(_), Some(_) | None) => break,
            }
            chars.next();
        }
        run
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        runs(text).map(|run| run.text()).collect()
    }

    #[test]
    fn full_width_letters_and_digits_become_ascii() {
        assert_eq!(texts("Ａ３区，Ｗｉ－Ｆｉ"), ["a3", "区", "wi", "fi"]);
    }

    #[test]
    fn a_run_knows_where_it_stands_in_the_original() {
        let found: Vec<Run> = runs("。Ａ3").collect();
        assert_eq!(found[0].chars, [('a', 3..6), ('3', 6..7)]);
    }

    #[test]
    fn letters_of_other_scripts_are_words() {
        assert_eq!(texts("Привет ئۇيغۇر"), ["привет", "ئۇيغۇر"]);
    }

    #[test]
    fn marks_alone_make_no_run() {
        assert_eq!(texts("，。！？ \u{3000}…"), Vec::<String>::new());
    }
}
