//! Pictures beside what was struck off: nothing is shown that the reporter did not allow, nor by whoever did the work.

use bihuan_core::case::facts::{Flag, facts};
use bihuan_core::pack::model::EndKind;

use crate::timeline::Life;

/// The lives of a complaint that was struck off, with a picture of how it was and one of how it is.
fn struck_off(listed: bool) -> Life {
    struck_off_in(Life::new("complaint"), listed)
}

fn struck_off_in(mut life: Life, listed: bool) -> Life {
    for kind in &mut life.pack.kinds {
        kind.listed = listed;
    }
    life.live_all(
        "03-02 09:00 reporter raise
         03-02 09:00 reporter picture 1
         03-02 10:00 inspect take accept
         03-02 11:00 inspect take assign health
         03-02 11:00 health prove 2
         03-02 11:00 health take hand_in
         03-02 12:00 inspect take verify
         03-02 14:00 inspect take answer
         03-03 10:00 reporter solved
         03-03 10:00 inspect take strike",
    );
    life
}

/// Lives lines and compares what comes of each.
fn check(life: &mut Life, fixture: &str) {
    for line in fixture.lines().map(str::trim) {
        let (what, outcome) = line.split_once(" => ").expect("each line has an outcome");
        assert_eq!(life.live(what), outcome, "{what}");
    }
}

fn carries(life: &Life, flag: Flag) -> bool {
    let case = life.case.as_ref().expect("raised");
    let kind = life.pack.kind("complaint").expect("the pack has it");
    facts(case, kind).flags.contains(&flag)
}

fn is_pictured(life: &Life) -> bool {
    carries(life, Flag::Pictured)
}

#[test]
fn a_picture_is_shown_where_its_reporter_allows_it_and_others_than_the_handler_put_it_there() {
    let mut life = struck_off(true);
    check(
        &mut life,
        "03-04 09:00 inspect show 1 => refused: the reporter has not allowed pictures to be shown
         03-04 09:00 inspect allow => refused: only Reporter may do this
         03-04 09:00 reporter allow => pictures allowed
         03-04 09:00 reporter allow => refused: there is nothing to change
         03-04 09:00 reporter show 1 => refused: only Any may do this
         03-04 09:00 inspect show 7 => refused: there is no such evidence
         03-04 09:00 inspect hide 7 => refused: there is no such evidence
         03-04 10:00 inspect show 1 => picture shown
         03-04 10:00 inspect show 1 => refused: there is nothing to change
         03-04 10:00 inspect show 2 => picture shown
         03-04 11:00 inspect hide 2 => picture hidden",
    );
    let handler = life.live("03-04 10:00 health show 2");
    assert!(
        handler.starts_with("refused: nobody verifies their own work"),
        "{handler}"
    );
    assert!(is_pictured(&life));
    check(&mut life, "03-05 09:00 reporter forbid => pictures allowed");
    assert!(
        !is_pictured(&life),
        "what is no longer allowed is no longer shown"
    );
}

#[test]
fn nothing_is_shown_of_what_was_taken_up_again_or_has_not_ended() {
    let mut life = struck_off(true);
    life.live_all(
        "03-04 09:00 reporter allow
         03-04 10:00 inspect show 1
         04-04 10:00 reporter take reopen",
    );
    assert!(!is_pictured(&life));
    check(
        &mut life,
        "04-04 11:00 inspect show 1 => refused: the case has not ended",
    );
}

#[test]
fn nothing_is_shown_of_what_stands_in_no_public_list() {
    let mut life = struck_off(false);
    check(
        &mut life,
        "03-04 09:00 reporter allow => refused: such cases do not stand in the public list
         03-04 09:00 reporter forbid => refused: there is nothing to change",
    );
}

#[test]
fn whoever_worked_there_at_the_time_shows_no_picture_from_elsewhere() {
    let mut life = Life::new("complaint");
    life.live_all("03-01 09:00 org appoint water clinic");
    let mut life = struck_off_in(life, true);
    life.live_all(
        "03-04 00:00 org relieve water clinic
         03-04 09:00 reporter allow",
    );
    check(
        &mut life,
        "03-04 10:00 water show 2 => refused: nobody verifies their own work: health was responsible
         03-04 10:00 inspect show 2 => picture shown",
    );
}

#[test]
fn what_an_earlier_round_left_behind_is_not_shown_as_the_fix() {
    let mut life = struck_off(true);
    life.live_all(
        "03-04 09:00 reporter allow
         03-04 10:00 reporter take reopen
         03-04 11:00 health prove 3
         03-04 11:00 health take hand_in
         03-04 12:00 inspect take verify
         03-04 14:00 inspect take answer
         03-05 10:00 reporter solved
         03-05 10:00 inspect take strike",
    );
    check(
        &mut life,
        "03-05 11:00 inspect show 2 => refused: there is no such evidence
         03-05 11:00 inspect show 1 => picture shown
         03-05 11:00 inspect show 3 => picture shown",
    );
}

#[test]
fn nobody_is_asked_for_a_word_that_leads_to_nothing() {
    let mut life = Life::new("complaint");
    life.pack.kinds.iter_mut().for_each(|kind| kind.listed = true);
    life.live_all(
        "03-02 09:00 reporter raise
         03-02 09:00 reporter picture 1
         03-02 10:00 reporter take withdraw",
    );
    let refused = "refused: such cases do not stand in the public list";
    check(&mut life, &format!("03-02 11:00 reporter allow => {refused}"));
    let mut life = Life::new("complaint");
    for kind in &mut life.pack.kinds {
        kind.listed = true;
        kind.ends.retain(|end| *end != EndKind::StruckOff);
    }
    life.live_all("03-02 09:00 reporter raise");
    check(&mut life, &format!("03-02 11:00 reporter allow => {refused}"));
}

#[test]
fn pictures_wait_until_somebody_has_looked_at_each() {
    let mut life = struck_off(true);
    assert!(!carries(&life, Flag::ToShow), "nobody has allowed anything");
    life.live("03-04 09:00 reporter allow");
    assert!(carries(&life, Flag::ToShow));
    life.live("03-04 10:00 inspect show 1");
    assert!(carries(&life, Flag::ToShow), "one of two");
    let handler = life.live("03-04 10:00 health hide 2");
    assert!(handler.starts_with("refused: nobody verifies"), "{handler}");
    check(
        &mut life,
        "03-04 11:00 inspect hide 2 => picture hidden
         03-04 11:00 inspect hide 2 => refused: there is nothing to change",
    );
    assert!(!carries(&life, Flag::ToShow), "both were looked at");
    check(
        &mut life,
        "03-04 12:00 health hide 1 => picture hidden
         03-04 12:00 inspect show 2 => picture shown",
    );
    life.live_all(
        "03-05 09:00 reporter forbid
         03-05 10:00 reporter allow",
    );
    assert!(carries(&life, Flag::ToShow), "a new word, a new look");
}
