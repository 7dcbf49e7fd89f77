//! The list that a case was opened from, and the case's place in it. The address of the case carries both,
//! so that one key leads to the next case of that list and another back to it, also after something was
//! done to the case.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::permission::READ;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::Cursor;

use super::asked::Asked;
use super::ledger::place::Place;
use crate::ctx::{Ctx, escaped, query_value};
use crate::error::WebError;

/// Where a case was opened from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The list, at the page that was seen; a group of the desk is a list of the ledger too.
    place: Place,
    /// The case's place in it when it was opened.
    at: Cursor,
    /// Whether it was seen on the desk.
    desk: bool,
}

/// What the page of a case shows of it.
pub struct Way {
    /// Where the list is.
    pub back: String,
    /// The message that names the list.
    pub title: &'static str,
    /// Where the next case is.
    pub next: String,
}

impl Origin {
    /// Returns where the case of a request was opened from; `None` where its address does not say so.
    pub fn of(ctx: &Ctx) -> Option<Origin> {
        let (_, query) = ctx.here.split_once('?')?;
        Origin::read(query)
    }

    fn read(query: &str) -> Option<Origin> {
        Some(Origin {
            place: Place::of_query(&query_value(query, "in")?),
            at: query_value(query, "at")?.parse().ok()?,
            desk: query_value(query, "desk").is_some(),
        })
    }

    /// Returns the fields that carry it in an address.
    fn fields(&self) -> String {
        let desk = if self.desk { "&desk=yes" } else { "" };
        format!("in={}&at={}{desk}", escaped(&self.place.query()), self.at)
    }

    fn list(&self) -> String {
        match self.desk {
            true => "/desk".to_owned(),
            false => self.place.href(),
        }
    }

    /// Returns what the page of a case shows of it.
    pub fn way(&self, number: &str) -> Way {
        Way {
            back: format!("{}#case-{number}", self.list()),
            title: if self.desk {
                "way-back-desk"
            } else {
                "way-back-ledger"
            },
            next: format!("/ledger/next?{}", self.fields()),
        }
    }

    /// Returns the list with word that it came to its end.
    fn end(&self) -> String {
        let list = self.list();
        let joint = if list.contains('?') { '&' } else { '?' };
        format!("{list}{joint}end=yes")
    }
}

/// Returns an address under a case's page, with where the case was opened from.
pub fn kept(ctx: &Ctx, address: String) -> String {
    match Origin::of(ctx) {
        Some(origin) => {
            let joint = if address.contains('?') { '&' } else { '?' };
            format!("{address}{joint}{}", origin.fields())
        }
        None => address,
    }
}

/// Whether a list is shown because the last of its cases was left.
pub fn is_ended(ctx: &Ctx) -> bool {
    let query = ctx.here.split_once('?').map(|(_, query)| query);
    query.is_some_and(|query| query_value(query, "end").is_some())
}

/// `GET /ledger/next`: leads to the case that now comes after the one that was opened from a list.
pub async fn read_next_case(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let origin = query
        .as_deref()
        .and_then(Origin::read)
        .ok_or(WebError::NotFound)?;
    let within = Asked::of(&ctx, &origin.place.filter).within(&ctx, READ)?;
    let (sort, at) = (origin.place.sort, origin.at.clone());
    let read = ctx.tenant.read(move |reader| {
        reader.list(&Listing {
            filter: &within,
            sort,
            after: Some(&at),
            limit: 1,
        })
    });
    let page = read.await?;
    let to = match (page.rows.first(), page.next) {
        (Some(row), _) => {
            let at = sort.place(row);
            let next = Origin { at, ..origin };
            format!("/cases/{}?{}", row.number, next.fields())
        }
        // So much was read that the list itself must say how far it came.
        (None, Some(further)) if page.cut => origin.place.at(Some(further)).href(),
        (None, _) => origin.end(),
    };
    Ok(Redirect::to(&to).into_response())
}

#[cfg(test)]
mod tests {
    use bihuan_store::read::order::{Sort, SortBy};

    use super::*;

    #[test]
    fn where_a_case_came_from_comes_back_from_its_address() {
        let at = "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDA5aTU";
        let place = Place {
            sort: Sort {
                by: SortBy::Due,
                descending: false,
            },
            after: at.parse().ok(),
            ..Place::default().with_filter("单位 = \"卫健委\" & x".to_owned())
        };
        let at: Cursor = at.parse().unwrap();
        let place = place.at(Some(at.clone()));
        for desk in [true, false] {
            let (place, at) = (place.clone(), at.clone());
            let origin = Origin { place, at, desk };
            assert_eq!(Origin::read(&origin.fields()), Some(origin));
        }
    }

    #[test]
    fn an_address_that_says_half_of_it_says_nothing() {
        for query in ["", "in=", "at=x", "in=filter%3Dopen&at=nonsense"] {
            assert_eq!(Origin::read(query), None, "{query}");
        }
    }
}
