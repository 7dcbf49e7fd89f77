//! Imported history is taken down as it was; it neither notifies nor breaches.

use crate::timeline::check_timeline;

#[test]
fn a_case_closed_elsewhere_keeps_its_due_and_its_end() {
    check_timeline(
        "complaint",
        "03-02 09:00 import raise unit=health due=01-20T08:30 closed=01-20T08:31 answered=01-19T12:00 => raised; assigned health; accept due 01-20 08:30; answered; ended imported_closed
         03-02 09:00 world show => new round 1, health, due 01-20 08:30, closed 01-20 08:31, answered, imported
         03-02 09:00 timer tick => refused: there is nothing to change
         03-02 09:00 inspect take accept => refused: the case has ended
         03-02 09:00 inspect link 7 => linked",
    );
}

#[test]
fn a_case_closed_elsewhere_without_a_due_instant_runs_no_clock() {
    check_timeline(
        "complaint",
        "03-02 09:00 import raise unit=health closed=01-20T08:31 => raised; assigned health; ended imported_closed
         03-02 09:00 world show => new round 1, health, closed 01-20 08:31, imported",
    );
}

#[test]
fn an_open_case_whose_clock_ran_out_before_the_import_never_breaches() {
    check_timeline(
        "complaint",
        "03-02 09:00 import raise unit=health due=01-20T08:30 => raised; assigned health; accept due 01-20 08:30
         03-02 09:00 world show => new round 1, health, due 01-20 08:30, open, imported
         03-02 09:00 timer tick => refused: there is nothing to change
         03-03 09:00 world calendar 2 =>
         03-03 09:00 timer recompute => refused: there is nothing to change
         03-03 09:00 inspect take accept => to accepted; accept met; handle due 03-10 18:00
         03-30 09:00 timer tick => handle breached at 03-10 18:00",
    );
}

#[test]
fn an_open_case_that_is_still_in_time_breaches_like_any_other() {
    check_timeline(
        "complaint",
        "03-02 09:00 import raise due=03-04T18:00 => raised; accept due 03-04 18:00
         03-04 18:00 timer tick => accept breached at 03-04 18:00",
    );
}

#[test]
fn an_import_goes_on_to_strike_off_by_hand() {
    check_timeline(
        "complaint",
        "03-02 09:00 import raise unit=health => raised; assigned health; accept due 01-07 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-03 10:00 health prove 1 => evidence added
         03-03 10:00 health take hand_in => to checking
         03-04 09:00 inspect take verify => to answering; verified
         03-04 10:00 inspect take answer => to answering; answered
         03-05 09:00 reporter solved => satisfaction given
         03-05 10:00 inspect take strike => to closed; handle met; ended struck_off",
    );
}

#[test]
fn only_an_import_tells_what_happened_elsewhere() {
    check_timeline(
        "complaint",
        "03-02 09:00 inspect raise closed=01-20T08:31 => refused: only an import may say what happened to a case elsewhere",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 import raise unit=clinic accused=health => refused: unit clinic is complained about in this case",
    );
    check_timeline(
        "anything",
        "03-02 09:00 import raise due=01-20T08:30 => refused: kind 'anything' starts no clock that the due instant could be of",
    );
}
