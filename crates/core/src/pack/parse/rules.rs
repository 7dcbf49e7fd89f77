//! Reading what stands beside the kinds: sources, channels, taxonomies, clocks, grants, messages, alarms.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::refs::Refs;
use super::section::{Problems, Section, Text, Value, unknown};
use crate::clock::Limit;
use crate::filter::{self, Ast};
use crate::label::Label;
use crate::pack::model::{Alarm, Category, ClockRule, Grant, Named, Source, SourceGrade, Taxonomy};
use crate::pack::words::ACTIONS;
use crate::problem::Problem;

pub(super) fn sources(root: &mut Section<'_, '_>, out: &mut Problems) -> BTreeMap<String, Source> {
    let mut sources = BTreeMap::new();
    for (id, value) in root.named("sources", out) {
        let Some(mut section) = Section::of(format!("source {:?}", id.text), value, out) else {
            continue;
        };
        let source = Source {
            instrument: section.label("instrument", out),
            article: section
                .optional_text("article", out)
                .map(|it| it.text)
                .unwrap_or_default(),
            grade: grade(&mut section, out),
        };
        section.finish(out);
        sources.insert(id.text, source);
    }
    sources
}

/// Reads a grade of evidence; what nobody read in an official text is an example.
fn grade(section: &mut Section<'_, '_>, out: &mut Problems) -> SourceGrade {
    let text = section.text("grade", out);
    match text.text.as_str() {
        "A" => SourceGrade::A,
        "B" | "B2" => SourceGrade::B,
        "C" | "U" | "example" | "" => SourceGrade::Example,
        _ => {
            let known = ["A", "B", "B2", "C", "U", "example"];
            out.push(unknown("grade", &text, &known, section.subject()));
            SourceGrade::Example
        }
    }
}

/// Reads a list of ids with names, each id once.
pub(super) fn named(
    root: &mut Section<'_, '_>,
    key: &'static str,
    what: &str,
    out: &mut Problems,
) -> Vec<Named> {
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for value in root.items(key, out) {
        let Some(mut section) = Section::of(what, value, out) else {
            continue;
        };
        let id = section.text("id", out);
        section.call(format!("{what} {:?}", id.text));
        let title = section.label("title", out);
        section.finish(out);
        once(&mut seen, what, &id, out);
        list.push(Named { id: id.text, title });
    }
    list
}

/// Reports `id` if it was seen before.
pub(super) fn once(seen: &mut BTreeSet<String>, what: &str, id: &Text, out: &mut Problems) {
    if !id.text.is_empty() && !seen.insert(id.text.clone()) {
        out.push(Problem::new(
            id.span.clone(),
            format!("{what} {:?} is there twice", id.text),
        ));
    }
}

pub(super) fn taxonomies(
    root: &mut Section<'_, '_>,
    refs: &Refs,
    out: &mut Problems,
) -> BTreeMap<String, Taxonomy> {
    let mut codes = BTreeSet::new();
    let mut taxonomies = BTreeMap::new();
    for (id, value) in root.named("taxonomies", out) {
        let Some(mut section) = Section::of(format!("taxonomy {:?}", id.text), value, out) else {
            continue;
        };
        let title = section.label("title", out);
        let source = refs.source(&mut section, out);
        let rows = section.items("categories", out);
        let categories = rows
            .into_iter()
            .filter_map(|row| category(row, &mut codes, out))
            .collect();
        section.finish(out);
        let id = id.text;
        taxonomies.insert(
            id.clone(),
            Taxonomy {
                id,
                title,
                categories,
                source,
            },
        );
    }
    taxonomies
}

/// Reads one row `[code, zh, en]` of a taxonomy; its parent must stand before it.
fn category(row: &Value<'_>, codes: &mut BTreeSet<String>, out: &mut Problems) -> Option<Category> {
    let items = row
        .get_ref()
        .as_array()
        .map(|items| items.iter().filter_map(plain).collect());
    let texts: Vec<Text> = items.unwrap_or_default();
    let [code, zh, en] = <[Text; 3]>::try_from(texts).ok().or_else(|| {
        let message = "a category must be a list of three texts: code, Chinese name, English name";
        out.push(Problem::new(row.span(), message));
        None
    })?;
    once(codes, "category", &code, out);
    if let Some((parent, _)) = code.text.rsplit_once('.')
        && !codes.contains(parent)
    {
        let message = format!("category {:?} has no parent {parent:?} before it", code.text);
        out.push(Problem::new(code.span, message));
    }
    Some(Category {
        code: code.text,
        title: Label::new(zh.text, en.text),
    })
}

fn plain(value: &Value<'_>) -> Option<Text> {
    let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty())?;
    Some(Text {
        text: text.to_owned(),
        span: value.span(),
    })
}

pub(super) fn clocks(
    root: &mut Section<'_, '_>,
    refs: &Refs,
    out: &mut Problems,
) -> BTreeMap<String, ClockRule> {
    let mut clocks = BTreeMap::new();
    for (id, value) in root.named("clocks", out) {
        let Some(mut section) = Section::of(format!("clock {:?}", id.text), value, out) else {
            continue;
        };
        let title = section.label("title", out);
        let text = section.text("limit", out);
        let limit = limit(&text, section.subject(), out);
        let warn = section.optional_text("warn_before", out);
        let warn_before = warn.and_then(|text| before(&text, limit, section.subject(), out));
        let extension = section.optional_text("extension", out);
        let extension = extension.and_then(|text| self::limit(&text, section.subject(), out));
        let pausable = section.flag("pausable", out);
        let source = refs.source(&mut section, out);
        section.finish(out);
        let id = id.text;
        // A clock without a readable limit is left out: the problem is on the list already.
        clocks.extend(limit.map(|limit| {
            let rule = ClockRule {
                id: id.clone(),
                title,
                limit,
                warn_before,
                extension,
                pausable,
                source,
            };
            (id, rule)
        }));
    }
    clocks
}

fn limit(text: &Text, subject: &str, out: &mut Problems) -> Option<Limit> {
    if text.text.is_empty() {
        return None;
    }
    let limit = text.text.parse().ok().filter(|limit: &Limit| limit.amount > 0);
    if limit.is_none() {
        let message = format!("bad limit {:?} in {subject}", text.text);
        let hint = "a number from 1 and a unit: 3wd (working days), 15d (calendar days) or 24h (hours)";
        out.push(Problem::new(text.span.clone(), message).with_hint(hint));
    }
    limit
}

/// Reads a warning time, which is shorter than the limit and counted in the same unit.
fn before(text: &Text, limit: Option<Limit>, subject: &str, out: &mut Problems) -> Option<Limit> {
    let before = self::limit(text, subject, out)?;
    let limit = limit?;
    if before.unit != limit.unit || before.amount >= limit.amount {
        let message = format!("the warning of {subject} must be shorter than its limit and in the same unit");
        out.push(Problem::new(text.span.clone(), message));
    }
    Some(before)
}

/// Reads the grants, each with the place of its scope.
pub(super) fn grants(
    root: &mut Section<'_, '_>,
    refs: &Refs,
    out: &mut Problems,
) -> Vec<(Grant, Range<usize>)> {
    let mut grants = Vec::new();
    for value in root.items("grants", out) {
        let Some(mut section) = Section::of("grant", value, out) else {
            continue;
        };
        let role = section.text("role", out).text;
        section.call(format!("grant of role {role:?}"));
        let title = section.label("title", out);
        let actions = section.texts("actions", out);
        if actions.is_empty() {
            out.push(Problem::new(
                section.span(),
                format!("{} allows no action", section.subject()),
            ));
        }
        for action in &actions {
            self::action(action, section.subject(), out);
        }
        let scope = section.text("scope", out);
        let ast = filter(&scope, out);
        let source = refs.source(&mut section, out);
        section.finish(out);
        grants.extend(ast.map(|ast| {
            let grant = Grant {
                role,
                title,
                actions: actions.into_iter().map(|it| it.text).collect(),
                scope: ast,
                source,
            };
            (grant, scope.span)
        }));
    }
    grants
}

/// Reports an action that is not one of the fixed words.
pub(super) fn action(action: &Text, subject: &str, out: &mut Problems) {
    if !ACTIONS.contains(&action.text.as_str()) {
        out.push(unknown("action", action, &ACTIONS, subject));
    }
}

/// Reads a filter; its faults are moved to their place in the file.
pub(super) fn filter(text: &Text, out: &mut Problems) -> Option<Ast> {
    if text.text.is_empty() {
        return None;
    }
    match filter::parse(&text.text) {
        Ok(ast) => Some(ast),
        Err(faults) => {
            // The text begins one byte after its quote; escapes before the fault may shift it a little.
            let begin = text.span.start + 1;
            out.extend(faults.into_iter().map(|fault| {
                let mut problem = Problem::from(fault);
                problem.span = begin + problem.span.start..(begin + problem.span.end).min(text.span.end);
                problem.message = format!("bad filter: {}", problem.message);
                problem
            }));
            None
        }
    }
}

pub(super) fn alarms(root: &mut Section<'_, '_>, refs: &Refs, out: &mut Problems) -> Vec<Alarm> {
    let mut seen = BTreeSet::new();
    let mut alarms = Vec::new();
    for value in root.items("alarms", out) {
        let Some(mut section) = Section::of("alarm", value, out) else {
            continue;
        };
        let id = section.text("id", out);
        section.call(format!("alarm {:?}", id.text));
        once(&mut seen, "alarm", &id, out);
        let alarm = Alarm {
            id: id.text,
            words: section
                .texts("words", out)
                .into_iter()
                .map(|it| it.text)
                .collect(),
            message: section.label("message", out),
            action: section.word("action", out),
            source: refs.source(&mut section, out),
        };
        if alarm.words.is_empty() {
            out.push(Problem::new(
                section.span(),
                format!("{} has no words", section.subject()),
            ));
        }
        section.finish(out);
        alarms.push(alarm);
    }
    alarms
}
