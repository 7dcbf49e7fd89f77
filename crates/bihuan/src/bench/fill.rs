//! Many cases for a measurement, made fast: what happened in the city of the simulator in a year.
//!
//! All but the last two weeks' cases are histories as an import brings them: raised, assigned, answered and
//! closed in one command. The newest are alive and stand where a case of their age stands. So a city of any
//! size has the same shares of what is open, and texts that are like those of people.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use bihuan_core::case::command::{Command, ImportedLife, Raise, TakeStep};
use bihuan_core::event::{Disclosure, RaisedBy};
use bihuan_core::id::UnitId;
use bihuan_core::permission::Permit;
use bihuan_sim::city::{self, City};
use bihuan_sim::demo::TAXONOMY;
use bihuan_sim::life::staff::Staff;
use bihuan_sim::seeded::Seeded;
use bihuan_sim::story::{Stories, Story, fill};
use bihuan_store::account::{NewAccount, NewToken};
use bihuan_store::bodies::Bodies;
use bihuan_store::bulk::{Bulk, Staged};
use bihuan_store::decide::When;
use bihuan_store::error::ExecuteError;
use bihuan_store::tenant::Tenant;
use bihuan_web::auth::secret_hash;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::on_server::Database;
use super::server::Place;
use crate::failure::Failure;
use crate::runtime;

/// Days that the cases were raised in.
const DAYS: i64 = 365;
/// Days of the newest cases, which are alive.
const DAYS_ALIVE: i64 = 14;
/// Cases that are remembered to be asked for.
const SAMPLES: usize = 256;
/// Cases between two lines about the progress.
const TOLD_EVERY: usize = 100_000;
/// The kind that the desk does not see.
const SECRET: &str = "report";
/// Who leads the new cases on their way; sees nearly all.
const DESK: &str = "dispatcher";
/// Who sees what a unit and those below it are responsible for.
const UNIT: &str = "handler";
/// Who gives instructions.
const LEADER: &str = "leader";
/// The actions that their tokens are for.
const SCOPES: [&str; 8] = [
    "read", "register", "assign", "answer", "rule", "approve", "handle", "instruct",
];
/// Beside the data of a kept directory: what is known of it.
const ABOUT_FILE: &str = "about.json";

/// A directory with cases in it.
pub struct Filled {
    /// Where it is.
    pub place: Place,
    /// How many cases.
    pub cases: usize,
    /// How long making them took, followers and all.
    pub took: Duration,
    /// Bytes of UTF-8 that people wrote in them.
    pub text_bytes: u64,
    /// Some of them: number and receipt code.
    pub samples: Vec<Sample>,
    /// Bearer tokens.
    pub tokens: Tokens,
    /// The database on a server that it lies in; dropped after everything that uses it.
    pub database: Option<Database>,
}

/// Bearer tokens of those whose pages are measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// Of somebody who may read nearly all.
    pub desk: String,
    /// Of somebody in a unit, who may read what the unit is responsible for.
    pub unit: String,
    /// Of a leader; directories that were kept by an older version have none.
    #[serde(default)]
    pub leader: Option<String>,
}

/// What is known of a filled directory, as it is kept beside it.
#[derive(Serialize, Deserialize)]
struct About {
    cases: usize,
    took: f64,
    text_bytes: u64,
    samples: Vec<Sample>,
    tokens: Tokens,
}

/// A case that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// Its number.
    pub number: String,
    /// Its receipt code, where a reporter raised it.
    pub code: Option<String>,
}

/// Makes a directory with so many cases, removed in the end.
///
/// # Errors
/// A directory that cannot be written.
pub fn make(parent: &Path, cases: usize) -> Result<Filled, Failure> {
    let now = Timestamp::now();
    fill_place(Place::make(parent, founded(now))?, cases, now)
}

/// Like [`make`], in a database of its own on this PostgreSQL server.
///
/// # Errors
/// A server that cannot be reached or refuses.
pub fn make_on(parent: &Path, cases: usize, database_url: &str) -> Result<Filled, Failure> {
    let now = Timestamp::now();
    let database = Database::make(database_url)?;
    let place = Place::make_on(parent, founded(now), Some(database.url()))?;
    let filled = fill_place(place, cases, now)?;
    Ok(Filled {
        database: Some(database),
        ..filled
    })
}

/// Makes a directory with so many cases that is kept, or takes the one that was kept before.
///
/// # Errors
/// A directory that cannot be written or was not filled to its end.
pub fn make_kept(parent: &Path, cases: usize) -> Result<Filled, Failure> {
    let folder = parent.join(format!("bihuan-city-{cases}"));
    if folder.exists() {
        let place = Place::kept(folder);
        let about = std::fs::read(place.file(ABOUT_FILE)).context("a kept directory was not filled")?;
        let about: About = serde_json::from_slice(&about).context("a kept directory is not known")?;
        return Ok(Filled {
            place,
            cases: about.cases,
            took: Duration::from_secs_f64(about.took),
            text_bytes: about.text_bytes,
            samples: about.samples,
            tokens: about.tokens,
            database: None,
        });
    }
    let now = Timestamp::now();
    let filled = fill_place(Place::make_kept(folder, founded(now))?, cases, now)?;
    let about = About {
        cases,
        took: filled.took.as_secs_f64(),
        text_bytes: filled.text_bytes,
        samples: filled.samples.clone(),
        tokens: filled.tokens.clone(),
    };
    let about = serde_json::to_vec(&about).context("a kept directory cannot be described")?;
    std::fs::write(filled.place.file(ABOUT_FILE), about).context("a kept directory cannot be described")?;
    Ok(filled)
}

/// Returns when a city is founded whose last case comes in at `now`.
fn founded(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_hours(24 * (DAYS + 1))
}

fn fill_place(place: Place, cases: usize, now: Timestamp) -> Result<Filled, Failure> {
    let store = place.open()?;
    let tenant = store.tenant(None).map_err(Failure::opening)?;
    let began = Instant::now();
    let filler = Filler::begin(&tenant, founded(now), now).map_err(Failure::Internal)?;
    let (samples, city, text_bytes) = filler.fill(cases).map_err(Failure::Internal)?;
    let took = began.elapsed();
    let tokens = Tokens {
        desk: token(&tenant, &city, DESK, now)?,
        unit: token(&tenant, &city, UNIT, now)?,
        leader: Some(token(&tenant, &city, LEADER, now)?),
    };
    Ok(Filled {
        place,
        cases,
        took,
        text_bytes,
        samples,
        tokens,
        database: None,
    })
}

/// Gives somebody with this role a bearer token.
fn token(tenant: &Tenant, city: &City, role: &str, now: Timestamp) -> Result<String, Failure> {
    let account = city.accounts.iter().find(|account| account.role == role);
    let account = account.with_context(|| format!("the city has no {role}"))?;
    let secret = format!("measurement-of-a-{role}").repeat(2);
    let made = NewAccount {
        login: account.login.clone(),
        person: account.person,
        // No password has such a hash.
        password_hash: "none".to_owned(),
    };
    let token = NewToken {
        token_hash: secret_hash(&secret),
        name: "measurement".to_owned(),
        login: account.login.clone(),
        // What either may do: by it the desk tells on whom it is the turn.
        scopes: SCOPES.map(str::to_owned).to_vec(),
        expires_at: None,
    };
    runtime::run(async {
        tenant.add_account(&Permit::system(), made, now).await?;
        tenant.add_token(&Permit::system(), token, now).await
    })?
    .map_err(|error| Failure::Internal(error.into()))?;
    Ok(secret)
}

/// What cases are made of.
struct Filler {
    bulk: Bulk,
    city: City,
    staff: Staff,
    stories: Stories,
    chance: Seeded,
    now: Timestamp,
    text_bytes: u64,
}

impl Filler {
    fn begin(tenant: &Tenant, founded: Timestamp, now: Timestamp) -> anyhow::Result<Filler> {
        let scene = tenant.scene();
        let taxonomy = scene.newest().find_map(|pack| pack.taxonomies.get(TAXONOMY));
        let taxonomy = taxonomy.context("no shipped pack has the taxonomy of the stories")?;
        let stories = Stories::read(taxonomy).map_err(anyhow::Error::msg)?;
        let mut chance = Seeded::new(1);
        let founded_on = scene.calendar.date_of(founded);
        let city = city::found(taxonomy, founded_on, founded, &mut chance).map_err(anyhow::Error::msg)?;
        let mut bulk = tenant.bulk(Box::new(Seeded::new(2)))?;
        for event in &city.events {
            bulk.org(&Permit::system(), event.clone(), founded)?;
        }
        let staff = Staff::of(&city, bulk.scene(), now)?;
        Ok(Filler {
            bulk,
            city,
            staff,
            stories,
            chance,
            now,
            text_bytes: 0,
        })
    }

    fn fill(mut self, cases: usize) -> anyhow::Result<(Vec<Sample>, City, u64)> {
        let from = self.now - SignedDuration::from_hours(24 * DAYS);
        let seconds = self.now.duration_since(from).as_secs();
        let alive_from = self.now - SignedDuration::from_hours(24 * DAYS_ALIVE);
        let mut samples = Vec::new();
        let began = Instant::now();
        for number in 0..cases {
            if number > 0 && number.is_multiple_of(TOLD_EVERY) {
                // What follows is written now and then, so that no transaction grows with the city.
                self.bulk.follow()?;
                let rate = number as f64 / began.elapsed().as_secs_f64();
                eprintln!("{number} cases, {rate:.0} a second");
            }
            // Two seconds are left, so that the last case has a past.
            let passed = (seconds - 2) * number as i64 / cases as i64;
            let at = from + SignedDuration::from_secs(passed);
            let (story, unit) = self.arise();
            let staged = if at < alive_from {
                self.history(number, at, &story, unit)
            } else {
                self.alive(number, at, &story, unit)
            };
            let staged = staged.map_err(|error| anyhow!("case {number}: {error}"))?;
            if story.kind == SECRET {
                continue;
            }
            if number % (cases / SAMPLES).max(1) == 0 || at >= alive_from && samples.len() < 2 * SAMPLES {
                samples.push(Sample {
                    number: staged.number,
                    code: staged.code.map(|code| code.to_string()),
                });
            }
        }
        self.bulk.finish()?;
        Ok((samples, self.city, self.text_bytes))
    }

    /// Takes in a case with its whole life.
    fn history(
        &mut self,
        number: usize,
        at: Timestamp,
        story: &Story,
        unit: UnitId,
    ) -> Result<Staged, ExecuteError> {
        let closed_at = at + SignedDuration::from_hours(self.chance.between(12, 24 * (DAYS_ALIVE - 1)));
        let when = When {
            occurred_at: at,
            now: at + SignedDuration::from_hours(24 * DAYS_ALIVE),
        };
        let mut bodies = self.bulk.bodies(when.now);
        let reply = self.chance.one_of(&self.stories.work.replies_good);
        let reply = fill(reply, &story.place, &story.spot, &mut self.chance);
        self.text_bytes += reply.len() as u64;
        let answer = bodies.write(reply);
        let imported = ImportedLife {
            unit: Some(unit),
            due_at: Some(at + SignedDuration::from_hours(24 * 10)),
            closed_at: Some(closed_at),
            answer: Some(answer),
            answered_at: Some(closed_at),
        };
        let raise = self.raise(story, number, "phone", Some(imported), &mut bodies);
        self.bulk.raise(&Permit::import(), raise, None, bodies, when)
    }

    /// Takes in a case from outside, and lets happen what has happened to one of its age.
    fn alive(
        &mut self,
        number: usize,
        at: Timestamp,
        story: &Story,
        unit: UnitId,
    ) -> Result<Staged, ExecuteError> {
        let mut bodies = self.bulk.bodies(at);
        let raise = self.raise(story, number, "portal", None, &mut bodies);
        let staged = self
            .bulk
            .raise(&Permit::reporter(), raise, None, bodies, When::at(at))?;
        if story.kind == "consultation" {
            return Ok(staged);
        }
        let steps = [
            (4, "accept", None, self.staff.desk(DESK, "register").clone()),
            (24, "assign", Some(unit), self.staff.desk(DESK, "assign").clone()),
            (48, "sign", None, self.handler(unit)),
        ];
        for (hours, step, unit, permit) in steps {
            let later = at + SignedDuration::from_hours(hours);
            if later >= self.now {
                break;
            }
            let command = Command::TakeStep(TakeStep {
                step: step.to_owned(),
                unit,
                ..TakeStep::default()
            });
            let bodies = self.bulk.bodies(later);
            self.bulk
                .execute(&permit, staged.case, &command, bodies, When::at(later))?;
        }
        Ok(staged)
    }

    fn arise(&mut self) -> (Story, UnitId) {
        let township = self.chance.one_of(&self.city.townships);
        let story = self.stories.arise(&township.name.zh, &mut self.chance);
        let handler = self.chance.one_of(&self.staff.handlers);
        (story, handler.unit)
    }

    fn handler(&self, unit: UnitId) -> Permit {
        let handler = self.staff.handlers.iter().find(|handler| handler.unit == unit);
        let person = handler.map_or(self.staff.handlers[0].person, |handler| handler.person);
        self.staff.person(person, "handle").clone()
    }

    /// Returns what comes in; its text holds a word that no other has.
    fn raise(
        &mut self,
        story: &Story,
        number: usize,
        channel: &str,
        imported: Option<ImportedLife>,
        bodies: &mut Bodies,
    ) -> Raise {
        let text = format!("{}现场编号{number}。", story.text);
        self.text_bytes += [&story.title, &text, &story.place]
            .map(String::len)
            .iter()
            .sum::<usize>() as u64;
        Raise {
            number: String::new(),
            kind: story.kind.clone(),
            channel: channel.to_owned(),
            source: None,
            category: Some(story.category.clone()),
            campaigns: Vec::new(),
            severity: story.severity,
            title: bodies.write(story.title.as_str()),
            text: bodies.write(text),
            place: Some(bodies.write(story.place.as_str())),
            raised_by: RaisedBy::Reporter {
                identity: None,
                disclosure: Disclosure::Anonymous,
            },
            accused: Vec::new(),
            links: Vec::new(),
            external: None,
            imported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_city_has_cases_of_every_age_and_agrees_with_its_log() {
        let parent = tempfile::tempdir().expect("directory");
        let filled = make(parent.path(), 300).expect("filled");
        let store = filled.place.open().expect("opens");
        let tenant = store.tenant(None).expect("the tenant");
        let verified = tenant.verify(None, &mut |_| {}).expect("verified");
        assert_eq!(verified.differences, []);
        assert_eq!(verified.counts.cases, 300);
        assert!(filled.samples.iter().any(|sample| sample.code.is_some()));
        let reader = tenant.reader().expect("reader");
        let everything = bihuan_core::filter::Checked::everything();
        let phases = reader.count_by_phase(&everything).expect("counted");
        assert!(phases.len() >= 3, "{phases:?}");
    }
}
