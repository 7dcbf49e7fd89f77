//! Messages that are sent until they are acknowledged, and looked for in the end.

use bihuan_sim::seeded::Seeded;
use serde_json::{Value, json};

use super::{Answer, Client, Directory, Gone};

/// A message, known by the key it is sent under.
#[derive(Debug, Clone)]
pub struct Message {
    pub key: String,
    pub text: String,
    /// The code it was acknowledged with.
    pub code: Option<String>,
}

impl Message {
    pub fn new(chance: &mut Seeded) -> Message {
        let number = chance.between(0, i64::MAX);
        Message {
            key: format!("key-{number:020}"),
            text: format!("第 {number} 号楼的电梯停运，请派人检修。"),
            code: None,
        }
    }

    /// Sends it once; the answer is a receipt where the status is 201.
    pub fn send(&self, client: &Client) -> Result<(u16, Value), Gone> {
        let answer = self.post(client)?;
        Ok((answer.status, answer.json))
    }

    /// Like [`Message::send`], with all that is known of the answer.
    pub fn post(&self, client: &Client) -> Result<Answer, Gone> {
        let body = json!({ "text": self.text });
        client.answer_to("/api/v1/portal/messages", &body, Some(&self.key))
    }

    /// Takes in the code of a receipt, which must be the one it has where it has one.
    pub fn acknowledge(&mut self, receipt: &Value) {
        let code = receipt["code"].as_str().expect("a code").to_owned();
        let known = self.code.get_or_insert_with(|| code.clone());
        assert_eq!(*known, code, "a message sent again has the code it had");
    }
}

/// Counts the acknowledged messages that are not there.
pub fn lost(url: &str, sent: &[Message]) -> usize {
    let client = Client::new(url, None);
    let codes = sent.iter().filter_map(|message| message.code.as_ref());
    let missing = codes.filter(|code| client.post("/api/v1/portal/track", &json!({ "code": code })).0 != 200);
    missing.count()
}

/// Checks that the log is whole, and returns how many cases there are beyond the messages.
pub fn check_log(directory: &Directory, sent: &[Message]) -> i64 {
    let verified = directory.ok(&["verify", "--json"]);
    let verified: Value = serde_json::from_str(&verified).expect("JSON");
    assert_eq!(verified["whole"], true, "{verified}");
    let cases = verified["cases"].as_i64().expect("a number");
    cases - i64::try_from(sent.len()).expect("a number of messages")
}
