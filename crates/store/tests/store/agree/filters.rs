//! Random filters, as text, with one case in view: about half the values are that case's own.

use std::collections::HashMap;

use bihuan_core::case::facts::Flag;
use bihuan_core::event::AccusedParty;
use bihuan_core::filter::Checked;
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::pack::model::Kind;
use jiff::{SignedDuration, Timestamp};

use super::city::{City, LIMITS, TestCase, WORDS, campaign};
use super::random::Random;

const EQUALITIES: &[&str] = &["=", "!=", "in", "not in"];
const TREE: &[&str] = &["=", "!=", "in", "not in", "under", "not under"];
const ORDERS: &[&str] = &["=", "!=", "<", "<=", ">", ">=", "in", "not in"];
const LENGTHS: &[&str] = &["<", "<=", ">", ">="];
const PHASES: [&str; 7] = ["raise", "accept", "act", "verify", "answer", "closed", "watch"];

pub struct Filters<'a> {
    pub city: &'a City,
    pub case: &'a TestCase,
    pub random: &'a mut Random,
    /// Tests resolved before, by their text.
    pub known: &'a mut HashMap<String, Checked>,
    /// Each part that was written, by its operator.
    pub parts: Vec<(String, Checked)>,
}

impl<'a> Filters<'a> {
    /// Writes a filter nested at most so deep, and says what it must come to.
    pub fn filter(&mut self, depth: usize) -> (String, Checked) {
        let choice = self.random.below(if depth == 0 { 1 } else { 5 });
        let (operator, text, checked) = match choice {
            0 | 1 => self.leaf(),
            2 => {
                let (text, part) = self.filter(depth - 1);
                ("not".to_owned(), format!("not ({text})"), Checked::not(part))
            }
            3 => self.joined("and", Checked::and, depth - 1),
            _ => self.joined("or", Checked::or, depth - 1),
        };
        self.parts.push((operator, checked.clone()));
        (text, checked)
    }

    fn joined(
        &mut self,
        glue: &str,
        join: fn(Vec<Checked>) -> Checked,
        depth: usize,
    ) -> (String, String, Checked) {
        let ((left, a), (right, b)) = (self.filter(depth), self.filter(depth));
        (
            glue.to_owned(),
            format!("(({left}) {glue} ({right}))"),
            join(vec![a, b]),
        )
    }

    fn leaf(&mut self) -> (String, String, Checked) {
        let (operator, text) = self.test();
        let city = self.city;
        let checked = self
            .known
            .entry(text.clone())
            .or_insert_with(|| city.resolve(&text))
            .clone();
        (operator, text, checked)
    }

    fn test(&mut self) -> (String, String) {
        let facts = &self.case().facts;
        match self.random.below(25) {
            0 => self.named(
                "unit",
                TREE,
                facts.unit.into_iter().map(|unit| self.code(unit)).collect(),
                Self::unit,
            ),
            1 => {
                let own = facts.co_units.iter().map(|unit| self.code(*unit)).collect();
                self.named("co_unit", TREE, own, Self::unit)
            }
            2 => {
                let own = facts.finder.iter().map(|(_, unit)| self.code(*unit)).collect();
                self.named("finder_unit", TREE, own, Self::unit)
            }
            3 => {
                let own = facts.person.into_iter().map(|person| self.name(person)).collect();
                self.named("person", EQUALITIES, own, Self::person)
            }
            4 => {
                let own = facts
                    .finder
                    .iter()
                    .map(|(person, _)| self.name(*person))
                    .collect();
                self.named("finder", EQUALITIES, own, Self::person)
            }
            5 => {
                let own = facts.accused.iter().map(|party| match party {
                    AccusedParty::Unit(unit) => self.code(*unit),
                    AccusedParty::Person(person) => self.name(*person),
                });
                self.named("accused", TREE, own.collect(), Self::party)
            }
            6 => self.named("kind", EQUALITIES, vec![facts.kind.clone()], Self::kind),
            7 => self.named("state", EQUALITIES, vec![quoted(&facts.state)], Self::state),
            8 => self.named("category", TREE, self.categories(), Self::category),
            9 => self.named("channel", EQUALITIES, vec![quoted(&facts.channel)], Self::channel),
            10 => self.named(
                "source",
                EQUALITIES,
                facts.source.iter().map(|it| quoted(it)).collect(),
                Self::source,
            ),
            11 => self.named("campaign", EQUALITIES, facts.campaigns.clone(), |this| {
                campaign(this.random)
            }),
            12 => self.named("number", EQUALITIES, vec![quoted(&facts.number)], |_| {
                "\"TS1\"".to_owned()
            }),
            13 => self.named(
                "phase",
                EQUALITIES,
                vec![PHASES[facts.phase as usize].to_owned()],
                |this| (*this.random.pick(&PHASES)).to_owned(),
            ),
            14 | 15 => self.counted(),
            16..19 => self.dated(),
            19..22 => self.late(),
            22 => self.flag(),
            23 => self.instructed(),
            _ => self.text(),
        }
    }

    fn instructed(&mut self) -> (String, String) {
        let own = &self.case().facts.instructors;
        let own = own.iter().map(|person| self.name(*person)).collect();
        self.named("instructor", EQUALITIES, own, Self::person)
    }

    /// Compares a field with its own value or with another; lists hold one to three.
    fn named(
        &mut self,
        field: &str,
        operators: &[&str],
        own: Vec<String>,
        other: fn(&mut Self) -> String,
    ) -> (String, String) {
        let operator = *self.random.pick(operators);
        let value = if own.is_empty() || self.random.chance(50) {
            other(self)
        } else {
            self.random.pick(&own).clone()
        };
        let value = match operator {
            "in" | "not in" => {
                let more: Vec<String> = (0..self.random.below(3)).map(|_| other(self)).collect();
                format!("({})", [vec![value], more].concat().join(", "))
            }
            _ => value,
        };
        (
            format!("{field} {operator}"),
            format!("{field} {operator} {value}"),
        )
    }

    fn counted(&mut self) -> (String, String) {
        let facts = &self.case().facts;
        let fields = [
            ("severity", u32::from(facts.severity)),
            ("returned", facts.returns),
            ("reopened", facts.reopened),
        ];
        let (field, own) = *self.random.pick(&fields);
        let near = [own, own, own + 1, own.saturating_sub(1)].map(|count| count.to_string());
        self.named(field, ORDERS, near.to_vec(), |this| {
            this.random.below(6).to_string()
        })
    }

    fn dated(&mut self) -> (String, String) {
        let facts = &self.case().facts;
        let fields = [
            ("raised", Some(facts.raised_at)),
            ("changed", Some(facts.changed_at)),
            ("closed", facts.closed_at),
            ("due", facts.due_at),
        ];
        let (mut field, mut own) = *self.random.pick(&fields);
        if own.is_none() && self.random.chance(70) {
            (field, own) = fields[self.random.below(2)];
        }
        if self.random.chance(20) {
            return self.against_instant(field, own);
        }
        // The day of the value and its neighbours, so that both ends of a day are met.
        let days = own
            .iter()
            .flat_map(|at| [-24, 0, 0, 0, 24].map(|hours| self.day(*at, hours)));
        let days = days.collect();
        self.named(field, ORDERS, days, |this| {
            let relative = [
                "today",
                "yesterday",
                "-3wd",
                "+2wd",
                "-7d",
                "this week",
                "last month",
                "this year",
            ];
            (*this.random.pick(&relative)).to_owned()
        })
    }

    fn against_instant(&mut self, field: &str, own: Option<Timestamp>) -> (String, String) {
        let operator = *self.random.pick(LENGTHS);
        let hours = own.map_or(0, |at| at.duration_since(self.city.now).as_hours());
        let value = if self.random.chance(50) || hours.abs() > 9999 {
            "now".to_owned()
        } else {
            format!("{hours:+}h")
        };
        (
            format!("{field} {operator} instant"),
            format!("{field} {operator} {value}"),
        )
    }

    fn day(&self, at: Timestamp, hours: i64) -> String {
        self.city
            .calendar
            .date_of(at + SignedDuration::from_hours(hours))
            .to_string()
    }

    /// Tests of lateness. Where the case cannot be true of one, that is left out most times, so that the
    /// tests are not false nearly always.
    fn late(&mut self) -> (String, String) {
        let facts = &self.case().facts;
        let end = facts.closed_at.unwrap_or(self.city.now);
        let is_late = facts.due_at.is_some_and(|due| due < end);
        if self.random.chance(20) {
            return ("overdue".to_owned(), "overdue".to_owned());
        }
        let has_left = facts.closed_at.is_none() && facts.due_at.is_some_and(|due| due >= end);
        let field = match (is_late, has_left) {
            (_, true) => "remaining",
            (true, _) => "overdue",
            _ if self.random.chance(80) => return self.dated(),
            _ => *self.random.pick(&["remaining", "overdue"]),
        };
        let operator = *self.random.pick(LENGTHS);
        let limit = self.random.pick(&LIMITS);
        // How late a closed case was is found in another way than how late an open one is.
        let end = match (field, facts.closed_at) {
            ("overdue", Some(_)) => " when closed",
            _ => "",
        };
        (
            format!("{field} {operator} {}{end}", limit.unit),
            format!("{field} {operator} {limit}"),
        )
    }

    fn flag(&mut self) -> (String, String) {
        let flag = *self.random.pick(&Flag::ALL);
        (flag.word().to_owned(), format!("is {}", flag.word()))
    }

    fn text(&mut self) -> (String, String) {
        if self.random.chance(40) {
            let own = &self.case.facts.number;
            let prefix = if self.random.chance(50) {
                &own[..1 + self.random.below(own.len() - 1)]
            } else {
                "ZZ"
            };
            return (
                "number starts".to_owned(),
                format!("number starts {}", quoted(prefix)),
            );
        }
        (
            "text has".to_owned(),
            format!("text has {}", quoted(WORDS[self.random.below(WORDS.len())])),
        )
    }

    fn code(&self, unit: UnitId) -> String {
        let found = self.city.units.iter().find(|(id, _)| *id == unit);
        found.map(|(_, code)| code.clone()).expect("a unit of the city")
    }

    fn name(&self, person: PersonId) -> String {
        let found = self.city.persons.iter().find(|(id, _)| *id == person);
        found.map(|(_, name)| quoted(name)).expect("a person of the city")
    }

    fn unit(&mut self) -> String {
        if self.random.chance(20) {
            "my unit".to_owned()
        } else {
            self.random.pick(&self.city.units).1.clone()
        }
    }

    fn person(&mut self) -> String {
        if self.random.chance(20) {
            "me".to_owned()
        } else {
            quoted(&self.random.pick(&self.city.persons).1)
        }
    }

    fn party(&mut self) -> String {
        if self.random.chance(50) {
            self.unit()
        } else {
            self.person()
        }
    }

    fn kind(&mut self) -> String {
        quoted(&self.a_kind().id)
    }

    fn state(&mut self) -> String {
        let kind = self.a_kind();
        quoted(&self.random.pick(&kind.states).id)
    }

    fn category(&mut self) -> String {
        let taxonomies: Vec<_> = self
            .city
            .packs
            .iter()
            .flat_map(|pack| pack.taxonomies.values())
            .collect();
        let taxonomy = *self.random.pick(&taxonomies);
        quoted(&self.random.pick(&taxonomy.categories).code)
    }

    fn channel(&mut self) -> String {
        let channels: Vec<_> = self.city.packs.iter().flat_map(|pack| &pack.channels).collect();
        quoted(&self.random.pick(&channels).id)
    }

    fn source(&mut self) -> String {
        let sources: Vec<_> = self
            .city
            .packs
            .iter()
            .flat_map(|pack| &pack.supervision_sources)
            .collect();
        quoted(&self.random.pick(&sources).id)
    }

    fn a_kind(&mut self) -> &'a Kind {
        let kinds: Vec<_> = self.city.packs.iter().flat_map(|pack| &pack.kinds).collect();
        kinds[self.random.below(kinds.len())]
    }

    /// Returns the case, for longer than this borrow of the generator.
    fn case(&self) -> &'a TestCase {
        self.case
    }

    /// Returns the case's category, twice as often as the one above it.
    fn categories(&self) -> Vec<String> {
        let Some(code) = &self.case.facts.category else {
            return Vec::new();
        };
        let above = code.rsplit_once('.').map(|(above, _)| quoted(above));
        [Some(quoted(code)), Some(quoted(code)), above]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
