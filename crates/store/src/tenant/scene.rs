//! The scene: the org tree, the packs and the calendar that cases are decided in.
//!
//! Folded from the tenant's own streams, kept in memory, and replaced as a whole when one of them grows.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_core::calendar::Calendar;
use bihuan_core::event::{Event, PackRef, Stream};
use bihuan_core::id::{Digest, TenantId};
use bihuan_core::org::Org;
use bihuan_core::pack::model::{Grant, Kind, Pack};
use bihuan_core::pack::parse;
use bihuan_core::problem::Problem;
use jiff::civil::Date;

use crate::commit::log::{self, Head};
use crate::engine::connection::Connection;
use crate::error::StoreError;

/// What commands are decided in.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The org tree.
    pub org: Org,
    /// The calendar in force: the newest installed.
    pub calendar: Arc<Calendar>,
    /// The grants of the newest version of each pack: grants are always the current ones.
    pub grants: Arc<Vec<Grant>>,
    packs: BTreeMap<PackRef, Arc<Pack>>,
    pub(crate) heads: Heads,
}

/// Where the three streams of the scene end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Heads {
    pub(crate) org: Head,
    pub(crate) packs: Head,
    pub(crate) calendars: Head,
}

impl Heads {
    /// Reads where the streams end on disk.
    pub(crate) fn read(connection: &Connection, tenant: TenantId) -> Result<Self, StoreError> {
        let end = |stream| log::head(connection, tenant, stream);
        Ok(Heads {
            org: end(Stream::Org)?,
            packs: end(Stream::Packs)?,
            calendars: end(Stream::Calendars)?,
        })
    }

    pub(crate) fn of(&mut self, stream: Stream) -> Option<&mut Head> {
        match stream {
            Stream::Org => Some(&mut self.org),
            Stream::Packs => Some(&mut self.packs),
            Stream::Calendars => Some(&mut self.calendars),
            Stream::Case(_) => None,
        }
    }
}

impl Scene {
    /// Begins with a calendar and nothing else.
    pub(crate) fn new(calendar: Calendar) -> Self {
        Scene {
            org: Org::default(),
            calendar: Arc::new(calendar),
            grants: Arc::default(),
            packs: BTreeMap::new(),
            heads: Heads::default(),
        }
    }

    /// Folds the scene from its streams.
    pub(crate) fn load(connection: &Connection, tenant: TenantId) -> Result<Self, StoreError> {
        let calendars = log::read(connection, tenant, Stream::Calendars, 1)?;
        let first = calendars.first().map(|logged| &logged.entry.event);
        let Some(Event::Calendar(installed)) = first else {
            return Err(StoreError::Corrupt("the tenant has no calendar".into()));
        };
        let mut scene = Scene::new(parse_calendar(&installed.toml)?);
        for stream in [Stream::Calendars, Stream::Packs, Stream::Org] {
            for logged in log::read(connection, tenant, stream, 1)? {
                scene.apply(&logged.entry.event)?;
                scene.advance(
                    stream,
                    Head {
                        version: logged.version,
                        hash: logged.hash,
                    },
                );
            }
        }
        Ok(scene)
    }

    /// Takes in one event.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::Org(event) => self
                .org
                .apply(event)
                .map_err(|problem| StoreError::Conflict(problem.to_string())),
            Event::Pack(installed) => {
                if Digest::of(&[installed.toml.as_bytes()]) != installed.digest {
                    let what = format!("pack {} version {}", installed.id, installed.version);
                    return Err(StoreError::Corrupt(what));
                }
                self.add_pack(parse_pack(&installed.toml)?);
                Ok(())
            }
            Event::Calendar(installed) => {
                let calendar = parse_calendar(&installed.toml)?;
                if calendar.version >= self.calendar.version {
                    self.calendar = Arc::new(calendar);
                }
                Ok(())
            }
            Event::Case(_) => Err(StoreError::Corrupt("a case's event in another stream".into())),
        }
    }

    pub(crate) fn advance(&mut self, stream: Stream, head: Head) {
        if let Some(place) = self.heads.of(stream) {
            *place = head;
        }
    }

    fn add_pack(&mut self, pack: Pack) {
        let reference = PackRef {
            id: pack.id.clone(),
            version: pack.version,
        };
        self.packs.insert(reference, Arc::new(pack));
        let newest = self
            .newest()
            .flat_map(|pack| pack.grants.iter().cloned())
            .collect();
        self.grants = Arc::new(newest);
    }

    /// Returns one version of a pack.
    pub fn pack(&self, reference: &PackRef) -> Option<&Arc<Pack>> {
        self.packs.get(reference)
    }

    /// Returns the kind that judges a case of this pack version.
    pub fn kind(&self, reference: &PackRef, kind: &str) -> Option<&Kind> {
        self.pack(reference)?.kind(kind)
    }

    /// Iterates over all versions of all packs, by id and version.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.packs.values()
    }

    /// Iterates over the newest version of each pack, by id.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Pack>> {
        let mut packs = self.packs.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let (reference, pack) = packs.next()?;
                if packs.peek().is_none_or(|(next, _)| next.id != reference.id) {
                    return Some(pack);
                }
            }
        })
    }

    /// Returns the pack that judges a new case of `kind` raised on `date`: the newest version in force on
    /// that day, else the earliest there is.
    pub fn pack_for(&self, kind: &str, date: Date) -> Option<&Arc<Pack>> {
        let in_force =
            |pack: &&Arc<Pack>| pack.valid_from <= date && pack.valid_until.is_none_or(|until| date < until);
        let with_kind = || self.packs().filter(|pack| pack.kind(kind).is_some());
        with_kind().filter(in_force).last().or_else(|| with_kind().next())
    }
}

/// Reads a calendar's text.
///
/// # Errors
/// [`StoreError::Conflict`] with every problem of the text.
pub(crate) fn parse_calendar(toml: &str) -> Result<Calendar, StoreError> {
    Calendar::parse(toml).map_err(|problems| StoreError::Conflict(all_of(&problems)))
}

/// Reads a pack's text.
///
/// # Errors
/// [`StoreError::Conflict`] with every problem of the text.
pub(crate) fn parse_pack(toml: &str) -> Result<Pack, StoreError> {
    parse::parse(toml).map_err(|problems| StoreError::Conflict(all_of(&problems)))
}

fn all_of(problems: &[Problem]) -> String {
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    messages.join("; ")
}
