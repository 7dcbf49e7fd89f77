//! The log on a server, where the order and the events lie in tables of their own.
//!
//! Each table is read from its beginning to its end as it lies: to look every event up by the name that its place
//! gives it costs the server four times as much. That both name the same events is seen by [`Sums`]; only where
//! they do not come out even the server is asked which those are.

use bihuan_core::event::Stream;
use bihuan_core::id::{Digest, TenantId};

use super::events::{Before, Checked, OUT_OF_ORDER, Stranger, There};
use super::events::{check_event, check_stranger, subject};
use super::findings::{Check, Findings};
use super::links::{Last, Links};
use super::places::{Places, check_tiles};
use super::sums::Sums;
use crate::beside::beside;
use crate::engine::connection::{Ahead, Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence::stream_of;
use crate::proof::tree::{Tiles, leaf};
use crate::value::{Hash, Id};

// The columns of what is read from end to end begin with those of an event's name.
statements! {
    in postgres
    PLACES = "DECLARE places NO SCROLL CURSOR FOR SELECT stream_kind, stream_id, version, hash, seq
        FROM sequence WHERE tenant = $1 ORDER BY seq";
    MORE_PLACES = "FETCH 4096 FROM places";
    QUEUE = "DECLARE queue NO SCROLL CURSOR FOR SELECT stream_kind, stream_id, version, hash
        FROM unplaced WHERE tenant = $1";
    MORE_OF_QUEUE = "FETCH 4096 FROM queue";
    // In whatever order they lie: those of a stream lie in the order they were written in.
    EVENTS = "DECLARE events NO SCROLL CURSOR FOR SELECT stream_kind, stream_id, version, hash, data
        FROM event WHERE tenant = $1";
    MORE_EVENTS = "FETCH 4096 FROM events";
    // Places, and what is queued for one, whose event is gone or another.
    EMPTY = "DECLARE empty NO SCROLL CURSOR FOR SELECT n.stream_kind, n.stream_id, n.version, n.hash, n.seq, e.hash
        FROM (SELECT stream_kind, stream_id, version, hash, seq FROM sequence WHERE tenant = $1
            UNION ALL SELECT stream_kind, stream_id, version, hash, NULL FROM unplaced WHERE tenant = $1) n
        LEFT JOIN event e ON e.tenant = $1 AND e.stream_kind = n.stream_kind AND e.stream_id = n.stream_id
            AND e.version = n.version
        WHERE e.hash IS NULL OR e.hash <> n.hash ORDER BY n.seq, n.stream_kind, n.stream_id, n.version";
    MORE_EMPTY = "FETCH 4096 FROM empty";
    // Events that have no place and are not queued for one, or have one and are queued for another.
    ASTRAY = "DECLARE astray NO SCROLL CURSOR FOR SELECT e.stream_kind, e.stream_id, e.version, e.hash, s.seq
        FROM event e LEFT JOIN sequence s ON s.tenant = e.tenant AND s.stream_kind = e.stream_kind
            AND s.stream_id = e.stream_id AND s.version = e.version
        LEFT JOIN unplaced u ON u.tenant = e.tenant AND u.stream_kind = e.stream_kind
            AND u.stream_id = e.stream_id AND u.version = e.version
        WHERE e.tenant = $1 AND (s.seq IS NULL) = (u.version IS NULL)
        ORDER BY s.seq, e.stream_kind, e.stream_id, e.version";
    MORE_ASTRAY = "FETCH 4096 FROM astray";
    PLACE_BEFORE = "SELECT seq FROM sequence
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version = $4";
    HASH_BEFORE = "SELECT hash FROM event
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND version = $4";
}

/// Rows that a server is asked for at a time, as the statements say.
const PAGE: usize = 4_096;

/// What is read from end to end; the page that follows is on its way while one is gone through. Until the end
/// nothing else may be asked of the connection.
struct Through<'c> {
    connection: &'c Connection,
    more: &'static str,
    ahead: Option<Ahead>,
}

/// The name and hash of an event, as a table has them.
struct Named {
    stream: Stream,
    version: u32,
    hash: Digest,
}

/// A piece of the events, and their bytes.
struct Piece {
    events: Vec<There>,
    data: Vec<u8>,
}

/// The order as far as it was gone through, and what it names.
struct Order {
    places: Places,
    links: Links,
    sums: Sums,
}

/// The events as far as they were gone through.
struct Events {
    links: Links,
    sums: Sums,
}

/// What came of a piece of the order, and which of its places are to be held against one that is not remembered.
struct CheckedPlaces {
    checked: Checked,
    strangers: Vec<(u64, Stream, u32)>,
}

/// A log whose order and events lie apart.
struct Apart<'c> {
    connection: &'c Connection,
    /// Another one, for what is looked up meanwhile.
    asked: &'c Connection,
    tenant: TenantId,
}

/// Holds the order and the events against each other and each against itself; returns the places, gone through.
pub(super) fn check(
    connection: &Connection,
    asked: &Connection,
    tenant: TenantId,
    places: Places,
    findings: &mut Findings,
    tick: &mut dyn FnMut(usize),
) -> Result<Places, StoreError> {
    connection.read_to_the_end()?;
    let log = Apart {
        connection,
        asked,
        tenant,
    };
    let Order { places, mut sums, .. } = log.check_places(places, findings, tick)?;
    log.take_queue_away(&mut sums)?;
    let mut of_events = Findings::default();
    let sums = log.check_events(sums, &mut of_events, tick)?;
    // What is gone comes before what follows it.
    if !sums.are_even() {
        log.tell_what_is_odd(findings)?;
    }
    findings.take(of_events);
    Ok(places)
}

impl Apart<'_> {
    /// Goes through the order: the tree over it, and the versions of each stream one after the other.
    fn check_places(
        &self,
        places: Places,
        findings: &mut Findings,
        tick: &mut dyn FnMut(usize),
    ) -> Result<Order, StoreError> {
        let order = Order {
            places,
            links: Links::new(),
            sums: Sums::default(),
        };
        let tiles = Tiles::new(self.asked, self.tenant);
        let mut reading = self.through(PLACES, MORE_PLACES)?;
        beside(
            order,
            |order, page: Vec<_>| order.page(&page),
            || reading.page(|row| Ok((row.get::<i64>(4)?.cast_unsigned(), named(row)?))),
            |CheckedPlaces { checked, strangers }| {
                findings.take(checked.findings);
                check_tiles(&tiles, &checked.tiles, findings)?;
                for (seq, stream, version) in strangers {
                    self.check_place_before(seq, stream, version, findings)?;
                }
                // The other half is reading the events.
                tick(checked.events / 2);
                Ok(())
            },
        )
    }

    /// Checks that the event before one has an earlier place.
    fn check_place_before(
        &self,
        seq: u64,
        stream: Stream,
        version: u32,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let before: Option<i64> = self.before(PLACE_BEFORE, stream, version, |row| row.get(0))?;
        if before.is_none_or(|before| before.cast_unsigned() >= seq) {
            findings.add(Check::Order, subject(stream, version), OUT_OF_ORDER);
        }
        Ok(())
    }

    /// Takes away what is yet to be given a place: it is no odd one.
    fn take_queue_away(&self, sums: &mut Sums) -> Result<(), StoreError> {
        let mut reading = self.through(QUEUE, MORE_OF_QUEUE)?;
        while let Some(page) = reading.page(named)? {
            for event in page {
                sums.take_away(event.stream, event.version, event.hash);
            }
        }
        Ok(())
    }

    /// Goes through the events: the bytes of each, and that it follows the one before it in its stream.
    fn check_events(
        &self,
        sums: Sums,
        findings: &mut Findings,
        tick: &mut dyn FnMut(usize),
    ) -> Result<Sums, StoreError> {
        let events = Events {
            links: Links::new(),
            sums,
        };
        let mut reading = self.through(EVENTS, MORE_EVENTS)?;
        let events = beside(
            events,
            |events, piece: Piece| Ok(events.piece(&piece)),
            || {
                let mut data = Vec::new();
                let events = reading.page(|row| there(row, &mut data))?;
                Ok(events.map(|events| Piece { events, data }))
            },
            |checked: Checked| {
                findings.take(checked.findings);
                for stranger in &checked.strangers {
                    check_stranger(stranger, || self.event_before(stranger), findings)?;
                }
                tick(checked.events.div_ceil(2));
                Ok(())
            },
        )?;
        Ok(events.sums)
    }

    fn event_before(&self, event: &Stranger) -> Result<Option<Before>, StoreError> {
        self.before(HASH_BEFORE, event.stream, event.version, |row| {
            let Hash(hash) = row.get(0)?;
            Ok(Before { hash, seq: None })
        })
    }

    /// Asks for something of the event before one.
    fn before<T>(
        &self,
        sql: &str,
        stream: Stream,
        version: u32,
        read: impl FnOnce(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let (kind, id) = stream.key();
        let key = (Id(self.tenant.0), kind, Id(id), i64::from(version) - 1);
        self.asked.query_optional(sql, key, read)
    }

    /// Looks for what the order names and is not there, and for what is there and it does not name.
    fn tell_what_is_odd(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let mut told = 0;
        let mut tell = |event: &Named, problem: String| {
            told += 1;
            findings.add(Check::Order, subject(event.stream, event.version), problem);
        };
        let mut reading = self.through(EMPTY, MORE_EMPTY)?;
        let empty = |row: Row<'_>| {
            Ok((
                named(row)?,
                row.get::<Option<i64>>(4)?,
                row.get::<Option<Hash>>(5)?,
            ))
        };
        while let Some(page) = reading.page(empty)? {
            for (event, seq, hash) in page {
                let problem = match (seq, hash) {
                    (Some(seq), None) => format!("is gone; it had place {seq}"),
                    (Some(seq), Some(_)) => format!("has another hash than at place {seq}"),
                    (None, None) => "is gone; it was queued for a place".to_owned(),
                    (None, Some(_)) => "has another hash than in the queue for a place".to_owned(),
                };
                tell(&event, problem);
            }
        }
        let mut reading = self.through(ASTRAY, MORE_ASTRAY)?;
        while let Some(page) = reading.page(|row| Ok((named(row)?, row.get::<Option<i64>>(4)?)))? {
            for (event, seq) in page {
                let problem = match seq {
                    Some(seq) => format!("has place {seq} and is queued for another"),
                    None => "has no place and is not queued for one".to_owned(),
                };
                tell(&event, problem);
            }
        }
        if told == 0 {
            let problem =
                "names other events than there are, and which cannot be looked up: is an index damaged?";
            findings.add(Check::Order, "the order", problem);
        }
        Ok(())
    }

    /// Begins to read a table from its beginning to its end.
    fn through(&self, open: &str, more: &'static str) -> Result<Through<'_>, StoreError> {
        self.connection.execute(open, (Id(self.tenant.0),))?;
        Ok(Through {
            connection: self.connection,
            more,
            ahead: self.connection.ask_ahead(more, ())?,
        })
    }
}

impl Through<'_> {
    /// Returns the next page; `None` at the end.
    fn page<T>(
        &mut self,
        mut read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let Some(asked) = self.ahead.take() else {
            return Ok(None);
        };
        let mut rows = asked.rows()?;
        let mut page = Vec::with_capacity(PAGE);
        while let Some(row) = rows.next()? {
            // Only an empty page is the last.
            if self.ahead.is_none() {
                self.ahead = self.connection.ask_ahead(self.more, ())?;
            }
            page.push(read(row)?);
        }
        Ok((!page.is_empty()).then_some(page))
    }
}

impl Order {
    fn page(&mut self, page: &[(u64, Named)]) -> Result<CheckedPlaces, StoreError> {
        let mut checked = Checked {
            events: page.len(),
            ..Checked::default()
        };
        let mut strangers = Vec::new();
        for (seq, event) in page {
            let Named {
                stream,
                version,
                hash,
            } = *event;
            self.sums.take_away(stream, version, hash);
            match self.links.replace(stream, Last { version, hash }) {
                Some(last) if last.version + 1 == version => {}
                None if version == 1 => {}
                Some(_) | None => strangers.push((*seq, stream, version)),
            }
            let place = (*seq, leaf(hash));
            self.places
                .take(place, || subject(stream, version), &mut checked)?;
        }
        Ok(CheckedPlaces { checked, strangers })
    }
}

impl Events {
    fn piece(&mut self, piece: &Piece) -> Checked {
        let mut checked = Checked {
            events: piece.events.len(),
            ..Checked::default()
        };
        for event in &piece.events {
            self.sums.add(event.stream, event.version, event.hash);
            check_event(&mut self.links, None, event, &piece.data, &mut checked);
        }
        checked
    }
}

/// Reads the columns of an event's name and its hash, which come first.
fn named(row: Row<'_>) -> Result<Named, StoreError> {
    let Hash(hash) = row.get(3)?;
    Ok(Named {
        stream: stream_of(row.get(0)?, row.get(1)?)?,
        version: row.get(2)?,
        hash,
    })
}

/// Reads an event, and its bytes beside those of the others.
fn there(row: Row<'_>, data: &mut Vec<u8>) -> Result<There, StoreError> {
    let Named {
        stream,
        version,
        hash,
    } = named(row)?;
    let begins = data.len();
    data.extend_from_slice(row.value(4)?.blob()?);
    Ok(There {
        stream,
        version,
        bytes: begins..data.len(),
        hash,
    })
}
