//! What every path must bring, and where every path must lead.

use std::collections::BTreeSet;

use super::walk::{Brought, Edge, Node, Walk, proven};
use super::{Finding, Place};
use crate::pack::model::{AnswerRule, Effect, Kind};

pub(super) fn check(kind: &Kind, walk: &Walk<'_>) -> Vec<Finding> {
    let mut findings = unreached(kind, walk);
    findings.extend(no_way_out(kind, walk));
    findings.extend(unproven_ends(kind, walk));
    findings
}

/// Finds states that no path reaches, and steps that no path can take.
fn unreached(kind: &Kind, walk: &Walk<'_>) -> Vec<Finding> {
    let reached: BTreeSet<usize> = walk.nodes().map(|(state, _)| state).collect();
    let states = (0..kind.states.len())
        .filter(|state| !reached.contains(state))
        .map(|state| {
            let message = format!("state {:?} cannot be reached", kind.states[state].id);
            Finding::new(Place::State(state), message)
        });
    let steps = (0..kind.steps.len()).filter_map(|step| {
        let missing = walk.never_taken(step)?;
        let message = format!(
            "step {:?} can never be taken: no path brings {missing}",
            kind.steps[step].id
        );
        Some(Finding::new(Place::Step(step), message))
    });
    states.chain(steps).collect()
}

/// Finds a place from which no end can be reached.
fn no_way_out(kind: &Kind, walk: &Walk<'_>) -> Option<Finding> {
    let mut leads_out: BTreeSet<Node> = walk
        .nodes()
        .filter(|(state, _)| kind.states[*state].phase.is_end())
        .collect();
    loop {
        let more = walk
            .edges
            .iter()
            .filter(|edge| leads_out.contains(&edge.to) && !leads_out.contains(&edge.from));
        let more: Vec<Node> = more.map(|edge| edge.from).collect();
        if more.is_empty() {
            break;
        }
        leads_out.extend(more);
    }
    // Where several places are lost, the one without any step on is the cause of the others.
    let lost: Vec<Node> = walk.nodes().filter(|node| !leads_out.contains(node)).collect();
    let stuck = |node: &&Node| walk.edges.iter().all(|edge| edge.from != **node);
    let node = *lost.iter().find(stuck).or(lost.first())?;
    let message = format!(
        "{}: state {:?} has no way out",
        walk.path(node),
        kind.states[node.0].id
    );
    let finding = Finding::new(Place::State(node.0), message);
    Some(finding.with_hint("add a step that leads on and that this path may take"))
}

/// Finds, for every ending step, a shortest path that comes to it without its proof.
fn unproven_ends(kind: &Kind, walk: &Walk<'_>) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    let mut findings = Vec::new();
    for edge in &walk.edges {
        let Some(missing) = missing(kind, *edge) else {
            continue;
        };
        if found.insert((edge.step, missing)) {
            let message = format!("{}: {missing}", walk.path_through(*edge));
            findings.push(Finding::new(Place::Step(edge.step), message));
        }
    }
    findings
}

/// Returns what the end that an edge leads to lacks.
fn missing(kind: &Kind, edge: Edge) -> Option<&'static str> {
    let step = &kind.steps[edge.step];
    let brought = proven(step, edge.from.1);
    match step.effect {
        Effect::StrikeOff if !brought.has(Brought::EVIDENCE) => Some("no evidence is needed on the way"),
        Effect::StrikeOff if !brought.has(Brought::VERIFIED) => {
            Some("no verification by somebody independent")
        }
        Effect::StrikeOff => unanswered(kind.answer, brought),
        Effect::EndAnswered => unanswered(AnswerRule::Reporter, brought),
        Effect::None
        | Effect::Assign
        | Effect::Return
        | Effect::Verify
        | Effect::FailVerification
        | Effect::Answer
        | Effect::Publish
        | Effect::Consent
        | Effect::Refuse
        | Effect::Withdraw
        | Effect::HandOver
        | Effect::LookBackHeld
        | Effect::LookBackFailed
        | Effect::Reopen => None,
    }
}

fn unanswered(rule: AnswerRule, brought: Brought) -> Option<&'static str> {
    let (fact, missing) = match rule {
        AnswerRule::Reporter => (Brought::ANSWERED, "no answer to the reporter"),
        AnswerRule::Publication => (
            Brought::PUBLICATION_OVER,
            "no step waits for the publication to be over",
        ),
        AnswerRule::FinderConsent => (Brought::CONSENTED, "no consent of the finder"),
    };
    (!brought.has(fact)).then_some(missing)
}
