//! The proofs against another way of looking: every path of a kind walked one by one, its whole history kept.

use bihuan_core::pack::Word;
use bihuan_core::pack::model::{Effect, Kind, Need, Phase, Relation, Step};
use bihuan_core::pack::parse::parse;
use bihuan_core::pack::prove::prove;

/// Longer than the longest way to an end and once around again.
const LONGEST_PATH: usize = 9;

fn complaint() -> Kind {
    let pack = parse(include_str!("valid/complaint.toml")).expect("the valid pack is valid");
    pack.kinds.into_iter().next().expect("it has a kind")
}

fn phase(kind: &Kind, state: &str) -> Phase {
    kind.phase(state).expect("states are there")
}

/// The steps of a path since its present round began; the step that begins a round is not in it.
fn round<'k>(kind: &Kind, path: &[(&'k Step, &str)]) -> Vec<&'k Step> {
    let begins = |(step, from): &(&Step, &str)| {
        let back = phase(kind, from) >= Phase::Verify && phase(kind, &step.to) < Phase::Verify;
        back || matches!(
            step.effect,
            Effect::FailVerification | Effect::Reopen | Effect::LookBackFailed
        )
    };
    let start = path.iter().rposition(begins).map_or(0, |at| at + 1);
    path[start..].iter().map(|(step, _)| *step).collect()
}

fn assigned(path: &[(&Step, &str)]) -> bool {
    let last = path
        .iter()
        .rfind(|(step, _)| matches!(step.effect, Effect::Assign | Effect::Return));
    last.is_some_and(|(step, _)| step.effect == Effect::Assign)
}

fn can_be_taken(kind: &Kind, path: &[(&Step, &str)], step: &Step) -> bool {
    let round = round(kind, path);
    let has = |effect| round.iter().any(|step| step.effect == effect);
    let of_a_unit = matches!(
        step.effect,
        Effect::Return | Effect::Verify | Effect::FailVerification | Effect::StrikeOff
    );
    if (of_a_unit || step.relation == Relation::Responsible) && !assigned(path) {
        return false;
    }
    step.needs.iter().all(|need| match need {
        Need::Assigned => assigned(path),
        Need::Evidence | Need::Photo => true,
        Need::Verification => has(Effect::Verify),
        Need::Answer | Need::Satisfaction => has(Effect::Answer),
        Need::Publication => has(Effect::Publish),
        Need::Consent => has(Effect::Consent),
    })
}

/// Whether a path ends in a strike-off that somebody independent verified, on evidence, and was answered for.
fn is_proved(kind: &Kind, path: &[(&Step, &str)]) -> bool {
    let (last, before) = path.split_last().expect("a path that ends has a last step");
    let mut round = round(kind, before);
    round.push(last.0);
    let verified = |it: &&Step| it.effect == Effect::Verify && it.relation == Relation::Independent;
    let evidence = |it: &&Step| it.needs.contains(&Need::Evidence);
    let answered = |it: &&Step| it.effect == Effect::Answer;
    round.iter().copied().any(|it| verified(&it))
        && round.iter().copied().any(|it| evidence(&it))
        && round.iter().copied().any(|it| answered(&it))
}

/// Returns the first path to a strike-off that is not proved.
fn unproved<'k>(kind: &'k Kind, state: &'k str, path: &mut Vec<(&'k Step, &'k str)>) -> Option<String> {
    if path.len() == LONGEST_PATH {
        return None;
    }
    for step in kind.steps_from(state) {
        if !can_be_taken(kind, path, step) {
            continue;
        }
        path.push((step, state));
        if step.effect == Effect::StrikeOff && !is_proved(kind, path) {
            return Some(
                path.iter()
                    .map(|(step, _)| step.id.as_str())
                    .collect::<Vec<_>>()
                    .join(" → "),
            );
        }
        let found = unproved(kind, &step.to, path);
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Every step that could be added to a kind: all states, effects and relations, some needs.
fn every_step(kind: &Kind) -> Vec<Step> {
    let template = kind.steps[0].clone();
    let mut steps = Vec::new();
    for from in &kind.states {
        for to in &kind.states {
            for effect in Effect::ALL {
                for relation in Relation::ALL {
                    for needs in [vec![], vec![Need::Evidence], vec![Need::Verification]] {
                        let donor = kind.steps.iter().find(|step| step.effect == *effect);
                        let by_grant = !matches!(relation, Relation::Reporter | Relation::Timer);
                        steps.push(Step {
                            id: "added".to_owned(),
                            from: vec![from.id.clone()],
                            to: to.id.clone(),
                            effect: *effect,
                            relation: *relation,
                            needs,
                            asks: donor.map(|step| step.asks.clone()).unwrap_or_default(),
                            action: by_grant.then(|| "handle".to_owned()),
                            start: Vec::new(),
                            stop: Vec::new(),
                            ..template.clone()
                        });
                    }
                }
            }
        }
    }
    steps
}

#[test]
fn no_step_added_to_a_sound_kind_opens_an_unproved_path_that_the_proofs_let_through() {
    let sound = complaint();
    let (mut accepted, mut refused, mut dangerous) = (0, 0, 0);
    for step in every_step(&sound) {
        let mut kind = sound.clone();
        kind.steps.push(step);
        let findings = prove(&kind);
        let found = unproved(&kind, &kind.initial, &mut Vec::new());
        dangerous += usize::from(found.is_some());
        if findings.is_empty() {
            accepted += 1;
            assert_eq!(found, None, "accepted with {:?}", kind.steps.last());
        } else {
            refused += 1;
        }
    }
    // The test means something only where all three happen.
    assert!(
        accepted > 100 && refused > 1000 && dangerous > 100,
        "{accepted} {refused} {dangerous}"
    );
}

#[test]
fn taking_any_step_out_of_a_sound_kind_is_noticed() {
    let sound = complaint();
    for index in 0..sound.steps.len() {
        let mut kind = sound.clone();
        let gone = kind.steps.remove(index);
        let spare = ["fail", "reopen"].contains(&gone.id.as_str());
        assert_eq!(prove(&kind).is_empty(), spare, "without {:?}", gone.id);
    }
}
