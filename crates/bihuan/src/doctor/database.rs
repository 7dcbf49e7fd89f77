//! The database: reachable, sound, and set so that what is acknowledged is kept.

mod server;

use std::time::Instant;

use bihuan_store::error::StoreError;
use bihuan_store::examine::{self, ArchiveState, FileState, ServerState};
use bihuan_store::tenant::DATABASE_FILE;
use jiff::{SignedDuration, Timestamp};

use super::finding::Area::Database;
use super::finding::{Finding, both};
use crate::installation::Installation;

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
        Examined::Server(server) => server::judge(&server.state),
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

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    #[test]
    fn a_schema_of_a_newer_program_is_refused_and_an_older_one_is_not_opened() {
        let newest = examine::newest_schema();
        let grade = |schema| judge_schema(schema).map(|finding| finding.grade);
        assert_eq!(grade(newest), None);
        assert_eq!(grade(newest + 1), Some(Grade::Refuse));
        assert_eq!(grade(newest - 1), Some(Grade::Warn));
        assert_eq!(grade(0), Some(Grade::Refuse));
        let mut state = server::tests::server();
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
