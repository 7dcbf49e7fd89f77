//! What stands in a mail: the words of the moment when it is sent, in the language of whoever gets it.
//!
//! Of a case it says what the pack's text for mails says, and where it can be read.

use bihuan_core::id::PersonId;
use bihuan_core::pack::model::Pack;
use bihuan_core::pack::notification::Way;
use bihuan_core::permission::{self, READ, Rights};
use bihuan_store::error::StoreError;
use bihuan_store::mail::Mailbox;
use bihuan_store::mail::queue::{Form, Mail, told_until};
use bihuan_store::notification::{Told, Wanted};
use bihuan_store::tenant::Tenant;
use bihuan_store::tenant::scene::Scene;

use crate::app::App;
use crate::auth;
use crate::lang::Tongue;
use crate::notification::{self, Carrier};

/// The most notifications that a digest names.
const NAMED: usize = 100;

/// A mail, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// The subject, on one line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// What a mail is written from.
struct Desk<'a> {
    scene: &'a Scene,
    tongue: Tongue,
    tenant: &'a Tenant,
    links: Option<String>,
}

/// Writes a mail; `None` where there is nothing to say any more, or nobody who may hear it.
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub async fn write(
    app: &App,
    tenant: &Tenant,
    mail: &Mail,
    links: Option<&str>,
) -> Result<Option<Letter>, StoreError> {
    let person = mail.person;
    let Some(mailbox) = tenant.read(move |reader| reader.mailbox(person)).await? else {
        return Ok(None);
    };
    let scene = tenant.scene();
    let host = tenant.host().map(|host| format!("https://{host}"));
    let desk = Desk {
        scene: &scene,
        tongue: Tongue(mailbox.language),
        tenant,
        links: links.map(|links| links.trim_end_matches('/').to_owned()).or(host),
    };
    let said = match mail.form {
        Form::Confirmation => desk.confirmation(mail, &mailbox),
        Form::Notification | Form::Digest if mailbox.confirmed_at.is_none() => None,
        Form::Notification => desk.notification(app, mail).await?,
        Form::Digest => desk.digest(app, mail).await?,
    };
    Ok(said.map(|(subject, text)| Letter {
        to: mailbox.address.clone(),
        subject: subject
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
        text,
    }))
}

impl Desk<'_> {
    fn confirmation(&self, mail: &Mail, mailbox: &Mailbox) -> Option<(String, String)> {
        if mailbox.confirmed_at.is_some() || mailbox.asked_at != mail.made_at {
            return None;
        }
        let code = self.tenant.mailbox_code(mail.person, mailbox);
        let text = self.tongue.t1("mail-confirm-text", "code", code);
        Some((
            self.subject(&self.tongue.t("mail-confirm-subject")),
            self.signed(text),
        ))
    }

    async fn notification(&self, app: &App, mail: &Mail) -> Result<Option<(String, String)>, StoreError> {
        let (Some(mark), Some(scope)) = (mail.mark.clone(), self.scope(app, mail.person)) else {
            return Ok(None);
        };
        let person = mail.person;
        let read = self
            .tenant
            .read(move |reader| reader.notification(person, &mark, &scope));
        let Some(told) = read.await?.filter(|told| !told.read) else {
            return Ok(None);
        };
        let title = self.tongue.t(notification::title(told.mark.occasion));
        let subject = self.subject(&format!("{title} {}", told.case.number));
        Ok(Some((subject, self.signed(self.line(&told)))))
    }

    async fn digest(&self, app: &App, mail: &Mail) -> Result<Option<(String, String)>, StoreError> {
        let Some(scope) = self.scope(app, mail.person) else {
            return Ok(None);
        };
        let (person, since) = (mail.person, mail.since.unwrap_or(mail.made_at));
        let read = self.tenant.read(move |reader| {
            let wanted = Wanted {
                person,
                scope: &scope,
                occasion: None,
                after: None,
                limit: NAMED,
            };
            Ok::<_, StoreError>((reader.notifications(&wanted)?, reader.mail_choices(person)?))
        });
        let (found, choices) = read.await?;
        let until = told_until(mail.made_at);
        let is_wanted = |told: &&Told| {
            let chosen = choices.get(&told.mark.occasion).copied();
            let way = chosen.or_else(|| notification::rule(self.scene, told).map(|rule| rule.way));
            let at = told.mark.at;
            !told.read && at > since && at <= until && way == Some(Way::Digest)
        };
        let lines: Vec<String> = found
            .rows
            .iter()
            .filter(is_wanted)
            .map(|told| self.line(told))
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let head = self.tongue.t1("mail-digest-head", "count", lines.len());
        let subject = self.subject(&self.tongue.t1("mail-digest-subject", "count", lines.len()));
        Ok(Some((
            subject,
            self.signed(format!("{head}\n\n{}", lines.join("\n\n"))),
        )))
    }

    /// Returns what a person may read now; `None` where they have no role any more.
    fn scope(&self, app: &App, person: PersonId) -> Option<bihuan_core::filter::Checked> {
        let now = app.now();
        let viewer = auth::viewer(self.scene, person, None, now)?;
        let packs: Vec<&Pack> = self.scene.newest().map(|pack| &**pack).collect();
        let rights = Rights {
            grants: &self.scene.grants,
            packs: &packs,
            org: &self.scene.org,
            calendar: &self.scene.calendar,
            now,
        };
        permission::scope(&viewer, READ, &rights)
    }

    /// Returns what a notification says, and where its case is.
    fn line(&self, told: &Told) -> String {
        let said = notification::say(self.scene, self.tongue, told, Carrier::Mail);
        match &self.links {
            Some(links) => format!("{said}\n{links}/cases/{}", told.case.number),
            None => said,
        }
    }

    fn subject(&self, said: &str) -> String {
        format!("[{}] {said}", self.tenant.name().get(self.tongue.0))
    }

    fn signed(&self, text: String) -> String {
        let settings = self.links.as_ref().map_or_else(String::new, |links| {
            let href = format!("{links}{}", notification::SETTINGS);
            format!("\n{}", self.tongue.t1("mail-foot-settings", "href", href))
        });
        format!("{text}\n\n-- \n{}{settings}\n", self.tongue.t("mail-foot"))
    }
}
