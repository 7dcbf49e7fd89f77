//! The two pages of an act on many cases.

use askama::Template;
use bihuan_store::read::case::CaseView;

use super::Asked;
use super::deed::Ahead;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::page::{Area, Page};
use crate::staff::case::address;
use crate::staff::case::fields::{self, Field, Shape};
use crate::staff::case::forms::{self, Choice, Input};
use crate::staff::case::page::units;
use crate::story::Story;

/// What would happen to each of the cases, and what the act asks for.
#[derive(Template)]
#[template(path = "bulk/confirm.html")]
pub struct ConfirmPage {
    page: Page,
    act: String,
    /// What the button says.
    go: String,
    word: String,
    list: String,
    back: String,
    key: String,
    rows: Vec<Row>,
    possible: usize,
    inputs: Vec<Input>,
    wrong: bool,
    units: Vec<(String, String)>,
}

/// A case before the act.
struct Row {
    number: String,
    /// Its page and title; `None` where the visitor has no such case.
    case: Option<(String, String)>,
    /// Where it stands, and with whom.
    now: String,
    ahead: Ahead,
}

/// What became of each of the cases.
#[derive(Template)]
#[template(path = "bulk/done.html")]
pub struct DonePage {
    page: Page,
    act: String,
    back: String,
    done: Vec<Outcome>,
    refused: Vec<Outcome>,
}

/// What became of a case.
pub struct Outcome {
    number: String,
    case: Option<(String, String)>,
    /// Why nothing was done to it.
    refused: Option<String>,
}

impl ConfirmPage {
    /// Reads the page; `wrong` is what is wrong with what was written.
    ///
    /// # Errors
    /// [`WebError::NotFound`] if no kind has the step.
    pub fn read(
        ctx: &Ctx,
        asked: &Asked<'_>,
        views: &[(String, Option<CaseView>)],
        wrong: Option<&[Complaint]>,
    ) -> Result<ConfirmPage, WebError> {
        let mut rows = Vec::new();
        let mut stories = Vec::new();
        for (number, view) in views {
            let story = view.as_ref().map(|view| Story::of(ctx, view)).transpose()?;
            let row = Row::of(ctx, asked, number, story.as_ref());
            stories.extend(story.filter(|_| row.ahead.is_ok()));
            rows.push(row);
        }
        let sent = wrong.map(|complaints| (asked.form, complaints));
        let key = asked.form.value("key");
        let act = asked.deed.title(ctx).ok_or(WebError::NotFound)?;
        Ok(ConfirmPage {
            page: page(ctx),
            go: ctx.tongue.t2("bulk-do", ("act", &act), ("count", stories.len())),
            act,
            word: asked.deed.word(),
            list: asked.list.to_owned(),
            back: asked.back(),
            key: if key.is_empty() {
                ctx.form_key()
            } else {
                key.to_owned()
            },
            possible: stories.len(),
            inputs: inputs(ctx, asked, &stories, sent),
            rows,
            wrong: wrong.is_some(),
            units: units(ctx),
        })
    }
}

impl ConfirmPage {
    /// Whether nothing has to be written before it is sent.
    fn is_ready(&self) -> bool {
        self.inputs.iter().all(|input| !input.needed)
    }
}

/// Returns what the layout shows; its address is the list's, for a form was sent here.
fn page(ctx: &Ctx) -> Page {
    Page {
        here: "/ledger".to_owned(),
        ..ctx.page(Some(Area::Ledger))
    }
}

impl Row {
    fn of(ctx: &Ctx, asked: &Asked<'_>, number: &str, story: Option<&Story<'_>>) -> Row {
        let unit = |story: &Story<'_>| {
            let unit = story.case().unit.map(|unit| story.words().unit(unit));
            unit.unwrap_or_else(|| ctx.tongue.t("track-no-unit"))
        };
        Row {
            number: number.to_owned(),
            case: story.map(title),
            now: story.map_or_else(String::new, |story| {
                format!("{} · {}", story.state(), unit(story))
            }),
            ahead: match story {
                Some(story) => asked.deed.ahead(story),
                None => Err(ctx.tongue.t("bulk-not-there")),
            },
        }
    }
}

fn title(story: &Story<'_>) -> (String, String) {
    (address(&story.case().number), story.text(story.case().title))
}

/// Returns the fields of the act, each once.
fn inputs(
    ctx: &Ctx,
    asked: &Asked<'_>,
    stories: &[Story<'_>],
    sent: Option<(&crate::form::Form, &[Complaint])>,
) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for field in stories.iter().flat_map(|story| asked.deed.fields(story)) {
        if inputs.iter().all(|known| known.name != field.name) {
            let value = match sent {
                Some((form, _)) => form.value(field.name).to_owned(),
                None => shared(stories, &field),
            };
            let wrong = sent.into_iter().flat_map(|(_, complaints)| complaints);
            let errors = wrong.filter(|complaint| complaint.field == field.name);
            let errors = errors.map(|complaint| complaint.said(ctx.tongue)).collect();
            inputs.push(input(ctx, stories, &field, value, errors));
        }
    }
    inputs
}

fn input(ctx: &Ctx, stories: &[Story<'_>], field: &Field, value: String, errors: Vec<String>) -> Input {
    let (look, most) = forms::look(field.shape);
    let choices = match field.shape {
        Shape::Person => persons(stories),
        _ => Vec::new(),
    };
    let choice = |(sent, title): (String, String)| Choice {
        chosen: sent == value,
        value: sent,
        title,
    };
    Input {
        id: format!("bulk-{}", field.name),
        name: field.name,
        label: ctx.tongue.t(field.label),
        hint: field.hint.map(|hint| ctx.tongue.t(hint)).unwrap_or_default(),
        look,
        groups: vec![(String::new(), choices.into_iter().map(choice).collect())],
        needed: field.needed,
        most,
        errors,
        value,
    }
}

/// Returns what is known of a field, where it is the same in all cases.
fn shared(stories: &[Story<'_>], field: &Field) -> String {
    let mut known = stories.iter().map(|story| fields::known(story, field));
    let first = known.next().unwrap_or_default();
    if known.all(|other| other == first) {
        first
    } else {
        String::new()
    }
}

/// Returns the persons who may be put in charge of each of the cases.
fn persons(stories: &[Story<'_>]) -> Vec<(String, String)> {
    let mut units = Vec::new();
    let mut common: Option<Vec<(String, String)>> = None;
    for story in stories {
        // Many cases share few units, and a unit's people are looked for once.
        if units.contains(&story.case().unit) {
            continue;
        }
        units.push(story.case().unit);
        let own = forms::persons(story);
        common = Some(match common {
            None => own,
            Some(known) => known.into_iter().filter(|person| own.contains(person)).collect(),
        });
    }
    common.unwrap_or_default()
}

impl DonePage {
    /// Makes the page.
    ///
    /// # Errors
    /// [`WebError::NotFound`] if no kind has the step.
    pub fn of(ctx: &Ctx, asked: &Asked<'_>, outcomes: Vec<Outcome>) -> Result<DonePage, WebError> {
        let (refused, done) = outcomes
            .into_iter()
            .partition(|outcome| outcome.refused.is_some());
        Ok(DonePage {
            page: page(ctx),
            act: asked.deed.title(ctx).ok_or(WebError::NotFound)?,
            back: asked.back(),
            done,
            refused,
        })
    }
}

impl Outcome {
    /// Makes what became of a case.
    pub fn of(ctx: &Ctx, number: &str, view: Option<&CaseView>, refused: Option<String>) -> Outcome {
        let story = view.and_then(|view| Story::of(ctx, view).ok());
        Outcome {
            number: number.to_owned(),
            case: story.as_ref().map(title),
            refused,
        }
    }
}
