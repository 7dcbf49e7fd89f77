//! Long exports: who asked for what, how far each is, and the file it became.
//!
//! The rows here only tell of a job; whoever runs it writes the file. A job that is no longer `Running`
//! when its runner next notes progress was cancelled, in whichever process that happened.

use bihuan_core::id::{Entropy, PersonId, uuid_v7};
use jiff::Timestamp;
use uuid::Uuid;

use crate::commit::idempotency::Once;
use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::made::Made;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

// The engine numbers parameters by their first appearance, so they are numbered in that order.
statements! {
    BEGIN = "INSERT INTO export_job (tenant, id, person, filter, form, state, done, total, made_at)
        VALUES ($1, $2, $3, $4, $5, 'running', 0, $6, $7)";
    PROGRESS = "UPDATE export_job SET done = $1 WHERE tenant = $2 AND id = $3 AND state = 'running'";
    END = "UPDATE export_job SET state = $1, file = $2, done = $3
        WHERE tenant = $4 AND id = $5 AND state = 'running'";
    CANCEL = "UPDATE export_job SET state = 'cancelled'
        WHERE tenant = $1 AND id = $2 AND person = $3 AND state = 'running'";
    FORGET = "DELETE FROM export_job WHERE tenant = $1 AND id = $2";
    JOB = "SELECT id, person, filter, form, state, done, total, file, made_at FROM export_job
        WHERE tenant = $1 AND id = $2 AND person = $3";
    OLD = "SELECT id, person, filter, form, state, done, total, file, made_at FROM export_job
        WHERE tenant = $1 AND made_at < $2 ORDER BY made_at, id LIMIT 1000";
}

/// An export that runs or ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJob {
    /// Its id.
    pub id: Uuid,
    /// Who asked for it; nobody else gets it.
    pub person: PersonId,
    /// The filter's text.
    pub filter: String,
    /// The format, such as `xlsx`.
    pub form: String,
    /// How it stands.
    pub state: ExportState,
    /// Rows written so far.
    pub done: u64,
    /// Rows that it was expected to have.
    pub total: u64,
    /// The file's name, once it is there.
    pub file: Option<String>,
    /// When it was asked for.
    pub made_at: Timestamp,
}

/// How an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportState {
    /// It is being written.
    Running,
    /// The file is there.
    Done,
    /// Whoever asked for it stopped it.
    Cancelled,
    /// It broke off.
    Failed,
}

impl ExportState {
    const ALL: [ExportState; 4] = [
        ExportState::Running,
        ExportState::Done,
        ExportState::Cancelled,
        ExportState::Failed,
    ];

    fn word(self) -> &'static str {
        match self {
            ExportState::Running => "running",
            ExportState::Done => "done",
            ExportState::Cancelled => "cancelled",
            ExportState::Failed => "failed",
        }
    }
}

/// An export to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExport {
    /// The filter's text.
    pub filter: String,
    /// The format.
    pub form: String,
    /// Rows that it will have, as far as can be told.
    pub total: u64,
}

impl Tenant {
    /// Notes that an export begins, unless the same request has begun one already.
    ///
    /// # Errors
    /// [`ExecuteError::KeyReused`] if the key belongs to another request.
    pub async fn begin_export(
        &self,
        person: PersonId,
        export: NewExport,
        once: Option<Once>,
        now: Timestamp,
        entropy: &mut (dyn Entropy + Send),
    ) -> Result<Made, ExecuteError> {
        let (id, tenant) = (uuid_v7(now, entropy), Id(self.id().0));
        let NewExport { filter, form, total } = export;
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let insert = move |connection: &Connection| {
            let row = (tenant, Id(id), Id(person.0), filter, form, total, millis(now));
            connection.execute(BEGIN, row).map(drop)
        };
        self.make_once(person, id, once, now, insert).await
    }

    /// Notes how many rows are written; returns whether the export is still wanted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn note_export(&self, id: Uuid, done: u64) -> Result<bool, StoreError> {
        let done = i64::try_from(done).unwrap_or(i64::MAX);
        let changed = self
            .change(PROGRESS, move |tenant| (done, tenant, Id(id)))
            .await?;
        Ok(changed > 0)
    }

    /// Notes how an export ended, with the file's name where there is one; returns whether it was still wanted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn end_export(
        &self,
        id: Uuid,
        state: ExportState,
        file: Option<String>,
        done: u64,
    ) -> Result<bool, StoreError> {
        let done = i64::try_from(done).unwrap_or(i64::MAX);
        let changed = self
            .change(END, move |tenant| (state.word(), file, done, tenant, Id(id)))
            .await?;
        Ok(changed > 0)
    }

    /// Stops an export of `person`; nothing happens where it has ended already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn cancel_export(&self, person: PersonId, id: Uuid) -> Result<(), StoreError> {
        self.change(CANCEL, move |tenant| (tenant, Id(id), Id(person.0)))
            .await
            .map(drop)
    }

    /// Forgets an export; its file is for the caller to remove first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_export(&self, id: Uuid) -> Result<(), StoreError> {
        self.change(FORGET, move |tenant| (tenant, Id(id)))
            .await
            .map(drop)
    }
}

impl Reader {
    /// Returns an export of `person`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is in no state that there is.
    pub fn export_job(&self, person: PersonId, id: Uuid) -> Result<Option<ExportJob>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(JOB)?;
        let params = (Id(self.tenant.id().0), Id(id), Id(person.0));
        let found = statement.query_optional(params, |row| Ok(read_job(row)))?;
        found.transpose()
    }

    /// Returns the exports that were asked for before an instant, oldest first; at most a thousand.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn exports_before(&self, before: Timestamp) -> Result<Vec<ExportJob>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(OLD)?;
        let mut rows = statement.query((Id(self.tenant.id().0), millis(before)))?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            jobs.push(read_job(row)?);
        }
        Ok(jobs)
    }
}

fn read_job(row: Row<'_>) -> Result<ExportJob, StoreError> {
    let (Id(id), Id(person)) = (row.get(0)?, row.get(1)?);
    let word: String = row.get(4)?;
    let state = ExportState::ALL.into_iter().find(|state| state.word() == word);
    let (done, total): (i64, i64) = (row.get(5)?, row.get(6)?);
    Ok(ExportJob {
        id,
        person: PersonId(person),
        filter: row.get(2)?,
        form: row.get(3)?,
        state: state.ok_or_else(|| StoreError::Corrupt(format!("an export is {word:?}")))?,
        done: u64::try_from(done).unwrap_or(0),
        total: u64::try_from(total).unwrap_or(0),
        file: row.get(7)?,
        made_at: instant(row.get(8)?)?,
    })
}
