//! Where the parser is in the tokens.

use std::ops::Range;

use crate::filter::lex::{Token, TokenKind};

/// The tokens of a text and the place in them that is read next.
pub(super) struct Cursor<'a> {
    pub tokens: &'a [Token],
    /// The length of the text: where it ends.
    pub end: usize,
    /// The next token.
    pub at: usize,
}

impl Cursor<'_> {
    /// Returns the token `ahead` of here.
    pub fn peek(&self, ahead: usize) -> Option<&TokenKind> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    /// Goes over one token.
    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Returns where the next token stands, or the end of the text.
    pub fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end..self.end, |token| token.span.clone())
    }
}
