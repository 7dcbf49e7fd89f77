//! A report as its reporter sees it.

use askama::Template;
use bihuan_core::case::command::Context;
use bihuan_core::case::decide::available_steps;
use bihuan_core::event::{Actor, CaseEvent, Disclosure, End, Entry, Event, RaisedBy};
use bihuan_core::id::CaseId;
use bihuan_core::pack::model::{AnswerRule, Effect, Relation, Step};
use bihuan_store::read::case::CaseView;

use super::notice::{self, Told};
use super::struck;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page};
use crate::sentence::Listener;
use crate::show::{self, ClockFace};
use crate::story::{Line, Message, Picture, Stop, Story, Stretch};

/// The page that a receipt code opens.
#[derive(Template)]
#[template(path = "portal/track.html")]
pub struct TrackPage {
    page: Page,
    /// What was just done.
    done: Option<String>,
    /// Why what was just sent was not taken, and where its form stands.
    problem: Option<(String, String)>,
    /// What was written in the form that was not taken.
    typed: Typed,
    /// What the reporter is told, the newest first.
    notices: Vec<Told>,
    /// Makes what is sent twice one thing.
    key: String,
    number: String,
    raised: String,
    title: String,
    text: String,
    place: Option<String>,
    state: String,
    look: &'static str,
    unit: Option<String>,
    struck_off: Option<String>,
    stops: Vec<Stop>,
    answer: Option<Written>,
    photos: Vec<Picture>,
    may_judge: bool,
    judged: Option<String>,
    /// Whether the clock strikes it off next, for the reporter called it solved.
    soon: bool,
    /// Whether pictures of it may be shown to everybody, where the reporter is asked.
    pictures_allowed: Option<bool>,
    /// Where those that are shown are.
    pictures: Option<String>,
    clocks: Vec<ClockFace>,
    thread: Stretch<Message>,
    may_reply: bool,
    asked: bool,
    lines: Stretch<Line>,
    steps: usize,
    identity: String,
    own_steps: Vec<OwnStep>,
}

/// An answer with when and by whom.
pub struct Written {
    text: String,
    by: String,
    when: String,
}

/// A step that is the reporter's own.
pub struct OwnStep {
    id: String,
    title: String,
    hint: String,
    reason: String,
    /// Whether it was just sent and not taken.
    open: bool,
}

/// What is said at the head of the report.
#[derive(Default)]
pub struct Said {
    /// What was just done.
    pub done: Option<String>,
    /// Why what was just sent was not taken.
    pub problem: Option<String>,
    /// What was written in its form.
    pub typed: Typed,
}

/// What was written in one of the forms of the page.
#[derive(Debug, Default)]
pub struct Typed {
    /// The reply.
    pub text: String,
    /// The remark with the judgement.
    pub remark: String,
    /// The step that was to be taken.
    pub step: String,
    /// Why.
    pub reason: String,
    /// Whether pictures may be shown.
    pub pictures: String,
}

impl Said {
    /// Says what was just done.
    pub fn done(what: String) -> Said {
        Said {
            done: Some(what),
            ..Said::default()
        }
    }
}

impl Typed {
    /// Returns where the form stands on the page.
    fn anchor(&self) -> String {
        match (self.step.as_str(), self.text.as_str()) {
            ("", "") if !self.pictures.is_empty() => "consent".to_owned(),
            ("", "") => "judge".to_owned(),
            ("", _) => "reply".to_owned(),
            (step, _) => format!("step-{step}"),
        }
    }
}

/// The address of the page.
const ADDRESS: &str = "/track";

/// Returns a case with log and texts.
///
/// # Errors
/// [`WebError::NotFound`] if there is none.
pub async fn case(ctx: &Ctx, id: CaseId) -> Result<CaseView, WebError> {
    let found = ctx.tenant.read(move |reader| reader.case(id)).await?;
    found.ok_or(WebError::NotFound)
}

impl TrackPage {
    /// Reads the report; what was just done, or was not, is said first.
    ///
    /// # Errors
    /// [`WebError`] if the store fails.
    pub async fn read(ctx: &Ctx, id: CaseId, said: Said) -> Result<TrackPage, WebError> {
        let view = case(ctx, id).await?;
        let story = Story::of(ctx, &view)?;
        let notices = notice::tell(ctx, &story).await?;
        Ok(TrackPage::tell(&story, notices, said))
    }

    fn tell(story: &Story<'_>, notices: Vec<Told>, said: Said) -> TrackPage {
        let (ctx, case) = (story.ctx, story.case());
        TrackPage {
            page: page(ctx),
            done: said.done,
            problem: said.problem.map(|problem| (problem, said.typed.anchor())),
            notices,
            key: ctx.form_key(),
            number: case.number.clone(),
            raised: story.date(case.raised_at),
            title: story.text(case.title),
            text: story.text(case.text),
            place: case.place.map(|place| story.text(place)),
            state: story.state(),
            look: look(case.end.as_ref()),
            unit: case.unit.map(|unit| story.words().unit(unit)),
            struck_off: case
                .ended_at
                .filter(|_| case.end == Some(End::StruckOff))
                .map(|at| story.date(at)),
            stops: story.rail(),
            answer: answer(story),
            photos: photos(story),
            may_judge: case.answered.is_some()
                && case.satisfied.is_none()
                && story.kind.answer == AnswerRule::Reporter,
            judged: judged(story),
            soon: is_struck_off_soon(story),
            pictures_allowed: pictures_allowed(story),
            pictures: (!case.pictures.shown.is_empty()).then(|| struck::address(&case.number)),
            clocks: faces(story),
            thread: story.thread(ADDRESS),
            may_reply: case.end.is_none(),
            asked: case.question_open,
            steps: story.view.log.len(),
            lines: story.lines(ADDRESS),
            identity: identity(story),
            own_steps: own_steps(story, &said.typed),
            typed: said.typed,
        }
    }
}

/// Returns what the layout shows; its address is the report's own also where a form was sent elsewhere.
fn page(ctx: &Ctx) -> Page {
    let page = ctx.page(Some(Area::Track));
    match ctx.route == ADDRESS {
        true => page,
        false => Page {
            here: ADDRESS.to_owned(),
            ..page
        },
    }
}

fn look(end: Option<&End>) -> &'static str {
    match end {
        None => "info",
        Some(End::StruckOff | End::Answered) => "ok",
        Some(
            End::Refused { .. }
            | End::Withdrawn { .. }
            | End::HandedOver { .. }
            | End::Merged
            | End::ImportedClosed,
        ) => "",
    }
}

/// Returns the pictures; documents are not cleaned and stay inside.
fn photos(story: &Story<'_>) -> Vec<Picture> {
    let mut photos = story.pictures("/track/evidence/");
    photos.retain(|piece| piece.is_picture);
    photos
}

fn answer(story: &Story<'_>) -> Option<Written> {
    let answer = story.case().answered?;
    let log = story.view.log.iter().rev().map(|logged| &logged.entry);
    let given = |entry: &&Entry| matches!(entry.event, Event::Case(CaseEvent::Answered { .. }));
    let told = log
        .filter(given)
        .find_map(|entry| story.words().tell(story.kind, entry, Listener::Reporter));
    Some(Written {
        text: story.text(answer.text),
        by: told.map(|told| told.by).unwrap_or_default(),
        when: story.moment(answer.at),
    })
}

fn judged(story: &Story<'_>) -> Option<String> {
    let said = match story.case().satisfied? {
        true => "track-said-solved",
        false => "track-said-not-solved",
    };
    Some(story.ctx.tongue.t(said))
}

/// Whether the clock strikes it off by itself now that its reporter called it solved.
pub fn is_struck_off_soon(story: &Story<'_>) -> bool {
    let case = story.case();
    let strikes = |step: &Step| step.relation == Relation::Timer && step.effect == Effect::StrikeOff;
    case.end.is_none() && case.satisfied == Some(true) && story.kind.steps_from(&case.state).any(strikes)
}

/// Returns what the reporter says of pictures in the public list: asked once they are answered, where some can come
/// into it; what they allowed can be taken back always.
fn pictures_allowed(story: &Story<'_>) -> Option<bool> {
    let case = story.case();
    let may = case.may_stand_in_public(story.kind);
    let asked = may && case.answered.is_some() && case.showable().next().is_some();
    (asked || case.pictures.allowed).then_some(case.pictures.allowed)
}

fn faces(story: &Story<'_>) -> Vec<ClockFace> {
    let ctx = story.ctx;
    // How the offices pass it on among themselves has clocks of its own, which promise the reporter nothing.
    let clocks = story
        .case()
        .clocks
        .values()
        .filter(|clock| story.kind.start.contains(&clock.span.clock));
    show::clock_faces(clocks, story.pack, &ctx.scene.calendar, ctx.tongue, ctx.now)
}

/// Says how often the reporter's identity was looked at.
fn identity(story: &Story<'_>) -> String {
    let t = story.ctx.tongue;
    match story.case().raised_by {
        RaisedBy::Reporter {
            disclosure: Disclosure::Anonymous,
            ..
        }
        | RaisedBy::Reporter { identity: None, .. } => t.t("track-identity-none"),
        RaisedBy::Reporter { .. } | RaisedBy::Finder { .. } => {
            t.t1("track-identity-reads", "count", story.case().identity_reads)
        }
    }
}

/// Returns the steps that are the reporter's own and possible now.
fn own_steps(story: &Story<'_>, typed: &Typed) -> Vec<OwnStep> {
    let ctx = story.ctx;
    let context = Context {
        pack: story.pack,
        org: &ctx.scene.org,
        calendar: &ctx.scene.calendar,
        actor: Actor::Reporter,
        occurred_at: ctx.now,
        now: ctx.now,
    };
    let choices = available_steps(story.case(), &|_| false, &context);
    let own = choices
        .iter()
        .filter(|choice| choice.refusal.is_none() && choice.step.relation == Relation::Reporter);
    let worded = own.map(|choice| {
        let (hint, reason) = match choice.step.effect {
            Effect::Withdraw => ("track-withdraw-hint", "track-withdraw-reason"),
            _ => ("track-reopen-hint", "track-reopen-reason"),
        };
        OwnStep {
            id: choice.step.id.clone(),
            title: ctx.name(&choice.step.title),
            hint: ctx.tongue.t(hint),
            reason: ctx.tongue.t(reason),
            open: choice.step.id == typed.step,
        }
    });
    worded.collect()
}
