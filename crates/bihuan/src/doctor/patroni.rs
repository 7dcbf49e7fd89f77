//! What Patroni says of itself over HTTP, and what its configuration file says.

use std::time::Duration;

use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A version such as 3.0.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 3]);

/// Where Patroni keeps who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// etcd, by its second interface.
    EtcdV2,
    /// etcd, by its third interface.
    EtcdV3,
    /// ZooKeeper, Consul, Kubernetes or another.
    Other,
}

/// A cluster as one of its members tells it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Patroni's version.
    pub version: Option<Version>,
    /// The cluster's name.
    pub scope: String,
    /// Its members.
    pub members: Vec<Member>,
    /// Whether commits wait for a standby; `None` where Patroni does not say.
    pub synchronous: Option<bool>,
    /// Whether the leader stays while the members answer and only the keeper does not.
    pub failsafe: Option<bool>,
}

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Such as `leader`, `sync_standby` or `replica`.
    pub role: String,
    /// Such as `running` or `streaming`.
    pub state: String,
    /// How many bytes it is behind; `None` where that is not known.
    pub lag_bytes: Option<u64>,
    /// The timeline it is on.
    pub timeline: Option<u64>,
}

impl Version {
    /// Reads a version; parts that are missing are nought.
    pub fn read(text: &str) -> Option<Version> {
        let mut parts = text.split(['.', 'r', 'b', '-']).map(str::parse::<u32>);
        let first = parts.next()?.ok()?;
        let mut next = || parts.next().and_then(Result::ok).unwrap_or(0);
        Some(Version([first, next(), next()]))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl Cluster {
    /// Asks a member.
    pub fn ask(url: &str) -> Option<Cluster> {
        let own = get(&format!("{url}/patroni"))?;
        let members = get(&format!("{url}/cluster")).unwrap_or_default();
        let config = get(&format!("{url}/config")).unwrap_or_default();
        Some(Cluster::read(&own, &members, &config))
    }

    /// Reads what a member answered of itself, of all, and of how the cluster is set.
    pub fn read(own: &Value, all: &Value, config: &Value) -> Cluster {
        let members = all["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        Cluster {
            version: own["patroni"]["version"].as_str().and_then(Version::read),
            scope: own["patroni"]["scope"].as_str().unwrap_or_default().to_owned(),
            members: members.iter().map(Member::read).collect(),
            // Newer versions say "quorum" for another way to wait.
            synchronous: config.is_object().then(|| {
                config["synchronous_mode"]
                    .as_bool()
                    .unwrap_or(config["synchronous_mode"].is_string())
            }),
            failsafe: config
                .is_object()
                .then(|| config["failsafe_mode"].as_bool().unwrap_or(false)),
        }
    }
}

impl Member {
    fn read(member: &Value) -> Member {
        let text = |name: &str| member[name].as_str().unwrap_or_default().to_owned();
        Member {
            name: text("name"),
            role: text("role"),
            state: text("state"),
            lag_bytes: member["lag"].as_u64(),
            timeline: member["timeline"].as_u64(),
        }
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        ["leader", "master", "primary", "standby_leader"].contains(&self.role.as_str())
    }
}

/// Returns what a configuration file of Patroni says about who keeps its state: the section of that name.
pub fn keeper_in(configuration: &str) -> Option<Keeper> {
    let keepers = [
        ("etcd3", Keeper::EtcdV3),
        ("etcd", Keeper::EtcdV2),
        ("consul", Keeper::Other),
        ("zookeeper", Keeper::Other),
        ("exhibitor", Keeper::Other),
        ("kubernetes", Keeper::Other),
        ("raft", Keeper::Other),
    ];
    let json: Option<Value> = serde_json::from_str(configuration).ok();
    keepers.into_iter().find_map(|(section, keeper)| {
        let there = match &json {
            Some(json) => json.get(section).is_some(),
            // A section of a YAML file begins its line.
            None => configuration.lines().any(|line| {
                line.strip_prefix(section)
                    .is_some_and(|rest| rest.trim_start().starts_with(':'))
            }),
        };
        there.then_some(keeper)
    })
}

/// Reads JSON; a member that leads no longer answers with 503 and its JSON all the same.
pub fn get(url: &str) -> Option<Value> {
    let answer = agent().get(url).call().ok()?;
    answer.into_body().read_json().ok()
}

/// Posts JSON and reads the answer.
pub fn post(url: &str, body: &Value) -> Option<Value> {
    let answer = agent().post(url).send_json(body).ok()?;
    answer.into_body().read_json().ok()
}

fn agent() -> ureq::Agent {
    let settings = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE));
    settings.build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_part_by_part() {
        let version = |text| Version::read(text).expect("a version");
        assert!(version("3.0.2") < version("3.0.10"));
        assert!(version("4.0") > version("3.9.9"));
        assert_eq!(version("3.1.0rc1"), Version([3, 1, 0]));
        assert_eq!(version("3.0.2").to_string(), "3.0.2");
        assert_eq!(Version::read("unknown"), None);
    }

    #[test]
    fn the_keeper_is_the_section_of_its_name_and_no_line_within_another() {
        let v2 = "scope: city\nname: h1\nrestapi:\n  etcd3: no\netcd:\n  hosts: a,b\n";
        assert_eq!(keeper_in(v2), Some(Keeper::EtcdV2));
        assert_eq!(keeper_in("# etcd3:\netcd3:\n  host: a\n"), Some(Keeper::EtcdV3));
        assert_eq!(keeper_in("zookeeper:\n  hosts: []\n"), Some(Keeper::Other));
        assert_eq!(
            keeper_in(r#"{"scope": "city", "etcd3": {"hosts": "a"}}"#),
            Some(Keeper::EtcdV3)
        );
        assert_eq!(keeper_in("scope: city\n"), None);
    }
}
