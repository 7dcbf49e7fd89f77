//! Registration, corrections, links.

use bihuan_core::case::command::Command;
use bihuan_core::case::decide::decide;
use bihuan_core::case::facts::{Flag, facts};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::PackRef;

use crate::timeline::{Life, check_timeline};
use crate::town;

#[test]
fn what_the_pack_does_not_know_is_not_raised() {
    check_timeline(
        "dance",
        "03-02 09:00 reporter raise => refused: no kind 'dance' may be raised here",
    );
    check_timeline(
        "listed",
        "03-02 09:00 reporter raise => refused: no kind 'listed' may be raised here",
    );
    check_timeline(
        "question",
        "03-02 09:00 reporter raise => refused: no kind 'question' may be raised here",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 water raise finder=water => refused: no kind 'complaint' may be raised here",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise channel=pigeon => refused: the pack has no channel 'pigeon'",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise source=oracle => refused: the pack has no supervision source 'oracle'",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise category=dance => refused: the taxonomy has no category 'dance'",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise severity=6 => refused: severity is out of range",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise severity=0 => refused: severity is out of range",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise duplicate=1 => refused: a case cannot be linked with itself",
    );
}

#[test]
fn a_duplicate_is_linked_when_it_is_registered() {
    check_timeline(
        "complaint",
        "03-02 09:00 inspect raise duplicate=5 source=audit => raised; linked; accept due 03-04 18:00
         03-02 09:00 world show => new round 1, due 03-04 18:00, open, duplicate, timer 03-04 18:00",
    );
}

#[test]
fn category_and_severity_change_with_what_they_were() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect classify care.clinic => classified
         03-02 10:00 inspect classify care.clinic => refused: there is nothing to change
         03-02 10:00 inspect classify dance => refused: the taxonomy has no category 'dance'
         03-02 10:00 reporter classify pipes => refused: only Any may do this
         03-02 10:00 inspect severity 3 => refused: there is nothing to change
         03-02 10:00 inspect severity 6 => refused: severity is out of range
         03-02 10:00 inspect severity 5 => severity changed
         03-02 10:00 inspect severity 1 => downgraded",
    );
}

#[test]
fn a_registration_is_corrected_within_the_pack() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect correct => refused: there is nothing to change
         03-02 10:00 inspect correct channel=pigeon => refused: the pack has no channel 'pigeon'
         03-02 10:00 inspect correct source=oracle => refused: the pack has no supervision source 'oracle'
         03-02 10:00 reporter correct source=audit => refused: only Any may do this
         03-02 10:00 inspect correct source=audit => registration corrected",
    );
}

#[test]
fn cases_are_linked_and_split_and_not_merged_away() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect link 1 => refused: a case cannot be linked with itself
         03-02 10:00 inspect link 5 => linked
         03-02 10:00 inspect link 5 => refused: there is nothing to change
         03-02 10:00 inspect split => refused: there is nothing to change
         03-02 10:00 inspect split 1 => refused: a case cannot be linked with itself
         03-02 10:00 inspect split 6 6 => refused: there is nothing to change
         03-02 10:00 inspect split 6 7 => split
         03-02 10:00 inspect split 7 => refused: there is nothing to change
         03-02 10:00 inspect absorb 1 water => refused: a case cannot be linked with itself
         03-02 10:00 inspect absorb 8 water => responsibility absorbed
         03-02 10:00 inspect merge 1 => refused: a case cannot be linked with itself
         03-02 11:00 inspect merge 9 => refused: Answer is needed first",
    );
}

#[test]
fn a_case_is_merged_only_when_its_reporter_was_answered_and_is_over_then() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 10:00 inspect merge 9 => refused: Answer is needed first
         03-02 11:00 health take answer => to late; answered
         03-02 12:00 inspect merge 9 => merged; ended merged
         03-02 13:00 health take answer => refused: the case has ended",
    );
}

#[test]
fn what_the_reporter_calls_not_solved_does_not_vanish_into_another_case() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 11:00 health take answer => to late; answered
         03-02 12:00 reporter unsolved => satisfaction given
         03-02 13:00 inspect merge 9 => refused: the reporter says it is not solved
         03-02 14:00 health take answer => to late; answered
         03-02 15:00 inspect merge 9 => refused: the reporter says it is not solved",
    );
}

#[test]
fn a_case_takes_in_a_complaint_only_about_whom_it_complains_itself() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect absorb 8 water accused=health => refused: unit health is complained about in this case
         03-02 11:00 inspect accuse health => registration corrected
         03-02 12:00 inspect absorb 8 water accused=health => responsibility absorbed",
    );
}

#[test]
fn staff_and_reporter_write_to_each_other() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 reporter ask => refused: only Any may do this
         03-02 10:00 inspect ask => reporter asked
         03-02 10:00 world show => new round 1, due 03-04 18:00, open, asked, timer 03-04 18:00
         03-02 11:00 inspect reply => refused: only Reporter may do this
         03-02 11:00 reporter comment => refused: only Any may do this
         03-02 11:00 reporter reply => reporter replied
         03-02 11:00 reporter identity => refused: only Any may do this
         03-02 11:00 inspect identity => identity read
         03-02 11:00 reporter reissue => refused: only Any may do this
         03-02 11:00 inspect reissue => code reissued
         03-02 11:00 inspect erase => body erased
         03-02 11:00 reporter instruct => refused: only Any may do this
         03-02 11:00 world show => new round 1, due 03-04 18:00, open, timer 03-04 18:00",
    );
    check_timeline(
        "listed",
        "03-02 09:00 health raise finder=health => raised
         03-02 10:00 inspect ask => refused: only Reporter may do this
         03-02 10:00 inspect identity => refused: there is no identity to read
         03-02 10:00 inspect reissue => refused: there is no identity to read",
    );
}

fn town_pack(version: u32) -> PackRef {
    PackRef {
        id: "town".to_owned(),
        version,
    }
}

/// Moves a freshly accepted complaint to version 2 of its pack, as `change` makes it.
fn moved_to_next_pack(change: impl FnOnce(&mut Life)) -> Result<Life, Refusal> {
    let mut life = Life::new("complaint");
    life.live_all("03-02 09:00 reporter raise\n03-02 10:00 inspect take accept");
    life.pack.version = 2;
    change(&mut life);
    let command = Command::ChangePack { pack: town_pack(2) };
    let now = life.instant("03-03 09:00");
    life.execute(&command, town::actor("inspect"), now)?;
    Ok(life)
}

#[test]
fn a_case_moves_to_a_newer_version_that_knows_where_it_stands() {
    let life = moved_to_next_pack(|_| ()).expect("the same pack, newer");
    let case = life.case.expect("raised");
    assert_eq!(case.pack, town_pack(2));

    let without_state =
        moved_to_next_pack(|life| life.pack.kinds[0].states.retain(|state| state.id != "accepted"));
    assert!(matches!(without_state.err(), Some(Refusal::WrongState { .. })));
    let without_clock = moved_to_next_pack(|life| drop(life.pack.clocks.remove("handle")));
    assert_eq!(without_clock.err(), Some(Refusal::Clock("handle".to_owned())));
    let without_kind = moved_to_next_pack(|life| drop(life.pack.kinds.remove(0)));
    assert_eq!(
        without_kind.err(),
        Some(Refusal::UnknownKind("complaint".to_owned()))
    );
    let older = moved_to_next_pack(|life| life.pack.version = 1);
    assert_eq!(older.err(), Some(Refusal::WrongPack(town_pack(2))));
}

#[test]
fn a_case_is_judged_by_no_other_pack_than_its_own() {
    let mut life = Life::new("complaint");
    life.live_all("03-02 09:00 reporter raise");
    life.pack.version = 2;
    let ctx = life.context(town::actor("inspect"), life.instant("03-03 09:00"));
    let case = life.case.as_ref().expect("raised");
    let refused = decide(case, &Command::Tick, &ctx);
    assert_eq!(refused, Err(Refusal::WrongPack(town_pack(1))));
}

#[test]
fn an_instruction_is_a_persons_and_whoever_gave_one_stays_known() {
    let mut life = Life::new("complaint");
    life.live_all("03-02 09:00 reporter raise\n03-02 10:00 inspect instruct\n03-02 11:00 inspect instruct");
    let case = life.case.as_ref().expect("raised");
    assert_eq!(case.instructors.len(), 1);
    let facts = facts(case, life.pack.kind("complaint").expect("the pack has it"));
    assert!(facts.flags.contains(&Flag::Instructed) && facts.instructors.len() == 1);
}
