//! The story of a case as a page tells it: the stretch it has gone, each step, its pictures, what was said.

use std::cmp::Ordering;

use bihuan_core::case::Case;
use bihuan_core::event::{Actor, BodyRef, CaseEvent, End, Event, EvidenceMoment};
use bihuan_core::pack::model::{Kind, Pack, Phase};
use bihuan_store::commit::log::Logged;
use bihuan_store::read::case::CaseView;
use jiff::Timestamp;

use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::limits;
use crate::sentence::{Listener, Words};
use crate::show;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, for machines.
    pub at: String,
    /// When, for people.
    pub when: String,
    /// What was done, as a sentence.
    pub said: String,
    /// What followed from it.
    pub then: Vec<String>,
    /// Who.
    pub by: String,
    /// What was written with it.
    pub quotes: Vec<String>,
}

/// A stop on the way of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// What it is called.
    pub title: String,
    /// `done`, `now`, `planned` for what is to come, `skipped` for what the case never comes through.
    pub look: &'static str,
    /// When it was first reached, or that it was not.
    pub note: String,
}

/// A picture or document of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its address.
    pub href: String,
    /// Whether it can be shown, or only opened.
    pub is_picture: bool,
    /// Whether it shows the state before or after.
    pub moment: String,
    /// What it shows.
    pub caption: String,
    /// Whether the reporter added it.
    pub from_reporter: bool,
    /// When it was added.
    pub when: String,
    /// How large its file is, in words.
    pub size: String,
    /// What its file is called where it is saved.
    pub file_name: String,
}

/// What a page shows at once of something long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch<T> {
    /// The part that is shown.
    pub items: Vec<T>,
    /// Where the part before it is, if there is one.
    pub earlier: Option<String>,
    /// Where the newest part is, if this is not it.
    pub newest: Option<String>,
}

/// Something long that a page shows in stretches.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The address of the page.
    pub page: &'a str,
    /// The field of its query that says where a stretch ends: before the event of this version.
    pub field: &'static str,
    /// The most that is shown at once.
    pub most: usize,
    /// The id of the element on the page.
    pub anchor: &'static str,
}

/// Something written to or by the reporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whether the reporter wrote it.
    pub yours: bool,
    /// The text.
    pub text: String,
    /// When.
    pub when: String,
}

/// A case with what is needed to tell its story.
pub struct Story<'a> {
    /// The request.
    pub ctx: &'a Ctx,
    /// The case with log and texts.
    pub view: &'a CaseView,
    /// The pack that judges it.
    pub pack: &'a Pack,
    /// Its kind.
    pub kind: &'a Kind,
}

impl<'a> Story<'a> {
    /// Begins to tell.
    ///
    /// # Errors
    /// [`WebError::Internal`] if the case's pack is not installed, which only a damaged store can bring about.
    pub fn of(ctx: &'a Ctx, view: &'a CaseView) -> Result<Story<'a>, WebError> {
        let pack = ctx.pack(&view.case)?;
        let kind = pack.kind(&view.case.kind);
        let kind = kind.ok_or_else(|| WebError::internal("the pack has no such kind"))?;
        Ok(Story {
            ctx,
            view,
            pack,
            kind,
        })
    }

    /// Returns the words of the case's pack.
    pub fn words(&self) -> Words<'_> {
        self.ctx.words(self.pack)
    }

    /// Returns the case.
    pub fn case(&self) -> &Case {
        &self.view.case
    }

    /// Returns what was written, or that it was erased.
    pub fn text(&self, body: BodyRef) -> String {
        self.view
            .text(body)
            .map_or_else(|| self.ctx.tongue.t("track-erased"), str::to_owned)
    }

    /// Returns an instant as people read it.
    pub fn moment(&self, at: Timestamp) -> String {
        show::moment(&self.ctx.scene.calendar, self.ctx.tongue, at)
    }

    /// Returns the time of day of an instant.
    pub fn time(&self, at: Timestamp) -> String {
        show::time(&self.ctx.scene.calendar, at)
    }

    /// Returns a day as people read it.
    pub fn date(&self, at: Timestamp) -> String {
        show::date(&self.ctx.scene.calendar, self.ctx.tongue, at)
    }

    /// Returns the name of the case's state.
    pub fn state(&self) -> String {
        let state = self.kind.state(&self.case().state);
        state.map_or_else(|| self.case().state.clone(), |state| self.ctx.name(&state.title))
    }

    /// Returns the version before which a stretch ends that the address asks for.
    pub fn before(&self, shown: Shown<'_>) -> Option<u32> {
        let (_, query) = self.ctx.here.split_once('?')?;
        query_value(query, shown.field)?.parse().ok()
    }

    /// Returns the newest of `all`, each with the version that it begins with, as a stretch that ends before
    /// the asked version; `all` comes newest first.
    pub fn stretch<T>(&self, shown: Shown<'_>, all: impl Iterator<Item = (u32, T)>) -> Stretch<T> {
        let Shown {
            page,
            field,
            most,
            anchor,
        } = shown;
        let before = self.before(shown);
        let mut rest = all
            .skip_while(|(version, _)| before.is_some_and(|before| *version >= before))
            .peekable();
        let (mut items, mut first) = (Vec::new(), None);
        while items.len() < most
            && let Some((version, item)) = rest.next()
        {
            items.push(item);
            first = Some(version);
        }
        let earlier = first.filter(|_| rest.peek().is_some());
        let joint = if page.contains('?') { '&' } else { '?' };
        Stretch {
            items,
            earlier: earlier.map(|version| format!("{page}{joint}{field}={version}#{anchor}")),
            newest: before.map(|_| format!("{page}#{anchor}")),
        }
    }

    /// Returns what happened as the reporter hears it, the newest first; what one act brought about at one
    /// instant is one entry.
    pub fn lines(&self, page: &str) -> Stretch<Line> {
        let shown = Shown {
            page,
            field: "steps",
            most: limits::ENTRIES_SHOWN,
            anchor: "steps",
        };
        self.stretch(shown, self.all_lines().into_iter().rev())
    }

    /// Returns all lines, the oldest first, each with the version that it begins with.
    fn all_lines(&self) -> Vec<(u32, Line)> {
        let words = self.words();
        let mut lines: Vec<(u32, Line)> = Vec::new();
        let mut last = None;
        for Logged { version, entry, .. } in &self.view.log {
            let Some(told) = words.tell(self.kind, entry, Listener::Reporter) else {
                continue;
            };
            let quotes = told.quotes.into_iter().map(|body| self.text(body));
            let act = (entry.occurred_at, entry.actor);
            match lines.last_mut().filter(|_| last == Some(act)) {
                Some((_, line)) => {
                    line.then.push(told.said);
                    line.quotes.extend(quotes);
                }
                None => {
                    let line = Line {
                        at: entry.occurred_at.to_string(),
                        when: self.brief(entry.occurred_at),
                        said: told.said,
                        then: Vec::new(),
                        by: told.by,
                        quotes: quotes.collect(),
                    };
                    lines.push((*version, line));
                }
            }
            last = Some(act);
        }
        lines
    }

    fn brief(&self, at: Timestamp) -> String {
        show::brief(&self.ctx.scene.calendar, self.ctx.tongue, at, self.ctx.now)
    }

    /// Returns the phases of the kind, with where the case is.
    pub fn rail(&self) -> Vec<Stop> {
        let mut phases: Vec<Phase> = self.kind.states.iter().map(|state| state.phase).collect();
        phases.sort_unstable();
        phases.dedup();
        let now = self.case().phase(self.kind);
        let reached = self.reached();
        let stop = |phase: Phase| {
            let at = reached.iter().find(|(of, _)| *of == phase).map(|(_, at)| *at);
            let look = self.look(phase, now, at.is_some());
            let note = match (look, at) {
                ("planned", _) => self.ctx.tongue.t("rail-planned"),
                ("skipped", _) => self.ctx.tongue.t("rail-skipped"),
                ("now", Some(at)) => self.ctx.tongue.t1("rail-since", "date", self.date(at)),
                (_, at) => at.map(|at| self.date(at)).unwrap_or_default(),
            };
            Stop {
                title: self.ctx.tongue.t(phase_key(phase)),
                look,
                note,
            }
        };
        phases.into_iter().map(stop).collect()
    }

    /// Returns how a stop looks: one that the case never came through is not done, however far it is, and to look back
    /// is planned until somebody has.
    fn look(&self, phase: Phase, now: Phase, reached: bool) -> &'static str {
        let case = self.case();
        match (phase, phase.cmp(&now)) {
            (Phase::Watch, _) if case.looked_back.is_some_and(|(_, held)| held) => "done",
            (Phase::Watch, _) if case.end == Some(End::StruckOff) => "planned",
            (Phase::Closed, _) if case.end.is_some() => "done",
            (_, Ordering::Equal) => "now",
            (_, Ordering::Less) if reached => "done",
            (_, Ordering::Greater) if case.end.is_none() => "planned",
            (_, Ordering::Less | Ordering::Greater) => "skipped",
        }
    }

    /// Returns when each phase was first reached; the end and the look back, when they last were.
    fn reached(&self) -> Vec<(Phase, Timestamp)> {
        let state = |event: &Event| match event {
            Event::Case(CaseEvent::Raised(fields)) => self.kind.phase(&fields.state),
            Event::Case(CaseEvent::StepTaken { to, .. }) => self.kind.phase(to),
            _ => None,
        };
        let ended = self.case().ended_at.map(|at| (Phase::Closed, at));
        let looked = self.case().looked_back.map(|(at, _)| (Phase::Watch, at));
        let entries = self.view.log.iter().map(|logged| &logged.entry);
        let entered = entries.filter_map(|entry| Some((state(&entry.event)?, entry.occurred_at)));
        ended.into_iter().chain(looked).chain(entered).collect()
    }

    /// Returns the standing evidence; `base` is the address that each id is added to.
    pub fn pictures(&self, base: &str) -> Vec<Picture> {
        let number = &self.case().number;
        let picture = |(at, piece): (usize, &bihuan_core::case::Evidence)| {
            let moment = self.ctx.tongue.t(moment_key(piece.moment));
            Picture {
                href: format!("{base}{}", piece.id),
                is_picture: piece.media_type.starts_with("image/"),
                caption: piece
                    .caption
                    .map_or_else(|| moment.clone(), |caption| self.text(caption)),
                moment,
                from_reporter: piece.from_reporter,
                when: self.moment(piece.added_at),
                size: self
                    .ctx
                    .tongue
                    .t1("file-kilobytes", "size", piece.size_bytes.div_ceil(1024)),
                file_name: format!("{number}-{}.pdf", at + 1),
            }
        };
        self.case().evidence.iter().enumerate().map(picture).collect()
    }

    /// Returns what was asked of the reporter and what they wrote, the newest of it, the oldest first.
    pub fn thread(&self, page: &str) -> Stretch<Message> {
        let message = |logged: &Logged| {
            let entry = &logged.entry;
            let Event::Case(CaseEvent::ReporterAsked { text } | CaseEvent::ReporterReplied { text }) =
                &entry.event
            else {
                return None;
            };
            let message = Message {
                yours: entry.actor == Actor::Reporter,
                text: self.text(*text),
                when: self.moment(entry.occurred_at),
            };
            Some((logged.version, message))
        };
        let shown = Shown {
            page,
            field: "messages",
            most: limits::MESSAGES_SHOWN,
            anchor: "thread",
        };
        let mut thread = self.stretch(shown, self.view.log.iter().rev().filter_map(message));
        thread.items.reverse();
        thread
    }
}

/// Returns the message for what a piece of evidence shows.
pub fn moment_key(moment: EvidenceMoment) -> &'static str {
    match moment {
        EvidenceMoment::Before => "track-photo-before",
        EvidenceMoment::After => "track-photo-after",
        EvidenceMoment::Other => "track-photo-other",
    }
}

/// Returns the message for a phase.
pub fn phase_key(phase: Phase) -> &'static str {
    match phase {
        Phase::Raise => "phase-raise",
        Phase::Accept => "phase-accept",
        Phase::Act => "phase-act",
        Phase::Verify => "phase-verify",
        Phase::Answer => "phase-answer",
        Phase::Closed => "phase-closed",
        Phase::Watch => "phase-watch",
    }
}
