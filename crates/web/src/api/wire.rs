//! The bounded values that bodies of the API are made of.

use std::borrow::Cow;

use bihuan_core::event::{AccusedParty, Disclosure};
use bihuan_core::id::{PersonId, UnitId};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::tidy;
use crate::limits;
use crate::portal::intake::disclosure_named;

/// A text of one to `MOST` characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MOST: usize>(pub String);

/// A single line.
pub type Line = Text<{ limits::LINE_CHARS }>;
/// The name of a saved view.
pub type ViewName = Text<{ limits::VIEW_NAME_CHARS }>;
/// A reason, an answer, a remark.
pub type Note = Text<{ limits::NOTE_CHARS }>;
/// The text of a report.
pub type Body = Text<{ limits::TEXT_CHARS }>;

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = tidy(&String::deserialize(deserializer)?);
        match text.chars().count() {
            0 => Err(serde::de::Error::custom("a text must not be empty")),
            count if count > MOST => Err(serde::de::Error::custom(format!(
                "a text of at most {MOST} characters, this has {count}"
            ))),
            _ => Ok(Text(text)),
        }
    }
}

impl<const MOST: usize> PartialSchema for Text<MOST> {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MOST));
        RefOr::T(Schema::Object(text.build()))
    }
}

impl<const MOST: usize> ToSchema for Text<MOST> {
    fn name() -> Cow<'static, str> {
        format!("Text{MOST}").into()
    }
}

/// Reads what a reporter allows to be known; a word that is none is complained of.
pub fn disclosure(word: Option<&Line>, complaints: &mut Vec<Complaint>) -> Option<Disclosure> {
    let found = disclosure_named(&word?.0);
    if found.is_none() {
        complaints.push(Complaint::new("disclosure", "field-bad-choice"));
    }
    found
}

/// Finds a unit by id, code or name.
///
/// # Errors
/// [`WebError::Input`] naming `field` if there is none.
pub fn unit(ctx: &Ctx, field: &'static str, named: &Line) -> Result<UnitId, WebError> {
    let by_id = named
        .0
        .parse()
        .ok()
        .filter(|id| ctx.scene.org.unit(*id).is_some());
    let found = by_id.or_else(|| ctx.scene.org.unit_by_name(&named.0).map(|unit| unit.id));
    found.ok_or_else(|| WebError::Input(vec![Complaint::new(field, "field-unknown-unit")]))
}

/// Finds units, as [`unit`] does.
///
/// # Errors
/// As [`unit`].
pub fn units(ctx: &Ctx, field: &'static str, named: &[Line]) -> Result<Vec<UnitId>, WebError> {
    if named.len() > limits::UNITS {
        let complaint = Complaint::new(field, "field-too-many").with("most", limits::UNITS);
        return Err(WebError::Input(vec![complaint]));
    }
    named.iter().map(|named| unit(ctx, field, named)).collect()
}

/// Finds the units that a case complains about, as [`units`] does.
///
/// # Errors
/// As [`units`].
pub fn accused(ctx: &Ctx, named: &[Line]) -> Result<Vec<AccusedParty>, WebError> {
    let units = units(ctx, "accused", named)?;
    Ok(units.into_iter().map(AccusedParty::Unit).collect())
}

/// Finds a person by id or name.
///
/// # Errors
/// [`WebError::Input`] naming `field` if there is none.
pub fn person(ctx: &Ctx, field: &'static str, named: &Line) -> Result<PersonId, WebError> {
    let by_id = named
        .0
        .parse()
        .ok()
        .filter(|id| ctx.scene.org.person(*id).is_some());
    let found = by_id.or_else(|| ctx.scene.org.person_by_name(&named.0).map(|person| person.id));
    found.ok_or_else(|| WebError::Input(vec![Complaint::new(field, "field-unknown-person")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_bounded_in_characters_not_bytes() {
        let text: Text<4> = serde_json::from_str("\" 路灯坏了 \"").unwrap();
        assert_eq!(text.0, "路灯坏了");
        let problem = serde_json::from_str::<Text<3>>("\"路灯坏了\"")
            .unwrap_err()
            .to_string();
        assert!(problem.contains("at most 3 characters, this has 4"), "{problem}");
        assert!(serde_json::from_str::<Text<3>>("\" \"").is_err());
        assert!(serde_json::from_str::<Text<3>>("7").is_err());
    }
}
