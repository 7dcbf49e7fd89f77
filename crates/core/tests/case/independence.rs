//! Nobody verifies their own work.

use crate::timeline::{check_after, check_timeline};

#[test]
fn the_responsible_unit_and_all_below_it_never_verify() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-03 09:00 health prove 1 => evidence added
         03-03 10:00 health take hand_in => to checking
         03-03 11:00 health take verify => refused: nobody verifies their own work: health was responsible
         03-03 11:00 clinic take verify => refused: nobody verifies their own work: health was responsible
         03-03 11:00 clinic take fail => refused: nobody verifies their own work: health was responsible
         03-03 11:00 health@inspect take verify => refused: nobody verifies their own work: health was responsible
         03-03 11:00 city take verify => to answering; verified",
    );
}

#[test]
fn no_relation_in_a_pack_lets_a_unit_verify_itself() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 09:00 inspect take verify => refused: Assigned is needed first
         03-02 10:00 health take assign health => to open; assigned health
         03-02 10:00 inspect take verify => refused: Evidence is needed first
         03-02 11:00 health prove 1 => evidence added
         03-02 11:00 health take verify => refused: nobody verifies their own work: health was responsible
         03-02 11:00 timer take verify => refused: only Any may do this
         03-02 11:00 inspect take verify => to late; verified",
    );
}

#[test]
fn a_unit_that_was_responsible_before_never_verifies() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 11:00 water transfer water => transferred to water
         03-02 12:00 water prove 1 => evidence added
         03-02 13:00 clinic take verify => refused: nobody verifies their own work: health was responsible
         03-02 13:00 inspect take verify => to late; verified",
    );
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 11:00 health take return => to open; returned
         03-02 11:00 water take assign water => to open; assigned water
         03-02 12:00 water prove 1 => evidence added
         03-02 13:00 health take verify => refused: nobody verifies their own work: health was responsible",
    );
}

#[test]
fn a_co_unit_and_the_person_in_charge_never_verify() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 health take assign health co=water person=inspect => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-02 12:00 water take verify => refused: nobody verifies their own work: water was responsible
         03-02 12:00 inspect take verify => refused: nobody verifies their own work: health was responsible
         03-02 12:00 city take verify => to late; verified",
    );
}

#[test]
fn a_move_in_the_tree_makes_nobody_independent() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 health take assign health => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-05 00:00 org move clinic water =>
         03-09 09:00 clinic take verify => refused: nobody verifies their own work: health was responsible
         03-09 09:00 water take verify => to late; verified",
    );
}

#[test]
fn who_worked_there_at_the_time_does_not_verify_from_elsewhere() {
    check_timeline(
        "anything",
        "03-01 09:00 org appoint inspect clinic =>
         03-02 09:00 reporter raise => raised
         03-02 10:00 health take assign health => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-04 00:00 org relieve inspect clinic =>
         03-09 09:00 inspect take verify => refused: nobody verifies their own work: health was responsible
         03-09 09:00 water take verify => to late; verified",
    );
    check_timeline(
        "anything",
        "02-01 09:00 org appoint inspect clinic =>
         03-01 00:00 org relieve inspect clinic =>
         03-02 09:00 reporter raise => raised
         03-02 10:00 health take assign health => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-09 09:00 inspect take verify => to late; verified",
    );
}

#[test]
fn cases_of_the_topmost_unit_are_verified_from_outside_the_tree() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 city take assign city => to open; assigned city
         03-02 11:00 city prove 1 => evidence added
         03-02 12:00 inspect take verify => refused: nobody verifies their own work: city was responsible
         03-02 12:00 city take verify => refused: nobody verifies their own work: city was responsible
         03-02 12:00 auditor take verify => to late; verified",
    );
}

#[test]
fn independence_is_checked_again_at_strike_off() {
    let verified = "03-02 09:00 reporter raise
         03-02 10:00 health take assign health
         03-02 11:00 health prove 1
         03-02 12:00 inspect take verify
         03-02 13:00 water take answer
         03-02 14:00 reporter solved";
    let check = |then: &str| check_after("anything", verified, then);
    check("03-05 09:00 water take strike => to closed; ended struck_off");
    check(
        "03-04 00:00 org move inspect health =>
         03-05 09:00 water take strike => refused: nobody verifies their own work: health was responsible",
    );
    check(
        "03-04 09:00 water absorb 5 inspect => responsibility absorbed
         03-05 09:00 water take strike => refused: nobody verifies their own work: inspect was responsible",
    );
    check(
        "03-04 09:00 timer transfer inspect => transferred to inspect
         03-05 09:00 water take strike => refused: nobody verifies their own work: inspect was responsible",
    );
    check(
        "03-04 09:00 water accuse inspect => registration corrected
         03-05 09:00 water take strike => refused: unit inspect is complained about in this case",
    );
}

#[test]
fn a_later_appointment_does_not_undo_a_verification() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 health take assign health => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-02 12:00 inspect take verify => to late; verified
         03-02 13:00 water take answer => to late; answered
         03-02 14:00 reporter solved => satisfaction given
         03-04 00:00 org appoint inspect clinic =>
         03-05 09:00 water take strike => to closed; ended struck_off",
    );
}

#[test]
fn a_new_round_voids_what_the_one_before_brought() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-03 09:00 health prove 1 => evidence added
         03-03 10:00 health take hand_in => to checking
         03-03 11:00 inspect take fail => to handling; verification failed
         03-03 12:00 health take hand_in => refused: Evidence is needed first
         03-03 13:00 health prove 2 => evidence added
         03-03 14:00 health take hand_in => to checking
         03-03 15:00 inspect take rework => back to handling
         03-03 15:00 world show => handling round 3, health, due 03-09 18:00, open, timer 03-06 09:00
         03-03 16:00 health prove 3 => evidence added
         03-03 16:00 health take hand_in => to checking
         03-04 09:00 inspect take verify => to answering; verified
         03-04 10:00 inspect take answer => to answering; answered
         03-04 11:00 reporter unsolved => satisfaction given
         03-04 11:00 inspect take strike => refused: the reporter says it is not solved
         03-04 12:00 reporter take redo => to handling; reopened
         03-04 12:00 world show => handling round 4, health, due 03-09 18:00, open, reopened, unsatisfied, timer 03-06 09:00
         03-04 13:00 health take hand_in => refused: Evidence is needed first",
    );
}

#[test]
fn a_right_that_is_lent_makes_nobody_independent() {
    // Whoever stood in for the handler while it was handled, does not verify: today or later.
    let handled = "03-02 09:00 reporter raise
         03-02 10:00 health take assign health
         03-02 10:30 org stand_in inspect health
         03-02 11:00 inspect@health prove 1";
    let check = |then: &str| check_after("anything", handled, then);
    check(
        "03-02 12:00 inspect take verify => refused: nobody verifies their own work: health was responsible",
    );
    check(
        "03-05 12:00 inspect take verify => refused: nobody verifies their own work: health was responsible",
    );
    check("03-05 12:00 water take verify => to late; verified");
    // Nor does who has ended it on the same day.
    for verifies in ["03-02 12:00", "03-05 12:00"] {
        check(&format!(
            "03-02 11:30 org stand_back inspect health =>
             {verifies} inspect take verify => refused: nobody verifies their own work: health was responsible"
        ));
    }
    // Nor does whoever handled it, in the verifier's name.
    check(
        "03-04 09:00 org stand_in health inspect =>
         03-04 12:00 health@inspect take verify => refused: nobody verifies their own work: health was responsible",
    );
}

#[test]
fn whoever_stands_in_for_the_accused_acts_on_nothing_about_them() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise accused=person:health => raised; accept due 03-04 18:00
         03-02 10:00 org stand_in inspect health =>
         03-02 11:00 inspect take accept => refused: person health is complained about in this case
         03-03 11:00 inspect take accept => to accepted; accept met; handle due 03-10 18:00",
    );
}

#[test]
fn the_system_hands_over_who_is_in_charge_and_nothing_else() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 timer staff person=clinic => refused: Assigned is needed first
         03-02 10:00 health take assign health person=health => to open; assigned health
         03-02 11:00 timer staff person=clinic => assigned health
         03-02 12:00 import staff person=health => refused: only Any may do this",
    );
}
