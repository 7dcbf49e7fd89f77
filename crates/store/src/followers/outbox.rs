//! The outbox's follower: what the reporter is to be told, by the steps that say so.
//!
//! A row names the message of the pack; its words are filled when it is read, from the case as it was at
//! that version. Whether it reached the reporter is noted beside it, by [`notice`](crate::notice), and is
//! kept when the rows are written again.

use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::event::{CaseEvent, Entry, Event};
use bihuan_core::id::{CaseId, TenantId};

use super::follower::Follower;
use crate::engine::connection::Connection;
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::tenant::scene::Scene;
use crate::value::{Id, millis};

statements! {
    CLEAR = "DELETE FROM outbox WHERE tenant = $1";
}

static INSERT: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("case_id", Form::Blob),
        ("version", Form::Int),
        ("message", Form::Text),
        ("made_at", Form::Int),
    ];
    Many::insert("outbox", &columns, "")
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&INSERT]
}

/// The messages of some steps.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Case, version, message, and when it happened.
    messages: Vec<(CaseId, u32, String, i64)>,
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
            let at = millis(entry.occurred_at);
            self.messages.push((after.id, after.version, message, at));
        }
        Ok(())
    }

    fn settle(&mut self, _scene: &Scene, _case: &Case) -> Result<(), StoreError> {
        Ok(())
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let tenant = Id(tenant.0);
        let mut rows = Vec::with_capacity(self.messages.len());
        for (case, version, message, at) in &self.messages {
            let case = Value::Blob(case.0.as_bytes());
            rows.push([tenant.bind(), case, version.bind(), message.bind(), at.bind()]);
        }
        connection.write_many(&INSERT, &rows)
    }

    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        connection.execute(CLEAR, (Id(tenant.0),))?;
        Ok(())
    }
}
