//! The canonical text of a filter. Reading it back gives the same filter.

use std::fmt::{self, Write};

use crate::clock::{Limit, LimitUnit};
use crate::filter::ast::{Ast, Measure, Name, NameField, NameValue, Relation, Test, When};
use crate::filter::words::{self, Field, Glue, Operator};
use crate::label::Lang;

impl fmt::Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(Lang::En))
    }
}

impl Ast {
    /// Returns the canonical text in `lang`: its words, one space between them, names in quotes unless
    /// they are plain ids.
    pub fn print(&self, lang: Lang) -> String {
        let mut printer = Printer {
            lang,
            text: String::new(),
        };
        printer.ast(self, Tightness::Or);
        printer.text
    }
}

/// How tightly the place where a filter stands binds it; a looser filter needs parentheses there.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Tightness {
    Or,
    And,
    Not,
}

struct Printer {
    lang: Lang,
    text: String,
}

impl Printer {
    fn ast(&mut self, ast: &Ast, place: Tightness) {
        match ast {
            Ast::Everything => self.glue(Glue::All),
            Ast::Or(parts) => self.joined(parts, Glue::Or, Tightness::Or, place),
            Ast::And(parts) => self.joined(parts, Glue::And, Tightness::And, place),
            Ast::Not(inner) => {
                self.glue(Glue::Not);
                self.text.push(' ');
                self.ast(inner, Tightness::Not);
            }
            Ast::Term(term) => self.test(&term.test),
        }
    }

    fn joined(&mut self, parts: &[Ast], glue: Glue, own: Tightness, place: Tightness) {
        let parentheses = place > own;
        if parentheses {
            self.text.push('(');
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.text.push(' ');
                self.glue(glue);
                self.text.push(' ');
            }
            let inner = if own == Tightness::Or {
                Tightness::And
            } else {
                Tightness::Not
            };
            self.ast(part, inner);
        }
        if parentheses {
            self.text.push(')');
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Name {
                field,
                relation,
                names,
            } => {
                self.field(Field::Name(*field));
                self.related(*relation, names, Self::name);
            }
            Test::Phase { relation, phases } => {
                self.field(Field::Phase);
                self.related(*relation, phases, |this, phase| {
                    this.text.push_str(words::print(words::PHASES, phase, this.lang));
                });
            }
            Test::Count { field, measure } => {
                self.field(Field::Count(*field));
                self.measured(measure, |this, count| this.text.push_str(&count.to_string()));
            }
            Test::Date { field, measure } => {
                self.field(Field::Date(*field));
                self.measured(measure, |this, when| this.when(*when));
            }
            Test::Length { field, order, limit } => {
                self.field(Field::Length(*field));
                self.operator(Operator::Order(*order));
                self.limit(*limit);
            }
            Test::NumberStarts(prefix) => {
                self.field(Field::Name(NameField::Number));
                self.operator(Operator::Starts);
                self.quoted(prefix);
            }
            Test::Flag(flag) => self.text.push_str(words::print(words::FLAGS, flag, self.lang)),
            Test::Overdue => self.field(Field::Length(crate::filter::ast::LengthField::Overdue)),
            Test::Text(said) => {
                self.field(Field::Text);
                self.operator(Operator::Has);
                self.quoted(said);
            }
        }
    }

    fn related<T>(&mut self, relation: Relation, values: &[T], one: fn(&mut Self, &T)) {
        self.operator(match relation {
            Relation::Is => Operator::Order(crate::filter::ast::Order::Equal),
            Relation::IsNot => Operator::Order(crate::filter::ast::Order::Unequal),
            Relation::In | Relation::NotIn | Relation::Under | Relation::NotUnder => {
                Operator::Relation(relation)
            }
        });
        match (relation, values) {
            (Relation::Is | Relation::IsNot | Relation::Under | Relation::NotUnder, [value]) => {
                one(self, value)
            }
            (_, values) => self.list(values, one),
        }
    }

    fn measured<T>(&mut self, measure: &Measure<T>, one: fn(&mut Self, &T)) {
        match measure {
            Measure::Order(order, value) => {
                self.operator(Operator::Order(*order));
                one(self, value);
            }
            Measure::In(values) => {
                self.operator(Operator::Relation(Relation::In));
                self.list(values, one);
            }
            Measure::NotIn(values) => {
                self.operator(Operator::Relation(Relation::NotIn));
                self.list(values, one);
            }
        }
    }

    fn list<T>(&mut self, values: &[T], one: fn(&mut Self, &T)) {
        self.text.push('(');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            one(self, value);
        }
        self.text.push(')');
    }

    fn name(&mut self, name: &Name) {
        match &name.value {
            NameValue::Me => self
                .text
                .push_str(words::print(words::MYSELF, &words::Myself::Me, self.lang)),
            NameValue::MyUnit => {
                self.text
                    .push_str(words::print(words::MYSELF, &words::Myself::MyUnit, self.lang));
            }
            NameValue::Said(said) if is_plain(said) => self.text.push_str(said),
            NameValue::Said(said) => self.quoted(said),
        }
    }

    fn quoted(&mut self, said: &str) {
        self.text.push_str(&quote(said));
    }

    fn when(&mut self, when: When) {
        match when {
            When::On(date) => self.push(format_args!("{date}")),
            When::Day(amount) if !(-1..=1).contains(&amount) => self.shift(amount, LimitUnit::Days),
            When::WorkingDay(amount) => self.shift(amount, LimitUnit::WorkingDays),
            When::Hour(amount) => self.shift(amount, LimitUnit::Hours),
            When::Now | When::Day(_) | When::Period(_, _) => {
                self.text.push_str(words::print(words::DATES, &when, self.lang));
            }
        }
    }

    fn shift(&mut self, amount: i32, unit: LimitUnit) {
        let word = words::print(words::LENGTHS, &unit, self.lang);
        let size = amount.unsigned_abs();
        match (self.lang, amount < 0) {
            (Lang::En, true) => self.push(format_args!("-{size}{word}")),
            (Lang::En, false) => self.push(format_args!("+{size}{word}")),
            (Lang::Zh, true) => self.push(format_args!("{size}{word}前")),
            (Lang::Zh, false) => self.push(format_args!("{size}{word}后")),
        }
    }

    fn limit(&mut self, limit: Limit) {
        let word = words::print(words::LENGTHS, &limit.unit, self.lang);
        self.push(format_args!("{}{word}", limit.amount));
    }

    fn push(&mut self, written: fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.text.write_fmt(written);
    }

    fn field(&mut self, field: Field) {
        self.text.push_str(words::print(words::FIELDS, &field, self.lang));
    }

    fn glue(&mut self, glue: Glue) {
        self.text.push_str(words::print(words::GLUE, &glue, self.lang));
    }

    fn operator(&mut self, operator: Operator) {
        self.text.push(' ');
        self.text
            .push_str(words::print(words::OPERATORS, &operator, self.lang));
        self.text.push(' ');
    }
}

/// Returns `said` within quotes.
pub(super) fn quote(said: &str) -> String {
    format!("\"{}\"", said.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether `said` may stand without quotes: a plain id that means nothing else.
pub(super) fn is_plain(said: &str) -> bool {
    let mut chars = said.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !words::is_reserved(said)
}
