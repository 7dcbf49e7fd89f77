//! The one form of the set-up: whose installation it is, by which packs it works, and who looks after it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bihuan_core::label::Label;
use bihuan_core::pack::model::{Kind, Pack, SourceGrade};

use super::Setup;
use super::draft::Draft;
use super::founding::{Administrator, NotFounded, shipped};
use super::page::{Stop, elsewhere, refused, stops};
use super::visit::{Holder, Sent, Visit};
use crate::auth::{password, welcome};
use crate::ctx::cookie::Cookie;
use crate::error::{Complaint, WebError};
use crate::form::{Form, Reader};
use crate::page::{Page, html};
use crate::people::plan::is_code;
use crate::show;

/// The longest name of a city or person, in characters.
const NAME_CHARS: usize = 60;
/// The longest host name, in characters.
const HOST_CHARS: usize = 253;
/// The sources that are named of each pack.
const SOURCES: usize = 3;

/// What is wrong with the fields of the form: field and words.
type Errors = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "setup/city.html")]
struct CityPage {
    page: Page,
    stops: Vec<Stop>,
    errors: Errors,
    /// The names of the city and of its administrator, first in the language of the page.
    city: Name,
    other_city: Name,
    person: Name,
    other_person: Name,
    host: String,
    packs: Vec<Choice>,
    /// The names of those that are chosen.
    rules: String,
    login: String,
    /// What is asked of a password.
    hint: String,
    key_place: String,
    /// Whether what is typed could be read on its way.
    plain: bool,
}

/// A name in one language, as it is asked for.
struct Name {
    id: &'static str,
    label: String,
    lang: &'static str,
    value: String,
}

/// A pack, as it says of itself what it is for.
struct Choice {
    id: String,
    title: String,
    chosen: bool,
    kinds: Vec<ShownKind>,
    sources: Vec<String>,
    more_sources: usize,
    /// Whether citizens can send any of its kinds.
    portal: bool,
}

struct ShownKind {
    title: String,
    /// How long it may take.
    limits: String,
}

impl CityPage {
    fn new(setup: &Setup, visit: &Visit, form: Option<&Form>, errors: Errors) -> Result<CityPage, WebError> {
        let draft = setup.state().draft.clone();
        let typed = |name: &str| form.map(|form| form.value(name).to_owned());
        let or = |name: &str, kept: &str| typed(name).unwrap_or_else(|| kept.to_owned());
        let chosen = |pack: &Pack| match form {
            Some(form) => form.values("pack").any(|id| id == pack.id),
            None => draft.packs.is_empty() || draft.packs.contains(&pack.id),
        };
        let kept = [draft.name_zh.as_str(), draft.name_en.as_str()];
        let [city, other_city] = names(visit, ["name_zh", "name_en"], kept, &or);
        let [person, other_person] = names(visit, ["person_zh", "person_en"], ["", ""], &or);
        let packs: Vec<Choice> = shipped()?
            .iter()
            .map(|it| choice(visit, &it.pack, chosen(&it.pack)))
            .collect();
        let rules = packs.iter().filter(|pack| pack.chosen);
        let rules: Vec<&str> = rules.map(|pack| pack.title.as_str()).collect();
        Ok(CityPage {
            page: visit.page(),
            stops: stops(visit.tongue, 0),
            errors,
            city,
            other_city,
            person,
            other_person,
            host: or("host", &draft.host),
            rules: rules.join(&visit.tongue.t("list-comma")),
            packs,
            login: or("login", ""),
            hint: visit.tongue.t1("welcome-hint", "least", password::LEAST_CHARS),
            key_place: setup.inner.options.key_place.clone(),
            plain: !visit.secure && !visit.local,
        })
    }

    /// Whether something is wrong with a field, so that what folds it is open.
    fn is_wrong(&self, field: &str) -> bool {
        self.errors.iter().any(|(wrong, _)| wrong == field)
    }
}

/// Returns a name's two fields, the one in the language of the page first.
fn names(
    visit: &Visit,
    ids: [&'static str; 2],
    kept: [&str; 2],
    or: &dyn Fn(&str, &str) -> String,
) -> [Name; 2] {
    let [zh, en] = [0, 1].map(|at| Name {
        id: ids[at],
        label: visit.tongue.t(["people-col-name-zh", "people-col-name-en"][at]),
        lang: ["zh-CN", "en"][at],
        value: or(ids[at], kept[at]),
    });
    match visit.page().lang() {
        "en" => [en, zh],
        _ => [zh, en],
    }
}

fn choice(visit: &Visit, pack: &Pack, chosen: bool) -> Choice {
    let kind = |kind: &Kind| {
        let clocks = kind.start.iter().filter_map(|clock| pack.clock(clock));
        let limits: Vec<String> = clocks
            .map(|clock| show::limit(visit.tongue, clock.limit))
            .collect();
        ShownKind {
            title: name(visit, &kind.title),
            limits: limits.join(&visit.tongue.t("list-comma")),
        }
    };
    let official = pack
        .sources
        .values()
        .filter(|source| source.grade != SourceGrade::Example);
    let mut sources: Vec<String> = official.map(|source| name(visit, &source.instrument)).collect();
    sources.sort();
    sources.dedup();
    Choice {
        id: pack.id.clone(),
        title: name(visit, &pack.title),
        chosen,
        portal: pack.kinds.iter().any(|kind| kind.portal),
        kinds: pack.kinds.iter().map(kind).collect(),
        more_sources: sources.len().saturating_sub(SOURCES),
        sources: sources.into_iter().take(SOURCES).collect(),
    }
}

fn name(visit: &Visit, label: &Label) -> String {
    label.get(visit.tongue.0).to_owned()
}

/// `GET /setup/city`
pub async fn read_setup_city(
    State(setup): State<Setup>,
    Holder(visit): Holder,
) -> Result<Response, WebError> {
    Ok(html(&CityPage::new(&setup, &visit, None, Errors::new())?))
}

/// `POST /setup/city`: keeps what was entered; where nothing of it is wrong, founds the installation and leads its
/// administrator into it.
pub async fn create_installation(
    State(setup): State<Setup>,
    Holder(visit): Holder,
    Sent(form): Sent,
) -> Result<Response, WebError> {
    let mut read = form.read();
    let city = read_city(&mut read, &visit);
    let packs = chosen_packs(&form)?;
    if packs.is_empty() {
        read.complain(Complaint::new("packs", "setup-packs-none"));
    }
    if read.complaints.is_empty() {
        setup.keep(|draft| {
            let ([name_zh, name_en], host) = city;
            *draft = Draft {
                name_zh,
                name_en,
                host,
                packs,
                ..draft.clone()
            };
        })?;
    }
    let (name, login) = read_administrator(&mut read, &visit);
    if let Some(wrong) = welcome::fault(&form) {
        read.complain(Complaint::new("password", wrong));
    }
    let errors: Errors = read
        .complaints
        .iter()
        .map(|wrong| (wrong.field.clone(), wrong.said(visit.tongue)))
        .collect();
    if !errors.is_empty() {
        return Ok(refused(&CityPage::new(&setup, &visit, Some(&form), errors)?));
    }
    let administrator = Administrator {
        name,
        login,
        password_hash: welcome::hashed(form.value("password")).await?,
    };
    match setup.found(administrator).await {
        Ok(secret) => {
            let mut response = elsewhere("/people").await;
            Cookie::Session.set(response.headers_mut(), &secret, visit.secure);
            Ok(response)
        }
        Err(NotFounded::Told(reason)) => {
            let said = visit.tongue.t1("setup-not-founded", "reason", reason);
            let errors = vec![("founding".to_owned(), said)];
            Ok(refused(&CityPage::new(&setup, &visit, Some(&form), errors)?))
        }
        Err(NotFounded::Failed(error)) => Err(error),
    }
}

/// Reads whose installation it is: its two names and the host name.
fn read_city(read: &mut Reader<'_>, visit: &Visit) -> ([String; 2], String) {
    let names = read_names(read, visit, ["name_zh", "name_en"], "setup-name-needed");
    let host = read
        .text("host", HOST_CHARS)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !host.chars().all(plain) {
        read.complain(Complaint::new("host", "setup-host-wrong"));
    }
    (names, host)
}

/// Reads a name in both languages; where one is missing it is the other's.
fn read_names(read: &mut Reader<'_>, visit: &Visit, fields: [&str; 2], missing: &'static str) -> [String; 2] {
    let [zh, en] = fields.map(|field| read.text(field, NAME_CHARS));
    if zh.is_none() && en.is_none() {
        let asked = usize::from(visit.page().lang() == "en");
        read.complain(Complaint::new(fields[asked], missing));
    }
    let either = || zh.clone().or_else(|| en.clone()).unwrap_or_default();
    [
        zh.clone().unwrap_or_else(either),
        en.clone().unwrap_or_else(either),
    ]
}

/// Returns the shipped packs that a form chooses.
fn chosen_packs(form: &Form) -> Result<Vec<String>, WebError> {
    let wanted: Vec<&str> = form.values("pack").collect();
    let ids = shipped()?.into_iter().map(|it| it.pack.id);
    Ok(ids.filter(|id| wanted.contains(&id.as_str())).collect())
}

/// Reads who will look after the installation.
fn read_administrator(read: &mut Reader<'_>, visit: &Visit) -> (Label, String) {
    let [zh, en] = read_names(read, visit, ["person_zh", "person_en"], "setup-person-needed");
    let login = read.needed("login", NAME_CHARS);
    if !login.is_empty() && !is_code(&login) {
        read.complain(Complaint::new("login", "setup-login-wrong"));
    }
    (Label::new(zh, en), login)
}
