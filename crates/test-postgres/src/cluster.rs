//! A server in a temporary directory, reached through a socket in it.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::encryption;
use crate::install::{Install, output};

/// How long a server may take to answer; only a machine that is out of breath needs more than one second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at whether it answers.
const LOOK: Duration = Duration::from_millis(5);

/// The role that the program under test connects as.
pub(crate) const ROLE: &str = "bihuan";

/// Stays with the server and ends it when the test process is gone: the kernel then closes the pipe that
/// `read` waits on, whether the process returned, panicked or was killed.
const KEEPER: &str = r#"
start() { "$@" </dev/null >>log 2>&1 & server=$!; }
stop() { kill -QUIT $server; wait $server; }
start "$@"
while read -r word; do
    case $word in
        crash) stop; touch crashed ;;
        start) rm crashed; start "$@" ;;
    esac
done
[ -e crashed ] || stop
cd / && rm -r -f "$OLDPWD"
"#;

/// What a test server does otherwise: it forgoes what only helps against the loss of the whole machine, keeps
/// to its socket, and leaves the processors to the tests.
const SETTINGS: [&str; 8] = [
    "fsync=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=64MB",
    "autovacuum=off",
    "jit=off",
    "log_min_messages=fatal",
];

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    directory: PathBuf,
    install: Install,
    keeper: Mutex<Child>,
}

impl Server {
    /// Returns the server of this process, started when first asked for.
    pub(crate) fn shared() -> &'static Server {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Server::start)
    }

    /// Starts a server.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start() -> Server {
        Server::start_as(|_directory| Vec::new(), &|_directory| Vec::new())
    }

    /// Starts a replica of this server, which follows it and can only be read.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_replica(&self) -> Server {
        let (install, directory) = (Install::find(), temporary_directory());
        install.give(&directory);
        let mut backup = install.command(install.bin().join("pg_basebackup"), &directory);
        backup.args(["--username=postgres", "--checkpoint=fast", "--no-sync"]);
        backup.args(["--write-recovery-conf", "--wal-method=stream"]);
        backup.arg("--host").arg(&self.directory);
        backup.arg("--pgdata").arg(directory.join("data"));
        output(&mut backup);
        Server::run(install, directory, &[], Vec::new())
    }

    /// Lets a replica take nothing over any more, as one does that is far behind, until [`Server::catch_up`].
    ///
    /// # Panics
    /// On a server that is no replica.
    pub fn fall_behind(&self) {
        self.sql("postgres", "SELECT pg_wal_replay_pause()");
        self.wait_until(|| {
            self.sql("postgres", "SELECT pg_get_wal_replay_pause_state()")
                .trim()
                == "paused"
        });
    }

    /// Lets a replica take over what it has not yet.
    ///
    /// # Panics
    /// On a server that is no replica.
    pub fn catch_up(&self) {
        self.sql("postgres", "SELECT pg_wal_replay_resume()");
    }

    /// Starts one whose processes have more in their environment: what `variables` says for the directory
    /// that its files lie in. A library that is preloaded must be open to everybody to read.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_with(variables: &dyn Fn(&Path) -> Vec<(&'static str, String)>) -> Server {
        Server::start_as(|_directory| Vec::new(), variables)
    }

    /// Starts a server that also listens on an address of its own on this machine, and takes no connection
    /// there that is not encrypted. It is the only one of the process that does.
    ///
    /// # Panics
    /// Where PostgreSQL or `openssl`, which comes with it, is not installed.
    pub fn start_encrypted() -> Server {
        Server::start_as(encryption::prepare, &|_directory| Vec::new())
    }

    /// Starts a server with the further settings that `prepare` returns, once its directory is there.
    fn start_as(
        prepare: impl FnOnce(&Path) -> Vec<String>,
        variables: &dyn Fn(&Path) -> Vec<(&'static str, String)>,
    ) -> Server {
        let install = Install::find();
        let directory = temporary_directory();
        copy(&template(&install), &directory.join("data"));
        let more = prepare(&directory);
        install.give(&directory);
        let variables = variables(&directory);
        Server::run(install, directory, &more, variables)
    }

    /// Runs a server over the files in `directory`, and returns when it answers.
    fn run(
        install: Install,
        directory: PathBuf,
        more: &[String],
        variables: Vec<(&'static str, String)>,
    ) -> Server {
        let data = directory.join("data");
        let mut command = install.command("/bin/sh", &directory);
        command.args(["-c", KEEPER, "keeper"]);
        command.arg(install.bin().join("postgres")).arg("-D").arg(&data);
        command.arg("-k").arg(&directory);
        // Of a setting that is given twice the later holds.
        for setting in SETTINGS.into_iter().chain(more.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command.envs(variables);
        // A group of its own, so that an interrupt from the keyboard ends the tests first.
        let keeper = command.stdin(Stdio::piped()).process_group(0).spawn();
        let server = Server {
            directory,
            install,
            keeper: Mutex::new(keeper.expect("a shell")),
        };
        server.wait_until(|| server.is_ready());
        server
    }

    /// Ends all its processes at once, as a crash does: nothing is written out, all connections break.
    pub fn crash(&self) {
        self.tell("crash");
        self.wait_until(|| self.directory.join("crashed").exists());
    }

    /// Starts again after a crash, and returns when it answers.
    pub fn start_again(&self) {
        self.tell("start");
        self.wait_until(|| !self.directory.join("crashed").exists() && self.is_ready());
    }

    /// Makes an empty database, and returns its URL.
    pub fn make_database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER {ROLE}"));
        self.url(name)
    }

    /// Makes a tablespace in a directory beside its data.
    ///
    /// # Panics
    /// With the server's words where there is one of that name.
    pub fn make_tablespace(&self, name: &str) {
        let directory = self.directory.join(name);
        std::fs::create_dir(&directory).expect("a new directory");
        self.install.give(&directory);
        let make = format!("CREATE TABLESPACE {name} LOCATION '{}'", directory.display());
        self.sql("postgres", &make);
        self.sql(
            "postgres",
            &format!("GRANT CREATE ON TABLESPACE {name} TO {ROLE}"),
        );
    }

    /// Returns the directory that its files lie in.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the URL of a database of this server for the program under test.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@/{database}?host={}", self.directory.display())
    }

    /// Returns the URL of a database of a server that was [started encrypted](Server::start_encrypted), over
    /// the network.
    pub fn url_over_network(&self, database: &str) -> String {
        format!("postgres://{ROLE}@{}/{database}", encryption::address())
    }

    /// Returns the certificate that vouches for a server that was started encrypted.
    pub fn authority(&self) -> PathBuf {
        self.directory.join(encryption::AUTHORITY)
    }

    /// Returns the directory of its files.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Runs statements as the superuser and returns the rows, a line each, with bars between the columns.
    ///
    /// # Panics
    /// With the server's words where one fails.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = Command::new(self.install.bin().join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]);
        psql.args(["--set", "ON_ERROR_STOP=1", "--username", "postgres"]);
        psql.arg("--host").arg(&self.directory);
        psql.args(["--dbname", database, "--command", statements]);
        output(&mut psql)
    }

    fn tell(&self, word: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = keeper.stdin.as_mut().expect("a pipe that is open until the drop");
        writeln!(pipe, "{word}").expect("a keeper that listens");
    }

    /// Whether it takes connections: it says so in the last line of this file.
    fn is_ready(&self) -> bool {
        let status = std::fs::read_to_string(self.data().join("postmaster.pid"));
        status.is_ok_and(|status| status.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    }

    /// Looks again and again: the server tells nobody when it is ready.
    fn wait_until(&self, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < PATIENCE,
                "the server does not answer: {}",
                log()
            );
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(keeper.stdin.take());
        // It removes the directory and ends; there is nothing to do about one that was killed.
        let _ = keeper.wait();
    }
}

/// Returns a directory that nobody else may enter; the keeper removes it.
fn temporary_directory() -> PathBuf {
    let made = tempfile::Builder::new().prefix("bihuan-postgres-").tempdir();
    made.expect("a temporary directory").keep()
}

/// Returns the directory of a server that was never started, made once for this build directory: making one
/// takes seconds, copying it a fraction of one.
fn template(install: &Install) -> PathBuf {
    let program = std::env::current_exe().expect("a program of our own");
    let build = program.parent().expect("a program in a directory");
    let template = build.join(format!("postgres-{}", install.version()));
    if template.exists() {
        return template;
    }
    let scratch = temporary_directory();
    install.give(&scratch);
    let data = scratch.join("data");
    let mut initdb = install.command(install.bin().join("initdb"), &scratch);
    initdb.args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]);
    initdb
        .args(["--wal-segsize=1", "--no-sync", "--no-instructions", "--pgdata"])
        .arg(&data);
    output(&mut initdb);
    add_role(install, &scratch, &data);
    // Another process may be doing the same: whoever renames first has made it.
    let made = build.join(format!("postgres-{}-{}", install.version(), std::process::id()));
    copy(&data, &made);
    if std::fs::rename(&made, &template).is_err() {
        std::fs::remove_dir_all(&made).expect("a directory of our own");
    }
    std::fs::remove_dir_all(&scratch).expect("a directory of our own");
    template
}

/// Adds the role while no server runs, so that no start has to.
fn add_role(install: &Install, home: &Path, data: &Path) {
    let mut single = install.command(install.bin().join("postgres"), home);
    single.arg("--single").arg("-D").arg(data).arg("postgres");
    let mut child = single
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a server for one");
    let mut pipe = child.stdin.take().expect("a pipe");
    writeln!(pipe, "CREATE ROLE {ROLE} LOGIN CREATEDB").expect("a server that listens");
    drop(pipe);
    assert!(child.wait().expect("an end").success(), "the role was not made");
}

fn copy(from: &Path, to: &Path) {
    output(
        Command::new("cp")
            .args(["-R", "--reflink=auto"])
            .arg(from)
            .arg(to),
    );
}
