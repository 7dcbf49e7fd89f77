//! Text to tokens. Full-width punctuation counts as its plain counterpart, and a run of Chinese words of
//! the language without spaces between them (`且超期`, `单位属于`) comes apart into its words.

use std::ops::Range;

use crate::filter::fault::{Fault, FaultKind};
use crate::filter::words;

/// A token and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    Comma,
    /// Made of `=`, `!`, `<`, `>`; already in its plain form.
    Symbol(&'static str),
    /// Without quotes.
    Word(String),
    /// Within quotes.
    Quoted(String),
}

/// Cuts `text` into tokens; a quote that is not closed runs to the end and is a fault.
pub(super) fn lex(text: &str, faults: &mut Vec<Fault>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let start = at;
        if let Some((kind, length)) = punctuation(rest) {
            at += length;
            tokens.push(Token {
                kind,
                span: start..at,
            });
        } else if is_quote(first) {
            let (said, length) = quoted(rest, first);
            at += length.unwrap_or(rest.len());
            if length.is_none() {
                faults.push(Fault::new(start..at, FaultKind::OpenQuote));
            }
            tokens.push(Token {
                kind: TokenKind::Quoted(said),
                span: start..at,
            });
        } else {
            let length = rest.find(ends_word).unwrap_or(rest.len());
            at += length;
            split(&text[start..at], start, &mut tokens);
        }
    }
    tokens
}

fn punctuation(rest: &str) -> Option<(TokenKind, usize)> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    let one = |kind| Some((kind, first.len_utf8()));
    let second = chars.next();
    let two = |symbol| {
        Some((
            TokenKind::Symbol(symbol),
            first.len_utf8() + second.map_or(0, char::len_utf8),
        ))
    };
    let equals = matches!(second, Some('=' | '＝'));
    match first {
        '(' | '（' => one(TokenKind::Open),
        ')' | '）' => one(TokenKind::Close),
        ',' | '，' | '、' => one(TokenKind::Comma),
        '≤' => one(TokenKind::Symbol("<=")),
        '≥' => one(TokenKind::Symbol(">=")),
        '≠' => one(TokenKind::Symbol("!=")),
        '=' | '＝' if equals => two("="),
        '=' | '＝' => one(TokenKind::Symbol("=")),
        '!' | '！' if equals => two("!="),
        '!' | '！' => one(TokenKind::Symbol("!")),
        '<' | '＜' if equals => two("<="),
        '<' | '＜' if matches!(second, Some('>' | '＞')) => two("!="),
        '<' | '＜' => one(TokenKind::Symbol("<")),
        '>' | '＞' if equals => two(">="),
        '>' | '＞' => one(TokenKind::Symbol(">")),
        _ => None,
    }
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '＂')
}

fn ends_word(character: char) -> bool {
    character.is_whitespace()
        || is_quote(character)
        || matches!(
            character,
            '(' | '（' | ')' | '）' | ',' | '，' | '、' | '≤' | '≥' | '≠'
        )
        || matches!(character, '=' | '＝' | '!' | '！' | '<' | '＜' | '>' | '＞')
}

/// Reads a quoted text: what it says and its length, or no length where it is not closed.
///
/// A plain quote is closed by a plain quote; a typographic one by any quote, since input methods mix
/// them. A backslash takes the next quote or backslash as it is.
fn quoted(rest: &str, opening: char) -> (String, Option<usize>) {
    let closes = |c: char| if opening == '"' { c == '"' } else { is_quote(c) };
    let mut said = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = chars.next() {
        if closes(character) {
            return (said, Some(at + character.len_utf8()));
        }
        let escaped = chars.next_if(|&(_, next)| character == '\\' && (next == '\\' || is_quote(next)));
        said.push(escaped.map_or(character, |(_, next)| next));
    }
    (said, None)
}

/// Pushes `run` as one word, or as several where it is made of the language's Chinese words and nothing
/// else, perhaps after a quantity or a date: `3工作日且在办`.
fn split(run: &str, start: usize, tokens: &mut Vec<Token>) {
    let mut push = |from: usize, to: usize| {
        let kind = TokenKind::Word(run[from..to].to_owned());
        tokens.push(Token {
            kind,
            span: start + from..start + to,
        });
    };
    let head = quantity_length(run);
    match reserved_pieces(&run[head..]) {
        Some(ends) => {
            let mut from = head;
            if head > 0 {
                push(0, head);
            }
            for end in ends {
                push(from, head + end);
                from = head + end;
            }
        }
        None => push(0, run.len()),
    }
}

/// Returns the length of the quantity or date that `run` begins with, or 0.
fn quantity_length(run: &str) -> usize {
    let digits = run
        .find(|c: char| !c.is_ascii_digit() && c != '-' && c != '+')
        .unwrap_or(run.len());
    if digits == 0 {
        return 0;
    }
    let unit = words::LENGTHS
        .iter()
        .flat_map(|row| row.zh.iter().chain(row.en))
        .filter(|unit| run[digits..].starts_with(**unit))
        .map(|unit| unit.len())
        .max()
        .unwrap_or(0);
    let side = run[digits + unit..]
        .chars()
        .next()
        .filter(|c| unit > 0 && matches!(c, '前' | '后'));
    digits + unit + side.map_or(0, char::len_utf8)
}

/// Returns the ends of the reserved Chinese words that `run` is made of, longest first, or `None` where
/// it is made of anything else.
fn reserved_pieces(run: &str) -> Option<Vec<usize>> {
    if run.is_ascii() {
        return None;
    }
    // For each place that can be reached, the start of the piece that reaches it.
    let mut reached_from = vec![None; run.len() + 1];
    reached_from[run.len()] = Some(run.len());
    for at in (0..run.len()).rev().filter(|at| run.is_char_boundary(*at)) {
        let mut longest = 0;
        words::each_reserved(&mut |word| {
            let fits = !word.is_ascii() && run[at..].starts_with(word);
            if fits && word.len() > longest && reached_from[at + word.len()].is_some() {
                longest = word.len();
            }
        });
        reached_from[at] = (longest > 0).then_some(at + longest);
    }
    let mut ends = Vec::new();
    let mut at = 0;
    while at < run.len() {
        at = reached_from[at]?;
        ends.push(at);
    }
    Some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lex(text: &str, expected: &[&str]) {
        let mut faults = Vec::new();
        let said: Vec<String> = lex(text, &mut faults)
            .into_iter()
            .map(|token| match token.kind {
                TokenKind::Open => "(".to_owned(),
                TokenKind::Close => ")".to_owned(),
                TokenKind::Comma => ",".to_owned(),
                TokenKind::Symbol(symbol) => symbol.to_owned(),
                TokenKind::Word(word) => word,
                TokenKind::Quoted(said) => format!("<{said}>"),
            })
            .collect();
        assert_eq!(said, expected, "{text}");
        assert_eq!(faults, [], "{text}");
    }

    #[test]
    fn full_width_punctuation_counts_as_plain() {
        check_lex(
            "单位＝“卫健委”，（a、b）",
            &["单位", "=", "<卫健委>", ",", "(", "a", ",", "b", ")"],
        );
        check_lex(
            "a！＝b≤c≥d≠e＜＝f",
            &["a", "!=", "b", "<=", "c", ">=", "d", "!=", "e", "<=", "f"],
        );
    }

    #[test]
    fn a_run_of_chinese_words_of_the_language_comes_apart() {
        check_lex(
            "单位属于“卫健委”且超期>3工作日且在办",
            &[
                "单位",
                "属于",
                "<卫健委>",
                "且",
                "超期",
                ">",
                "3工作日",
                "且",
                "在办",
            ],
        );
        check_lex("不属于", &["不属于"]);
        check_lex(
            "提出时间>=7天前且超期",
            &["提出时间", ">=", "7天前", "且", "超期"],
        );
        check_lex(
            "提出时间=2026-01-02且在办",
            &["提出时间", "=", "2026-01-02", "且", "在办"],
        );
    }

    #[test]
    fn free_text_that_holds_a_word_of_the_language_stays_whole() {
        check_lex("超期未办 单位门口路灯", &["超期未办", "单位门口路灯"]);
    }

    #[test]
    fn quotes_take_escapes() {
        check_lex(r#""a\"b\\c\d" “x"y"#, &[r#"<a"b\c\d>"#, "<x>", "y"]);
    }

    #[test]
    fn an_open_quote_is_a_fault_at_its_place() {
        let mut faults = Vec::new();
        let tokens = lex("单位 = \"卫", &mut faults);
        assert_eq!(tokens.len(), 3);
        assert_eq!(faults, [Fault::new(9..13, FaultKind::OpenQuote)]);
    }
}
