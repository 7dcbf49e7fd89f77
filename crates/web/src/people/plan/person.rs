//! Rows that are people.

use std::collections::BTreeSet;

use bihuan_core::id::{PersonId, PostId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Person, Post};

use super::unit::distinct;
use super::{At, NewLogin, Planner};

impl Planner<'_> {
    /// Plans a row: who it is, their roles, their post and their login.
    pub(super) fn person(&mut self, at: &At<'_>) {
        let (named, login) = (self.check_name(at), self.check_code(at, "login"));
        let roles = self.roles(at);
        if at.cell("unit").is_empty() {
            self.complain(at, "unit", "people-fault-no-unit", &[]);
            return;
        }
        let unit = self.unit_named(at, "unit");
        let Some(unit) = unit.filter(|_| named && login) else {
            return;
        };
        let name = at.name();
        let Ok(known) = self.known(at, &name, unit) else {
            return;
        };
        let Some(person) = known.or_else(|| self.new_person(at, &name, unit)) else {
            return;
        };
        for (role, title) in roles {
            self.grant(at, (person, &name), (role, title), unit);
        }
        self.post(at, (person, &name), unit);
        self.login(at, person, &name);
    }

    /// Returns the roles that a row names, by id, with their names.
    fn roles(&mut self, at: &At<'_>) -> Vec<(String, Label)> {
        let grants = &self.present.scene.grants;
        let mut found: Vec<(String, Label)> = Vec::new();
        for word in distinct(at, "roles") {
            let is = |name: &str| name.to_lowercase() == word.to_lowercase();
            let called = |role: &str, title: &Label| is(role) || is(&title.zh) || is(&title.en);
            match grants.iter().find(|grant| called(&grant.role, &grant.title)) {
                Some(grant) if found.iter().any(|(role, _)| *role == grant.role) => {}
                Some(grant) => found.push((grant.role.clone(), grant.title.clone())),
                None => self.complain(at, "roles", "people-fault-role", &[("value", word)]),
            }
        }
        found
    }

    /// Returns the person that a row means, if they are there: by their login, else by name and unit.
    fn known(&mut self, at: &At<'_>, name: &Label, unit: UnitId) -> Result<Option<PersonId>, ()> {
        let login = at.cell("login");
        if let Some(person) = self.logins.get(login).copied() {
            let theirs = self.org.person(person).map(|person| person.name.clone());
            let theirs = theirs.unwrap_or_default();
            if theirs.zh == name.zh || theirs.en == name.en {
                return Ok(Some(person));
            }
            let places = [("value", login), ("name", theirs.zh.as_str())];
            self.complain(at, "login", "people-fault-login-taken", &places);
            return Err(());
        }
        let called = self.org.persons().filter(|person| person.name.zh == name.zh);
        let here: BTreeSet<PersonId> = called
            .map(|person| person.id)
            .filter(|id| self.works_in(*id, unit))
            .collect();
        match here.len() {
            0 | 1 => Ok(here.first().copied()),
            2.. => {
                let places = [("value", name.zh.as_str())];
                self.complain(at, "login", "people-fault-person-several", &places);
                Err(())
            }
        }
    }

    /// Whether somebody has a role or a post in a unit.
    fn works_in(&self, person: PersonId, unit: UnitId) -> bool {
        let of_unit = |post: PostId| self.org.post(post).is_some_and(|post| post.unit == unit);
        let roles = self.org.roles_of(person, self.on);
        roles.iter().any(|(_, held)| *held == unit)
            || self
                .org
                .tenures_of(person)
                .iter()
                .any(|tenure| of_unit(tenure.post))
    }

    fn new_person(&mut self, at: &At<'_>, name: &Label, unit: UnitId) -> Option<PersonId> {
        let id = PersonId::new(self.present.now, self.entropy);
        let added = OrgEvent::PersonAdded(Person {
            id,
            name: name.clone(),
        });
        if !self.event(at, added) {
            return None;
        }
        let place = self.unit_name(unit);
        self.change(at, name, "people-change-person", &[("unit", &place)]);
        Some(id)
    }

    fn unit_name(&self, unit: UnitId) -> Label {
        let unit = self.org.unit(unit);
        unit.map(|unit| unit.name.clone()).unwrap_or_default()
    }

    fn grant(&mut self, at: &At<'_>, who: (PersonId, &Label), role: (String, Label), unit: UnitId) {
        let ((person, name), (role, title), on) = (who, role, self.on);
        if self.org.roles_of(person, on).contains(&(role.as_str(), unit)) {
            return;
        }
        let granted = OrgEvent::RoleGranted {
            person,
            role,
            unit,
            on,
        };
        let place = self.unit_name(unit);
        if self.event(at, granted) {
            let places = [("role", &title), ("unit", &place)];
            self.change(at, name, "people-change-role", &places);
        }
    }

    fn post(&mut self, at: &At<'_>, (person, name): (PersonId, &Label), unit: UnitId) {
        let (title, head) = (at.cell("post"), self.yes(at, "head"));
        if title.is_empty() {
            if head {
                self.complain(at, "post", "people-fault-head", &[]);
            }
            return;
        }
        let is_it = |post: &&Post| post.unit == unit && (post.title.zh == title || post.title.en == title);
        let there = self.org.posts().find(is_it).map(|post| post.id);
        let post = there.unwrap_or_else(|| PostId::new(self.present.now, self.entropy));
        let holder = self.org.holder_on(post, self.on);
        if holder == Some(person) {
            return;
        }
        if let Some(holder) = holder.and_then(|holder| self.org.person(holder)) {
            let holder = holder.name.zh.clone();
            let places = [("value", title), ("name", holder.as_str())];
            self.complain(at, "post", "people-fault-post-held", &places);
            return;
        }
        let (title, on) = (Label::new(title, title), self.on);
        let founded = OrgEvent::PostFounded(Post {
            id: post,
            unit,
            title: title.clone(),
            head,
            founded_on: on,
        });
        let is_founded = there.is_some() || self.event(at, founded);
        if is_founded && self.event(at, OrgEvent::TenureBegan { post, person, on }) {
            self.change(at, name, "people-change-post", &[("post", &title)]);
        }
    }

    fn login(&mut self, at: &At<'_>, person: PersonId, name: &Label) {
        let login = at.cell("login");
        if login.is_empty() || self.logins.contains_key(login) {
            return;
        }
        if self.org.roles_of(person, self.on).is_empty() {
            self.complain(at, "roles", "people-fault-no-role", &[("value", login)]);
            return;
        }
        self.logins.insert(login.to_owned(), person);
        self.plan.logins.push(NewLogin {
            login: login.to_owned(),
            person,
            name: name.clone(),
        });
        let shown = Label::new(login, login);
        self.change(at, name, "people-change-login", &[("login", &shown)]);
    }
}
