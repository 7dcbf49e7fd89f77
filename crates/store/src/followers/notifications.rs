//! The notifications' follower: what people on the staff are told.
//!
//! Whom an event concerns is decided by [`bihuan_core::notification`]. The rows are not derived: they rest on
//! who held which role when it happened, and people read them. So no rebuild clears them.

use bihuan_core::case::Case;
use bihuan_core::event::{Actor, Entry, Event};
use bihuan_core::id::{CaseId, TenantId};
use bihuan_core::notification::{Directory, Notification, occasion};
use bihuan_core::pack::Word;
use bihuan_core::pack::model::Pack;
use bihuan_core::pack::notification::Way;
use bihuan_core::permission::Rights;
use jiff::Timestamp;

use super::follower::Follower;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::mail::queue;
use crate::tenant::scene::Scene;
use crate::value::{Id, millis};

statements! {
    // Of several events of one command a person hears once.
    INSERT = "INSERT INTO notification (tenant, person, at, case_id, occasion, version, unit, due_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (tenant, person, at, case_id, occasion) DO NOTHING";
    // For whoever has a confirmed address and wants this by mail.
    MAIL = "INSERT INTO mail (tenant, id, person, form, made_at, case_id, occasion, next_at, attempts)
        SELECT b.tenant, $1, b.person, 'notification', $2, $3, $4, $5, 0 FROM mail_box b
        LEFT JOIN mail_choice c ON c.tenant = b.tenant AND c.person = b.person AND c.occasion = $6
        WHERE b.tenant = $7 AND b.person = $8 AND b.confirmed_at IS NOT NULL AND coalesce(c.way, $9) = 'mail'
        ON CONFLICT (tenant, id) DO NOTHING";
}

/// Who is told of what.
#[derive(Debug)]
pub(crate) struct Told {
    since: Timestamp,
    /// Made when the first event concerns anybody.
    directory: Option<Directory>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    at: Timestamp,
    case: CaseId,
    version: u32,
    told: Notification,
    /// How it comes where the person has not chosen.
    way: Way,
}

impl Told {
    /// Begins with nobody told; nobody will be of what was taken down before `since`.
    pub(crate) fn since(since: Timestamp) -> Told {
        Told {
            since,
            directory: None,
            rows: Vec::new(),
        }
    }

    /// Takes in an event that is no import's.
    fn tell(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Option<()> {
        let Event::Case(event) = &entry.event else {
            return None;
        };
        let kind = scene.kind(&after.pack, &after.kind)?;
        let occasion = occasion(event, after, kind)?;
        let newest = scene.newest().find(|pack| pack.id == after.pack.id)?;
        let rule = newest.notifications.get(&occasion)?;
        let packs: Vec<&Pack> = scene.newest().map(|pack| &**pack).collect();
        let rights = Rights {
            grants: &scene.grants,
            packs: &packs,
            org: &scene.org,
            calendar: &scene.calendar,
            now: entry.recorded_at,
        };
        let directory = self.directory.get_or_insert_with(|| Directory::of(&rights));
        let told = directory.notify(&rights, (occasion, rule), (entry, after), kind);
        self.rows.extend(told.into_iter().map(|told| Row {
            at: entry.recorded_at,
            case: after.id,
            version: after.version,
            told,
            way: rule.way,
        }));
        Some(())
    }
}

impl Default for Told {
    fn default() -> Told {
        Told::since(Timestamp::MIN)
    }
}

impl Follower for Told {
    const NAME: &'static str = "notifications";

    fn take(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Result<(), StoreError> {
        if entry.actor != Actor::Import && entry.recorded_at >= self.since {
            // Most events concern nobody.
            let _ = self.tell(scene, entry, after);
        }
        Ok(())
    }

    fn settle(&mut self, _scene: &Scene, _case: &Case) -> Result<(), StoreError> {
        Ok(())
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let mut insert = connection.prepare(INSERT)?;
        let mut mail = connection.prepare(MAIL)?;
        for Row {
            at,
            case,
            version,
            told,
            way,
        } in &self.rows
        {
            insert.execute((
                Id(tenant.0),
                Id(told.person.0),
                millis(*at),
                Id(case.0),
                told.occasion.word(),
                version,
                told.unit.map(|unit| Id(unit.0)),
                told.due_at.map(millis),
                &told.state,
            ))?;
            let (at, case, occasion) = (millis(*at), Id(case.0), told.occasion.word());
            mail.execute((
                Id(queue::id_of(tenant, told.person, (at, case.0, occasion))),
                at,
                case,
                occasion,
                at,
                occasion,
                Id(tenant.0),
                Id(told.person.0),
                way.word(),
            ))?;
        }
        Ok(())
    }

    fn clear(_connection: &Connection, _tenant: TenantId) -> Result<(), StoreError> {
        // Nothing of it can be made again.
        Ok(())
    }
}
