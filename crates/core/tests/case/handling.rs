//! The way of a case from unit to unit.

use crate::timeline::check_timeline;

#[test]
fn a_complaint_goes_all_the_way_to_strike_off() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise category=care => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-03 09:00 clinic prove 1 => evidence added
         03-03 10:00 clinic take hand_in => to checking
         03-04 09:00 inspect take verify => to answering; verified
         03-04 10:00 inspect take answer => to answering; answered
         03-05 09:00 reporter solved score=5 => satisfaction given
         03-05 10:00 inspect take strike => to closed; handle met; ended struck_off
         03-05 11:00 world show => closed round 1, health, due 03-09 18:00, closed 03-05 10:00, verified, answered, satisfied",
    );
}

#[test]
fn a_step_is_taken_only_where_it_starts_and_with_what_it_asks() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take assign health => refused: step 'assign' cannot be taken in state 'new'
         03-02 10:00 inspect take dance => refused: the kind has no step 'dance'
         03-02 10:00 reporter take accept => refused: only Any may do this
         03-02 10:00 timer take accept => refused: only Any may do this
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect bare assign => refused: Unit must be given
         03-02 11:00 inspect take urgent health => refused: the step's guard is not met: severity >= 4
         03-02 11:00 inspect severity 4 => severity changed
         03-02 11:00 inspect take urgent health => to handling; assigned health
         03-02 12:00 water take hand_in => refused: only Responsible may do this
         03-02 12:00 clinic take hand_in => refused: Evidence is needed first",
    );
}

#[test]
fn a_remark_a_breach_and_an_identity_read_make_no_form_stale() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect comment => commented
         03-02 10:00 inspect identity => identity read
         03-05 09:00 timer tick => accept breached at 03-04 18:00
         03-05 10:00 inspect take accept => to accepted; accept met; handle due 03-12 18:00",
    );
}

#[test]
fn a_unit_gives_a_case_back_and_another_gets_it() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health co=clinic person=health => to handling; assigned health
         03-02 12:00 water take give_back => refused: only Responsible may do this
         03-02 12:00 health bare give_back => refused: Reason must be given
         03-02 12:00 health take give_back => to accepted; returned
         03-02 13:00 world show => accepted round 1, due 03-09 18:00, open, timer 03-06 09:00
         03-02 14:00 inspect take assign water => to handling; assigned water
         03-02 15:00 world show => handling round 1, water, due 03-09 18:00, open, timer 03-06 09:00",
    );
}

#[test]
fn a_dispute_is_ruled_by_somebody_else() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:30 health dispute => refused: Assigned is needed first
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 12:00 water dispute => refused: only Responsible may do this
         03-02 12:00 inspect uphold water => refused: there is no open dispute, or one is open already
         03-02 12:00 clinic dispute water => assignment disputed
         03-02 12:30 health dispute => refused: there is no open dispute, or one is open already
         03-02 12:40 health staff person=clinic => assigned health
         03-02 13:00 world show => handling round 1, health, due 03-09 18:00, open, disputed, timer 03-06 09:00
         03-02 13:00 clinic uphold water => refused: only Independent may do this
         03-02 13:00 inspect dismiss water => refused: there is no open dispute, or one is open already
         03-02 13:00 inspect uphold health => refused: there is no open dispute, or one is open already
         03-02 13:00 inspect uphold water => ruled water
         03-02 14:00 water dispute => assignment disputed
         03-02 14:00 inspect dismiss water => ruled water
         03-02 15:00 world show => handling round 1, water, due 03-09 18:00, open, timer 03-06 09:00",
    );
}

#[test]
fn responsibility_passes_on_while_the_case_is_handled() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 09:30 inspect transfer water => refused: Assigned is needed first
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 11:00 inspect transfer health => refused: there is nothing to change
         03-02 11:00 reporter transfer water => refused: only Any may do this
         03-02 12:00 inspect transfer water => transferred to water
         03-03 09:00 water prove 1 => evidence added
         03-03 10:00 water take hand_in => to checking
         03-03 11:00 inspect transfer health => refused: step 'transfer' cannot be taken in state 'checking'
         03-03 11:00 water dispute => refused: step 'dispute' cannot be taken in state 'checking'
         03-03 12:00 timer transfer health => transferred to health",
    );
}

#[test]
fn a_dissolved_unit_is_never_assigned() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:30 org dissolve clinic =>
         03-02 11:00 inspect take assign clinic => refused: there is no unit clinic today
         03-02 11:00 inspect take assign health co=clinic => refused: there is no unit clinic today
         03-02 11:00 inspect take assign health => to handling; assigned health",
    );
}

#[test]
fn only_the_responsible_unit_names_who_works_on_a_case() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:00 inspect staff person=health => refused: Assigned is needed first
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 12:00 water staff person=water => refused: only Responsible may do this
         03-02 12:00 clinic staff co=water person=clinic => assigned health
         03-02 12:00 clinic staff co=water person=clinic => refused: there is nothing to change",
    );
}

#[test]
fn who_is_complained_about_is_never_made_responsible() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise accused=health => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => refused: unit health is complained about in this case
         03-02 11:00 inspect take assign clinic => refused: unit clinic is complained about in this case
         03-02 11:00 inspect take assign water co=clinic => refused: unit clinic is complained about in this case
         03-02 11:00 inspect take assign water => to handling; assigned water
         03-02 12:00 inspect transfer clinic => refused: unit clinic is complained about in this case
         03-02 12:00 water dispute health => refused: unit health is complained about in this case
         03-02 12:00 water staff co=health => refused: unit health is complained about in this case
         03-02 12:00 clinic comment => refused: unit clinic is complained about in this case
         03-02 12:00 health@inspect comment => refused: unit health is complained about in this case",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise accused=person:health => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health person=health => refused: person health is complained about in this case
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 12:00 health comment => refused: person health is complained about in this case
         03-02 12:00 health@inspect comment => refused: person health is complained about in this case
         03-02 12:00 clinic comment => commented",
    );
}

#[test]
fn who_works_on_a_case_is_relieved_before_it_complains_about_them() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign clinic person=clinic => to handling; assigned clinic
         03-02 12:00 inspect accuse health => refused: unit clinic is complained about in this case
         03-02 12:00 inspect accuse person:clinic => refused: person clinic is complained about in this case
         03-02 12:00 inspect transfer water => transferred to water
         03-02 12:00 inspect accuse health => registration corrected
         03-02 13:00 inspect transfer clinic => refused: unit clinic is complained about in this case",
    );
}
