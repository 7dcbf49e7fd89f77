//! The order of the log: its places one after the other, the tree over them, and signed heads against the tree.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec;

use tlog_tiles::Hash as TreeHash;

use super::events::Checked;
use super::findings::{Check, Findings};
use crate::error::StoreError;
use crate::proof::Head;
use crate::proof::tree::{Growth, TileRow, Tiles};

/// A signed head, and whose.
pub(super) type Signed = (Head, &'static str);

/// The places of the order, as far as they were gone through, and the tree over them.
pub(super) struct Places {
    heads: Peekable<vec::IntoIter<Signed>>,
    growth: Growth,
}

impl Places {
    /// Begins with no place; the heads are in the order of their sizes.
    pub(super) fn new(heads: Vec<Signed>) -> Places {
        Places {
            heads: heads.into_iter().peekable(),
            growth: Growth::default(),
        }
    }

    /// Takes the next place: whether it follows the one before, what was signed up to it, and the tree with it.
    pub(super) fn take(
        &mut self,
        (seq, leaf): (u64, TreeHash),
        called: impl Fn() -> String,
        checked: &mut Checked,
    ) -> Result<(), StoreError> {
        let expected = self.growth.size();
        if seq != expected {
            let problem = format!("has place {seq} where {expected} follows");
            checked.findings.add(Check::Order, called(), problem);
        }
        while let Some((head, whose)) = self.heads.next_if(|(head, _)| head.size == expected) {
            check_head(&self.growth, head, whose, &mut checked.findings);
        }
        self.growth.push_leaf(leaf, &mut |tile| {
            checked.tiles.push(tile);
            Ok(())
        })
    }

    /// Checks what is left once all places were taken, and returns the head.
    pub(super) fn end(self, tiles: &Tiles<'_>, findings: &mut Findings) -> Result<Head, StoreError> {
        let edge: Vec<TileRow> = self.growth.edge().collect();
        check_tiles(tiles, &edge, findings)?;
        for (head, whose) in self.heads {
            check_head(&self.growth, head, whose, findings);
        }
        Ok(self.growth.head())
    }
}

/// Holds tiles against those that are kept, the lowest level first: all of a level are read at once, for each would
/// have to be waited for where a server keeps them.
pub(super) fn check_tiles(
    tiles: &Tiles<'_>,
    grown: &[TileRow],
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut levels: BTreeMap<u8, Vec<&TileRow>> = BTreeMap::new();
    for tile in grown {
        levels.entry(tile.level).or_default().push(tile);
    }
    for (level, grown) in levels {
        let places = || grown.iter().map(|tile| tile.place);
        let bounds = (places().min().unwrap_or(0), places().max().unwrap_or(0));
        let kept = tiles.load_from_to(level, bounds)?;
        for tile in grown {
            if kept.get(&tile.place) != Some(&tile.hashes) {
                let subject = format!("tile {} of level {level}", tile.place);
                findings.add(Check::Tree, subject, "differs from the order");
            }
        }
    }
    Ok(())
}

fn check_head(growth: &Growth, head: Head, whose: &str, findings: &mut Findings) {
    if head.size > growth.size() {
        let problem = format!(
            "covers {} events, the log has {}: events were taken out",
            head.size,
            growth.size()
        );
        findings.add(Check::Checkpoint, whose, problem);
    } else if growth.head() != head {
        let problem = format!(
            "does not fit: the first {} events are not those it was signed over",
            head.size
        );
        findings.add(Check::Checkpoint, whose, problem);
    }
}
