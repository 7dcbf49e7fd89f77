//! Every end carries its proof, whatever a pack says.

use crate::timeline::{check_after, check_timeline};

#[test]
fn strike_off_without_evidence_verification_or_answer_is_refused() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 09:30 water take strike => refused: Assigned is needed first
         03-02 10:00 water take assign health => to open; assigned health
         03-02 10:00 water take strike => refused: Evidence is needed first
         03-02 10:30 reporter prove 9 => evidence added
         03-02 10:30 water take strike => refused: Evidence is needed first
         03-02 11:00 health prove 1 => evidence added
         03-02 11:00 water take strike => refused: Verification is needed first
         03-02 12:00 inspect take verify => to late; verified
         03-02 12:00 water take strike => refused: Answer is needed first
         03-02 13:00 water take answer => to late; answered
         03-02 14:00 water take strike => refused: the reporter may still speak until 2026-03-09T05:00:00Z
         03-02 15:00 reporter unsolved => satisfaction given
         03-02 15:00 water take strike => refused: the reporter says it is not solved
         03-20 15:00 timer take lapse => refused: the reporter says it is not solved
         03-20 16:00 reporter solved => satisfaction given
         03-20 16:00 water take strike => to closed; ended struck_off
         03-20 17:00 water take strike => refused: step 'strike' cannot be taken in state 'closed'",
    );
}

#[test]
fn what_was_verified_by_is_not_withdrawn() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-02 11:00 health prove 1 => refused: there is nothing to change
         03-02 11:00 reporter prove 2 => evidence added
         03-02 11:00 health unprove 2 => refused: there is no such evidence
         03-02 11:00 reporter unprove 1 => refused: there is no such evidence
         03-02 11:00 reporter unprove 2 => evidence withdrawn
         03-02 11:00 health unprove 1 => evidence withdrawn
         03-02 11:00 inspect take verify => refused: Evidence is needed first
         03-02 11:00 health prove 3 => evidence added
         03-02 12:00 inspect take verify => to late; verified
         03-02 12:00 health unprove 3 => refused: the evidence was verified in this round and stays",
    );
}

#[test]
fn silence_after_the_answer_counts_as_consent_after_the_packs_days() {
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 11:00 inspect take assign health => to handling; assigned health
         03-02 11:00 health prove 1 => evidence added
         03-02 11:00 health take hand_in => to checking
         03-02 12:00 inspect take verify => to answering; verified
         03-02 13:00 timer tick => refused: there is nothing to change
         03-02 14:00 inspect take answer => to answering; answered
         03-02 14:00 inspect take strike => refused: the reporter may still speak until 2026-03-09T06:00:00Z
         03-02 14:00 world show => answering round 1, health, due 03-09 18:00, verified, answered, open, timer 03-06 09:00
         03-03 10:00 reporter reply => reporter replied
         03-09 14:00 timer tick => handle warned at 03-06 09:00
         03-10 09:59 timer tick => handle breached at 03-09 18:00
         03-10 10:00 timer tick => to closed; handle met; ended struck_off
         03-10 10:00 timer tick => refused: there is nothing to change",
    );
}

#[test]
fn an_ended_case_is_only_looked_at_or_taken_up_again() {
    let ended = "03-02 09:00 reporter raise
         03-02 10:00 inspect take accept
         03-02 11:00 inspect take assign health
         03-02 11:00 health prove 1
         03-02 11:00 health take hand_in
         03-02 12:00 inspect take verify
         03-02 14:00 inspect take answer
         03-03 09:00 reporter solved
         03-03 10:00 inspect take strike";
    let check = |then: &str| check_after("complaint", ended, then);
    check(
        "03-04 09:00 inspect severity 5 => refused: the case has ended
         03-04 09:00 inspect transfer water => refused: the case has ended
         03-04 09:00 inspect merge 5 => refused: the case has ended
         03-04 09:00 inspect absorb 5 water => refused: the case has ended
         03-04 09:00 inspect split 5 => refused: the case has ended
         03-04 09:00 inspect ask => refused: the case has ended
         03-04 09:00 inspect instruct => refused: the case has ended
         03-04 09:00 health dispute => refused: the case has ended
         03-04 09:00 health unprove 1 => refused: the case has ended
         03-04 09:00 health pause handle => refused: the case has ended
         03-04 09:00 reporter prove 5 => refused: the case has ended
         03-04 09:00 reporter take withdraw => refused: step 'withdraw' cannot be taken in state 'closed'
         03-04 10:00 inspect prove 6 => evidence added
         03-04 10:00 inspect take look => to watched; looked back, held true
         03-04 10:00 inspect comment => commented
         03-04 10:00 reporter reply => reporter replied",
    );
    check(
        "04-04 09:00 inspect take relapse => to handling; looked back, held false; handle due 04-13 18:00
         04-04 09:00 world show => handling round 2, health, due 04-13 18:00, open, reopened, timer 04-10 09:00
         04-04 10:00 health take hand_in => refused: Evidence is needed first",
    );
    check(
        "04-04 09:00 reporter unsolved => satisfaction given
         04-04 09:00 world show => closed round 1, health, due 03-09 18:00, closed 03-03 10:00, verified, answered, unsatisfied
         04-04 10:00 reporter take reopen => to handling; reopened; handle due 04-13 18:00
         04-04 10:00 world show => handling round 2, health, due 04-13 18:00, open, reopened, unsatisfied, timer 04-10 09:00",
    );
}

#[test]
fn every_other_end_has_its_own_proof() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take end => refused: this kind does not end as Answered
         03-02 10:00 water take close => refused: state 'closed' is closed, and the step proves no end
         03-02 10:00 water bare refuse => refused: Reason must be given
         03-02 10:00 water bare hand_on => refused: Organ must be given
         03-02 10:00 water take withdraw => refused: only Reporter may do this
         03-02 10:00 water take relapse => refused: step 'relapse' cannot be taken in state 'open'
         03-02 11:00 reporter bare withdraw => to closed; ended withdrawn",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take refuse => to refused; ended refused
         03-02 10:00 inspect take accept => refused: step 'accept' cannot be taken in state 'refused'",
    );
    check_timeline(
        "complaint",
        "03-02 09:00 reporter raise => raised; accept due 03-04 18:00
         03-02 10:00 inspect take accept => to accepted; accept met; handle due 03-09 18:00
         03-02 10:00 inspect take hand_on => to closed; ended handed_over
         03-02 10:00 world show => closed round 1, due 03-04 18:00, closed 03-02 10:00",
    );
}

#[test]
fn a_closed_case_does_not_slip_back_into_handling() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take hand_on => to closed; ended handed_over
         03-02 11:00 water take leave => refused: the case has ended
         03-02 11:00 water take relapse => to open; looked back, held false",
    );
}

#[test]
fn only_a_consultation_ends_as_answered() {
    check_timeline(
        "question",
        "03-02 09:00 inspect raise => raised
         03-02 10:00 inspect take end => refused: Answer is needed first
         03-02 10:00 inspect take answer => to new; answered
         03-02 11:00 reporter unsolved => satisfaction given
         03-02 11:00 inspect take end => refused: the reporter says it is not solved
         03-02 12:00 inspect take answer => to new; answered
         03-02 12:00 reporter solved => satisfaction given
         03-02 12:00 inspect take end => to closed; ended answered",
    );
}

#[test]
fn what_nobody_outside_raised_is_made_public_first() {
    check_timeline(
        "listed",
        "03-02 09:00 health raise finder=health => raised
         03-02 09:00 city take take health => to open; assigned health
         03-02 09:00 health prove 1 => evidence added
         03-02 10:00 health take hand_in => to checking
         03-02 11:00 inspect take verify => to public; verified
         03-02 11:30 timer tick => refused: there is nothing to change
         03-02 12:00 health take publish days=0 => refused: publication_days is out of range
         03-02 12:00 health take publish days=10 => to public; published until 03-16 18:00
         03-02 12:00 world show => public round 1, health, verified, open, timer 03-16 18:00
         03-16 17:00 timer take strike => refused: the publication runs until 2026-03-16T10:00:00Z
         03-16 18:00 timer tick => to closed; ended struck_off",
    );
}

#[test]
fn the_finder_agrees_and_nobody_in_their_place() {
    check_timeline(
        "found",
        "03-02 09:00 water raise finder=water => raised
         03-02 09:00 water take assign health => to open; assigned health
         03-02 09:00 health prove 1 => evidence added
         03-02 11:00 inspect take verify => to late; verified
         03-02 12:00 health take answer => to late; answered
         03-02 12:00 inspect take strike => refused: Consent is needed first
         03-02 12:00 health take consent => refused: only Finder may do this
         03-02 12:00 reporter reply => refused: only Reporter may do this
         03-02 12:00 water take consent => to late; finder consented
         03-02 12:00 inspect take strike => to closed; ended struck_off",
    );
}

#[test]
fn another_answer_does_not_take_back_that_it_is_not_solved() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 10:00 health prove 1 => evidence added
         03-02 11:00 inspect take verify => to late; verified
         03-02 12:00 health take answer => to late; answered
         03-02 13:00 reporter unsolved => satisfaction given
         03-02 14:00 health take answer => to late; answered
         03-20 09:00 inspect take strike => refused: the reporter says it is not solved
         03-20 10:00 reporter solved => satisfaction given
         03-20 11:00 inspect take strike => to closed; ended struck_off",
    );
}

#[test]
fn whoever_takes_down_that_it_is_solved_has_no_part_in_the_work() {
    check_timeline(
        "anything",
        "03-02 09:00 reporter raise => raised
         03-02 10:00 water take assign health => to open; assigned health
         03-02 10:00 reporter solved => refused: Answer is needed first
         03-02 11:00 health take answer => to late; answered
         03-02 12:00 clinic solved => refused: nobody verifies their own work: health was responsible
         03-02 12:00 health@inspect solved => refused: nobody verifies their own work: health was responsible
         03-02 12:00 inspect solved score=6 => refused: score is out of range
         03-02 12:00 timer solved => refused: only Any may do this
         03-02 12:00 inspect solved score=4 => satisfaction given",
    );
}
