//! Printed notices 告知书: acceptance, extension, refusal and answer, on paper as official documents are laid out
//! (GB/T 9704-2012). The words are the pack's, what is filled in is the case's; document number, signature and seal
//! come from the office's own process and are left blank. The reporter's name stands there only for who may open it,
//! and each time leaves the trace that every look at an identity leaves.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use bihuan_core::event::{Actor, CaseEvent, End, Entry, Event};
use bihuan_core::pack::model::{Notice, NoticeKind, Phase, SourceGrade};
use bihuan_core::pack::words::Word as _;
use bihuan_store::bodies::Bodies;
use bihuan_store::read::case::CaseView;
use jiff::Timestamp;

use super::{address, open};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::page::{Area, Page, html};
use crate::show;
use crate::story::Story;

/// Who writes to reporters: any of these actions on the case prints its notices.
const WRITERS: [&str; 4] = ["answer", "register", "approve", "verify"];
/// Who may open the reporter's name.
const IDENTITY: &str = "identity";

#[derive(Template)]
#[template(path = "case/notice.html")]
struct NoticePage {
    page: Page,
    address: String,
    number: String,
    which: &'static str,
    title: String,
    /// The notices of the pack: address, title, whether it is this one.
    all: Vec<(String, String, bool)>,
    /// What is printed; `None` where what it tells of has not happened.
    sheet: Option<Sheet>,
    /// Whether the words are an example.
    example: bool,
    may_name: bool,
}

/// What is printed.
struct Sheet {
    organ: String,
    year: String,
    /// The reporter's name, where it was opened.
    name: Option<String>,
    paragraphs: Vec<String>,
    basis: Option<String>,
    unit: String,
    date: String,
}

/// What a notice tells of, as the log has it.
struct Told<'a> {
    entry: &'a Entry,
    due: Option<Timestamp>,
    text: String,
    reason: String,
    objection_way: String,
}

/// `GET /cases/{number}/notices/{which}`
pub async fn read_case_notice(
    ctx: Ctx,
    Path((number, which)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    Ok(html(&NoticePage::read(&ctx, &view, kind_of(&which)?, None)?))
}

/// `POST /cases/{number}/notices/{which}/name`: with the reporter's name, after the event that says who opened it.
pub async fn create_named_notice(
    ctx: Ctx,
    Path((number, which)): Path<(String, String)>,
    _form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let kind = kind_of(&which)?;
    let permit = access::permit(&ctx, IDENTITY, &view.facts)?;
    let page = NoticePage::read(&ctx, &view, kind, None)?;
    if page.sheet.is_none() {
        return Err(WebError::NotFound);
    }
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let reason = bodies.write(ctx.tongue.t1("notice-reason", "title", page.title));
    let identity = ctx
        .tenant
        .read_identity(&permit, view.case.id, bodies, reason, ctx.now)
        .await?;
    Ok(html(&NoticePage::read(&ctx, &view, kind, identity.name.clone())?))
}

/// Returns the notices that can be printed of a case now, for who may: address and title.
pub fn printable(story: &Story<'_>) -> Vec<(String, String)> {
    if !may_print(story.ctx, story.view) {
        return Vec::new();
    }
    let known = story.pack.notices.iter();
    let known = known.filter(|(kind, _)| told(story, **kind).is_some());
    let link = |(kind, notice): (&NoticeKind, &Notice)| {
        let href = href(&story.case().number, *kind);
        (href, story.ctx.name(&notice.title))
    };
    known.map(link).collect()
}

fn href(number: &str, kind: NoticeKind) -> String {
    format!("{}/notices/{}", address(number), kind.word())
}

fn kind_of(which: &str) -> Result<NoticeKind, WebError> {
    NoticeKind::of_word(which).ok_or(WebError::NotFound)
}

fn may_print(ctx: &Ctx, view: &CaseView) -> bool {
    let mut actions = WRITERS.into_iter().chain([IDENTITY]);
    actions.any(|action| access::may(ctx, action, &view.facts))
}

impl NoticePage {
    fn read(
        ctx: &Ctx,
        view: &CaseView,
        kind: NoticeKind,
        name: Option<String>,
    ) -> Result<NoticePage, WebError> {
        if !may_print(ctx, view) {
            return Err(WebError::Forbidden);
        }
        let story = Story::of(ctx, view)?;
        let notice = story.pack.notices.get(&kind).ok_or(WebError::NotFound)?;
        let number = &view.case.number;
        let all = story.pack.notices.iter();
        let all = all.map(|(other, notice)| (href(number, *other), ctx.name(&notice.title), *other == kind));
        let source = story.pack.sources.get(&notice.source);
        Ok(NoticePage {
            address: address(number),
            number: number.clone(),
            which: kind.word(),
            title: ctx.name(&notice.title),
            all: all.collect(),
            example: source.is_some_and(|source| source.grade == SourceGrade::Example),
            may_name: name.is_none() && view.case.has_identity() && access::may(ctx, IDENTITY, &view.facts),
            sheet: told(&story, kind).map(|told| sheet(&story, notice, &told, name)),
            page: Page {
                here: href(number, kind),
                ..ctx.page(Some(Area::Ledger))
            },
        })
    }
}

/// Finds what a notice tells of in the log; the newest of it.
fn told<'a>(story: &'a Story<'_>, kind: NoticeKind) -> Option<Told<'a>> {
    let entries = story.view.log.iter().map(|logged| &logged.entry);
    let mut newest = entries.rev();
    newest.find_map(|entry| {
        let Event::Case(event) = &entry.event else {
            return None;
        };
        let plain = Told {
            entry,
            due: None,
            text: String::new(),
            reason: String::new(),
            objection_way: String::new(),
        };
        match (kind, event) {
            (NoticeKind::Acceptance, CaseEvent::StepTaken { from, to, .. }) => {
                let phase = |state: &str| story.kind.phase(state);
                let begins = phase(from) == Some(Phase::Raise);
                let goes_on = phase(to).is_some_and(|to| to > Phase::Raise && !to.is_end());
                (begins && goes_on).then(|| Told {
                    due: promised(story),
                    ..plain
                })
            }
            (NoticeKind::Extension, CaseEvent::ClockExtended { span, reason, .. }) => Some(Told {
                due: Some(span.due_at),
                reason: story.text(*reason),
                ..plain
            }),
            (NoticeKind::Answer, CaseEvent::Answered { text, .. }) => Some(Told {
                text: story.text(*text),
                ..plain
            }),
            (
                NoticeKind::Refusal,
                CaseEvent::Ended(End::Refused {
                    reason,
                    notice,
                    objection_way,
                }),
            ) => Some(Told {
                text: story.text(*notice),
                reason: story.text(*reason),
                objection_way: story.text(*objection_way),
                ..plain
            }),
            _ => None,
        }
    })
}

/// Returns what was promised when the case came in: the end of the first clock that ran from the beginning.
fn promised(story: &Story<'_>) -> Option<Timestamp> {
    story
        .view
        .log
        .iter()
        .find_map(|logged| match &logged.entry.event {
            Event::Case(CaseEvent::ClockStarted(span)) if story.kind.start.contains(&span.clock) => {
                Some(span.due_at)
            }
            _ => None,
        })
}

fn sheet(story: &Story<'_>, notice: &Notice, told: &Told<'_>, name: Option<String>) -> Sheet {
    let (ctx, case) = (story.ctx, story.case());
    let unit = match told.entry.actor {
        Actor::Person { unit, .. } => story.words().unit(unit),
        Actor::Reporter | Actor::System | Actor::Import => ctx.name(ctx.tenant.name()),
    };
    let date = story.date(told.entry.occurred_at);
    let handled_by = case
        .unit
        .map_or_else(|| unit.clone(), |unit| story.words().unit(unit));
    let fills = [
        ("number", case.number.clone()),
        ("title", story.text(case.title)),
        ("raised_on", story.date(case.raised_at)),
        ("date", date.clone()),
        ("due", told.due.map(|at| story.date(at)).unwrap_or_default()),
        ("unit", handled_by),
        ("reason", told.reason.clone()),
        ("objection_way", told.objection_way.clone()),
        ("text", told.text.clone()),
    ];
    let paragraphs = notice.body.iter().map(|label| filled(&ctx.name(label), &fills));
    let basis = notice
        .basis
        .as_ref()
        .and_then(|basis| story.pack.sources.get(basis));
    let year = ctx.scene.calendar.date_of(told.entry.occurred_at).year();
    Sheet {
        organ: ctx.name(ctx.tenant.name()),
        year: year.to_string(),
        name,
        paragraphs: paragraphs.filter(|said| !said.trim().is_empty()).collect(),
        basis: basis.map(|source| show::citation(ctx.tongue, source)),
        unit,
        date,
    }
}

/// Fills what is in braces; what people wrote is not looked through for more of them.
fn filled(text: &str, fills: &[(&str, String)]) -> String {
    let mut said = String::new();
    for (at, piece) in text.split('{').enumerate() {
        let known = piece.split_once('}').and_then(|(name, rest)| {
            let value = fills.iter().find(|(known, _)| *known == name)?;
            Some((value.1.as_str(), rest))
        });
        match known {
            Some((value, rest)) if at > 0 => {
                said.push_str(value);
                said.push_str(rest);
            }
            Some(_) | None => said.push_str(piece),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_filled_in_and_not_read_as_a_pattern() {
        let fills = [
            ("text", "{reason} 10%".to_owned()),
            ("reason", "等材料".to_owned()),
        ];
        assert_eq!(
            filled("原因：{reason}。{text}", &fills),
            "原因：等材料。{reason} 10%"
        );
        assert_eq!(filled("没有", &fills), "没有");
    }
}
