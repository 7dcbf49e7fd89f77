//! The list that a case was opened from, and the case's place in it. The address of the case carries both,
//! so that one key leads to the next case of that list and another back to it, also after something was
//! done to the case. What is done to a case in the list itself carries that too, and leads back to the list.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::permission::READ;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::Cursor;

use super::asked::Asked;
use super::ledger::place::Place;
use crate::ctx::{Ctx, escaped, query_value};
use crate::error::WebError;
use crate::limits;
use crate::page::Area;

/// Where a case was opened from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The list, at the page that was seen; a group of the desk is a list of the ledger too.
    place: Place,
    /// The case's place in it when it was opened.
    at: Cursor,
    /// Where it was seen.
    seen: Seen,
    /// Whether it was the only case of it.
    only: bool,
    /// Whether what is done leads back to it, not to the case.
    back: bool,
}

/// The page on which a list was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The ledger, at the list's own place.
    Ledger,
    /// The desk.
    Desk,
    /// The leader's view.
    Leader,
    /// The board, at the place of this query; the list is one of its columns.
    Board(String),
}

impl Seen {
    /// Returns the fields that carry it in an address.
    fn fields(&self) -> String {
        match self {
            Seen::Ledger => String::new(),
            Seen::Desk => "&seen=desk".to_owned(),
            Seen::Leader => "&seen=leader".to_owned(),
            Seen::Board(query) => format!("&seen=board&board={}", escaped(query)),
        }
    }

    fn read(query: &str) -> Seen {
        match query_value(query, "seen").as_deref() {
            Some("desk") => Seen::Desk,
            Some("leader") => Seen::Leader,
            // Read as a place and written again, it leads to a board and nowhere else.
            Some("board") => {
                let board = query_value(query, "board").unwrap_or_default();
                Seen::Board(Place::of_query(&board).query())
            }
            Some(_) | None => Seen::Ledger,
        }
    }

    /// Returns the message that leads back to it.
    fn back(&self) -> &'static str {
        match self {
            Seen::Ledger => "way-back-ledger",
            Seen::Desk => "way-back-desk",
            Seen::Leader => "way-back-leader",
            Seen::Board(_) => "way-back-board",
        }
    }
}

/// What the page of a case shows of it.
pub struct Way {
    /// Where the list is.
    pub back: String,
    /// The message that names the list.
    pub title: &'static str,
    /// Where the next case is; `None` after the only one.
    pub next: Option<String>,
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
            seen: Seen::read(query),
            only: query_value(query, "only").is_some(),
            back: query_value(query, "back").is_some(),
        })
    }

    /// Returns the fields that carry it in an address.
    pub fn fields(&self) -> String {
        let fields = fields(&self.place.query(), &self.at, &self.seen);
        match self.only {
            true => format!("{fields}&only=yes"),
            false => fields,
        }
    }

    /// Returns the area of that page.
    pub fn area(&self) -> Area {
        match &self.seen {
            Seen::Ledger => Area::Ledger,
            Seen::Desk => Area::Desk,
            Seen::Leader => Area::Leader,
            Seen::Board(_) => Area::Board,
        }
    }

    /// Returns the address of the page on which the list was seen.
    pub fn list(&self) -> String {
        match &self.seen {
            Seen::Ledger => self.place.href(),
            Seen::Desk => "/desk".to_owned(),
            Seen::Leader => "/leader".to_owned(),
            Seen::Board(query) if query.is_empty() => "/board".to_owned(),
            Seen::Board(query) => format!("/board?{query}"),
        }
    }

    /// Returns what the page of a case shows of it.
    pub fn way(&self, number: &str) -> Way {
        Way {
            back: format!("{}#case-{number}", self.list()),
            title: self.seen.back(),
            next: (!self.only).then(|| format!("/ledger/next?{}", self.fields())),
        }
    }

    /// Returns the list with word that it came to its end.
    fn end(&self) -> String {
        joined(&self.list(), "end=yes")
    }
}

/// Returns the fields by which an address says that a case was opened from a list, given by the query of its
/// place, and the case's place in it.
pub fn fields(list: &str, at: &Cursor, seen: &Seen) -> String {
    format!("in={}&at={at}{}", escaped(list), seen.fields())
}

/// Returns the same fields for a form of the list itself: what it does leads back to the list.
pub fn fields_of_form(list: &str, at: &Cursor, seen: &Seen) -> String {
    format!("{}&back=yes", fields(list, at, seen))
}

/// Returns an address with more fields in its query.
fn joined(address: &str, fields: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{fields}")
}

/// Returns where something that was done to a case leads: back to the list whose form it was, which names the
/// case, or to the case, which names what was done.
pub fn after(ctx: &Ctx, number: &str, what: &str) -> String {
    match Origin::of(ctx).filter(|origin| origin.back) {
        Some(origin) => {
            // On a board the card is looked for where it went; elsewhere what was done is said above the list.
            let mark = match origin.seen {
                Seen::Board(_) => format!("#case-{number}"),
                Seen::Ledger | Seen::Desk | Seen::Leader => String::new(),
            };
            joined(&origin.list(), &format!("done={number}{mark}"))
        }
        None => kept(ctx, format!("/cases/{number}?done={what}")),
    }
}

/// Returns an address under a case's page, with where the case was opened from.
pub fn kept(ctx: &Ctx, address: String) -> String {
    match Origin::of(ctx) {
        Some(origin) => joined(&address, &origin.fields()),
        None => address,
    }
}

/// Returns the same for a form: what it does leads back to the list where the address asks for that.
pub fn kept_on(ctx: &Ctx, address: String) -> String {
    match Origin::of(ctx) {
        Some(origin) if origin.back => joined(&address, &format!("{}&back=yes", origin.fields())),
        Some(_) | None => kept(ctx, address),
    }
}

/// Whether a text can be the number of a case: nothing else that an address says is shown.
pub fn is_number(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.len() <= limits::LINE_CHARS && text.chars().all(fits)
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
        let board = Seen::Board("filter=open%20and%20overdue".to_owned());
        for seen in [Seen::Ledger, Seen::Desk, Seen::Leader, board] {
            let (place, at) = (place.clone(), at.clone());
            let origin = Origin {
                place,
                at,
                only: seen == Seen::Desk,
                seen,
                back: false,
            };
            assert_eq!(Origin::read(&origin.fields()), Some(origin));
        }
    }

    #[test]
    fn whatever_an_address_says_it_leads_back_to_a_page_of_our_own() {
        let at = "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDA5aTU";
        for board in [
            "//evil.example",
            "https%3A%2F%2Fevil.example",
            "x%0D%0ALocation%3A%20y",
        ] {
            let query = format!("in=&at={at}&seen=board&board={board}");
            assert_eq!(Origin::read(&query).unwrap().list(), "/board");
        }
        let query = format!("in=&at={at}&seen=%2F%2Fevil.example");
        assert_eq!(Origin::read(&query).unwrap().list(), "/ledger");
    }

    #[test]
    fn an_address_that_says_half_of_it_says_nothing() {
        for query in ["", "in=", "at=x", "in=filter%3Dopen&at=nonsense"] {
            assert_eq!(Origin::read(query), None, "{query}");
        }
    }
}
