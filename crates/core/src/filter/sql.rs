//! A checked filter as a condition over `case_row c`, in the SQL that SQLite and PostgreSQL share. The
//! counterpart of `eval`, test by test.
//!
//! SQL compares a missing value to "unknown", which counts as false in a condition, but whose `NOT` does
//! so too. Under a `NOT`, a test that may be unknown is therefore wrapped in `COALESCE(…, FALSE)`;
//! elsewhere it stands bare, so that indexes serve it.
//!
//! Tests are written the way that an index begins with: due instants by the column that is never missing, a
//! state with all phases before it, small numbers in full (an index over some rows must read that they are
//! among them), cases of related units by the ids that lie there.

use std::collections::BTreeSet;
use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::case::flag::{ACCUSING_BIT, Flag};
use crate::filter::ast::Order;
use crate::filter::checked::{
    Checked, Column, IdColumn, InstantColumn, NumberColumn, PersonSet, Predicate, Run, UnitSet, WordColumn,
};
use crate::filter::late::{DAY_MS, DayTable};

/// A condition and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// The condition, in parentheses where it needs them; its parameters are written `$n`.
    ///
    /// Each number appears first in ascending order, so an engine that numbers names by their first
    /// appearance numbers them alike; `$` stands for nothing else.
    pub text: String,
    /// The parameters, from `$first_param` on.
    pub params: Vec<SqlValue>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SqlValue {
    /// A number, or an instant in milliseconds since 1970 UTC.
    Int(i64),
    /// A text.
    Text(String),
    /// An id.
    Uuid([u8; 16]),
}

/// Renders the test "the case's text holds all of these tokens": from the tokens and the number of the
/// one parameter it may use, to the condition and that parameter. The condition is never unknown.
pub type TextSql<'a> = dyn Fn(&[String], usize) -> (String, SqlValue) + 'a;

/// What the engines write each in its own way.
#[derive(Clone, Copy)]
pub struct Dialect<'a> {
    /// Renders the test of a text.
    pub text: &'a TextSql<'a>,
    /// Up to so many values that a column may have are compared one after the other. SQLite makes a table of a list
    /// and looks into it for each row, which costs more; a server plans better with the list.
    pub compared: usize,
}

/// How the rows are to be come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By whatever index knows the fewest rows.
    Fewest,
    /// Row by row, as they come in the order of a list: what lies in other tables is looked up for each, so
    /// that the first rows cost nothing for those that are never reached.
    InOrder,
    /// Through an index over the few rows that one of the tests says so of, and no other: words, ids and phases are
    /// hidden from SQLite's indexes, because its planner takes an index that answers more tests for the better
    /// one, however few rows the other has. Other engines weigh that by themselves and do not take the hint.
    Marked,
}

impl Checked {
    /// Returns the filter as a condition of a `WHERE`, whose parameters count from `first_param`; the
    /// parameter before them is the tenant.
    ///
    /// What is not true may be unknown: do not negate the condition, negate the filter.
    pub fn to_sql(&self, first_param: usize, way: Way, dialect: Dialect<'_>) -> Sql {
        let mut writer = Writer {
            first_param,
            way,
            open: false,
            dialect,
            params: Vec::new(),
            known: HashMap::new(),
        };
        let text = writer.checked(self, false);
        Sql {
            text,
            params: writer.params,
        }
    }
}

struct Writer<'a> {
    first_param: usize,
    way: Way,
    /// Whether the condition is only asked where the case is open.
    open: bool,
    dialect: Dialect<'a>,
    params: Vec<SqlValue>,
    known: HashMap<SqlValue, usize>,
}

impl Writer<'_> {
    fn checked(&mut self, checked: &Checked, negated: bool) -> String {
        match checked {
            Checked::Everything => "TRUE".to_owned(),
            Checked::Nothing => "FALSE".to_owned(),
            Checked::And(parts) => {
                let around = self.open;
                self.open |= parts.contains(&Checked::Is(Predicate::Flag(Flag::Open)));
                let joined = self.joined(parts, " AND ", negated);
                self.open = around;
                joined
            }
            Checked::Or(parts) => self.joined(parts, " OR ", negated),
            Checked::Not(part) => match part.as_ref() {
                Checked::Is(Predicate::Late { now }) if self.open => {
                    format!("(c.due_order >= {})", self.instant(*now))
                }
                // What is not due by then is due later or never, which comes as the latest.
                Checked::Is(Predicate::Instant(InstantColumn::Due, Order::Less, at)) => {
                    format!("(c.due_order >= {})", self.instant(*at))
                }
                Checked::Is(Predicate::Instant(InstantColumn::Due, Order::AtMost, at)) => {
                    format!("(c.due_order > {})", self.instant(*at))
                }
                part => format!("NOT {}", self.checked(part, true)),
            },
            Checked::Is(predicate) => {
                let condition = self.predicate(predicate, negated);
                if negated && predicate.may_be_unknown() {
                    format!("COALESCE({condition}, FALSE)")
                } else {
                    format!("({condition})")
                }
            }
        }
    }

    fn joined(&mut self, parts: &[Checked], glue: &str, negated: bool) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.checked(part, negated)).collect();
        format!("({})", parts.join(glue))
    }

    fn predicate(&mut self, predicate: &Predicate, negated: bool) -> String {
        match predicate {
            Predicate::Id(column, among) => {
                let among = self.each_id(among.iter().copied());
                self.is_among(column.name(), &among)
            }
            Predicate::Word(column, among) => self.among_words(*column, among, negated),
            Predicate::Phase(among) => {
                // Column `phase` holds the place of the phase in the order of the enumeration.
                let among: Vec<String> = among.iter().map(|phase| (*phase as u8).to_string()).collect();
                self.is_among("c.phase", &among)
            }
            Predicate::CategoryUnder(code) => {
                let (is, from) = (self.word(code), self.word(&format!("{code}.")));
                // The character after the dot ends the range of everything that begins with it.
                let to = self.word(&format!("{code}/"));
                format!("c.category = {is} OR c.category >= {from} AND c.category < {to}")
            }
            Predicate::NumberStarts(prefix) => self.starts(prefix),
            Predicate::Present(column) => format!("{} IS NOT NULL", column.name()),
            Predicate::AnyUnit(set, among) => {
                let among = self.ids(among.iter().map(|unit| unit.0));
                let condition = format!("r.role = {} AND r.unit {among}", set.role());
                match set {
                    UnitSet::CoUnit => self.related("case_unit", &condition, negated),
                    UnitSet::Accused => self.accusing("case_unit", &condition, negated),
                }
            }
            Predicate::AnyPerson(set, among) => {
                let among = self.ids(among.iter().map(|person| person.0));
                let condition = format!("r.role = {} AND r.person {among}", set.role());
                match set {
                    PersonSet::Accused => self.accusing("case_person", &condition, negated),
                    PersonSet::Instructor => self.related("case_person", &condition, negated),
                }
            }
            Predicate::AnyCampaign(among) => {
                let among = self.words(among);
                self.related("case_campaign", &format!("r.campaign {among}"), negated)
            }
            Predicate::Number(column, order, value) => {
                format!("{} {} {value}", column.name(), symbol(*order))
            }
            Predicate::Instant(InstantColumn::Due, order, at) => self.due(*order, *at),
            Predicate::Instant(column, order, at) => {
                let at = self.instant(*at);
                format!("{} {} {at}", column.name(), symbol(*order))
            }
            Predicate::Flag(flag) => format!("(c.flags & {}) <> 0", flag_bit(*flag)),
            Predicate::Accuses => accuses(),
            Predicate::Late { now } => self.late(*now),
            Predicate::LateBy { now, order, run } => {
                let late = self.late(*now);
                let threshold = self.threshold(run, *now);
                format!("{late} AND c.due_at {} {threshold}", symbol(*order))
            }
            Predicate::Left { now, order, at } => {
                let (now, at) = (self.instant(*now), self.instant(*at));
                let order = symbol(*order);
                format!("c.closed_at IS NULL AND c.due_at >= {now} AND c.due_at {order} {at}")
            }
            Predicate::Text(tokens) => {
                let number = self.first_param + self.params.len();
                let (condition, param) = (self.dialect.text)(tokens, number);
                self.params.push(param);
                condition
            }
        }
    }

    fn among_words(&mut self, column: WordColumn, among: &BTreeSet<String>, negated: bool) -> String {
        let among = self.each_word(among);
        let test = self.is_among(column.name(), &among);
        if column == WordColumn::State && self.way == Way::Fewest && !negated && !self.open {
            // True of every case; the index over all has the phases before the states.
            return format!("c.phase IN (0, 1, 2, 3, 4, 5, 6) AND {test}");
        }
        test
    }

    /// The test that a column has one of the values.
    fn is_among(&self, column: &str, values: &[String]) -> String {
        let hidden = self.hidden();
        if values.len() == 1 || values.len() > self.dialect.compared {
            return format!("{hidden}{column} {}", in_list(values));
        }
        let each = values.iter().map(|value| format!("{hidden}{column} = {value}"));
        format!("({})", each.collect::<Vec<_>>().join(" OR "))
    }

    /// What keeps SQLite from beginning with a column's index; nothing elsewhere.
    fn hidden(&self) -> &'static str {
        match self.way {
            Way::Fewest | Way::InOrder => "",
            Way::Marked => "+",
        }
    }

    /// A condition on a table that holds several rows for a case. Where it is negated, few lists begin with
    /// what lies there, and each case is looked up.
    fn related(&self, table: &str, condition: &str, negated: bool) -> String {
        if negated || self.way != Way::Fewest {
            return format!(
                "EXISTS (SELECT 1 FROM {table} r WHERE r.tenant = c.tenant AND r.case_id = c.id AND {condition})"
            );
        }
        let tenant = self.first_param - 1;
        format!("c.id IN (SELECT r.case_id FROM {table} r WHERE r.tenant = ${tenant} AND {condition})")
    }

    /// A condition on whom a case complains about: only those that do are looked up.
    fn accusing(&self, table: &str, condition: &str, negated: bool) -> String {
        let related = self.related(table, condition, negated);
        format!("{} AND {related}", accuses())
    }

    /// Column `due_order` is the due instant, or the end of time where there is none.
    fn due(&mut self, order: Order, at: Timestamp) -> String {
        let at = self.instant(at);
        let test = format!("c.due_order {} {at}", symbol(order));
        match order {
            Order::Equal | Order::Less | Order::AtMost => test,
            Order::Unequal | Order::More | Order::AtLeast => format!("{test} AND c.due_at IS NOT NULL"),
        }
    }

    fn late(&mut self, now: Timestamp) -> String {
        if self.open {
            return format!("c.due_order < {}", self.instant(now));
        }
        format!("c.due_at < COALESCE(c.closed_at, {})", self.instant(now))
    }

    fn threshold(&mut self, run: &Run, now: Timestamp) -> String {
        match run {
            Run::Millis(millis) => {
                let (now, millis) = (self.instant(now), self.int(*millis));
                format!("COALESCE(c.closed_at, {now}) - {millis}")
            }
            Run::WorkingDays { from_now, by_day } => {
                let from_now = self.instant(*from_now);
                format!(
                    "CASE WHEN c.closed_at IS NULL THEN {from_now} {} END",
                    self.by_day(by_day)
                )
            }
        }
    }

    /// Looks the entry of the day of the end up in the table's digits. The arithmetic is that of
    /// [`DayTable::before`]; the days of the table lie after 1970, so dividing rounds down. A place in a
    /// text is an INTEGER to PostgreSQL, milliseconds need a BIGINT.
    fn by_day(&mut self, table: &DayTable) -> String {
        let from = self.int(table.first_day * DAY_MS - table.offset_ms);
        let to = self.int((table.first_day + table.days) * DAY_MS - table.offset_ms);
        let digits = self.word(&table.digits);
        let end = format!("(c.closed_at - {from})");
        let width = table.width;
        let entry = format!(
            "CAST(substr({digits}, CAST(1 + {width} * ({end} / {DAY_MS}) AS INTEGER), {width}) AS BIGINT)"
        );
        let never = self.instant(Timestamp::MIN);
        format!(
            "WHEN c.closed_at >= {from} AND c.closed_at < {to} \
             THEN c.closed_at - {entry} / 2 * {DAY_MS} - {entry} % 2 * ({end} % {DAY_MS}) ELSE {never}"
        )
    }

    fn starts(&mut self, prefix: &str) -> String {
        match after_prefix(prefix) {
            Some(end) => {
                let (from, to) = (self.word(prefix), self.word(&end));
                format!("c.number >= {from} AND c.number < {to}")
            }
            None => format!("c.number >= {}", self.word(prefix)),
        }
    }

    fn ids(&mut self, among: impl Iterator<Item = Uuid>) -> String {
        in_list(&self.each_id(among))
    }

    fn each_id(&mut self, among: impl Iterator<Item = Uuid>) -> Vec<String> {
        among
            .map(|id| self.param(SqlValue::Uuid(id.into_bytes())))
            .collect()
    }

    fn words(&mut self, among: &BTreeSet<String>) -> String {
        in_list(&self.each_word(among))
    }

    fn each_word(&mut self, among: &BTreeSet<String>) -> Vec<String> {
        among.iter().map(|word| self.word(word)).collect()
    }

    fn word(&mut self, word: &str) -> String {
        self.param(SqlValue::Text(word.to_owned()))
    }

    fn instant(&mut self, at: Timestamp) -> String {
        self.int(at.as_millisecond())
    }

    fn int(&mut self, value: i64) -> String {
        self.param(SqlValue::Int(value))
    }

    /// Returns the parameter for `value`; equal values share one, so that the subtrees of many tests
    /// need no more parameters than there are units.
    fn param(&mut self, value: SqlValue) -> String {
        let next = self.first_param + self.params.len();
        let number = *self.known.entry(value).or_insert_with_key(|value| {
            self.params.push(value.clone());
            next
        });
        format!("${number}")
    }
}

impl Predicate {
    /// Whether the test is unknown in SQL where a value is missing.
    fn may_be_unknown(&self) -> bool {
        match self {
            Predicate::Id(_, _) | Predicate::Word(_, _) | Predicate::CategoryUnder(_) => true,
            Predicate::Instant(_, _, _) | Predicate::Late { .. } | Predicate::LateBy { .. } => true,
            Predicate::Left { .. } => true,
            Predicate::Phase(_) | Predicate::NumberStarts(_) | Predicate::Present(_) => false,
            Predicate::AnyUnit(_, _) | Predicate::AnyPerson(_, _) | Predicate::AnyCampaign(_) => false,
            Predicate::Number(_, _, _) | Predicate::Flag(_) | Predicate::Accuses | Predicate::Text(_) => {
                false
            }
        }
    }
}

/// Returns the first text after all that begin with `prefix`, in the order of code points, which is that
/// of UTF-8 bytes; `None` where there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The range steps over the surrogates by itself.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

fn in_list(params: &[String]) -> String {
    match params {
        [one] => format!("= {one}"),
        _ => format!("IN ({})", params.join(", ")),
    }
}

fn symbol(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::Unequal => "<>",
        Order::Less => "<",
        Order::AtMost => "<=",
        Order::More => ">",
        Order::AtLeast => ">=",
    }
}

/// The test that a case complains about anybody.
fn accuses() -> String {
    format!("(c.flags & {}) <> 0", 1_u32 << ACCUSING_BIT)
}

fn flag_bit(flag: Flag) -> u32 {
    1 << Flag::ALL.iter().take_while(|other| **other != flag).count()
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Column::Id(column) => column.name(),
            Column::Word(column) => column.name(),
            Column::Instant(column) => column.name(),
        }
    }
}

impl IdColumn {
    fn name(self) -> &'static str {
        match self {
            IdColumn::Unit => "c.unit",
            IdColumn::Person => "c.person",
            IdColumn::Finder => "c.finder",
            IdColumn::FinderUnit => "c.finder_unit",
        }
    }
}

impl WordColumn {
    fn name(self) -> &'static str {
        match self {
            WordColumn::Number => "c.number",
            WordColumn::Kind => "c.kind",
            WordColumn::State => "c.state",
            WordColumn::Category => "c.category",
            WordColumn::Channel => "c.channel",
            WordColumn::Source => "c.source",
        }
    }
}

impl NumberColumn {
    fn name(self) -> &'static str {
        match self {
            NumberColumn::Severity => "c.severity",
            NumberColumn::Returns => "c.returns",
            NumberColumn::Reopened => "c.reopened",
        }
    }
}

impl InstantColumn {
    fn name(self) -> &'static str {
        match self {
            InstantColumn::Raised => "c.raised_at",
            InstantColumn::Changed => "c.changed_at",
            InstantColumn::Closed => "c.closed_at",
            InstantColumn::Due => "c.due_at",
        }
    }
}

impl UnitSet {
    fn role(self) -> u8 {
        match self {
            UnitSet::CoUnit => 1,
            UnitSet::Accused => 2,
        }
    }
}

impl PersonSet {
    fn role(self) -> u8 {
        match self {
            PersonSet::Accused => 1,
            PersonSet::Instructor => 2,
        }
    }
}
