//! Webhooks 对外推送: which other systems are told of cases, of which occasions, and what became of it. For
//! administrators; a secret is shown once, when it is made.

pub mod acts;
mod page;

use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::UnitId;
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use bihuan_store::error::{ExecuteError, StoreError};
use bihuan_store::webhook::{MOST, NewWebhook, Webhook};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::{Ctx, query_value};
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::webhook::rules::ADDRESS_CHARS;

/// Where the subscriptions are.
pub const HREF: &str = "/webhooks";

/// The action that all of this needs.
const ADMIN: &str = "admin";

/// The longest name, in characters.
const NAME_CHARS: usize = 60;

/// The longest name of a unit that is looked up, in characters.
const UNIT_CHARS: usize = 100;

/// `GET /webhooks`
pub async fn read_webhooks(ctx: Ctx) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    page::webhooks(&ctx).await
}

/// `POST /webhooks`: makes one, and shows its secret.
pub async fn create_webhook(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    let wanted = wanted(&ctx, &form)?;
    let added = ctx
        .tenant
        .add_webhook(&permit, wanted, ctx.now, &mut SystemEntropy)
        .await;
    let id = match added {
        Ok(id) => id,
        Err(ExecuteError::Store(StoreError::Conflict(_))) => {
            let full = Complaint::new("address", "webhooks-too-many").with("most", MOST);
            return Err(WebError::Input(vec![full]));
        }
        Err(error) => return Err(error.into()),
    };
    tracing::info!(webhook.id = %id, "webhook {id} was made");
    Ok(page::secret(&ctx, &find(&ctx, id).await?))
}

/// `GET /webhooks/{webhook}`
pub async fn read_webhook(
    ctx: Ctx,
    Path(webhook): Path<Uuid>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    let after = query.and_then(|query| query_value(&query, "after"));
    let after = after.and_then(|place| read_place(&place));
    page::webhook(&ctx, &find(&ctx, webhook).await?, after).await
}

/// `POST /webhooks/{webhook}`: changes what it is; its secret stays.
pub async fn save_webhook(ctx: Ctx, Path(webhook): Path<Uuid>, form: Form) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, ADMIN)?;
    find(&ctx, webhook).await?;
    let wanted = wanted(&ctx, &form)?;
    ctx.tenant.change_webhook(&permit, webhook, wanted).await?;
    tracing::info!(webhook.id = %webhook, "webhook {webhook} was changed");
    Ok(to(webhook))
}

/// Returns a subscription.
async fn find(ctx: &Ctx, webhook: Uuid) -> Result<Webhook, WebError> {
    let found = ctx.tenant.read(move |reader| reader.webhook(webhook)).await?;
    found.ok_or(WebError::NotFound)
}

/// Leads to a subscription's page.
fn to(webhook: Uuid) -> Response {
    Redirect::to(&format!("{HREF}/{webhook}")).into_response()
}

/// Reads what somebody wants a subscription to be.
fn wanted(ctx: &Ctx, form: &Form) -> Result<NewWebhook, WebError> {
    let mut read = form.read();
    let name = read.needed("name", NAME_CHARS);
    let address = read.needed("address", ADDRESS_CHARS);
    if !address.is_empty()
        && let Err(barred) = ctx.app.webhooks().target(&address)
    {
        read.complain(Complaint::new("address", barred.key()));
    }
    let unit = match read.text("unit", UNIT_CHARS) {
        Some(named) => ctx.scene.org.unit_by_name(&named).map(|unit| unit.id),
        None => top(ctx),
    };
    if unit.is_none() {
        read.complain(Complaint::new("unit", "field-unknown-unit"));
    }
    let chosen: Vec<&str> = form.values("occasion").collect();
    let mut occasions = Occasion::ALL.to_vec();
    occasions.retain(|of| chosen.contains(&of.word()));
    if occasions.is_empty() {
        read.complain(Complaint::new("occasion", "webhook-no-occasion"));
    }
    read.done()?;
    Ok(NewWebhook {
        name,
        address,
        unit: unit.ok_or(WebError::NotFound)?,
        occasions,
    })
}

/// Returns the unit that stands above all others, where there is one.
fn top(ctx: &Ctx) -> Option<UnitId> {
    let mut tops = ctx
        .scene
        .org
        .units()
        .filter(|unit| unit.parent.is_none() && !unit.external);
    let first = tops.next()?;
    tops.next().is_none().then_some(first.id)
}

fn write_place((at, id): (Timestamp, Uuid)) -> String {
    format!("{}.{id}", at.as_millisecond())
}

fn read_place(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once('.')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some((at, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_among_the_deliveries_comes_back_from_its_address() {
        let place = (
            Timestamp::from_millisecond(1_772_000_000_123).unwrap(),
            Uuid::from_u128(7),
        );
        assert_eq!(read_place(&write_place(place)), Some(place));
        for wrong in [
            "",
            "7",
            "x.00000000-0000-0000-0000-000000000007",
            "7.x",
            "99999999999999999999.1",
        ] {
            assert_eq!(read_place(wrong), None, "{wrong}");
        }
    }
}
