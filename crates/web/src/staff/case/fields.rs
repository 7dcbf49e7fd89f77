//! What a form asks for: the fields of a step or an act, by name, shape and whether they must be there.
//!
//! The names are those of the API's bodies; [`read`] makes the body of the same request out of a form.

use bihuan_core::case::decide::suggested_units;
use bihuan_core::event::Actor;
use bihuan_core::id::{CaseId, UnitId};
use bihuan_core::org::Unit;
use bihuan_core::pack::model::Ask;
use serde_json::{Map, Value};

use super::{context, takers};
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::{Form, Reader};
use crate::limits;
use crate::story::Story;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name, as in the API.
    pub name: &'static str,
    /// The message that names it.
    pub label: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether it must be there.
    pub needed: bool,
    /// The message that says more, if one does.
    pub hint: Option<&'static str>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A single line.
    Line,
    /// A reason, a remark.
    Note,
    /// A long text.
    Body,
    /// A unit, by name or code.
    Unit,
    /// Several units, by name or code.
    Units,
    /// A person who works for the responsible unit.
    Person,
    /// A category of the kind.
    Category,
    /// Another case, by its number.
    Case,
    /// Several cases, by their numbers.
    Cases,
    /// A whole number.
    Number,
    /// One of several words, each with its message.
    Word(&'static [(&'static str, &'static str)]),
    /// Yes or no, with the message of each.
    YesNo(&'static str, &'static str),
    /// From 1 to 5.
    Grade,
    /// One of the things the act is possible on, such as a clock or a piece of evidence.
    Target,
    /// A channel of the pack.
    Channel,
    /// A supervision source of the pack.
    Source,
}

impl Field {
    /// Makes a field that must be there.
    pub const fn needed(name: &'static str, label: &'static str, shape: Shape) -> Field {
        Field {
            name,
            label,
            shape,
            needed: true,
            hint: None,
        }
    }

    /// Makes a field that may be left out.
    pub const fn optional(name: &'static str, label: &'static str, shape: Shape) -> Field {
        Field {
            name,
            label,
            shape,
            needed: false,
            hint: None,
        }
    }

    /// Says more about it.
    pub const fn hint(mut self, hint: &'static str) -> Field {
        self.hint = Some(hint);
        self
    }
}

/// The most units that are named where a part of a name fits several.
const NAMED: usize = 6;

/// Why something is done; most acts ask for it.
pub const REASON: Field = Field::needed("reason", "label-reason", Shape::Note);

/// How an answer reaches the reporter.
const WAYS: &[(&str, &str)] = &[
    ("receipt_page", "way-receipt-page"),
    ("phone", "way-phone"),
    ("letter", "way-letter"),
    ("email", "way-email"),
    ("in_person", "way-in-person"),
];

/// Returns the fields for what a step asks; one that asks for nothing still takes a remark.
pub fn of_asks(asks: &[Ask]) -> Vec<Field> {
    if asks.is_empty() {
        return vec![Field::optional("remark", "label-remark", Shape::Note).hint("case-remark-hint")];
    }
    asks.iter().flat_map(|ask| of_ask(*ask)).collect()
}

fn of_ask(ask: Ask) -> Vec<Field> {
    match ask {
        Ask::Remark => vec![Field::needed("remark", "label-remark", Shape::Note)],
        Ask::Reason => vec![REASON],
        Ask::Unit => vec![
            Field::needed("unit", "label-unit", Shape::Unit).hint("case-unit-hint"),
            Field::optional("co_units", "case-co-units", Shape::Units).hint("case-units-hint"),
        ],
        Ask::Reply => vec![
            Field::needed("reply", "label-reply", Shape::Body).hint("case-reply-hint"),
            Field::needed("reply_way", "case-reply-way", Shape::Word(WAYS)),
        ],
        Ask::Finding => {
            vec![Field::needed("finding", "label-finding", Shape::Note).hint("case-finding-hint")]
        }
        Ask::Notice => vec![Field::needed("notice", "label-notice", Shape::Body)],
        Ask::ObjectionWay => vec![Field::needed("objection_way", "label-objection-way", Shape::Note)],
        Ask::Organ => vec![Field::needed("organ", "label-organ", Shape::Line)],
        Ask::OrganReceipt => vec![Field::needed("organ_receipt", "label-organ-receipt", Shape::Note)],
        Ask::Publication => vec![
            Field::needed("publication", "case-publication", Shape::Body),
            Field::needed("publication_days", "case-publication-days", Shape::Number),
        ],
    }
}

/// Reads a form by its fields into the body of the request that it stands for.
///
/// # Errors
/// [`WebError::Input`] with everything that is wrong.
pub async fn read(ctx: &Ctx, form: &Form, fields: &[Field]) -> Result<Map<String, Value>, WebError> {
    let mut reader = form.read();
    let mut body = Map::new();
    for field in fields {
        let value = match field.shape {
            Shape::Case => case(ctx, &mut reader, field).await?,
            Shape::Cases => cases(ctx, &mut reader, field).await?,
            Shape::Unit => unit(ctx, &mut reader, field),
            _ => plain(&mut reader, field),
        };
        match value {
            Some(value) => drop(body.insert(field.name.to_owned(), value)),
            None if field.needed
                && reader
                    .complaints
                    .iter()
                    .all(|complaint| complaint.field != field.name) =>
            {
                reader.complain(Complaint::new(field.name, "field-required"));
            }
            None => {}
        }
    }
    reader.done()?;
    Ok(body)
}

fn plain(reader: &mut Reader<'_>, field: &Field) -> Option<Value> {
    let name = field.name;
    match field.shape {
        Shape::Note => reader.text(name, limits::NOTE_CHARS).map(Value::from),
        Shape::Body => reader.text(name, limits::TEXT_CHARS).map(Value::from),
        Shape::Units => reader
            .text(name, limits::NOTE_CHARS)
            .map(|text| parts(&text).collect()),
        Shape::Number => reader.number(name, 1..=999).map(Value::from),
        Shape::Grade => reader.number(name, 1..=5).map(Value::from),
        Shape::YesNo(..) => reader.choice(name, yes_or_no).map(Value::from),
        Shape::Word(words) => {
            let known = |said: &str| {
                words
                    .iter()
                    .find(|(word, _)| *word == said)
                    .map(|(word, _)| *word)
            };
            reader.choice(name, known).map(Value::from)
        }
        Shape::Line | Shape::Unit | Shape::Person | Shape::Category | Shape::Channel | Shape::Source => {
            reader.text(name, limits::LINE_CHARS).map(Value::from)
        }
        Shape::Target | Shape::Case | Shape::Cases => reader.text(name, limits::LINE_CHARS).map(Value::from),
    }
}

/// Reads a unit: its name or code, or a part of a name that fits no other unit of today. Where several fit, they are
/// named.
fn unit(ctx: &Ctx, reader: &mut Reader<'_>, field: &Field) -> Option<Value> {
    let text = reader.text(field.name, limits::LINE_CHARS)?;
    let org = &ctx.scene.org;
    if !org.units_named(&text).is_empty() {
        return Some(Value::from(text));
    }
    let fitting = org.units_fitting(&text, ctx.scene.calendar.date_of(ctx.now));
    match fitting.as_slice() {
        [] => Some(Value::from(text)),
        [only] => Some(Value::from(only.code.clone())),
        several => {
            let names = several.iter().take(NAMED).map(|unit| named(ctx, unit));
            let names = names.collect::<Vec<_>>().join(&ctx.tongue.t("list-comma"));
            let complaint = Complaint::new(field.name, "field-several-units");
            reader.complain(complaint.with("count", several.len()).naming("units", names));
            None
        }
    }
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// Takes a list apart as people write one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', ';', '；', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

async fn case(ctx: &Ctx, reader: &mut Reader<'_>, field: &Field) -> Result<Option<Value>, WebError> {
    let Some(number) = reader.text(field.name, limits::LINE_CHARS) else {
        return Ok(None);
    };
    let found = case_of(ctx, &number).await?;
    if found.is_none() {
        reader.complain(Complaint::new(field.name, "field-unknown-case"));
    }
    Ok(found.map(|id| Value::from(id.to_string())))
}

async fn cases(ctx: &Ctx, reader: &mut Reader<'_>, field: &Field) -> Result<Option<Value>, WebError> {
    let Some(text) = reader.text(field.name, limits::NOTE_CHARS) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for number in parts(&text).take(limits::CASES + 1) {
        match case_of(ctx, number).await? {
            Some(id) => found.push(Value::from(id.to_string())),
            None => reader.complain(Complaint::new(field.name, "field-unknown-case")),
        }
    }
    Ok(Some(Value::from(found)))
}

/// Returns the case with this number, if the visitor may read it.
async fn case_of(ctx: &Ctx, number: &str) -> Result<Option<CaseId>, WebError> {
    match super::open(ctx, number).await {
        Ok(view) => Ok(Some(view.case.id)),
        Err(WebError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns what a field holds before anything is written into it: what the system knows already.
pub fn known(story: &Story<'_>, field: &Field) -> String {
    let case = story.case();
    match field.name {
        "unit" | "to" | "proposed" if field.needed => suggested(story).map(|unit| named(story.ctx, unit)),
        "co_units" => {
            let units = case.co_units.iter().filter_map(|unit| unit_of(story, *unit));
            Some(units.collect::<Vec<_>>().join(&story.ctx.tongue.t("list-comma")))
        }
        "person" => case.person.map(|person| person.to_string()),
        "category" => case.category.clone(),
        "reply_way" => Some("receipt_page".to_owned()),
        "publication_days" => story.kind.publication_days.map(|days| days.to_string()),
        _ => None,
    }
    .unwrap_or_default()
}

fn unit_of(story: &Story<'_>, unit: UnitId) -> Option<String> {
    story.ctx.scene.org.unit(unit).map(|unit| named(story.ctx, unit))
}

/// Returns the unit whose duty the case's category is, else the only one that handles anything, unless it has the case
/// already.
fn suggested<'a>(story: &'a Story<'_>) -> Option<&'a Unit> {
    let mut units = suggested_units(story.case(), &context(story, Actor::System));
    if units.is_empty() {
        units.extend(takers::only_handler(story));
    }
    let first = units.into_iter().find(|unit| Some(*unit) != story.case().unit)?;
    story.ctx.scene.org.unit(first)
}

/// Returns what to write to mean a unit: its name, or its code where others are called so too.
pub fn named(ctx: &Ctx, unit: &Unit) -> String {
    let name = ctx.name(&unit.name);
    let alone = ctx
        .scene
        .org
        .unit_by_name(&name)
        .is_some_and(|found| found.id == unit.id);
    if alone { name } else { unit.code.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart_as_people_write_them() {
        let found: Vec<&str> = parts("住建局、 水务局，城管局;,\n").collect();
        assert_eq!(found, ["住建局", "水务局", "城管局"]);
    }

    #[test]
    fn every_ask_has_a_field_that_must_be_there() {
        use bihuan_core::pack::words::Word as _;
        for ask in Ask::ALL {
            assert!(of_asks(&[*ask]).iter().any(|field| field.needed), "{ask:?}");
        }
    }
}
