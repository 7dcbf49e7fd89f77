//! Somebody with a browser: keeps cookies, sends forms with their hidden fields, follows nothing.

use std::collections::BTreeMap;
use std::time::Duration;

/// A browser without a screen.
pub struct Browser {
    agent: ureq::Agent,
    url: String,
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    /// After how many seconds to come again.
    pub retry_after: Option<String>,
    pub text: String,
}

impl Browser {
    pub fn at(url: &str) -> Browser {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)));
        Browser {
            agent: settings.build().into(),
            url: url.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes on at another server: cookies are kept by host, not by port.
    pub fn go_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    pub fn get(&mut self, path: &str) -> Page {
        let request = self.agent.get(format!("{}{path}", self.url));
        let answer = request.header("Cookie", self.cookies()).call();
        self.read(answer.expect("the server answers"))
    }

    /// Sends a form as it stands on a page: all hidden fields of it, and these.
    pub fn submit(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let hidden = page.hidden_fields();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Cookie", self.cookies());
        let answer = request.send_form(hidden.chain(fields.iter().copied()));
        self.read(answer.expect("the server answers"))
    }

    /// Sends a form with a photo as it stands on a page: its token, and these fields.
    pub fn upload(&mut self, page: &Page, path: &str, photo: &[u8], fields: &[(&str, &str)]) -> Page {
        const BOUNDARY: &str = "----bihuan-test";
        let csrf = page.hidden("csrf");
        let mut body = Vec::new();
        for (name, value) in fields.iter().chain(&[("csrf", csrf.as_str())]) {
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.bytes());
        }
        let head = "Content-Disposition: form-data; name=\"photos\"; filename=\"photo.png\"";
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").bytes());
        body.extend(photo);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Cookie", self.cookies());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let answer = request.header("Content-Type", kind).send(&body[..]);
        self.read(answer.expect("the server answers"))
    }

    fn cookies(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn read(&mut self, mut answer: ureq::http::Response<ureq::Body>) -> Page {
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a cookie in ASCII");
            let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.expect("a name and a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        Page {
            status: answer.status().as_u16(),
            retry_after: header("retry-after").map(str::to_owned),
            text: answer.body_mut().read_to_string().expect("a page in UTF-8"),
        }
    }
}

impl Page {
    /// Asserts that the page says something.
    #[track_caller]
    pub fn says(&self, said: &str) -> &Page {
        assert!(
            self.text.contains(said),
            "{} does not say {said:?}: {}",
            self.status,
            self.text
        );
        self
    }

    /// Asserts that the form cannot be carried out now, and that what was typed into it is there still.
    #[track_caller]
    pub fn keeps(&self, typed: &str) -> &Page {
        assert_eq!(self.status, 503, "{}", self.text);
        assert!(self.retry_after.is_some(), "when to come again is not said");
        self.says("您填写的内容都还在").says(typed)
    }

    /// Returns the value of a hidden field, empty where there is none.
    pub fn hidden(&self, name: &str) -> String {
        let mut fields = self.hidden_fields().into_iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
            .unwrap_or_default()
    }

    fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.text.split("<input type=\"hidden\"").skip(1);
        let fields = inputs.map(|input| {
            let input = input.split('>').next().unwrap_or_default();
            (attribute(input, "name"), attribute(input, "value"))
        });
        fields.collect()
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let value = tag.split_once(&format!("{name}=\"")).map(|(_, rest)| rest);
    let value = value.and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}
