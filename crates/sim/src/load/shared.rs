//! What all who act share, and how a request is carried through: reads once, writes until they are answered.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::client::{Answer, Client, Request};
use super::error::LoadError;
use super::journal::{Journal, Line, What};
use super::operation::Operation;
use super::plan::Plan;
use super::tally::{End, Tally};
use crate::seeded::Seeded;
use crate::story::Stories;

/// The first pause before a write is sent again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The longest pause that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(5);

/// What all who act share.
pub struct Shared {
    /// Who speaks to the servers.
    pub client: Client,
    /// What people say.
    pub stories: Stories,
    /// Names of the townships that they live in.
    pub places: Vec<String>,
    /// Units that cases are assigned to.
    pub units: Vec<String>,
    /// The word that all keys of this run begin with.
    pub run: String,
    /// How long a write is sent again and again.
    pub patience: Duration,
    /// Whether each sender comes from an address of its own, as behind a proxy.
    pub spread_senders: bool,
    tally: Mutex<Tally>,
    journal: Option<Journal>,
    broken: OnceLock<LoadError>,
}

/// A write that has ended.
pub struct Written {
    /// The last answer; nothing where none came.
    pub answer: Option<Answer>,
    key: String,
    sent_at: Timestamp,
    attempts: u32,
}

impl Shared {
    /// Puts together what all who act share.
    pub fn new(
        client: Client,
        (stories, places): (Stories, Vec<String>),
        plan: &Plan,
        journal: Option<Journal>,
    ) -> Shared {
        Shared {
            client,
            stories,
            places,
            units: plan.units.clone(),
            run: plan.run.clone(),
            patience: plan.patience,
            spread_senders: plan.spread_senders,
            tally: Mutex::new(Tally::begin(Instant::now(), Timestamp::now())),
            journal,
            broken: OnceLock::new(),
        }
    }

    /// Returns what is counted.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns why the run cannot go on, if so.
    pub fn broken(&self) -> Option<&LoadError> {
        self.broken.get()
    }

    /// Takes out why the run could not go on.
    pub fn into_broken(self) -> Option<LoadError> {
        self.broken.into_inner()
    }

    /// Returns one of the texts for an occasion, its places filled.
    pub fn say(&self, texts: &[String], chance: &mut Seeded) -> String {
        let place = chance.one_of(&self.places).clone();
        let text = chance.one_of(texts).clone();
        crate::story::fill(&text, &place, "门口", chance)
    }

    /// Sends a request once: a read, or what takes no key; `wanted` is when somebody first wanted it.
    pub async fn send(&self, operation: Operation, request: &Request, wanted: Instant) -> Option<Answer> {
        self.tally().sent(operation, Instant::now());
        let answer = self.attempt(request).await;
        let end = match &answer {
            Some(answer) if answer.is_good() => End::Good,
            Some(answer) if answer.status < 500 => End::Refused,
            Some(_) | None => End::Failed,
        };
        let now = Instant::now();
        self.tally()
            .ended(operation, end, now.saturating_duration_since(wanted), now);
        answer.filter(|_| end == End::Good)
    }

    /// Sends a write, under one key, until it is answered or patience ends.
    pub async fn write(
        &self,
        operation: Operation,
        request: Request,
        (key, wanted): (String, Instant),
        chance: &mut Seeded,
    ) -> Written {
        // Whoever has no account needs a key of some length.
        let request = request.once(&format!("key-of-a-load-test-{key}"));
        let (sent_at, begun) = (Timestamp::now(), Instant::now());
        self.tally().sent(operation, begun);
        let mut attempts = 1;
        let answer = loop {
            let answer = self.attempt(&request).await;
            let pause = pause(attempts, answer.as_ref(), chance);
            if answer.as_ref().is_some_and(is_final) {
                break answer;
            }
            if begun.elapsed() + pause > self.patience {
                break None;
            }
            tokio::time::sleep(pause).await;
            attempts += 1;
            self.tally().again(operation);
        };
        let end = match &answer {
            Some(answer) if answer.is_good() => End::Good,
            Some(_) => End::Refused,
            None => End::Failed,
        };
        let now = Instant::now();
        self.tally()
            .ended(operation, end, now.saturating_duration_since(wanted), now);
        Written {
            answer,
            key,
            sent_at,
            attempts,
        }
    }

    /// Notes what was acknowledged, or what is in doubt; refusals leave no line.
    pub fn note(&self, what: What, written: &Written, case: Option<String>, code: Option<String>) {
        let in_doubt = written.answer.is_none();
        let refused = written.answer.as_ref().is_some_and(|answer| !answer.is_good());
        let Some(journal) = self.journal.as_ref().filter(|_| !refused) else {
            return;
        };
        let line = Line {
            what,
            key: written.key.clone(),
            case,
            code,
            in_doubt,
            sent_at: written.sent_at,
            ended_at: Timestamp::now(),
            attempts: written.attempts,
        };
        if let Err(error) = journal.write(&line) {
            // The first is enough: the run ends by it.
            let _ = self.broken.set(error);
        }
    }

    async fn attempt(&self, request: &Request) -> Option<Answer> {
        match self.client.send(request).await {
            Ok(answer) => {
                if !answer.is_good() {
                    self.tally().error(&answer.status.to_string());
                }
                Some(answer)
            }
            Err(unanswered) => {
                self.tally().error(unanswered.word());
                None
            }
        }
    }
}

/// Whether sending it again would change nothing: it was carried out or refused.
fn is_final(answer: &Answer) -> bool {
    answer.status < 500 && answer.status != 408
}

/// Returns how long to wait before the next attempt: longer each time, and never the same for two senders.
fn pause(attempts: u32, answer: Option<&Answer>, chance: &mut Seeded) -> Duration {
    let doubled = PAUSES.0.saturating_mul(1 << (attempts - 1).min(10));
    let jittered = doubled.min(PAUSES.1).mul_f64(0.5 + chance.share() / 2.0);
    let asked = answer.and_then(Answer::retry_after).unwrap_or_default();
    jittered.max(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let mut chance = Seeded::new(1);
        let pauses: Vec<Duration> = (1..=40).map(|n| pause(n, None, &mut chance)).collect();
        assert!(pauses[0] >= PAUSES.0 / 2 && pauses[0] <= PAUSES.0);
        assert!(pauses.iter().all(|pause| *pause <= PAUSES.1));
        assert!(pauses[39] >= PAUSES.1 / 2);
        assert_ne!(pauses[38], pauses[39]);
    }
}
