//! Notices 告知: what a reporter was to be told, and when it reached them.

use bihuan_core::id::CaseId;
use jiff::Timestamp;

use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    OF_CASE = "SELECT o.version, o.message, o.made_at, d.delivered_at FROM outbox o
        LEFT JOIN delivery d ON d.tenant = o.tenant AND d.case_id = o.case_id AND d.version = o.version
        WHERE o.tenant = $1 AND o.case_id = $2 ORDER BY o.version DESC LIMIT $3";
    DELIVERED = "INSERT INTO delivery (tenant, case_id, version, delivered_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, case_id, version) DO NOTHING";
}

/// Something that the reporter of a case was to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The version of the case that the notice is about.
    pub version: u32,
    /// The message's id in the pack that judges the case.
    pub message: String,
    /// When what it tells happened.
    pub made_at: Timestamp,
    /// When it reached the reporter; `None` until then.
    pub delivered_at: Option<Timestamp>,
}

impl Reader {
    /// Returns the notices of a case, the newest first; at most `limit`.
    ///
    /// Written by a follower, so the newest may be missing for a moment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn notices(&self, case: CaseId, limit: usize) -> Result<Vec<Notice>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.snapshot.connection().prepare(OF_CASE)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Id(case.0), limit))?;
        let mut notices = Vec::new();
        while let Some(row) = rows.next()? {
            let delivered_at: Option<i64> = row.get(3)?;
            notices.push(Notice {
                version: row.get(0)?,
                message: row.get(1)?,
                made_at: instant(row.get(2)?)?,
                delivered_at: delivered_at.map(instant).transpose()?,
            });
        }
        Ok(notices)
    }
}

impl Tenant {
    /// Notes that the notices of these versions reached the reporter; the first time counts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be written.
    pub async fn note_delivered(
        &self,
        case: CaseId,
        versions: Vec<u32>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.id();
        self.write_plain(move |connection| {
            let mut statement = connection.prepare(DELIVERED)?;
            for version in versions {
                statement.execute((Id(tenant.0), Id(case.0), version, millis(now)))?;
            }
            Ok(())
        })
        .await
    }
}
