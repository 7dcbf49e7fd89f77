//! What each step must look like for the effect it has.

use super::walk::Walk;
use super::{Finding, Place};
use crate::pack::model::{Ask, Effect, EndKind, Kind, Phase, Relation, Step};
use crate::pack::words::Word as _;

pub(super) fn check(kind: &Kind, walk: &Walk<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, step) in kind.steps.iter().enumerate() {
        let faults = faults(kind, step, walk.path_of_step(index));
        findings.extend(faults.into_iter().map(|fault| {
            let message = format!("step {:?}: {fault}", step.id);
            Finding::new(Place::Step(index), message)
        }));
    }
    findings
}

fn faults(kind: &Kind, step: &Step, path: Option<String>) -> Vec<String> {
    // Where effect and relation contradict each other, what either of them demands says nothing yet.
    if let Some(fault) = wrong_relation(step, path) {
        return vec![fault];
    }
    let faults = [
        wrong_action(step),
        wrong_target(kind, step),
        wrong_start(kind, step),
        wrong_end(kind, step),
        wrong_timer(step),
    ];
    faults.into_iter().flatten().chain(wrong_asks(step)).collect()
}

/// Nobody verifies or strikes off their own work, only the reporter withdraws, only the finder consents.
fn wrong_relation(step: &Step, path: Option<String>) -> Option<String> {
    let wanted: &[Relation] = match step.effect {
        Effect::Verify | Effect::FailVerification | Effect::LookBackHeld | Effect::LookBackFailed => {
            &[Relation::Independent]
        }
        Effect::StrikeOff => &[Relation::Independent, Relation::Timer],
        Effect::EndAnswered => &[
            Relation::Any,
            Relation::Responsible,
            Relation::Independent,
            Relation::Timer,
        ],
        Effect::Return => &[Relation::Responsible],
        Effect::Withdraw => &[Relation::Reporter],
        Effect::Consent => &[Relation::Finder],
        Effect::None | Effect::Reopen => return None,
        Effect::Assign | Effect::Answer | Effect::Publish | Effect::Refuse | Effect::HandOver => {
            &[Relation::Any, Relation::Responsible, Relation::Independent]
        }
    };
    if wanted.contains(&step.relation) {
        return None;
    }
    let wanted: Vec<&str> = wanted.iter().map(|it| it.word()).collect();
    let (effect, relation) = (step.effect.word(), step.relation.word());
    let demand = format!(
        "effect {effect:?} demands relation {}, not {relation:?}",
        wanted.join(" or ")
    );
    Some(match path {
        Some(path) if step.relation == Relation::Responsible || step.relation == Relation::Any => {
            format!("{demand}: {path} lets a responsible unit judge its own work")
        }
        Some(_) | None => demand,
    })
}

fn wrong_action(step: &Step) -> Option<String> {
    let by_grant = match step.relation {
        Relation::Any | Relation::Responsible | Relation::Independent | Relation::Finder => true,
        Relation::Reporter | Relation::Timer => false,
    };
    match (by_grant, &step.action) {
        (true, None) => Some("no \"action\" says which grant it takes".to_owned()),
        (false, Some(action)) => {
            let relation = step.relation.word();
            Some(format!(
                "a step of relation {relation:?} holds no grant, so it has no action {action:?}"
            ))
        }
        (true, Some(_)) | (false, None) => None,
    }
}

/// An end leads into a closed phase, a new round back into handling, a proof onwards.
fn wrong_target(kind: &Kind, step: &Step) -> Option<String> {
    let phase = kind.phase(&step.to)?;
    let (effect, to) = (step.effect.word(), &step.to);
    let fits = match step.effect {
        Effect::None | Effect::Assign => !phase.is_end(),
        Effect::Verify | Effect::Answer | Effect::Publish | Effect::Consent => {
            phase >= Phase::Verify && !phase.is_end()
        }
        Effect::Return | Effect::FailVerification | Effect::LookBackFailed | Effect::Reopen => {
            phase < Phase::Verify
        }
        Effect::StrikeOff | Effect::LookBackHeld => phase.is_end(),
        Effect::EndAnswered | Effect::Refuse | Effect::Withdraw | Effect::HandOver => phase == Phase::Closed,
    };
    (!fits).then(|| {
        format!(
            "effect {effect:?} does not lead to state {to:?} of phase {:?}",
            phase.word()
        )
    })
}

/// What has ended is only taken up again or looked back at.
fn wrong_start(kind: &Kind, step: &Step) -> Option<String> {
    let ended = |from: &&String| kind.phase(from).is_some_and(Phase::is_end);
    let (from_end, from_open) = (
        step.from.iter().find(ended),
        step.from.iter().find(|from| !ended(from)),
    );
    match step.effect {
        Effect::Reopen => None,
        Effect::LookBackHeld | Effect::LookBackFailed => from_open
            .map(|from| format!("a look-back starts from what was struck off, not from state {from:?}")),
        Effect::None
        | Effect::Assign
        | Effect::Return
        | Effect::Verify
        | Effect::FailVerification
        | Effect::Answer
        | Effect::Publish
        | Effect::Consent
        | Effect::StrikeOff
        | Effect::EndAnswered
        | Effect::Refuse
        | Effect::Withdraw
        | Effect::HandOver => from_end.map(|from| {
            let effect = step.effect.word();
            format!(
                "state {from:?} has ended: it is reopened or looked back at, not left by effect {effect:?}"
            )
        }),
    }
}

/// An end that a step makes is one of the kind's.
fn wrong_end(kind: &Kind, step: &Step) -> Option<String> {
    let end = end_of(step.effect)?;
    let (effect, end_word) = (step.effect.word(), end.word());
    (!kind.allows(end))
        .then(|| format!("effect {effect:?} makes an end {end_word:?} that the kind does not list"))
}

/// Returns the end that an effect makes.
pub(super) fn end_of(effect: Effect) -> Option<EndKind> {
    match effect {
        Effect::StrikeOff => Some(EndKind::StruckOff),
        Effect::EndAnswered => Some(EndKind::Answered),
        Effect::Refuse => Some(EndKind::Refused),
        Effect::Withdraw => Some(EndKind::Withdrawn),
        Effect::HandOver => Some(EndKind::HandedOver),
        Effect::None
        | Effect::Assign
        | Effect::Return
        | Effect::Verify
        | Effect::FailVerification
        | Effect::Answer
        | Effect::Publish
        | Effect::Consent
        | Effect::LookBackHeld
        | Effect::LookBackFailed
        | Effect::Reopen => None,
    }
}

/// A timer gives nothing, and acts only when something it waits for is there.
fn wrong_timer(step: &Step) -> Option<String> {
    if step.relation != Relation::Timer {
        None
    } else if !step.asks.is_empty() || step.effect == Effect::Reopen {
        Some("a timer gives nothing: no reason, no text".to_owned())
    } else if step.needs.is_empty() {
        Some("a timer must need something, or it acts at once".to_owned())
    } else {
        None
    }
}

/// An effect asks for what its event holds, and nothing is asked for that no event would hold.
fn wrong_asks(step: &Step) -> Vec<String> {
    let must = asks_of(step.effect);
    let effect = step.effect.word();
    let absent = must.iter().filter(|ask| !step.asks.contains(ask)).map(|ask| {
        let ask = ask.word();
        format!("effect {effect:?} must ask {ask:?}")
    });
    let idle = step
        .asks
        .iter()
        .filter(|ask| !must.contains(ask) && !ANYWHERE.contains(ask));
    let idle = idle.map(|ask| {
        let ask = ask.word();
        format!("effect {effect:?} has no use for {ask:?}")
    });
    absent.chain(idle).collect()
}

/// What the event of any step can hold.
const ANYWHERE: [Ask; 3] = [Ask::Remark, Ask::Reason, Ask::Finding];

/// Returns what an effect must ask for.
fn asks_of(effect: Effect) -> &'static [Ask] {
    match effect {
        Effect::None | Effect::Consent | Effect::StrikeOff | Effect::EndAnswered | Effect::Withdraw => &[],
        Effect::Assign => &[Ask::Unit],
        Effect::Return | Effect::Reopen => &[Ask::Reason],
        Effect::Verify | Effect::FailVerification => &[Ask::Finding],
        Effect::LookBackHeld | Effect::LookBackFailed => &[Ask::Finding],
        Effect::Answer => &[Ask::Reply],
        Effect::Publish => &[Ask::Publication],
        Effect::Refuse => &[Ask::Reason, Ask::Notice, Ask::ObjectionWay],
        Effect::HandOver => &[Ask::Organ, Ask::OrganReceipt],
    }
}
