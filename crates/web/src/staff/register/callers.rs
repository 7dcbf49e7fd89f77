//! Whether somebody rang before: the number in the drawer is looked up by its keyed hash. Nothing sealed is opened
//! and no name is read; of the earlier cases only those are counted and shown that the visitor may see, and of these
//! only those under the reporter's name. Whoever asked for confidence is not found by trying numbers, which would leave
//! no trace.

use bihuan_core::event::{Disclosure, RaisedBy};
use bihuan_store::read::case::CaseView;

use super::choices::REGISTER;
use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::show;
use crate::story::Story;

/// The fewest digits that are looked up: fewer are no number yet.
const DIGITS: usize = 7;
/// The most earlier cases that are looked at.
const LOOKED_AT: usize = 10;
/// The most that are shown.
const SHOWN: usize = 4;

/// What is known of a number.
pub struct Callers {
    /// How many there were, in words.
    pub said: String,
    /// The open ones first: address, title, number, state and day.
    pub earlier: Vec<(String, String, String, String)>,
}

/// Returns what is known of a number; `None` where nobody rang from it before, as far as the visitor may know.
///
/// # Errors
/// [`WebError`] if the store cannot be read.
pub async fn of(ctx: &Ctx, phone: &str) -> Result<Option<Callers>, WebError> {
    if phone.chars().filter(|c| c.is_numeric()).count() < DIGITS {
        return Ok(None);
    }
    let permit = access::permit_general(ctx, REGISTER)?;
    let found = ctx.tenant.cases_of_phone(&permit, phone, LOOKED_AT).await?;
    let mut views: Vec<CaseView> = Vec::new();
    for case in &found {
        match access::open(ctx, *case).await {
            Ok(view) if is_under_name(&view) => views.push(view),
            Ok(_) | Err(WebError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    if views.is_empty() {
        return Ok(None);
    }
    // The newest come first; what is open comes before what is not.
    views.sort_by_key(|view| view.case.end.is_some());
    let open = views.iter().filter(|view| view.case.end.is_none()).count();
    let all = if found.len() == LOOKED_AT {
        "register-callers-more"
    } else {
        "register-callers"
    };
    let line = |view: &CaseView| {
        let story = Story::of(ctx, view)?;
        let day = show::date(&ctx.scene.calendar, ctx.tongue, view.case.raised_at);
        let stands = format!("{} · {day}", story.state());
        let number = view.case.number.clone();
        Ok((
            format!("/cases/{number}"),
            story.text(view.case.title),
            number,
            stands,
        ))
    };
    let earlier: Result<Vec<_>, WebError> = views.iter().take(SHOWN).map(line).collect();
    Ok(Some(Callers {
        said: ctx.tongue.t2(all, ("count", views.len()), ("open", open)),
        earlier: earlier?,
    }))
}

/// Whether the reporter let it be known who they are.
fn is_under_name(view: &CaseView) -> bool {
    matches!(
        view.case.raised_by,
        RaisedBy::Reporter {
            disclosure: Disclosure::RealName,
            ..
        }
    )
}
