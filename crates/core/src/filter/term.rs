//! One test of a field: which operators it takes and what its values look like.

use std::ops::Range;

use jiff::civil::Date;

use crate::clock::{Limit, LimitUnit};
use crate::filter::ast::{
    CountField, DateField, LengthField, Measure, Name, NameField, NameValue, Order, Relation, Span, Test,
    When,
};
use crate::filter::cursor::Cursor;
use crate::filter::fault::{Fault, FaultKind, Instead, Takes, Wanted};
use crate::filter::lex::TokenKind;
use crate::filter::words::{self, Field, Glue, Myself, Operator};
use crate::filter::{MAX_AMOUNT, MAX_LIST, nearest};

type Read<T> = Result<T, Fault>;

/// Returns the operator that `not` before `operator` makes, where there is one.
pub(super) fn negated(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Order(Order::Equal) => Some(Operator::Order(Order::Unequal)),
        Operator::Relation(Relation::In) => Some(Operator::Relation(Relation::NotIn)),
        Operator::Relation(Relation::Under) => Some(Operator::Relation(Relation::NotUnder)),
        Operator::Order(_) | Operator::Relation(_) | Operator::Has | Operator::Starts => None,
    }
}

/// Reads the test of `field` from the value on.
pub(super) fn field(
    cursor: &mut Cursor<'_>,
    field: Field,
    operator: Operator,
    at: Range<usize>,
) -> Read<Test> {
    match (field, operator) {
        (Field::Name(NameField::Number), Operator::Starts) => said(cursor).map(Test::NumberStarts),
        (Field::Name(name), _) => name_test(cursor, name, operator, at),
        (Field::Phase, _) => {
            let relation = relation_of(operator).filter(|relation| !is_under(*relation));
            let relation = relation.ok_or_else(|| unfit(at, Takes::Names))?;
            Ok(Test::Phase {
                relation,
                phases: values(cursor, takes_list(relation), phase)?,
            })
        }
        (Field::Count(field), _) => count_test(cursor, field, operator, at),
        (Field::Date(field), _) => date_test(cursor, field, operator, at),
        (Field::Length(field), Operator::Order(order)) if !matches!(order, Order::Equal | Order::Unequal) => {
            Ok(Test::Length {
                field,
                order,
                limit: length(cursor, field)?,
            })
        }
        (Field::Length(_), _) => Err(unfit(at, Takes::Length)),
        (Field::Text, Operator::Has | Operator::Order(Order::Equal)) => said(cursor).map(Test::Text),
        (Field::Text, _) => Err(unfit(at, Takes::Text)),
    }
}

fn name_test(cursor: &mut Cursor<'_>, field: NameField, operator: Operator, at: Range<usize>) -> Read<Test> {
    let fits = |relation: &Relation| field.is_tree() || !is_under(*relation);
    let takes = match field {
        NameField::Number => Takes::Number,
        _ if field.is_tree() => Takes::Tree,
        _ => Takes::Names,
    };
    let relation = relation_of(operator)
        .filter(fits)
        .ok_or_else(|| unfit(at, takes))?;
    let names = values(cursor, takes_list(relation), |cursor| name(cursor, field))?;
    Ok(Test::Name {
        field,
        relation,
        names,
    })
}

fn count_test(
    cursor: &mut Cursor<'_>,
    field: CountField,
    operator: Operator,
    at: Range<usize>,
) -> Read<Test> {
    let measure = match operator {
        Operator::Order(order) => Measure::Order(order, count(cursor)?),
        Operator::Relation(Relation::In) => Measure::In(values(cursor, true, count)?),
        Operator::Relation(Relation::NotIn) => Measure::NotIn(values(cursor, true, count)?),
        Operator::Relation(_) | Operator::Has | Operator::Starts => {
            return Err(unfit(at, Takes::Measure));
        }
    };
    Ok(Test::Count { field, measure })
}

/// `raised in this month` says the same as `raised = this month`.
fn date_test(cursor: &mut Cursor<'_>, field: DateField, operator: Operator, at: Range<usize>) -> Read<Test> {
    let listed = cursor.peek(0) == Some(&TokenKind::Open);
    let value_at = cursor.here();
    let measure = match operator {
        Operator::Order(order) => Measure::Order(order, when(cursor)?),
        Operator::Relation(Relation::In) if listed => Measure::In(values(cursor, true, when)?),
        Operator::Relation(Relation::NotIn) if listed => Measure::NotIn(values(cursor, true, when)?),
        Operator::Relation(Relation::In) => Measure::Order(Order::Equal, when(cursor)?),
        Operator::Relation(Relation::NotIn) => Measure::Order(Order::Unequal, when(cursor)?),
        Operator::Relation(_) | Operator::Has | Operator::Starts => {
            return Err(unfit(at, Takes::Measure));
        }
    };
    let is_instant = |when: &When| matches!(when, When::Now | When::Hour(_));
    let equals_instant = match &measure {
        Measure::Order(Order::Equal | Order::Unequal, when) => is_instant(when),
        Measure::Order(_, _) => false,
        Measure::In(list) | Measure::NotIn(list) => list.iter().any(is_instant),
    };
    if equals_instant {
        return Err(Fault::new(value_at, FaultKind::EqualsInstant));
    }
    Ok(Test::Date { field, measure })
}

fn relation_of(operator: Operator) -> Option<Relation> {
    match operator {
        Operator::Order(Order::Equal) => Some(Relation::Is),
        Operator::Order(Order::Unequal) => Some(Relation::IsNot),
        Operator::Relation(relation) => Some(relation),
        Operator::Order(_) | Operator::Has | Operator::Starts => None,
    }
}

fn is_under(relation: Relation) -> bool {
    matches!(relation, Relation::Under | Relation::NotUnder)
}

fn takes_list(relation: Relation) -> bool {
    !matches!(relation, Relation::Is | Relation::IsNot)
}

fn unfit(at: Range<usize>, takes: Takes) -> Fault {
    Fault::new(at, FaultKind::Unfit(takes))
}

/// Reads one value, or a list in parentheses where `list` allows one.
fn values<T>(cursor: &mut Cursor<'_>, list: bool, one: impl Fn(&mut Cursor<'_>) -> Read<T>) -> Read<Vec<T>> {
    let opened = cursor.here();
    if cursor.peek(0) != Some(&TokenKind::Open) {
        return Ok(vec![one(cursor)?]);
    }
    if !list {
        return Err(Fault::new(opened, FaultKind::ListHere));
    }
    cursor.advance();
    let mut values = Vec::new();
    loop {
        values.push(one(cursor)?);
        if values.len() > MAX_LIST {
            return Err(Fault::new(opened, FaultKind::TooManyValues));
        }
        match cursor.peek(0) {
            Some(TokenKind::Comma) => cursor.advance(),
            Some(TokenKind::Close) => {
                cursor.advance();
                return Ok(values);
            }
            Some(TokenKind::Open | TokenKind::Symbol(_) | TokenKind::Word(_) | TokenKind::Quoted(_))
            | None => {
                return Err(Fault::new(cursor.here(), FaultKind::OpenList));
            }
        }
    }
}

/// Takes the next word or quoted text; the flag says whether it was quoted.
fn text(cursor: &mut Cursor<'_>, wanted: Wanted) -> Read<(String, bool)> {
    let found = match cursor.peek(0) {
        Some(TokenKind::Quoted(said)) => Some((said.clone(), true)),
        Some(TokenKind::Word(word)) => Some((word.clone(), false)),
        Some(TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Symbol(_)) | None => None,
    };
    let joins = |(word, quoted): &(String, bool)| {
        !quoted
            && matches!(
                words::find(words::GLUE, word),
                Some(Glue::And | Glue::Or | Glue::Not)
            )
    };
    match found.filter(|found| !joins(found)) {
        Some(found) => {
            cursor.advance();
            Ok(found)
        }
        None => Err(Fault::new(cursor.here(), FaultKind::Missing(wanted))),
    }
}

fn said(cursor: &mut Cursor<'_>) -> Read<String> {
    text(cursor, Wanted::Text).map(|(said, _)| said)
}

/// Reads a word, together with the next where the two are one word of `table`: `my unit`.
fn word_of<T: Copy>(cursor: &mut Cursor<'_>, table: &[words::Word<T>]) -> Option<T> {
    let Some(TokenKind::Word(first)) = cursor.peek(0) else {
        return None;
    };
    let pair = match cursor.peek(1) {
        Some(TokenKind::Word(second)) => words::find(table, &format!("{first} {second}")),
        Some(_) | None => None,
    };
    let (found, length) = match pair {
        Some(found) => (found, 2),
        None => (words::find(table, first)?, 1),
    };
    (0..length).for_each(|_| cursor.advance());
    Some(found)
}

fn name(cursor: &mut Cursor<'_>, field: NameField) -> Read<Name> {
    let start = cursor.here();
    let value = match word_of(cursor, words::MYSELF) {
        Some(Myself::Me) if field.holds_persons() => NameValue::Me,
        Some(Myself::MyUnit) if field.holds_units() => NameValue::MyUnit,
        Some(myself) => {
            let instead = match myself {
                Myself::Me if field.holds_units() => Instead::MyUnit,
                Myself::MyUnit if field.holds_persons() => Instead::Me,
                Myself::Me | Myself::MyUnit => Instead::Name,
            };
            return Err(Fault::new(start, FaultKind::NotWhoLooks(instead)));
        }
        None => NameValue::Said(text(cursor, Wanted::Name)?.0),
    };
    // `my unit` is two tokens; for messages its first word is place enough.
    Ok(Name {
        span: Span(start),
        value,
    })
}

fn phase(cursor: &mut Cursor<'_>) -> Read<crate::pack::phase::Phase> {
    let start = cursor.here();
    let (said, _) = text(cursor, Wanted::Phase)?;
    words::find(words::PHASES, &said).ok_or_else(|| {
        let phases = words::PHASES.iter();
        let known = phases.flat_map(|row| row.en.iter().chain(row.zh)).copied();
        Fault::new(start, FaultKind::UnknownPhase(nearest::unknown(&said, known)))
    })
}

fn count(cursor: &mut Cursor<'_>) -> Read<u32> {
    let start = cursor.here();
    let (said, _) = text(cursor, Wanted::Number)?;
    said.parse()
        .ok()
        .filter(|_| !said.starts_with('+'))
        .ok_or_else(|| Fault::new(start, FaultKind::NotCount(said)))
}

/// Reads a length such as `3wd`; `3 wd` is one too.
fn length(cursor: &mut Cursor<'_>, field: LengthField) -> Read<Limit> {
    let start = cursor.here();
    let (mut said, _) = text(cursor, Wanted::Length)?;
    join_unit(cursor, &mut said);
    let found = amount_and_unit(&said).filter(|(amount, _)| !amount.starts_with(['+', '-']));
    let Some((amount, unit)) = found else {
        return Err(Fault::new(start, FaultKind::NotLength(said, field)));
    };
    Ok(Limit {
        amount: bounded(amount, start)?.unsigned_abs(),
        unit,
    })
}

fn when(cursor: &mut Cursor<'_>) -> Read<When> {
    if let Some(when) = word_of(cursor, words::DATES) {
        return Ok(when);
    }
    let start = cursor.here();
    let (mut said, _) = text(cursor, Wanted::Date)?;
    if let Ok(date) = said.parse::<Date>()
        && date.to_string() == said
    {
        return Ok(When::On(date));
    }
    join_unit(cursor, &mut said);
    let ago = said.strip_suffix('前').map(|amount| format!("-{amount}"));
    let ahead = said.strip_suffix('后').map(|amount| format!("+{amount}"));
    let relative = ago.or(ahead).unwrap_or_else(|| said.clone());
    match amount_and_unit(&relative).filter(|(amount, _)| amount.starts_with(['+', '-'])) {
        Some((amount, unit)) => {
            let amount = bounded(amount, start)?;
            Ok(match unit {
                LimitUnit::Days => When::Day(amount),
                LimitUnit::WorkingDays => When::WorkingDay(amount),
                LimitUnit::Hours => When::Hour(amount),
            })
        }
        None => Err(Fault::new(start, FaultKind::NotDate(said))),
    }
}

/// Adds the next word to `said` where `said` is a number and the word is a unit.
fn join_unit(cursor: &mut Cursor<'_>, said: &mut String) {
    let Some(TokenKind::Word(next)) = cursor.peek(0) else {
        return;
    };
    let bare = next.trim_end_matches(['前', '后']);
    let is_number = said.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-'));
    if is_number && words::find(words::LENGTHS, bare).is_some() {
        said.push_str(next);
        cursor.advance();
    }
}

fn amount_and_unit(said: &str) -> Option<(&str, LimitUnit)> {
    let end = said.rfind(|c: char| c.is_ascii_digit())? + 1;
    let unit = words::find(words::LENGTHS, &said[end..])?;
    let digits = said[..end].trim_start_matches(['+', '-']);
    let signs = end - digits.len();
    (signs <= 1 && digits.chars().all(|c| c.is_ascii_digit())).then_some((&said[..end], unit))
}

fn bounded(amount: &str, at: Range<usize>) -> Read<i32> {
    let in_bounds = |amount: &i32| amount.unsigned_abs() <= MAX_AMOUNT;
    let parsed = amount.parse().ok().filter(in_bounds);
    parsed.ok_or_else(|| Fault::new(at, FaultKind::TooLarge(amount.to_owned())))
}
