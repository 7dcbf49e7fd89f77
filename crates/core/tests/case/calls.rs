//! Calls to the reporter after the answer: each is on record, and who is to be called follows from them.

use bihuan_core::case::command::{Call, Command};
use bihuan_core::case::facts::{Flag, facts};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, CallOutcome, CaseEvent};
use bihuan_core::pack::model::{Ask, CallRule};

use crate::timeline::Life;
use crate::town::{self, body};

/// The lives of a complaint until its reporter was answered, in a pack that calls back.
fn answered(rule: CallRule) -> Life {
    let mut life = Life::new("complaint");
    for kind in &mut life.pack.kinds {
        kind.calls = Some(rule);
    }
    life.live_all(
        "03-02 09:00 reporter raise
         03-02 10:00 inspect take accept
         03-02 11:00 inspect take assign health
         03-02 11:00 health prove 1
         03-02 11:00 health take hand_in
         03-02 12:00 inspect take verify
         03-02 14:00 inspect take answer",
    );
    life
}

fn twice(silence_waits: bool) -> CallRule {
    CallRule {
        attempts: 2,
        silence_waits,
    }
}

fn is_to_be_called(life: &Life) -> bool {
    let case = life.case.as_ref().expect("raised");
    let kind = life.pack.kind("complaint").expect("the pack has it");
    facts(case, kind).flags.contains(&Flag::ToCall)
}

fn call(life: &mut Life, who: &str, at: &str, call: Call) -> Result<Vec<CaseEvent>, Refusal> {
    let now = life.instant(at);
    let remark = matches!(call, Call::Said { .. }).then(|| body(5));
    let decided = life.execute(&Command::MakeCall { call, remark }, town::actor(who), now)?;
    Ok(decided.into_iter().map(|one| one.event).collect())
}

fn said(solved: bool) -> Call {
    Call::Said { solved, score: None }
}

#[test]
fn what_is_said_ends_the_calls_whichever_it_is() {
    for solved in [true, false] {
        let mut life = answered(twice(false));
        assert!(is_to_be_called(&life));
        let events = call(&mut life, "inspect", "03-03 09:00", said(solved)).expect("they were reached");
        let expected = matches!(
            events.as_slice(),
            [
                CaseEvent::CallMade { outcome: CallOutcome::Reached, .. },
                CaseEvent::SatisfactionGiven { solved: given, remark: Some(_), .. },
            ] if *given == solved
        );
        assert!(expected, "{events:?}");
        assert!(!is_to_be_called(&life));
    }
}

#[test]
fn not_solved_is_never_taken_down_without_a_reason() {
    let mut life = answered(twice(false));
    let now = life.instant("03-03 09:00");
    let command = Command::MakeCall {
        call: said(false),
        remark: None,
    };
    let refused = life.execute(&command, town::actor("inspect"), now).err();
    assert_eq!(refused, Some(Refusal::Missing(Ask::Reason)));
}

#[test]
fn calls_that_nobody_answers_are_counted_until_the_pack_lets_go() {
    let mut life = answered(twice(false));
    for (at, still) in [("03-03 09:00", true), ("03-03 15:00", false)] {
        call(&mut life, "inspect", at, Call::NoAnswer).expect("it is a result");
        assert_eq!(is_to_be_called(&life), still, "{at}");
    }
    assert_eq!(life.case.as_ref().expect("raised").calls.unanswered, 2);
    // Another answer is another occasion.
    life.live_all("03-04 09:00 inspect take answer");
    assert!(is_to_be_called(&life));
    call(&mut life, "inspect", "03-04 10:00", Call::NoNumber).expect("it is a result");
    assert!(!is_to_be_called(&life));
}

#[test]
fn silence_waits_for_the_calls_where_the_pack_says_so() {
    let mut life = answered(twice(true));
    life.live_all("03-06 09:00 timer tick\n03-09 18:00 timer tick");
    let late = life.instant("03-20 09:00");
    let tick = |life: &mut Life| life.execute(&Command::Tick, Actor::System, late);
    assert_eq!(tick(&mut life).err(), Some(Refusal::NoChange));
    let kind = life.pack.kind("complaint").expect("the pack has it");
    assert_eq!(life.case.as_ref().expect("raised").next_timer_at(kind), None);
    for at in ["03-19 09:00", "03-19 15:00"] {
        call(&mut life, "inspect", at, Call::NoAnswer).expect("it is a result");
    }
    tick(&mut life).expect("nobody could be reached, and they were silent");
    assert!(life.case.expect("raised").end.is_some());
}

#[test]
fn whoever_handled_does_not_call() {
    let mut life = answered(twice(false));
    let refused = call(&mut life, "health", "03-03 09:00", Call::NoAnswer);
    assert_eq!(refused, Err(Refusal::OwnWork(town::unit("health"))));
}

#[test]
fn a_call_is_put_off_to_a_moment_that_comes() {
    let mut life = answered(twice(false));
    for at in ["03-03 08:59", "06-03 09:00"] {
        let again = Call::Again { at: life.instant(at) };
        let refused = call(&mut life, "inspect", "03-03 09:00", again);
        assert_eq!(refused, Err(Refusal::OutOfRange("again_at")), "{at}");
    }
    let at = life.instant("03-04 09:00");
    call(&mut life, "inspect", "03-03 09:00", Call::Again { at }).expect("a day later");
    let calls = life.case.as_ref().expect("raised").calls;
    assert_eq!((calls.again_at, calls.unanswered), (Some(at), 0));
    assert!(is_to_be_called(&life));
}
