//! The outbox's follower: what the reporter is to be told, by the steps that say so.
//!
//! A row names the message of the pack; its words are filled when it is read, from the case as it was at
//! that version. Whether it reached the reporter is noted beside it, by [`notice`](crate::notice), and is
//! kept when the rows are written again.

use bihuan_core::case::Case;
use bihuan_core::event::{CaseEvent, Entry, Event};
use bihuan_core::id::{CaseId, TenantId};
use jiff::Timestamp;

use super::follower::Follower;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::{Id, millis};

statements! {
    INSERT = "INSERT INTO outbox (tenant, case_id, version, message, made_at) VALUES ($1, $2, $3, $4, $5)";
    CLEAR = "DELETE FROM outbox WHERE tenant = $1";
}

/// The messages of some steps.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    messages: Vec<(CaseId, u32, String, Timestamp)>,
}

impl Follower for Outbox {
    const NAME: &'static str = "outbox";

    fn take(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Result<(), StoreError> {
        let Event::Case(CaseEvent::StepTaken { step: taken, .. }) = &entry.event else {
            return Ok(());
        };
        let step = scene
            .kind(&after.pack, &after.kind)
            .and_then(|kind| kind.step(taken));
        if let Some(message) = step.and_then(|step| step.tell.clone()) {
            self.messages
                .push((after.id, after.version, message, entry.occurred_at));
        }
        Ok(())
    }

    fn settle(&mut self, _scene: &Scene, _case: &Case) -> Result<(), StoreError> {
        Ok(())
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let mut insert = connection.prepare(INSERT)?;
        for (case, version, message, made_at) in &self.messages {
            insert.execute((Id(tenant.0), Id(case.0), version, message, millis(*made_at)))?;
        }
        Ok(())
    }

    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        connection.execute(CLEAR, (Id(tenant.0),))?;
        Ok(())
    }
}
