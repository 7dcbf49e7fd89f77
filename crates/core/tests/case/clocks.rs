//! Clocks: warned, breached, paused, extended, computed again.

use crate::timeline::check_timeline;

#[test]
fn a_clock_warns_once_and_breaches_once() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:00 world show => accepted round 1, due 03-09 18:00, open, timer 03-06 09:00
         03-05 09:00 timer tick => refused: there is nothing to change
         03-06 10:00 inspect tick => refused: only Timer may do this
         03-06 10:00 timer tick => handle warned at 03-06 09:00
         03-06 10:00 timer tick => refused: there is nothing to change
         03-06 10:00 world show => accepted round 1, due 03-09 18:00, open, timer 03-09 18:00
         03-09 18:00 timer tick => handle breached at 03-09 18:00
         03-09 18:00 timer tick => refused: there is nothing to change
         03-09 18:00 world show => accepted round 1, due 03-09 18:00, open, breached
         03-09 18:00 inspect take assign health => to handling; assigned health",
    );
}

#[test]
fn a_tick_that_comes_late_notes_the_breach_at_its_instant_and_no_warning() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         04-01 10:00 timer tick => handle breached at 03-09 18:00
         04-01 10:00 timer tick => refused: there is nothing to change",
    );
}

#[test]
fn what_was_left_at_a_pause_is_left_at_the_resume() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 09:30 inspect pause accept => refused: clock 'accept' is not running here, or not paused, or may not be paused or extended
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:00 inspect resume handle => refused: clock 'handle' is not running here, or not paused, or may not be paused or extended
         03-03 10:00 reporter pause handle => refused: only Any may do this
         03-03 10:00 inspect pause handle => clock paused
         03-03 10:00 inspect pause handle => refused: clock 'handle' is not running here, or not paused, or may not be paused or extended
         03-03 10:00 inspect extend handle 1 => refused: clock 'handle' is not running here, or not paused, or may not be paused or extended
         03-03 10:00 world show => accepted round 1, open
         03-20 10:00 timer tick => refused: there is nothing to change
         03-23 10:00 inspect resume handle => handle due 03-27 18:00
         03-23 10:00 world show => accepted round 1, due 03-27 18:00, open, timer 03-26 09:00",
    );
}

#[test]
fn an_extension_stays_within_its_rule_and_comes_in_time() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 09:30 inspect extend accept 1 => refused: clock 'accept' is not running here, or not paused, or may not be paused or extended
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-06 10:00 timer tick => handle warned at 03-06 09:00
         03-06 10:00 inspect extend handle 0 => refused: by is out of range
         03-06 10:00 inspect extend handle 4 => refused: clock 'handle' may be extended by 3 in all
         03-06 10:00 timer extend handle 2 => refused: only Any may do this
         03-06 10:00 inspect extend handle 2 => handle due 03-11 18:00
         03-06 10:00 world show => accepted round 1, due 03-11 18:00, open, timer 03-10 09:00
         03-06 10:00 inspect extend handle 2 => refused: clock 'handle' may be extended by 3 in all
         03-06 10:00 inspect extend handle 1 => handle due 03-12 18:00
         03-12 18:00 inspect extend handle 1 => refused: clock 'handle' is not running here, or not paused, or may not be paused or extended
         03-12 18:00 inspect pause handle => refused: clock 'handle' is not running here, or not paused, or may not be paused or extended",
    );
}

#[test]
fn a_new_calendar_computes_again_with_every_pause_and_extension() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-03 10:00 inspect pause handle => clock paused
         03-05 10:00 inspect resume handle => handle due 03-11 18:00
         03-05 10:00 inspect extend handle 2 => handle due 03-13 18:00
         03-05 10:00 timer recompute => refused: there is nothing to change
         03-06 10:00 world calendar 2 =>
         03-06 10:00 inspect recompute => refused: only Timer may do this
         03-06 10:00 timer recompute => handle due 03-13 18:00
         03-06 10:00 timer recompute => refused: there is nothing to change",
    );
}

#[test]
fn what_rests_on_an_unpublished_year_is_provisional() {
    check_timeline(
        "complaint",
        "12-30 09:00 reporter raise => raised; accept due 01-04 18:00
         12-30 10:00 inspect take accept => to accepted; accept met; handle due 01-07 18:00
         12-30 10:00 world show => accepted round 1, due 01-07 18:00, open, provisional, timer 01-06 09:00",
    );
}

#[test]
fn a_new_round_starts_its_clock_anew() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 11:00 reporter take withdraw => to closed; ended withdrawn
         03-02 11:00 world show => closed round 1, health, due 03-09 18:00, closed 03-02 11:00
         04-01 09:00 timer tick => refused: there is nothing to change
         04-01 09:00 reporter take reopen => to handling; reopened; handle due 04-09 18:00
         04-01 09:00 world show => handling round 2, health, due 04-09 18:00, open, reopened, timer 04-08 09:00",
    );
}
