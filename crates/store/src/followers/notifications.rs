//! The notifications' follower: what people on the staff and other systems are told.
//!
//! Whom an event concerns is decided by [`bihuan_core::notification`]; a system hears of the cases of its
//! subscription's unit. The rows are not derived: they rest on who held which role when it happened, and people read
//! them. So no rebuild clears them.

use bihuan_core::case::Case;
use bihuan_core::event::{Actor, Entry, Event};
use bihuan_core::id::{CaseId, TenantId, UnitId};
use bihuan_core::notification::{Directory, Notification, about, occasion};
use bihuan_core::org::Org;
use bihuan_core::pack::Word;
use bihuan_core::pack::model::{Kind, Pack};
use bihuan_core::pack::notification::{Occasion, Way};
use bihuan_core::permission::Rights;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::follower::Follower;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::sending::id_of;
use crate::tenant::scene::Scene;
use crate::value::{Id, millis};
use crate::webhook::Webhook;

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
    POST = "INSERT INTO webhook_delivery (tenant, id, webhook, occasion, case_id, version, unit, state, made_at, next_at,
            attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) ON CONFLICT (tenant, id) DO NOTHING";
}

/// Who is told of what.
#[derive(Debug)]
pub(crate) struct Told {
    since: Timestamp,
    /// Made when the first event concerns anybody.
    directory: Option<Directory>,
    rows: Vec<Row>,
    /// The other systems that hear of something.
    webhooks: Vec<Webhook>,
    posts: Vec<Post>,
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

/// What a system is told.
#[derive(Debug)]
struct Post {
    at: Timestamp,
    case: CaseId,
    version: u32,
    webhook: Uuid,
    occasion: Occasion,
    unit: Option<UnitId>,
    state: String,
}

impl Told {
    /// Begins with nobody told; nobody will be of what was taken down before `since`.
    pub(crate) fn since(since: Timestamp) -> Told {
        Told {
            since,
            directory: None,
            rows: Vec::new(),
            webhooks: Vec::new(),
            posts: Vec::new(),
        }
    }

    /// Says which subscriptions there are; those that are paused hear nothing.
    pub(crate) fn hear(&mut self, webhooks: Vec<Webhook>) {
        self.webhooks = webhooks;
        self.webhooks.retain(|webhook| webhook.paused_at.is_none());
    }

    /// Takes in an event that is no import's.
    fn tell(&mut self, scene: &Scene, entry: &Entry, after: &Case) -> Option<()> {
        let Event::Case(event) = &entry.event else {
            return None;
        };
        let kind = scene.kind(&after.pack, &after.kind)?;
        let occasion = occasion(event, after, kind)?;
        self.tell_systems(scene, entry, after, occasion);
        self.tell_people(scene, entry, after, (kind, occasion))
    }

    /// Of a case that complains about somebody no system hears: nobody knows who reads there.
    fn tell_systems(&mut self, scene: &Scene, entry: &Entry, after: &Case, occasion: Occasion) {
        let Event::Case(event) = &entry.event else {
            return;
        };
        if self.webhooks.is_empty() || !after.accused.is_empty() {
            return;
        }
        let (unit, _) = about(event, after);
        let (at, on) = (entry.recorded_at, scene.calendar.date_of(entry.recorded_at));
        let hears = |webhook: &&Webhook| {
            let of_it = webhook.wanted.occasions.contains(&occasion);
            of_it && at >= webhook.made_at && covers(&scene.org, webhook.wanted.unit, unit, on)
        };
        let posts = self.webhooks.iter().filter(hears).map(|webhook| Post {
            at,
            case: after.id,
            version: after.version,
            webhook: webhook.id,
            occasion,
            unit,
            state: after.state.clone(),
        });
        self.posts.extend(posts);
    }

    fn tell_people(
        &mut self,
        scene: &Scene,
        entry: &Entry,
        after: &Case,
        (kind, occasion): (&Kind, Occasion),
    ) -> Option<()> {
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
        write_rows(&self.rows, connection, tenant)?;
        write_posts(&self.posts, connection, tenant)
    }

    fn clear(_connection: &Connection, _tenant: TenantId) -> Result<(), StoreError> {
        // Nothing of it can be made again.
        Ok(())
    }
}

/// Whether a subscription for the cases of `wanted` hears of what is about a unit. Of what no unit has yet, only one
/// for a unit with none above it does.
fn covers(org: &Org, wanted: UnitId, unit: Option<UnitId>, on: Date) -> bool {
    match unit {
        Some(unit) => org.is_under_on(unit, wanted, on),
        None => org.unit(wanted).is_some_and(|wanted| wanted.parent.is_none()),
    }
}

fn write_rows(rows: &[Row], connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    let mut insert = connection.prepare(INSERT)?;
    let mut mail = connection.prepare(MAIL)?;
    for Row {
        at,
        case,
        version,
        told,
        way,
    } in rows
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
            Id(id_of(tenant, told.person.0, (at, case.0, occasion))),
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

fn write_posts(posts: &[Post], connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    if posts.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare(POST)?;
    for post in posts {
        let (at, occasion) = (millis(post.at), post.occasion.word());
        let id = id_of(tenant, post.webhook, (at, post.case.0, occasion));
        insert.execute((
            Id(tenant.0),
            Id(id),
            Id(post.webhook),
            occasion,
            Id(post.case.0),
            post.version,
            post.unit.map(|unit| Id(unit.0)),
            &post.state,
            at,
            at,
        ))?;
    }
    Ok(())
}
