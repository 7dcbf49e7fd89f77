//! A session that has the writer to itself, and what it has decided and not yet written.

use std::cell::RefCell;

use bihuan_core::event::ExternalRef;
use bihuan_core::id::{CaseId, TenantId};

use crate::commit::together::{self, Placed};
use crate::commit::{Change, find_external};
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::engine::writer::Loan;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    BY_NUMBER = "SELECT id FROM case_row WHERE tenant = $1 AND number = $2";
}

/// The connection of a session, and what it has still to write.
pub(crate) struct Session {
    tenant: TenantId,
    loan: Loan,
    /// Decided and not yet written: many changes are written with few statements.
    waiting: RefCell<Vec<Change>>,
}

impl Session {
    pub(crate) fn new(tenant: TenantId, loan: Loan) -> Session {
        Session {
            tenant,
            loan,
            waiting: RefCell::default(),
        }
    }

    /// Takes in what is to be written.
    pub(crate) fn push(&mut self, change: Change) {
        self.waiting.get_mut().push(change);
    }

    /// Returns the connection as it is: for what has nothing to do with cases.
    pub(crate) fn connection(&self) -> Result<&Connection, StoreError> {
        self.loan.connection()
    }

    /// Returns the connection once everything is written, so that what is read there is of now.
    pub(crate) fn settled(&self) -> Result<&Connection, StoreError> {
        let connection = self.loan.connection()?;
        let waiting = self.waiting.take();
        let changes: Vec<Placed<'_>> = waiting
            .iter()
            .map(|change| Placed::new(self.tenant, change))
            .collect();
        connection.pipelined(|connection| together::write(connection, &changes))?;
        Ok(connection)
    }

    /// Returns the case that an imported record became.
    pub(crate) fn by_external(&self, external: &ExternalRef) -> Result<Option<CaseId>, StoreError> {
        let waiting = self.waiting.borrow();
        let found = waiting
            .iter()
            .find(|change| change.external.as_ref() == Some(external));
        match found {
            Some(change) => Ok(Some(change.case())),
            None => find_external(self.loan.connection()?, self.tenant, external),
        }
    }

    /// Returns whether a case has this number.
    pub(crate) fn has_number(&self, number: &str) -> Result<bool, StoreError> {
        let waiting = self.waiting.borrow();
        if waiting.iter().any(|change| change.after.case.number == number) {
            return Ok(true);
        }
        let found =
            self.loan
                .connection()?
                .query_optional(BY_NUMBER, (Id(self.tenant.0), number), |row| row.get::<Id>(0))?;
        Ok(found.is_some())
    }
}
