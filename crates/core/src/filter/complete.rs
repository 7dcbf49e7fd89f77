//! Completion: what may come next where somebody writes a filter.

use std::ops::Range;

use crate::filter::ast::{CountField, NameField};
use crate::filter::lex::{Token, TokenKind, lex};
use crate::filter::print::{is_plain, quote};
use crate::filter::words::{self, Field, Glue, Operator, Word};
use crate::filter::{MAX_CHARS, Scene};
use crate::id::PersonId;
use crate::label::{Label, Lang};
use crate::org::Unit;

/// The most suggestions that are given.
pub const MAX_SUGGESTIONS: usize = 20;

/// Something that may stand where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What of the text it replaces, in bytes: the word before the cursor, or nothing.
    pub span: Range<usize>,
    /// What it puts there.
    pub insert: String,
    /// What it is called.
    pub title: Label,
}

/// Returns what may stand at `cursor` (in bytes) in `text`, in the words of `lang`: what begins with the
/// word before the cursor first, then what holds it; at most [`MAX_SUGGESTIONS`].
pub fn suggest(text: &str, cursor: usize, lang: Lang, scene: &Scene<'_>) -> Vec<Suggestion> {
    let before = text.get(..cursor).unwrap_or(text);
    if before.chars().nth(MAX_CHARS).is_some() {
        return Vec::new();
    }
    let mut tokens = lex(before, &mut Vec::new());
    let partial = tokens.pop_if(|token| token.span.end == before.len() && said(&token.kind).is_some());
    let (span, typed) = match &partial {
        Some(token) => (
            token.span.clone(),
            said(&token.kind).unwrap_or_default().to_lowercase(),
        ),
        None => (before.len()..before.len(), String::new()),
    };
    let mut found: Vec<(u8, Choice<'_>)> = choices(place(&tokens), lang, scene)
        .into_iter()
        .filter_map(|choice| choice.fit(&typed).map(|fit| (fit, choice)))
        .collect();
    found.sort_by_key(|(fit, _)| *fit);
    let best = found.into_iter().map(|(_, choice)| choice).take(MAX_SUGGESTIONS);
    best.map(|choice| Suggestion {
        span: span.clone(),
        insert: choice.insert(lang, scene),
        title: choice.title,
    })
    .collect()
}

/// What the grammar expects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A test of the case.
    Test,
    /// `and` or `or`, or another test.
    Joint,
    /// An operator for the field.
    Operator(Field),
    /// A value for the field.
    Value(Field),
}

struct Choice<'a> {
    means: Meaning<'a>,
    title: Label,
    /// Other words that find it.
    aliases: Vec<&'a str>,
}

/// What a choice stands for. How it is best written is found out only for those that are shown.
enum Meaning<'a> {
    Written(String),
    Word(NameField, &'a str),
    Unit(&'a Unit),
    Person(PersonId),
}

impl Choice<'_> {
    /// Returns how well it fits what was typed: 0 where a name of it begins so, 1 where one holds it.
    fn fit(&self, typed: &str) -> Option<u8> {
        let titles = [self.title.zh.as_str(), &self.title.en];
        let fits = |name: &str| match name.to_lowercase().find(typed) {
            Some(0) => Some(0),
            Some(_) => Some(1),
            None => None,
        };
        titles
            .into_iter()
            .chain(self.aliases.iter().copied())
            .filter_map(fits)
            .min()
    }

    /// Returns how it is written: by its title, or by its id where the title means several things.
    fn insert(&self, lang: Lang, scene: &Scene<'_>) -> String {
        let title = self.title.get(lang);
        let meant = |is_meant: bool, id: &str| as_name(if is_meant { title } else { id });
        match &self.means {
            Meaning::Written(text) => text.clone(),
            Meaning::Word(field, id) => {
                meant(scene.words(*field, title, 0..0).is_ok_and(|ids| ids == [*id]), id)
            }
            Meaning::Unit(unit) => meant(scene.unit(title, 0..0) == Ok(unit.id), &unit.code),
            Meaning::Person(id) => meant(scene.person(title, 0..0) == Ok(*id), &id.to_string()),
        }
    }
}

fn said(kind: &TokenKind) -> Option<&str> {
    match kind {
        TokenKind::Word(said) | TokenKind::Quoted(said) => Some(said),
        TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Symbol(_) => None,
    }
}

/// Returns what is expected behind `tokens`.
fn place(tokens: &[Token]) -> Place {
    let Some((last, before)) = tokens.split_last() else {
        return Place::Test;
    };
    if let Some(field) = compared_field(list_head(tokens).unwrap_or(tokens)) {
        return Place::Value(field);
    }
    let word = match &last.kind {
        TokenKind::Word(word) => word,
        TokenKind::Open => return Place::Test,
        TokenKind::Close | TokenKind::Comma | TokenKind::Symbol(_) | TokenKind::Quoted(_) => {
            return Place::Joint;
        }
    };
    match words::find(words::GLUE, word) {
        Some(Glue::And | Glue::Or | Glue::Not) => return Place::Test,
        Some(Glue::All | Glue::Closed) | None => {}
    }
    match words::find(words::FIELDS, word) {
        Some(field) if compared_field(before).is_none() => Place::Operator(field),
        Some(_) | None => Place::Joint,
    }
}

/// Returns the tokens before the list that is open at the end of `tokens`.
fn list_head(tokens: &[Token]) -> Option<&[Token]> {
    let open = tokens
        .iter()
        .rposition(|token| matches!(token.kind, TokenKind::Open | TokenKind::Close))?;
    let ends_in_value = matches!(tokens.last()?.kind, TokenKind::Open | TokenKind::Comma);
    (tokens[open].kind == TokenKind::Open && ends_in_value).then_some(&tokens[..open])
}

/// Returns the field whose operator `tokens` end with.
fn compared_field(tokens: &[Token]) -> Option<Field> {
    let operator = |token: &Token| match &token.kind {
        TokenKind::Symbol(symbol) => words::find(words::OPERATORS, symbol).is_some(),
        TokenKind::Word(word) => words::find(words::OPERATORS, word).is_some(),
        TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Quoted(_) => false,
    };
    let is_not =
        |token: &Token| said(&token.kind).and_then(|word| words::find(words::GLUE, word)) == Some(Glue::Not);
    let field = |token: &Token| match &token.kind {
        TokenKind::Word(word) => words::find(words::FIELDS, word),
        TokenKind::Open | TokenKind::Close | TokenKind::Comma => None,
        TokenKind::Symbol(_) | TokenKind::Quoted(_) => None,
    };
    match tokens {
        [.., name, not, last] if is_not(not) && operator(last) => field(name),
        [.., name, last] if operator(last) => field(name),
        _ => None,
    }
}

fn choices<'a>(place: Place, lang: Lang, scene: &'a Scene<'_>) -> Vec<Choice<'a>> {
    match place {
        Place::Test => tests(lang),
        Place::Joint => {
            let joints = words::GLUE
                .iter()
                .filter(|row| matches!(row.means, Glue::And | Glue::Or));
            joints.map(|row| spoken(row, lang)).chain(tests(lang)).collect()
        }
        Place::Operator(field) => {
            let fitting = words::OPERATORS.iter().filter(|row| takes(field, row.means));
            fitting.map(|row| spoken(row, lang)).collect()
        }
        Place::Value(field) => values(field, lang, scene),
    }
}

fn tests(lang: Lang) -> Vec<Choice<'static>> {
    let not = words::GLUE.iter().filter(|row| row.means == Glue::Not);
    let fields = words::FIELDS.iter().map(|row| spoken(row, lang));
    let flags = words::FLAGS.iter().map(|row| spoken(row, lang));
    fields
        .chain(flags)
        .chain(not.map(|row| spoken(row, lang)))
        .collect()
}

fn takes(field: Field, operator: Operator) -> bool {
    use crate::filter::ast::{Order, Relation};
    let equality = matches!(operator, Operator::Order(Order::Equal | Order::Unequal));
    let listing = matches!(operator, Operator::Relation(Relation::In | Relation::NotIn));
    let tree = matches!(operator, Operator::Relation(Relation::Under | Relation::NotUnder));
    let order = matches!(operator, Operator::Order(_));
    match field {
        Field::Name(NameField::Number) => equality || listing || operator == Operator::Starts,
        Field::Name(name) => equality || listing || tree && name.is_tree(),
        Field::Phase => equality || listing,
        Field::Count(_) | Field::Date(_) => order || listing,
        Field::Length(_) => order && !equality,
        Field::Text => operator == Operator::Has,
    }
}

fn values<'a>(field: Field, lang: Lang, scene: &'a Scene<'_>) -> Vec<Choice<'a>> {
    match field {
        Field::Name(field) => names(field, lang, scene),
        Field::Phase => words::PHASES.iter().map(|row| spoken(row, lang)).collect(),
        Field::Date(_) => words::DATES.iter().map(|row| spoken(row, lang)).collect(),
        Field::Count(CountField::Severity) => (1..=5).map(|n| literal(&n.to_string())).collect(),
        Field::Count(CountField::Returned | CountField::Reopened) => vec![literal("0"), literal("1")],
        Field::Length(_) => words::LENGTHS
            .iter()
            .map(|row| literal(&format!("3{}", row.canonical(lang))))
            .collect(),
        Field::Text => Vec::new(),
    }
}

fn names<'a>(field: NameField, lang: Lang, scene: &'a Scene<'_>) -> Vec<Choice<'a>> {
    let myself = words::MYSELF.iter().filter(|row| match row.means {
        words::Myself::Me => field.holds_persons(),
        words::Myself::MyUnit => field.holds_units(),
    });
    let mut choices: Vec<Choice<'_>> = myself.map(|row| spoken(row, lang)).collect();
    choices.extend(scene.named(field).into_iter().map(|named| Choice {
        means: Meaning::Word(field, named.id),
        title: named.title.clone(),
        aliases: vec![named.id],
    }));
    if field.holds_units() {
        choices.extend(scene.org.units().map(|unit| {
            Choice {
                means: Meaning::Unit(unit),
                title: unit.name.clone(),
                aliases: unit
                    .aliases
                    .iter()
                    .map(String::as_str)
                    .chain([unit.code.as_str()])
                    .collect(),
            }
        }));
    }
    if field.holds_persons() {
        choices.extend(scene.org.persons().map(|person| Choice {
            means: Meaning::Person(person.id),
            title: person.name.clone(),
            aliases: Vec::new(),
        }));
    }
    choices
}

fn as_name(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        quote(name)
    }
}

fn spoken<T>(row: &'static Word<T>, lang: Lang) -> Choice<'static> {
    Choice {
        means: Meaning::Written(row.canonical(lang).to_owned()),
        title: Label::new(row.canonical(Lang::Zh), row.canonical(Lang::En)),
        aliases: row.zh.iter().chain(row.en).copied().collect(),
    }
}

fn literal(written: &str) -> Choice<'static> {
    Choice {
        means: Meaning::Written(written.to_owned()),
        title: Label::new(written, written),
        aliases: Vec::new(),
    }
}
