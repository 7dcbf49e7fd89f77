//! The database: reachable, sound, and set so that what is acknowledged is kept.

use std::collections::BTreeMap;
use std::time::Instant;

use bihuan_store::error::StoreError;
use bihuan_store::examine::{self, ArchiveState, FileState, ServerState, Standby};
use bihuan_store::tenant::DATABASE_FILE;
use jiff::{SignedDuration, Timestamp};

use super::connections;
use super::finding::Area::Database;
use super::finding::{Finding, both};
use crate::installation::Installation;

/// The version of PostgreSQL that the program is tested with.
const TESTED: u32 = 15;

/// How far a standby may be behind before it is mentioned.
const LAG_BYTES: u64 = 64 << 20;

/// What is known of the database.
pub enum Examined {
    /// A file.
    File(FileState),
    /// A server.
    Server(Server),
    /// Nothing: it cannot be reached, or is none.
    Nothing(StoreError),
}

/// A server, and its clock against this machine's.
pub struct Server {
    /// What it says of itself.
    pub state: ServerState,
    /// How far its clock is ahead of this machine's, to within the time that asking took.
    pub ahead: SignedDuration,
}

impl Examined {
    fn schema(&self) -> Option<u32> {
        match self {
            Examined::File(state) => Some(state.schema),
            Examined::Server(server) => Some(server.state.schema),
            Examined::Nothing(_) => None,
        }
    }

    /// Whether opening the store would change nothing, and may succeed.
    pub fn may_be_opened(&self) -> bool {
        let lacks_archive = match self {
            Examined::File(state) => state
                .archive
                .as_ref()
                .is_some_and(|archive| archive.size_bytes.is_none()),
            Examined::Server(_) | Examined::Nothing(_) => false,
        };
        self.schema() == Some(examine::newest_schema()) && !lacks_archive
    }
}

/// Asks the database.
pub fn examine(installation: &Installation, thorough: bool) -> Examined {
    let Some(url) = &installation.database_url else {
        let file = installation.data.join(DATABASE_FILE);
        return examine::file(&file, thorough).map_or_else(Examined::Nothing, Examined::File);
    };
    let (asked, asked_at) = (Instant::now(), Timestamp::now());
    match examine::server(url) {
        Ok(state) => {
            // Its clock was read last of all that connecting takes.
            let here = asked_at + SignedDuration::try_from(asked.elapsed()).unwrap_or_default();
            let ahead = state.clock.duration_since(here);
            Examined::Server(Server { state, ahead })
        }
        Err(error) => Examined::Nothing(error),
    }
}

/// Judges what the database says.
pub fn judge(examined: &Examined) -> Vec<Finding> {
    let mut findings = match examined {
        Examined::File(state) => judge_file(state),
        Examined::Server(server) => judge_server(&server.state),
        Examined::Nothing(error) => return vec![nothing(error)],
    };
    findings.extend(examined.schema().and_then(judge_schema));
    findings
}

fn nothing(error: &StoreError) -> Finding {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        said.push_str(&format!(": {below}"));
        cause = below.source();
    }
    Database.refuse(
        both(
            format!("数据库用不了：{said}"),
            format!("the database cannot be used: {said}"),
        ),
        both(
            "检查 --data 或 --database-url、数据库是否在运行、防火墙和口令",
            "check --data or --database-url, whether the server runs, firewall and password",
        ),
    )
}

fn judge_schema(schema: u32) -> Option<Finding> {
    let newest = examine::newest_schema();
    let said = both(
        format!("表结构版本 {schema}，本程序为 {newest}"),
        format!("schema {schema}, this program has {newest}"),
    );
    match schema {
        0 => Some(Database.refuse(
            both("这里还没有安装", "there is no installation in it"),
            both("用 `bihuan init` 建立", "make one with `bihuan init`"),
        )),
        _ if schema > newest => {
            let todo = both(
                "换用更新的程序；不要降级",
                "use a newer program; there is no way back",
            );
            Some(Database.refuse(said, todo))
        }
        _ if schema < newest => {
            let todo = both(
                "先备份；下次启动时自动升级",
                "take a backup; the next start brings it up to date",
            );
            Some(Database.warn(said, todo))
        }
        _ => None,
    }
}

fn judge_file(state: &FileState) -> Vec<Finding> {
    let (version, size) = (&state.version, state.size_bytes >> 20);
    let mut findings = vec![Database.ok(both(
        format!("SQLite {version}，文件 {size} MiB，可读可写"),
        format!("SQLite {version}, a file of {size} MiB, can be read and written"),
    ))];
    if state.journal_mode != "wal" {
        findings.push(Database.warn(
            both(
                format!("日志方式是 {}", state.journal_mode),
                format!("the journal mode is {}", state.journal_mode),
            ),
            both(
                "程序启动时会改为 wal；检查是谁改动过文件",
                "starting sets wal; find out who changed the file",
            ),
        ));
    }
    findings.push(match state.problems.as_deref() {
        None => Database.warn(
            both(
                "文件较大，没有逐页检查",
                "the file is large; its pages were not checked",
            ),
            both(
                "加 --thorough 逐页检查，需要几分钟",
                "--thorough checks them, which takes minutes",
            ),
        ),
        Some([]) => Database.ok(both("逐页检查没有问题", "all pages are sound")),
        Some(problems) => {
            let listed = problems.join("; ");
            Database.refuse(
                both(
                    format!("文件已损坏：{listed}"),
                    format!("the file is damaged: {listed}"),
                ),
                both(
                    "停止写入，检查磁盘和内存，用 `bihuan restore` 恢复备份",
                    "stop writing, check disk and memory, and restore a backup with `bihuan restore`",
                ),
            )
        }
    });
    findings.extend(state.archive.as_ref().map(judge_archive));
    findings
}

fn judge_archive(archive: &ArchiveState) -> Finding {
    let place = archive.path.display();
    match archive.size_bytes.map(|size| size >> 20) {
        Some(size) => Database.ok(both(
            format!("归档在 {place}，{size} MiB"),
            format!("the archive is {place}, of {size} MiB"),
        )),
        None => Database.refuse(
            both(
                format!("归档不在 {place}，没有它不能提供服务"),
                format!("the archive is not at {place}; nothing is served without it"),
            ),
            both(
                "挂载它所在的磁盘，或从带归档的备份中放回 archive.db",
                "mount its disk, or put archive.db back from a backup that has it",
            ),
        ),
    }
}

fn judge_server(state: &ServerState) -> Vec<Finding> {
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
mod tests {
    use super::super::finding::Grade;
    use super::*;

    fn server() -> ServerState {
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
        super::super::finding::worst(&judge_server(&state))
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

    #[test]
    fn a_schema_of_a_newer_program_is_refused_and_an_older_one_is_not_opened() {
        let newest = examine::newest_schema();
        let grade = |schema| judge_schema(schema).map(|finding| finding.grade);
        assert_eq!(grade(newest), None);
        assert_eq!(grade(newest + 1), Some(Grade::Refuse));
        assert_eq!(grade(newest - 1), Some(Grade::Warn));
        assert_eq!(grade(0), Some(Grade::Refuse));
        let mut state = server();
        state.schema = newest - 1;
        let ahead = SignedDuration::ZERO;
        assert!(!Examined::Server(Server { state, ahead }).may_be_opened());
    }

    #[test]
    fn a_damaged_file_is_refused_and_one_not_looked_at_is_said_to_be() {
        let grade = |problems: Option<Vec<String>>| {
            let state = FileState {
                version: "3.50".to_owned(),
                schema: 1,
                journal_mode: "wal".to_owned(),
                size_bytes: 1,
                problems,
                archive: None,
            };
            super::super::finding::worst(&judge_file(&state))
        };
        assert_eq!(grade(Some(vec![])), Grade::Ok);
        assert_eq!(grade(None), Grade::Warn);
        assert_eq!(grade(Some(vec!["page 7".to_owned()])), Grade::Refuse);
    }

    #[test]
    fn a_missing_archive_is_refused_and_the_store_not_opened() {
        let with = |size_bytes: Option<u64>| FileState {
            version: "3.50".to_owned(),
            schema: examine::newest_schema(),
            journal_mode: "wal".to_owned(),
            size_bytes: 1,
            problems: Some(vec![]),
            archive: Some(ArchiveState {
                path: "/mnt/cold/archive.db".into(),
                size_bytes,
            }),
        };
        let worst = |state: &FileState| super::super::finding::worst(&judge_file(state));
        let (there, gone) = (with(Some(1 << 20)), with(None));
        assert_eq!((worst(&there), worst(&gone)), (Grade::Ok, Grade::Refuse));
        assert!(Examined::File(there).may_be_opened());
        assert!(!Examined::File(gone).may_be_opened());
    }
}
