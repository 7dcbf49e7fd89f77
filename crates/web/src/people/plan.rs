//! What would change by the rows, and what is wrong with them: all of it at once, before anything is written.
//!
//! Each change is tried on a copy of the tree, so that whatever is planned is also allowed. Nothing is ever taken
//! away: a unit, a duty or a role that no row names stays as it is.

mod person;
mod unit;

use std::collections::BTreeMap;

use bihuan_core::id::{Entropy, PersonId};
use bihuan_core::label::Label;
use bihuan_core::org::{Org, OrgEvent};
use bihuan_store::tenant::scene::Scene;
use jiff::Timestamp;
use jiff::civil::Date;

use super::rows::{Column, Fault, Record, Rows, Table};

/// The longest name of a unit, a person or a post, in characters.
const NAME_CHARS: usize = 80;
/// The longest code of a unit or login, in characters.
const CODE_CHARS: usize = 64;

/// What the rows come to.
#[derive(Debug, Default)]
pub struct Plan {
    /// What would change, in the order of the rows.
    pub changes: Vec<Change>,
    /// How many rows say what is so already.
    pub unchanged: usize,
    /// What is wrong; nothing is to be written while there is anything.
    pub faults: Vec<Fault>,
    /// The events that bring the changes about.
    pub events: Vec<OrgEvent>,
    /// The logins that are to be made.
    pub logins: Vec<NewLogin>,
}

/// A change, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In which table the row stands.
    pub table: Table,
    /// The row.
    pub line: u64,
    /// Which unit or person.
    pub name: Label,
    /// The message.
    pub key: &'static str,
    /// What fills the message's places.
    pub places: Vec<(&'static str, Label)>,
}

/// A login to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogin {
    /// The login.
    pub login: String,
    /// Whose it is.
    pub person: PersonId,
    /// Their name.
    pub name: Label,
}

/// What the rows are compared with.
pub struct Present<'a> {
    /// The tree, packs and calendar.
    pub scene: &'a Scene,
    /// The logins that there are, and whose they are.
    pub logins: BTreeMap<String, PersonId>,
    /// The present instant.
    pub now: Timestamp,
}

impl Plan {
    /// Whether somebody would have a role or a login that they do not have yet.
    pub fn gives_rights(&self) -> bool {
        let granted = |event: &OrgEvent| matches!(event, OrgEvent::RoleGranted { .. });
        !self.logins.is_empty() || self.events.iter().any(granted)
    }
}

/// Plans what the rows would change.
pub fn plan(rows: &Rows, present: &Present<'_>, entropy: &mut dyn Entropy) -> Plan {
    let mut planner = Planner {
        present,
        on: present.scene.calendar.date_of(present.now),
        entropy,
        org: present.scene.org.clone(),
        logins: present.logins.clone(),
        plan: Plan::default(),
    };
    planner.units(&rows.units);
    for record in &rows.people {
        let at = At::new(Table::People, record);
        let before = planner.mark();
        planner.person(&at);
        planner.count_unchanged(before);
    }
    planner.plan
}

/// Whether a code or login is made of what can stand in an address.
pub fn is_code(code: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    code.chars().all(plain) && code.chars().count() <= CODE_CHARS
}

/// Plans row by row, on a copy of the tree.
struct Planner<'a> {
    present: &'a Present<'a>,
    on: Date,
    entropy: &'a mut dyn Entropy,
    org: Org,
    logins: BTreeMap<String, PersonId>,
    plan: Plan,
}

/// A row, and how its cells are found.
#[derive(Clone, Copy)]
struct At<'a> {
    table: Table,
    record: &'a Record,
}

impl<'a> At<'a> {
    fn new(table: Table, record: &'a Record) -> At<'a> {
        At { table, record }
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.table.columns().iter().position(|column| column.id == id)
    }

    /// Returns the cell of a column.
    fn cell(&self, id: &str) -> &'a str {
        let cell = self.index(id).and_then(|at| self.record.cells.get(at));
        cell.map_or("", |cell| cell.trim())
    }

    /// Returns the parts of a cell that holds a list.
    fn list(&self, id: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let parts = self.cell(id).split([';', '；', ',', '，', '、']);
        parts.map(str::trim).filter(|part| !part.is_empty())
    }

    /// Returns the name in both languages; where one is missing, the other stands for it.
    fn name(&self) -> Label {
        let (zh, en) = (self.cell("name_zh"), self.cell("name_en"));
        let or = |name: &str, other: &str| {
            if name.is_empty() {
                other.to_owned()
            } else {
                name.to_owned()
            }
        };
        Label::new(or(zh, en), or(en, zh))
    }

    fn column(&self, id: &str) -> Option<Column> {
        self.index(id).map(|at| self.table.columns()[at])
    }

    /// Says that something is wrong with a cell.
    fn fault(&self, id: &str, key: &'static str, places: &[(&'static str, &str)]) -> Fault {
        let places = places.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Fault {
            table: Some(self.table),
            line: Some(self.record.line),
            column: self.column(id),
            key,
            places: places.collect(),
        }
    }
}

impl Planner<'_> {
    fn complain(&mut self, at: &At<'_>, column: &str, key: &'static str, places: &[(&'static str, &str)]) {
        self.plan.faults.push(at.fault(column, key, places));
    }

    /// Tries an event on the copy of the tree, and plans it if it is allowed.
    fn event(&mut self, at: &At<'_>, event: OrgEvent) -> bool {
        let allowed = self.org.apply(&event).is_ok();
        if allowed {
            self.plan.events.push(event);
        } else {
            self.complain(at, "", "people-fault-tree", &[]);
        }
        allowed
    }

    fn change(&mut self, at: &At<'_>, name: &Label, key: &'static str, places: &[(&'static str, &Label)]) {
        let places = places.iter().map(|(name, value)| (*name, (*value).clone()));
        self.plan.changes.push(Change {
            table: at.table,
            line: at.record.line,
            name: name.clone(),
            key,
            places: places.collect(),
        });
    }

    fn mark(&self) -> (usize, usize) {
        (self.plan.changes.len(), self.plan.faults.len())
    }

    fn count_unchanged(&mut self, before: (usize, usize)) {
        self.plan.unchanged += usize::from(self.mark() == before);
    }

    /// Returns what a yes-or-no cell says; complains of anything else.
    fn yes(&mut self, at: &At<'_>, column: &str) -> bool {
        match at.cell(column).to_lowercase().as_str() {
            "是" | "yes" | "y" | "true" | "1" => true,
            "" | "否" | "no" | "n" | "false" | "0" => false,
            other => {
                self.complain(at, column, "people-fault-yes", &[("value", other)]);
                false
            }
        }
    }

    /// Checks the name of a row; returns whether it has one that can be used.
    fn check_name(&mut self, at: &At<'_>) -> bool {
        let long = |name: &str| name.chars().count() > NAME_CHARS;
        let name = at.name();
        if name.zh.is_empty() {
            self.complain(at, "name_zh", "people-fault-name", &[]);
        } else if long(&name.zh) || long(&name.en) {
            let most = NAME_CHARS.to_string();
            self.complain(at, "name_zh", "people-fault-long", &[("most", &most)]);
        }
        !name.zh.is_empty() && !long(&name.zh) && !long(&name.en)
    }

    /// Whether a code or login is made of what can stand in an address.
    fn check_code(&mut self, at: &At<'_>, column: &str) -> bool {
        let code = at.cell(column);
        let good = is_code(code);
        if !good {
            self.complain(at, column, "people-fault-code", &[("value", code)]);
        }
        good
    }
}

#[cfg(test)]
mod tests;
