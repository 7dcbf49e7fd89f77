//! Asking etcd by which of its interfaces a cluster keeps its leader there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::patroni::{Keeper, get, post};

/// Asks one etcd; nothing if it does not answer, or keeps no leader of this cluster.
pub fn keeper_of(url: &str, scope: &str) -> Option<Keeper> {
    let key = format!("/service/{scope}/leader");
    // The third interface first: the second may hold a leader from before a change.
    let range = json!({ "key": STANDARD.encode(&key) });
    let found = post(&format!("{url}/v3/kv/range"), &range).unwrap_or_default();
    if found["kvs"].as_array().is_some_and(|kept| !kept.is_empty()) {
        return Some(Keeper::EtcdV3);
    }
    let found = get(&format!("{url}/v2/keys{key}")).unwrap_or_default();
    let leader: &Value = &found["node"]["value"];
    leader.is_string().then_some(Keeper::EtcdV2)
}
