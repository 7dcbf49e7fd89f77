//! The table of logins: those that a text fits, a page at a time.

use std::collections::HashSet;

use bihuan_core::id::PersonId;
use bihuan_store::account::Account;
use bihuan_text::folded;

use crate::auth::invitation::Invitation;
use crate::ctx::{Ctx, escaped, query_value};
use crate::show;
use crate::staff::search::names::Named;

/// The logins on one page.
const ON_PAGE: usize = 50;
/// The longest text that is looked for, in characters.
const FIND_CHARS: usize = 100;

/// Which of the logins are asked for.
#[derive(Debug, Default)]
pub struct Part {
    /// What their login, their person or a unit of theirs is called; empty for all.
    find: String,
    /// The login that the page begins after.
    after: Option<String>,
}

/// A page of them.
pub struct Logins {
    pub lines: Vec<Login>,
    /// What was looked for.
    pub find: String,
    /// How many were found.
    pub found: usize,
    /// Where the first page is, unless this is it.
    pub first: Option<String>,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A login as the table shows it.
pub struct Login {
    pub login: String,
    pub name: String,
    pub href: String,
    pub roles: String,
    pub state: String,
    pub look: &'static str,
    /// Whether the visitor may change it: not their own.
    pub other: bool,
    pub enabled: bool,
}

impl Part {
    /// Reads what an address asks for.
    pub fn of(query: Option<&str>) -> Part {
        let value = |name| query.and_then(|query| query_value(query, name));
        let find: String = value("find").unwrap_or_default();
        Part {
            find: find.trim().chars().take(FIND_CHARS).collect(),
            after: value("after"),
        }
    }

    fn href(&self, after: Option<&str>) -> String {
        let asked = [("find", Some(self.find.as_str())), ("after", after)];
        let asked = asked.into_iter().filter_map(|(name, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(format!("{name}={}", escaped(value)))
        });
        match asked.collect::<Vec<_>>().join("&") {
            asked if asked.is_empty() => "/people#logins".to_owned(),
            asked => format!("/people?{asked}#logins"),
        }
    }
}

impl Logins {
    /// Returns the part of all `accounts`, in the order of their logins, that is asked for.
    pub fn of(ctx: &Ctx, accounts: &[Account], part: &Part) -> Logins {
        let found = found(ctx, accounts, &part.find);
        let from = part.after.as_deref().map_or(0, |after| {
            found.partition_point(|account| account.login.as_str() <= after)
        });
        let shown = &found[from..found.len().min(from + ON_PAGE)];
        let last = shown.last().filter(|_| from + ON_PAGE < found.len());
        Logins {
            lines: shown.iter().map(|account| Login::of(ctx, account)).collect(),
            find: part.find.clone(),
            found: found.len(),
            first: (from > 0).then(|| part.href(None)),
            next: last.map(|account| part.href(Some(&account.login))),
        }
    }
}

/// Returns the accounts that a text fits: by login, by person, or by a unit in which they have a role today.
fn found<'a>(ctx: &Ctx, accounts: &'a [Account], find: &str) -> Vec<&'a Account> {
    if find.is_empty() {
        return accounts.iter().collect();
    }
    let fitting = ctx.app.names(&ctx.scene).find(find, |_| true, usize::MAX);
    let fitting: HashSet<Named> = fitting.into_iter().collect();
    let roles = ctx.scene.org.roles_on(ctx.scene.calendar.date_of(ctx.now));
    let there = roles.filter(|(_, _, unit)| fitting.contains(&Named::Unit(*unit)));
    let there: HashSet<PersonId> = there.map(|(person, ..)| person).collect();
    let find = folded(find);
    let fits = |account: &&Account| {
        folded(&account.login).contains(&find)
            || there.contains(&account.person)
            || fitting.contains(&Named::Person(account.person))
    };
    accounts.iter().filter(fits).collect()
}

impl Login {
    fn of(ctx: &Ctx, account: &Account) -> Login {
        let org = &ctx.scene.org;
        let today = ctx.scene.calendar.date_of(ctx.now);
        let held = org.roles_of(account.person, today);
        let role = |(role, unit): (&str, _)| {
            let grant = ctx.scene.grants.iter().find(|grant| grant.role == role);
            let role = grant.map_or_else(|| role.to_owned(), |grant| ctx.name(&grant.title));
            let unit = org
                .unit(unit)
                .map(|unit| ctx.name(&unit.name))
                .unwrap_or_default();
            format!("{role} · {unit}")
        };
        let name = org.person(account.person).map(|person| ctx.name(&person.name));
        let invited = Invitation::read(&account.password_hash);
        let (state, look) = match (account.disabled_at, invited) {
            (Some(_), _) => (ctx.tongue.t("people-login-disabled"), ""),
            (None, Some(code)) if code.until > ctx.now => {
                let until = show::moment(&ctx.scene.calendar, ctx.tongue, code.until);
                (ctx.tongue.t1("people-login-invited", "until", until), "near")
            }
            (None, Some(_)) => (ctx.tongue.t("people-login-expired"), "over"),
            (None, None) => (ctx.tongue.t("people-login-active"), "ok"),
        };
        Login {
            login: account.login.clone(),
            name: name.unwrap_or_default(),
            href: format!("/persons/{}", account.person),
            roles: held
                .into_iter()
                .map(role)
                .collect::<Vec<_>>()
                .join(&ctx.tongue.t("list-comma")),
            state,
            look,
            other: ctx.who.as_ref().is_some_and(|who| who.login != account.login),
            enabled: account.disabled_at.is_none(),
        }
    }
}
