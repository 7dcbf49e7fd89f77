//! The ledger: all cases that a person may read, under one filter, in one order, page by page.
//!
//! [`place`] is the address, [`column`] what a row shows, [`page`] what the template holds.

pub mod column;
pub mod group;
pub mod page;
pub mod place;

use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bihuan_core::filter;
use bihuan_store::personal::SavedView;
use serde_json::{Value, json};

use self::place::Place;
use super::asked::Asked;
use super::views;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::html;
use crate::query::with_scene;

/// The fields of an address, in their order.
pub type Fields = Vec<(String, String)>;

/// `GET /ledger`
pub async fn read_ledger(ctx: Ctx, Query(fields): Query<Fields>) -> Result<Response, WebError> {
    let (place, views) = place_of(&ctx, &fields).await?;
    let asked = Asked::of(&ctx, &place.filter);
    Ok(html(&page::LedgerPage::read(&ctx, place, asked, views).await?))
}

/// Returns the place that the fields of an address ask for, and the views to choose from.
///
/// # Errors
/// [`WebError`] if the views cannot be read.
pub async fn place_of(ctx: &Ctx, fields: &Fields) -> Result<(Place, Vec<SavedView>), WebError> {
    let mut place = Place::read(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let views = views::all(ctx).await?;
    if let Some(view) = views.iter().find(|view| Some(view.id) == place.view)
        && !fields.iter().any(|(name, _)| name == "filter")
    {
        place = views::place_of(view, place);
    }
    Ok((place, views))
}

/// `GET /ledger/suggest`, and the API's `/api/v1/filter/suggestions`: what may stand where somebody writes in the filter bar; `cursor` counts
/// UTF-16 units, as scripts do.
pub async fn read_ledger_suggestions(ctx: Ctx, Query(fields): Query<Fields>) -> Response {
    let field = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map_or("", |(_, value)| value.as_str())
    };
    let text = field("text");
    let units = field("cursor").parse().unwrap_or(usize::MAX);
    let cursor = byte_at(text, units);
    let suggestions = with_scene(&ctx, |scene| filter::suggest(text, cursor, ctx.tongue.0, scene));
    let shape = |suggestion: filter::Suggestion| {
        json!({
            "from": text[..suggestion.span.start].encode_utf16().count(),
            "to": text[..suggestion.span.end].encode_utf16().count(),
            "insert": suggestion.insert,
            "title": ctx.name(&suggestion.title),
        })
    };
    let list: Value = suggestions.into_iter().map(shape).collect();
    ([(header::CONTENT_TYPE, "application/json")], list.to_string()).into_response()
}

/// Returns the byte at which so many UTF-16 units of a text end.
fn byte_at(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (at, character) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += character.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_scripts_is_found_in_bytes() {
        assert_eq!(byte_at("单位 = x", 2), "单位".len());
        assert_eq!(byte_at("😀a", 2), "😀".len());
        assert_eq!(byte_at("ab", 99), 2);
    }
}
