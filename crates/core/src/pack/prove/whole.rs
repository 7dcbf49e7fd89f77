//! What a kind as a whole must look like.

use super::steps::end_of;
use super::{Finding, Place};
use crate::pack::model::{AnswerRule, EndKind, Kind, Phase, Raiser};
use crate::pack::words::Word as _;

pub(super) fn check(kind: &Kind) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fault = |message: String| findings.push(Finding::new(Place::Kind, message));
    wrong_raiser(kind).into_iter().for_each(&mut fault);
    wrong_ends(kind).into_iter().for_each(&mut fault);
    if kind.phase(&kind.initial).is_some_and(Phase::is_end) {
        fault(format!("it begins in state {:?}, which is an end", kind.initial));
    }
    findings.extend(wrong_clocks(kind));
    findings
}

/// Whoever raised a problem is answered; publication and consent stand in only where nobody outside did.
fn wrong_raiser(kind: &Kind) -> Vec<String> {
    let mut faults = Vec::new();
    match (kind.raised_by, kind.answer) {
        (Raiser::Reporter, AnswerRule::Publication | AnswerRule::FinderConsent) => faults.push(format!(
            "it is raised by a reporter, who must be answered: {:?} cannot stand for the answer",
            kind.answer.word()
        )),
        (Raiser::Finder, AnswerRule::Reporter) => {
            faults.push("it is raised by a finder, so there is no reporter to answer".to_owned());
        }
        (Raiser::Reporter, AnswerRule::Reporter)
        | (Raiser::Finder, AnswerRule::Publication | AnswerRule::FinderConsent) => {}
    }
    if kind.answer == AnswerRule::Publication && kind.publication_days.is_none_or(|days| days == 0) {
        faults.push("\"publication_days\" does not say how long its result is published".to_owned());
    }
    if kind.raised_by == Raiser::Finder && kind.portal {
        faults.push("it is raised by a finder, so the portal cannot take it".to_owned());
    }
    if kind.raised_by == Raiser::Finder && kind.calls.is_some() {
        faults.push("it is raised by a finder, so there is no reporter to call back".to_owned());
    }
    if let Some(step) = kind.steps.iter().find(|step| step.tell.is_some())
        && kind.raised_by == Raiser::Finder
    {
        faults.push(format!(
            "step {:?} tells a reporter, but a finder raises it",
            step.id
        ));
    }
    faults
}

/// A consultation is answered and never struck off; nothing else ends by an answer alone.
fn wrong_ends(kind: &Kind) -> Vec<String> {
    let mut faults = Vec::new();
    if kind.consultation != kind.allows(EndKind::Answered) {
        faults.push("a consultation ends as \"answered\", and nothing but a consultation does".to_owned());
    }
    if kind.consultation && kind.allows(EndKind::StruckOff) {
        faults.push(
            "a consultation is not struck off: what needs more than an answer is another kind".to_owned(),
        );
    }
    if kind.ends.is_empty() {
        faults.push("it lists no end".to_owned());
    }
    if kind.consultation && kind.raised_by == Raiser::Finder {
        faults.push("a consultation is raised by a reporter".to_owned());
    }
    let unmade = kind
        .ends
        .iter()
        .filter(|end| kind.steps.iter().all(|step| end_of(step.effect) != Some(**end)));
    faults.extend(unmade.map(|end| format!("no step makes the end {:?} that the kind lists", end.word())));
    faults
}

/// A clock that starts can be met, and one that is met was started.
fn wrong_clocks(kind: &Kind) -> Vec<Finding> {
    let started: Vec<&String> = kind
        .start
        .iter()
        .chain(kind.steps.iter().flat_map(|step| &step.start))
        .collect();
    let stopped: Vec<&String> = kind.steps.iter().flat_map(|step| &step.stop).collect();
    let mut findings = Vec::new();
    for clock in kind.start.iter().filter(|clock| !stopped.contains(clock)) {
        let message = format!("clock {clock:?} starts with the case, but no step stops it");
        findings.push(Finding::new(Place::Kind, message));
    }
    for (index, step) in kind.steps.iter().enumerate() {
        let place = Place::Step(index);
        for clock in step
            .start
            .iter()
            .filter(|clock| !stopped.contains(clock) && !kind.start.contains(clock))
        {
            let message = format!(
                "clock {clock:?} starts with step {:?}, but no step stops it",
                step.id
            );
            findings.push(Finding::new(place, message));
        }
        for clock in step.stop.iter().filter(|clock| !started.contains(clock)) {
            let message = format!(
                "clock {clock:?} is stopped by step {:?}, but nothing starts it",
                step.id
            );
            findings.push(Finding::new(place, message));
        }
    }
    findings
}
