//! The server under measurement: this program, as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bihuan_core::label::Label;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{DATABASE_FILE, Founding, Marks, Options, Store};
use bihuan_web::app::SystemEntropy;
use jiff::Timestamp;

use super::processor;
use crate::failure::Failure;
use crate::installation::make_private;

/// A folder for one measurement; removed when dropped, unless it is to be kept.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    database_url: Option<String>,
    keep: bool,
}

impl Place {
    /// Makes a testing directory, founded at `now`, in a new folder below `parent`.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn make(parent: &Path, now: Timestamp) -> Result<Place, Failure> {
        Place::make_on(parent, now, None)
    }

    /// Like [`Place::make`], with its database on a server.
    pub fn make_on(parent: &Path, now: Timestamp, database_url: Option<&str>) -> Result<Place, Failure> {
        let folder = parent.join(format!("bihuan-bench-{}", std::process::id()));
        let place = Place {
            folder,
            database_url: database_url.map(str::to_owned),
            keep: false,
        };
        place.found(now)
    }

    /// Makes a testing directory in this folder, which is kept.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn make_kept(folder: PathBuf, now: Timestamp) -> Result<Place, Failure> {
        Place::kept(folder).found(now)
    }

    /// Returns the place of a folder that was made before and is kept.
    pub fn kept(folder: PathBuf) -> Place {
        Place {
            folder,
            database_url: None,
            keep: true,
        }
    }

    fn found(self, now: Timestamp) -> Result<Place, Failure> {
        let place = self;
        make_private(&place.folder)?;
        let master_key = MasterKey::random(&mut SystemEntropy);
        master_key
            .write(&place.key_file())
            .map_err(|error| Failure::Configuration(error.into()))?;
        let marks = Marks {
            testing: true,
            demo: false,
        };
        let founding = Founding {
            name: Label::new("测速", "Measurement"),
            host: None,
            calendar: bihuan_packs::CALENDAR_CN,
            packs: &bihuan_packs::TEXTS,
            now,
        };
        let options = place.options(master_key);
        Store::init(&place.data(), marks, &options, &founding, &mut SystemEntropy)
            .map_err(Failure::opening)?;
        Ok(place)
    }

    /// Opens the store.
    ///
    /// # Errors
    /// A directory that does not open.
    pub fn open(&self) -> Result<Store, Failure> {
        let key = MasterKey::read(&self.key_file()).map_err(|error| Failure::Configuration(error.into()))?;
        Store::open(&self.data(), &self.options(key)).map_err(Failure::opening)
    }

    fn options(&self, key: MasterKey) -> Options {
        Options {
            database_url: self.database_url.clone(),
            ..Options::new(key)
        }
    }

    /// Returns the data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns the server's database.
    pub fn database(&self) -> PathBuf {
        self.data().join(DATABASE_FILE)
    }

    /// Returns how many bytes the database has on disk, its write-ahead log among them.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn bytes(&self) -> Result<u64, Failure> {
        let files = std::fs::read_dir(self.data()).context("the data directory cannot be read")?;
        let mut bytes = 0;
        for file in files {
            let about = file.and_then(|file| file.metadata());
            bytes += about.context("the data directory cannot be read")?.len();
        }
        Ok(bytes)
    }

    /// Returns a file beside the data directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn key_file(&self) -> PathBuf {
        self.file("master-key")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{} is left behind: {error}", self.folder.display());
        }
    }
}

/// How long a server is looked at before it is said to rest, which part of that it may use of a processor then, and how
/// long it may take to come to rest.
const REST: Duration = Duration::from_secs(2);
const AT_REST: u32 = 40;
const RESTS_WITHIN: Duration = Duration::from_secs(600);

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    /// A server that does not come up.
    pub fn start(place: &Place) -> Result<Server, Failure> {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"])
            .arg("--data")
            .arg(place.data())
            .arg("--master-key")
            .arg(place.key_file())
            .env("BIHUAN_LOG", "warn")
            // Whatever the environment of the measurement names is not measured.
            .env_remove("BIHUAN_DATABASE_URL")
            .envs(place.database_url.iter().map(|url| ("BIHUAN_DATABASE_URL", url)))
            .stdout(Stdio::piped());
        let mut child = command.spawn().context("the server cannot be started")?;
        let mut said = String::new();
        if let Some(out) = child.stdout.take() {
            let read = BufReader::new(out).read_line(&mut said);
            read.context("the server says nothing")?;
        }
        let address = said
            .trim()
            .rsplit('/')
            .next()
            .and_then(|place| place.parse().ok());
        match address {
            Some(address) => Ok(Server { child, address }),
            None => Err(Failure::Internal(anyhow::anyhow!("the server did not start"))),
        }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the processor time of all its threads so far.
    ///
    /// # Errors
    /// A server that has ended.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        processor::time_of(self.child.id())
    }

    /// Waits until it has nothing left to do but to answer: what followers catch up with and merge after many cases
    /// came at once is no part of what a page costs.
    ///
    /// # Errors
    /// A server that has ended, or does not come to rest.
    pub fn rest(&self) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < RESTS_WITHIN {
            let before = self.cpu()?;
            thread::sleep(REST);
            if self.cpu()?.saturating_sub(before) < REST / AT_REST {
                return Ok(());
            }
        }
        Err(Failure::Internal(anyhow::anyhow!(
            "the server still works after {} s",
            RESTS_WITHIN.as_secs()
        )))
    }

    /// Returns the most bytes of memory that it has had at once so far.
    ///
    /// # Errors
    /// A server that has ended, or a system that does not say.
    pub fn peak_memory(&self) -> Result<u64, Failure> {
        let file = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(file).context("the server's memory is not told")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(peak.context("the server's memory is not told")? * 1_024)
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// A process that cannot be killed.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().context("the server cannot be killed")?;
        self.child.wait().context("the server does not end")?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
