//! What every page has: head, areas, language, who is here, and the marks of the directory.

pub mod keys;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bihuan_store::notification::MOST_COUNTED;

use crate::assets;
use crate::ctx::look::Look;
use crate::error::WebError;
use crate::lang::{Fill, Tongue};

/// An area of the pages, as the head lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The first page of the portal.
    Home,
    /// Sending a report.
    Report,
    /// Following one.
    Track,
    /// What happens to one.
    How,
    /// Help in plain words.
    Help,
    /// What was struck off lately.
    StruckOff,
    /// What a person owes.
    Desk,
    /// The operator's form.
    Register,
    /// Who is to be called.
    Callbacks,
    /// What a leader takes up.
    Leader,
    /// All cases.
    Ledger,
    /// They as cards, by phase.
    Board,
    /// What somebody is told.
    Inbox,
    /// Units, people and logins.
    People,
}

impl Area {
    /// Whether it is the citizens': its pages look the same to everybody.
    pub fn is_public(self) -> bool {
        matches!(
            self,
            Area::Home | Area::Report | Area::Track | Area::How | Area::Help | Area::StruckOff
        )
    }
}

/// What the layout shows around the content. Templates hold it as `page`.
#[derive(Debug, Clone)]
pub struct Page {
    /// The language.
    pub tongue: Tongue,
    /// The tenant's name.
    pub tenant: String,
    /// The area the page belongs to.
    pub area: Option<Area>,
    /// Who is logged in: unit and person. Nobody on the citizens' pages.
    pub who: Option<(String, String)>,
    /// Who of the staff looks at a page of the citizens.
    pub visiting: Option<String>,
    /// How many notifications they have not read, up to a most.
    pub unread: u32,
    /// The address of their own page.
    pub me: Option<String>,
    /// Whether they may register.
    pub registers: bool,
    /// Whether they may call reporters back.
    pub calls: bool,
    /// Whether they may give instructions.
    pub instructs: bool,
    /// Whether they look after units, people and logins.
    pub administers: bool,
    /// Whether there is no installation yet: nothing leads anywhere but through the set-up.
    pub founding: bool,
    /// What a demo or testing directory says of itself.
    pub mark: Option<String>,
    /// The token that forms send back.
    pub csrf: String,
    /// The page's own address, without language and look.
    pub here: String,
    /// How it looks.
    pub look: Look,
}

/// An area as the head links to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaLink {
    /// Its address.
    pub href: &'static str,
    /// Its name.
    pub title: String,
    /// Whether the page belongs to it.
    pub here: bool,
    /// The keys that lead there.
    pub key: Option<&'static str>,
}

impl Page {
    /// Returns the message of `key`.
    pub fn t(&self, key: &str) -> String {
        self.tongue.t(key)
    }

    /// Returns the message of `key` with one place filled.
    pub fn t1(&self, key: &str, name: &str, value: impl Fill) -> String {
        self.tongue.t1(key, name, value)
    }

    /// Returns the language for the `lang` attribute.
    pub fn lang(&self) -> &'static str {
        match self.tongue.0 {
            bihuan_core::label::Lang::Zh => "zh-CN",
            bihuan_core::label::Lang::En => "en",
        }
    }

    /// Returns the other language's code, its own name for itself, and the page in it.
    pub fn other(&self) -> (&'static str, &'static str, String) {
        let (code, name, attribute) = match self.tongue.0 {
            bihuan_core::label::Lang::Zh => ("en", "EN", "en"),
            bihuan_core::label::Lang::En => ("zh", "中文", "zh-CN"),
        };
        (attribute, name, self.here_with("lang", code))
    }

    /// Returns the switches of the look: where each leads, what it is called, whether it is on.
    pub fn looks(&self) -> [(String, String, bool); 2] {
        let (large, contrast) = (self.look.large, self.look.contrast);
        let to = |look: Look| self.here_with("look", look.name());
        let (larger, stronger) = (!large, !contrast);
        [
            (
                to(Look {
                    large: larger,
                    contrast,
                }),
                self.t("look-large"),
                large,
            ),
            (
                to(Look {
                    large,
                    contrast: stronger,
                }),
                self.t("look-contrast"),
                contrast,
            ),
        ]
    }

    fn here_with(&self, name: &str, value: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{name}={value}", self.here)
    }

    /// Returns the areas that the visitor has.
    pub fn areas(&self) -> Vec<AreaLink> {
        let link = |area, href, title: &str, key| AreaLink {
            href,
            title: self.t(title),
            here: self.area == Some(area),
            key,
        };
        if self.founding {
            Vec::new()
        } else if self.who.is_some() {
            let desk = link(Area::Desk, "/desk", "area-desk", Some("g d"));
            let register = link(Area::Register, "/register", "area-register", Some("g r"));
            let register = self.registers.then_some(register);
            let ledger = link(Area::Ledger, "/ledger", "area-ledger", Some("g l"));
            let board = link(Area::Board, "/board", "area-board", Some("g b"));
            let calls = link(Area::Callbacks, "/callbacks", "area-callbacks", Some("g c"));
            let calls = self.calls.then_some(calls);
            let leader = link(Area::Leader, "/leader", "area-leader", Some("g v"));
            let leader = self.instructs.then_some(leader);
            let people = link(Area::People, "/people", "area-people", None);
            let people = self.administers.then_some(people);
            [desk]
                .into_iter()
                .chain(leader)
                .chain(register)
                .chain(calls)
                .chain([ledger, board])
                .chain(people)
                .collect()
        } else {
            vec![
                link(Area::Report, "/report", "area-portal", None),
                link(Area::Track, "/track", "area-track", None),
                link(Area::StruckOff, "/struck-off", "area-struck-off", None),
                link(Area::How, "/how", "area-how", None),
                link(Area::Help, "/help", "area-help", None),
            ]
        }
    }

    /// Whether the page is the inbox.
    pub fn is_inbox(&self) -> bool {
        self.area == Some(Area::Inbox)
    }

    /// Takes off those that are read with this page; where there are more than are counted it is not known how many.
    pub fn saw(&mut self, notifications: u32) {
        if self.unread < MOST_COUNTED {
            self.unread = self.unread.saturating_sub(notifications);
        }
    }

    /// Returns how many notifications are unread: the figure beside the link, and the link's name.
    pub fn unread_said(&self) -> Option<(String, String)> {
        let figure = match self.unread {
            0 => return None,
            MOST_COUNTED.. => format!("{}+", MOST_COUNTED - 1),
            1.. => self.unread.to_string(),
        };
        let name = self.t1("inbox-link-unread", "count", figure.as_str());
        Some((figure, name))
    }

    /// Returns the address of the style sheet.
    pub fn style(&self) -> String {
        assets::style_href()
    }

    /// Returns the address of the script.
    pub fn script(&self) -> String {
        assets::script_href()
    }

    /// Returns the address of the icon.
    pub fn icon(&self) -> String {
        assets::icon_href()
    }
}

/// Renders a template as an answer.
pub fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(cause) => WebError::internal(cause).into_response(),
    }
}
