//! Checking a journal against a server: everything that was acknowledged is there, and only once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::{Answer, Client, Request};
use super::error::LoadError;
use super::journal::{Line, What};
use super::staff::Member;

/// Requests under way at a time.
const TOGETHER: usize = 16;

/// Cases of one list.
const LISTED: usize = 500;

/// How often a request is sent that gets no answer.
const ATTEMPTS: u32 = 5;

/// The most keys that are named of each finding.
const NAMED: usize = 20;

/// What came of holding a journal against a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Acknowledged messages.
    pub messages: usize,
    /// Acknowledged entries in cases: steps, replies.
    pub entries: usize,
    /// Keys that were acknowledged and are not there, or not where they were.
    pub lost: BTreeSet<String>,
    /// Keys that are there more than once.
    pub doubled: BTreeSet<String>,
    /// Keys that nobody acknowledged.
    pub in_doubt: usize,
    /// Keys among them that are there all the same.
    pub in_doubt_there: usize,
    /// Cases of these runs on the server.
    pub cases: usize,
}

/// Where the keys of a journal were found.
#[derive(Debug, Default)]
struct Found {
    /// The cases in whose titles each key stands.
    messages: BTreeMap<String, BTreeSet<String>>,
    /// How many events of each case quote each key.
    entries: BTreeMap<(String, String), usize>,
    /// Receipt codes that open nothing.
    dead_codes: BTreeSet<String>,
}

impl Checked {
    /// Whether nothing is lost and nothing doubled.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty()
    }

    /// Returns it as JSON.
    pub fn report(&self) -> Value {
        let named = |keys: &BTreeSet<String>| keys.iter().take(NAMED).cloned().collect::<Vec<_>>();
        json!({
            "whole": self.is_whole(),
            "messages": self.messages,
            "entries": self.entries,
            "lost": self.lost.len(),
            "doubled": self.doubled.len(),
            "in_doubt": self.in_doubt,
            "in_doubt_there": self.in_doubt_there,
            "cases": self.cases,
            "lost_keys": named(&self.lost),
            "doubled_keys": named(&self.doubled),
        })
    }

    fn of(lines: &[Line], found: &Found) -> Checked {
        let mut checked = Checked {
            cases: found.messages.values().map(BTreeSet::len).sum(),
            ..Checked::default()
        };
        for line in lines {
            let (there, right) = found.of(line);
            if there > 1 {
                checked.doubled.insert(line.key.clone());
            }
            match (line.in_doubt, line.what) {
                (true, _) => {
                    checked.in_doubt += 1;
                    checked.in_doubt_there += usize::from(there > 0);
                    continue;
                }
                (false, What::Message) => checked.messages += 1,
                (false, What::Entry) => checked.entries += 1,
            }
            if !right {
                checked.lost.insert(line.key.clone());
            }
        }
        // A key that no line names belongs to a message that was never acknowledged; it may be there once.
        let doubled = found.messages.iter().filter(|(_, cases)| cases.len() > 1);
        checked.doubled.extend(doubled.map(|(key, _)| key.clone()));
        checked
    }
}

impl Found {
    /// Returns how often a line's key is there, and whether it is there as it was acknowledged.
    fn of(&self, line: &Line) -> (usize, bool) {
        let case = line.case.as_deref().unwrap_or_default();
        match line.what {
            What::Message => {
                let cases = self.messages.get(&line.key);
                let opens = line
                    .code
                    .as_ref()
                    .is_some_and(|code| !self.dead_codes.contains(code));
                let right = opens && cases.is_some_and(|cases| cases.contains(case));
                (cases.map_or(0, BTreeSet::len), right)
            }
            What::Entry => {
                let place = (case.to_owned(), line.key.clone());
                let times = self.entries.get(&place).copied().unwrap_or(0);
                (times, times > 0)
            }
        }
    }
}

/// Who asks the server, with the staff whose rights together must cover all cases.
struct Asker {
    client: Client,
    staff: Vec<Member>,
}

/// Looks for everything that a journal holds.
///
/// `staff` need to be allowed to read the cases; what they may not read counts as lost.
///
/// # Errors
/// [`LoadError::Server`] if the server does not answer.
pub async fn check(client: Client, staff: Vec<Member>, lines: &[Line]) -> Result<Checked, LoadError> {
    let asker = Arc::new(Asker { client, staff });
    let mut found = Found::default();
    let runs: BTreeSet<&str> = lines.iter().map(Line::run).collect();
    for run in runs {
        for member in &asker.staff {
            asker.list(member, run, &mut found.messages).await?;
        }
    }
    let codes: BTreeSet<&String> = lines.iter().filter_map(|line| line.code.as_ref()).collect();
    found.dead_codes = dead_codes(&asker, codes.into_iter().cloned().collect()).await?;
    let entries = lines.iter().filter(|line| line.what == What::Entry);
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in entries {
        let case = line.case.clone().unwrap_or_default();
        keys.entry(case).or_default().push(line.key.clone());
    }
    found.entries = entries_in(&asker, keys).await?;
    Ok(Checked::of(lines, &found))
}

impl Asker {
    /// Asks until there is an answer.
    async fn ask(&self, request: &Request) -> Result<Answer, LoadError> {
        let mut problem = String::new();
        for attempt in 1..=ATTEMPTS {
            match self.client.send(request).await {
                Ok(answer) if answer.status < 500 => return Ok(answer),
                Ok(answer) => problem = format!("the server answers with {}", answer.status),
                Err(unanswered) => problem = unanswered.word().to_owned(),
            }
            tokio::time::sleep(std::time::Duration::from_secs(1) * attempt).await;
        }
        Err(LoadError::Server(problem))
    }

    /// Adds the cases of a run that a member sees, by the key in their title.
    async fn list(
        &self,
        member: &Member,
        run: &str,
        cases: &mut BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(), LoadError> {
        let mut after = String::new();
        loop {
            let path =
                format!("/api/v1/cases?filter=text%20has%20%22{run}%22&limit={LISTED}&sort=-raised{after}");
            let answer = self.ask(&member.sign(Request::get(path))).await?;
            // Some are on the staff without reading cases.
            if answer.status == 403 {
                return Ok(());
            }
            if !answer.is_good() {
                return Err(LoadError::Server(format!(
                    "the list of cases answers with {}",
                    answer.status
                )));
            }
            let page = answer.json();
            for row in page["cases"].as_array().map(Vec::as_slice).unwrap_or_default() {
                if let (Some(id), Some(key)) = (row["id"].as_str(), key_of(row, run)) {
                    cases.entry(key).or_default().insert(id.to_owned());
                }
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(()),
            }
        }
    }

    /// Returns how many events of a case quote each key.
    async fn quotes(&self, case: &str, keys: &[String]) -> Result<Vec<usize>, LoadError> {
        let mut most = vec![0; keys.len()];
        for member in &self.staff {
            let request = member.sign(Request::get(format!("/api/v1/cases/{case}/events")));
            let events = self.ask(&request).await?.json();
            let Some(events) = events.as_array() else { continue };
            for (most, key) in most.iter_mut().zip(keys) {
                let holds = |event: &&Value| quotes_key(event, key);
                *most = (*most).max(events.iter().filter(holds).count());
            }
            if most.iter().all(|times| *times > 0) {
                break;
            }
        }
        Ok(most)
    }
}

/// Returns the key in the title of a row.
fn key_of(row: &Value, run: &str) -> Option<String> {
    let title = row["title"].as_str()?;
    let mut words = title.split_whitespace();
    words
        .find(|word| {
            word.split_once('-')
                .is_some_and(|(beginning, _)| beginning == run)
        })
        .map(str::to_owned)
}

/// Whether an event quotes a key: as a whole, not as the beginning of a longer one.
fn quotes_key(event: &Value, key: &str) -> bool {
    let quotes = event["quotes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let whole = |text: &str| {
        text.match_indices(key).any(|(at, _)| {
            let next = text[at + key.len()..].chars().next();
            next.is_none_or(|next| !next.is_ascii_digit())
        })
    };
    quotes.iter().filter_map(Value::as_str).any(whole)
}

async fn dead_codes(asker: &Arc<Asker>, codes: Vec<String>) -> Result<BTreeSet<String>, LoadError> {
    let ask = |code: String| {
        let asker = Arc::clone(asker);
        async move {
            let request = Request::post_json("/api/v1/portal/track", &json!({ "code": code }));
            let opens = asker.ask(&request).await?.is_good();
            Ok((code, opens))
        }
    };
    let asked = together(codes.into_iter().map(ask)).await?;
    let dead = asked.into_iter().filter(|(_, opens)| !opens);
    Ok(dead.map(|(code, _)| code).collect())
}

async fn entries_in(
    asker: &Arc<Asker>,
    keys: BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<(String, String), usize>, LoadError> {
    let ask = |(case, keys): (String, Vec<String>)| {
        let asker = Arc::clone(asker);
        async move {
            let times = asker.quotes(&case, &keys).await?;
            let places = keys.into_iter().map(|key| (case.clone(), key));
            Ok(places.zip(times).collect::<Vec<_>>())
        }
    };
    let asked = together(keys.into_iter().map(ask)).await?;
    Ok(asked.into_iter().flatten().collect())
}

/// Runs some at a time until all are done.
async fn together<T: Send + 'static>(
    mut asks: impl Iterator<Item = impl Future<Output = Result<T, LoadError>> + Send + 'static>,
) -> Result<Vec<T>, LoadError> {
    let mut under_way = JoinSet::new();
    let mut done = Vec::new();
    loop {
        while under_way.len() < TOGETHER
            && let Some(ask) = asks.next()
        {
            under_way.spawn(ask);
        }
        let Some(ended) = under_way.join_next().await else {
            return Ok(done);
        };
        let ended = ended.map_err(|error| LoadError::Server(error.to_string()))?;
        done.push(ended?);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn line(what: What, key: &str, case: Option<&str>, code: Option<&str>) -> Line {
        Line {
            what,
            key: key.to_owned(),
            case: case.map(str::to_owned),
            code: code.map(str::to_owned),
            in_doubt: case.is_none(),
            sent_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
            attempts: 1,
        }
    }

    fn message(key: &str) -> Line {
        line(
            What::Message,
            key,
            Some(&format!("case {key}")),
            Some(&format!("code {key}")),
        )
    }

    fn found(messages: &[(&str, &[&str])]) -> Found {
        let messages = messages.iter().map(|(key, cases)| {
            let cases = cases.iter().map(|case| format!("case {case}")).collect();
            ((*key).to_owned(), cases)
        });
        Found {
            messages: messages.collect(),
            ..Found::default()
        }
    }

    #[test]
    fn what_is_there_once_under_its_code_is_whole() {
        let checked = Checked::of(&[message("r-1")], &found(&[("r-1", &["r-1"])]));
        assert!(checked.is_whole());
        assert_eq!((checked.messages, checked.cases), (1, 1));
    }

    #[test]
    fn a_missing_case_another_case_and_a_dead_code_are_lost() {
        let lines = [message("r-1"), message("r-2"), message("r-3")];
        let mut found = found(&[("r-2", &["other"]), ("r-3", &["r-3"])]);
        found.dead_codes.insert("code r-3".to_owned());
        let checked = Checked::of(&lines, &found);
        assert_eq!(checked.lost.len(), 3, "{checked:?}");
        assert!(checked.doubled.is_empty());
    }

    #[test]
    fn a_key_with_two_cases_is_doubled_whether_or_not_it_was_acknowledged() {
        let lines = [message("r-1"), line(What::Message, "r-2", None, None)];
        let found = found(&[("r-1", &["r-1", "x"]), ("r-2", &["y", "z"]), ("r-3", &["u", "v"])]);
        let checked = Checked::of(&lines, &found);
        assert_eq!(checked.doubled.len(), 3);
        assert_eq!((checked.in_doubt, checked.in_doubt_there), (1, 1));
        assert!(checked.lost.is_empty());
    }

    #[test]
    fn an_entry_is_lost_or_doubled_by_the_events_that_quote_it() {
        let entry = |key| line(What::Entry, key, Some("c"), None);
        let place = |key: &str| ("c".to_owned(), key.to_owned());
        let found = Found {
            entries: BTreeMap::from([(place("r-1"), 1), (place("r-2"), 2), (place("r-3"), 0)]),
            ..Found::default()
        };
        let checked = Checked::of(&[entry("r-1"), entry("r-2"), entry("r-3")], &found);
        assert_eq!(checked.entries, 3);
        assert!(checked.doubled.contains("r-2") && checked.doubled.len() == 1);
        assert!(checked.lost.contains("r-3") && checked.lost.len() == 1);
    }

    #[test]
    fn a_key_is_not_found_in_a_longer_one() {
        let event = json!({ "quotes": ["已派单（r-12）"] });
        assert!(quotes_key(&event, "r-12"));
        assert!(!quotes_key(&event, "r-1"));
        let row = json!({ "title": "路灯不亮 ra-12" });
        assert_eq!(key_of(&row, "ra").as_deref(), Some("ra-12"));
        assert_eq!(key_of(&row, "r"), None);
    }
}
