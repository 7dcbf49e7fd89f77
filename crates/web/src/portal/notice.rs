//! What the reporter is told by the pack's messages, each filled from the case as it was at that moment.

use bihuan_core::case::fold::fold_all;
use bihuan_core::case::{Case, ClockRun};
use bihuan_core::event::{BodyRef, CaseEvent, End, Event};
use bihuan_store::notice::Notice;
use jiff::Timestamp;

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

/// Returns the notices of the report and notes that those not yet seen reach the reporter now, if somebody looks.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn tell(ctx: &Ctx, story: &Story<'_>) -> Result<Vec<Told>, WebError> {
    let case = story.case().id;
    let notices = ctx.tenant.read(move |reader| reader.notices(case, SHOWN)).await?;
    let unseen = notices.iter().filter(|notice| notice.delivered_at.is_none());
    let unseen: Vec<u32> = unseen.map(|notice| notice.version).collect();
    if !unseen.is_empty() && !ctx.ahead {
        ctx.tenant.note_delivered(case, unseen, ctx.now).await?;
    }
    Ok(notices.iter().filter_map(|notice| told(story, notice)).collect())
}

fn told(story: &Story<'_>, notice: &Notice) -> Option<Told> {
    let message = story.pack.messages.get(&notice.message)?;
    let then = after(story, notice.version)?;
    Some(Told {
        text: fill(story, message.get(story.ctx.tongue.0), &then),
        when: story.moment(notice.made_at),
        is_new: notice.delivered_at.is_none(),
    })
}

/// Returns the case as the step of this version left it: what the step brought about (who was made
/// responsible, which clocks it started, what was answered) stands behind it in the log, of the same act.
fn after(story: &Story<'_>, version: u32) -> Option<Case> {
    let log = &story.view.log;
    let step = usize::try_from(version).ok()?;
    let act = &log.get(step.checked_sub(1)?)?.entry;
    let brought = log
        .iter()
        .skip(step)
        .map(|logged| &logged.entry)
        .take_while(|entry| {
            (entry.occurred_at, entry.recorded_at, entry.actor)
                == (act.occurred_at, act.recorded_at, act.actor)
                && !matches!(entry.event, Event::Case(CaseEvent::StepTaken { .. }))
        });
    let until = step + brought.count();
    let entries = log.iter().take(until).map(|logged| &logged.entry);
    fold_all(story.case().id, entries).ok().flatten()
}

/// Returns until when it was promised at that moment: the clocks of the offices among themselves promise the
/// reporter nothing.
fn promised(story: &Story<'_>, then: &Case) -> Option<Timestamp> {
    let clocks = then.clocks.values();
    let promises = clocks.filter(|clock| story.kind.start.contains(&clock.span.clock));
    let running = promises.filter(|clock| clock.run == ClockRun::Running);
    running
        .map(|clock| clock.span.due_at)
        .min()
        .or_else(|| then.due_at())
}

/// Fills the slots that packs may use: number, due date, unit, and the text that was written.
fn fill(story: &Story<'_>, message: &str, then: &Case) -> String {
    let nobody = || story.ctx.tongue.t("track-no-unit");
    let unit = then.unit.map_or_else(nobody, |unit| story.words().unit(unit));
    let due = promised(story, then).map(|at| story.date(at)).unwrap_or_default();
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
