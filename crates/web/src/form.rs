//! Forms as pages send them: fields and files, bound to the session by a token, read with limits.

pub mod document;
pub mod photo;
pub mod waiting;

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use crate::app::{App, text_of};
use crate::ctx::{Ctx, Typed};
use crate::error::{Complaint, WebError};
use crate::limits;

/// A form that was sent. A handler gets one only after its token was found right, or as [`Unbound`].
#[derive(Debug)]
pub struct Form {
    fields: Arc<Fields>,
    /// The files, those that are empty left out.
    pub files: Vec<File>,
}

/// A file of a form.
pub struct File {
    /// What is in it.
    pub bytes: Bytes,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} bytes)", self.bytes.len())
    }
}

impl FromRequest<App> for Form {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Form, WebError> {
        Form::bound(request, app, Ctx::csrf).await
    }
}

/// A form that asks for no log-in: its token is the visit's, whoever is logged in at the moment.
pub struct Door(pub Form);

impl FromRequest<App> for Door {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Door, WebError> {
        Form::bound(request, app, Ctx::door).await.map(Door)
    }
}

/// A form that belongs to no session: the receipt code in it says what it may do, and no browser adds that
/// by itself.
pub struct Unbound(pub Form);

impl FromRequest<App> for Unbound {
    type Rejection = WebError;

    async fn from_request(request: Request, _app: &App) -> Result<Unbound, WebError> {
        Form::take(request).await.map(Unbound)
    }
}

/// Whether the browser says that another site, or another port of this one, had the form sent. Not all browsers do, and
/// without TLS none has to; see <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = text_of(headers, "sec-fetch-site");
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The fields of a form: names and values, in their order.
type Fields = Vec<(String, String)>;

impl Form {
    /// Keeps what was typed with the request, to be shown again if there is no room for it.
    pub fn keep_typed(&self, ctx: &Ctx) {
        // A request has one form; a second would not be kept.
        let _ = ctx.typed.set(Typed {
            fields: Arc::clone(&self.fields),
            had_files: !self.files.is_empty(),
        });
    }

    /// Reads a form and refuses what another site sent; what comes with a bearer token needs no token of a form.
    async fn bound(request: Request, app: &App, token: fn(&Ctx) -> String) -> Result<Form, WebError> {
        let (mut parts, body) = request.into_parts();
        let ctx = Ctx::from_request_parts(&mut parts, app).await?;
        let elsewhere = is_from_elsewhere(&parts.headers);
        let form = Form::take(Request::from_parts(parts, body)).await?;
        form.keep_typed(&ctx);
        let same = || bool::from(form.value("csrf").as_bytes().ct_eq(token(&ctx).as_bytes()));
        match ctx.by_token() || !elsewhere && same() {
            true => Ok(form),
            false => Err(WebError::FormToken),
        }
    }

    /// Makes a form of fields that were kept.
    pub fn of(fields: Vec<(String, String)>) -> Form {
        Form {
            fields: Arc::new(fields),
            files: Vec::new(),
        }
    }

    /// Returns its fields: names and values, in their order.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Reads a small form that nobody will carry out; `None` where it is not small, or no form.
    pub async fn salvage(request: Request) -> Option<Form> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, limits::SALVAGE_BYTES).await.ok()?;
        Form::take(Request::from_parts(parts, Body::from(bytes)))
            .await
            .ok()
    }

    /// Reads a form whose token nobody has looked at yet.
    ///
    /// # Errors
    /// [`WebError`] if it is no form, or too large.
    pub async fn take(request: Request) -> Result<Form, WebError> {
        let kind = text_of(request.headers(), header::CONTENT_TYPE.as_str());
        match kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            true => Form::read_multipart(request).await,
            false => Form::read_pairs(request).await,
        }
    }

    async fn read_pairs(request: Request) -> Result<Form, WebError> {
        let pairs = axum::extract::Form::<Vec<(String, String)>>::from_request(request, &()).await;
        let axum::extract::Form(fields) = pairs.map_err(|rejection| of_rejection(&rejection))?;
        if fields.len() > limits::FIELDS {
            return Err(WebError::TooLarge);
        }
        Ok(Form {
            fields: Arc::new(fields),
            files: Vec::new(),
        })
    }

    async fn read_multipart(request: Request) -> Result<Form, WebError> {
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_unreadable| WebError::MediaType)?;
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(|error| of_multipart(&error))? {
            let field = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let bytes = part.bytes().await.map_err(|error| of_multipart(&error))?;
            match is_file {
                true if !bytes.is_empty() => files.push(File { bytes }),
                true => {}
                false => fields.push((field, String::from_utf8_lossy(&bytes).into_owned())),
            }
            if fields.len() + files.len() > limits::FIELDS {
                return Err(WebError::TooLarge);
            }
        }
        let fields = Arc::new(fields);
        Ok(Form { fields, files })
    }

    /// Returns a field as it was sent, empty where it was not.
    pub fn value<'a>(&'a self, name: &'a str) -> &'a str {
        self.values(name).next().unwrap_or_default()
    }

    /// Returns all values of a field.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// Begins to read the fields.
    pub fn read(&self) -> Reader<'_> {
        Reader {
            form: self,
            complaints: Vec::new(),
        }
    }
}

/// Reads fields and collects what is wrong with them.
pub struct Reader<'a> {
    form: &'a Form,
    /// What was found wrong so far.
    pub complaints: Vec<Complaint>,
}

impl Reader<'_> {
    /// Returns a text of at most `most` characters, trimmed and with plain line ends; `None` where it is empty.
    pub fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let text = tidy(self.form.value(name));
        let count = text.chars().count();
        if count > most {
            self.complain(
                Complaint::new(name, "field-too-long")
                    .with("most", most)
                    .with("count", count),
            );
        }
        (!text.is_empty()).then_some(text)
    }

    /// Returns a text that must be there.
    pub fn needed(&mut self, name: &str, most: usize) -> String {
        let text = self.text(name, most);
        if text.is_none() {
            self.complain(Complaint::new(name, "field-required"));
        }
        text.unwrap_or_default()
    }

    /// Returns what `find` makes of a field, which must be one of the choices; `None` where it is empty.
    pub fn choice<T>(&mut self, name: &str, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.form.value(name).trim();
        if value.is_empty() {
            return None;
        }
        let found = find(value);
        if found.is_none() {
            self.complain(Complaint::new(name, "field-bad-choice"));
        }
        found
    }

    /// Returns a number within bounds; `None` where it is empty.
    pub fn number(&mut self, name: &str, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let value = self.form.value(name).trim();
        if value.is_empty() {
            return None;
        }
        let number = value.parse().ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            self.complain(Complaint::new(name, "field-number"));
        }
        number
    }

    /// Adds a complaint.
    pub fn complain(&mut self, complaint: Complaint) {
        self.complaints.push(complaint);
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`WebError::Input`] with everything that was found wrong.
    pub fn done(self) -> Result<(), WebError> {
        if self.complaints.is_empty() {
            Ok(())
        } else {
            Err(WebError::Input(self.complaints))
        }
    }
}

/// Trims a text, makes its line ends plain, and drops control characters that no one types.
pub fn tidy(text: &str) -> String {
    let typed = |c: char| c == '\n' || c == '\t' || !c.is_control();
    if text.chars().all(typed) {
        return text.trim().to_owned();
    }
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    plain
        .chars()
        .filter(|c| typed(*c))
        .collect::<String>()
        .trim()
        .to_owned()
}

fn of_rejection(rejection: &axum::extract::rejection::FormRejection) -> WebError {
    match rejection.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE => WebError::MediaType,
        _ => WebError::Input(Vec::new()),
    }
}

fn of_multipart(error: &axum::extract::multipart::MultipartError) -> WebError {
    match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::Input(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        let fields: Fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Form {
            fields: Arc::new(fields),
            files: Vec::new(),
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let form = form(&[
            ("text", " "),
            ("place", "太长了"),
            ("severity", "9"),
            ("kind", "x"),
        ]);
        let mut read = form.read();
        read.needed("text", 10);
        read.text("place", 2);
        read.number("severity", 1..=5);
        read.choice("kind", |_| None::<()>);
        let Err(WebError::Input(complaints)) = read.done() else {
            panic!("four fields are wrong")
        };
        let fields: Vec<&str> = complaints
            .iter()
            .map(|complaint| complaint.field.as_str())
            .collect();
        assert_eq!(fields, ["text", "place", "severity", "kind"]);
    }

    #[test]
    fn texts_lose_control_characters_and_keep_their_lines() {
        assert_eq!(tidy("  路灯\r\n坏了\u{0}\u{7}\t三周 "), "路灯\n坏了\t三周");
    }
}
