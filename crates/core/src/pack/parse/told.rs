//! Reading what people are told: messages, printed notices, what a caller says, texts to begin with. What may be
//! filled in stands in braces, from a closed list for each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::refs::Refs;
use super::rules::once;
use super::section::{Problems, Section, Text, label, unknown};
use crate::label::Label;
use crate::pack::model::{CallRule, Callback, Notice, NoticeKind, Template};
use crate::pack::words::Word as _;
use crate::problem::Problem;

/// What a message may have filled in.
const PLACEHOLDERS: [&str; 4] = ["number", "due", "unit", "text"];

/// How often anybody may be called at most: more would be harassment.
const MOST_CALLS: u32 = 9;

/// What a call's script may have filled in.
const CALL_PLACEHOLDERS: [&str; 3] = ["number", "title", "unit"];

/// Reads how reporters are called back, where the pack says so.
pub(super) fn callback(root: &mut Section<'_, '_>, refs: &Refs, out: &mut Problems) -> Option<Callback> {
    let value = root.value("callback")?;
    let mut section = Section::of("the callback", value, out)?;
    let attempts = section.number("attempts", out);
    if !(1..=MOST_CALLS).contains(&attempts) {
        let message = format!("\"attempts\" of the callback must be from 1 to {MOST_CALLS}");
        out.push(Problem::new(section.span(), message));
    }
    let silence_waits = section.flag("silence_waits", out);
    let mut script = Vec::new();
    for item in section.items("script", out) {
        let text = label("the callback's script".to_owned(), item, out);
        check_placeholders(
            &text,
            &CALL_PLACEHOLDERS,
            item.span(),
            "the callback's script",
            out,
        );
        script.push(text);
    }
    if script.is_empty() {
        out.push(Problem::new(section.span(), "the callback has no script"));
    }
    let source = refs.source(&mut section, out);
    section.finish(out);
    Some(Callback {
        rule: CallRule {
            attempts,
            silence_waits,
        },
        script,
        source,
    })
}

/// What a printed notice may have filled in.
const NOTICE_PLACEHOLDERS: [&str; 9] = [
    "number",
    "title",
    "raised_on",
    "date",
    "due",
    "unit",
    "text",
    "reason",
    "objection_way",
];

/// Reads the notices that are printed for reporters.
pub(super) fn notices(
    root: &mut Section<'_, '_>,
    refs: &Refs,
    out: &mut Problems,
) -> BTreeMap<NoticeKind, Notice> {
    let mut notices = BTreeMap::new();
    for (id, value) in root.named("notices", out) {
        let subject = format!("notice {:?}", id.text);
        let Some(mut section) = Section::of(subject.clone(), value, out) else {
            continue;
        };
        let title = section.label("title", out);
        let mut body = Vec::new();
        for item in section.items("body", out) {
            let text = label(subject.clone(), item, out);
            check_placeholders(&text, &NOTICE_PLACEHOLDERS, item.span(), &subject, out);
            body.push(text);
        }
        if body.is_empty() {
            out.push(Problem::new(section.span(), format!("{subject} says nothing")));
        }
        let basis = refs.optional_source("basis", &mut section, out);
        let source = refs.source(&mut section, out);
        section.finish(out);
        match NoticeKind::of_word(&id.text) {
            Some(kind) => {
                let notice = Notice {
                    title,
                    body,
                    basis,
                    source,
                };
                notices.insert(kind, notice);
            }
            None => {
                let words: Vec<&str> = NoticeKind::ALL.iter().map(|kind| kind.word()).collect();
                out.push(unknown("notice", &id, &words, "the pack"));
            }
        }
    }
    notices
}

/// Reads the texts to begin with.
pub(super) fn templates(root: &mut Section<'_, '_>, refs: &Refs, out: &mut Problems) -> Vec<Template> {
    let mut seen = BTreeSet::new();
    let mut templates = Vec::new();
    for value in root.items("templates", out) {
        let Some(mut section) = Section::of("template", value, out) else {
            continue;
        };
        let id = section.text("id", out);
        section.call(format!("template {:?}", id.text));
        once(&mut seen, "template", &id, out);
        let template = Template {
            id: id.text,
            title: section.label("title", out),
            kind: section.text("kind", out).text,
            category: section.optional_text("category", out).map(|it| it.text),
            text: section.label("text", out),
            source: refs.source(&mut section, out),
        };
        section.finish(out);
        templates.push(template);
    }
    templates
}

/// Reports what stands in braces in a text and is not among `known`.
pub(super) fn check_placeholders(
    label: &Label,
    known: &[&str],
    span: Range<usize>,
    subject: &str,
    out: &mut Problems,
) {
    for found in [&label.zh, &label.en]
        .into_iter()
        .flat_map(|text| placeholders(text))
    {
        if !known.contains(&found) {
            let text = Text {
                text: found.to_owned(),
                span: span.clone(),
            };
            out.push(unknown("placeholder", &text, known, subject));
        }
    }
}

pub(super) fn messages(root: &mut Section<'_, '_>, out: &mut Problems) -> BTreeMap<String, Label> {
    let mut messages = BTreeMap::new();
    for (id, value) in root.named("messages", out) {
        let subject = format!("message {:?}", id.text);
        let text = label(subject.clone(), value, out);
        check_placeholders(&text, &PLACEHOLDERS, value.span(), &subject, out);
        messages.insert(id.text, text);
    }
    messages
}

/// Returns what stands in braces.
fn placeholders(text: &str) -> Vec<&str> {
    text.split('{')
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap_or(rest))
        .collect()
}
