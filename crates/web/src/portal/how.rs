//! What happens to a report: who acts in each phase of its kind and how long each part may take. All of it is
//! read from the packs in force, with the rule that each limit comes from.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use bihuan_core::pack::model::{AnswerRule, ClockRule, Effect, EndKind, Kind, Pack, Phase, Relation, Step};

use super::intake;
use crate::ctx::{Ctx, query_value};
use crate::error::WebError;
use crate::page::{Area, Page, html};
use crate::show;
use crate::story::phase_key;

#[derive(Template)]
#[template(path = "portal/how.html")]
struct HowPage {
    page: Page,
    /// The kinds that may be sent: address, name, whether it is this one.
    kinds: Vec<(String, String, bool)>,
    title: String,
    /// Where the procedure comes from.
    source: String,
    /// How long all of it may take.
    whole: Vec<Time>,
    parts: Vec<Part>,
    /// What the reporter may do.
    own: Vec<Act>,
    /// How it may end.
    ends: Vec<String>,
}

/// A part of the way.
struct Part {
    title: String,
    acts: Vec<Act>,
    times: Vec<Time>,
    /// What else the pack says of it.
    notes: Vec<String>,
}

/// What is done, by whom.
struct Act {
    title: String,
    by: String,
    source: String,
}

/// How long something may take.
struct Time {
    title: String,
    limit: String,
    /// How much longer it may become.
    longer: Option<String>,
    /// Where the limit comes from; an example says so.
    source: String,
}

/// `GET /how`: the way of one kind of report.
pub async fn read_how(ctx: Ctx) -> Result<Response, WebError> {
    let query = ctx.here.split_once('?').map_or("", |(_, query)| query);
    let asked = query_value(query, "kind");
    let kinds = intake::kinds(&ctx);
    let is_asked = |kind: &Kind| asked.as_ref().is_none_or(|asked| *asked == kind.id);
    let found = kinds.iter().find(|(_, kind)| is_asked(kind));
    let (pack, kind) = *found.ok_or(WebError::NotFound)?;
    let name = |of: &Kind| {
        (
            format!("/how?kind={}", of.id),
            ctx.name(&of.title),
            of.id == kind.id,
        )
    };
    let guide = Guide {
        ctx: &ctx,
        pack,
        kind,
    };
    Ok(html(&HowPage {
        page: ctx.page(Some(Area::How)),
        kinds: kinds.iter().map(|(_, kind)| name(kind)).collect(),
        title: ctx.name(&kind.title),
        source: guide.source(&kind.source),
        whole: guide.times(&kind.start),
        parts: guide.parts(),
        own: guide.own(),
        ends: kind.ends.iter().map(|end| ctx.tongue.t(end_key(*end))).collect(),
    }))
}

/// Reads one kind of a pack.
struct Guide<'a> {
    ctx: &'a Ctx,
    pack: &'a Pack,
    kind: &'a Kind,
}

impl Guide<'_> {
    fn parts(&self) -> Vec<Part> {
        let phases: BTreeSet<Phase> = self.kind.states.iter().map(|state| state.phase).collect();
        phases.into_iter().map(|phase| self.part(phase)).collect()
    }

    fn part(&self, phase: Phase) -> Part {
        let of_phase = |state: &String| self.kind.phase(state) == Some(phase);
        let steps = self.kind.steps.iter();
        let by_others = steps.clone().filter(|step| step.relation != Relation::Reporter);
        let acts = by_others.filter(|step| step.from.iter().any(of_phase));
        // A clock belongs to where the step that starts it leads.
        let started: BTreeSet<&String> = steps
            .filter(|step| of_phase(&step.to))
            .flat_map(|step| &step.start)
            .filter(|clock| !self.kind.start.contains(clock))
            .collect();
        Part {
            title: self.ctx.tongue.t(phase_key(phase)),
            acts: acts.map(|step| self.act(step)).collect(),
            times: self.times(started),
            notes: self.notes(phase),
        }
    }

    /// Returns what the reporter may do, wherever in the way that is.
    fn own(&self) -> Vec<Act> {
        let own = self.kind.steps.iter();
        let own = own.filter(|step| step.relation == Relation::Reporter);
        own.map(|step| self.act(step)).collect()
    }

    fn act(&self, step: &Step) -> Act {
        Act {
            title: self.ctx.name(&step.title),
            by: self.ctx.tongue.t(by_key(step)),
            source: self.source(&step.source),
        }
    }

    fn times<'a>(&self, clocks: impl IntoIterator<Item = &'a String>) -> Vec<Time> {
        let rules = clocks.into_iter().filter_map(|clock| self.pack.clock(clock));
        rules.map(|rule| self.time(rule)).collect()
    }

    fn time(&self, rule: &ClockRule) -> Time {
        let t = self.ctx.tongue;
        let longer = rule.extension.map(|limit| show::limit(t, limit));
        Time {
            title: self.ctx.name(&rule.title),
            limit: show::limit(t, rule.limit),
            longer: longer.map(|limit| t.t1("how-longer", "limit", limit)),
            source: self.source(&rule.source),
        }
    }

    /// Returns what the kind itself says of a phase.
    fn notes(&self, phase: Phase) -> Vec<String> {
        let t = self.ctx.tongue;
        let silence = || t.t1("how-silence", "days", self.kind.silence_days);
        let published = |days: u32| t.t1("how-published", "days", days);
        match (phase, self.kind.answer) {
            (Phase::Verify, _) => vec![t.t("how-independent")],
            (Phase::Answer, AnswerRule::Reporter) => vec![t.t("how-answer"), silence()],
            (Phase::Answer, AnswerRule::Publication) => {
                self.kind.publication_days.map(published).into_iter().collect()
            }
            (Phase::Answer, AnswerRule::FinderConsent)
            | (Phase::Raise | Phase::Accept | Phase::Act | Phase::Closed | Phase::Watch, _) => Vec::new(),
        }
    }

    fn source(&self, id: &str) -> String {
        let source = self.pack.source(id);
        source
            .map(|source| show::citation(self.ctx.tongue, source))
            .unwrap_or_default()
    }
}

/// Returns the key of who takes a step, as its relation to the case and its effect say.
fn by_key(step: &Step) -> &'static str {
    match (step.relation, step.effect, step.action.as_deref()) {
        (Relation::Reporter, _, _) => "how-by-you",
        (Relation::Timer, _, _) => "how-by-timer",
        (Relation::Finder, _, _) => "how-by-finder",
        (Relation::Responsible, _, _) => "how-by-responsible",
        (Relation::Independent, _, _) => "how-by-independent",
        (Relation::Any, Effect::Answer | Effect::EndAnswered, _) => "how-by-answering",
        (Relation::Any, _, Some("approve" | "rule" | "strike")) => "how-by-supervising",
        (Relation::Any, _, _) => "how-by-desk",
    }
}

fn end_key(end: EndKind) -> &'static str {
    match end {
        EndKind::StruckOff => "how-end-struck-off",
        EndKind::Answered => "how-end-answered",
        EndKind::Refused => "how-end-refused",
        EndKind::Withdrawn => "how-end-withdrawn",
        EndKind::HandedOver => "how-end-handed-over",
    }
}
