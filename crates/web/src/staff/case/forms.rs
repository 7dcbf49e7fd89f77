//! Forms as the page shows them: each field with what stands in it, what may be chosen, what is wrong.

use bihuan_core::pack::model::Taxonomy;

use super::acts::Act;
use super::fields::{self, Field, Shape};
use crate::error::Complaint;
use crate::form::Form;
use crate::limits;
use crate::staff::origin;
use crate::story::Story;

/// A form that was sent and is shown again, because something is in its way.
pub struct Again<'a> {
    /// Which form: an act's id, or `steps` with the step's.
    pub id: &'a str,
    /// The step, where it is one.
    pub step: &'a str,
    /// What was written.
    pub form: &'a Form,
    /// What is wrong with its fields.
    pub complaints: Vec<Complaint>,
    /// Why it was not taken: what it is called, and what to do.
    pub said: (String, String),
}

impl Again<'_> {
    /// Returns the id on the page of the form.
    pub fn anchor(&self) -> String {
        match self.id {
            "steps" => format!("step-{}", self.step),
            id => id.to_owned(),
        }
    }
}

/// A form on the page.
pub struct Sheet {
    /// Its id on the page.
    pub id: String,
    /// Where it is sent.
    pub action: String,
    /// Where scripts keep what is written in it.
    pub keep: String,
    /// What is said of it where it was begun and not sent.
    pub kept: Option<Unsent>,
    /// What it does.
    pub title: String,
    /// More about that.
    pub hint: String,
    /// The step, where it takes one.
    pub step: Option<String>,
    /// Its fields.
    pub inputs: Vec<Input>,
    /// Why it was not taken, where it was just sent.
    pub refused: Option<(String, String)>,
    /// Whether something waits for it: then it stands open.
    pub waits: bool,
}

/// What is said of a form that was begun and not sent.
pub struct Unsent {
    /// When it was kept.
    pub said: String,
    /// Where it is thrown away.
    pub discard: String,
}

/// A field on the page.
pub struct Input {
    /// Its id on the page.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: String,
    /// More about it, or empty.
    pub hint: String,
    /// How it looks: `line`, `note`, `body`, `unit`, `number`, `select`, `radio`.
    pub look: &'static str,
    /// What stands in it.
    pub value: String,
    /// Whether it must be there.
    pub needed: bool,
    /// The most characters it takes.
    pub most: usize,
    /// What may be chosen, in groups: each a name, which may be empty, and its choices.
    pub groups: Vec<(String, Vec<Choice>)>,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

/// Something that may be chosen.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub title: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Sheet {
    /// Makes the form of an act that is possible on `targets`.
    pub fn of_act(
        story: &Story<'_>,
        act: &Act,
        targets: &[(String, String)],
        again: Option<&Again<'_>>,
    ) -> Sheet {
        let again = again.filter(|again| again.id == act.id);
        let input = |field: &Field| Input::of(story, act.id, field, targets, again);
        Sheet {
            id: act.id.to_owned(),
            action: action(story, act.id),
            keep: keep(story, act.id),
            kept: None,
            title: story.ctx.tongue.t(act.title),
            hint: story.ctx.tongue.t(act.hint),
            step: None,
            inputs: act.fields.iter().map(input).collect(),
            refused: again.map(|again| again.said.clone()),
            waits: false,
        }
    }

    /// Makes the form of a step.
    pub fn of_step(
        story: &Story<'_>,
        step: &str,
        title: String,
        asked: &[Field],
        again: Option<&Again<'_>>,
    ) -> Sheet {
        let again = again.filter(|again| again.id == "steps" && again.step == step);
        let input = |field: &Field| Input::of(story, step, field, &[], again);
        Sheet {
            id: format!("step-{step}"),
            action: action(story, "steps"),
            keep: keep(story, &format!("step-{step}")),
            kept: None,
            title,
            hint: String::new(),
            step: Some(step.to_owned()),
            inputs: asked.iter().map(input).collect(),
            refused: again.map(|again| again.said.clone()),
            waits: false,
        }
    }
}

impl Sheet {
    /// Puts in what was begun and not sent; a form that was just sent shows what was sent.
    pub fn fill(&mut self, written: &Form, kept: Unsent) {
        if self.refused.is_none() {
            self.inputs
                .iter_mut()
                .for_each(|input| input.fill(written.value(input.name)));
        }
        self.kept = Some(kept);
    }
}

/// Returns where scripts keep what is written in a form of the page.
pub fn keep(story: &Story<'_>, sheet: &str) -> String {
    format!("{}/drafts/{sheet}", super::address(&story.case().number))
}

/// Returns where a form of the page is sent; what the page's address carries goes along.
fn action(story: &Story<'_>, what: &str) -> String {
    let address = super::address(&story.case().number);
    origin::kept(story.ctx, format!("{address}/{what}"))
}

impl Input {
    fn fill(&mut self, written: &str) {
        written.clone_into(&mut self.value);
        for choice in self.groups.iter_mut().flat_map(|(_, choices)| choices) {
            choice.chosen = choice.value == written;
        }
    }

    fn of(
        story: &Story<'_>,
        owner: &str,
        field: &Field,
        targets: &[(String, String)],
        again: Option<&Again<'_>>,
    ) -> Input {
        let t = story.ctx.tongue;
        let value = match again {
            Some(again) => again.form.value(field.name).to_owned(),
            None => match (field.shape, targets) {
                (Shape::Target, [(only, _)]) => only.clone(),
                _ => fields::known(story, field),
            },
        };
        let wrong = again.into_iter().flat_map(|again| &again.complaints);
        let (look, most) = look(field.shape);
        Input {
            id: format!("{owner}-{}", field.name),
            name: field.name,
            label: t.t(field.label),
            hint: field.hint.map(|hint| t.t(hint)).unwrap_or_default(),
            look,
            groups: choices(story, field, targets, &value),
            value,
            needed: field.needed,
            most,
            errors: wrong
                .filter(|complaint| complaint.field == field.name)
                .map(|c| c.said(t))
                .collect(),
        }
    }
}

/// Returns how a field looks, and the most characters it takes.
pub fn look(shape: Shape) -> (&'static str, usize) {
    match shape {
        Shape::Line | Shape::Case => ("line", limits::LINE_CHARS),
        Shape::Units | Shape::Cases => ("line", limits::NOTE_CHARS),
        Shape::Note => ("note", limits::NOTE_CHARS),
        Shape::Body => ("body", limits::TEXT_CHARS),
        Shape::Unit => ("unit", limits::LINE_CHARS),
        Shape::Number => ("number", 3),
        Shape::Person | Shape::Category | Shape::Channel | Shape::Source | Shape::Target => ("select", 0),
        Shape::Word(_) | Shape::YesNo(..) | Shape::Grade => ("radio", 0),
    }
}

fn choices(
    story: &Story<'_>,
    field: &Field,
    targets: &[(String, String)],
    value: &str,
) -> Vec<(String, Vec<Choice>)> {
    let t = story.ctx.tongue;
    let all = |pairs: Vec<(String, String)>| {
        let choice = |(sent, title): (String, String)| Choice {
            chosen: sent == value,
            value: sent,
            title,
        };
        vec![(String::new(), pairs.into_iter().map(choice).collect())]
    };
    let named = |list: &[bihuan_core::pack::model::Named]| {
        list.iter()
            .map(|named| (named.id.clone(), story.ctx.name(&named.title)))
            .collect()
    };
    match field.shape {
        Shape::Line | Shape::Note | Shape::Body | Shape::Unit | Shape::Units => Vec::new(),
        Shape::Case | Shape::Cases | Shape::Number => Vec::new(),
        Shape::Word(words) => all(words
            .iter()
            .map(|(word, key)| ((*word).to_owned(), t.t(key)))
            .collect()),
        Shape::YesNo(yes, no) => all(vec![("yes".to_owned(), t.t(yes)), ("no".to_owned(), t.t(no))]),
        Shape::Grade => all((1..=5)
            .map(|grade| (grade.to_string(), grade.to_string()))
            .collect()),
        Shape::Target => all(targets.to_vec()),
        Shape::Channel => all(named(&story.pack.channels)),
        Shape::Source => all(named(&story.pack.supervision_sources)),
        Shape::Person => all(persons(story)),
        Shape::Category => {
            let taxonomy = story.pack.taxonomy_of(story.kind);
            taxonomy
                .map(|taxonomy| categories(story, taxonomy, value))
                .unwrap_or_default()
        }
    }
}

/// Returns the persons who have a role in the responsible unit or below it today.
pub fn persons(story: &Story<'_>) -> Vec<(String, String)> {
    let ctx = story.ctx;
    let (org, today) = (&ctx.scene.org, ctx.scene.calendar.date_of(ctx.now));
    let Some(unit) = story.case().unit else {
        return Vec::new();
    };
    let subtree = org.subtree_on(unit, today);
    let works_there = |person: &&bihuan_core::org::Person| {
        org.roles_of(person.id, today)
            .iter()
            .any(|(_, unit)| subtree.contains(unit))
    };
    let found = org.persons().filter(works_there);
    found
        .map(|person| (person.id.to_string(), ctx.name(&person.name)))
        .collect()
}

/// Returns the categories, in groups by the one on top; each with those between it and the top.
fn categories(story: &Story<'_>, taxonomy: &Taxonomy, value: &str) -> Vec<(String, Vec<Choice>)> {
    let words = story.words();
    let choice = |code: &str| {
        let title = words.category(code);
        let below = title
            .split_once(" / ")
            .map_or(title.clone(), |(_, below)| below.to_owned());
        Choice {
            value: code.to_owned(),
            title: below,
            chosen: code == value,
        }
    };
    let group = |top: &bihuan_core::pack::model::Category| {
        let inside = |code: &str| {
            code.strip_prefix(&top.code)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let codes = taxonomy.categories.iter().map(|category| category.code.as_str());
        (
            story.ctx.name(&top.title),
            codes.filter(|code| inside(code)).map(choice).collect(),
        )
    };
    taxonomy.children(None).map(group).collect()
}
