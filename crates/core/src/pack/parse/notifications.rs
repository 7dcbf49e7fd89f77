//! Reading whom on the staff an occasion concerns, and what they are told.

use std::collections::BTreeMap;

use super::refs::Refs;
use super::section::{Problems, Section, Text, Value, label, unknown};
use super::told::check_placeholders;
use crate::label::Label;
use crate::pack::notification::{NotificationRule, Occasion, PLACEHOLDERS};
use crate::pack::words::Word;
use crate::problem::Problem;

/// The longest text, in characters: a line on a page, and the subject of a mail.
const LONGEST: usize = 300;

pub(super) fn notifications(
    root: &mut Section<'_, '_>,
    refs: &Refs,
    out: &mut Problems,
) -> BTreeMap<Occasion, NotificationRule> {
    let mut rules = BTreeMap::new();
    for (name, value) in root.named("notifications", out) {
        let Some(occasion) = Occasion::of_word(&name.text) else {
            let words: Vec<&str> = Occasion::ALL.iter().map(|it| it.word()).collect();
            out.push(unknown(Occasion::NAME, &name, &words, "the pack"));
            continue;
        };
        rules.extend(rule(&name, value, refs, out).map(|rule| (occasion, rule)));
    }
    rules
}

fn rule(name: &Text, value: &Value<'_>, refs: &Refs, out: &mut Problems) -> Option<NotificationRule> {
    let subject = format!("notification {:?}", name.text);
    let mut section = Section::of(subject, value, out)?;
    let rule = NotificationRule {
        to: section.words("to", out),
        text: text(&mut section, "text", out),
        mail: text(&mut section, "mail", out),
        way: section.word("way", out),
        source: refs.source(&mut section, out),
    };
    if rule.to.is_empty() {
        out.push(Problem::new(
            section.span(),
            format!("{} concerns nobody", section.subject()),
        ));
    }
    section.finish(out);
    Some(rule)
}

/// Reads a text in both languages, with its placeholders.
fn text(section: &mut Section<'_, '_>, key: &'static str, out: &mut Problems) -> Label {
    let subject = format!("{key:?} of {}", section.subject());
    let Some(value) = section.value(key) else {
        // Reads it again, for the problem that it is not there.
        return section.label(key, out);
    };
    let text = label(subject.clone(), value, out);
    check_placeholders(&text, &PLACEHOLDERS, value.span(), &subject, out);
    if [&text.zh, &text.en]
        .iter()
        .any(|text| text.chars().count() > LONGEST)
    {
        let message = format!("{subject} is longer than {LONGEST} characters");
        out.push(Problem::new(value.span(), message));
    }
    text
}
