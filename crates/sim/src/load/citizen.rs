//! Citizens: they report, look at what became of it, answer questions and say whether it is solved.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hyper::header::HeaderName;
use serde_json::{Value, json};

use super::client::Request;
use super::journal::What;
use super::operation::Operation;
use super::shared::Shared;
use crate::seeded::Seeded;

/// The most reports that are remembered.
const REMEMBERED: usize = 10_000;

/// The header by which a proxy tells where a request came from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Those who have reported something.
#[derive(Debug, Default)]
pub struct Citizens {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The receipt code of each case.
    codes: HashMap<String, String>,
    /// The cases, the oldest first.
    cases: VecDeque<String>,
    /// Cases that were answered and not spoken about since.
    answered: VecDeque<String>,
}

impl Citizens {
    /// Remembers that a case was answered, so that its reporter may say something.
    pub fn answered(&self, case: &str) {
        let mut known = self.known();
        if known.codes.contains_key(case) {
            known.answered.push_back(case.to_owned());
        }
    }

    /// Reads something of the portal.
    pub async fn read(&self, shared: &Shared, operation: Operation, wanted: Instant, chance: &mut Seeded) {
        let request = match operation {
            Operation::Form => Request::get("/report"),
            Operation::Track => match self.some_code(chance) {
                Some(code) => track(&code),
                None => Request::get("/track"),
            },
            _ => Request::get("/"),
        };
        shared
            .send(operation, &from(shared, request, chance), wanted)
            .await;
    }

    /// Sends a message.
    pub async fn report(&self, shared: &Shared, key: String, wanted: Instant, chance: &mut Seeded) {
        let request = Request::post_json("/api/v1/portal/messages", &message(shared, &key, chance));
        let request = from(shared, request, chance);
        let written = shared
            .write(Operation::Message, request, (key, wanted), chance)
            .await;
        let receipt = written.answer.as_ref().map(|answer| answer.json());
        let field = |name: &str| Some(receipt.as_ref()?[name].as_str()?.to_owned());
        let (case, code) = (field("id"), field("code"));
        shared.note(What::Message, &written, case.clone(), code.clone());
        if let (Some(case), Some(code)) = (case, code) {
            self.known().remember(case, code);
        }
    }

    /// Lets a reporter whose case was answered say something; tells whether anybody had something to say.
    pub async fn talk(&self, shared: &Shared, key: &str, chance: &mut Seeded) -> bool {
        let Some((case, code)) = self.known().next_answered() else {
            return false;
        };
        let look = from(shared, track(&code), chance);
        let Some(found) = shared.send(Operation::Track, &look, Instant::now()).await else {
            return false;
        };
        let Some((operation, path, body)) = reaction(shared, &found.json(), &code, key, chance) else {
            return false;
        };
        let request = from(shared, Request::post_json(path, &body), chance);
        let sending = (key.to_owned(), Instant::now());
        let written = shared.write(operation, request, sending, chance).await;
        shared.note(What::Entry, &written, Some(case), None);
        true
    }

    fn some_code(&self, chance: &mut Seeded) -> Option<String> {
        let known = self.known();
        let last = i64::try_from(known.cases.len()).ok()? - 1;
        if last < 0 {
            return None;
        }
        let case = known.cases.get(usize::try_from(chance.between(0, last)).ok()?)?;
        known.codes.get(case).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn remember(&mut self, case: String, code: String) {
        if self.cases.len() == REMEMBERED
            && let Some(oldest) = self.cases.pop_front()
        {
            self.codes.remove(&oldest);
        }
        self.codes.insert(case.clone(), code);
        self.cases.push_back(case);
    }

    fn next_answered(&mut self) -> Option<(String, String)> {
        while let Some(case) = self.answered.pop_front() {
            if let Some(code) = self.codes.get(&case) {
                return Some((case, code.clone()));
            }
        }
        None
    }
}

/// Returns a message; its key stands in the title, where lists show it.
fn message(shared: &Shared, key: &str, chance: &mut Seeded) -> Value {
    let place = chance.one_of(&shared.places).clone();
    let story = shared.stories.arise(&place, chance);
    let mut message = json!({
        "topic": format!("{} {key}", story.title),
        "text": story.text,
        "place": story.place,
    });
    if chance.happens(0.4) {
        let phone = format!("1380000{:04}", chance.between(0, 9_999));
        message["contact"] = json!({ "name": "李某", "phone": phone });
    }
    message
}

/// Returns what a reporter says to what they see.
fn reaction(
    shared: &Shared,
    tracked: &Value,
    code: &str,
    key: &str,
    chance: &mut Seeded,
) -> Option<(Operation, &'static str, Value)> {
    let work = &shared.stories.work;
    if tracked["question_open"] == true {
        let text = format!("{}（{key}）", shared.say(&work.replies_reporter, chance));
        let body = json!({ "code": code, "text": text });
        return Some((Operation::Reply, "/api/v1/portal/replies", body));
    }
    let answered = tracked["answers"]
        .as_array()
        .is_some_and(|answers| !answers.is_empty());
    if !answered || !tracked["satisfied"].is_null() || !tracked["end"].is_null() {
        return None;
    }
    let solved = chance.happens(0.8);
    let remark = match solved {
        true => format!("谢谢（{key}）"),
        false => format!("{}（{key}）", shared.say(&work.reasons_reopen, chance)),
    };
    let score = if solved {
        chance.between(4, 5)
    } else {
        chance.between(1, 2)
    };
    let body = json!({ "code": code, "solved": solved, "score": score, "remark": remark });
    Some((Operation::Satisfaction, "/api/v1/portal/satisfactions", body))
}

fn track(code: &str) -> Request {
    Request::post_json("/api/v1/portal/track", &json!({ "code": code }))
}

/// Lets a request come from somewhere in the city, where the servers stand behind a proxy.
fn from(shared: &Shared, request: Request, chance: &mut Seeded) -> Request {
    if !shared.spread_senders {
        return request;
    }
    let mut part = || chance.between(1, 254);
    let address = format!("10.{}.{}.{}", part(), part(), part());
    request.with(FORWARDED_FOR, address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_report_is_forgotten_first_and_its_answer_with_it() {
        let citizens = Citizens::default();
        for at in 0..=REMEMBERED {
            citizens
                .known()
                .remember(format!("case {at}"), format!("code {at}"));
            if at == 0 {
                citizens.answered("case 0");
            }
        }
        citizens.answered("case of nobody");
        assert_eq!(citizens.known().next_answered(), None);
        citizens.answered("case 7");
        let found = Some(("case 7".to_owned(), "code 7".to_owned()));
        assert_eq!(citizens.known().next_answered(), found);
        assert_eq!(citizens.known().cases.len(), REMEMBERED);
    }

    #[test]
    fn without_a_report_there_is_no_code_to_look_with() {
        let citizens = Citizens::default();
        assert_eq!(citizens.some_code(&mut Seeded::new(1)), None);
        citizens.known().remember("a".to_owned(), "b".to_owned());
        assert_eq!(citizens.some_code(&mut Seeded::new(1)).as_deref(), Some("b"));
    }
}
