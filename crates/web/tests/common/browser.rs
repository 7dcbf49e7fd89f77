//! A browser without a screen: follows redirects, keeps cookies, sends forms with their hidden fields.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use futures_core::Stream;
use serde_json::Value;
use tower::ServiceExt;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}: {}", self.status, self.text()))
    }

    /// Asserts that the page says something.
    #[track_caller]
    pub fn says(&self, said: &str) -> &Answer {
        assert!(
            self.text().contains(said),
            "{} does not say {said:?}:\n{}",
            self.status,
            plain(&self.text())
        );
        self
    }

    /// Asserts that the page does not say something.
    #[track_caller]
    pub fn keeps_silent_about(&self, said: &str) -> &Answer {
        assert!(!self.text().contains(said), "says {said:?}");
        self
    }

    /// Returns the value of a hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let mark = format!("name=\"{name}\" value=\"");
        let at = text
            .find(&mark)
            .unwrap_or_else(|| panic!("no field {name:?} in:\n{}", plain(&text)));
        text[at + mark.len()..].split('"').next().unwrap().to_owned()
    }

    /// Returns the text of the element with an id.
    #[track_caller]
    pub fn element(&self, id: &str) -> String {
        let text = self.text();
        let mark = format!("id=\"{id}\">");
        let at = text
            .find(&mark)
            .unwrap_or_else(|| panic!("no element {id:?} in:\n{}", plain(&text)));
        text[at + mark.len()..].split('<').next().unwrap().to_owned()
    }
}

/// Returns the words of a page.
fn plain(page: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => words.push(c),
            _ => {}
        }
    }
    words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(1500)
        .collect()
}

/// The browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub fn new(router: Router) -> Browser {
        Browser {
            router,
            cookies: BTreeMap::new(),
            headers: vec![("host", super::HOST.to_owned())],
        }
    }

    /// Returns a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.request(Method::GET, path, None, Vec::new()).await
    }

    /// Sends a form as it stands on the page: its hidden `csrf` and `key`, and these fields.
    pub async fn submit(&mut self, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = page.hidden("csrf");
        let key = if page.text().contains("name=\"key\"") {
            page.hidden("key")
        } else {
            String::new()
        };
        let mut all = vec![("csrf", csrf.as_str()), ("key", key.as_str())];
        all.extend(fields);
        self.post(path, &all).await
    }

    /// Sends these fields and nothing else.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let kind = "application/x-www-form-urlencoded";
        let answer = self
            .request(Method::POST, path, Some(kind), body.join("&").into_bytes())
            .await;
        self.follow(answer).await
    }

    /// Sends a form with files: field, name, content.
    pub async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        for (field, name, bytes) in files {
            let head = format!(
                "--B\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
            );
            body.extend(head.bytes());
            body.extend_from_slice(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--B--\r\n");
        let answer = self
            .request(Method::POST, path, Some("multipart/form-data; boundary=B"), body)
            .await;
        self.follow(answer).await
    }

    /// Sends JSON and expects what it makes to be there.
    pub async fn create(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.post_json(path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn post_json(&mut self, path: &str, body: &Value) -> Answer {
        self.request(
            Method::POST,
            path,
            Some("application/json"),
            body.to_string().into_bytes(),
        )
        .await
    }

    pub async fn request(&mut self, method: Method, path: &str, kind: Option<&str>, body: Vec<u8>) -> Answer {
        let response = self.send(method, path, kind, Body::from(body)).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    /// Begins to send a form with files, and never goes on.
    pub async fn begin_form(&mut self, path: &str) -> Response {
        let kind = Some("multipart/form-data; boundary=B");
        self.send(Method::POST, path, kind, Body::from_stream(Never))
            .await
    }

    /// Sends a request and returns the answer, of which nothing is read yet.
    pub async fn send(&mut self, method: Method, path: &str, kind: Option<&str>, body: Body) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn follow(&mut self, answer: Answer) -> Answer {
        match answer.headers.get(header::LOCATION) {
            Some(to) if answer.status.is_redirection() => {
                let to = to.to_str().unwrap().to_owned();
                self.get(&to).await
            }
            _ => answer,
        }
    }
}

/// Nothing, for ever.
struct Never;

impl Stream for Never {
    type Item = std::io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

fn escape(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
