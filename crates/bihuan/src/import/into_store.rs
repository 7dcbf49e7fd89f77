//! Where imported cases go: into a tenant, or nowhere but through the rules.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use bihuan_core::case::command::{Context, ImportedLife, Raise};
use bihuan_core::case::decide;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, Disclosure, ExternalRef, RaisedBy};
use bihuan_core::id::{CaseId, Entropy, UnitId};
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::bulk::Bulk;
use bihuan_store::decide::When;
use bihuan_store::error::ExecuteError;
use bihuan_store::read::Reader;
use bihuan_store::tenant::Tenant;
use bihuan_store::tenant::scene::Scene;
use jiff::Timestamp;

use super::intake::Intake;
use super::map::Map;
use super::row::{ImportCase, Reject};
use super::summary::Outcome;

/// Stands for the number that a case would be given.
const NUMBER_NOT_GIVEN: &str = "-";

/// Takes cases into a tenant, some thousands at a time.
pub struct IntoStore {
    bulk: Bulk,
    now: Timestamp,
}

impl IntoStore {
    /// Takes the writer of the tenant; others wait until [`IntoStore::finish`].
    pub fn new(tenant: &Tenant, entropy: Box<dyn Entropy + Send>, now: Timestamp) -> Result<Self> {
        let bulk = tenant.bulk(entropy).context("cannot begin to write")?;
        Ok(IntoStore { bulk, now })
    }

    /// Puts the rest on disk.
    pub fn finish(self) -> Result<()> {
        self.bulk
            .finish()
            .context("the last cases could not be put on disk; run the import again")
    }
}

impl Intake for IntoStore {
    fn unit(&self, name: &str) -> Option<UnitId> {
        unit(self.bulk.scene(), name)
    }

    fn take(&mut self, map: &Map, case: ImportCase) -> Result<Outcome> {
        let when = When {
            occurred_at: case.raised_at,
            now: self.now,
        };
        // Asked first, so that a record that is there already uses up no number.
        let external = external(map, &case.key);
        if self
            .bulk
            .by_external(&external)
            .context("cannot look a record up")?
            .is_some()
        {
            return Ok(Outcome::AlreadyThere);
        }
        let mut bodies = self.bulk.bodies(self.now);
        let raise = raise_of(map, case, &mut bodies);
        match self.bulk.raise(&Permit::import(), raise, None, bodies, when) {
            Ok(_) => Ok(Outcome::Accepted),
            Err(ExecuteError::Known(_)) => Ok(Outcome::AlreadyThere),
            Err(ExecuteError::Refused(refusal)) => Ok(refused(&refusal)),
            Err(error) => Err(error).context("the store failed; run the import again to go on"),
        }
    }
}

/// Asks what would become of each case and writes nothing.
pub struct DryRun {
    scene: Arc<Scene>,
    reader: Reader,
    entropy: Box<dyn Entropy + Send>,
    now: Timestamp,
}

impl DryRun {
    /// Looks at the tenant as it is now.
    pub fn new(tenant: &Tenant, entropy: Box<dyn Entropy + Send>, now: Timestamp) -> Result<Self> {
        Ok(DryRun {
            scene: tenant.scene(),
            reader: tenant.reader()?,
            entropy,
            now,
        })
    }

    fn decide(&mut self, raise: &Raise, occurred_at: Timestamp) -> Result<(), Refusal> {
        let day = self.scene.calendar.date_of(occurred_at);
        let pack = self.scene.pack_for(&raise.kind, day);
        let context = Context {
            pack: pack.ok_or_else(|| Refusal::UnknownKind(raise.kind.clone()))?,
            org: &self.scene.org,
            calendar: &self.scene.calendar,
            actor: Actor::Import,
            occurred_at,
            now: self.now,
        };
        decide::raise(raise, CaseId::new(self.now, &mut *self.entropy), &context).map(|_| ())
    }
}

impl Intake for DryRun {
    fn unit(&self, name: &str) -> Option<UnitId> {
        unit(&self.scene, name)
    }

    fn take(&mut self, map: &Map, case: ImportCase) -> Result<Outcome> {
        let (raised_at, external) = (case.raised_at, external(map, &case.key));
        if self
            .reader
            .by_external(&external)
            .context("cannot look a record up")?
            .is_some()
        {
            return Ok(Outcome::AlreadyThere);
        }
        let mut bodies = Bodies::new(self.now, &mut *self.entropy);
        let raise = Raise {
            number: NUMBER_NOT_GIVEN.to_owned(),
            ..raise_of(map, case, &mut bodies)
        };
        Ok(match self.decide(&raise, raised_at) {
            Ok(()) => Outcome::Accepted,
            Err(refusal) => refused(&refusal),
        })
    }
}

fn unit(scene: &Scene, name: &str) -> Option<UnitId> {
    scene.org.unit_by_name(name).map(|unit| unit.id)
}

fn external(map: &Map, key: &str) -> ExternalRef {
    ExternalRef {
        system: map.system.clone(),
        key: key.to_owned(),
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Rejected(Reject::new("a rule of the pack refuses it", refusal.to_string()))
}

/// Returns the request for a case; its texts go into `bodies`, its number is given when it is written.
///
/// The reporter is anonymous: what other systems hold about people is not taken over.
fn raise_of(map: &Map, case: ImportCase, bodies: &mut Bodies) -> Raise {
    Raise {
        number: String::new(),
        kind: map.kind.clone(),
        channel: case.channel,
        source: map.source.clone(),
        category: case.category,
        campaigns: Vec::new(),
        severity: case.severity,
        title: bodies.write(case.title),
        text: bodies.write(case.text),
        place: case.place.map(|place| bodies.write(place)),
        raised_by: RaisedBy::Reporter {
            identity: None,
            disclosure: Disclosure::Anonymous,
        },
        accused: Vec::new(),
        external: Some(external(map, &case.key)),
        links: Vec::new(),
        imported: Some(ImportedLife {
            unit: case.unit,
            due_at: case.due_at,
            closed_at: case.closed_at,
            answer: case.answer.map(|answer| bodies.write(answer)),
            answered_at: case.answered_at,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::progress::Silent;
    use crate::import::run::Options;
    use crate::import::summary::Summary;
    use bihuan_core::label::Label;
    use bihuan_store::keys::MasterKey;
    use bihuan_store::tenant::{Founding, Marks, Store};

    /// Counts upwards, so that each run makes the same ids.
    #[derive(Default, Clone)]
    struct Counter(u64);

    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) {
            for chunk in bytes.chunks_mut(8) {
                self.0 += 1;
                let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
            }
        }
    }

    const MAP: &str = r#"
system = "elsewhere"
kind = "help"
key = ["{id}"]
text = ["{text}"]
channel = { default = "import" }
category = { from = ["{category}"] }
severity = { default = "2" }
time = { utc_offset = "+08:00", raised_at = ["{raised}"], due_at = ["{due}"], closed_at = ["{closed}"] }
answer = ["{answer}"]
"#;

    const ROWS: &str = "\
id,text,category,raised,due,closed,answer
1,停暖三天,,2024-03-01T09:00:00,,,
2,噪音扰民,environment,2024-03-01T09:00:00,2024-03-05T18:00:00,2024-03-05T18:00:01,已处理
3,井盖丢失,nowhere,2024-03-01T09:00:00,,,
4,路灯不亮,,2024-03-01T09:00:00,2024-03-05T18:00:00,2024-03-05T18:00:00,
5,停水,,2024-03-01T09:00:00,,2025-03-01T09:00:00,
";

    struct City {
        dir: tempfile::TempDir,
        tenant: Tenant,
        runs: u64,
    }

    impl City {
        fn new() -> City {
            let dir = tempfile::tempdir().expect("a directory");
            let founding = Founding {
                name: Label::new("测试市", "Test City"),
                host: None,
                calendar: bihuan_packs::CALENDAR_CN,
                packs: &bihuan_packs::TEXTS,
                now: now(),
            };
            let marks = Marks {
                testing: true,
                demo: false,
            };
            let options = bihuan_store::tenant::Options::new(MasterKey::of_seed(7));
            let mut entropy = Counter::default();
            let store = Store::init(&dir.path().join("data"), marks, &options, &founding, &mut entropy)
                .expect("a new store");
            City {
                tenant: store.tenant(None).expect("the only tenant"),
                dir,
                runs: 0,
            }
        }

        fn import(&mut self, dry_run: bool) -> Summary {
            let options = Options {
                file: self.dir.path().join("rows.csv"),
                map: self.dir.path().join("map.toml"),
                rejects: self.dir.path().join("rejects.csv"),
                dry_run,
                as_of: now(),
                now: now(),
            };
            std::fs::write(&options.file, ROWS).expect("written");
            std::fs::write(&options.map, MAP).expect("written");
            self.runs += 1;
            let entropy = Box::new(Counter(self.runs * 1_000_000));
            crate::import::cases(&self.tenant, &options, entropy, &mut Silent).expect("imported")
        }
    }

    fn now() -> Timestamp {
        "2026-03-02T02:00:00Z".parse().expect("an instant")
    }

    #[test]
    fn a_dry_run_says_what_would_become_of_the_rows_and_writes_nothing() {
        let mut city = City::new();
        for _ in 0..2 {
            let summary = city.import(true);
            assert_eq!((summary.rows, summary.accepted, summary.rejected), (5, 4, 1));
        }
    }

    #[test]
    fn rows_become_cases_once_with_the_life_they_had() {
        let mut city = City::new();
        let summary = city.import(false);
        assert_eq!((summary.rows, summary.accepted, summary.rejected), (5, 4, 1));
        assert_eq!(
            summary.rules.keys().next().map(String::as_str),
            Some("a rule of the pack refuses it")
        );
        let again = city.import(false);
        assert_eq!((again.accepted, again.already_there, again.rejected), (0, 4, 1));
        assert_eq!(city.import(true).already_there, 4);

        let reader = city.tenant.reader().expect("reads");
        let external = ExternalRef {
            system: "elsewhere".to_owned(),
            key: "2".to_owned(),
        };
        let id = reader.by_external(&external).expect("reads").expect("is there");
        let view = reader.case(id).expect("reads").expect("is there");
        assert_eq!(view.text(view.case.text), Some("噪音扰民"));
        assert_eq!(
            view.case.raised_at,
            "2024-03-01T01:00:00Z".parse().expect("a time")
        );
        assert_eq!(
            view.case.ended_at,
            Some("2024-03-05T10:00:01Z".parse().expect("a time"))
        );
        assert_eq!(view.case.category.as_deref(), Some("environment"));
    }

    #[test]
    fn what_was_closed_after_its_due_instant_is_counted_to_the_second() {
        let mut city = City::new();
        city.import(false);
        // Row 2 was a second late, row 4 in time, row 5 never had a due instant; row 1 is open and late.
        assert_eq!(count(&city.tenant, "overdue and not open"), 1);
        assert_eq!(count(&city.tenant, "overdue and open"), 1);
        assert_eq!(count(&city.tenant, "breached"), 0);
    }

    fn count(tenant: &Tenant, filter: &str) -> usize {
        use bihuan_core::filter::{check, parse};
        let scene = tenant.scene();
        let packs: Vec<_> = scene.packs().map(Arc::as_ref).collect();
        let ast = parse(filter).expect("the filter is valid");
        let scene = bihuan_core::filter::Scene {
            org: &scene.org,
            packs: &packs,
            calendar: &scene.calendar,
            now: now(),
            tree_on: None,
            me: None,
            my_units: &[],
            tokens: &bihuan_text::query_tokens,
        };
        let checked = check(&ast, &scene).expect("the filter fits");
        tenant
            .reader()
            .expect("reads")
            .count_all(&checked)
            .expect("counts")
    }
}
