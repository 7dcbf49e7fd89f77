//! Staff: they look at desk, ledger and cases, and take the steps that a case offers them.
//!
//! Nothing here knows a kind or a step: whoever opens a case is told which steps are theirs and what each
//! asks for, and takes the first that is possible, as packs name the way forward first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bihuan_core::pack::model::Ask;
use bihuan_core::pack::words::Word;
use hyper::header::{AUTHORIZATION, COOKIE};
use serde_json::{Value, json};

use super::citizen::Citizens;
use super::client::Request;
use super::journal::What;
use super::operation::Operation;
use super::shared::Shared;
use crate::pictures::{self, SHADES, Scene};
use crate::seeded::Seeded;

/// Phases in which there is something to do; what each member does most is learned from what works.
const PHASES: [&str; 5] = ["raise", "accept", "act", "verify", "answer"];

/// Cases of one list.
const LISTED: usize = 50;

/// How many cases are opened to find one with something to do.
const OPENED: usize = 4;

/// The most that a member's work counts when somebody is chosen to work.
const BUSIEST: u32 = 20;

/// How often a step other than the first is taken, where there are several.
const DETOURS: f64 = 0.08;

/// How somebody proves who they are.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A bearer token.
    Token(String),
    /// A session: its cookie, and the token that its forms carry.
    Session {
        /// The cookie.
        cookie: String,
        /// The form token.
        form_token: String,
    },
}

/// Somebody on the staff.
#[derive(Debug)]
pub struct Member {
    credential: Credential,
    knows: Mutex<Knows>,
}

#[derive(Debug)]
struct Knows {
    /// Cases seen in a list and not opened yet: id, number and phase.
    seen: VecDeque<(String, String, usize)>,
    /// How often there was something to do in each phase.
    weights: [u32; PHASES.len()],
}

/// What somebody can do with a case that they opened.
#[derive(Debug, PartialEq)]
enum Chance {
    /// Take this step.
    Step(Value),
    /// Add a photo: what is to be done waits for evidence.
    Photo,
    /// Nothing.
    Nothing,
}

impl Member {
    /// Makes a member of the staff.
    pub fn new(credential: Credential) -> Member {
        Member {
            credential,
            knows: Mutex::new(Knows {
                seen: VecDeque::new(),
                weights: [1; PHASES.len()],
            }),
        }
    }

    /// Lets a request come from this member.
    pub fn sign(&self, request: Request) -> Request {
        match &self.credential {
            Credential::Token(token) => request.with(AUTHORIZATION, format!("Bearer {token}")),
            Credential::Session { cookie, .. } => request.with(COOKIE, cookie.as_str()),
        }
    }

    /// Reads something.
    pub async fn read(&self, shared: &Shared, operation: Operation, wanted: Instant, chance: &mut Seeded) {
        let path = match operation {
            Operation::List => {
                self.list(shared, wanted, chance).await;
                return;
            }
            Operation::Ledger => ledger(chance),
            Operation::Page => {
                let number = self.knows().seen.front().map(|(_, number, _)| number.clone());
                number.map_or_else(|| ledger(chance), |number| format!("/cases/{number}"))
            }
            _ => "/desk".to_owned(),
        };
        let request = self.sign(Request::get(path));
        shared.send(operation, &request, wanted).await;
    }

    /// Turns to a case and does what is to be done there; tells whether anything was.
    pub async fn work(&self, shared: &Shared, citizens: &Citizens, key: &str, chance: &mut Seeded) -> bool {
        if self.knows().seen.is_empty() {
            self.list(shared, Instant::now(), chance).await;
        }
        for _ in 0..OPENED {
            let next = self.knows().seen.pop_front();
            let Some((id, _, phase)) = next else { return false };
            let open = self.sign(Request::get(format!("/api/v1/cases/{id}")));
            let Some(case) = shared.send(Operation::Case, &open, Instant::now()).await else {
                continue;
            };
            let done = match possible(&case.json(), shared, key, chance) {
                Chance::Step(step) => self.step(shared, citizens, (&id, key), &step, chance).await,
                Chance::Photo => self.photo(shared, &id, chance).await,
                Chance::Nothing => continue,
            };
            self.knows().weights[phase] += u32::from(done);
            return true;
        }
        false
    }

    /// Reads a list and remembers its cases.
    async fn list(&self, shared: &Shared, wanted: Instant, chance: &mut Seeded) {
        let phase = self.knows().likely_phase(chance);
        let name = PHASES[phase];
        let path =
            format!("/api/v1/cases?filter=open%20and%20phase%20%3D%20{name}&limit={LISTED}&sort=-raised");
        let request = self.sign(Request::get(path));
        let Some(list) = shared.send(Operation::List, &request, wanted).await else {
            return;
        };
        let list = list.json();
        let rows = list["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let mut seen: Vec<_> = rows
            .iter()
            .map(|row| (text(row, "id"), text(row, "number"), phase))
            .collect();
        // Members who read the same list do not all begin with the same case.
        let first = chance.between(0, i64::try_from(seen.len().max(1) - 1).unwrap_or(0));
        seen.rotate_left(usize::try_from(first).unwrap_or(0));
        self.knows().seen = seen.into();
    }

    async fn step(
        &self,
        shared: &Shared,
        citizens: &Citizens,
        (id, key): (&str, &str),
        step: &Value,
        chance: &mut Seeded,
    ) -> bool {
        let request = self.sign(Request::post_json(format!("/api/v1/cases/{id}/steps"), step));
        let sending = (key.to_owned(), Instant::now());
        let written = shared.write(Operation::Step, request, sending, chance).await;
        let done = written.answer.as_ref().is_some_and(|answer| answer.is_good());
        shared.note(What::Entry, &written, Some(id.to_owned()), None);
        if done && step.get(Ask::Reply.word()).is_some() {
            citizens.answered(id);
        }
        done
    }

    async fn photo(&self, shared: &Shared, id: &str, chance: &mut Seeded) -> bool {
        let photo = pictures::draw(Scene::Street, true, *chance.one_of(&SHADES));
        let (media_type, body) = self.form(&photo);
        let request = Request::post(format!("/api/v1/cases/{id}/evidence"), &media_type, body);
        let request = self.sign(request);
        // Evidence takes no key: sent again it would be a second photo.
        let stored = shared.send(Operation::Photo, &request, Instant::now()).await;
        stored.is_some()
    }

    /// Returns a form that holds a photo.
    fn form(&self, photo: &[u8]) -> (String, Vec<u8>) {
        const BOUNDARY: &str = "----bihuan-load";
        let mut fields = vec![("moment", "after")];
        if let Credential::Session { form_token, .. } = &self.credential {
            fields.push(("csrf", form_token));
        }
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"after.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        ));
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let body = [body.as_bytes(), photo, end.as_bytes()].concat();
        (format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    fn knows(&self) -> MutexGuard<'_, Knows> {
        self.knows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Knows {
    fn likely_phase(&self, chance: &mut Seeded) -> usize {
        weighed(&self.weights, chance)
    }
}

/// Chooses who works: those more often who had something to do before, as many only read.
pub fn somebody_busy<'a>(staff: &'a [Member], chance: &mut Seeded) -> Option<&'a Member> {
    let done = |member: &Member| member.knows().weights.iter().sum::<u32>() - PHASES.len() as u32;
    let weights: Vec<u32> = staff.iter().map(|member| 1 + done(member).min(BUSIEST)).collect();
    staff.get(weighed(&weights, chance))
}

/// Chooses a place by its weight.
fn weighed(weights: &[u32], chance: &mut Seeded) -> usize {
    let all: u32 = weights.iter().sum();
    let mut left = chance.between(1, i64::from(all.max(1)));
    let found = weights.iter().position(|weight| {
        left -= i64::from(*weight);
        left <= 0
    });
    found.unwrap_or(0)
}

/// Returns an address of the ledger: its first page, or one of the filters that people use most.
fn ledger(chance: &mut Seeded) -> String {
    let filters = [
        "",
        "?filter=open",
        "?filter=overdue",
        "?filter=breached%20and%20open",
    ];
    format!("/ledger{}", chance.one_of(&filters))
}

/// Returns what can be done with a case, as it was read.
fn possible(case: &Value, shared: &Shared, key: &str, chance: &mut Seeded) -> Chance {
    let steps = case["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut open: Vec<&Value> = steps.iter().filter(|step| step["refusal"].is_null()).collect();
    let no_photo = case["evidence"].as_array().is_some_and(Vec::is_empty);
    // The way forward is the first step; where it is barred and there is no photo yet, one may open it.
    let barred = steps.first().is_some_and(|step| !step["refusal"].is_null());
    if barred && no_photo && case["phase"] == "act" {
        return Chance::Photo;
    }
    if open.len() > 1 && chance.happens(DETOURS) {
        open.rotate_left(1);
    }
    open.into_iter()
        .find_map(|step| filled(step, shared, key, chance))
        .map_or(Chance::Nothing, Chance::Step)
}

/// Returns a step with all that it asks for; nothing if it asks for what nobody here can give.
fn filled(step: &Value, shared: &Shared, key: &str, chance: &mut Seeded) -> Option<Value> {
    let work = &shared.stories.work;
    let remark = format!("{}（{key}）", shared.say(&work.remarks, chance));
    let mut given = json!({ "step": step["id"], "remark": remark });
    for asked in step["asks"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let ask = Ask::of_word(asked.as_str()?)?;
        let text = match ask {
            Ask::Remark => continue,
            Ask::Unit if shared.units.is_empty() => return None,
            Ask::Unit => chance.one_of(&shared.units).clone(),
            Ask::Reason => shared.say(&work.reasons_return, chance),
            Ask::Reply => shared.say(&work.replies_good, chance),
            Ask::Finding => shared.say(&work.findings_good, chance),
            Ask::Notice | Ask::ObjectionWay => "详见告知书，可在六十日内申请复核。".to_owned(),
            Ask::Organ => "有权处理的机关".to_owned(),
            Ask::OrganReceipt => "已收到，由我单位办理。".to_owned(),
            Ask::Publication => {
                given["publication_days"] = json!(7);
                "整改情况公示如下。".to_owned()
            }
        };
        given[ask.word()] = json!(text);
    }
    Some(given)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::client::Client;
    use crate::load::operation::Mixture;
    use crate::load::plan::Plan;
    use crate::load::town::what_people_say;

    fn shared() -> Shared {
        let plan = Plan {
            urls: vec!["http://127.0.0.1:1".to_owned()],
            rate: 1.0,
            duration: Duration::from_secs(1),
            mixture: Mixture { reads: 20, writes: 1 },
            in_flight: 1,
            patience: Duration::from_secs(1),
            answer_within: Duration::from_secs(1),
            units: vec!["housing".to_owned()],
            run: "r1".to_owned(),
            seed: 1,
            spread_senders: false,
            journal: None,
        };
        let client = Client::new(&plan.urls, plan.answer_within).unwrap();
        Shared::new(client, what_people_say(1).unwrap(), &plan, None)
    }

    fn chosen(case: &Value) -> Chance {
        possible(case, &shared(), "r1-7", &mut Seeded::new(3))
    }

    #[test]
    fn the_first_step_that_is_possible_is_taken_with_all_that_it_asks_for() {
        let case = json!({
            "phase": "verify",
            "evidence": [],
            "steps": [
                { "id": "later", "asks": [], "refusal": "not yet" },
                { "id": "assign", "asks": ["unit", "reply", "publication"], "refusal": null },
            ],
        });
        let Chance::Step(step) = chosen(&case) else {
            panic!("nothing chosen")
        };
        assert_eq!(
            (&step["step"], &step["unit"]),
            (&json!("assign"), &json!("housing"))
        );
        assert_eq!(step["publication_days"], 7);
        assert!(step["reply"].is_string());
        assert!(step["remark"].as_str().unwrap().contains("r1-7"));
    }

    #[test]
    fn who_acts_and_is_barred_adds_a_photo_once() {
        let mut case = json!({
            "phase": "act",
            "evidence": [],
            "steps": [{ "id": "submit", "asks": [], "refusal": "evidence is missing" }],
        });
        assert_eq!(chosen(&case), Chance::Photo);
        case["evidence"] = json!([{ "id": "e" }]);
        assert_eq!(chosen(&case), Chance::Nothing);
        assert_eq!(chosen(&json!({ "problem": "gone" })), Chance::Nothing);
    }

    #[test]
    fn who_had_something_to_do_is_chosen_more_often_and_nobody_never() {
        let staff: Vec<Member> = (0..3)
            .map(|at| Member::new(Credential::Token(at.to_string())))
            .collect();
        staff[1].knows().weights[2] += 1_000;
        let mut chance = Seeded::new(1);
        let mut chosen = [0; 3];
        for _ in 0..2_300 {
            let member = somebody_busy(&staff, &mut chance).unwrap();
            let at = staff.iter().position(|one| std::ptr::eq(one, member)).unwrap();
            chosen[at] += 1;
        }
        assert!(
            chosen[1] > 2_000 && chosen[0] > 50 && chosen[2] > 50,
            "{chosen:?}"
        );
        assert!(somebody_busy(&[], &mut chance).is_none());
    }

    #[test]
    fn a_step_that_asks_for_what_is_unknown_is_left_to_people() {
        let case = json!({ "steps": [{ "id": "x", "asks": ["blood"], "refusal": null }] });
        assert_eq!(chosen(&case), Chance::Nothing);
    }

    #[test]
    fn a_form_of_a_session_carries_its_token_and_one_of_a_bearer_none() {
        let session = Credential::Session {
            cookie: "session=s".to_owned(),
            form_token: "t-123".to_owned(),
        };
        let text =
            |credential| String::from_utf8_lossy(&Member::new(credential).form(b"photo").1).into_owned();
        assert!(text(session).contains("name=\"csrf\"\r\n\r\nt-123\r\n"));
        assert!(!text(Credential::Token("b".to_owned())).contains("csrf"));
    }
}
