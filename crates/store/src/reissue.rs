//! Giving a reporter another receipt code, because theirs is lost: from then on the old one follows nothing.
//!
//! Which code a case was given first is found nowhere but by the code itself, so the old one is not taken out: the
//! event names the new one by a digest of its keyed hash, and a code that the event does not name is no longer one.

use bihuan_core::case::command::Command;
use bihuan_core::event::BodyRef;
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::bodies::Bodies;
use crate::commit::{Beside, CommitError};
use crate::decide::{Asked, Source, When};
use crate::error::ExecuteError;
use crate::execute::{ATTEMPTS, failed};
use crate::keys::TenantKeys;
use crate::receipt::ReceiptCode;
use crate::tenant::Tenant;

/// Returns what an event says of a code: it finds the code for who has it, and gives nothing away.
pub(crate) fn mark_of(code: &ReceiptCode, keys: &TenantKeys) -> Digest {
    Digest::of(&[b"receipt code", &code.lookup_hash(keys)])
}

impl Tenant {
    /// Gives the reporter of a case another receipt code and returns it once it is on disk; the old one ends.
    ///
    /// The permit is for `identity`; what was checked is written in `bodies`.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] where the reporter left no identity that could have been checked.
    pub async fn reissue_code(
        &self,
        permit: &Permit,
        case: CaseId,
        mut bodies: Bodies,
        checked: BodyRef,
        now: Timestamp,
    ) -> Result<ReceiptCode, ExecuteError> {
        for _ in 0..ATTEMPTS {
            let loaded = self.load_anew(case).await?;
            let code = ReceiptCode::new(now, bodies.random());
            let command = Command::ReissueCode {
                code: mark_of(&code, self.keys()),
                checked,
            };
            let scene = self.scene();
            let asked = Asked {
                tenant: self,
                scene: &scene,
                permit,
                when: When::at(now),
            };
            let beside = Beside {
                receipt: Some(code.lookup_hash(self.keys())),
                ..Beside::default()
            };
            let changes = asked.execute(&loaded, &command, &mut bodies, Source::Pool(self))?;
            let first = changes.into_iter().next();
            let changes = first.map(|change| change.with(beside)).into_iter().collect();
            match self.commit(changes, None, now).await? {
                Ok(written) => {
                    self.remember(&written);
                    return Ok(code);
                }
                Err(CommitError::Moved) => self.forget(case),
                Err(error) => return Err(failed(error)),
            }
        }
        Err(ExecuteError::Busy)
    }
}
