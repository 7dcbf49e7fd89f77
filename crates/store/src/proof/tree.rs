//! The tree in tiles: 256 hashes each, the lowest level those of the events, each further level those of
//! the full tiles below (c2sp.org/tlog-tiles).
//!
//! [`Growth`] holds one unfinished tile a level, so growing and hashing need no reading back; the
//! sequencer writes the tiles that it yields, the verifier compares them.

use std::cell::RefCell;
use std::collections::HashMap;

use bihuan_core::id::{Digest, TenantId};
use tlog_tiles::{EMPTY_HASH, HASH_SIZE, Hash, HashReader, Tile};

use super::Head;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    SELECT = "SELECT hashes FROM tile WHERE tenant = $1 AND level = $2 AND place = $3";
    SELECT_FROM_TO = "SELECT place, hashes FROM tile WHERE tenant = $1 AND level = $2 AND place >= $3 AND place <= $4";
    UPSERT = "INSERT INTO tile (tenant, level, place, hashes) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, level, place) DO UPDATE SET hashes = excluded.hashes";
}

/// The height of a tile: 2⁸ hashes.
const HEIGHT: u8 = 8;

/// Bytes of a full tile.
const FULL_BYTES: usize = HASH_SIZE << HEIGHT;

/// A tile: `hashes` holds up to 256 of them, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TileRow {
    /// 0 for the events' own hashes.
    pub level: u8,
    /// Which tile of its level, from 0.
    pub place: u64,
    /// The hashes.
    pub hashes: Vec<u8>,
}

/// A tree that grows at its right edge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Growth {
    size: u64,
    /// The unfinished tile of each level, lowest first; its place follows from the size.
    edge: Vec<Vec<u8>>,
}

impl Growth {
    /// Takes up a tree of `size` leaves whose tiles `load` reads.
    pub(crate) fn resume(
        size: u64,
        mut load: impl FnMut(u8, u64) -> Result<Vec<u8>, StoreError>,
    ) -> Result<Growth, StoreError> {
        let mut edge = Vec::new();
        for level in 0.. {
            let count = count_at(size, level);
            if count == 0 {
                break;
            }
            let width = (count % 256) as usize;
            let mut hashes = if width == 0 {
                Vec::new()
            } else {
                load(level, count >> HEIGHT)?
            };
            if hashes.len() < width * HASH_SIZE {
                return Err(StoreError::Corrupt(format!(
                    "tile {level}/{} is too short",
                    count >> HEIGHT
                )));
            }
            hashes.truncate(width * HASH_SIZE);
            edge.push(hashes);
        }
        Ok(Growth { size, edge })
    }

    /// Returns the number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of an event; `full` gets each tile that this fills.
    pub(crate) fn push(
        &mut self,
        event: Digest,
        full: &mut dyn FnMut(TileRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.push_leaf(leaf(event), full)
    }

    /// Adds a leaf.
    pub(crate) fn push_leaf(
        &mut self,
        leaf: Hash,
        full: &mut dyn FnMut(TileRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut hash = leaf;
        let before = self.size;
        self.size += 1;
        for level in 0.. {
            let slot = usize::from(level);
            if slot == self.edge.len() {
                self.edge.push(Vec::new());
            }
            self.edge[slot].extend_from_slice(&hash.0);
            if self.edge[slot].len() < FULL_BYTES {
                break;
            }
            let hashes = std::mem::take(&mut self.edge[slot]);
            hash = Tile::subtree_hash(&hashes);
            full(TileRow {
                level,
                place: count_at(before, level) >> HEIGHT,
                hashes,
            })?;
        }
        Ok(())
    }

    /// Returns the unfinished tiles that are not empty.
    pub(crate) fn edge(&self) -> impl Iterator<Item = TileRow> + '_ {
        (0..)
            .zip(&self.edge)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| TileRow {
                level,
                place: count_at(self.size, level) >> HEIGHT,
                hashes: hashes.clone(),
            })
    }

    /// Returns the head.
    pub(crate) fn head(&self) -> Head {
        // From the highest level down, largest first, the perfect subtrees that RFC 6962 joins.
        let mut subtrees = Vec::new();
        for hashes in self.edge.iter().rev() {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let width = 1 << (rest.len() / HASH_SIZE).ilog2();
                let (subtree, after) = rest.split_at(width * HASH_SIZE);
                subtrees.push(Tile::subtree_hash(subtree));
                rest = after;
            }
        }
        let root = subtrees
            .into_iter()
            .rev()
            .reduce(|right, left| tlog_tiles::node_hash(left, right));
        Head {
            size: self.size,
            root: Digest(root.unwrap_or(EMPTY_HASH).0),
        }
    }
}

/// Returns how many hashes `level` has in a tree of `size` leaves.
fn count_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(HEIGHT))
        .unwrap_or(0)
}

/// Returns the leaf that stands for an event.
pub(crate) fn leaf(event: Digest) -> Hash {
    tlog_tiles::record_hash(&event.0)
}

/// Reads the tiles of a tenant's tree.
pub(crate) struct Tiles<'a> {
    connection: &'a Connection,
    tenant: TenantId,
    read: RefCell<HashMap<(u8, u64), Vec<u8>>>,
}

impl<'a> Tiles<'a> {
    /// Reads from `connection`, keeping what it read: a proof asks for the same few tiles again.
    pub(crate) fn new(connection: &'a Connection, tenant: TenantId) -> Tiles<'a> {
        Tiles {
            connection,
            tenant,
            read: RefCell::default(),
        }
    }

    /// Reads one tile, empty where there is none.
    pub(crate) fn load(&self, level: u8, place: u64) -> Result<Vec<u8>, StoreError> {
        let mut statement = self.connection.prepare(SELECT)?;
        let hashes =
            statement.query_optional((Id(self.tenant.0), level, place.cast_signed()), |row| row.get(0))?;
        Ok(hashes.unwrap_or_default())
    }

    /// Reads the tiles of a level from one place to another, both included, as far as there are any.
    pub(crate) fn load_from_to(
        &self,
        level: u8,
        (from, to): (u64, u64),
    ) -> Result<HashMap<u64, Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare(SELECT_FROM_TO)?;
        let bounds = (Id(self.tenant.0), level, from.cast_signed(), to.cast_signed());
        let tiles = statement.query_map(bounds, |row| {
            Ok((row.get::<i64>(0)?.cast_unsigned(), row.get(1)?))
        })?;
        Ok(tiles.into_iter().collect())
    }

    /// Writes one tile over the narrower one that may be there.
    pub(crate) fn store(&self, tile: &TileRow) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(UPSERT)?;
        statement.execute((
            Id(self.tenant.0),
            tile.level,
            tile.place.cast_signed(),
            &tile.hashes,
        ))?;
        Ok(())
    }
}

impl HashReader for Tiles<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let mut read = self.read.borrow_mut();
        let mut hashes = Vec::with_capacity(indexes.len());
        for index in indexes {
            let tile = Tile::from_index(HEIGHT, *index);
            let key = (tile.level(), tile.level_index());
            if let std::collections::hash_map::Entry::Vacant(slot) = read.entry(key) {
                // The reader's error type has no place for a cause; its words are carried on.
                let loaded = self
                    .load(key.0, key.1)
                    .map_err(|error| tlog_tiles::Error::InvalidInput(error.to_string()))?;
                slot.insert(loaded);
            }
            hashes.push(tile.hash_at_index(&read[&key], *index)?);
        }
        Ok(hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6962, 2.1, word by word: MTH over the list, split at the largest power of two below its length.
    fn by_definition(events: &[Digest]) -> Digest {
        match events {
            [] => Digest::of(&[]),
            [event] => Digest::of(&[&[0], &event.0]),
            events => {
                let split = events.len().next_power_of_two() / 2;
                let (left, right) = events.split_at(split);
                Digest::of(&[&[1], &by_definition(left).0, &by_definition(right).0])
            }
        }
    }

    fn events(count: usize) -> Vec<Digest> {
        (0..count).map(|n| Digest::of(&[&n.to_be_bytes()])).collect()
    }

    fn grown(events: &[Digest]) -> (Growth, HashMap<(u8, u64), Vec<u8>>) {
        let mut growth = Growth::default();
        let mut tiles = HashMap::new();
        for event in events {
            let mut keep = |tile: TileRow| {
                tiles.insert((tile.level, tile.place), tile.hashes);
                Ok(())
            };
            growth.push(*event, &mut keep).unwrap();
        }
        tiles.extend(growth.edge().map(|tile| ((tile.level, tile.place), tile.hashes)));
        (growth, tiles)
    }

    #[test]
    fn the_head_is_the_one_the_standard_defines_at_every_size() {
        let all = events(600);
        let mut growth = Growth::default();
        assert_eq!(growth.head().root, by_definition(&[]));
        for size in 1..=all.len() {
            growth.push(all[size - 1], &mut |_tile| Ok(())).unwrap();
            assert_eq!(
                growth.head(),
                Head {
                    size: size as u64,
                    root: by_definition(&all[..size])
                },
                "{size}"
            );
        }
    }

    #[test]
    fn a_third_level_begins_after_65536_events() {
        let all = events(65_536 + 3);
        let (growth, tiles) = grown(&all);
        assert_eq!(growth.head().root, by_definition(&all));
        assert_eq!(tiles[&(2, 0)].len(), HASH_SIZE);
        assert_eq!(tiles[&(0, 256)].len(), 3 * HASH_SIZE);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn growing_in_two_runs_gives_the_same_tree_as_in_one(first in 0..700usize, second in 0..700usize) {
            let all = events(first + second);
            let (_, tiles) = grown(&all[..first]);
            let load = |level, place| Ok(tiles.get(&(level, place)).cloned().unwrap_or_default());
            let mut growth = Growth::resume(first as u64, load).unwrap();
            for event in &all[first..] {
                growth.push(*event, &mut |_tile| Ok(())).unwrap();
            }
            prop_assert_eq!(growth.head(), grown(&all).0.head());
        }
    }
}
