//! Who gives which command in the simulated life, and by which leave.

use std::collections::BTreeMap;

use bihuan_core::case::Case;
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::org::Org;
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::{Permit, Rights, Viewer, authorize_general};
use bihuan_store::tenant::scene::Scene;
use jiff::Timestamp;

use super::error::LifeError;
use crate::city::{City, Handler};

/// The people of the city with the permits for their work.
pub struct Staff {
    permits: BTreeMap<(PersonId, &'static str), Permit>,
    desks: BTreeMap<String, (PersonId, UnitId)>,
    outside: PersonId,
    /// Everybody who handles cases: departments, counties, townships.
    pub handlers: Vec<Handler>,
    /// Where the counties begin among the handlers.
    pub counties_from: usize,
    /// Where the townships begin.
    pub townships_from: usize,
}

/// What the people at a desk do in the simulation.
const WORK: [(&str, &[&str]); 6] = [
    ("operator", &["register", "answer"]),
    ("dispatcher", &["register", "assign", "answer", "rule", "approve"]),
    ("supervisor", &["verify", "strike"]),
    (
        "inspector",
        &["register", "assign", "verify", "answer", "rule", "approve"],
    ),
    ("handler", &["handle", "answer"]),
    ("leader", &["instruct"]),
];

impl Staff {
    /// Gives everybody in `city` the permits that the packs in force grant them.
    ///
    /// # Errors
    /// [`LifeError::Data`] if somebody lacks the grant for their work.
    pub fn of(city: &City, scene: &Scene, now: Timestamp) -> Result<Staff, LifeError> {
        let handlers: Vec<Handler> = city
            .departments
            .iter()
            .chain(&city.counties)
            .chain(&city.townships)
            .cloned()
            .collect();
        let packs: Vec<&Pack> = scene.newest().map(|pack| &**pack).collect();
        let rights = Rights {
            grants: &scene.grants,
            packs: &packs,
            org: &scene.org,
            calendar: &scene.calendar,
            now,
        };
        let mut staff = Staff {
            permits: BTreeMap::new(),
            desks: BTreeMap::new(),
            outside: city
                .outside
                .first()
                .map(|(person, _)| *person)
                .ok_or_else(nobody_outside)?,
            handlers,
            counties_from: city.departments.len(),
            townships_from: city.departments.len() + city.counties.len(),
        };
        let desks = city
            .accounts
            .iter()
            .map(|it| (it.role.as_str(), it.person, it.unit));
        let handling = staff.handlers.iter().map(|it| ("handler", it.person, it.unit));
        let outside = city
            .outside
            .iter()
            .map(|(person, unit)| ("supervisor", *person, *unit));
        let everybody: Vec<_> = desks.chain(handling).chain(outside).collect();
        for (role, person, unit) in everybody {
            let Some((role, actions)) = WORK.iter().find(|(name, _)| *name == role) else {
                continue;
            };
            let viewer = Viewer::of(&scene.org, person, unit, scene.calendar.date_of(now));
            let viewer = viewer.ok_or_else(|| LifeError::Data(format!("nobody holds the role {role}")))?;
            staff.desks.entry((*role).to_owned()).or_insert((person, unit));
            for action in *actions {
                let permit = authorize_general(&viewer, action, &rights);
                let permit =
                    permit.map_err(|_| LifeError::Data(format!("{role} lacks the grant {action}")))?;
                staff.permits.insert((person, action), permit);
            }
        }
        Ok(staff)
    }

    /// Returns the handler who stands on the log-in page, among all.
    pub fn handler_at_desk(&self) -> Option<usize> {
        let (person, _) = self.desks.get("handler")?;
        self.handlers.iter().position(|it| it.person == *person)
    }

    /// Returns the permit of the person at a desk.
    pub fn desk(&self, role: &str, action: &'static str) -> &Permit {
        self.person(self.at_desk(role).0, action)
    }

    /// Returns the permit of a verifier who had no part in `case`: the one at the desk, or one from outside
    /// the tree where their unit, or one above it, was responsible.
    pub fn verifier(&self, role: &str, case: &Case, org: &Org) -> &Permit {
        let (person, unit) = self.at_desk(role);
        let own = case
            .ever_responsible
            .iter()
            .any(|responsible| org.is_under(unit, *responsible));
        self.person(if own { self.outside } else { person }, "verify")
    }

    fn at_desk(&self, role: &str) -> (PersonId, UnitId) {
        *self
            .desks
            .get(role)
            .expect("every desk of WORK is staffed when the city is founded")
    }

    /// Returns the permit of a person.
    pub fn person(&self, person: PersonId, action: &'static str) -> &Permit {
        self.permits
            .get(&(person, action))
            .expect("permits are given for all that WORK names")
    }
}

fn nobody_outside() -> LifeError {
    LifeError::Data("the city has no supervisor outside its tree".into())
}
