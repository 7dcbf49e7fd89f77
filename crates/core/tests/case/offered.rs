//! What a page may offer: the steps with what stands in their way, and the units to assign.

use bihuan_core::case::decide::{action_needed, asks_of, available_steps, suggested_units};
use bihuan_core::pack::Word;

use crate::commands::command_in;
use crate::timeline::Life;
use crate::town;

/// Lives `past`, then writes the steps offered on 9 March to `actor`, whose grants hold `actions`.
#[track_caller]
fn check_offered(past: &str, actor: &str, actions: &[&str], expected: &str) {
    let mut life = Life::new("complaint");
    life.live_all(past);
    let case = life.case.as_ref().expect("the past begins with raise");
    let ctx = life.context(town::actor(actor), life.instant("03-09 09:00"));
    let permitted = |action: &str| actions.contains(&action);
    let written = available_steps(case, &permitted, &ctx).into_iter().map(|choice| {
        let asks: Vec<&str> = choice.asks.iter().map(|ask| ask.word()).collect();
        let refusal = choice
            .refusal
            .map_or("now".to_owned(), |refusal| town::named(&refusal.to_string()));
        format!("{} [{}] {refusal}", choice.step.id, asks.join(" "))
    });
    let written: Vec<String> = written.collect();
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(written, expected);
}

const HANDED_IN: &str = "
    03-02 09:00 reporter raise category=care.clinic
    03-02 10:00 inspect take accept
    03-02 11:00 inspect take assign health
    03-03 09:00 clinic prove 1
    03-03 10:00 clinic take hand_in";

#[test]
fn a_step_is_offered_with_what_stands_in_its_way() {
    check_offered(
        HANDED_IN,
        "inspect",
        &["verify"],
        "rework [reason] now
         verify [finding] now
         fail [finding] now",
    );
    check_offered(
        HANDED_IN,
        "clinic",
        &["verify"],
        "rework [reason] now
         verify [finding] nobody verifies their own work: health was responsible
         fail [finding] nobody verifies their own work: health was responsible",
    );
}

#[test]
fn a_step_whose_action_is_not_granted_is_not_offered() {
    check_offered(HANDED_IN, "inspect", &["handle", "strike"], "");
    check_offered(HANDED_IN, "timer", &["verify"], "");
}

#[test]
fn a_reporter_is_offered_their_own_steps_only() {
    check_offered("03-02 09:00 reporter raise", "reporter", &[], "withdraw [] now");
    check_offered(
        "03-02 09:00 reporter raise",
        "inspect",
        &["register"],
        "accept [] now\nrefuse [reason notice objection_way] now",
    );
}

#[test]
fn the_accused_are_offered_nothing() {
    check_offered(
        "03-02 09:00 reporter raise accused=health",
        "clinic",
        &["register"],
        "",
    );
}

#[test]
fn units_are_suggested_by_their_duty_and_never_when_accused() {
    let suggested = |past: &str| {
        let mut life = Life::new("complaint");
        life.live_all(past);
        let ctx = life.context(town::actor("inspect"), life.instant("03-09 09:00"));
        suggested_units(life.case.as_ref().expect("raised"), &ctx)
    };
    assert_eq!(
        suggested("03-02 09:00 reporter raise category=care.clinic"),
        [town::unit("health")]
    );
    assert_eq!(
        suggested("03-02 09:00 reporter raise category=care accused=health"),
        []
    );
    assert_eq!(suggested("03-02 09:00 reporter raise category=pipes"), []);
    assert_eq!(suggested("03-02 09:00 reporter raise"), []);
}

#[test]
fn each_command_names_the_action_it_needs() {
    let life = Life::new("complaint");
    let kind = life.pack.kind("complaint").expect("the pack has it");
    let needed = [
        ("take verify", Some("verify")),
        ("take redo", None),
        ("take dance", None),
        ("merge 2", Some("register")),
        ("classify care", Some("register")),
        ("accuse health", Some("register")),
        ("transfer water", Some("assign")),
        ("dispute", Some("handle")),
        ("prove 1", Some("handle")),
        ("staff", Some("handle")),
        ("uphold water", Some("rule")),
        ("pause handle", Some("approve")),
        ("extend handle 1", Some("approve")),
        ("resume handle", Some("handle")),
        ("solved", Some("answer")),
        ("comment", Some("read")),
        ("instruct", Some("instruct")),
        ("identity", Some("identity")),
        ("reissue", Some("identity")),
        ("erase", Some("admin")),
        ("reply", None),
        ("tick", None),
        ("recompute", None),
    ];
    for (words, action) in needed {
        assert_eq!(action_needed(&command_in(words), kind), action, "{words}");
    }
}

#[test]
fn what_an_effect_cannot_do_without_is_asked_even_if_the_pack_does_not() {
    let life = Life::new("anything");
    let kind = life.pack.kind("anything").expect("the pack has it");
    let asked = |id: &str| {
        let step = kind.step(id).expect("the kind has it");
        asks_of(step)
            .into_iter()
            .map(Word::word)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(asked("assign"), "unit");
    assert_eq!(asked("verify"), "finding");
    assert_eq!(asked("answer"), "reply");
    assert_eq!(asked("publish"), "publication");
    assert_eq!(asked("hand_on"), "organ organ_receipt");
    assert_eq!(asked("reopen"), "reason");
    assert_eq!(asked("strike"), "");
}
