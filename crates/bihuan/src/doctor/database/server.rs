//! A server: writable, tested, encrypted, and set so that a commit that was acknowledged outlives its host.

use std::collections::BTreeMap;

use bihuan_store::examine::{ServerState, Standby};

use super::super::connections;
use super::super::finding::{Finding, both};
use super::Database;

/// The version of PostgreSQL that the program is tested with.
const TESTED: u32 = 15;

/// How far a standby may be behind before it is mentioned.
const LAG_BYTES: u64 = 64 << 20;

/// Judges a server by what it says of itself.
pub(super) fn judge(state: &ServerState) -> Vec<Finding> {
    let version = &state.version;
    let mut findings = Vec::new();
    if state.in_recovery || state.read_only {
        findings.push(Database.refuse(
            both("这台服务器不接受写入", "this server takes no writes"),
            both(
                "在 --database-url 中列出全部主机",
                "name all hosts in --database-url",
            ),
        ));
    }
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    findings.push(if major.is_some_and(|major| major >= TESTED) {
        Database.ok(both(
            format!("PostgreSQL {version}，可读可写"),
            format!("PostgreSQL {version}, can be read and written"),
        ))
    } else {
        Database.warn(
            both(
                format!("PostgreSQL {version} 未经测试"),
                format!("PostgreSQL {version} is not tested"),
            ),
            both(
                format!("使用 {TESTED} 或更新的版本"),
                format!("use {TESTED} or newer"),
            ),
        )
    });
    findings.push(judge_encryption(state));
    findings.extend(judge_settings(&state.settings));
    findings.extend(connections::judge(&state.settings));
    findings.extend(judge_standbys(&state.settings, &state.standbys));
    findings
}

fn judge_encryption(state: &ServerState) -> Finding {
    match &state.encryption {
        Some(version) => Database.ok(both(
            format!("连接已加密（{version}）"),
            format!("the connection is encrypted ({version})"),
        )),
        None if !state.over_network => Database.ok(both(
            "连接不出本机，没有加密",
            "the connection does not leave this machine and is not encrypted",
        )),
        None => Database.warn(
            both(
                "连接没有加密：经过的网络上谁都可以看到内容",
                "the connection is not encrypted: whoever is on the network between can read it",
            ),
            both(
                "在服务器上打开 ssl，在 --database-url 中加 sslmode=verify-full 和 sslrootcert",
                "switch on ssl at the server, and add sslmode=verify-full and sslrootcert to --database-url",
            ),
        ),
    }
}

/// What a setting must be, and what it costs if it is not.
struct Rule {
    name: &'static str,
    good: &'static [&'static str],
    zh: &'static str,
    en: &'static str,
    must: bool,
}

const RULES: [Rule; 5] = [
    Rule {
        name: "fsync",
        good: &["on"],
        zh: "断电会丢失已确认的内容并损坏数据库",
        en: "a power cut loses what was acknowledged and damages the database",
        must: true,
    },
    Rule {
        name: "full_page_writes",
        good: &["on"],
        zh: "断电会留下写了一半的页",
        en: "a power cut leaves half-written pages",
        must: true,
    },
    Rule {
        name: "synchronous_commit",
        good: &["on", "remote_apply"],
        zh: "已确认的内容可能还没有落盘或到达备机",
        en: "what is acknowledged may not be on the disk or at the standby yet",
        must: true,
    },
    Rule {
        name: "server_encoding",
        good: &["UTF8"],
        zh: "汉字存不进去",
        en: "Chinese text cannot be kept",
        must: true,
    },
    Rule {
        name: "data_checksums",
        good: &["on"],
        zh: "磁盘悄悄写坏的页不会被发现",
        en: "pages that a disk spoils are not noticed",
        must: false,
    },
];

fn judge_settings(settings: &BTreeMap<String, String>) -> Vec<Finding> {
    let wrong = RULES.iter().filter_map(|rule| {
        let found = settings.get(rule.name)?;
        if rule.good.contains(&found.as_str()) {
            return None;
        }
        let said = both(
            format!("{} = {found}：{}", rule.name, rule.zh),
            format!("{} = {found}: {}", rule.name, rule.en),
        );
        let todo = both(
            format!("设为 {}", rule.good[0]),
            format!("set it to {}", rule.good[0]),
        );
        Some(if rule.must {
            Database.refuse(said, todo)
        } else {
            Database.warn(said, todo)
        })
    });
    let wrong: Vec<Finding> = wrong.collect();
    if wrong.is_empty() {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        let names = names.join(", ");
        return vec![Database.ok(both(
            format!("设置正确：{names}"),
            format!("settings are right: {names}"),
        ))];
    }
    wrong
}

fn judge_standbys(settings: &BTreeMap<String, String>, standbys: &[Standby]) -> Vec<Finding> {
    let waits = settings
        .get("synchronous_standby_names")
        .is_some_and(|names| !names.is_empty());
    let mut findings = Vec::new();
    match (waits, standbys) {
        (false, []) => findings.push(Database.ok(both("单机，没有备机", "a single server without standbys"))),
        (false, _) => findings.push(Database.refuse(
            both(
                "有备机，但没有一台是同步的：主机失效时，已确认的内容会丢失",
                "there are standbys and none is synchronous: losing the primary loses what was acknowledged",
            ),
            both(
                "在 Patroni 中打开 synchronous_mode",
                "switch on Patroni's synchronous_mode",
            ),
        )),
        (true, []) => findings.push(Database.refuse(
            both(
                "要等的同步备机没有连上，写入会一直等待",
                "the synchronous standby is not connected: writes wait for it",
            ),
            both("启动备机", "start the standby"),
        )),
        (true, _) => {}
    }
    for standby in standbys {
        findings.push(judge_standby(standby));
    }
    findings
}

fn judge_standby(standby: &Standby) -> Finding {
    let name = &standby.name;
    let Some(lag) = standby.lag_bytes else {
        return Database.warn(
            both(
                format!("看不到备机 {name} 的状态"),
                format!("the state of standby {name} cannot be seen"),
            ),
            both("授予角色 pg_monitor", "grant the role pg_monitor"),
        );
    };
    let (state, how, behind) = (&standby.state, &standby.sync_state, lag >> 20);
    let said = both(
        format!("备机 {name}：{state}，{how}，落后 {behind} MiB"),
        format!("standby {name}: {state}, {how}, {behind} MiB behind"),
    );
    if lag > LAG_BYTES {
        let todo = both("检查备机的磁盘和网络", "check the standby's disk and network");
        return Database.warn(said, todo);
    }
    Database.ok(said)
}

#[cfg(test)]
pub(super) mod tests {
    use bihuan_store::examine;
    use jiff::Timestamp;

    use super::super::super::finding::{Grade, worst};
    use super::*;

    /// A server as it should be.
    pub(in super::super) fn server() -> ServerState {
        let settings = [
            ("data_checksums", "on"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("server_encoding", "UTF8"),
            ("synchronous_commit", "on"),
            ("synchronous_standby_names", "h2"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        ServerState {
            version: "15.18 (Debian)".to_owned(),
            schema: examine::newest_schema(),
            in_recovery: false,
            read_only: false,
            settings: settings.map(own).into(),
            standbys: vec![Standby {
                name: "h2".to_owned(),
                state: "streaming".to_owned(),
                sync_state: "sync".to_owned(),
                lag_bytes: Some(0),
            }],
            encryption: Some("TLSv1.3".to_owned()),
            over_network: true,
            clock: Timestamp::UNIX_EPOCH,
        }
    }

    fn worst_of(change: impl FnOnce(&mut ServerState)) -> Grade {
        let mut state = server();
        change(&mut state);
        worst(&judge(&state))
    }

    #[test]
    fn a_server_as_it_should_be_is_well() {
        assert_eq!(worst_of(|_| {}), Grade::Ok);
    }

    #[test]
    fn a_connection_in_the_open_is_mentioned_where_it_leaves_the_machine() {
        assert_eq!(worst_of(|state| state.encryption = None), Grade::Warn);
        let stays = |state: &mut ServerState| (state.encryption, state.over_network) = (None, false);
        assert_eq!(worst_of(stays), Grade::Ok);
    }

    #[test]
    fn settings_that_lose_what_was_acknowledged_are_refused() {
        for (name, value) in [
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("synchronous_commit", "local"),
            ("synchronous_commit", "remote_write"),
            ("server_encoding", "SQL_ASCII"),
            ("synchronous_standby_names", ""),
        ] {
            let set = |state: &mut ServerState| {
                state.settings.insert(name.to_owned(), value.to_owned());
            };
            assert_eq!(worst_of(set), Grade::Refuse, "{name} = {value}");
        }
        let applied = |state: &mut ServerState| {
            let value = "remote_apply".to_owned();
            state.settings.insert("synchronous_commit".to_owned(), value);
        };
        assert_eq!(worst_of(applied), Grade::Ok);
    }

    #[test]
    fn a_standby_that_lags_or_hides_is_warned_of_and_a_missing_one_refused() {
        let lag = |bytes| move |state: &mut ServerState| state.standbys[0].lag_bytes = bytes;
        assert_eq!(worst_of(lag(Some(LAG_BYTES + 1))), Grade::Warn);
        assert_eq!(worst_of(lag(None)), Grade::Warn);
        assert_eq!(worst_of(|state| state.standbys.clear()), Grade::Refuse);
    }

    #[test]
    fn a_server_that_cannot_be_written_and_an_old_one_are_told() {
        assert_eq!(worst_of(|state| state.in_recovery = true), Grade::Refuse);
        assert_eq!(worst_of(|state| state.version = "13.4".to_owned()), Grade::Warn);
    }
}
