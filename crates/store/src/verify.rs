//! Verifying: whether the log, and everything that follows from it, is whole and agrees.
//!
//! Reads everything in one snapshot, streaming, and changes nothing. First the order and the tree
//! (`order`), then every stream with what was derived from it (`streams`), then the search index
//! (`search`) and the counts. Inbox rows are not recounted: they depend on which events one command
//! wrote together, which the log does not hold.
//!
//! Without a checkpoint kept elsewhere this shows only that the store agrees with itself.

pub mod findings;
pub(crate) mod order;
pub(crate) mod rows;
pub mod sample;
pub(crate) mod search;
pub(crate) mod streams;
mod texts;

use crate::error::StoreError;
use crate::proof::{Head, checkpoint};
use crate::tenant::Tenant;
use crate::verify::findings::{Findings, Verification};

/// How far verifying is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps done; an event counts once in the order and once in its stream.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}

impl Tenant {
    /// Verifies the tenant's log and all that follows from it.
    ///
    /// `against` is the text of a checkpoint that was kept outside: with it no rewrite of the history
    /// before it goes unnoticed. `progress` is called now and then.
    ///
    /// # Errors
    /// [`StoreError`] if verifying itself is not possible, or `against` is no checkpoint of this log.
    /// What is wrong with the store is in the answer.
    pub fn verify(
        &self,
        against: Option<&str>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Verification, StoreError> {
        let mut heads: Vec<(Head, &str)> = Vec::new();
        if let Some(note) = against {
            heads.push((checkpoint::open(self.keys(), note)?, "the checkpoint given"));
        }
        let snapshot = self.snapshot()?;
        let connection = snapshot.connection();
        let mut findings = Findings::default();
        let total = 2 * streams::count(connection, self.id())?;
        let mut done = 0;
        let mut tick = || {
            done += 1;
            if done % 1_024 == 0 {
                progress(Progress { done, total });
            }
        };
        let head = order::check(connection, self.keys(), heads, &mut findings, &mut tick)?;
        let mut streams = streams::Streams::begin(self, connection)?;
        streams.check(&mut findings, &mut tick)?;
        let counts = streams.finish(&mut findings)?;
        progress(Progress { done: total, total });
        Ok(Verification {
            head,
            counts,
            differences: findings.listed,
            omitted: findings.omitted,
        })
    }
}
