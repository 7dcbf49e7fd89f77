//! Reading one table of a pack key by key: what is missing, of the wrong type or unknown becomes a
//! problem, and reading goes on.
//!
//! A value that could not be read comes back empty; the caller may use it freely, because a pack with
//! problems is never handed out.

use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::label::Label;
use crate::pack::words::Word;
use crate::problem::Problem;

/// A value of the file with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The problems found so far.
pub(super) type Problems = Vec<Problem>;

/// A text of the file with its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// A table that is being read.
pub(super) struct Section<'t, 'i> {
    /// What the table describes, for messages: `step "verify"`.
    subject: String,
    span: Range<usize>,
    table: &'t DeTable<'i>,
    asked: Vec<&'static str>,
}

impl<'t, 'i> Section<'t, 'i> {
    pub(super) fn new(subject: impl Into<String>, span: Range<usize>, table: &'t DeTable<'i>) -> Self {
        Section {
            subject: subject.into(),
            span,
            table,
            asked: Vec::new(),
        }
    }

    /// Reads a value as a table; anything else is a problem.
    pub(super) fn of(subject: impl Into<String>, value: &'t Value<'i>, out: &mut Problems) -> Option<Self> {
        let subject = subject.into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(subject, value.span(), table)),
            other => {
                out.push(Problem::new(
                    value.span(),
                    format!("{subject} must be a table, not {}", other.type_str()),
                ));
                None
            }
        }
    }

    /// Names the table better, once its id is known.
    pub(super) fn call(&mut self, subject: String) {
        self.subject = subject;
    }

    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the value of a key that may be absent.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'t Value<'i>> {
        self.asked.push(key);
        self.table
            .iter()
            .find_map(|(name, value)| (name.get_ref() == key).then_some(value))
    }

    fn required(&mut self, key: &'static str, out: &mut Problems) -> Option<&'t Value<'i>> {
        let value = self.value(key);
        if value.is_none() {
            out.push(Problem::new(
                self.span(),
                format!("{} has no {key:?}", self.subject),
            ));
        }
        value
    }

    fn mismatch(&self, key: &str, wanted: &str, value: &Value<'i>, out: &mut Problems) {
        out.push(Problem::new(
            value.span(),
            format!(
                "{key:?} of {} must be {wanted}, not {}",
                self.subject,
                value.get_ref().type_str()
            ),
        ));
    }

    fn as_text(&self, key: &str, value: &Value<'i>, out: &mut Problems) -> Option<Text> {
        let Some(text) = value.get_ref().as_str() else {
            self.mismatch(key, "a text", value, out);
            return None;
        };
        if text.trim().is_empty() {
            out.push(Problem::new(
                value.span(),
                format!("{key:?} of {} is empty", self.subject),
            ));
            return None;
        }
        Some(Text {
            text: text.to_owned(),
            span: value.span(),
        })
    }

    pub(super) fn text(&mut self, key: &'static str, out: &mut Problems) -> Text {
        let value = self.required(key, out);
        value
            .and_then(|value| self.as_text(key, value, out))
            .unwrap_or_default()
    }

    pub(super) fn optional_text(&mut self, key: &'static str, out: &mut Problems) -> Option<Text> {
        let value = self.value(key)?;
        self.as_text(key, value, out)
    }

    /// Reads a list of texts; an absent key is the empty list.
    pub(super) fn texts(&mut self, key: &'static str, out: &mut Problems) -> Vec<Text> {
        self.items(key, out)
            .into_iter()
            .filter_map(|item| self.as_text(key, item, out))
            .collect()
    }

    /// Reads a list of anything; an absent key is the empty list.
    pub(super) fn items(&mut self, key: &'static str, out: &mut Problems) -> Vec<&'t Value<'i>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => {
                self.mismatch(key, "a list", value, out);
                Vec::new()
            }
        }
    }

    /// Reads a table of named things; an absent key is the empty table.
    pub(super) fn named(&mut self, key: &'static str, out: &mut Problems) -> Vec<(Text, &'t Value<'i>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.mismatch(key, "a table", value, out);
            return Vec::new();
        };
        let text = |name: &Spanned<DeString<'_>>| Text {
            text: name.get_ref().to_string(),
            span: name.span(),
        };
        table.iter().map(|(name, value)| (text(name), value)).collect()
    }

    pub(super) fn label(&mut self, key: &'static str, out: &mut Problems) -> Label {
        let subject = format!("{key:?} of {}", self.subject);
        let Some(value) = self.required(key, out) else {
            return Label::default();
        };
        label(subject, value, out)
    }

    pub(super) fn flag(&mut self, key: &'static str, out: &mut Problems) -> bool {
        let value = self.required(key, out);
        value.is_some_and(|value| self.as_flag(key, value, out))
    }

    /// Reads a flag that is not set where it is absent.
    pub(super) fn optional_flag(&mut self, key: &'static str, out: &mut Problems) -> bool {
        let value = self.value(key);
        value.is_some_and(|value| self.as_flag(key, value, out))
    }

    fn as_flag(&self, key: &str, value: &Value<'i>, out: &mut Problems) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mismatch(key, "true or false", value, out);
            false
        })
    }

    pub(super) fn number(&mut self, key: &'static str, out: &mut Problems) -> u32 {
        let value = self.required(key, out);
        value.map_or(0, |value| self.as_number(key, value, out))
    }

    pub(super) fn optional_number(&mut self, key: &'static str, out: &mut Problems) -> Option<u32> {
        let value = self.value(key)?;
        Some(self.as_number(key, value, out))
    }

    fn as_number(&self, key: &str, value: &Value<'i>, out: &mut Problems) -> u32 {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|it| u32::from_str_radix(it.as_str(), it.radix()).ok());
        number.unwrap_or_else(|| {
            self.mismatch(key, "a whole number from 0", value, out);
            0
        })
    }

    pub(super) fn date(&mut self, key: &'static str, out: &mut Problems) -> Option<Date> {
        let value = self.required(key, out)?;
        self.as_date(key, value, out)
    }

    pub(super) fn optional_date(&mut self, key: &'static str, out: &mut Problems) -> Option<Date> {
        let value = self.value(key)?;
        self.as_date(key, value, out)
    }

    fn as_date(&self, key: &str, value: &Value<'i>, out: &mut Problems) -> Option<Date> {
        let date = value
            .get_ref()
            .as_datetime()
            .and_then(|it| it.to_string().parse().ok());
        if date.is_none() {
            self.mismatch(key, "a date such as 2026-01-31", value, out);
        }
        date
    }

    /// Reads one of a closed list of words.
    pub(super) fn word<W: Word>(&mut self, key: &'static str, out: &mut Problems) -> W {
        let text = self.text(key, out);
        self.as_word(&text, out).unwrap_or(W::ALL[0])
    }

    /// Reads a list of words, each at most once; an absent key is the empty list.
    pub(super) fn words<W: Word + PartialEq>(&mut self, key: &'static str, out: &mut Problems) -> Vec<W> {
        let mut words = Vec::new();
        for text in self.texts(key, out) {
            let Some(word) = self.as_word::<W>(&text, out) else {
                continue;
            };
            if words.contains(&word) {
                let message = format!("{key:?} of {} names {:?} twice", self.subject, text.text);
                out.push(Problem::new(text.span, message));
            } else {
                words.push(word);
            }
        }
        words
    }

    fn as_word<W: Word>(&self, text: &Text, out: &mut Problems) -> Option<W> {
        let word = W::of_word(&text.text);
        if word.is_none() && !text.text.is_empty() {
            let words: Vec<&str> = W::ALL.iter().map(|it| it.word()).collect();
            out.push(unknown(W::NAME, text, &words, self.subject()));
        }
        word
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self, out: &mut Problems) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let text = Text {
                    text: name.to_owned(),
                    span: key.span(),
                };
                out.push(unknown("key", &text, &self.asked, &self.subject));
            }
        }
    }
}

/// Reads a text in both languages.
pub(super) fn label(subject: String, value: &Value<'_>, out: &mut Problems) -> Label {
    let Some(mut section) = Section::of(subject, value, out) else {
        return Label::default();
    };
    let label = Label::new(section.text("zh", out).text, section.text("en", out).text);
    section.finish(out);
    label
}

/// Makes the problem of a word that is not among `known`, with the nearest of them as the hint.
pub(super) fn unknown(what: &str, text: &Text, known: &[&str], subject: &str) -> Problem {
    let problem = Problem::new(
        text.span.clone(),
        format!("unknown {what} {:?} in {subject}", text.text),
    );
    match nearest(&text.text, known) {
        Some(word) => problem.with_hint(format!("did you mean {word:?}?")),
        None if known.is_empty() => problem.with_hint("none is defined"),
        None => problem.with_hint(format!("one of: {}", known.join(", "))),
    }
}

/// Returns the word of `known` that `word` is most likely a slip of.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|it| (distance(word, it), *it)).min()?;
    (near.0 <= word.chars().count() / 3).then_some(near.1)
}

/// Returns how many characters must be put in, taken out or changed to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
