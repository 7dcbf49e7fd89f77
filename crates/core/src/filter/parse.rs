//! Tokens to the filter as written. Every fault is reported, each at its place; after one the parser
//! goes on behind the next `and`, `or` or closing parenthesis.

use std::ops::Range;

use crate::case::flag::Flag;
use crate::filter::ast::{Ast, LengthField, Order, Span, Term, Test};
use crate::filter::cursor::Cursor;
use crate::filter::fault::{Fault, FaultKind};
use crate::filter::lex::{TokenKind, lex};
use crate::filter::words::{self, Field, Glue, Operator};
use crate::filter::{MAX_CHARS, MAX_DEPTH, MAX_TERMS, nearest, term};

/// Reads a filter; an empty text is true of every case.
///
/// Fields, operators and the types of values are checked here; names are resolved by
/// [`check`](super::check).
///
/// # Errors
/// Every fault of the text, in the order of their places; at least one.
pub fn parse(text: &str) -> Result<Ast, Vec<Fault>> {
    let length = text.chars().count();
    if length > MAX_CHARS {
        return Err(vec![Fault::new(0..text.len(), FaultKind::TooLong(length))]);
    }
    let mut faults = Vec::new();
    let tokens = lex(text, &mut faults);
    let mut parser = Parser {
        cursor: Cursor {
            tokens: &tokens,
            end: text.len(),
            at: 0,
        },
        depth: 0,
        terms: 0,
        gave_up: false,
        faults,
    };
    let ast = if tokens.is_empty() {
        Ast::Everything
    } else {
        parser.whole()
    };
    if parser.faults.is_empty() {
        return Ok(ast);
    }
    parser.faults.sort_by_key(|fault| fault.span.start);
    Err(parser.faults)
}

/// Where the parser is in the tokens, and what it found wrong so far.
struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    terms: usize,
    /// Whether the rest is not read, so that nothing more is said about it.
    gave_up: bool,
    faults: Vec<Fault>,
}

impl Parser<'_> {
    fn whole(&mut self) -> Ast {
        let ast = self.any_of();
        if self.cursor.at < self.cursor.tokens.len() {
            self.fault(self.cursor.here(), FaultKind::NothingOpen);
        }
        ast
    }

    fn any_of(&mut self) -> Ast {
        let mut parts = vec![self.all_of()];
        while self.take_glue(Glue::Or) {
            parts.push(self.all_of());
        }
        join(parts, Ast::disjuncts, Ast::Or)
    }

    /// Terms that follow each other without a word between them are joined as by `and`.
    fn all_of(&mut self) -> Ast {
        let mut parts = vec![self.one()];
        while self.take_glue(Glue::And) || !self.at_end_of_list() {
            parts.push(self.one());
        }
        join(parts, Ast::conjuncts, Ast::And)
    }

    fn one(&mut self) -> Ast {
        if self.depth == MAX_DEPTH {
            self.fault(self.cursor.here(), FaultKind::TooDeep);
            self.cursor.at = self.cursor.tokens.len();
            self.gave_up = true;
            return Ast::Everything;
        }
        self.depth += 1;
        self.skip_is();
        let ast = if self.take_glue(Glue::Not) {
            Ast::Not(Box::new(self.one()))
        } else if self.cursor.peek(0) == Some(&TokenKind::Open) {
            self.group()
        } else {
            self.leaf()
        };
        self.depth -= 1;
        ast
    }

    /// `is open` and `is not open` say the same as `open` and `not open`.
    fn skip_is(&mut self) {
        let word_at = |ahead| match self.cursor.peek(ahead) {
            Some(TokenKind::Word(word)) => word.as_str(),
            Some(
                TokenKind::Open
                | TokenKind::Close
                | TokenKind::Comma
                | TokenKind::Symbol(_)
                | TokenKind::Quoted(_),
            )
            | None => "",
        };
        let stands_alone = |word| {
            words::find(words::FLAGS, word).is_some() || words::find(words::FIELDS, word) == Some(OVERDUE)
        };
        let negated = words::find(words::GLUE, word_at(1)) == Some(Glue::Not);
        if words::find(words::OPERATORS, word_at(0)) == Some(IS)
            && stands_alone(word_at(1 + usize::from(negated)))
        {
            self.cursor.at += 1;
        }
    }

    fn group(&mut self) -> Ast {
        let opened = self.cursor.here();
        self.cursor.at += 1;
        let ast = self.any_of();
        if self.cursor.peek(0) == Some(&TokenKind::Close) {
            self.cursor.at += 1;
        } else if !self.gave_up {
            self.fault(opened, FaultKind::OpenParenthesis);
        }
        ast
    }

    fn leaf(&mut self) -> Ast {
        let (first, start) = (self.cursor.at, self.cursor.here());
        let read = match self.cursor.peek(0).cloned() {
            Some(TokenKind::Quoted(said)) => {
                self.cursor.at += 1;
                Ok(Leaf::Test(Test::Text(said)))
            }
            Some(TokenKind::Word(word)) => self.word(&word),
            Some(TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Symbol(_)) | None => {
                Err(Fault::new(start.clone(), FaultKind::NoTest))
            }
        };
        self.terms += 1;
        if self.terms == MAX_TERMS + 1 {
            self.fault(start.clone(), FaultKind::TooManyTests);
        }
        match read {
            Ok(Leaf::All) => Ast::Everything,
            Ok(Leaf::Test(test)) => self.term(start, test),
            Ok(Leaf::Closed) => {
                let open = self.term(start, Test::Flag(Flag::Open));
                Ast::Not(Box::new(open))
            }
            Err(fault) => {
                self.faults.push(fault);
                // From its beginning, so that a list it holds is gone over as a whole.
                self.cursor.at = first;
                self.skip_term();
                Ast::Everything
            }
        }
    }

    fn term(&self, start: Range<usize>, test: Test) -> Ast {
        let end = self
            .cursor
            .at
            .checked_sub(1)
            .map_or(start.end, |last| self.cursor.tokens[last].span.end);
        Ast::Term(Term {
            span: Span(start.start..end.max(start.end)),
            test,
        })
    }

    /// Reads what begins with `word`: a field with its test, a flag, a word that stands alone, or a word
    /// to search for.
    fn word(&mut self, word: &str) -> Result<Leaf, Fault> {
        let start = self.cursor.here();
        let compared = self.operator_at(1);
        if let (Some((operator, length)), field) = (compared, words::find(words::FIELDS, word)) {
            let Some(field) = field else {
                return Err(unknown_field(word, start));
            };
            self.cursor.at += 1;
            let operator_at = self.cursor.here();
            self.cursor.at += length;
            return term::field(&mut self.cursor, field, operator, operator_at).map(Leaf::Test);
        }
        self.cursor.at += 1;
        if let Some(flag) = words::find(words::FLAGS, word) {
            return Ok(Leaf::Test(Test::Flag(flag)));
        }
        match words::find(words::GLUE, word) {
            Some(Glue::All) => return Ok(Leaf::All),
            Some(Glue::Closed) => return Ok(Leaf::Closed),
            Some(Glue::And | Glue::Or | Glue::Not) => {
                self.cursor.at -= 1;
                return Err(Fault::new(start, FaultKind::NoTestBefore(word.to_owned())));
            }
            None => {}
        }
        match words::find(words::FIELDS, word) {
            Some(OVERDUE) => Ok(Leaf::Test(Test::Overdue)),
            Some(_) => Err(Fault::new(start, FaultKind::Uncompared(word.to_owned()))),
            None if words::is_reserved(word) => Err(Fault::new(start, FaultKind::Misplaced(word.to_owned()))),
            None => Ok(Leaf::Test(Test::Text(word.to_owned()))),
        }
    }

    /// Returns the operator that begins `ahead` tokens from here, and how many tokens it takes.
    fn operator_at(&self, ahead: usize) -> Option<(Operator, usize)> {
        let first = match self.cursor.peek(ahead)? {
            TokenKind::Symbol(symbol) => *symbol,
            TokenKind::Word(word) => word,
            TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Quoted(_) => return None,
        };
        let second = match self.cursor.peek(ahead + 1) {
            Some(TokenKind::Word(word)) => Some(word.as_str()),
            Some(
                TokenKind::Open
                | TokenKind::Close
                | TokenKind::Comma
                | TokenKind::Symbol(_)
                | TokenKind::Quoted(_),
            )
            | None => None,
        };
        let glue = |said: &str| words::find(words::GLUE, said);
        let operator = |said: &str| words::find(words::OPERATORS, said);
        if let (Some(Glue::Not), Some(second)) = (glue(first), second) {
            return term::negated(operator(second)?).map(|operator| (operator, 2));
        }
        if operator(first) == Some(IS) && second.and_then(glue) == Some(Glue::Not) {
            return term::negated(IS).map(|operator| (operator, 2));
        }
        operator(first).map(|operator| (operator, 1))
    }

    fn take_glue(&mut self, wanted: Glue) -> bool {
        let found = match self.cursor.peek(0) {
            Some(TokenKind::Word(word)) => words::find(words::GLUE, word) == Some(wanted),
            Some(TokenKind::Symbol(symbol)) => wanted == Glue::Not && *symbol == "!",
            Some(TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Quoted(_)) | None => {
                false
            }
        };
        self.cursor.at += usize::from(found);
        found
    }

    /// Whether the list of terms ends here: at the end, at `or`, or where a group closes.
    fn at_end_of_list(&self) -> bool {
        match self.cursor.peek(0) {
            None | Some(TokenKind::Close) => true,
            Some(TokenKind::Word(word)) => words::find(words::GLUE, word) == Some(Glue::Or),
            Some(TokenKind::Open | TokenKind::Comma | TokenKind::Symbol(_) | TokenKind::Quoted(_)) => false,
        }
    }

    /// Goes to the next place where a term may begin, so that the rest is checked as well.
    fn skip_term(&mut self) {
        let mut open = 0_usize;
        while let Some(token) = self.cursor.peek(0) {
            let glue = match token {
                TokenKind::Word(word) => words::find(words::GLUE, word),
                TokenKind::Open | TokenKind::Close | TokenKind::Comma => None,
                TokenKind::Symbol(_) | TokenKind::Quoted(_) => None,
            };
            match token {
                TokenKind::Open => open += 1,
                TokenKind::Close if open == 0 => return,
                TokenKind::Close => open -= 1,
                TokenKind::Word(_) if open == 0 && matches!(glue, Some(Glue::And | Glue::Or)) => return,
                TokenKind::Word(_) | TokenKind::Comma | TokenKind::Symbol(_) | TokenKind::Quoted(_) => {}
            }
            self.cursor.at += 1;
        }
    }

    fn fault(&mut self, span: Range<usize>, kind: FaultKind) {
        self.faults.push(Fault::new(span, kind));
    }
}

fn unknown_field(word: &str, start: Range<usize>) -> Fault {
    let fields = words::FIELDS.iter();
    let known = fields.flat_map(|row| row.en.iter().chain(row.zh)).copied();
    Fault::new(start, FaultKind::UnknownField(nearest::unknown(word, known)))
}

const IS: Operator = Operator::Order(Order::Equal);
const OVERDUE: Field = Field::Length(LengthField::Overdue);

/// What a leaf says.
enum Leaf {
    All,
    Closed,
    Test(Test),
}

/// Joins `parts`, taking in the parts of those that are joined in the same way already.
pub(super) fn join(parts: Vec<Ast>, apart: fn(Ast) -> Vec<Ast>, make: fn(Vec<Ast>) -> Ast) -> Ast {
    let mut flat: Vec<Ast> = parts.into_iter().flat_map(apart).collect();
    match flat.len() {
        1 => flat.remove(0),
        _ => make(flat),
    }
}
