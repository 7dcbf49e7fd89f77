//! The installed server programs, and the user that they run as.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian puts the programs of each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The server programs of one version.
#[derive(Debug, Clone)]
pub(crate) struct Install {
    bin: PathBuf,
    /// Who the server runs as, where we are the superuser, as whom it refuses to run.
    user: Option<&'static str>,
}

impl Install {
    /// Finds the newest version.
    ///
    /// # Panics
    /// Where none is installed.
    pub(crate) fn find() -> Install {
        let versions = Path::new(VERSIONS).read_dir().into_iter().flatten().flatten();
        let newest = versions
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
            .map(|(version, path)| (version, path.join("bin")))
            .filter(|(_, bin)| bin.join("initdb").exists())
            .max();
        let Some((_, bin)) = newest else {
            panic!("no PostgreSQL server in {VERSIONS}: `make packages` installs it");
        };
        let uid = std::fs::metadata("/proc/self")
            .expect("a process of our own")
            .uid();
        let user = (uid == 0).then(|| if known("postgres") { "postgres" } else { "nobody" });
        Install { bin, user }
    }

    /// Returns the directory of the programs.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Returns the exact version, such as `15.18`.
    pub(crate) fn version(&self) -> String {
        let said = output(Command::new(self.bin.join("postgres")).arg("--version"));
        let version = said
            .split_whitespace()
            .find(|word| word.starts_with(char::is_numeric));
        version.expect("a version after the name").to_owned()
    }

    /// Returns a command that runs a program as the server's user, in a directory that it may enter.
    pub(crate) fn command(&self, program: impl AsRef<Path>, home: &Path) -> Command {
        let program = program.as_ref();
        let mut command = match self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]);
                command.arg(program);
                command
            }
        };
        command.current_dir(home);
        command
    }

    /// Gives a directory and what is in it to the server's user.
    pub(crate) fn give(&self, path: &Path) {
        if let Some(user) = self.user {
            output(Command::new("chown").args(["-R", user]).arg(path));
        }
    }
}

fn known(user: &str) -> bool {
    let status = Command::new("id")
        .arg(user)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Runs a command to its end and returns what it wrote.
///
/// # Panics
/// Where it fails.
pub(crate) fn output(command: &mut Command) -> String {
    let ended = command.stdin(Stdio::null()).output();
    let ended = ended.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{command:?}: {}: {said}", ended.status);
    String::from_utf8(ended.stdout).expect("a program that writes UTF-8")
}
