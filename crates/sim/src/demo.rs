//! The demo: a data directory with the fictional city in it and a seeded year behind it.

use std::path::Path;

use bihuan_core::label::Label;
use bihuan_core::permission::Permit;
use bihuan_store::blob::Blobs;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Founding, Marks, Options, Store};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::city::{self, DemoAccount};
use crate::life::error::LifeError;
use crate::life::{Album, Life, Lived, Picture, Span};
use crate::pictures::{self, SHADES, Scene};
use crate::seeded::Seeded;
use crate::story::Stories;

/// The taxonomy of the shipped packs that the city's data files name categories of.
pub const TAXONOMY: &str = "matters";

/// Days that the city lives through.
const DAYS: i64 = 365;

/// How far back people are told of what happened: what is older they have read.
const TOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The largest drawing that is kept.
const PICTURE_BYTES_MAX: u64 = 1_000_000;

/// What the demo is made of.
#[derive(Clone)]
pub struct Plan {
    /// The seed of everything.
    pub seed: u64,
    /// How many messages arrive in the year.
    pub cases: usize,
    /// When the year ends.
    pub until: Timestamp,
    /// The URL of a PostgreSQL database; `None` for a SQLite file in the directory.
    pub database_url: Option<String>,
}

impl Plan {
    /// Returns how the demo's directory is opened: by a key that comes from its seed and opens nothing else.
    pub fn options(&self) -> Options {
        let mut options = Options::new(MasterKey::of_seed(self.seed));
        options.database_url.clone_from(&self.database_url);
        options
    }
}

/// A founded demo.
pub struct Demo {
    /// The open store.
    pub store: Store,
    /// An account for every role; passwords are the caller's to set.
    pub accounts: Vec<DemoAccount>,
    /// What happened in the year.
    pub lived: Lived,
}

/// Founds the demo city in `directory` and lives through its year; blocks until all is on disk.
///
/// The same plan gives the same log, byte for byte. `progress` gets the messages taken in so far.
///
/// # Errors
/// [`LifeError`]; [`LifeError::Store`] if there is a database already.
pub fn found(directory: &Path, plan: &Plan, progress: &mut dyn FnMut(usize)) -> Result<Demo, LifeError> {
    let from = plan.until - SignedDuration::from_hours(24 * DAYS);
    let founded_at = from - SignedDuration::from_hours(24);
    let mut chance = Seeded::new(plan.seed);
    let founding = Founding {
        name: Label::new("青禾市", "Qinghe City"),
        host: None,
        calendar: bihuan_packs::CALENDAR_CN,
        packs: &bihuan_packs::TEXTS,
        now: founded_at,
    };
    let marks = Marks {
        testing: false,
        demo: true,
    };
    let store = Store::init(directory, marks, &plan.options(), &founding, &mut chance)?;
    let tenant = store.tenant(None)?;
    let taxonomy = tenant
        .scene()
        .newest()
        .find_map(|pack| pack.taxonomies.get(TAXONOMY).cloned());
    let taxonomy = taxonomy.ok_or_else(|| LifeError::Data(format!("no pack has the taxonomy {TAXONOMY}")))?;
    let stories = Stories::read(&taxonomy).map_err(LifeError::Data)?;
    let album = draw(tenant.blobs())?;
    let founded_on: Date = tenant.scene().calendar.date_of(founded_at);
    let city = city::found(&taxonomy, founded_on, founded_at, &mut chance).map_err(LifeError::Data)?;
    let mut bulk = tenant.bulk(Box::new(Seeded::new(plan.seed.wrapping_add(1))))?;
    for event in &city.events {
        bulk.org(&Permit::system(), event.clone(), founded_at)?;
    }
    let span = Span {
        from,
        until: plan.until,
        cases: plan.cases,
    };
    bulk.tell_since(plan.until - TOLD);
    let lived = Life::new(&mut bulk, &city, &stories, &album, chance, span)?.live(progress)?;
    bulk.follow()?;
    bulk.finish()?;
    Ok(Demo {
        store,
        accounts: city.accounts,
        lived,
    })
}

fn draw(blobs: &Blobs) -> Result<Album, LifeError> {
    let mut album = Album::new();
    for (scene, shade) in Scene::ALL
        .into_iter()
        .flat_map(|scene| SHADES.map(|shade| (scene, shade)))
    {
        for fixed in [false, true] {
            let blob = blobs.put(&pictures::draw(scene, fixed, shade), PICTURE_BYTES_MAX)?;
            let picture = Picture {
                blob: blob.digest,
                size_bytes: blob.size_bytes,
            };
            album.insert((scene, fixed, shade), picture);
        }
    }
    Ok(album)
}
