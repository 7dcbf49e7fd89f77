//! What somebody does when they turn to a case, by the state it is in.
//!
//! State and step ids are those of the shipped hotline pack; a city that lives by another pack would need
//! another life.

use bihuan_core::case::Case;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::{Instruction, Linkage};
use bihuan_core::id::UnitId;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::decide::When;
use jiff::{SignedDuration, Timestamp};

use super::error::LifeError;
use super::{Life, Next};
use crate::story::fill;

/// The first department in the file that has no desk for dispatching or supervising: who rules disputes is
/// no party to one.
const FIRST_LINE_DEPARTMENT: i64 = 5;

/// Hours after which a struck-off case may be looked back at.
pub(super) const LOOK_BACK_HOURS: f64 = 30.0 * 24.0;

impl Life<'_> {
    /// Lets somebody turn to the affair.
    pub(super) fn turn(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let case = self.bulk.case(self.affairs[affair].case)?;
        let consultation = case.kind == "consultation";
        match case.state.as_str() {
            "registered" if consultation && self.chance.happens(0.6) => self.answer_at_once(at, affair),
            "registered" => self.accept(at, affair),
            "accepted" => self.assign(at, affair, &case),
            "assigned" if case.dispute.is_some() => self.rule(at, affair, &case),
            "assigned" if consultation => self.answer_as_handler(at, affair),
            "assigned" => self.sign(at, affair),
            "handling" => self.handle(at, affair, &case),
            "verifying" => self.verify(at, affair, &case),
            "answering" => self.answer(at, affair),
            "answered" if !consultation => self.hear(at, affair),
            "struck_off" if self.affairs[affair].to_show => self.show_pictures(at, affair, &case),
            "struck_off" => self.look_back(at, affair, &case),
            _ => Ok(()),
        }
    }

    /// Gives a command and lets the timer look at the case again.
    pub(super) fn give(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        command: Command,
    ) -> Result<(), LifeError> {
        // Ids and salts of a command's texts come from the session, after those it already refers to.
        let bodies = self.bulk.bodies(at);
        self.give_with(at, affair, permit, command, bodies)
    }

    pub(super) fn give_with(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        command: Command,
        bodies: Bodies,
    ) -> Result<(), LifeError> {
        self.bulk
            .execute(permit, self.affairs[affair].case, &command, bodies, When::at(at))?;
        self.lived.commands += 1;
        self.note_timer(affair)
    }

    /// Takes a step with one text, in the place that `put` puts it.
    fn step(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        step: &str,
        text: Option<(Slot, String)>,
    ) -> Result<(), LifeError> {
        let mut bodies = self.bulk.bodies(at);
        let mut given = TakeStep {
            step: step.to_owned(),
            ..TakeStep::default()
        };
        if let Some((slot, text)) = text {
            let body = Some(bodies.write(text));
            match slot {
                Slot::Remark => given.remark = body,
                Slot::Reason => given.reason = body,
                Slot::Reply => given.reply = body,
                Slot::Finding => given.finding = body,
            }
        }
        self.give_with(at, affair, permit, Command::TakeStep(given), bodies)
    }

    fn accept(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let permit = self.staff.desk(self.registrar(affair), "register").clone();
        self.step(at, affair, &permit, "accept", None)?;
        self.link_repeat(at, affair, &permit)?;
        self.turn_after(at, 4.0, affair);
        Ok(())
    }

    /// Links with an earlier message about the same in the same township, now and then.
    fn link_repeat(&mut self, at: Timestamp, affair: usize, permit: &Permit) -> Result<(), LifeError> {
        let key = (
            self.affairs[affair].story.category.clone(),
            self.affairs[affair].township,
        );
        let earlier = self.latest.insert(key, self.affairs[affair].case);
        let Some(other) = earlier.filter(|_| self.chance.happens(0.25)) else {
            return Ok(());
        };
        let ended = self.bulk.case(other)?.end.is_some();
        let linkage = if ended {
            Linkage::RecurrenceOf
        } else {
            Linkage::DuplicateOf
        };
        self.give(at, affair, permit, Command::Link { other, linkage })
    }

    fn assign(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        let misdirected = case.returns == 0 && self.chance.happens(0.07);
        let right = self.right_handler(at, affair);
        let handler = if misdirected {
            self.chance.between(FIRST_LINE_DEPARTMENT, 39) as usize
        } else {
            right
        };
        self.affairs[affair].misdirected = misdirected && handler != right;
        self.affairs[affair].handler = Some(handler);
        let given = TakeStep {
            step: "assign".into(),
            unit: Some(self.staff.handlers[handler].unit),
            ..TakeStep::default()
        };
        let permit = self.staff.desk(self.dispatcher(affair), "assign").clone();
        self.give(at, affair, &permit, Command::TakeStep(given))?;
        self.turn_after(at, 7.0, affair);
        Ok(())
    }

    /// Chooses who should handle the affair: the department whose duty it is, the county or the township.
    fn right_handler(&mut self, at: Timestamp, affair: usize) -> usize {
        let affair = &self.affairs[affair];
        if let Some(shown) = self.shown.filter(|_| affair.shown) {
            return shown;
        }
        let scene = self.bulk.scene();
        let duty = scene
            .org
            .duty_for(&affair.story.category, scene.calendar.date_of(at));
        let unit = duty.first().copied();
        let department = self.staff.handlers.iter().position(|it| Some(it.unit) == unit);
        let per_county = self.city.townships.len() / self.city.counties.len();
        let county = self.staff.counties_from + affair.township / per_county;
        let township = self.staff.townships_from + affair.township;
        match self.chance.share() {
            share if share < 0.5 => department.unwrap_or(county),
            share if share < 0.7 => county,
            _ => township,
        }
    }

    fn sign(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let permit = self.handler_permit(affair, "handle");
        if self.affairs[affair].misdirected {
            self.affairs[affair].misdirected = false;
            let reason = self.chance.one_of(&self.stories.work.reasons_return).clone();
            if self.chance.happens(0.4) {
                return self.dispute(at, affair, &permit, reason);
            }
            self.step(at, affair, &permit, "return", Some((Slot::Reason, reason)))?;
            self.turn_after(at, 5.0, affair);
            return Ok(());
        }
        self.step(at, affair, &permit, "sign", None)?;
        self.affairs[affair].worked = false;
        let hours = self.handling_hours(affair);
        self.turn_after(at, hours, affair);
        Ok(())
    }

    fn dispute(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        reason: String,
    ) -> Result<(), LifeError> {
        let right = self.right_handler(at, affair);
        let proposed = Some(self.staff.handlers[right].unit);
        let mut bodies = self.bulk.bodies(at);
        let reason = bodies.write(reason);
        self.give_with(at, affair, permit, Command::Dispute { proposed, reason }, bodies)?;
        self.turn_after(at, 9.0, affair);
        Ok(())
    }

    /// Rules a dispute: mostly for the unit that disputes.
    fn rule(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        let (by, proposed) = case.dispute.unwrap_or((self.city.top, None));
        let other = proposed.filter(|unit| *unit != by && self.chance.happens(0.7));
        let (upheld, unit) = (other.is_some(), other.unwrap_or(by));
        self.affairs[affair].handler = self.handler_of(unit);
        let mut bodies = self.bulk.bodies(at);
        let reason = bodies.write(self.chance.one_of(&self.stories.work.reasons_rule).as_str());
        let permit = self.staff.desk(self.dispatcher(affair), "rule").clone();
        self.give_with(
            at,
            affair,
            &permit,
            Command::RuleDispute { upheld, unit, reason },
            bodies,
        )?;
        self.turn_after(at, 7.0, affair);
        Ok(())
    }

    /// Returns how long the unit works on a case, in hours on the wall: the worse it works, the longer.
    fn handling_hours(&self, affair: usize) -> f64 {
        let slowness = 1.15 - self.quality(affair);
        24.0 * (2.0 + 15.0 * slowness)
    }

    fn handle(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        let permit = self.handler_permit(affair, "handle");
        if case.question_open {
            let mut bodies = self.bulk.bodies(at);
            let text = bodies.write(self.chance.one_of(&self.stories.work.replies_reporter).as_str());
            let reporter = self.reporter.clone();
            self.give_with(at, affair, &reporter, Command::Reply { text }, bodies)?;
            self.turn_after(at, 20.0, affair);
            return Ok(());
        }
        if !self.affairs[affair].worked && self.chance.happens(0.08) {
            let mut bodies = self.bulk.bodies(at);
            let text = bodies.write(self.chance.one_of(&self.stories.work.questions).as_str());
            self.give_with(at, affair, &permit, Command::AskReporter { text }, bodies)?;
            self.turn_after(at, 26.0, affair);
            return Ok(());
        }
        self.instruct_if_late(at, affair, case)?;
        let pictures = 1 + u8::from(self.chance.happens(0.4));
        for number in 0..pictures {
            self.add_proof(at, affair, &permit, number)?;
        }
        self.affairs[affair].worked = true;
        let remark = self.chance.one_of(&self.stories.work.remarks).clone();
        self.step(at, affair, &permit, "submit", Some((Slot::Remark, remark)))?;
        self.turn_after(at, 18.0, affair);
        Ok(())
    }

    /// Now and then a leader takes up what is late, once.
    fn instruct_if_late(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        let late = case.due_at().is_some_and(|due| due < at);
        let instructs = late && case.instructors.is_empty() && self.chance.happens(0.4);
        if !instructs {
            return Ok(());
        }
        let ways = [Instruction::Ask, Instruction::Supervise, Instruction::Coordinate];
        let instruction = *self.chance.one_of(&ways);
        let mut bodies = self.bulk.bodies(at);
        let words = bodies.write(self.chance.one_of(&self.stories.work.instructions).as_str());
        let permit = self.staff.desk("leader", "instruct").clone();
        let command = Command::Instruct { instruction, words };
        self.give_with(at, affair, &permit, command, bodies)
    }

    fn verify(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        let permit = self
            .staff
            .verifier(self.verifier(affair), case, &self.bulk.scene().org)
            .clone();
        let work = &self.stories.work;
        let sound = self.chance.happens(0.6 + 0.38 * self.quality(affair));
        let (step, finding) = if sound {
            ("verify", self.chance.one_of(&work.findings_good).clone())
        } else {
            ("fail", self.chance.one_of(&work.findings_bad).clone())
        };
        self.step(at, affair, &permit, step, Some((Slot::Finding, finding)))?;
        let hours = if sound {
            6.0
        } else {
            self.handling_hours(affair) / 2.0
        };
        self.turn_after(at, hours, affair);
        Ok(())
    }

    fn answer(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let permit = self.handler_permit(affair, "answer");
        let reply = self.reply(affair);
        self.step(at, affair, &permit, "answer", Some((Slot::Reply, reply)))?;
        self.affairs[affair].heard = false;
        // Those who speak do so within some days; the silent are struck off by the timer.
        // Whoever sent a photo cares for what became of it.
        let sent = self.affairs[affair].shade.is_some();
        if self.chance.happens(if sent { 0.8 } else { 0.55 }) {
            self.turn_after(at, 30.0, affair);
        }
        Ok(())
    }

    fn reply(&mut self, affair: usize) -> String {
        let work = &self.stories.work;
        let good = self.chance.happens(0.25 + 0.7 * self.quality(affair));
        let pattern = self.chance.one_of(if good {
            &work.replies_good
        } else {
            &work.replies_poor
        });
        let story = &self.affairs[affair].story;
        fill(pattern, &story.place, &story.spot, &mut self.chance)
    }

    fn answer_at_once(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let permit = self.staff.desk("operator", "answer").clone();
        let reply = self.chance.one_of(&self.stories.work.replies_consult).clone();
        self.step(at, affair, &permit, "answer_at_once", Some((Slot::Reply, reply)))
    }

    fn answer_as_handler(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let permit = self.handler_permit(affair, "answer");
        let reply = self.chance.one_of(&self.stories.work.replies_consult).clone();
        self.step(at, affair, &permit, "answer", Some((Slot::Reply, reply)))
    }

    /// Lets the reporter say whether it is solved.
    fn hear(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        if self.affairs[affair].heard {
            return Ok(());
        }
        self.affairs[affair].heard = true;
        let reporter = self.reporter.clone();
        let solved = self.chance.happens(0.55 + 0.4 * self.quality(affair));
        let score = Some(if solved {
            self.chance.between(4, 5)
        } else {
            self.chance.between(1, 2)
        } as u8);
        self.give(
            at,
            affair,
            &reporter,
            Command::GiveSatisfaction {
                solved,
                score,
                remark: None,
            },
        )?;
        if solved && self.allow_pictures(at, affair)? {
            self.turn_after(at, 20.0, affair);
        } else if solved {
            self.turn_after(at, LOOK_BACK_HOURS, affair);
        } else if self.chance.happens(0.9) {
            let reason = self.chance.one_of(&self.stories.work.reasons_reopen).clone();
            self.step(at, affair, &reporter, "reopen", Some((Slot::Reason, reason)))?;
            let hours = self.handling_hours(affair);
            self.turn_after(at, hours, affair);
        }
        Ok(())
    }

    /// Lets a supervisor look back at one struck-off case in twelve.
    fn look_back(&mut self, at: Timestamp, affair: usize, case: &Case) -> Result<(), LifeError> {
        if !self.chance.happens(1.0 / 12.0) {
            return Ok(());
        }
        let permit = self
            .staff
            .verifier(self.verifier(affair), case, &self.bulk.scene().org)
            .clone();
        let held = self.chance.happens(0.7 + 0.28 * self.quality(affair));
        let work = &self.stories.work;
        let (step, finding) = if held {
            ("look_back", self.chance.one_of(&work.findings_good).clone())
        } else {
            ("relapse", self.chance.one_of(&work.findings_bad).clone())
        };
        self.step(at, affair, &permit, step, Some((Slot::Finding, finding)))?;
        if !held {
            let hours = self.handling_hours(affair);
            let later = at + SignedDuration::from_hours(hours as i64);
            let office = self.office_hours(later);
            self.wait(office, Next::Turn(affair));
        }
        Ok(())
    }

    fn registrar(&self, affair: usize) -> &'static str {
        if self.is_report(affair) {
            "inspector"
        } else {
            "operator"
        }
    }

    fn dispatcher(&self, affair: usize) -> &'static str {
        if self.is_report(affair) {
            "inspector"
        } else {
            "dispatcher"
        }
    }

    fn verifier(&self, affair: usize) -> &'static str {
        if self.is_report(affair) {
            "inspector"
        } else {
            "supervisor"
        }
    }

    fn is_report(&self, affair: usize) -> bool {
        self.affairs[affair].story.kind == "report"
    }

    fn quality(&self, affair: usize) -> f64 {
        self.affairs[affair]
            .handler
            .map_or(0.5, |handler| self.staff.handlers[handler].quality)
    }

    fn handler_of(&self, unit: UnitId) -> Option<usize> {
        self.staff.handlers.iter().position(|it| it.unit == unit)
    }

    fn handler_permit(&self, affair: usize, action: &'static str) -> Permit {
        let handler = self.affairs[affair]
            .handler
            .expect("an assigned case has a handler");
        self.staff
            .person(self.staff.handlers[handler].person, action)
            .clone()
    }
}

/// Where a step's text goes.
enum Slot {
    Remark,
    Reason,
    Reply,
    Finding,
}
