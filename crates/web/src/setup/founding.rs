//! The founding itself: the installation, its topmost unit, and its first administrator.

use std::collections::BTreeMap;

use bihuan_core::label::Label;
use bihuan_core::org::OrgEvent;
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::Permit;
use bihuan_store::account::NewAccount;
use bihuan_store::tenant::{Founding, Store, Tenant};
use jiff::Timestamp;

use super::Setup;
use super::draft::Draft;
use crate::app::SystemEntropy;
use crate::auth::{SESSION, new_secret, secret_hash};
use crate::error::WebError;
use crate::people::plan::{Present, plan};
use crate::people::rows::{Rows, Table};

/// The action of those who look after an installation.
const ADMIN: &str = "admin";

/// Who will look after the installation.
pub struct Administrator {
    pub name: Label,
    pub login: String,
    pub password_hash: String,
}

/// Why an installation was not founded.
pub enum NotFounded {
    /// Something that whoever is there can do something about: what the system or the database says.
    Told(String),
    /// Our own fault, or the store's.
    Failed(WebError),
}

impl From<WebError> for NotFounded {
    fn from(error: WebError) -> NotFounded {
        NotFounded::Failed(error)
    }
}

/// A pack that is shipped, with its text.
pub struct Shipped {
    pub pack: Pack,
    pub text: &'static str,
}

/// Returns the packs that are shipped.
pub fn shipped() -> Result<Vec<Shipped>, WebError> {
    let packs =
        bihuan_packs::shipped().map_err(|(_, problems)| WebError::internal(format!("{problems:?}")))?;
    let with_text = packs.into_iter().zip(bihuan_packs::TEXTS);
    Ok(with_text.map(|(pack, text)| Shipped { pack, text }).collect())
}

impl Setup {
    /// Founds the installation and opens the administrator's session; returns the session's secret.
    pub(super) async fn found(&self, administrator: Administrator) -> Result<String, NotFounded> {
        let _once = self.inner.founding.lock().await;
        if self.inner.founded.borrow().is_some() {
            return Err(WebError::NotFound.into());
        }
        let (draft, now) = (self.state().draft.clone(), self.now());
        let setup = self.clone();
        let name = label(&draft);
        let store = tokio::task::spawn_blocking(move || setup.found_store(&draft, now)).await;
        let store = store.map_err(WebError::internal)??;
        let tenant = store.tenants().into_iter().next();
        let tenant = tenant.ok_or_else(|| WebError::internal("the installation has no tenant"))?;
        people(&tenant, &name, &administrator, now).await?;
        let secret = new_secret();
        tenant
            .open_session(
                secret_hash(&secret),
                &administrator.login,
                None,
                now,
                now + SESSION,
            )
            .await
            .map_err(WebError::from)?;
        Draft::remove(&self.inner.options.directory).map_err(WebError::internal)?;
        self.inner.founded.send_replace(Some(store));
        Ok(secret)
    }

    fn found_store(&self, draft: &Draft, now: Timestamp) -> Result<Store, NotFounded> {
        let shipped = shipped()?;
        let chosen = shipped.iter().filter(|it| draft.packs.contains(&it.pack.id));
        let founding = Founding {
            name: label(draft),
            host: (!draft.host.is_empty()).then(|| draft.host.clone()),
            calendar: bihuan_packs::CALENDAR_CN,
            packs: &chosen.map(|it| it.text).collect::<Vec<_>>(),
            now,
        };
        (self.inner.options.found)(&founding).map_err(NotFounded::Told)
    }
}

fn label(draft: &Draft) -> Label {
    Label::new(&draft.name_zh, &draft.name_en)
}

/// Puts the city's own unit at the top of the tree, and the administrator into it.
async fn people(
    tenant: &Tenant,
    city: &Label,
    who: &Administrator,
    now: Timestamp,
) -> Result<(), NotFounded> {
    let scene = tenant.scene();
    let admin = scene
        .grants
        .iter()
        .find(|grant| grant.actions.iter().any(|action| action == ADMIN));
    let role = admin
        .ok_or_else(|| WebError::internal("no pack has a role that administers"))?
        .role
        .clone();
    let cells = |table: Table| {
        move |name: &str| {
            let (prefix, id) = name.split_once('_').unwrap_or_default();
            let cell = match (table, prefix, id) {
                (Table::Units, "unit", "name_zh") => &city.zh,
                (Table::Units, "unit", "name_en") => &city.en,
                (Table::People, "person", "name_zh") => &who.name.zh,
                (Table::People, "person", "name_en") => &who.name.en,
                (Table::People, "person", "login") => &who.login,
                (Table::People, "person", "unit") => &city.zh,
                _ => return Vec::new(),
            };
            vec![cell.clone()]
        }
    };
    let (units, people) = (cells(Table::Units), cells(Table::People));
    let rows = Rows::of_form(|name| match name {
        "person_roles" => vec![role.clone()],
        _ => [units(name), people(name)].concat(),
    });
    let present = Present {
        scene: &scene,
        logins: BTreeMap::new(),
        now,
    };
    let plan = plan(&rows, &present, &mut SystemEntropy);
    let events: Vec<OrgEvent> = plan.events;
    if !plan.faults.is_empty() {
        return Err(WebError::internal(format!("the first people do not fit: {:?}", plan.faults)).into());
    }
    tenant
        .change_org_together(&Permit::system(), events, now)
        .await
        .map_err(WebError::from)?;
    for new in plan.logins {
        let account = NewAccount {
            login: new.login,
            person: new.person,
            password_hash: who.password_hash.clone(),
        };
        tenant
            .add_account(&Permit::system(), account, now)
            .await
            .map_err(WebError::from)?;
    }
    Ok(())
}
