//! Rows that are units.

use std::collections::BTreeSet;

use bihuan_core::id::UnitId;
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Unit};
use bihuan_text::spelled;

use super::{At, CODE_CHARS, Planner};
use crate::people::rows::{Record, Table};

/// The class of a unit whose row names none.
const CLASS: &str = "department";

impl Planner<'_> {
    /// Plans the units; one may stand before the unit above it.
    pub(super) fn units(&mut self, records: &[Record]) {
        let mut waiting: Vec<At<'_>> = records
            .iter()
            .map(|record| At::new(Table::Units, record))
            .collect();
        waiting.retain(|at| self.is_sound(at));
        self.refuse_twice(&mut waiting);
        while !waiting.is_empty() {
            let named: BTreeSet<&str> = waiting.iter().flat_map(names_of).collect();
            let (ready, rest): (Vec<_>, Vec<_>) =
                waiting.iter().copied().partition(|at| self.is_ready(at, &named));
            if ready.is_empty() {
                for at in &rest {
                    self.complain(
                        at,
                        "parent",
                        "people-fault-circle",
                        &[("value", at.cell("parent"))],
                    );
                }
                return;
            }
            for at in &ready {
                let before = self.mark();
                self.unit(at);
                self.count_unchanged(before);
            }
            waiting = rest;
        }
    }

    fn is_sound(&mut self, at: &At<'_>) -> bool {
        let (name, code) = (self.check_name(at), self.check_code(at, "code"));
        name && code
    }

    /// Refuses a second row for the same unit.
    fn refuse_twice(&mut self, waiting: &mut Vec<At<'_>>) {
        let mut codes = BTreeSet::new();
        waiting.retain(|at| {
            let code = at.cell("code");
            let twice = !code.is_empty() && !codes.insert(code.to_owned());
            if twice {
                self.complain(at, "code", "people-fault-code-twice", &[("value", code)]);
            }
            !twice
        });
    }

    /// Whether the unit above a row is there, or no other row will bring it.
    fn is_ready(&self, at: &At<'_>, named: &BTreeSet<&str>) -> bool {
        let parent = at.cell("parent");
        parent.is_empty() || self.org.unit_by_name(parent).is_some() || !named.contains(parent)
    }

    fn unit(&mut self, at: &At<'_>) {
        let parent = match at.cell("parent") {
            "" => None,
            _ => match self.unit_named(at, "parent") {
                Some(parent) => Some(parent),
                None => return,
            },
        };
        let (name, code) = (at.name(), at.cell("code"));
        let there = match code.is_empty() {
            true => self.org.unit_by_name(&name.zh).cloned(),
            false => self.org.units().find(|unit| unit.code == code).cloned(),
        };
        let id = match there {
            Some(unit) if !self.org.is_there(unit.id, self.on) => {
                self.complain(at, "code", "people-fault-dissolved", &[("value", &unit.code)]);
                None
            }
            Some(unit) => self.unit_there(at, &unit, parent),
            None => self.new_unit(at, &name, parent),
        };
        if let Some(id) = id {
            self.duties(at, id, &name);
        }
    }

    /// Returns the unit that a cell names; complains if there is none, or several.
    pub(super) fn unit_named(&mut self, at: &At<'_>, column: &str) -> Option<UnitId> {
        let name = at.cell(column);
        let found = self.org.unit_by_name(name).map(|unit| unit.id);
        let found = found.filter(|unit| self.org.is_there(*unit, self.on));
        if found.is_none() {
            let key = match self.org.units_named(name).len() {
                0 | 1 => "people-fault-unit",
                2.. => "people-fault-unit-several",
            };
            self.complain(at, column, key, &[("value", name)]);
        }
        found
    }

    /// Plans what a row changes of a unit that is there.
    fn unit_there(&mut self, at: &At<'_>, unit: &Unit, parent: Option<UnitId>) -> Option<UnitId> {
        let or = |id: &str, old: &str| match at.cell(id) {
            "" => old.to_owned(),
            new => new.to_owned(),
        };
        let name = Label::new(or("name_zh", &unit.name.zh), or("name_en", &unit.name.en));
        let (renamed, moved) = (name != unit.name, parent.is_some() && parent != unit.parent);
        if or("class", &unit.class) != unit.class {
            self.complain(at, "class", "people-fault-fixed", &[]);
        }
        if self.yes(at, "external") && !unit.external {
            self.complain(at, "external", "people-fault-fixed", &[]);
        }
        let event = OrgEvent::UnitChanged {
            unit: unit.id,
            on: self.on,
            parent: parent.filter(|_| moved),
            name: renamed.then(|| name.clone()),
        };
        if (renamed || moved) && !self.event(at, event) {
            return None;
        }
        if renamed {
            self.change(at, &unit.name, "people-change-renamed", &[("to", &name)]);
        }
        if moved && let Some(above) = self.name_of(parent) {
            self.change(at, &name, "people-change-moved", &[("to", &above)]);
        }
        Some(unit.id)
    }

    fn new_unit(&mut self, at: &At<'_>, name: &Label, parent: Option<UnitId>) -> Option<UnitId> {
        let external = self.yes(at, "external");
        let parent = match parent {
            None if !external => self.top(at)?,
            parent => parent,
        };
        let same = self.org.unit_by_name(&name.zh);
        // Offices of the same name in other places are others.
        if let Some(same) = same.filter(|unit| unit.parent == parent || Some(unit.id) == parent) {
            let code = same.code.clone();
            let places = [("value", name.zh.as_str()), ("code", &code)];
            self.complain(at, "code", "people-fault-name-there", &places);
            return None;
        }
        let class = at.cell("class");
        let unit = Unit {
            id: UnitId::new(self.present.now, self.entropy),
            code: self.code(at, name),
            name: name.clone(),
            aliases: distinct(at, "aliases").into_iter().map(str::to_owned).collect(),
            class: if class.is_empty() { CLASS } else { class }.to_owned(),
            parent,
            external,
            founded_on: self.on,
        };
        let id = unit.id;
        if !self.event(at, OrgEvent::UnitFounded(unit)) {
            return None;
        }
        match self.name_of(parent) {
            Some(above) => self.change(at, name, "people-change-unit", &[("above", &above)]),
            None => self.change(at, name, "people-change-top", &[]),
        }
        Some(id)
    }

    fn name_of(&self, unit: Option<UnitId>) -> Option<Label> {
        let unit = self.org.unit(unit?)?;
        Some(unit.name.clone())
    }

    /// Returns the unit at the top, under which a unit comes that names none above it; `Some(None)` if there is
    /// none yet, so that this one will be it.
    fn top(&mut self, at: &At<'_>) -> Option<Option<UnitId>> {
        let (org, on) = (&self.org, self.on);
        let is_top = |unit: &&Unit| unit.parent.is_none() && !unit.external && org.is_there(unit.id, on);
        let tops: Vec<UnitId> = org.units().filter(is_top).map(|unit| unit.id).collect();
        match tops.as_slice() {
            [] => Some(None),
            [top] => Some(Some(*top)),
            [_, _, ..] => {
                self.complain(at, "parent", "people-fault-which-top", &[]);
                None
            }
        }
    }

    /// Returns the unit's code: the one given, else one made of the name that no other unit has.
    fn code(&self, at: &At<'_>, name: &Label) -> String {
        let given = at.cell("code");
        if !given.is_empty() {
            return given.to_owned();
        }
        let words = name.en.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let stem = match (
            name.en.is_ascii() && !words.is_empty(),
            spelled(&name.zh).initials,
        ) {
            (true, _) => words.join("-").to_lowercase(),
            (false, initials) if !initials.is_empty() => initials,
            (false, _) => "unit".to_owned(),
        };
        let stem: String = stem.chars().take(CODE_CHARS - 4).collect();
        let taken = |code: &String| self.org.units().any(|unit| unit.code == *code);
        let further = (2..).map(|number: u32| format!("{stem}{number}"));
        let mut codes = std::iter::once(stem.clone()).chain(further);
        codes.find(|code| !taken(code)).unwrap_or_default()
    }

    /// Plans the duties that a row gives to a unit beyond those it has.
    fn duties(&mut self, at: &At<'_>, unit: UnitId, name: &Label) {
        for word in distinct(at, "duties") {
            let Some((category, title)) = self.category(at, word) else {
                continue;
            };
            if self.org.duties_of(unit, self.on).contains(&category.as_str()) {
                continue;
            }
            let on = self.on;
            if self.event(at, OrgEvent::DutyGiven { unit, category, on }) {
                self.change(at, name, "people-change-duty", &[("duty", &title)]);
            }
        }
    }

    /// Returns the category that a word means, by its code or its name.
    fn category(&mut self, at: &At<'_>, word: &str) -> Option<(String, Label)> {
        let taxonomies = self
            .present
            .scene
            .newest()
            .flat_map(|pack| pack.taxonomies.values());
        let categories = taxonomies.flat_map(|taxonomy| &taxonomy.categories);
        let called = |title: &Label| title.zh == word || title.en.to_lowercase() == word.to_lowercase();
        let found: BTreeSet<(&str, &Label)> = categories
            .filter(|category| category.code == word || called(&category.title))
            .map(|category| (category.code.as_str(), &category.title))
            .collect();
        let exact = found.iter().find(|(code, _)| *code == word);
        match (exact.or(found.first()), found.len()) {
            (Some((code, title)), len) if len == 1 || *code == word => {
                Some(((*code).to_owned(), (*title).clone()))
            }
            (None, _) => {
                let tops = self.top_categories();
                let places = [("value", word), ("tops", tops.as_str())];
                self.complain(at, "duties", "people-fault-duty", &places);
                None
            }
            (Some(_), _) => {
                let some: Vec<&str> = found.iter().take(3).map(|(code, _)| *code).collect();
                let places = [("value", word), ("codes", &*some.join(", "))];
                self.complain(at, "duties", "people-fault-duty-several", &places);
                None
            }
        }
    }
}

impl Planner<'_> {
    /// Returns the codes of the categories that stand under no other.
    fn top_categories(&self) -> String {
        let taxonomies = self
            .present
            .scene
            .newest()
            .flat_map(|pack| pack.taxonomies.values());
        let codes = taxonomies.flat_map(|taxonomy| &taxonomy.categories);
        let codes = codes.map(|category| category.code.as_str());
        let tops: BTreeSet<&str> = codes.filter(|code| !code.contains('.')).collect();
        tops.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// Returns the distinct parts of a cell that holds a list, in its order.
pub(super) fn distinct<'r>(at: &At<'r>, column: &str) -> Vec<&'r str> {
    let mut seen = BTreeSet::new();
    at.list(column).filter(|part| seen.insert(*part)).collect()
}

/// Returns the names by which other rows may call a unit.
fn names_of<'r>(at: &At<'r>) -> Vec<&'r str> {
    let names = ["code", "name_zh", "name_en"].map(|id| at.cell(id));
    let all = names.into_iter().chain(at.list("aliases"));
    all.filter(|name| !name.is_empty()).collect()
}
