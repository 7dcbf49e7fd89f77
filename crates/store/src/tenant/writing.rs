//! Handing work to those who write: what commands write is written together, everything else piece by piece.

use super::Tenant;
use crate::commit::CommitError;
use crate::commit::order::Order;
use crate::engine::connection::Connection;
use crate::engine::value::Params;
use crate::engine::writer::{self, Busy, Writer};
use crate::error::{ExecuteError, StoreError};
use crate::value::Id;

impl Tenant {
    /// Runs `work` in the next batch and returns its outcome after the commit.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, ExecuteError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        piece_of(&self.inner.writer, work).await
    }

    /// Writes an order together with others and returns what became of it after the commit.
    pub(crate) async fn order(&self, order: Order) -> Result<Result<(), CommitError>, ExecuteError> {
        let outcome = self
            .inner
            .writer
            .submit(order)
            .map_err(|Busy| ExecuteError::Busy)?;
        let written = outcome
            .await
            .map_err(|_dropped| ExecuteError::Store(writer::stopped()));
        self.inner.committed.notify_one();
        written
    }

    /// Like [`Tenant::write`], where nothing but the store can fail.
    pub(crate) async fn write_plain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        plain(self.write(work).await)
    }

    /// Like [`Tenant::write_plain`], for what follows from the log. Nobody else's work on that connection finds out that
    /// its server may not be written to any more, so a failure that passes has it opened anew.
    pub(crate) async fn write_following<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = move |connection: &Connection| {
            let outcome = work(connection);
            if outcome.as_ref().is_err_and(StoreError::is_transient) {
                connection.distrust();
            }
            outcome
        };
        plain(piece_of(&self.inner.follower, work).await)
    }

    /// Runs one statement, whose parameters begin from the tenant's id, and returns how many rows it changed.
    pub(crate) async fn change<P>(
        &self,
        sql: &'static str,
        params: impl FnOnce(Id) -> P + Send + 'static,
    ) -> Result<usize, StoreError>
    where
        P: Params,
    {
        let tenant = Id(self.id().0);
        self.write_plain(move |connection| connection.execute(sql, params(tenant)))
            .await
    }
}

/// Runs `work` in the next batch of a writer and returns its outcome after the commit.
async fn piece_of<T, E>(
    writer: &Writer<Order>,
    work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
) -> Result<Result<T, E>, ExecuteError>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let outcome = writer.submit_piece(work).map_err(|Busy| ExecuteError::Busy)?;
    outcome
        .await
        .map_err(|_dropped| ExecuteError::Store(writer::stopped()))
}

/// Returns what became of a piece in which nothing but the store can fail.
fn plain<T>(outcome: Result<Result<T, StoreError>, ExecuteError>) -> Result<T, StoreError> {
    match outcome {
        Ok(outcome) => outcome,
        Err(ExecuteError::Store(error)) => Err(error),
        Err(_busy) => Err(StoreError::Busy("too much is waiting to be written".into())),
    }
}
