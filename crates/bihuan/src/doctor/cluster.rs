//! The cluster around a database server: whether a fail-over keeps what was acknowledged.

use super::Asked;
use super::etcd;
use super::finding::Area::Cluster as ClusterArea;
use super::finding::{Finding, both};
use super::patroni::{self, Cluster, Keeper, Member, Version};

/// The last version that overwrites the leader's key in etcd without comparing, by the third interface.
const UNSAFE: Version = Version([3, 0, 2]);

/// How far a replica may be behind before it is mentioned.
const LAG_BYTES: u64 = 16 << 20;

/// Looks at the cluster, where there is one.
pub fn look(asked: &Asked) -> Vec<Finding> {
    let hosts = asked
        .installation
        .database_url
        .as_deref()
        .map(hosts_of)
        .unwrap_or_default();
    let at = |named: &[String], port: u16| -> Vec<String> {
        let urls = named.iter().map(|url| url.trim_end_matches('/').to_owned());
        let urls: Vec<String> = urls.collect();
        match urls.is_empty() {
            true => hosts.iter().map(|host| format!("http://{host}:{port}")).collect(),
            false => urls,
        }
    };
    let members = at(&asked.patroni, 8008);
    let Some(cluster) = members.iter().find_map(|url| Cluster::ask(url)) else {
        return unanswered(&members, asked.patroni.is_empty() && hosts.len() < 2);
    };
    let named = asked.patroni_config.as_ref().map(|file| {
        let text = std::fs::read_to_string(file);
        text.map_err(|error| unreadable(&format!("{}: {error}", file.display())))
    });
    let keeper = match named {
        Some(Err(finding)) => return vec![finding],
        Some(Ok(text)) => patroni::keeper_in(&text),
        None => {
            let etcds = at(&asked.etcd, 2379);
            etcds.iter().find_map(|url| etcd::keeper_of(url, &cluster.scope))
        }
    };
    judge(&cluster, keeper)
}

/// Returns the hosts of a database URL, without ports; sockets are none.
fn hosts_of(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = place.rsplit_once('@').map_or(place, |(_, hosts)| hosts);
    let hosts = hosts.split(',').map(|host| match host.strip_prefix('[') {
        Some(six) => six
            .split_once(']')
            .map_or(host.to_owned(), |(six, _)| format!("[{six}]")),
        None => host.split(':').next().unwrap_or_default().to_owned(),
    });
    hosts
        .filter(|host| !host.is_empty() && !host.starts_with('%'))
        .collect()
}

fn unanswered(asked: &[String], may_be_single: bool) -> Vec<Finding> {
    if may_be_single {
        return Vec::new();
    }
    let asked = asked.join(", ");
    vec![ClusterArea.warn(
        both(
            format!("Patroni 没有应答：{asked}"),
            format!("no Patroni answers at {asked}"),
        ),
        both(
            "用 --patroni 指明它的地址；没有它，主机失效后要人工切换",
            "name its address with --patroni; without it somebody has to fail over by hand",
        ),
    )]
}

fn unreadable(why: &str) -> Finding {
    ClusterArea.refuse(
        both(
            format!("读不了 Patroni 的配置：{why}"),
            format!("Patroni's configuration cannot be read: {why}"),
        ),
        both("检查 --patroni-config", "check --patroni-config"),
    )
}

/// Judges a cluster.
fn judge(cluster: &Cluster, keeper: Option<Keeper>) -> Vec<Finding> {
    let mut findings = vec![judge_version(cluster.version, keeper)];
    findings.extend(judge_settings(cluster));
    findings.extend(judge_members(&cluster.members));
    findings
}

fn judge_version(version: Option<Version>, keeper: Option<Keeper>) -> Finding {
    let Some(version) = version else {
        return ClusterArea.warn(
            both("Patroni 没有说明自己的版本", "Patroni does not tell its version"),
            both(
                format!("确认它比 {UNSAFE} 新"),
                format!("make sure that it is newer than {UNSAFE}"),
            ),
        );
    };
    let ways_out = both(
        format!(
            "三条出路：Patroni 换成比 {UNSAFE} 新的版本（4.1.5 试过）；或用 `etcd:`（v2）一节，etcd 加 --enable-v2；或用 ZooKeeper"
        ),
        format!(
            "three ways out: a Patroni newer than {UNSAFE} (4.1.5 was tried); or the section `etcd:` (v2) with \
             etcd --enable-v2; or ZooKeeper"
        ),
    );
    match (version <= UNSAFE, keeper) {
        (true, Some(Keeper::EtcdV3)) => ClusterArea.refuse(
            both(
                format!(
                    "Patroni {version} 用 etcd v3 接口：断网恢复后，旧主机会不加比较地改写领导者记录，\
                     新主机上已确认的内容随之丢失（我们的试验中 78,073 条丢了 4,299 条）"
                ),
                format!(
                    "Patroni {version} on etcd's v3 interface: when a cut network heals, the old primary overwrites \
                     the leader's record without comparing, and what the new one has acknowledged is lost \
                     (4,299 of 78,073 rows in our trial)"
                ),
            ),
            ways_out,
        ),
        (true, None) => ClusterArea.warn(
            both(
                format!("Patroni {version}：看不出它用 etcd 的哪个接口；如果是 v3，断网后会丢失已确认的内容"),
                format!(
                    "Patroni {version}: which interface of etcd it uses cannot be told; on v3 a network cut loses \
                     what was acknowledged"
                ),
            ),
            both(
                "用 --patroni-config 指明配置文件，或用 --etcd 指明 etcd 的地址",
                "name its configuration with --patroni-config, or etcd with --etcd",
            ),
        ),
        (true, Some(Keeper::EtcdV2)) => ClusterArea.ok(both(
            format!("Patroni {version}，etcd v2 接口"),
            format!("Patroni {version} on etcd's v2 interface"),
        )),
        (true, Some(Keeper::Other)) | (false, _) => {
            ClusterArea.ok(both(format!("Patroni {version}"), format!("Patroni {version}")))
        }
    }
}

fn judge_settings(cluster: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    if cluster.synchronous == Some(false) {
        findings.push(ClusterArea.refuse(
            both(
                "synchronous_mode 没有打开：自动切换会丢失已确认的内容",
                "synchronous_mode is off: a fail-over loses what was acknowledged",
            ),
            both(
                "patronictl edit-config：synchronous_mode: true",
                "patronictl edit-config: synchronous_mode: true",
            ),
        ));
    }
    if cluster.failsafe == Some(false) {
        findings.push(ClusterArea.warn(
            both(
                "failsafe_mode 没有打开：etcd 全部停止时，数据库也停止写入",
                "failsafe_mode is off: when all of etcd is down, the database stops taking writes",
            ),
            both(
                "patronictl edit-config：failsafe_mode: true",
                "patronictl edit-config: failsafe_mode: true",
            ),
        ));
    }
    findings
}

fn judge_members(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let leaders: Vec<&str> = members
        .iter()
        .filter(|it| it.leads())
        .map(|it| it.name.as_str())
        .collect();
    match leaders[..] {
        [leader] => findings.push(ClusterArea.ok(both(
            format!("{} 个成员，{leader} 为主", members.len()),
            format!("{} members, led by {leader}", members.len()),
        ))),
        [] => findings.push(ClusterArea.refuse(
            both("没有主机", "no member leads"),
            both("看 Patroni 和 etcd 的日志", "read the logs of Patroni and etcd"),
        )),
        _ => findings.push(ClusterArea.refuse(
            both(
                format!("不止一个主机：{}", leaders.join(", ")),
                format!("more than one leads: {}", leaders.join(", ")),
            ),
            both("立即停止旧主机", "stop the old one at once"),
        )),
    }
    let waited_for = ["sync_standby", "quorum_standby"];
    if members.len() > 1
        && !members
            .iter()
            .any(|member| waited_for.contains(&member.role.as_str()))
    {
        findings.push(ClusterArea.refuse(
            both(
                "没有同步备机：此刻主机失效会丢失已确认的内容",
                "there is no synchronous standby: losing the primary now loses what was acknowledged",
            ),
            both(
                "检查备机和 synchronous_mode",
                "check the standbys and synchronous_mode",
            ),
        ));
    }
    let newest = members.iter().filter_map(|member| member.timeline).max();
    for member in members {
        findings.extend(judge_member(member, newest));
    }
    findings
}

fn judge_member(member: &Member, newest_timeline: Option<u64>) -> Option<Finding> {
    let Member { name, state, .. } = member;
    let todo = both(
        "看它的日志；不行就 patronictl reinit",
        "read its log; if nothing else helps, patronictl reinit",
    );
    if !["running", "streaming"].contains(&state.as_str()) {
        let said = both(
            format!("成员 {name} 的状态是 {state}"),
            format!("member {name} is {state}"),
        );
        return Some(ClusterArea.warn(said, todo));
    }
    if member.timeline.is_some() && member.timeline != newest_timeline {
        let said = both(
            format!("成员 {name} 停在旧的时间线上"),
            format!("member {name} stays on an old timeline"),
        );
        return Some(ClusterArea.refuse(said, todo));
    }
    let lag = member.lag_bytes.filter(|lag| *lag > LAG_BYTES)?;
    let said = both(
        format!("成员 {name} 落后 {} MiB", lag >> 20),
        format!("member {name} is {} MiB behind", lag >> 20),
    );
    Some(ClusterArea.warn(said, todo))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::finding::{Grade, worst};
    use super::*;

    /// A cluster of three as Patroni 3.0.2 tells it.
    fn told() -> [Value; 3] {
        let own =
            json!({"state": "running", "role": "master", "patroni": {"version": "3.0.2", "scope": "city"}});
        let member = |name: &str, role: &str| json!({"name": name, "role": role, "state": "running", "timeline": 4, "lag": 0});
        let all = json!({"members": [member("h1", "leader"), member("h2", "sync_standby"), member("h3", "replica")]});
        [own, all, json!({"synchronous_mode": true, "failsafe_mode": true})]
    }

    fn grade(told: &[Value; 3], keeper: Option<Keeper>) -> Grade {
        worst(&judge(&Cluster::read(&told[0], &told[1], &told[2]), keeper))
    }

    #[test]
    fn the_version_that_loses_rows_is_refused_on_the_third_interface_alone() {
        let mut told = told();
        assert_eq!(grade(&told, Some(Keeper::EtcdV3)), Grade::Refuse);
        assert_eq!(grade(&told, Some(Keeper::EtcdV2)), Grade::Ok);
        assert_eq!(grade(&told, Some(Keeper::Other)), Grade::Ok);
        assert_eq!(grade(&told, None), Grade::Warn);
        for (version, expected) in [
            ("3.0.1", Grade::Refuse),
            ("3.0.3", Grade::Ok),
            ("4.1.5", Grade::Ok),
        ] {
            told[0]["patroni"]["version"] = json!(version);
            assert_eq!(grade(&told, Some(Keeper::EtcdV3)), expected, "{version}");
        }
    }

    #[test]
    fn the_refusal_names_the_risk_and_the_ways_out() {
        let finding = judge_version(Some(UNSAFE), Some(Keeper::EtcdV3));
        assert!(finding.said.en.contains("4,299 of 78,073"), "{finding:?}");
        let todo = finding.todo.expect("ways out").en;
        assert!(
            ["newer than 3.0.2", "--enable-v2", "ZooKeeper"]
                .iter()
                .all(|way| todo.contains(way)),
            "{todo}"
        );
    }

    #[test]
    fn a_cluster_that_waits_for_nobody_is_refused() {
        let mut off = told();
        off[2]["synchronous_mode"] = json!(false);
        assert_eq!(grade(&off, Some(Keeper::EtcdV2)), Grade::Refuse);
        let mut nobody = told();
        nobody[1]["members"][1]["role"] = json!("replica");
        assert_eq!(grade(&nobody, Some(Keeper::EtcdV2)), Grade::Refuse);
        let mut quorum = told();
        quorum[2]["synchronous_mode"] = json!("quorum");
        quorum[1]["members"][1]["role"] = json!("quorum_standby");
        assert_eq!(grade(&quorum, Some(Keeper::EtcdV2)), Grade::Ok);
    }

    #[test]
    fn members_that_lag_stand_or_split_are_told() {
        let changed = |change: fn(&mut Value)| {
            let mut told = told();
            change(&mut told[1]["members"]);
            grade(&told, Some(Keeper::EtcdV2))
        };
        assert_eq!(
            changed(|members| members[2]["lag"] = json!(LAG_BYTES + 1)),
            Grade::Warn
        );
        assert_eq!(
            changed(|members| members[2]["state"] = json!("start failed")),
            Grade::Warn
        );
        assert_eq!(
            changed(|members| members[2]["timeline"] = json!(3)),
            Grade::Refuse
        );
        assert_eq!(
            changed(|members| members[2]["role"] = json!("leader")),
            Grade::Refuse
        );
        assert_eq!(
            changed(|members| members[0]["role"] = json!("replica")),
            Grade::Refuse
        );
    }

    #[test]
    fn hosts_are_read_from_a_url_without_ports_and_passwords() {
        assert_eq!(hosts_of("postgres://u:p%40@h1:5432,h2/city?x=y"), ["h1", "h2"]);
        assert_eq!(hosts_of("postgres://u@[::1]:5432/city"), ["[::1]"]);
        assert_eq!(hosts_of("postgres://u@/city?host=/tmp"), Vec::<String>::new());
        assert_eq!(hosts_of("postgres://u@%2Ftmp/city"), Vec::<String>::new());
    }
}
