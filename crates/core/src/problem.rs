//! A problem in a text that somebody wrote: a filter, a pack, a calendar.
//!
//! Parsers report every problem at once, each with the place it is at and, where one is known, what to
//! do about it.

use std::fmt;
use std::ops::Range;

/// Something wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: a lower-case fragment that names its subject.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where: a half-open range of bytes of the text.
    pub span: Range<usize>,
}

impl Problem {
    /// Makes a problem at `span`.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem {
            message: message.into(),
            hint: None,
            span,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// Returns where the problem begins in `text`, the text it was found in.
    pub fn place(&self, text: &str) -> Place {
        Place::of(text, self.span.start)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// A place in a text as people count: both numbers from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in that line.
    pub column: usize,
}

impl Place {
    /// Returns the place of the byte `offset` in `text`; an offset past the end is the end, one inside a
    /// character is that character.
    pub fn of(text: &str, offset: usize) -> Place {
        let (mut line, mut column) = (1, 1);
        for (at, character) in text.char_indices() {
            if at + character.len_utf8() > offset {
                break;
            }
            if character == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        Place { line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "单位 = x\n且 y";
        for (offset, expected) in [
            (0, "1:1"),
            (3, "1:2"),
            (4, "1:2"),
            (7, "1:4"),
            (10, "1:7"),
            (11, "2:1"),
            (14, "2:2"),
            (99, "2:4"),
        ] {
            assert_eq!(Place::of(text, offset).to_string(), expected, "offset {offset}");
        }
    }

    #[test]
    fn a_problem_reads_as_message_and_hint() {
        let problem = Problem::new(3..5, "no field \"untt\"").with_hint("did you mean \"unit\"?");
        assert_eq!(problem.to_string(), "no field \"untt\" (did you mean \"unit\"?)");
        assert_eq!(problem.place("ab\nuntt"), Place { line: 2, column: 1 });
    }
}
