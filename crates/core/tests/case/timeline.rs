//! The language of the fixtures: one line for each thing that happens, with what came of it.
//!
//! `MM-DD HH:MM ACTOR VERB [ARGUMENT…] => OUTCOME`, all in 2026, local time. The outcome is the events in
//! short, `refused: …`, or for `show` what the case looks like then.

use std::fmt::Write as _;

use bihuan_core::calendar::Calendar;
use bihuan_core::case::Case;
use bihuan_core::case::command::{Command, Context, ImportedLife, Raise};
use bihuan_core::case::decide::{self, Decided};
use bihuan_core::case::facts;
use bihuan_core::case::fold;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, CaseEvent, Disclosure, Entry, Event, ExternalRef, Linkage, RaisedBy};
use bihuan_core::id::{IdentityId, UnitId};
use bihuan_core::org::{Org, OrgEvent, Substitution};
use bihuan_core::pack::model::Pack;
use jiff::Timestamp;
use jiff::civil::DateTime;
use uuid::Uuid;

use crate::commands::{Arguments, accused, case_id, command, other};
use crate::town::{self, body};

/// Lives `fixture` with a case of `kind` and compares every outcome.
#[track_caller]
pub fn check_timeline(kind: &str, fixture: &str) {
    check_after(kind, "", fixture);
}

/// The same after a past in which nothing is refused and no outcome is compared.
#[track_caller]
pub fn check_after(kind: &str, past: &str, fixture: &str) {
    let mut life = Life::new(kind);
    life.live_all(past);
    let (mut expected, mut found) = (String::new(), String::new());
    for line in lines(fixture) {
        let (what, outcome) = line.split_once("=>").unwrap_or((line, ""));
        let (what, outcome) = (what.trim_end(), outcome.trim());
        writeln!(expected, "{what} => {outcome}").expect("a string takes all");
        writeln!(found, "{what} => {}", life.live(what)).expect("a string takes all");
    }
    assert!(found == expected, "expected:\n{expected}\nfound:\n{found}");
}

/// A case, its log, and the world around it.
pub struct Life {
    pub kind: String,
    pub case: Option<Case>,
    pub entries: Vec<Entry>,
    pub org: Org,
    pub pack: Pack,
    pub calendar: Calendar,
}

impl Life {
    pub fn new(kind: &str) -> Life {
        Life {
            kind: kind.to_owned(),
            case: None,
            entries: Vec::new(),
            org: town::org(),
            pack: crate::packs::pack(),
            calendar: crate::packs::calendar(),
        }
    }

    /// Lives a past in which nothing is refused.
    pub fn live_all(&mut self, past: &str) {
        for line in lines(past) {
            let outcome = self.live(line);
            assert!(!outcome.starts_with("refused"), "{line} => {outcome}");
        }
    }

    /// Lives one line and returns what came of it.
    pub fn live(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now = self.instant(&format!("{} {}", words[0], words[1]));
        let (actor, verb, arguments) = (words[2], words[3], Arguments::read(&words[4..]));
        match (actor, verb) {
            ("org", _) => self.reorganise(verb, &arguments, now),
            ("world", "calendar") => {
                self.calendar.version = arguments.number();
                String::new()
            }
            ("world", _) => self.show(),
            (_, "raise") => {
                let raise = self.raise_command(&arguments);
                self.raise(&raise, town::actor(actor), now)
            }
            _ => {
                let command = command(verb, &arguments);
                let outcome = self.execute(&command, town::actor(actor), now);
                self.written(outcome.map_err(|refusal| refusal.to_string()))
            }
        }
    }

    pub fn context(&self, actor: Actor, now: Timestamp) -> Context<'_> {
        Context {
            pack: &self.pack,
            org: &self.org,
            calendar: &self.calendar,
            actor,
            occurred_at: now,
            now,
        }
    }

    fn raise(&mut self, raise: &Raise, actor: Actor, now: Timestamp) -> String {
        let occurred_at = if raise.imported.is_some() {
            self.instant("01-05 10:00")
        } else {
            now
        };
        let ctx = Context {
            occurred_at,
            ..self.context(actor, now)
        };
        match decide::raise(raise, case_id(1), &ctx) {
            Ok(decided) => {
                self.append(&decided, actor, now);
                self.written(Ok(decided))
            }
            Err(refusal) => self.written(Err(refusal.to_string())),
        }
    }

    /// Decides and, unless refused, folds what was decided into the case.
    pub fn execute(
        &mut self,
        command: &Command,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Vec<Decided>, Refusal> {
        let case = self.case.as_ref().expect("a life begins with raise");
        let decided = decide::decide(case, command, &self.context(actor, now))?;
        self.append(&decided, actor, now);
        Ok(decided)
    }

    pub fn append(&mut self, decided: &[Decided], actor: Actor, now: Timestamp) {
        for one in decided {
            let entry = Entry {
                occurred_at: one.occurred_at,
                recorded_at: now,
                actor,
                event: Event::Case(one.event.clone()),
            };
            let version = self.case.as_ref().map_or(1, |case| case.version + 1);
            let case = fold::fold(self.case.take(), case_id(1), version, &entry);
            self.case = Some(case.expect("what was decided folds"));
            self.entries.push(entry);
        }
    }

    fn reorganise(&mut self, verb: &str, arguments: &Arguments, now: Timestamp) -> String {
        let on = self.calendar.date_of(now);
        let event = match verb {
            "move" => OrgEvent::UnitChanged {
                unit: town::unit(arguments.words[0]),
                on,
                parent: Some(town::unit(arguments.words[1])),
                name: None,
            },
            "appoint" => OrgEvent::RoleGranted {
                person: town::person(arguments.words[0]),
                role: "clerk".to_owned(),
                unit: town::unit(arguments.words[1]),
                on,
            },
            "stand_in" => OrgEvent::SubstituteNamed(Substitution {
                person: town::person(arguments.words[1]),
                substitute: town::person(arguments.words[0]),
                from: on,
                until: on.tomorrow().expect("a day"),
            }),
            "stand_back" => OrgEvent::SubstituteEnded {
                person: town::person(arguments.words[1]),
                substitute: town::person(arguments.words[0]),
                on,
            },
            "relieve" => OrgEvent::RoleRevoked {
                person: town::person(arguments.words[0]),
                role: "clerk".to_owned(),
                unit: town::unit(arguments.words[1]),
                on,
            },
            _ => OrgEvent::UnitDissolved {
                unit: town::unit(arguments.words[0]),
                on,
                successor: None,
            },
        };
        self.org.apply(&event).expect("the town stays sound");
        String::new()
    }

    fn raise_command(&self, arguments: &Arguments) -> Raise {
        let raised_by = match arguments.get("finder") {
            Some(code) => RaisedBy::Finder {
                person: town::person(code),
                unit: town::unit(code),
            },
            None => RaisedBy::Reporter {
                identity: Some(IdentityId(Uuid::from_u128(9))),
                disclosure: Disclosure::RealName,
            },
        };
        let imports = ["due", "closed", "unit", "answered"];
        let imported = imports
            .iter()
            .any(|key| arguments.get(key).is_some())
            .then(|| ImportedLife {
                unit: arguments.get("unit").map(town::unit),
                due_at: arguments.get("due").map(|at| self.instant(at)),
                closed_at: arguments.get("closed").map(|at| self.instant(at)),
                answer: arguments.get("answered").map(|_| body(1)),
                answered_at: arguments.get("answered").map(|at| self.instant(at)),
            });
        Raise {
            number: "T1".to_owned(),
            kind: self.kind.clone(),
            channel: arguments.get("channel").unwrap_or("phone").to_owned(),
            source: arguments.get("source").map(str::to_owned),
            category: arguments.get("category").map(str::to_owned),
            campaigns: Vec::new(),
            severity: arguments
                .get("severity")
                .map_or(3, |text| text.parse().expect("a number")),
            title: body(2),
            text: body(3),
            place: None,
            raised_by,
            accused: arguments.get("accused").map(accused).into_iter().collect(),
            links: arguments
                .get("duplicate")
                .map(|number| (Linkage::DuplicateOf, other(number)))
                .into_iter()
                .collect(),
            external: imported.is_some().then(|| ExternalRef {
                system: "old".to_owned(),
                key: "7".to_owned(),
            }),
            imported,
        }
    }

    /// Reads `MM-DD HH:MM`, or `MM-DDTHH:MM` in arguments.
    pub fn instant(&self, text: &str) -> Timestamp {
        let text = format!("2026-{}:00", text.replace(' ', "T"));
        self.calendar
            .instant(text.parse::<DateTime>().expect("a date and a time"))
    }

    fn clock_time(&self, at: Timestamp) -> String {
        self.calendar.local(at).strftime("%m-%d %H:%M").to_string()
    }

    fn written(&self, outcome: Result<Vec<Decided>, String>) -> String {
        match outcome {
            Ok(decided) => {
                let short: Vec<String> = decided.iter().map(|one| self.short(one)).collect();
                short.join("; ")
            }
            Err(refusal) => format!("refused: {}", town::named(&refusal).replace('"', "'")),
        }
    }

    fn short(&self, one: &Decided) -> String {
        let unit = |id: &UnitId| town::named(&id.to_string());
        let due = |span: &bihuan_core::event::ClockSpan| {
            format!("{} due {}", span.clock, self.clock_time(span.due_at))
        };
        match &one.event {
            CaseEvent::StepTaken { to, new_round, .. } => {
                format!("{}{to}", if *new_round { "back to " } else { "to " })
            }
            CaseEvent::Assigned { unit: id, .. } => format!("assigned {}", unit(id)),
            CaseEvent::Transferred { to, .. } => format!("transferred to {}", unit(to)),
            CaseEvent::DisputeRuled { unit: id, .. } => format!("ruled {}", unit(id)),
            CaseEvent::ClockStarted(span) => due(span),
            CaseEvent::ClockResumed(span) | CaseEvent::ClockRecomputed(span) => due(span),
            CaseEvent::ClockExtended { span, .. } => due(span),
            CaseEvent::ClockStopped { clock } => format!("{clock} met"),
            CaseEvent::ClockWarned { clock } => {
                format!("{clock} warned at {}", self.clock_time(one.occurred_at))
            }
            CaseEvent::ClockBreached { clock, .. } => {
                format!("{clock} breached at {}", self.clock_time(one.occurred_at))
            }
            CaseEvent::Published { until, .. } => format!("published until {}", self.clock_time(*until)),
            CaseEvent::Ended(end) => format!("ended {}", tag(end, "end")),
            CaseEvent::LookedBack { held, .. } => format!("looked back, held {held}"),
            event => tag(event, "type").replace('_', " "),
        }
    }

    /// Writes what the lists see of the case, and what counts in the present round.
    fn show(&self) -> String {
        let case = self.case.as_ref().expect("a life begins with raise");
        let kind = self.pack.kind(&case.kind).expect("the pack has it");
        let facts = facts::facts(case, kind);
        let mut parts = vec![format!("{} round {}", case.state, case.round)];
        if let Some(unit) = case.unit {
            parts.push(town::named(&unit.to_string()));
        }
        if let Some(at) = facts.due_at {
            parts.push(format!("due {}", self.clock_time(at)));
        }
        if let Some(at) = facts.closed_at {
            parts.push(format!("closed {}", self.clock_time(at)));
        }
        let counts = [
            (case.verified.is_some(), "verified"),
            (case.answered.is_some(), "answered"),
        ];
        parts.extend(
            counts
                .iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, word)| (*word).to_owned()),
        );
        parts.extend(facts.flags.iter().map(|flag| flag.word().to_owned()));
        if let Some(at) = case.next_timer_at(kind) {
            parts.push(format!("timer {}", self.clock_time(at)));
        }
        parts.join(", ")
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Returns the tag that the JSON of a value carries.
fn tag(value: &impl serde::Serialize, key: &str) -> String {
    let json = serde_json::to_value(value).expect("events are JSON");
    json[key].as_str().expect("a tagged value").to_owned()
}
