//! What the pages of webhooks show.

use askama::Template;
use axum::response::Response;
use bihuan_core::id::UnitId;
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use bihuan_store::error::StoreError;
use bihuan_store::sending::Health;
use bihuan_store::webhook::queue::{Delivery, Overview, Stands};
use bihuan_store::webhook::{MOST, Webhook};
use jiff::Timestamp;
use uuid::Uuid;

use super::{HREF, write_place};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::notification;
use crate::page::{Area, Page, html};
use crate::show;
use crate::webhook::message;

/// The deliveries of a page.
const ROWS: u32 = 40;

#[derive(Template)]
#[template(path = "webhooks/webhooks.html")]
struct WebhooksPage {
    page: Page,
    lines: Vec<Line>,
    /// Whether there is room for another.
    room: bool,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "webhooks/webhook.html")]
struct WebhookPage {
    page: Page,
    href: String,
    paused: bool,
    /// When its secret was made, in milliseconds: which one a form replaces.
    secret_at: i64,
    /// What it is, as pairs.
    facts: Vec<(String, String)>,
    health: Health,
    deliveries: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "webhooks/secret.html")]
struct SecretPage {
    page: Page,
    name: String,
    href: String,
    secret: String,
    /// Until when the old one is used too, in words.
    both: Option<String>,
}

/// A subscription as a line.
struct Line {
    href: String,
    name: String,
    address: String,
    unit: String,
    stands: (&'static str, String),
    last: Option<Row>,
    health: Health,
}

/// What is filled in of a subscription.
struct Fields {
    name: String,
    address: String,
    unit: String,
    /// Word, name, whether it is chosen.
    occasions: Vec<(&'static str, String, bool)>,
}

/// A delivery as a line.
struct Row {
    id: String,
    /// The case's number. Who looks after webhooks need not be one who may open it.
    number: Option<String>,
    what: String,
    when: String,
    at: String,
    stands: (&'static str, String),
    attempts: u32,
    error: Option<String>,
    /// Whether it can be sent once more.
    done: bool,
}

/// Returns the page of all subscriptions.
pub(super) async fn webhooks(ctx: &Ctx) -> Result<Response, WebError> {
    let found = ctx.tenant.read(|reader| reader.webhooks()).await?;
    let fields = Fields {
        name: String::new(),
        address: String::new(),
        unit: String::new(),
        occasions: occasions(ctx, &Occasion::ALL),
    };
    let page = WebhooksPage {
        room: found.len() < MOST,
        lines: found.into_iter().map(|one| line(ctx, one)).collect(),
        fields,
        page: ctx.page(Some(Area::Inbox)),
    };
    Ok(html(&page))
}

/// Returns the page of one.
pub(super) async fn webhook(
    ctx: &Ctx,
    webhook: &Webhook,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Response, WebError> {
    let id = webhook.id;
    let read = ctx.tenant.read(move |reader| {
        let health = reader.webhooks()?.into_iter().find(|one| one.webhook.id == id);
        Ok::<_, StoreError>((health, reader.deliveries(id, after, ROWS + 1)?))
    });
    let (overview, mut deliveries) = read.await?;
    let more = deliveries.len() > ROWS as usize;
    deliveries.truncate(ROWS as usize);
    let href = format!("{HREF}/{id}");
    let last = deliveries.last().filter(|_| more);
    let next = last.map(|last| format!("{href}?after={}", write_place((last.made_at, last.id))));
    let page = WebhookPage {
        paused: webhook.paused_at.is_some(),
        secret_at: webhook.secret_at.as_millisecond(),
        facts: facts(ctx, webhook),
        health: overview.map_or_else(Health::default, |one| one.health),
        deliveries: deliveries.iter().map(|one| row(ctx, one)).collect(),
        first: after.is_some().then(|| href.clone()),
        next,
        fields: Fields {
            name: webhook.wanted.name.clone(),
            address: webhook.wanted.address.clone(),
            unit: ctx
                .scene
                .org
                .unit(webhook.wanted.unit)
                .map_or_else(String::new, |unit| unit.code.clone()),
            occasions: occasions(ctx, &webhook.wanted.occasions),
        },
        href,
        page: ctx.page(Some(Area::Inbox)),
    };
    Ok(html(&page))
}

/// Returns the page that shows a subscription's secret, once.
pub(super) fn secret(ctx: &Ctx, webhook: &Webhook) -> Response {
    let secrets = ctx.tenant.webhook_secrets(webhook, ctx.now);
    let newest = secrets.first().map(|secret| message::write_secret(secret));
    let page = SecretPage {
        name: webhook.wanted.name.clone(),
        href: format!("{HREF}/{}", webhook.id),
        secret: newest.unwrap_or_default(),
        both: both_until(ctx, webhook),
        page: ctx.page(Some(Area::Inbox)),
    };
    html(&page)
}

/// Returns until when what is posted is signed with the old secret too.
fn both_until(ctx: &Ctx, webhook: &Webhook) -> Option<String> {
    let (_, until) = webhook.old_secret.filter(|(_, until)| *until > ctx.now)?;
    Some(brief(ctx, until))
}

fn line(ctx: &Ctx, overview: Overview) -> Line {
    let Overview {
        webhook,
        health,
        last,
    } = overview;
    Line {
        href: format!("{HREF}/{}", webhook.id),
        stands: match webhook.paused_at {
            Some(_) => ("near", ctx.tongue.t("webhook-paused")),
            None => ("ok", ctx.tongue.t("webhook-running")),
        },
        unit: unit(ctx, webhook.wanted.unit),
        name: webhook.wanted.name,
        address: webhook.wanted.address,
        last: last.map(|last| row(ctx, &last)),
        health,
    }
}

fn facts(ctx: &Ctx, webhook: &Webhook) -> Vec<(String, String)> {
    let t = ctx.tongue;
    let by = ctx.scene.org.person(webhook.made_by);
    let by = by.map_or_else(|| webhook.made_by.to_string(), |person| ctx.name(&person.name));
    let chosen = webhook.wanted.occasions.iter();
    let chosen: Vec<String> = chosen.map(|of| t.t(notification::title(*of))).collect();
    let chosen = match chosen.len() == Occasion::ALL.len() {
        true => t.t("webhook-all-occasions"),
        false => chosen.join(&t.t("list-comma")),
    };
    let facts = [
        ("webhook-address", Some(webhook.wanted.address.clone())),
        ("webhook-unit", Some(unit(ctx, webhook.wanted.unit))),
        ("webhook-occasions", Some(chosen)),
        (
            "webhook-made",
            Some(t.t2(
                "webhook-made-by",
                ("name", by),
                ("time", brief(ctx, webhook.made_at)),
            )),
        ),
        ("webhook-secret-since", Some(brief(ctx, webhook.secret_at))),
        ("webhook-old-secret", both_until(ctx, webhook)),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(key, value)| Some((t.t(key), value?)))
        .collect()
}

fn unit(ctx: &Ctx, id: UnitId) -> String {
    let unit = ctx.scene.org.unit(id);
    unit.map_or_else(|| id.to_string(), |unit| ctx.name(&unit.name))
}

fn occasions(ctx: &Ctx, chosen: &[Occasion]) -> Vec<(&'static str, String, bool)> {
    let all = Occasion::ALL.iter();
    all.map(|of| {
        (
            of.word(),
            ctx.tongue.t(notification::title(*of)),
            chosen.contains(of),
        )
    })
    .collect()
}

fn row(ctx: &Ctx, delivery: &Delivery) -> Row {
    let t = ctx.tongue;
    let told = delivery.told.as_ref();
    let named = told.and_then(|told| told.named.as_ref());
    let stands = match delivery.stands {
        Stands::Sent(_) => ("ok", t.t("delivery-sent")),
        Stands::Void(_) => ("", t.t("delivery-void")),
        Stands::Dead(_) => ("over", t.t("delivery-dead")),
        Stands::Waiting if delivery.error.is_some() => (
            "near",
            t.t1("delivery-again", "time", brief(ctx, delivery.next_at)),
        ),
        Stands::Waiting => ("info", t.t("delivery-waiting")),
    };
    Row {
        id: delivery.id.to_string(),
        number: named.map(|(number, _)| number.clone()),
        what: told.map_or_else(
            || t.t("delivery-trial"),
            |told| t.t(notification::title(told.occasion)),
        ),
        when: brief(ctx, delivery.made_at),
        at: delivery.made_at.to_string(),
        stands,
        attempts: delivery.attempts,
        error: delivery.error.clone(),
        done: delivery.stands != Stands::Waiting,
    }
}

fn brief(ctx: &Ctx, at: Timestamp) -> String {
    show::brief(&ctx.scene.calendar, ctx.tongue, at, ctx.now)
}
