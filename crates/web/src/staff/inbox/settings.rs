//! How somebody wants to be told: the address, and of which occasion on the page only, by mail at once or in a
//! digest. Administrators see here what mail could not be sent.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::label::Lang;
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::{Occasion, Way};
use bihuan_store::error::StoreError;
use bihuan_store::mail::{Given, Mailbox, NewMailbox};
use bihuan_store::sending::Health;

use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::lang;
use crate::mail::is_address;
use crate::notification::{self, SETTINGS};
use crate::page::{Area, Page, html};
use crate::show;

/// The longest address that mail servers take, in characters.
const ADDRESS_CHARS: usize = 254;

/// Mails that could not be sent and are shown.
const DEAD_SHOWN: u32 = 20;

/// The action of whoever sees to the mail.
const ADMIN: &str = "admin";

#[derive(Template)]
#[template(path = "inbox/settings.html")]
struct SettingsPage {
    page: Page,
    /// Whether this installation sends mail at all.
    sends: bool,
    address: String,
    /// How it stands with the address: the look and the words.
    stands: Option<(&'static str, String)>,
    /// Whether a code is awaited.
    waits: bool,
    languages: [(&'static str, String, bool); 2],
    /// The hours of a digest: value, words, whether it is chosen.
    hours: Vec<(u8, String, bool)>,
    rows: Vec<Row>,
    /// The mail of all, before administrators.
    mail: Option<(Health, Vec<Dead>)>,
}

/// An occasion with the ways that it may come by.
struct Row {
    word: &'static str,
    title: String,
    ways: Vec<(&'static str, String, bool)>,
}

/// A mail that was given up.
struct Dead {
    who: String,
    when: String,
    error: String,
}

/// `GET /inbox/settings`
pub async fn read_inbox_settings(ctx: Ctx) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let read = ctx
        .tenant
        .read(move |reader| Ok::<_, StoreError>((reader.mailbox(person)?, reader.mail_choices(person)?)));
    let (mailbox, choices) = read.await?;
    let mail = match access::permit_general(&ctx, ADMIN) {
        Ok(_) => Some(read_mail(&ctx).await?),
        Err(_without) => None,
    };
    let language = mailbox.as_ref().map_or(ctx.tongue.0, |mailbox| mailbox.language);
    let hour = mailbox.as_ref().map_or(8, |mailbox| mailbox.digest_hour);
    let t = ctx.tongue;
    let page = SettingsPage {
        sends: ctx.app.sends_mail(),
        stands: mailbox.as_ref().map(|mailbox| stands(&ctx, mailbox)),
        waits: mailbox
            .as_ref()
            .is_some_and(|mailbox| mailbox.confirmed_at.is_none()),
        address: mailbox.map_or_else(String::new, |mailbox| mailbox.address),
        languages: [(Lang::Zh, "settings-chinese"), (Lang::En, "settings-english")]
            .map(|(of, key)| (lang::name(of), t.t(key), of == language)),
        hours: (0..24)
            .map(|of| (of, format!("{of:02}:00"), of == hour))
            .collect(),
        rows: Occasion::ALL.iter().map(|of| row(&ctx, *of, &choices)).collect(),
        mail,
        page: ctx.page(Some(Area::Inbox)),
    };
    Ok(html(&page))
}

/// `POST /inbox/settings`: how each occasion comes.
pub async fn save_inbox_settings(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let ways: BTreeMap<Occasion, Way> = Occasion::ALL
        .into_iter()
        .filter_map(|of| Some((of, Way::of_word(form.value(of.word()))?)))
        .collect();
    ctx.tenant.choose_ways(person, ways).await?;
    Ok(Redirect::to(SETTINGS).into_response())
}

/// `POST /inbox/address`: where mail goes; no address, and none is sent.
pub async fn save_inbox_address(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let mut read = form.read();
    let address = read.text("address", ADDRESS_CHARS);
    let language = read.choice("language", lang::named).unwrap_or(ctx.tongue.0);
    let digest_hour = read.number("hour", 0..=23).unwrap_or(8);
    if address.as_deref().is_some_and(|address| !is_address(address)) {
        read.complain(Complaint::new("address", "settings-no-address"));
    }
    read.done()?;
    let Some(address) = address else {
        ctx.tenant.remove_mailbox(person).await?;
        return Ok(Redirect::to(SETTINGS).into_response());
    };
    let wanted = NewMailbox {
        address,
        language,
        digest_hour: u8::try_from(digest_hour).unwrap_or(8),
    };
    let again = form.value("again") == "yes";
    match ctx.tenant.set_mailbox(person, wanted, again, ctx.now).await? {
        Given::Asked | Given::Kept => Ok(Redirect::to(SETTINGS).into_response()),
        Given::TooSoon => Err(WebError::Input(vec![Complaint::new(
            "address",
            "settings-too-soon",
        )])),
    }
}

/// `POST /inbox/address/confirm`: the code that was sent there.
pub async fn confirm_inbox_address(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    match ctx
        .tenant
        .confirm_mailbox(person, form.value("code"), ctx.now)
        .await?
    {
        true => Ok(Redirect::to(SETTINGS).into_response()),
        false => Err(WebError::Input(vec![Complaint::new(
            "code",
            "settings-wrong-code",
        )])),
    }
}

/// `POST /inbox/mails/retry`: lets what was given up be tried again.
pub async fn retry_mails(ctx: Ctx, _form: Form) -> Result<Response, WebError> {
    access::permit_general(&ctx, ADMIN)?;
    ctx.tenant.revive_mails(ctx.now).await?;
    Ok(Redirect::to(SETTINGS).into_response())
}

fn stands(ctx: &Ctx, mailbox: &Mailbox) -> (&'static str, String) {
    match mailbox.confirmed_at {
        Some(_) => ("ok", ctx.tongue.t("settings-confirmed")),
        None => ("near", ctx.tongue.t("settings-unconfirmed")),
    }
}

fn row(ctx: &Ctx, occasion: Occasion, choices: &BTreeMap<Occasion, Way>) -> Row {
    // Packs may differ in what they set; the first says what is shown.
    let set = || {
        let rules = ctx
            .scene
            .newest()
            .filter_map(|pack| pack.notifications.get(&occasion));
        rules.map(|rule| rule.way).next()
    };
    let chosen = choices.get(&occasion).copied().or_else(set).unwrap_or(Way::Page);
    let names = [
        (Way::Page, "way-page"),
        (Way::Mail, "way-mail"),
        (Way::Digest, "way-digest"),
    ];
    Row {
        word: occasion.word(),
        title: ctx.tongue.t(notification::title(occasion)),
        ways: names
            .into_iter()
            .map(|(way, key)| (way.word(), ctx.tongue.t(key), way == chosen))
            .collect(),
    }
}

async fn read_mail(ctx: &Ctx) -> Result<(Health, Vec<Dead>), WebError> {
    let read = ctx
        .tenant
        .read(|reader| Ok::<_, StoreError>((reader.mail_health()?, reader.dead_mails(DEAD_SHOWN)?)));
    let (health, dead) = read.await?;
    let shown = dead.into_iter().map(|mail| Dead {
        who: ctx
            .scene
            .org
            .person(mail.person)
            .map_or_else(|| mail.person.to_string(), |person| ctx.name(&person.name)),
        when: show::brief(&ctx.scene.calendar, ctx.tongue, mail.made_at, ctx.now),
        error: mail.error.unwrap_or_default(),
    });
    Ok((health, shown.collect()))
}
