//! A quick look at the proof: the last signed head against the tree, and some events anywhere in it.
//!
//! Takes the same time however long the log is. It finds what was changed on a larger scale, or in what is
//! looked at; only [`Tenant::verify`] looks at everything.

use bihuan_core::id::{Digest, Entropy};
use tlog_tiles::Hash as TreeHash;

use super::events::bytes_problem;
use super::findings::{Check, Difference, Findings};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::tree::{Tiles, leaf};
use crate::proof::{Head, ProofError, checkpoint, sequence};
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::Id;

statements! {
    LAST_SIGNED = "SELECT note FROM checkpoint WHERE tenant = $1 ORDER BY size DESC LIMIT 1";
}

/// The outcome of a quick look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The head of the tree as it is stored.
    pub head: Head,
    /// The last head that was signed; `None` where none was.
    pub signed: Option<Head>,
    /// How many events were looked at.
    pub looked_at: u64,
    /// What is not as it must be.
    pub differences: Vec<Difference>,
}

impl Tenant {
    /// Looks at the last signed head, at the last event and at `events` others anywhere in the log: at
    /// their bytes, their links to the event before, and their paths to the head of the tree.
    ///
    /// # Errors
    /// [`StoreError`] if looking itself is not possible.
    pub fn sample(&self, events: u64, entropy: &mut dyn Entropy) -> Result<Sampled, StoreError> {
        let reader = self.reader()?;
        let head = sequence::head(reader.snapshot.connection(), self.id())?;
        let mut findings = Findings::default();
        let signed = self.check_signed(&reader, head, &mut findings)?;
        let mut looked_at = 0;
        if let Some(last) = head.size.checked_sub(1) {
            self.check_event(&reader, head, last, &mut findings)?;
            for _ in 0..events.min(last) {
                let place = anywhere(head.size, entropy);
                self.check_event(&reader, head, place, &mut findings)?;
            }
            looked_at = 1 + events.min(last);
        }
        Ok(Sampled {
            head,
            signed,
            looked_at,
            differences: findings.listed,
        })
    }

    fn check_signed(
        &self,
        reader: &Reader,
        head: Head,
        findings: &mut Findings,
    ) -> Result<Option<Head>, StoreError> {
        let connection = reader.snapshot.connection();
        let note = connection.query_optional(LAST_SIGNED, (Id(self.id().0),), |row| row.get::<String>(0))?;
        let Some(note) = note else { return Ok(None) };
        let mut differs =
            |problem: String| findings.add(Check::Checkpoint, "the last kept checkpoint", problem);
        let signed = match checkpoint::open(self.keys(), &note) {
            Ok(signed) => signed,
            Err(error) => {
                differs(error.to_string());
                return Ok(None);
            }
        };
        if signed.size > head.size {
            differs(format!(
                "covers {} events, the log has {}: events were taken out",
                signed.size, head.size
            ));
        } else if signed.size > 0 {
            let tiles = Tiles::new(connection, self.id());
            let root = tlog_tiles::tree_hash(signed.size, &tiles).map_err(ProofError::from)?;
            if Digest(root.0) != signed.root {
                differs(format!(
                    "does not fit the tree over the first {} events",
                    signed.size
                ));
            }
        }
        Ok(Some(signed))
    }

    fn check_event(
        &self,
        reader: &Reader,
        head: Head,
        place: u64,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(event) = reader
            .stored_events(place, 1)?
            .into_iter()
            .find(|event| event.seq == place)
        else {
            findings.add(Check::Order, format!("place {place}"), "holds no event");
            return Ok(());
        };
        let subject = format!("event {} at place {place}", event.version);
        let (stream, version) = (event.stream, event.version);
        let prev = event.prev.or((version == 1).then_some(Digest::ZERO));
        let problem = match prev {
            Some(prev) => bytes_problem(prev, stream, version, &event.data, event.hash),
            None => Some(format!("follows event {}, which is gone", version - 1)),
        };
        if let Some(problem) = problem {
            findings.add(Check::Link, subject.as_str(), problem);
        }
        let tiles = Tiles::new(reader.snapshot.connection(), self.id());
        let path = tlog_tiles::prove_record(head.size, place, &tiles).map_err(ProofError::from)?;
        let root = TreeHash(head.root.0);
        if tlog_tiles::check_record(&path, head.size, root, place, leaf(event.hash)).is_err() {
            findings.add(Check::Tree, subject, "does not lead to the head of the tree");
        }
        Ok(())
    }
}

/// Returns a place below `size`, each about as likely.
fn anywhere(size: u64, entropy: &mut dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_be_bytes(bytes) % size
}
