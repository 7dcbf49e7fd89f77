//! Cookies: small, HttpOnly, SameSite=Lax, host-only; under TLS `Secure` and named `__Host-`.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookies that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session of somebody logged in.
    Session,
    /// The visit of somebody who is not: forms are bound to it.
    Visit,
    /// The receipt code of the report that is followed.
    Code,
    /// The language.
    Lang,
    /// How pages look.
    Look,
    /// That the tour of a demo was put away.
    Tour,
    /// What the visitor's last write lies before in the database server's log.
    Seen,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Cookie::Session, true) => "__Host-session",
            (Cookie::Session, false) => "session",
            (Cookie::Visit, true) => "__Host-visit",
            (Cookie::Visit, false) => "visit",
            (Cookie::Code, true) => "__Host-code",
            (Cookie::Code, false) => "code",
            (Cookie::Lang, _) => "lang",
            (Cookie::Look, _) => "look",
            (Cookie::Tour, _) => "tour",
            (Cookie::Seen, true) => "__Host-seen",
            (Cookie::Seen, false) => "seen",
        }
    }

    /// Returns the cookie's value in a request.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, value)| *key == name && is_plain(value))
            .map(|(_, value)| value)
    }

    /// Sets the cookie until the browser closes; language and look for a year.
    pub fn set(self, headers: &mut HeaderMap, value: &str, secure: bool) {
        let age = if matches!(self, Cookie::Lang | Cookie::Look) {
            "; Max-Age=31536000"
        } else {
            ""
        };
        self.write(headers, &format!("{value}{age}"), secure);
    }

    /// Takes the cookie away.
    pub fn clear(self, headers: &mut HeaderMap, secure: bool) {
        self.write(headers, "; Max-Age=0", secure);
    }

    fn write(self, headers: &mut HeaderMap, rest: &str, secure: bool) {
        let name = self.name(secure);
        let tail = if secure { "; Secure" } else { "" };
        let line = format!("{name}={rest}; Path=/; HttpOnly; SameSite=Lax{tail}");
        // Values are letters, digits, dashes and underscores, which every header takes.
        if let Ok(line) = HeaderValue::from_str(&line) {
            headers.append(header::SET_COOKIE, line);
        }
    }
}

fn is_plain(value: &str) -> bool {
    value.len() <= 128
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_back_and_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=b; session=abc-9_; code=x%20y"),
        );
        assert_eq!(Cookie::Session.read(&headers, false), Some("abc-9_"));
        assert_eq!(Cookie::Session.read(&headers, true), None);
        assert_eq!(Cookie::Code.read(&headers, false), None);
    }

    #[test]
    fn under_tls_a_cookie_is_bound_to_the_host() {
        let mut headers = HeaderMap::new();
        Cookie::Session.set(&mut headers, "v", true);
        let line = headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(line, "__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure");
    }
}
