//! What the tests of the program share: running it, serving with it, speaking HTTP to it.

#![allow(
    dead_code,
    reason = "each test file is a program of its own and uses its part of this"
)]

pub mod messages;
pub mod pages;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use bihuan_test_postgres::Database;
use serde_json::Value;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_bihuan");

/// Units that the tests' city has.
const UNITS: &str = "code,name_zh,name_en,class,parent,aliases
city,示例市,Sample City,city,,
hotline,12345 热线,12345 Hotline,department,city,
urban,城市管理局,Urban Management,department,city,城管局
inspect,督查办,Inspection,department,city,
";

/// A data directory that goes away with the test, and its database where that lies on a server.
pub struct Directory {
    pub root: tempfile::TempDir,
    pub database: Option<Database>,
    url: Option<String>,
}

impl Directory {
    /// Makes one that is marked for tests, on the engine that the suite is run for.
    pub fn for_testing() -> Directory {
        Directory::none().founded()
    }

    /// Makes one that is marked for tests and lies in files alone.
    pub fn in_files() -> Directory {
        Directory::in_database(None).founded()
    }

    /// Makes one that is marked for tests and whose database lies on the tests' server.
    pub fn on_a_server() -> Directory {
        Directory::in_database(Some(bihuan_test_postgres::empty())).founded()
    }

    /// Makes one that is marked for tests and whose database lies on a server of the test's own.
    pub fn on(server: &bihuan_test_postgres::Server) -> Directory {
        let url = Some(server.make_database("city"));
        Directory {
            url,
            ..Directory::in_database(None)
        }
        .founded()
    }

    /// Names one that is not made yet.
    pub fn none() -> Directory {
        Directory::in_database(bihuan_test_postgres::if_asked())
    }

    /// Names one that is not made yet, in this database or in files.
    pub fn in_database(database: Option<Database>) -> Directory {
        Directory {
            root: tempfile::tempdir().expect("a folder"),
            url: database.as_ref().map(|database| database.url().to_owned()),
            database,
        }
    }

    fn founded(self) -> Directory {
        self.ok(&["init", "--for-testing"]);
        self
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs the program on this directory.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--data").arg(self.data());
        command.envs(self.url.iter().map(|url| ("BIHUAN_DATABASE_URL", url)));
        command
    }

    /// Runs the program on this directory and returns what it prints; it must succeed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        said(&self.run(arguments), arguments)
    }

    /// Founds the units that the tests' city has.
    pub fn found_units(&self) {
        let file = self.file("units.csv");
        std::fs::write(&file, UNITS).expect("written");
        self.ok(&["unit", "import", path(&file)]);
    }

    /// Makes a login with a role in a unit, and a token for it.
    pub fn token(&self, login: &str, unit: &str, role: &str, scopes: &str) -> String {
        let name = ["--name-zh", login];
        self.ok(&[
            "user", "add", login, name[0], name[1], "--unit", unit, "--role", role,
        ]);
        let token = self.ok(&["token", "create", login, "--scope", scopes]);
        token.trim().to_owned()
    }

    /// Makes a login with a role in a unit and this password.
    pub fn person(&self, login: &str, unit: &str, role: &str, password: &str) {
        let person = [
            "user",
            "add",
            login,
            "--name-zh",
            login,
            "--unit",
            unit,
            "--role",
            role,
        ];
        let mut adding = self.command(&[&person[..], &["--password-stdin"]].concat());
        adding.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut adding = adding.spawn().expect("the program starts");
        let mut input = adding.stdin.take().expect("its input is ours");
        writeln!(input, "{password}").expect("it reads");
        drop(input);
        assert!(adding.wait().expect("it ends").success());
    }

    /// Serves this directory at a free port.
    pub fn serve(&self) -> Server {
        Server::start(self, &[])
    }
}

/// Returns what a run of the program printed; it must have succeeded.
pub fn said(output: &Output, arguments: &[&str]) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "bihuan {arguments:?}: {complaint}");
    String::from_utf8(output.stdout.clone()).expect("the program prints UTF-8")
}

/// Returns what a failed run of the program complained about, and its exit code.
pub fn complaint(output: &Output) -> (i32, String) {
    assert!(!output.status.success(), "the program must fail");
    let code = output.status.code().expect("an exit code");
    (code, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What is preloaded into a server, to stand between it and the system: `layers/<name>.c`.
pub struct Layer {
    folder: tempfile::TempDir,
}

impl Layer {
    pub fn compile(name: &str) -> Layer {
        let folder = tempfile::tempdir().expect("a folder");
        // The database server has a user of its own.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("the folder is ours");
        let layer = Layer { folder };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/layers/{name}.c"));
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]);
        compiler.arg(layer.library()).arg(source).arg("-ldl");
        let built = compiler.status().expect("a C compiler is there");
        assert!(built.success(), "{name}.c is not compiled");
        layer
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("layer.so")
    }
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Starts a server without a rate limit and waits until it listens.
    pub fn start(directory: &Directory, environment: &[(&str, &str)]) -> Server {
        Server::with(directory, &[], environment)
    }

    /// Starts one with further arguments.
    pub fn with(directory: &Directory, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let free = ["--listen", "127.0.0.1:0", "--rate-limit", "off"];
        Server::launch(directory, &[&free, arguments].concat(), environment)
    }

    /// Starts one at an address that had one before.
    pub fn start_at(directory: &Directory, address: &str) -> Server {
        Server::launch(directory, &["--listen", address, "--rate-limit", "off"], &[])
    }

    /// Starts one as a newcomer does, who names nothing but the directory.
    pub fn plain(directory: &Directory) -> Server {
        Server::launch(directory, &["--listen", "127.0.0.1:0"], &[])
    }

    /// Starts one that throttles senders by the address that its proxy tells.
    pub fn start_limited(directory: &Directory) -> Server {
        Server::launch(directory, &["--listen", "127.0.0.1:0", "--trusted-proxy"], &[])
    }

    fn launch(directory: &Directory, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = directory.command(&[&["serve"], arguments].concat());
        command.envs(environment.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = child.stdout.take().expect("its output is ours");
        let (mut line, mut out) = (String::new(), BufReader::new(out));
        out.read_line(&mut line).expect("it says where it listens");
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let output = child.wait_with_output().expect("it ends");
            panic!("no server: {}", String::from_utf8_lossy(&output.stderr));
        };
        let url = url.to_owned();
        // Nobody reads on; a full pipe would stop the server, and one that is gone would end it.
        drop(std::thread::spawn(move || drain(out)));
        drop(
            child
                .stderr
                .take()
                .map(|log| std::thread::spawn(move || drain(log))),
        );
        Server { child, url }
    }

    /// Kills it at once, as a power cut does.
    pub fn kill(mut self) {
        self.die();
    }

    /// Like [`Server::kill`], where another is to take its place.
    pub fn die(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill is there").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(log: impl std::io::Read) {
    let lines = BufReader::new(log).lines();
    lines.map_while(Result::ok).for_each(drop);
}

/// Somebody who speaks JSON to a server.
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// After how many seconds to come again.
    pub retry_after: Option<String>,
    pub json: Value,
}

/// Why there is no answer: the server went away.
#[derive(Debug)]
pub struct Gone;

impl Client {
    pub fn new(url: &str, token: Option<&str>) -> Client {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)));
        Client {
            agent: settings.build().into(),
            url: url.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.try_get(path).expect("the server answers")
    }

    /// Like [`Client::get`], where the server may have gone away.
    pub fn try_get(&self, path: &str) -> Result<(u16, Value), Gone> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        read(request.call().map_err(|_gone| Gone)?)
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, body, None).expect("the server answers")
    }

    /// Sends a request that may be sent again under the same key.
    pub fn try_post(&self, path: &str, body: &Value, key: Option<&str>) -> Result<(u16, Value), Gone> {
        let answer = self.answer_to(path, body, key)?;
        Ok((answer.status, answer.json))
    }

    /// Like [`Client::try_post`], with all that is known of the answer.
    pub fn answer_to(&self, path: &str, body: &Value, key: Option<&str>) -> Result<Answer, Gone> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send_json(body).map_err(|_gone| Gone)?;
        let retry_after = answer.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let (status, json) = read(answer)?;
        Ok(Answer {
            status,
            retry_after,
            json,
        })
    }

    /// Sends a photo as evidence.
    pub fn post_photo(&self, path: &str, photo: &[u8], moment: &str) -> (u16, Value) {
        let boundary = "----bihuan-test";
        let mut body = Vec::new();
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"moment\"\r\n\r\n{moment}\r\n")
                .bytes(),
        );
        body.extend(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"after.png\"\r\nContent-Type: image/png\r\n\r\n"
            )
            .bytes(),
        );
        body.extend(photo);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let token = self.token.as_deref().unwrap_or_default();
        let answer = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("Authorization", format!("Bearer {token}"))
            .header(
                "Content-Type",
                format!("multipart/form-data; boundary={boundary}"),
            )
            .send(&body[..])
            .expect("the server answers");
        read(answer).expect("the server answers")
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<(u16, Value), Gone> {
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().map_err(|_gone| Gone)?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
