//! Reading kinds and the procedures they share.
//!
//! A procedure is a set of states and steps that several kinds go through. It may name clocks of its own
//! that each kind binds to one of the pack's: the same way of handling, with another limit.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::refs::{Refs, cite};
use super::rules::{action, filter, once};
use super::section::{Problems, Section, Text, Value, unknown};
use crate::pack::model::{CallRule, Kind, State, Step};
use crate::problem::Problem;

/// A kind with the places of its parts, for problems that show only later.
pub(super) struct Placed {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    pub(super) states: Vec<Range<usize>>,
    pub(super) steps: Vec<Range<usize>>,
}

/// States and steps with their places.
#[derive(Clone, Default)]
struct Flow {
    states: Vec<(State, Range<usize>)>,
    steps: Vec<(Step, Range<usize>)>,
}

/// A procedure that kinds may follow.
struct Procedure {
    clocks: Vec<String>,
    flow: Flow,
}

/// Reads all kinds, with the states and steps of their procedures filled in.
pub(super) fn kinds(root: &mut Section<'_, '_>, refs: &Refs, out: &mut Problems) -> Vec<Placed> {
    let procedures = procedures(root, refs, out);
    let mut seen = BTreeSet::new();
    let mut kinds = Vec::new();
    for value in root.items("kinds", out) {
        if let Some(section) = Section::of("kind", value, out) {
            kinds.push(kind(section, &procedures, &mut seen, refs, out));
        }
    }
    kinds
}

fn procedures(root: &mut Section<'_, '_>, refs: &Refs, out: &mut Problems) -> BTreeMap<String, Procedure> {
    let mut procedures = BTreeMap::new();
    for (id, value) in root.named("procedures", out) {
        let Some(mut section) = Section::of(format!("procedure {:?}", id.text), value, out) else {
            continue;
        };
        let clocks: Vec<String> = section
            .texts("clocks", out)
            .into_iter()
            .map(|it| it.text)
            .collect();
        let flow = flow(&mut section, Flow::default(), &refs.with_clocks(&clocks), out);
        section.finish(out);
        procedures.insert(id.text, Procedure { clocks, flow });
    }
    procedures
}

fn kind(
    mut section: Section<'_, '_>,
    procedures: &BTreeMap<String, Procedure>,
    seen: &mut BTreeSet<String>,
    refs: &Refs,
    out: &mut Problems,
) -> Placed {
    let id = section.text("id", out);
    section.call(format!("kind {:?}", id.text));
    once(seen, "kind", &id, out);
    let begun = section
        .optional_text("procedure", out)
        .map(|name| bound(&mut section, name, procedures, refs, out))
        .unwrap_or_default();
    let flow = flow(&mut section, begun, refs, out);
    let initial = section.text("initial", out);
    let subject = section.subject().to_owned();
    let kind = Kind {
        id: id.text,
        title: section.label("title", out),
        number_prefix: section.text("number_prefix", out).text,
        taxonomy: section
            .optional_text("taxonomy", out)
            .map(|text| refs.taxonomy(text, &subject, out)),
        raised_by: section.word("raised_by", out),
        answer: section.word("answer", out),
        ends: section.words("ends", out),
        consultation: section.flag("consultation", out),
        portal: section.flag("portal", out),
        listed: section.optional_flag("listed", out),
        silence_days: section.number("silence_days", out),
        calls: section.optional_flag("called_back", out).then(CallRule::default),
        publication_days: section.optional_number("publication_days", out),
        initial: cite("state", initial, &flow.state_ids(), &subject, out),
        start: section
            .texts("start", out)
            .into_iter()
            .map(|it| refs.clock(it, &subject, out))
            .collect(),
        source: refs.source(&mut section, out),
        states: Vec::new(),
        steps: Vec::new(),
    };
    let span = section.span();
    section.finish(out);
    flow.place(kind, span)
}

/// Takes the states and steps of a procedure, with its clocks bound to the pack's.
fn bound(
    section: &mut Section<'_, '_>,
    name: Text,
    procedures: &BTreeMap<String, Procedure>,
    refs: &Refs,
    out: &mut Problems,
) -> Flow {
    let bindings = section.named("clocks", out);
    let Some(procedure) = procedures.get(&name.text) else {
        let known: Vec<&str> = procedures.keys().map(String::as_str).collect();
        out.push(unknown("procedure", &name, &known, section.subject()));
        return Flow::default();
    };
    let mut clocks = BTreeMap::new();
    for (own, value) in bindings {
        let subject = section.subject();
        let text = value.get_ref().as_str().unwrap_or_default().to_owned();
        let span = value.span();
        let own = cite("clock of the procedure", own, &procedure.clocks, subject, out);
        clocks.insert(own, refs.clock(Text { text, span }, subject, out));
    }
    for own in procedure.clocks.iter().filter(|own| !clocks.contains_key(*own)) {
        let message = format!(
            "{} does not say which clock {own:?} of its procedure is",
            section.subject()
        );
        out.push(Problem::new(name.span.clone(), message).with_hint("bind it under \"clocks\""));
    }
    let mut flow = procedure.flow.clone();
    for (step, _) in &mut flow.steps {
        for clock in step.start.iter_mut().chain(&mut step.stop) {
            if let Some(bound) = clocks.get(clock) {
                clock.clone_from(bound);
            }
        }
    }
    flow
}

/// Reads the states and steps of a section behind those in `flow`.
fn flow(section: &mut Section<'_, '_>, mut flow: Flow, refs: &Refs, out: &mut Problems) -> Flow {
    let mut seen: BTreeSet<String> = flow.state_ids().into_iter().collect();
    for value in section.items("states", out) {
        flow.states
            .extend(state(value, &mut seen, out).map(|state| (state, value.span())));
    }
    let states = flow.state_ids();
    let mut seen: BTreeSet<String> = flow.steps.iter().map(|(step, _)| step.id.clone()).collect();
    for value in section.items("steps", out) {
        if let Some(section) = Section::of("step", value, out) {
            let step = step(section, &states, &mut seen, refs, out);
            flow.steps.push((step, value.span()));
        }
    }
    flow
}

fn state(value: &Value<'_>, seen: &mut BTreeSet<String>, out: &mut Problems) -> Option<State> {
    let mut section = Section::of("state", value, out)?;
    let id = section.text("id", out);
    section.call(format!("state {:?}", id.text));
    once(seen, "state", &id, out);
    let state = State {
        id: id.text,
        title: section.label("title", out),
        phase: section.word("phase", out),
    };
    section.finish(out);
    Some(state)
}

fn step(
    mut section: Section<'_, '_>,
    states: &[String],
    seen: &mut BTreeSet<String>,
    refs: &Refs,
    out: &mut Problems,
) -> Step {
    let id = section.text("id", out);
    section.call(format!("step {:?}", id.text));
    once(seen, "step", &id, out);
    let subject = section.subject().to_owned();
    let from = section.texts("from", out);
    if from.is_empty() {
        out.push(Problem::new(
            section.span(),
            format!("{subject} starts from no state"),
        ));
    }
    let to = section.text("to", out);
    let action = section.optional_text("action", out);
    if let Some(word) = &action {
        self::action(word, &subject, out);
    }
    let guard = section.optional_text("guard", out);
    let step = Step {
        id: id.text,
        title: section.label("title", out),
        from: from
            .into_iter()
            .map(|it| cite("state", it, states, &subject, out))
            .collect(),
        to: cite("state", to, states, &subject, out),
        action: action.map(|it| it.text),
        relation: section.word("relation", out),
        effect: section.word("effect", out),
        asks: section.words("asks", out),
        needs: section.words("needs", out),
        guard: guard.and_then(|text| filter(&text, out)),
        start: section
            .texts("start", out)
            .into_iter()
            .map(|it| refs.clock(it, &subject, out))
            .collect(),
        stop: section
            .texts("stop", out)
            .into_iter()
            .map(|it| refs.clock(it, &subject, out))
            .collect(),
        tell: section
            .optional_text("tell", out)
            .map(|text| refs.message(text, &subject, out)),
        source: refs.source(&mut section, out),
    };
    section.finish(out);
    step
}

impl Flow {
    fn state_ids(&self) -> Vec<String> {
        self.states.iter().map(|(state, _)| state.id.clone()).collect()
    }

    /// Puts the states and steps into `kind`.
    fn place(self, mut kind: Kind, span: Range<usize>) -> Placed {
        let (states, state_spans) = self.states.into_iter().unzip();
        let (steps, step_spans) = self.steps.into_iter().unzip();
        kind.states = states;
        kind.steps = steps;
        Placed {
            kind,
            span,
            states: state_spans,
            steps: step_spans,
        }
    }
}
