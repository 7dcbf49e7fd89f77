//! `bihuan user` and `bihuan token`: who may log in, with which roles, and what programs use.

use std::io::BufRead;

use anyhow::Context as _;
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Person};
use bihuan_core::pack::words::ACTIONS;
use bihuan_core::permission::Permit;
use bihuan_store::account::{Account, NewAccount, NewToken};
use bihuan_store::tenant::Tenant;
use bihuan_web::app::SystemEntropy;
use bihuan_web::auth::{WRITE_SCOPE, new_secret, password, secret_hash};
use bihuan_web::people::hands::in_hands_of;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;
use crate::installation::Place;
use crate::runtime;

/// The shortest password that is taken, in characters.
const PASSWORD_CHARS: usize = 10;

/// Characters of a password that is made here: more than 128 random bits.
const MADE_PASSWORD_CHARS: usize = 22;

/// How far the cases of somebody whose login is closed are counted.
const COUNTED: usize = 1000;

/// What to do with logins.
#[derive(Subcommand)]
pub enum Task {
    /// Make a login for a new person of the org tree, with roles in a unit; prints a password once.
    Add(Add),
    /// Set a new password; prints it once. All sessions of the login end.
    Passwd(Passwd),
    /// Give a role, or take it.
    Role(Role),
    /// Keep a login from being used from now on, and tell what is still to be handed over.
    Disable(Login),
    /// List the logins with their people and roles.
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// A login.
#[derive(Args)]
pub struct Login {
    /// The login.
    login: String,
    #[command(flatten)]
    place: Place,
}

/// Whom to add.
#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    login: Login,
    /// The person's name in Chinese.
    #[arg(long, value_name = "NAME")]
    name_zh: String,
    /// The person's name in English; the Chinese one where not given.
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// The unit they act for: its code or name.
    #[arg(long)]
    unit: String,
    /// A role there, once for each.
    #[arg(long, required = true)]
    role: Vec<String>,
    /// Read the password from the first line of standard input instead of making one.
    #[arg(long)]
    password_stdin: bool,
}

/// Whose password.
#[derive(Args)]
pub struct Passwd {
    #[command(flatten)]
    login: Login,
    /// Read the password from the first line of standard input instead of making one.
    #[arg(long)]
    password_stdin: bool,
}

/// Which role, for whom.
#[derive(Args)]
pub struct Role {
    #[command(flatten)]
    login: Login,
    /// The role, as the packs name it.
    role: String,
    /// The unit it is held in: its code or name.
    #[arg(long)]
    unit: String,
    /// Take the role instead of giving it.
    #[arg(long)]
    revoke: bool,
}

/// What to do with tokens.
#[derive(Subcommand)]
pub enum TokenTask {
    /// Make a bearer token for the API in somebody's name, and print it alone; it is shown only now.
    Create(CreateToken),
}

/// Which token.
#[derive(Args)]
pub struct CreateToken {
    #[command(flatten)]
    login: Login,
    /// The actions it may be used for, of those that the person has; several by comma or by repeating. With
    /// `write` it may also leave remarks and keep views, which no action is needed for but reading.
    #[arg(long, required = true, value_delimiter = ',')]
    scope: Vec<String>,
    /// A name to know it by later.
    #[arg(long, default_value = "command line")]
    name: String,
    /// After how many days it ends.
    #[arg(long, value_name = "DAYS", default_value = "365")]
    days: u32,
}

/// Runs a task on logins.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Add(wanted) => add(wanted),
        Task::Passwd(wanted) => passwd(wanted),
        Task::Role(wanted) => role(wanted),
        Task::Disable(wanted) => disable(wanted),
        Task::List { place } => list(&place.tenant()?),
    }
}

/// Runs a task on tokens.
pub fn tokens(task: &TokenTask) -> Result<(), Failure> {
    match task {
        TokenTask::Create(wanted) => create_token(wanted),
    }
}

fn add(wanted: &Add) -> Result<(), Failure> {
    let login = &wanted.login.login;
    let tenant = wanted.login.place.tenant()?;
    let unit = unit_named(&tenant, &wanted.unit)?;
    for role in &wanted.role {
        refuse_unknown_role(&tenant, role)?;
    }
    if tenant.reader()?.account(login)?.is_some() {
        return Err(Failure::user(format!("the login {login} is taken")));
    }
    let (password, made) = password_of(wanted.password_stdin)?;
    let now = Timestamp::now();
    let person = Person {
        id: PersonId::new(now, &mut SystemEntropy),
        name: Label::new(
            &wanted.name_zh,
            wanted.name_en.as_deref().unwrap_or(&wanted.name_zh),
        ),
    };
    let account = NewAccount {
        login: login.clone(),
        person: person.id,
        password_hash: hash(&password)?,
    };
    let on = tenant.scene().calendar.date_of(now);
    let granted = wanted
        .role
        .iter()
        .map(|role| granted(account.person, role, unit, on));
    let events: Vec<OrgEvent> = [OrgEvent::PersonAdded(person)]
        .into_iter()
        .chain(granted)
        .collect();
    runtime::run(async {
        for event in events {
            tenant.change_org(&Permit::system(), event, now).await?;
        }
        tenant.add_account(&Permit::system(), account, now).await
    })??;
    println!("{login}: added");
    tell(made.then_some(&password));
    Ok(())
}

fn passwd(wanted: &Passwd) -> Result<(), Failure> {
    let tenant = wanted.login.place.tenant()?;
    account_of(&tenant, &wanted.login.login)?;
    let (password, made) = password_of(wanted.password_stdin)?;
    let hashed = hash(&password)?;
    runtime::run(tenant.set_password(&Permit::system(), &wanted.login.login, hashed))??;
    println!("{}: the password is set", wanted.login.login);
    tell(made.then_some(&password));
    Ok(())
}

fn role(wanted: &Role) -> Result<(), Failure> {
    let tenant = wanted.login.place.tenant()?;
    let person = account_of(&tenant, &wanted.login.login)?.person;
    let unit = unit_named(&tenant, &wanted.unit)?;
    let now = Timestamp::now();
    let on = tenant.scene().calendar.date_of(now);
    let event = if wanted.revoke {
        OrgEvent::RoleRevoked {
            person,
            role: wanted.role.clone(),
            unit,
            on,
        }
    } else {
        refuse_unknown_role(&tenant, &wanted.role)?;
        granted(person, &wanted.role, unit, on)
    };
    runtime::run(tenant.change_org(&Permit::system(), event, now))??;
    let done = if wanted.revoke { "taken" } else { "given" };
    println!("{}: {} {done}", wanted.login.login, wanted.role);
    Ok(())
}

/// Closes a login, and tells what still lies with its owner: it would wait there unseen.
fn disable(wanted: &Login) -> Result<(), Failure> {
    let tenant = wanted.place.tenant()?;
    let person = account_of(&tenant, &wanted.login)?.person;
    runtime::run(tenant.disable_account(&Permit::system(), &wanted.login, Timestamp::now()))??;
    println!("{}: disabled", wanted.login);
    let left = tenant.reader()?.count(&in_hands_of(person), COUNTED)?;
    if left.known > 0 {
        let least = if left.more { "at least " } else { "" };
        println!(
            "open cases still in their hands: {least}{}. Whoever leads the unit hands them over on the page \
             /persons/{person}/hand-over",
            left.known
        );
    }
    Ok(())
}

fn list(tenant: &Tenant) -> Result<(), Failure> {
    let scene = tenant.scene();
    let today = scene.calendar.date_of(Timestamp::now());
    for account in tenant.reader()?.accounts()? {
        let name = scene
            .org
            .person(account.person)
            .map_or("", |person| &person.name.zh);
        let held = scene.org.roles_of(account.person, today);
        let held: Vec<String> = held
            .into_iter()
            .map(|(role, unit)| {
                let unit = scene.org.unit(unit).map_or("", |unit| &unit.code);
                format!("{role}@{unit}")
            })
            .collect();
        let disabled = if account.disabled_at.is_some() {
            "\tdisabled"
        } else {
            ""
        };
        println!("{}\t{name}\t{}{disabled}", account.login, held.join(","));
    }
    Ok(())
}

fn create_token(wanted: &CreateToken) -> Result<(), Failure> {
    let unknown: Vec<&str> = wanted
        .scope
        .iter()
        .map(String::as_str)
        .filter(|scope| !ACTIONS.contains(scope) && *scope != WRITE_SCOPE)
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::user(format!(
            "{}: no such action; there are {}, and {WRITE_SCOPE}",
            unknown.join(", "),
            ACTIONS.join(", ")
        )));
    }
    let tenant = wanted.login.place.tenant()?;
    account_of(&tenant, &wanted.login.login)?;
    let now = Timestamp::now();
    let secret = new_secret();
    let token = NewToken {
        token_hash: secret_hash(&secret),
        name: wanted.name.clone(),
        login: wanted.login.login.clone(),
        scopes: wanted.scope.clone(),
        expires_at: Some(now + SignedDuration::from_hours(24 * i64::from(wanted.days))),
    };
    runtime::run(tenant.add_token(&Permit::system(), token, now))??;
    println!("{secret}");
    Ok(())
}

fn granted(person: PersonId, role: &str, unit: UnitId, on: Date) -> OrgEvent {
    OrgEvent::RoleGranted {
        person,
        role: role.to_owned(),
        unit,
        on,
    }
}

fn account_of(tenant: &Tenant, login: &str) -> Result<Account, Failure> {
    let found = tenant.reader()?.account(login)?;
    found.ok_or_else(|| {
        Failure::user(format!(
            "there is no login {login}: see `bihuan user list`, or make it with `bihuan user add`"
        ))
    })
}

fn unit_named(tenant: &Tenant, name: &str) -> Result<UnitId, Failure> {
    let scene = tenant.scene();
    scene.org.unit_by_name(name).map(|unit| unit.id).ok_or_else(|| {
        Failure::user(format!(
            "there is no unit {name}: name its code or name, or bring units in with `bihuan unit import`"
        ))
    })
}

/// Refuses a role that no grant of a pack names: it would give nothing.
fn refuse_unknown_role(tenant: &Tenant, role: &str) -> Result<(), Failure> {
    let scene = tenant.scene();
    if scene.grants.iter().any(|grant| grant.role == role) {
        return Ok(());
    }
    let mut roles: Vec<&str> = scene.grants.iter().map(|grant| grant.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    Err(Failure::user(format!(
        "the packs know no role {role}; there are {}",
        roles.join(", ")
    )))
}

/// Reads a password or makes one; tells whether it was made.
fn password_of(from_stdin: bool) -> Result<(String, bool), Failure> {
    if !from_stdin {
        let made: String = new_secret().chars().take(MADE_PASSWORD_CHARS).collect();
        return Ok((made, true));
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("no password can be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_CHARS {
        return Err(Failure::user(format!(
            "a password has at least {PASSWORD_CHARS} characters"
        )));
    }
    Ok((password.to_owned(), false))
}

fn hash(plain: &str) -> Result<String, Failure> {
    password::hash(plain, &mut SystemEntropy)
        .map_err(|error| Failure::Internal(anyhow::anyhow!("the password cannot be hashed: {error}")))
}

fn tell(made: Option<&String>) {
    if let Some(password) = made {
        println!("password, shown only now: {password}");
    }
}
