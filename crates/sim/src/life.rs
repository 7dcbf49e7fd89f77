//! A seeded stretch of the city's life: messages arrive, units of different quality handle them.
//!
//! The same commands as in real life are given, each by somebody who may give it, with the instant as an
//! argument. What happens next to a case waits in one queue ordered by time, so the run is one sequence
//! and the log that it writes depends on the seed and the dates alone.

mod affair;
pub mod error;
mod sights;
pub mod staff;
mod turn;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use bihuan_core::case::command::{Command, Raise};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Disclosure, RaisedBy};
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::permission::Permit;
use bihuan_store::bulk::Bulk;
use bihuan_store::decide::When;
use bihuan_store::error::ExecuteError;
use bihuan_store::seal::Identity;
use jiff::{SignedDuration, Timestamp};

use crate::city::City;
use crate::life::affair::Affair;
use crate::life::error::LifeError;
use crate::life::staff::Staff;
use crate::pictures::Scene;
use crate::seeded::Seeded;
use crate::story::{Stories, Story};

/// The days before the end in which the unit whose people stand on the log-in page gets more than its share: what
/// they do with it, they do in front of whoever looks on.
const LATELY_DAYS: i64 = 25;
/// How many messages it gets then, where so many come in.
const SHOWN: f64 = 24.0;
/// How often a problem is looked for that is its duty.
const TRIES: usize = 400;

/// What a stretch of life is made of.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// When the first message may arrive.
    pub from: Timestamp,
    /// When life stops: what would happen later does not.
    pub until: Timestamp,
    /// How many messages arrive in between.
    pub cases: usize,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lived {
    /// Messages taken in.
    pub cases: usize,
    /// Commands carried out on them.
    pub commands: usize,
}

/// A picture that evidence may show.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// The stored file.
    pub blob: Digest,
    /// Its size.
    pub size_bytes: u64,
}

/// The drawings, by what they show, whether it is fixed, and their shade.
pub type Album = BTreeMap<(Scene, bool, u8), Picture>;

/// How people report what can be seen: with the telephone's camera, mostly.
const CHANNELS_OF_SIGHT: [&str; 6] = ["portal", "portal", "portal", "portal", "phone", "phone"];
/// How they report what cannot.
const CHANNELS: [&str; 6] = ["phone", "phone", "phone", "portal", "portal", "letter"];

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A message arrives.
    Message,
    /// Somebody turns to the affair of this number.
    Turn(usize),
    /// The timer looks at the affair.
    Tick(usize),
}

/// The city's life as far as it went.
pub struct Life<'a> {
    bulk: &'a mut Bulk,
    city: &'a City,
    stories: &'a Stories,
    album: &'a Album,
    chance: Seeded,
    staff: Staff,
    reporter: Permit,
    timer: Permit,
    until: Timestamp,
    /// The handler who stands on the log-in page, among all; since when theirs is more than their share of what
    /// comes in, and how much it is.
    shown: Option<usize>,
    lately: Timestamp,
    share: f64,
    affairs: Vec<Affair>,
    /// The last open affair about a category in a township, which a second message may repeat.
    latest: BTreeMap<(String, usize), CaseId>,
    queue: BinaryHeap<Reverse<(Timestamp, usize, Next)>>,
    queued: usize,
    lived: Lived,
}

impl<'a> Life<'a> {
    /// Prepares a life in `city` over `bulk`, in which the city must be founded already.
    ///
    /// # Errors
    /// [`LifeError::Data`] if somebody lacks the grant for their work.
    pub fn new(
        bulk: &'a mut Bulk,
        city: &'a City,
        stories: &'a Stories,
        album: &'a Album,
        mut chance: Seeded,
        span: Span,
    ) -> Result<Life<'a>, LifeError> {
        let staff = Staff::of(city, bulk.scene(), span.until)?;
        let mut queue = BinaryHeap::new();
        let seconds = span.until.duration_since(span.from).as_secs();
        for queued in 0..span.cases {
            let at = span.from + SignedDuration::from_secs(chance.between(0, seconds));
            queue.push(Reverse((waking_hours(at, &mut chance), queued, Next::Message)));
        }
        let lately = span.until - SignedDuration::from_hours(24 * LATELY_DAYS);
        let coming = span.cases as f64 * (LATELY_DAYS * 86_400) as f64 / seconds.max(1) as f64;
        Ok(Life {
            shown: staff.handler_at_desk(),
            lately,
            share: (SHOWN / coming.max(1.0)).min(0.5),
            bulk,
            city,
            stories,
            album,
            chance,
            staff,
            reporter: Permit::reporter(),
            timer: Permit::system(),
            until: span.until,
            affairs: Vec::with_capacity(span.cases),
            latest: BTreeMap::new(),
            queue,
            queued: span.cases,
            lived: Lived::default(),
        })
    }

    /// Lives until the end; `progress` is called with the messages taken in so far.
    ///
    /// # Errors
    /// [`LifeError`]; what was committed until then stays.
    pub fn live(mut self, progress: &mut dyn FnMut(usize)) -> Result<Lived, LifeError> {
        while let Some(Reverse((at, _, next))) = self.queue.pop() {
            if at >= self.until {
                break;
            }
            match next {
                Next::Message => {
                    self.message(at)?;
                    progress(self.lived.cases);
                }
                Next::Turn(affair) => self.turn(at, affair)?,
                Next::Tick(affair) => self.tick(at, affair)?,
            }
        }
        Ok(self.lived)
    }

    fn wait(&mut self, at: Timestamp, next: Next) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued, next)));
    }

    /// Lets somebody turn to the affair after about `hours`, within office hours where `office`.
    fn turn_after(&mut self, at: Timestamp, hours: f64, affair: usize) {
        let seconds = (self.chance.waiting(hours) * 3600.0).clamp(60.0, 1e8) as i64;
        let later = at + SignedDuration::from_secs(seconds);
        let office = self.office_hours(later);
        self.wait(office, Next::Turn(affair));
    }

    /// Returns `at`, or an instant of the next working morning where offices are closed then.
    fn office_hours(&mut self, at: Timestamp) -> Timestamp {
        let calendar = &self.bulk.scene().calendar;
        let date = calendar.date_of(at);
        if calendar.is_working(date) && at >= calendar.opening_on(date) && at < calendar.closing_on(date) {
            return at;
        }
        let after_hours = at >= calendar.closing_on(date) || !calendar.is_working(date);
        let day = if after_hours {
            calendar.add_working_days(date, 1).unwrap_or(date)
        } else {
            date
        };
        let opening = calendar.opening_on(day);
        opening + SignedDuration::from_secs(self.chance.between(120, 5 * 3600))
    }

    fn message(&mut self, at: Timestamp) -> Result<(), LifeError> {
        let township = self.chance.between(0, self.city.townships.len() as i64 - 1) as usize;
        let (story, shown) = self.problem(at, township);
        let identity = self.contact();
        let channels = story.scene.map_or(&CHANNELS, |_| &CHANNELS_OF_SIGHT);
        let channel = *self.chance.one_of(channels);
        let mut bodies = self.bulk.bodies(at);
        let raise = Raise {
            number: String::new(),
            kind: story.kind.clone(),
            channel: channel.to_owned(),
            source: None,
            category: Some(story.category.clone()),
            campaigns: vec![],
            severity: story.severity,
            title: bodies.write(&story.title),
            text: bodies.write(&story.text),
            place: Some(bodies.write(&story.place)),
            raised_by: RaisedBy::Reporter {
                identity: None,
                disclosure: self.disclosure(identity.is_some()),
            },
            accused: vec![],
            external: None,
            links: vec![],
            imported: None,
        };
        let staged = self
            .bulk
            .raise(&self.reporter, raise, identity, bodies, When::at(at))?;
        self.lived.cases += 1;
        let affair = Affair {
            shown,
            ..Affair::new(staged.case, story, township)
        };
        self.affairs.push(affair);
        let number = self.affairs.len() - 1;
        self.note_timer(number)?;
        if channel == "portal" {
            self.add_sight(at, number)?;
        }
        self.turn_after(at, 2.0, number);
        Ok(())
    }

    /// Lets a problem arise in a township, and says whether it is to be handled by the unit that is shown: lately many
    /// are, and each is its duty.
    fn problem(&mut self, at: Timestamp, township: usize) -> (Story, bool) {
        let place = &self.city.townships[township].name.zh;
        let shown = self.shown.filter(|_| at >= self.lately);
        let shown = shown.filter(|_| self.chance.happens(self.share));
        let unit = shown.map(|shown| self.staff.handlers[shown].unit);
        let scene = self.bulk.scene();
        let day = scene.calendar.date_of(at);
        let tries = if unit.is_some() { TRIES } else { 0 };
        for _ in 0..tries {
            let story = self.stories.arise(place, &mut self.chance);
            let duty = scene.org.duty_for(&story.category, day).first().copied();
            if duty == unit && story.kind != "report" {
                return (story, true);
            }
        }
        (self.stories.arise(place, &mut self.chance), false)
    }

    /// Invents a way to reach the reporter; three in ten leave none. No such telephone numbers exist.
    fn contact(&mut self) -> Option<Identity> {
        let phone = format!("100{:08}", self.chance.between(0, 99_999_999));
        let left = self.chance.happens(0.7);
        left.then(|| Identity {
            name: None,
            phone: Some(phone),
            address: None,
        })
    }

    fn disclosure(&mut self, known: bool) -> Disclosure {
        match (known, self.chance.happens(0.2)) {
            (false, _) => Disclosure::Anonymous,
            (true, true) => Disclosure::Confidential,
            (true, false) => Disclosure::RealName,
        }
    }

    /// Lets the timer look at the affair when its case asks for it.
    fn note_timer(&mut self, affair: usize) -> Result<(), LifeError> {
        let id = self.affairs[affair].case;
        let case = self.bulk.case(id)?;
        let kind = self.bulk.scene().kind(&case.pack, &case.kind);
        if let Some(at) = kind.and_then(|kind| case.next_timer_at(kind)) {
            // A timer that found nothing to do is looked at again when the case changes.
            if self.affairs[affair].timer != Some((case.version, at)) {
                self.affairs[affair].timer = Some((case.version, at));
                self.wait(at.max(case.changed_at), Next::Tick(affair));
            }
        }
        Ok(())
    }

    fn tick(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let id = self.affairs[affair].case;
        let bodies = self.bulk.bodies(at);
        match self
            .bulk
            .execute(&self.timer, id, &Command::Tick, bodies, When::at(at))
        {
            Ok(_) => {
                self.lived.commands += 1;
                self.note_timer(affair)
            }
            Err(ExecuteError::Refused(Refusal::NoChange)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Moves an instant into the hours in which people write, keeping its day.
fn waking_hours(at: Timestamp, chance: &mut Seeded) -> Timestamp {
    const DAY_SECONDS: i64 = 86_400;
    // Days begin at 16:00 UTC in the city's zone, so seven in the morning is fifteen hours later.
    let day = (at.as_second() + 8 * 3600).div_euclid(DAY_SECONDS);
    let second = chance.between(7 * 3600, 22 * 3600);
    Timestamp::from_second(day * DAY_SECONDS - 8 * 3600 + second).unwrap_or(at)
}
