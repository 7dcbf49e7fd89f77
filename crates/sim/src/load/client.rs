//! Speaking HTTP to one server or to several that share their data: bounded in time and in size.
//!
//! A request that gets no answer in time is not called back: its connection is closed and what became of
//! it is unknown, as with any client whose patience or network ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, SET_COOKIE};
use hyper::{Method, Uri};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::error::LoadError;

/// The longest answer that is read; pages stay far below it.
const ANSWER_BYTES: usize = 8 << 20;

/// The longest that a connection may take to come about.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// How long an idle connection is kept.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// The header under which a request may be sent again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who speaks to the servers, in turn.
#[derive(Debug)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    servers: Vec<String>,
    turn: AtomicUsize,
    answer_within: Duration,
}

/// A request before it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// Why there is no answer; whether the request was carried out is then not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// No connection came about, so that it was not carried out.
    Unreached,
    /// The connection ended before the answer did.
    BrokenOff,
    /// It took longer than the client waits.
    Late,
}

impl Client {
    /// Makes a client of the servers at `urls`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`LoadError::Url`] for what is no address of a server over plain HTTP.
    pub fn new(urls: &[String], answer_within: Duration) -> Result<Client, LoadError> {
        let servers: Vec<String> = urls.iter().map(|url| base(url)).collect::<Result<_, _>>()?;
        if servers.is_empty() {
            return Err(LoadError::Url("no server is named".to_owned()));
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIME));
        connector.set_nodelay(true);
        let http = Http::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIME)
            .build(connector);
        Ok(Client {
            http,
            servers,
            turn: AtomicUsize::new(0),
            answer_within,
        })
    }

    /// Sends a request to the server whose turn it is.
    ///
    /// # Errors
    /// [`Unanswered`] if no whole answer came.
    pub async fn send(&self, request: &Request) -> Result<Answer, Unanswered> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let server = &self.servers[turn % self.servers.len()];
        let exchange = self.exchange(server, request);
        tokio::time::timeout(self.answer_within, exchange)
            .await
            .unwrap_or(Err(Unanswered::Late))
    }

    async fn exchange(&self, server: &str, request: &Request) -> Result<Answer, Unanswered> {
        let mut made = hyper::Request::builder()
            .method(&request.method)
            .uri(format!("{server}{}", request.path));
        for (name, value) in &request.headers {
            made = made.header(name, value);
        }
        let made = made
            .body(Full::new(request.body.clone()))
            .map_err(|_not_a_request| Unanswered::Unreached)?;
        let answer = self.http.request(made).await.map_err(|error| {
            if error.is_connect() {
                Unanswered::Unreached
            } else {
                Unanswered::BrokenOff
            }
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.map_err(|_cut| Unanswered::BrokenOff)?.to_bytes(),
        })
    }
}

impl Request {
    /// Asks for a page or a resource.
    pub fn get(path: impl Into<String>) -> Request {
        Request {
            method: Method::GET,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Posts something of a media type.
    pub fn post(path: impl Into<String>, media_type: &str, body: impl Into<Bytes>) -> Request {
        Request {
            method: Method::POST,
            body: body.into(),
            ..Request::get(path)
        }
        .with(CONTENT_TYPE, media_type)
    }

    /// Posts JSON.
    pub fn post_json(path: impl Into<String>, body: &Value) -> Request {
        Request::post(path, "application/json", body.to_string())
    }

    /// Adds a header.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends it under a key: sent again, it is the same request.
    pub fn once(self, key: &str) -> Request {
        self.with(IDEMPOTENCY_KEY, key)
    }
}

impl Answer {
    /// Whether the request was carried out.
    pub fn is_good(&self) -> bool {
        (200..400).contains(&self.status)
    }

    /// Returns the body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns how long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// Returns the cookie of this name that the answer sets, as it is to be sent back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        let pairs = lines.filter_map(|line| line.to_str().ok()?.split(';').next());
        pairs
            .filter(|pair| pair.split_once('=').is_some_and(|(key, _)| key == name))
            .map(str::to_owned)
            .next_back()
    }
}

impl Unanswered {
    /// Returns what reports call it.
    pub fn word(self) -> &'static str {
        match self {
            Unanswered::Unreached => "not reached",
            Unanswered::BrokenOff => "broken off",
            Unanswered::Late => "no answer in time",
        }
    }
}

/// Returns the beginning of all addresses of a server.
fn base(url: &str) -> Result<String, LoadError> {
    let wrong = |why: &str| LoadError::Url(format!("{url}: {why}"));
    let uri: Uri = url.parse().map_err(|_| wrong("this is no address"))?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong(
            "only http:// is spoken; behind TLS, name the server itself",
        ));
    }
    if uri.authority().is_none() || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong("name the server only, such as http://127.0.0.1:8080"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_a_path() {
        assert_eq!(base("http://h:1/").unwrap(), "http://h:1");
        for wrong in ["https://h", "h:1", "http://h/login", "http://h/?a=b", ""] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_last_cookie_of_a_name_counts() {
        let mut headers = HeaderMap::new();
        for line in ["visit=a; Path=/", "session=b; HttpOnly", "visit=c"] {
            headers.append(SET_COOKIE, line.parse().unwrap());
        }
        let answer = Answer {
            status: 303,
            headers,
            body: Bytes::new(),
        };
        assert_eq!(answer.cookie("visit").as_deref(), Some("visit=c"));
        assert_eq!(answer.cookie("session").as_deref(), Some("session=b"));
        assert_eq!(answer.cookie("lang"), None);
    }

    #[tokio::test]
    async fn a_closed_port_is_not_reached_and_a_silent_one_is_late() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let ask = |address: std::net::SocketAddr| async move {
            let client = Client::new(&[format!("http://{address}")], Duration::from_millis(100)).unwrap();
            client.send(&Request::get("/")).await.map(|answer| answer.status)
        };
        assert_eq!(ask(address).await, Err(Unanswered::Late));
        drop(silent);
        assert_eq!(ask(address).await, Err(Unanswered::Unreached));
    }
}
