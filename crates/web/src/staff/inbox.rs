//! The inbox 通知: what somebody is told, unread first. To open one marks it as read and leads to its case.

pub mod settings;

use askama::Template;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::CaseId;
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use bihuan_core::permission::READ;
use bihuan_store::notification::{MOST_COUNTED, Mark, Place, Told, Wanted};
use jiff::Timestamp;

use crate::access;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::form::Form;
use crate::notification::{self, Carrier};
use crate::page::{Area, Page, html};
use crate::show;

/// Where the inbox is.
pub const HREF: &str = "/inbox";

/// The rows of a page.
const ROWS: usize = 40;

#[derive(Template)]
#[template(path = "inbox/inbox.html")]
struct InboxPage {
    page: Page,
    /// How many are unread, in words.
    unread: String,
    /// Up to when all are marked as read by the button; `None` where nothing is unread.
    until: Option<i64>,
    /// What may be chosen: word, name, whether it is.
    occasions: Vec<(&'static str, String, bool)>,
    /// Whether something of it is chosen.
    chosen: bool,
    lines: Vec<Line>,
    first: Option<String>,
    next: Option<String>,
}

/// A notification as a line.
struct Line {
    /// Which it is, as its form sends it.
    mark: String,
    read: bool,
    href: String,
    number: String,
    said: String,
    title: String,
    look: &'static str,
    when: String,
    at: String,
}

/// `GET /inbox`
pub async fn read_inbox(ctx: Ctx, uri: Uri) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let asked = |name| uri.query().and_then(|query| query_value(query, name));
    let occasion = asked("occasion").and_then(|word| Occasion::of_word(&word));
    let after = asked("after").and_then(|place| read_place(&place));
    let (scope, from) = (access::scope(&ctx, READ)?, after.clone());
    let read = ctx.tenant.read(move |reader| {
        reader.notifications(&Wanted {
            person,
            scope: &scope,
            occasion,
            after: from.as_ref(),
            limit: ROWS,
        })
    });
    let found = read.await?;
    let unread = ctx.who()?.unread;
    let page = InboxPage {
        unread: match unread {
            0 => ctx.tongue.t("inbox-none-unread"),
            MOST_COUNTED.. => ctx.tongue.t1("inbox-many-unread", "count", MOST_COUNTED - 1),
            1.. => ctx.tongue.t1("inbox-unread", "count", unread),
        },
        until: (unread > 0).then(|| ctx.now.as_millisecond()),
        occasions: Occasion::ALL
            .iter()
            .map(|of| {
                let name = ctx.tongue.t(notification::title(*of));
                (of.word(), name, Some(*of) == occasion)
            })
            .collect(),
        chosen: occasion.is_some(),
        lines: found.rows.iter().map(|told| line(&ctx, told)).collect(),
        first: after.is_some().then(|| href(occasion, None)),
        next: found.next.map(|place| href(occasion, Some(&place))),
        page: ctx.page(Some(Area::Inbox)),
    };
    Ok(html(&page))
}

/// `POST /inbox/open`: marks one as read and leads to its case.
pub async fn open_notification(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let mark = read_mark(form.value("mark")).ok_or(WebError::NotFound)?;
    let view = access::open(&ctx, mark.case).await?;
    ctx.tenant.mark_read(person, mark, ctx.now).await?;
    Ok(Redirect::to(&format!("/cases/{}", view.case.number)).into_response())
}

/// `POST /inbox/read`: marks as read what was there when the page was made.
pub async fn mark_inbox_read(ctx: Ctx, form: Form) -> Result<Response, WebError> {
    let person = ctx.who()?.viewer.person;
    let until = form.value("until").parse().ok();
    let until = until.and_then(|until| Timestamp::from_millisecond(until).ok());
    let until = until.ok_or(WebError::NotFound)?;
    ctx.tenant.mark_all_read(person, until, ctx.now).await?;
    Ok(Redirect::to(HREF).into_response())
}

/// Marks as read what the visitor was told of a case, for they are looking at it; returns how much that was.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn see(ctx: &Ctx, case: CaseId) -> Result<u32, WebError> {
    let who = ctx.who()?;
    let (person, now) = (who.viewer.person, ctx.now);
    if who.unread == 0
        || !ctx
            .tenant
            .read(move |reader| reader.is_unread(person, case))
            .await?
    {
        return Ok(0);
    }
    let marked = ctx.tenant.mark_case_read(person, case, now, now).await?;
    Ok(u32::try_from(marked).unwrap_or(u32::MAX))
}

fn line(ctx: &Ctx, told: &Told) -> Line {
    let occasion = told.mark.occasion;
    Line {
        mark: write_mark(&told.mark),
        read: told.read,
        href: format!("/cases/{}", told.case.number),
        number: told.case.number.clone(),
        said: notification::say(&ctx.scene, ctx.tongue, told, Carrier::Page),
        title: ctx.tongue.t(notification::title(occasion)),
        look: match occasion {
            Occasion::Overdue => "over",
            Occasion::DueSoon | Occasion::CameBack | Occasion::Returned | Occasion::Disputed => "near",
            Occasion::Instructed | Occasion::ToVerify => "info",
            Occasion::Ended => "ok",
            Occasion::Assigned | Occasion::Ruled | Occasion::Extended | Occasion::Replied => "",
        },
        when: show::brief(&ctx.scene.calendar, ctx.tongue, told.mark.at, ctx.now),
        at: told.mark.at.to_string(),
    }
}

fn href(occasion: Option<Occasion>, after: Option<&Place>) -> String {
    let occasion = occasion.map(|of| format!("occasion={}", of.word()));
    let after = after.map(|place| {
        let read = if place.read { "r" } else { "u" };
        format!("after={read}.{}", write_mark(&place.after))
    });
    let fields: Vec<String> = occasion.into_iter().chain(after).collect();
    match fields.is_empty() {
        true => HREF.to_owned(),
        false => format!("{HREF}?{}", fields.join("&")),
    }
}

fn write_mark(mark: &Mark) -> String {
    format!(
        "{}.{}.{}",
        mark.at.as_millisecond(),
        mark.case,
        mark.occasion.word()
    )
}

fn read_mark(text: &str) -> Option<Mark> {
    let mut parts = text.splitn(3, '.');
    let at = parts.next()?.parse().ok()?;
    Some(Mark {
        at: Timestamp::from_millisecond(at).ok()?,
        case: CaseId(parts.next()?.parse().ok()?),
        occasion: Occasion::of_word(parts.next()?)?,
    })
}

fn read_place(text: &str) -> Option<Place> {
    let (read, mark) = text.split_once('.')?;
    let read = match read {
        "r" => true,
        "u" => false,
        _neither => return None,
    };
    let after = read_mark(mark)?;
    Some(Place { read, after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_inbox_comes_back_from_its_address() {
        let place = Place {
            read: true,
            after: Mark {
                at: Timestamp::from_millisecond(1_772_000_000_123).unwrap(),
                case: CaseId(uuid::Uuid::from_u128(7)),
                occasion: Occasion::CameBack,
            },
        };
        let href = href(Some(Occasion::CameBack), Some(&place));
        let query = href.split_once('?').unwrap().1;
        assert_eq!(
            query_value(query, "after").and_then(|text| read_place(&text)),
            Some(place)
        );
        for wrong in [
            "",
            "u",
            "x.1.2.3",
            "u.1.00000000-0000-0000-0000-000000000007.late",
        ] {
            assert_eq!(read_place(wrong), None, "{wrong}");
        }
    }
}
