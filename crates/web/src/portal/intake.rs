//! A message from outside on its way into the log, whichever door it came by: the page or the API.

use std::sync::Arc;

use bihuan_core::case::command::Raise;
use bihuan_core::event::{Disclosure, RaisedBy};
use bihuan_core::id::Digest;
use bihuan_core::pack::model::{Category, Kind, Pack};
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::execute::Receipt;
use bihuan_store::seal::Identity;

use super::alarms::Raised;
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};

/// The channel that messages of the portal come by.
const CHANNEL: &str = "portal";
/// Neither slight nor grave; whoever takes it in corrects that.
const SEVERITY: u8 = 3;
/// How many characters of the text make a title where none was given.
const TITLE_CHARS: usize = 40;

/// What somebody outside sends. It can hold who they are, so it has no `Debug`.
#[derive(Default)]
pub struct Message {
    /// The title, if given.
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// Where it is.
    pub place: Option<String>,
    /// The kind, if chosen.
    pub kind: Option<String>,
    /// The category, if known.
    pub category: Option<String>,
    /// Who they are, if they say so.
    pub identity: Identity,
    /// What the sender allows to be known.
    pub disclosure: Option<Disclosure>,
}

/// Returns the kinds that may be sent, each with its pack; the one taken where none is chosen comes first.
pub fn kinds(ctx: &Ctx) -> Vec<(&Pack, &Kind)> {
    let packs: Vec<&Pack> = ctx.scene.newest().map(Arc::as_ref).collect();
    let default = packs.iter().find_map(|pack| pack.portal_kind.as_ref());
    let pairs = packs
        .iter()
        .flat_map(|pack| pack.portal_kinds().map(move |kind| (*pack, kind)));
    let mut kinds: Vec<_> = pairs.collect();
    kinds.sort_by_key(|(_, kind)| Some(&kind.id) != default);
    kinds
}

/// Returns the category whose code or name is `topic`, in a pack that is open to the portal.
pub fn category(ctx: &Ctx, topic: &str) -> Option<String> {
    let (pack, kind) = kinds(ctx).into_iter().next()?;
    let taxonomy = pack.taxonomy_of(kind)?;
    let names = |category: &&Category| {
        [&category.code, &category.title.zh, &category.title.en]
            .into_iter()
            .any(|name| name == topic)
    };
    taxonomy
        .categories
        .iter()
        .find(names)
        .map(|category| category.code.clone())
}

/// Returns the alarms that a message raises: those that refuse it, or else those that warn first.
///
/// # Errors
/// [`WebError::Internal`] where the packs cannot be listened for.
pub fn alarms(ctx: &Ctx, message: &Message) -> Result<(Vec<Raised>, Vec<Raised>), WebError> {
    let said = [
        message.title.as_deref(),
        Some(message.text.as_str()),
        message.place.as_deref(),
    ];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join("\n");
    Ok(ctx.app.alarms(&ctx.scene)?.raised_by(&said))
}

/// Refuses a text that may not be entered at all, whoever writes it and whenever.
///
/// # Errors
/// [`WebError::Elsewhere`] with the lawful routes.
pub fn refuse_forbidden(ctx: &Ctx, said: &str) -> Result<(), WebError> {
    let (refusing, _) = ctx.app.alarms(&ctx.scene)?.raised_by(said);
    if refusing.is_empty() {
        return Ok(());
    }
    Err(WebError::Elsewhere(messages(ctx, &refusing)))
}

/// Returns what a sender is told for these alarms.
pub fn messages(ctx: &Ctx, alarms: &[Raised]) -> Vec<String> {
    alarms.iter().map(|(_, alarm)| ctx.name(&alarm.message)).collect()
}

/// Takes a message in and returns its receipt once it is on disk. The same `key` with the same message
/// gives the same receipt.
///
/// # Errors
/// [`WebError`] if a rule or the store refuses it.
pub async fn take(ctx: &Ctx, message: &Message, key: Option<&str>) -> Result<Receipt, WebError> {
    let chosen = kinds(ctx)
        .into_iter()
        .find(|(_, kind)| message.kind.as_ref().is_none_or(|id| *id == kind.id));
    let (_, kind) = chosen.ok_or_else(|| WebError::internal("no kind is open to the portal"))?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let title = message.title.clone().unwrap_or_else(|| beginning(&message.text));
    let raise = Raise {
        number: String::new(),
        kind: kind.id.clone(),
        channel: CHANNEL.to_owned(),
        source: None,
        category: message.category.clone(),
        campaigns: Vec::new(),
        severity: SEVERITY,
        title: bodies.write(title),
        text: bodies.write(message.text.as_str()),
        place: message.place.as_deref().map(|place| bodies.write(place)),
        raised_by: RaisedBy::Reporter {
            identity: None,
            disclosure: message.disclosure(),
        },
        accused: Vec::new(),
        links: Vec::new(),
        external: None,
        imported: None,
    };
    let once = key.map(|key| Once {
        key: key.to_owned(),
        request: message.digest(),
    });
    let identity = Some(message.identity.clone()).filter(|identity| !identity.is_empty());
    access::raise(ctx, &Permit::reporter(), raise, identity, bodies, once).await
}

impl Message {
    fn disclosure(&self) -> Disclosure {
        match self.disclosure {
            Some(disclosure) => disclosure,
            None if self.identity.is_empty() => Disclosure::Anonymous,
            None => Disclosure::Confidential,
        }
    }

    /// Returns what tells this message from another sent under the same key.
    fn digest(&self) -> Digest {
        let disclosure = format!("{:?}", self.disclosure());
        let parts = [
            &self.title,
            &self.place,
            &self.kind,
            &self.identity.name,
            &self.identity.phone,
        ];
        let parts = parts
            .into_iter()
            .map(|part| part.as_deref())
            .chain([Some(&*self.text), Some(&*disclosure)]);
        digest(parts)
    }
}

/// Returns the digest of what was sent: each part with its length, so that no two run into the same bytes.
pub fn digest<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> Digest {
    let mut said = Vec::new();
    for part in parts {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        said.extend_from_slice(&length.to_be_bytes());
        said.extend_from_slice(part.unwrap_or_default().as_bytes());
    }
    Digest::of(&[&said])
}

/// Returns what a reporter allows to be known, by its word.
pub fn disclosure_named(word: &str) -> Option<Disclosure> {
    match word {
        "anonymous" => Some(Disclosure::Anonymous),
        "confidential" => Some(Disclosure::Confidential),
        "real_name" => Some(Disclosure::RealName),
        _ => None,
    }
}

/// Says what is wrong where somebody leaves a contact and wants to be nobody, or the other way round.
pub fn unfit_contact(disclosure: Disclosure, identity: &Identity) -> Option<Complaint> {
    let key = match (disclosure, identity.is_empty()) {
        (Disclosure::Anonymous, false) => "field-contact-anonymous",
        (Disclosure::Confidential | Disclosure::RealName, true) => "field-contact-missing",
        (Disclosure::Anonymous, true) | (Disclosure::Confidential | Disclosure::RealName, false) => {
            return None;
        }
    };
    Some(Complaint::new("contact", key))
}

/// Whether a text could be a telephone number: digits with the usual marks between them.
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let marks = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '转' | '#');
    (3..=20).contains(&digits) && text.trim().chars().all(marks)
}

/// Returns the first sentence or line of a text, cut to a title's length, and not within a word.
pub fn beginning(text: &str) -> String {
    let ends = ['\n', '。', '！', '？', '!', '?'];
    let first = text
        .split(ends)
        .map(str::trim)
        .find(|part| !part.is_empty())
        .unwrap_or(text);
    let mut left = 2 * TITLE_CHARS;
    for (cut, c) in first.char_indices() {
        let width = if c.is_ascii() { 1 } else { 2 };
        if left < width {
            return format!("{}…", whole_words(first, cut));
        }
        left -= width;
    }
    first.to_owned()
}

/// Returns the text before `cut`, without the word that is cut there.
fn whole_words(text: &str, cut: usize) -> &str {
    let (before, after) = text.split_at(cut);
    let within = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    match before.rfind(' ') {
        Some(space) if within(before.chars().next_back()) && within(after.chars().next()) => &before[..space],
        _ => before.trim_end(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_beginning_of_the_text() {
        assert_eq!(beginning("路灯坏了。三周没有人来修"), "路灯坏了");
        assert_eq!(beginning(&"长".repeat(60)), format!("{}…", "长".repeat(40)));
        assert_eq!(
            beginning(&"lamps ".repeat(20)),
            format!("{}…", ["lamps"; 13].join(" "))
        );
        assert_eq!(beginning(&"a".repeat(90)), format!("{}…", "a".repeat(80)));
    }

    #[test]
    fn whoever_leaves_a_telephone_is_confidential_unless_they_say_otherwise() {
        let identity = Identity {
            phone: Some("1".to_owned()),
            name: None,
            address: None,
        };
        let mut message = Message {
            identity,
            ..Message::default()
        };
        assert_eq!(message.disclosure(), Disclosure::Confidential);
        message.disclosure = Some(Disclosure::RealName);
        assert_eq!(message.disclosure(), Disclosure::RealName);
        assert_eq!(Message::default().disclosure(), Disclosure::Anonymous);
    }
}
