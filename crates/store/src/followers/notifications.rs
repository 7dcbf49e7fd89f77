//! The notifications' follower: what people on the staff and other systems are told.
//!
//! Whom an event concerns is decided by [`bihuan_core::notification`]; a system hears of the cases of its
//! subscription's unit. The rows are not derived: they rest on who held which role when it happened, and people read
//! them. So no rebuild clears them.

use std::sync::LazyLock;

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
use crate::engine::many::{Form, Many};
use crate::engine::value::{Bind, Value};
use crate::error::StoreError;
use crate::sending::id_of;
use crate::tenant::scene::Scene;
use crate::value::{Id, millis};
use crate::webhook::Webhook;

/// Of several events of one command a person hears once.
static INSERT: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("person", Form::Blob),
        ("at", Form::Int),
        ("case_id", Form::Blob),
        ("occasion", Form::Text),
        ("version", Form::Int),
        ("unit", Form::Blob),
        ("due_at", Form::Int),
        ("state", Form::Text),
    ];
    let heard = "ON CONFLICT (tenant, person, at, case_id, occasion) DO NOTHING";
    Many::insert("notification", &columns, heard)
});

/// For whoever has a confirmed address and wants this by mail.
static MAIL: LazyLock<Many> = LazyLock::new(|| {
    let given = [
        ("tenant", Form::Blob),
        ("id", Form::Blob),
        ("person", Form::Blob),
        ("made_at", Form::Int),
        ("case_id", Form::Blob),
        ("occasion", Form::Text),
        ("way", Form::Text),
    ];
    Many::choosing(&given, |given| {
        let [tenant, id, person, at, case, occasion, way] = given;
        format!(
            "INSERT INTO mail (tenant, id, person, form, made_at, case_id, occasion, next_at, attempts)
            SELECT b.tenant, {id}, b.person, 'notification', {at}, {case}, {occasion}, {at}, 0 FROM {{given}}mail_box b
            LEFT JOIN mail_choice c ON c.tenant = b.tenant AND c.person = b.person AND c.occasion = {occasion}
            WHERE b.tenant = {tenant} AND b.person = {person} AND b.confirmed_at IS NOT NULL
                AND coalesce(c.way, {way}) = 'mail'
            ON CONFLICT (tenant, id) DO NOTHING"
        )
    })
});

static POST: LazyLock<Many> = LazyLock::new(|| {
    let columns = [
        ("tenant", Form::Blob),
        ("id", Form::Blob),
        ("webhook", Form::Blob),
        ("occasion", Form::Text),
        ("case_id", Form::Blob),
        ("version", Form::Int),
        ("unit", Form::Blob),
        ("state", Form::Text),
        ("made_at", Form::Int),
        ("next_at", Form::Int),
        ("attempts", Form::Int),
    ];
    Many::insert(
        "webhook_delivery",
        &columns,
        "ON CONFLICT (tenant, id) DO NOTHING",
    )
});

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    vec![&INSERT, &MAIL, &POST]
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
    let of = Id(tenant.0);
    let mails: Vec<(Uuid, i64, Option<i64>)> = rows
        .iter()
        .map(|row| {
            let (at, told) = (millis(row.at), &row.told);
            let id = id_of(tenant, told.person.0, (at, row.case.0, told.occasion.word()));
            (id, at, told.due_at.map(millis))
        })
        .collect();
    let (mut told_rows, mut mail_rows) = (Vec::new(), Vec::new());
    for (row, (id, at, due_at)) in rows.iter().zip(&mails) {
        let (told, at) = (&row.told, at.bind());
        let (person, case) = (id_value(&told.person.0), id_value(&row.case.0));
        let occasion = Value::Text(told.occasion.word());
        told_rows.push([
            of.bind(),
            person,
            at,
            case,
            occasion,
            row.version.bind(),
            told.unit.as_ref().map_or(Value::Null, |unit| id_value(&unit.0)),
            due_at.bind(),
            told.state.bind(),
        ]);
        mail_rows.push([
            of.bind(),
            id_value(id),
            person,
            at,
            case,
            occasion,
            Value::Text(row.way.word()),
        ]);
    }
    connection.write_many(&INSERT, &told_rows)?;
    connection.write_many(&MAIL, &mail_rows)
}

fn write_posts(posts: &[Post], connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    let of = Id(tenant.0);
    let ids: Vec<Uuid> = posts
        .iter()
        .map(|post| {
            let (at, occasion) = (millis(post.at), post.occasion.word());
            id_of(tenant, post.webhook, (at, post.case.0, occasion))
        })
        .collect();
    let mut rows = Vec::with_capacity(posts.len());
    for (post, id) in posts.iter().zip(&ids) {
        let at = Value::Int(millis(post.at));
        rows.push([
            of.bind(),
            id_value(id),
            id_value(&post.webhook),
            Value::Text(post.occasion.word()),
            id_value(&post.case.0),
            post.version.bind(),
            post.unit.as_ref().map_or(Value::Null, |unit| id_value(&unit.0)),
            post.state.bind(),
            at,
            at,
            Value::Int(0),
        ]);
    }
    connection.write_many(&POST, &rows)
}

fn id_value(id: &Uuid) -> Value<'_> {
    Value::Blob(id.as_bytes())
}
