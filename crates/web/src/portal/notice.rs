//! What the reporter is told by the pack's messages, each filled from the case as it was at that moment.

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold_all;
use bihuan_core::event::{BodyRef, End};
use bihuan_store::notice::Notice;

use crate::ctx::Ctx;
use crate::error::WebError;
use crate::story::Story;

/// The most notices that a page shows; the newest first.
const SHOWN: usize = 20;

/// A notice as the page shows it.
pub struct Told {
    /// The filled message.
    pub text: String,
    /// When what it tells happened.
    pub when: String,
    /// Whether this page is the first to show it.
    pub is_new: bool,
}

/// Returns the notices of the report and notes that those not yet seen reach the reporter now.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn tell(ctx: &Ctx, story: &Story<'_>) -> Result<Vec<Told>, WebError> {
    let case = story.case().id;
    let notices = ctx.tenant.read(move |reader| reader.notices(case, SHOWN)).await?;
    let unseen = notices.iter().filter(|notice| notice.delivered_at.is_none());
    let unseen: Vec<u32> = unseen.map(|notice| notice.version).collect();
    if !unseen.is_empty() {
        ctx.tenant.note_delivered(case, unseen, ctx.now).await?;
    }
    Ok(notices.iter().filter_map(|notice| told(story, notice)).collect())
}

fn told(story: &Story<'_>, notice: &Notice) -> Option<Told> {
    let message = story.pack.messages.get(&notice.message)?;
    let until = usize::try_from(notice.version).ok()?;
    let entries = story.view.log.iter().take(until).map(|logged| &logged.entry);
    let then = fold_all(story.case().id, entries).ok().flatten()?;
    Some(Told {
        text: fill(story, message.get(story.ctx.tongue.0), &then),
        when: story.moment(notice.made_at),
        is_new: notice.delivered_at.is_none(),
    })
}

/// Fills the slots that packs may use: number, due date, unit, and the text that was written.
fn fill(story: &Story<'_>, message: &str, then: &Case) -> String {
    let nobody = || story.ctx.tongue.t("track-no-unit");
    let unit = then.unit.map_or_else(nobody, |unit| story.words().unit(unit));
    let due = then.due_at().map(|at| story.date(at)).unwrap_or_default();
    let text = written(then).map(|body| story.text(body)).unwrap_or_default();
    // What people wrote is filled in last: nothing in it is taken for a slot.
    message
        .replace("{number}", &then.number)
        .replace("{due}", &due)
        .replace("{unit}", &unit)
        .replace("{text}", &text)
}

/// Returns what was written to the reporter at that moment: a refusal's notice, the organ, or the answer.
fn written(then: &Case) -> Option<BodyRef> {
    match &then.end {
        Some(End::Refused { notice, .. }) => Some(*notice),
        Some(End::HandedOver { organ, .. }) => Some(*organ),
        Some(End::StruckOff | End::Answered | End::Withdrawn { .. } | End::Merged | End::ImportedClosed)
        | None => then.answered.map(|answer| answer.text),
    }
}
