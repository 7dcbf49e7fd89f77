//! How an event takes its place at the end of one of the scene's streams.

use bihuan_core::event::{CalendarInstalled, Entry, Event, PackInstalled, PackRef, Stream};
use bihuan_core::id::Digest;

use crate::commit::log::{self, AppendError, Encoded};
use crate::error::StoreError;
use crate::tenant::scene::{Scene, parse_calendar, parse_pack};

impl From<AppendError> for StoreError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Moved => StoreError::Conflict("it was changed in the meantime; try again".into()),
            AppendError::Store(error) => error,
        }
    }
}

/// Takes `entry` into the scene and returns it encoded for the end of its stream.
pub(crate) fn grow(scene: &mut Scene, stream: Stream, entry: &Entry) -> Result<Encoded, StoreError> {
    if let Event::Pack(installed) = &entry.event {
        let reference = PackRef {
            id: installed.id.clone(),
            version: installed.version,
        };
        if scene.pack(&reference).is_some() {
            let (id, version) = (reference.id, reference.version);
            return Err(StoreError::Conflict(format!(
                "version {version} of pack {id} is installed already"
            )));
        }
    }
    scene.apply(&entry.event)?;
    let head = scene
        .heads
        .of(stream)
        .ok_or_else(|| StoreError::Corrupt("a case is no scene".into()))?;
    log::encode(stream, head, entry)
}

/// Reads a pack's text into the event that installs it.
pub(crate) fn pack_event(toml: &str) -> Result<Event, StoreError> {
    let pack = parse_pack(toml)?;
    let digest = Digest::of(&[toml.as_bytes()]);
    Ok(Event::Pack(PackInstalled {
        id: pack.id,
        version: pack.version,
        digest,
        toml: toml.to_owned(),
    }))
}

/// Reads a calendar's text into the event that installs it.
pub(crate) fn calendar_event(toml: &str) -> Result<Event, StoreError> {
    let calendar = parse_calendar(toml)?;
    let installed = CalendarInstalled {
        id: calendar.id,
        version: calendar.version,
        toml: toml.to_owned(),
    };
    Ok(Event::Calendar(installed))
}
