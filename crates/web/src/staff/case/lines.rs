//! What happened, gathered: what one act brought about at one instant is one entry of the timeline.

use bihuan_core::event::{CaseEvent, Event};
use bihuan_store::commit::log::Logged;

use super::corrected;
use super::responsible;
use super::sieve::Sieve;
use crate::limits;
use crate::sentence::Listener;
use crate::story::{Shown, Story, Stretch};

/// What was done at one instant by one actor.
pub struct Entry {
    /// When, for machines.
    pub at: String,
    /// When, for people: the day and the time.
    pub when: (String, String),
    /// Where the page says who was responsible on that day.
    pub day: String,
    /// Who.
    pub by: String,
    /// What, in sentences; the first says what was done, the others what followed.
    pub said: Vec<Said>,
}

/// A sentence, with what was written.
pub struct Said {
    /// The sentence.
    pub sentence: String,
    /// What was written with it, where it is not shown elsewhere on the page.
    pub quotes: Vec<String>,
}

/// Something written among staff.
pub struct Remark {
    /// The text.
    pub text: String,
    /// Who.
    pub by: String,
    /// When.
    pub when: String,
}

/// Returns what happened that the sieve lets through, the newest first.
pub fn entries(story: &Story<'_>, sieve: Sieve) -> Stretch<Entry> {
    let shown = Shown {
        page: &sieve.page(story.ctx, &story.case().number),
        field: "steps",
        most: limits::ENTRIES_SHOWN,
        anchor: "timeline",
    };
    story.stretch(shown, all_entries(story, sieve).into_iter().rev())
}

/// Returns all entries, the oldest first, each with the version that it begins with.
fn all_entries(story: &Story<'_>, sieve: Sieve) -> Vec<(u32, Entry)> {
    let words = story.words();
    let calendar = &story.ctx.scene.calendar;
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    let mut last = None;
    let through = |logged: &&Logged| sieve.lets(&logged.entry.event);
    for logged in story.view.log.iter().filter(through) {
        let Some(told) = words.tell(story.kind, &logged.entry, Listener::Staff) else {
            continue;
        };
        let shown_elsewhere = matches!(
            &logged.entry.event,
            Event::Case(
                CaseEvent::Commented { .. }
                    | CaseEvent::ReporterAsked { .. }
                    | CaseEvent::ReporterReplied { .. }
            )
        );
        let quotes = told
            .quotes
            .into_iter()
            .filter(|_| !shown_elsewhere)
            .map(|body| story.text(body));
        let changed = match &logged.entry.event {
            Event::Case(CaseEvent::RegistrationCorrected { correction, .. }) => {
                corrected::said(story, logged.version, correction)
            }
            _ => Vec::new(),
        };
        let quotes = changed.into_iter().chain(quotes).collect();
        let said = Said {
            sentence: told.said,
            quotes,
        };
        let at = (logged.entry.occurred_at, logged.entry.actor);
        match entries.last_mut().filter(|_| last == Some(at)) {
            Some((_, entry)) => entry.said.push(said),
            None => {
                let entry = Entry {
                    at: at.0.to_string(),
                    when: (story.date(at.0), story.time(at.0)),
                    day: responsible::on(story, calendar.date_of(at.0)),
                    by: told.by,
                    said: vec![said],
                };
                entries.push((logged.version, entry));
            }
        }
        last = Some(at);
    }
    entries
}

/// Returns what staff remarked, the oldest first.
pub fn remarks(story: &Story<'_>) -> Vec<Remark> {
    let words = story.words();
    let remark = |entry: &bihuan_core::event::Entry| {
        let Event::Case(CaseEvent::Commented { text }) = &entry.event else {
            return None;
        };
        let told = words.tell(story.kind, entry, Listener::Staff)?;
        Some(Remark {
            text: story.text(*text),
            by: told.by,
            when: story.moment(entry.occurred_at),
        })
    };
    story
        .view
        .log
        .iter()
        .filter_map(|logged| remark(&logged.entry))
        .collect()
}
