//! Verifying: whether the log, and everything that follows from it, is whole and agrees.
//!
//! Reads everything in one snapshot, in the order it lies in and on one thread, while another looks at what was
//! read (`beside`); changes nothing, and holds no more than a few pages at a time. First the log and its proof
//! (`order`), which can be verified alone; then every stream with what was derived from it (`streams`), then
//! the search index (`search`) and the counts. Inbox rows are not recounted: they depend on which events one
//! command wrote together, which the log does not hold.
//!
//! Without a checkpoint kept elsewhere this shows only that the store agrees with itself.

pub(crate) mod apart;
pub(crate) mod derived;
mod events;
pub mod findings;
mod links;
pub(crate) mod log;
pub(crate) mod order;
mod places;
mod rows;
pub mod sample;
pub(crate) mod search;
pub(crate) mod streams;
mod sums;
mod texts;

use crate::engine::connection::{Connection, Engine};
use crate::engine::readers::Snapshot;
use crate::error::StoreError;
use crate::proof::{Head, checkpoint, sequence};
use crate::tenant::Tenant;
use crate::verify::findings::{Counts, Findings, Verification};

/// How far verifying is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps done; an event counts once in the log and once in its stream.
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
        let snapshot = self.snapshot()?;
        let connection = snapshot.connection();
        let mut findings = Findings::default();
        let total = 2 * streams::count(connection, self.id())?;
        let mut done = 0;
        let mut tick = |events| {
            done += events as u64;
            progress(Progress { done, total });
        };
        let head = self.check_log(connection, against, &mut findings, &mut tick)?;
        let counts = streams::check(self, connection, &mut findings, &mut tick)?;
        progress(Progress { done: total, total });
        Ok(findings.verification(head, counts))
    }

    /// Verifies the log and its proof alone: the bytes of every event that has a place, its links, the order,
    /// the tree and the signed heads. Nothing that was derived from the log is looked at.
    ///
    /// # Errors
    /// Like [`Tenant::verify`].
    pub fn verify_log(
        &self,
        against: Option<&str>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Verification, StoreError> {
        let snapshot = self.snapshot()?;
        let connection = snapshot.connection();
        let mut findings = Findings::default();
        let total = sequence::size(connection, self.id())?;
        let mut done = 0;
        let mut tick = |events| {
            done += events as u64;
            progress(Progress { done, total });
        };
        let head = self.check_log(connection, against, &mut findings, &mut tick)?;
        let counts = Counts {
            events: head.size,
            ..Counts::default()
        };
        Ok(findings.verification(head, counts))
    }

    fn check_log(
        &self,
        connection: &Connection,
        against: Option<&str>,
        findings: &mut Findings,
        tick: &mut dyn FnMut(usize),
    ) -> Result<Head, StoreError> {
        let mut heads: Vec<places::Signed> = Vec::new();
        if let Some(note) = against {
            heads.push((checkpoint::open(self.keys(), note)?, "the checkpoint given"));
        }
        connection.read_in_pages()?;
        // Beside pages that a server is asked for ahead, nothing can be asked of the same connection.
        let beside = match connection.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some(self.snapshot()?),
        };
        let asked = beside.as_ref().map_or(connection, Snapshot::connection);
        order::check(connection, asked, self.keys(), heads, findings, tick)
    }
}
