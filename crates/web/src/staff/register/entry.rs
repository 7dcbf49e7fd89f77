//! What the form says, read and checked as a whole.

use bihuan_core::case::command::Raise;
use bihuan_core::event::{AccusedParty, Disclosure, RaisedBy};
use bihuan_core::id::Digest;
use bihuan_core::pack::model::{Kind, Pack, Raiser};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::execute::Receipt;
use bihuan_store::seal::Identity;

use super::choices::{self, REGISTER};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::{Form, Reader};
use crate::limits;
use crate::portal::intake::{self, Message};

/// A case to be registered. It can hold who raised it, so it has no `Debug`.
pub struct Entry {
    kind: Kind,
    channel: String,
    source: Option<String>,
    category: Option<String>,
    severity: u8,
    title: Option<String>,
    text: String,
    place: Option<String>,
    raised_by: RaisedBy,
    identity: Identity,
    accused: Vec<AccusedParty>,
}

/// The fields of the form, in its order.
pub const FIELDS: [&str; 15] = [
    "text",
    "title",
    "place",
    "kind",
    "category",
    "severity",
    "channel",
    "source",
    "disclosure",
    "name",
    "phone",
    "address",
    "accused",
    "same",
    "warned",
];
/// Neither slight nor grave.
const SEVERITY: u32 = 3;

/// Returns what makes one case of a form however often it is sent.
pub fn once(form: &Form) -> Option<Once> {
    let key = form.value("key");
    (!key.is_empty()).then(|| Once {
        key: key.to_owned(),
        request: digest(form),
    })
}

/// Returns what of the form can raise an alarm.
pub fn message(form: &Form) -> Message {
    let field = |name| Some(form.value(name).to_owned()).filter(|value| !value.is_empty());
    Message {
        title: field("title"),
        text: form.value("text").to_owned(),
        place: field("place"),
        ..Message::default()
    }
}

impl Entry {
    /// Reads the form.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(ctx: &Ctx, form: &Form) -> Result<Entry, Vec<Complaint>> {
        let mut read = form.read();
        let text = read.needed("text", limits::TEXT_CHARS);
        let (title, place) = (read.text("title", 120), read.text("place", limits::LINE_CHARS));
        let severity = read.number("severity", 1..=5).unwrap_or(SEVERITY);
        let accused = accused(ctx, &mut read);
        let kinds = choices::kinds(ctx);
        let kind = read.choice("kind", |id| kinds.iter().find(|(_, kind)| kind.id == id));
        if kind.is_none() && form.value("kind").trim().is_empty() {
            read.complain(Complaint::new("kind", "field-required"));
        }
        let Some((pack, kind)) = kind else {
            return Err(read.complaints);
        };
        let (disclosure, identity) = identity(form, &mut read, kind);
        let entry = Entry {
            channel: channel(&mut read, pack),
            source: read.choice("source", |id| {
                pack.supervision_source(id).map(|source| source.id.clone())
            }),
            category: category(ctx, &mut read, pack, kind),
            severity: u8::try_from(severity).unwrap_or(u8::MAX),
            title,
            text,
            place,
            raised_by: raised_by(ctx, kind, disclosure),
            identity,
            accused,
            kind: kind.clone(),
        };
        if read.complaints.is_empty() {
            Ok(entry)
        } else {
            Err(read.complaints)
        }
    }

    /// Takes the case in and returns its receipt once it is on disk; the same `once` gives the same receipt.
    ///
    /// # Errors
    /// [`WebError`] if a rule or the store refuses it.
    pub async fn take(self, ctx: &Ctx, once: Option<Once>) -> Result<Receipt, WebError> {
        let permit = access::permit(ctx, REGISTER, &choices::fresh(ctx, &self.kind))?;
        let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
        let title = self.title.unwrap_or_else(|| intake::beginning(&self.text));
        let raise = Raise {
            number: String::new(),
            kind: self.kind.id,
            channel: self.channel,
            source: self.source,
            category: self.category,
            campaigns: Vec::new(),
            severity: self.severity,
            title: bodies.write(title),
            text: bodies.write(self.text),
            place: self.place.map(|place| bodies.write(place)),
            raised_by: self.raised_by,
            accused: self.accused,
            links: Vec::new(),
            external: None,
            imported: None,
        };
        let identity = Some(self.identity).filter(|identity| !identity.is_empty());
        access::raise(ctx, &permit, raise, identity, bodies, once).await
    }
}

fn channel(read: &mut Reader<'_>, pack: &Pack) -> String {
    let channel = read.choice("channel", |id| pack.channel(id).map(|channel| channel.id.clone()));
    if channel.is_none()
        && !read
            .complaints
            .iter()
            .any(|complaint| complaint.field == "channel")
    {
        read.complain(Complaint::new("channel", "field-required"));
    }
    channel.unwrap_or_default()
}

fn category(ctx: &Ctx, read: &mut Reader<'_>, pack: &Pack, kind: &Kind) -> Option<String> {
    let taxonomy = pack.taxonomy_of(kind);
    read.choice("category", |text| {
        taxonomy.and_then(|taxonomy| choices::category(ctx, taxonomy, text))
    })
}

/// Returns the names in a field that takes several units.
pub fn unit_names(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split(['\n', ';', '；', '、']);
    names.map(str::trim).filter(|name| !name.is_empty())
}

/// Reads the units that are complained about: one name to a line.
fn accused(ctx: &Ctx, read: &mut Reader<'_>) -> Vec<AccusedParty> {
    let text = read.text("accused", limits::NOTE_CHARS).unwrap_or_default();
    let mut accused = Vec::new();
    for name in unit_names(&text) {
        match ctx.scene.org.unit_by_name(name) {
            Some(unit) if !accused.contains(&AccusedParty::Unit(unit.id)) => {
                accused.push(AccusedParty::Unit(unit.id))
            }
            Some(_again) => {}
            None => read.complain(Complaint::new("accused", "field-unknown-unit")),
        }
    }
    if accused.len() > limits::UNITS {
        read.complain(Complaint::new("accused", "field-too-many").with("most", limits::UNITS));
    }
    accused
}

/// Reads who the reporter is; what a person of the tree found has no reporter.
fn identity(form: &Form, read: &mut Reader<'_>, kind: &Kind) -> (Disclosure, Identity) {
    let name = read.text("name", 60);
    let (phone, address) = (read.text("phone", 30), read.text("address", limits::LINE_CHARS));
    if phone.as_ref().is_some_and(|phone| !intake::is_phone(phone)) {
        read.complain(Complaint::new("phone", "field-phone"));
    }
    let identity = Identity { name, phone, address };
    let disclosure = match form.value("disclosure") {
        "real_name" => Disclosure::RealName,
        "confidential" => Disclosure::Confidential,
        _ => Disclosure::Anonymous,
    };
    match (kind.raised_by, disclosure) {
        (Raiser::Finder, _) if !identity.is_empty() => {
            read.complain(Complaint::new("reporter", "register-no-reporter"))
        }
        (Raiser::Reporter, Disclosure::Anonymous) if !identity.is_empty() => {
            read.complain(Complaint::new("reporter", "field-contact-anonymous"));
        }
        (Raiser::Reporter, Disclosure::Confidential | Disclosure::RealName) if identity.is_empty() => {
            read.complain(Complaint::new("reporter", "field-contact-missing"));
        }
        (Raiser::Finder | Raiser::Reporter, _) => {}
    }
    (disclosure, identity)
}

fn raised_by(ctx: &Ctx, kind: &Kind, disclosure: Disclosure) -> RaisedBy {
    match (kind.raised_by, &ctx.who) {
        (Raiser::Finder, Some(who)) => RaisedBy::Finder {
            person: who.viewer.person,
            unit: who.viewer.unit,
        },
        (Raiser::Finder | Raiser::Reporter, _) => RaisedBy::Reporter {
            identity: None,
            disclosure,
        },
    }
}

/// Returns the digest of all fields, each with its length, so that no two forms run into the same bytes.
fn digest(form: &Form) -> Digest {
    let said: String = FIELDS
        .iter()
        .map(|name| form.value(name))
        .map(|value| format!("{}:{value};", value.len()))
        .collect();
    Digest::of(&[said.as_bytes()])
}
