//! What is known of a request before any handler runs: tenant, language, visitor, and the present instant.

pub mod cookie;
pub mod look;

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::case::Case;
use bihuan_core::case::refusal::Refusal;
use bihuan_core::id::{Digest, PersonId, uuid_v7};
use bihuan_core::label::Label;
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::{self, Rights, Viewer};
use bihuan_store::tenant::Tenant;
use bihuan_store::tenant::scene::Scene;
use jiff::Timestamp;

use self::look::Look;
use crate::app::{App, SystemEntropy, name_of};
use crate::error::WebError;
use crate::lang::Tongue;
use crate::page::{Area, Page};
use crate::secret::new_secret;
use crate::sentence::Words;
use crate::sentence::refusal::Refused;

/// What is known of a request. Clones share it.
#[derive(Clone)]
pub struct Ctx(Arc<Known>);

/// What is known of a request.
pub struct Known {
    /// The server.
    pub app: App,
    /// The tenant, by host name.
    pub tenant: Tenant,
    /// The org tree, packs and calendar as they were when the request came.
    pub scene: Arc<Scene>,
    /// The visitor's language.
    pub tongue: Tongue,
    /// Whether the address asks for that language.
    pub asked_lang: bool,
    /// How pages look for the visitor.
    pub look: Look,
    /// Whether the address asks for that look.
    pub asked_look: bool,
    /// Whether the visitor has put the tour of a demo away, or asks for that.
    pub tour_hidden: bool,
    /// Whether the address says so.
    pub asked_tour: bool,
    /// The present instant; the whole request has one.
    pub now: Timestamp,
    /// Whether it came by TLS, so that cookies are bound to it.
    pub secure: bool,
    /// Host and port that it asks.
    pub authority: String,
    /// The method.
    pub method: Method,
    /// Whether nobody looks at the answer yet: a browser fetches it because they may go there, or it is a HEAD.
    pub ahead: bool,
    /// The path, for the log and for deciding between page and JSON.
    pub route: String,
    /// Path and query without the language.
    pub here: String,
    /// The request's number.
    pub request_id: String,
    /// Where it came from, if known.
    pub peer: Option<IpAddr>,
    /// Who is logged in.
    pub who: Option<Who>,
    /// The secret of the session, where somebody is logged in by one.
    pub session: Option<String>,
    /// The secret of the visit, which stays the same whoever logs in or out.
    pub visit: Option<String>,
    /// The one that was made where none came and something asks for it, which a program's request never does.
    pub new_visit: OnceLock<String>,
    /// Whether it came with an `Authorization` header: it is a program's then, whatever it asks for.
    pub sent_token: bool,
    /// The receipt code of the report that is followed, as the cookie holds it.
    pub code: Option<String>,
    /// Whether something was written for somebody who has no account.
    pub written: AtomicBool,
    /// The form that was sent, to be shown again where there is no room for it.
    pub typed: OnceLock<Typed>,
}

/// What was typed into a form.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Its fields, hidden ones too: names and values, in their order.
    pub fields: Arc<Vec<(String, String)>>,
    /// Whether files came with it, which no page can fill in again.
    pub had_files: bool,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Who {
    /// The account.
    pub login: String,
    /// The person, acting unit and roles.
    pub viewer: Viewer,
    /// What the bearer token allows; `None` for a session, which allows all that the person may.
    pub scopes: Option<Vec<String>>,
    /// How many notifications they have not read, at most
    /// [`MOST_COUNTED`](bihuan_store::notification::MOST_COUNTED); not counted for a token.
    pub unread: u32,
}

impl Who {
    /// Whether somebody is the visitor, or one whom they stand in for: what these may not do to themselves, nobody does
    /// to them with their own rights.
    pub fn is_or_stands_in_for(&self, person: PersonId) -> bool {
        let mut away = self.viewer.stands_in.iter();
        self.viewer.person == person || away.any(|away| away.person == person)
    }
}

impl From<Known> for Ctx {
    fn from(known: Known) -> Ctx {
        Ctx(Arc::new(known))
    }
}

impl Deref for Ctx {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.0
    }
}

impl Ctx {
    /// Whether the visitor came with a bearer token: no form token is needed then, for a browser adds none by itself.
    pub fn by_token(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.scopes.is_some())
    }

    /// Notes that something was written for somebody who has no account: their next page must have it.
    pub fn note_written(&self) {
        self.written.store(true, Ordering::Relaxed);
    }

    /// Returns where the visitor reaches the portal: scheme, host and port. A tenant with a name of its own is
    /// reached by that, whatever a proxy asks for.
    pub fn origin(&self) -> String {
        let asked = self.authority.as_str();
        let own = self.tenant.host().unwrap_or(asked);
        let host = match name_of(asked).eq_ignore_ascii_case(own) {
            true => asked,
            false => own,
        };
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}")
    }

    /// Returns the secret that forms are bound to: the session's, or else the visit's.
    pub fn secret(&self) -> &str {
        self.session.as_deref().unwrap_or_else(|| self.visit())
    }

    fn visit(&self) -> &str {
        let known = self.visit.as_deref();
        known.unwrap_or_else(|| self.new_visit.get_or_init(new_secret))
    }

    /// Returns a key for what a form does once, however often it is sent. It begins with the moment, so that
    /// what is kept of it lies with its neighbours'.
    pub fn form_key(&self) -> String {
        format!("{}.{}", uuid_v7(self.now, &mut SystemEntropy), new_secret())
    }

    /// Returns the token that forms send back: known only to who knows the session's or the visit's secret.
    pub fn csrf(&self) -> String {
        token(self.secret())
    }

    /// Returns the token of forms that ask for no log-in. It is the visit's: a page that was open before somebody logged
    /// in beside it goes on working, and no other site knows it.
    pub fn door(&self) -> String {
        token(self.visit())
    }

    /// Whether the answer is for a program.
    pub fn wants_json(&self) -> bool {
        self.route.starts_with("/api/")
    }

    /// Returns who is logged in.
    ///
    /// # Errors
    /// [`WebError::Login`] if nobody is.
    pub fn who(&self) -> Result<&Who, WebError> {
        self.who.as_ref().ok_or(WebError::Login)
    }

    /// Asks with what decides over rights at this instant.
    pub fn with_rights<T>(&self, ask: impl FnOnce(&Rights<'_>) -> T) -> T {
        let packs: Vec<&Pack> = self.scene.newest().map(|pack| &**pack).collect();
        let scene = &self.scene;
        ask(&Rights {
            grants: &scene.grants,
            packs: &packs,
            org: &scene.org,
            calendar: &scene.calendar,
            now: self.now,
        })
    }

    /// Whether some grant of the visitor's holds an action: the head leads only to what they may do.
    fn holds(&self, action: &str) -> bool {
        let Some(who) = &self.who else {
            return false;
        };
        self.with_rights(|rights| permission::authorize_general(&who.viewer, action, rights).is_ok())
    }

    /// Returns what the layout shows.
    pub fn page(&self, area: Option<Area>) -> Page {
        let shown = |who: &Who| {
            let person = self
                .scene
                .org
                .person(who.viewer.person)
                .map(|person| self.name(&person.name));
            let unit = self
                .scene
                .org
                .unit(who.viewer.unit)
                .map(|unit| self.name(&unit.name));
            let away = who.viewer.stands_in.iter();
            let away = away.filter_map(|away| self.scene.org.person(away.person));
            let away: Vec<String> = away.map(|person| self.name(&person.name)).collect();
            let unit = unit.unwrap_or_default();
            let unit = match away.as_slice() {
                [] => unit,
                away => {
                    let names = away.join(&self.tongue.t("list-comma"));
                    self.tongue.t2("head-stands-in", ("unit", unit), ("names", names))
                }
            };
            (unit, person.unwrap_or_else(|| who.login.clone()))
        };
        let is_public = area.is_some_and(Area::is_public);
        let who = self.who.as_ref().map(shown);
        let (who, visiting) = match is_public {
            true => (None, who.map(|(_, person)| person)),
            false => (who, None),
        };
        let marks = self.tenant.marks();
        let mark = match (marks.demo, marks.testing) {
            (true, _) => Some(self.tongue.t("mark-demo")),
            (false, true) => Some(self.tongue.t("mark-testing")),
            (false, false) => None,
        };
        Page {
            tongue: self.tongue,
            tenant: self.name(self.tenant.name()),
            area,
            who,
            visiting,
            unread: self.who.as_ref().map_or(0, |who| who.unread),
            me: self
                .who
                .as_ref()
                .map(|who| format!("/persons/{}", who.viewer.person)),
            registers: self.holds("register"),
            calls: self.holds("answer") && self.holds("identity"),
            instructs: self.holds("instruct"),
            administers: self.holds("admin"),
            founding: false,
            mark,
            csrf: if is_public { self.door() } else { self.csrf() },
            here: self.here.clone(),
            look: self.look,
        }
    }

    /// Returns what the layout shows where somebody is about to become another: nobody is logged in on such a page.
    pub fn page_at_the_door(&self) -> Page {
        Page {
            who: None,
            me: None,
            unread: 0,
            registers: false,
            calls: false,
            instructs: false,
            administers: false,
            csrf: self.door(),
            ..self.page(None)
        }
    }

    /// Returns a label in the visitor's language.
    pub fn name(&self, label: &Label) -> String {
        label.get(self.tongue.0).to_owned()
    }

    /// Returns the pack that judges a case.
    ///
    /// # Errors
    /// [`WebError::Internal`] if it is not installed, which only a damaged store can bring about.
    pub fn pack(&self, case: &Case) -> Result<&Arc<Pack>, WebError> {
        let pack = self.scene.pack(&case.pack);
        pack.ok_or_else(|| {
            WebError::internal(format!(
                "pack {} {} is not there",
                case.pack.id, case.pack.version
            ))
        })
    }

    /// Returns the words for what happens under a pack.
    pub fn words<'a>(&'a self, pack: &'a Pack) -> Words<'a> {
        Words {
            tongue: self.tongue,
            org: &self.scene.org,
            pack,
            calendar: &self.scene.calendar,
        }
    }

    /// Returns a refusal in words. Clocks are named by whichever pack knows them.
    pub fn refusal(&self, refusal: &Refusal) -> Refused {
        let clock = match refusal {
            Refusal::Clock(clock) => Some(clock),
            _ => None,
        };
        let knows = |pack: &&Arc<Pack>| clock.is_none_or(|clock| pack.clock(clock).is_some());
        match self
            .scene
            .newest()
            .find(knows)
            .or_else(|| self.scene.newest().next())
        {
            Some(pack) => self.words(pack).refusal(refusal),
            None => Refused {
                rule: "refused",
                said: refusal.to_string(),
            },
        }
    }

    /// Sends the visitor to the log-in page, and back here afterwards.
    pub fn to_login(&self) -> Response {
        Redirect::to(&format!("/login?next={}", escaped(&self.here))).into_response()
    }
}

fn token(secret: &str) -> String {
    Digest::of(&[b"form token", secret.as_bytes()]).to_string()
}

/// Returns a text as it stands in a query.
pub fn escaped(text: &str) -> String {
    text.bytes().flat_map(escape).map(char::from).collect()
}

/// Escapes a byte for a place in a query.
fn escape(byte: u8) -> Vec<u8> {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => vec![byte],
        other => format!("%{other:02X}").into_bytes(),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ctx {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Ctx, WebError> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        ctx.ok_or_else(|| WebError::internal("a handler ran outside the frame"))
    }
}

/// Returns the value of a field in a query string, unescaped.
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let pair = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)?;
    let mut bytes = Vec::with_capacity(pair.1.len());
    let mut rest = pair.1.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&pair).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            plain => bytes.push(plain),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Returns path and query without language and look, which the page's switches add again.
pub fn without_lang(path: &str, query: Option<&str>) -> String {
    let kept: Vec<&str> = query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("look="))
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_leaves_the_address_and_the_rest_stays() {
        assert_eq!(
            without_lang("/cases", Some("filter=a&lang=en&after=b&look=large")),
            "/cases?filter=a&after=b"
        );
        assert_eq!(without_lang("/cases", Some("lang=en")), "/cases");
    }

    #[test]
    fn query_values_are_unescaped() {
        assert_eq!(
            query_value("next=%2Fcases+1", "next").as_deref(),
            Some("/cases 1")
        );
        assert_eq!(query_value("next=%2", "next"), None);
    }
}
