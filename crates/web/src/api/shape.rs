//! The shapes that the API answers in.

use bihuan_core::case::{Case, ClockRun, Evidence};
use bihuan_core::event::Disclosure;
use bihuan_core::event::RaisedBy;
use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::pack::model::{Kind, Pack};
use bihuan_core::pack::words::Word;
use bihuan_store::execute::Appended;
use bihuan_store::read::list::ListRow;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::Ctx;
use crate::error::WebError;
use crate::sentence::{Listener, Words};
use crate::show;
use crate::story::Story;

/// An id with the name that people read.
#[derive(Serialize, ToSchema)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name, in the language asked for.
    pub title: String,
}

/// What a command led to.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// The case.
    pub id: String,
    /// Its version after the last event of the command.
    pub version: u32,
    /// Whether the command had been carried out before, under the same idempotency key.
    pub repeated: bool,
}

/// A case in a list.
#[derive(Serialize, ToSchema)]
pub struct CaseRow {
    /// The case's id.
    pub id: String,
    /// Its number for people.
    pub number: String,
    /// Its title; absent where it was erased.
    pub title: Option<String>,
    /// Its kind.
    pub kind: Named,
    /// Its state.
    pub state: Named,
    /// Its phase: raise, accept, act, verify, answer, closed or watch.
    pub phase: &'static str,
    /// Its category.
    pub category: Option<Named>,
    /// The responsible unit.
    pub unit: Option<Named>,
    /// The person in charge.
    pub person: Option<Named>,
    /// How it came.
    pub channel: Named,
    /// From 1 to 5.
    pub severity: u8,
    /// When it was raised.
    pub raised_at: String,
    /// When it last changed.
    pub changed_at: String,
    /// When it ended.
    pub closed_at: Option<String>,
    /// When its worst clock runs out.
    pub due_at: Option<String>,
    /// How often it was given back.
    pub returns: u32,
    /// The flags it carries.
    pub flags: Vec<&'static str>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct CaseList {
    /// The cases.
    pub cases: Vec<CaseRow>,
    /// Send it as `after` for the next page; absent on the last.
    pub next: Option<String>,
    /// Whether so much was searched without filling the page that the rest, from `next` on, has to be asked for
    /// anew. There may be nothing in it.
    pub cut: bool,
}

/// How many cases there are.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// How many were counted: at most 1,000, and fewer where counting them would read too much.
    pub count: usize,
    /// Whether there may be more than were counted.
    pub capped: bool,
}

/// A deadline.
#[derive(Serialize, ToSchema)]
pub struct Deadline {
    /// The clock.
    pub clock: Named,
    /// When it runs out.
    pub due_at: String,
    /// `running`, `paused` or `stopped`.
    pub run: &'static str,
    /// Whether it ran out before it was met.
    pub breached: bool,
    /// Whether it rests on a calendar that is not published yet.
    pub provisional: bool,
    /// The limit and where it comes from.
    pub rule: String,
}

/// A piece of evidence.
#[derive(Serialize, ToSchema)]
pub struct EvidenceShape {
    /// Its id.
    pub id: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// `before`, `after` or `other`.
    pub moment: &'static str,
    /// What it shows.
    pub caption: Option<String>,
    /// Whether the reporter added it.
    pub from_reporter: bool,
    /// Whether everybody is shown it, beside what was struck off.
    pub public: bool,
    /// When it was added.
    pub added_at: String,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub struct EventShape {
    /// Its version in the case's log; absent for reporters.
    pub version: Option<u32>,
    /// When it happened.
    pub at: String,
    /// Its name in the log.
    pub what: &'static str,
    /// What happened, as a sentence.
    pub said: String,
    /// Who did it.
    pub by: String,
    /// What was written with it; erased texts are absent.
    pub quotes: Vec<String>,
}

/// An answer to the reporter.
#[derive(Serialize, ToSchema)]
pub struct AnswerShape {
    /// The answer.
    pub text: String,
    /// When it was given.
    pub at: String,
}

/// A step from the case's present state.
#[derive(Serialize, ToSchema)]
pub struct StepShape {
    /// Its id, to be sent as `step`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What must be sent with it.
    pub asks: Vec<&'static str>,
    /// Why it cannot be taken now; absent where it can.
    pub refusal: Option<String>,
    /// Where the rule comes from.
    pub source: Option<String>,
}

/// A case, whole.
#[derive(Serialize, ToSchema)]
pub struct CaseShape {
    /// The case's id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its number for people.
    pub number: String,
    /// Its title.
    pub title: Option<String>,
    /// Its text.
    pub text: Option<String>,
    /// Where it is.
    pub place: Option<String>,
    /// Its kind.
    pub kind: Named,
    /// The pack version that judges it.
    pub pack: String,
    /// Its state.
    pub state: Named,
    /// Its phase.
    pub phase: &'static str,
    /// Its category.
    pub category: Option<Named>,
    /// How it came.
    pub channel: Named,
    /// From 1 to 5.
    pub severity: u8,
    /// `real_name`, `confidential` or `anonymous`; absent where a person of the tree found it.
    pub disclosure: Option<&'static str>,
    /// The responsible unit.
    pub unit: Option<Named>,
    /// The co-units.
    pub co_units: Vec<Named>,
    /// The person in charge.
    pub person: Option<Named>,
    /// When it was raised.
    pub raised_at: String,
    /// When it last changed.
    pub changed_at: String,
    /// When it ended.
    pub closed_at: Option<String>,
    /// How it ended, as a sentence.
    pub end: Option<String>,
    /// Its deadlines, the most urgent first.
    pub deadlines: Vec<Deadline>,
    /// Its standing evidence.
    pub evidence: Vec<EvidenceShape>,
    /// The answers of this round.
    pub answers: Vec<AnswerShape>,
    /// Whether the reporter says that it is solved.
    pub satisfied: Option<bool>,
    /// How often it was given back.
    pub returns: u32,
    /// How often it was taken up again.
    pub reopened: u32,
    /// The steps that may be taken now, and those that wait for something.
    pub steps: Vec<StepShape>,
}

impl Done {
    /// Tells what a command led to.
    pub fn of(appended: &Appended) -> Done {
        let (id, version) = (appended.case().to_string(), *appended.versions().end());
        Done {
            id,
            version,
            repeated: appended.is_repeated(),
        }
    }
}

fn at(instant: Timestamp) -> String {
    instant.to_string()
}

/// Returns a unit with its name.
pub fn unit(words: &Words<'_>, id: UnitId) -> Named {
    Named {
        id: id.to_string(),
        title: words.unit(id),
    }
}

fn person(words: &Words<'_>, id: PersonId) -> Named {
    Named {
        id: id.to_string(),
        title: words.person(id),
    }
}

fn category(words: &Words<'_>, code: &str) -> Named {
    Named {
        id: code.to_owned(),
        title: words.category(code),
    }
}

fn channel(words: &Words<'_>, id: &str) -> Named {
    Named {
        id: id.to_owned(),
        title: words.channel(id),
    }
}

fn kind_and_state(ctx: &Ctx, pack: &Pack, kind: &str, state: &str) -> (Named, Named) {
    let found: Option<&Kind> = pack.kind(kind);
    let of_kind = found.map_or_else(|| kind.to_owned(), |kind| ctx.name(&kind.title));
    let of_state = found.and_then(|kind| kind.state(state));
    let of_state = of_state.map_or_else(|| state.to_owned(), |state| ctx.name(&state.title));
    (
        Named {
            id: kind.to_owned(),
            title: of_kind,
        },
        Named {
            id: state.to_owned(),
            title: of_state,
        },
    )
}

/// Shapes a row of a list.
///
/// # Errors
/// [`WebError::Internal`] if its pack is not installed, which only a damaged store can bring about.
pub fn row(ctx: &Ctx, row: &ListRow) -> Result<CaseRow, WebError> {
    let pack = ctx
        .scene
        .pack(&row.pack)
        .ok_or_else(|| WebError::internal("the row's pack is not there"))?;
    let words = ctx.words(pack);
    let (kind, state) = kind_and_state(ctx, pack, &row.kind, &row.state);
    Ok(CaseRow {
        id: row.id.to_string(),
        number: row.number.clone(),
        title: row.title.clone(),
        kind,
        state,
        phase: row.phase.word(),
        category: row.category.as_deref().map(|code| category(&words, code)),
        unit: row.unit.map(|id| unit(&words, id)),
        person: row.person.map(|id| person(&words, id)),
        channel: channel(&words, &row.channel),
        severity: row.severity,
        raised_at: at(row.raised_at),
        changed_at: at(row.changed_at),
        closed_at: row.closed_at.map(at),
        due_at: row.due_at.map(at),
        returns: row.returns,
        flags: row.flags.iter().map(|flag| flag.word()).collect(),
    })
}

/// Shapes a case for somebody who may read it; `steps` are those that are theirs.
pub fn case(story: &Story<'_>, steps: Vec<StepShape>) -> CaseShape {
    let (ctx, case, words) = (story.ctx, story.case(), story.words());
    let (kind, state) = kind_and_state(ctx, story.pack, &case.kind, &case.state);
    let text = |body| story.view.text(body).map(str::to_owned);
    CaseShape {
        id: case.id.to_string(),
        version: case.version,
        number: case.number.clone(),
        title: text(case.title),
        text: text(case.text),
        place: case.place.and_then(text),
        kind,
        pack: format!("{} {}", case.pack.id, case.pack.version),
        state,
        phase: case.phase(story.kind).word(),
        category: case.category.as_deref().map(|code| category(&words, code)),
        channel: channel(&words, &case.channel),
        severity: case.severity,
        disclosure: disclosure(case),
        unit: case.unit.map(|id| unit(&words, id)),
        co_units: case.co_units.iter().map(|id| unit(&words, *id)).collect(),
        person: case.person.map(|id| person(&words, id)),
        raised_at: at(case.raised_at),
        changed_at: at(case.changed_at),
        closed_at: case.ended_at.map(at),
        end: case
            .end
            .as_ref()
            .map(|end| ctx.tongue.t(crate::sentence::end_key(end))),
        deadlines: deadlines(story),
        evidence: evidence(story, |_| true),
        answers: answers(story),
        satisfied: case.satisfied,
        returns: case.returns,
        reopened: case.reopened,
        steps,
    }
}

/// Shapes a case's deadlines.
pub fn deadlines(story: &Story<'_>) -> Vec<Deadline> {
    let t = story.ctx.tongue;
    let deadline = |clock: &bihuan_core::case::ClockState| {
        let rule = story.pack.clock(&clock.span.clock);
        let limit = rule.map(|rule| show::limit(t, rule.limit));
        let source = rule
            .and_then(|rule| story.pack.source(&rule.source))
            .map(|source| show::citation(t, source));
        Deadline {
            clock: Named {
                id: clock.span.clock.clone(),
                title: story.words().clock_title(&clock.span.clock),
            },
            due_at: at(clock.span.due_at),
            run: match clock.run {
                ClockRun::Running => "running",
                ClockRun::Paused(_) => "paused",
                ClockRun::Stopped(_) => "stopped",
            },
            breached: clock.breached,
            provisional: clock.span.provisional,
            rule: limit.into_iter().chain(source).collect::<Vec<_>>().join(" · "),
        }
    };
    let mut clocks: Vec<_> = story.case().clocks.values().collect();
    clocks.sort_by_key(|clock| (matches!(clock.run, ClockRun::Stopped(_)), clock.span.due_at));
    clocks.into_iter().map(deadline).collect()
}

/// Shapes a case's standing evidence, as far as it is shown.
pub fn evidence(story: &Story<'_>, is_shown: fn(&Evidence) -> bool) -> Vec<EvidenceShape> {
    let shape = |piece: &Evidence| EvidenceShape {
        id: piece.id.to_string(),
        media_type: piece.media_type.clone(),
        size_bytes: piece.size_bytes,
        moment: crate::evidence::moment_word(piece.moment),
        caption: piece
            .caption
            .and_then(|caption| story.view.text(caption))
            .map(str::to_owned),
        from_reporter: piece.from_reporter,
        public: story.case().pictures.shown.contains(&piece.id),
        added_at: at(piece.added_at),
    };
    let shown = story.case().evidence.iter().filter(|piece| is_shown(piece));
    shown.map(shape).collect()
}

/// Shapes the answers of this round.
pub fn answers(story: &Story<'_>) -> Vec<AnswerShape> {
    let answered = story.case().answered.into_iter();
    answered
        .map(|answer| AnswerShape {
            text: story.text(answer.text),
            at: at(answer.at),
        })
        .collect()
}

/// Shapes what happened, the oldest first.
pub fn events(story: &Story<'_>, listener: Listener) -> Vec<EventShape> {
    let words = story.words();
    let shape = |logged: &bihuan_store::commit::log::Logged| {
        let told = words.tell(story.kind, &logged.entry, listener)?;
        let quotes = told
            .quotes
            .iter()
            .filter_map(|body| story.view.text(*body))
            .map(str::to_owned);
        Some(EventShape {
            version: (listener == Listener::Staff).then_some(logged.version),
            at: at(logged.entry.occurred_at),
            what: told.what,
            said: told.said,
            by: told.by,
            quotes: quotes.collect(),
        })
    };
    story.view.log.iter().filter_map(shape).collect()
}

fn disclosure(case: &Case) -> Option<&'static str> {
    match case.raised_by {
        RaisedBy::Finder { .. } => None,
        RaisedBy::Reporter {
            disclosure: Disclosure::RealName,
            ..
        } => Some("real_name"),
        RaisedBy::Reporter {
            disclosure: Disclosure::Confidential,
            ..
        } => Some("confidential"),
        RaisedBy::Reporter {
            disclosure: Disclosure::Anonymous,
            ..
        } => Some("anonymous"),
    }
}
