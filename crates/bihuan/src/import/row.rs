//! A row becomes a case, or is rejected with a reason.

use std::fmt;

use bihuan_core::id::UnitId;
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;

use super::map::{Coded, Map, Missing, Unknown};
use super::template::{Columns, Templates};

/// The longest title, in characters; a longer one is taken for a mistake in the map.
const TITLE_CHARS: usize = 300;

/// How much of the text stands for a missing title, in characters.
const DERIVED_TITLE_CHARS: usize = 40;

/// How times are written in a workbook and in many systems, the year first; understood in every map.
const USUAL: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日",
];

/// A record of another system, as a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCase {
    /// Its key there.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Where it is.
    pub place: Option<String>,
    /// How it came.
    pub channel: String,
    /// Its category's code.
    pub category: Option<String>,
    /// From 1 to 5.
    pub severity: u8,
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it was due.
    pub due_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The answer given there.
    pub answer: Option<String>,
    /// When that answer was given.
    pub answered_at: Option<Timestamp>,
}

/// Why a row was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The rule, the same for all rows it rejects.
    pub rule: String,
    /// What it was in this row; may be empty.
    pub detail: String,
}

impl Reject {
    /// Makes a reason.
    pub fn new(rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Reject {
            rule: rule.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.detail)
        }
    }
}

/// Everything that turns a file's rows into cases.
pub struct Mapping<'a> {
    /// The map.
    pub map: &'a Map,
    /// The file's columns.
    pub columns: &'a Columns,
    /// The instant that the import is made as of.
    pub as_of: Timestamp,
    /// Finds a unit by name or code.
    pub unit: &'a dyn Fn(&str) -> Option<UnitId>,
}

impl Mapping<'_> {
    /// Turns a row into a case.
    pub fn case(&self, fields: &[String]) -> Result<ImportCase, Reject> {
        let map = self.map;
        self.refuse_skipped(fields)?;
        let key = self
            .fill(&map.key, fields)
            .ok_or(Reject::new("the row has no key", ""))?;
        let text = self
            .fill(&map.text, fields)
            .ok_or(Reject::new("the row has no text", ""))?;
        let title = self.fill(&map.title, fields).unwrap_or_else(|| beginning(&text));
        if title.chars().count() > TITLE_CHARS {
            return Err(Reject::new(
                format!("the title is longer than {TITLE_CHARS} characters"),
                "",
            ));
        }
        let severity = self.coded("severity", &map.severity, fields)?.unwrap_or_default();
        let severity = severity
            .parse()
            .ok()
            .filter(|severity| (1..=5).contains(severity));
        Ok(ImportCase {
            key,
            title: title.replace('\n', " "),
            text,
            place: self.fill(&map.place, fields),
            channel: self
                .coded("channel", &map.channel, fields)?
                .ok_or(Reject::new("the row has no channel", ""))?,
            category: self.coded("category", &map.category, fields)?,
            severity: severity.ok_or(Reject::new("the severity is not from 1 to 5", ""))?,
            unit: self.unit(fields)?,
            raised_at: self.raised_at(fields)?,
            due_at: self.time("due", &map.time.due_at, fields)?,
            closed_at: self.closed_at(fields)?,
            answer: self.fill(&map.answer, fields),
            answered_at: self.time("answered", &map.time.answered_at, fields)?,
        })
    }

    fn refuse_skipped(&self, fields: &[String]) -> Result<(), Reject> {
        let hit = self.map.skip.iter().find_map(|rule| {
            let value = self.fill(&rule.from, fields)?;
            value
                .contains(&rule.contains)
                .then(|| Reject::new(&rule.reason, value))
        });
        hit.map_or(Ok(()), Err)
    }

    fn fill(&self, templates: &Templates, fields: &[String]) -> Option<String> {
        templates
            .fill(self.columns, fields)
            .map(clean)
            .filter(|text| !text.is_empty())
    }

    /// Looks a value up in its table; `None` where it is absent or left open.
    fn coded(&self, name: &str, coded: &Coded, fields: &[String]) -> Result<Option<String>, Reject> {
        let Some(value) = self.fill(&coded.from, fields) else {
            return Ok(coded.default.clone());
        };
        if coded.values.is_empty() {
            return Ok(Some(value));
        }
        match (coded.values.get(&value), coded.unknown) {
            (Some(code), _) => Ok(Some(code.clone())),
            (None, Unknown::Default) => Ok(coded.default.clone()),
            (None, Unknown::Reject) => Err(Reject::new(format!("the map does not know the {name}"), value)),
        }
    }

    fn unit(&self, fields: &[String]) -> Result<Option<UnitId>, Reject> {
        let rule = &self.map.unit;
        let Some(name) = self.coded("unit", rule, fields)? else {
            return Ok(None);
        };
        match ((self.unit)(&name), rule.unknown) {
            (Some(unit), _) => Ok(Some(unit)),
            (None, Unknown::Default) => Ok(rule.default.as_deref().and_then(self.unit)),
            (None, Unknown::Reject) => Err(Reject::new("the org tree has no such unit", name)),
        }
    }

    fn raised_at(&self, fields: &[String]) -> Result<Timestamp, Reject> {
        let rules = &self.map.time;
        match (self.time("raised", &rules.raised_at, fields)?, rules.missing) {
            (Some(at), _) if at > self.as_of => Err(Reject::new(
                "raised after the instant the import is made as of",
                at.to_string(),
            )),
            (Some(at), _) => Ok(at),
            (None, Missing::AsOf) => Ok(self.as_of),
            (None, Missing::Reject) => Err(Reject::new("the row does not say when it was raised", "")),
        }
    }

    fn closed_at(&self, fields: &[String]) -> Result<Option<Timestamp>, Reject> {
        let at = self.time("closed", &self.map.time.closed_at, fields)?;
        let Some(rule) = &self.map.closed else {
            return Ok(at);
        };
        let state = self.fill(&rule.from, fields).unwrap_or_default();
        match (rule.values.contains(&state), at) {
            (true, Some(at)) => Ok(Some(at)),
            (true, None) => Err(Reject::new("closed without a time of closing", state)),
            (false, _) => Ok(None),
        }
    }

    fn time(&self, name: &str, from: &Templates, fields: &[String]) -> Result<Option<Timestamp>, Reject> {
        let Some(text) = self.fill(from, fields) else {
            return Ok(None);
        };
        let formats = self.map.time.formats.iter().map(String::as_str).chain(USUAL);
        let found = formats
            .filter_map(|format| BrokenDownTime::parse(format, &text).ok())
            .find_map(|time| {
                if time.offset().is_some() {
                    return time.to_timestamp().ok();
                }
                let midnight = |()| time.to_date().ok().map(|day| day.at(0, 0, 0, 0));
                let local = time.to_datetime().ok().or_else(|| midnight(()))?;
                self.map.time.utc_offset.0.to_timestamp(local).ok()
            });
        let rule = || {
            Reject::new(
                format!("the time it was {name} at is in no known format"),
                text.clone(),
            )
        };
        found.map(Some).ok_or_else(rule)
    }
}

/// Returns the text without control characters, with one kind of line end, trimmed.
fn clean(text: String) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .collect();
    kept.trim().to_owned()
}

/// Returns the first sentence of `text`, or as much of it as makes a title.
fn beginning(text: &str) -> String {
    let sentence = text
        .split(['。', '！', '？', '\n', '!', '?'])
        .find(|part| !part.trim().is_empty());
    let sentence = sentence.unwrap_or(text).trim();
    match sentence.char_indices().nth(DERIVED_TITLE_CHARS) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
system = "elsewhere"
kind = "complaint"
key = ["{id}"]
title = ["{topic}"]
text = ["{text}"]
place = ["{place}"]
channel = { default = "letter", from = ["{channel}"], values = { Phone = "phone" } }
category = { from = ["{label}"], values = { noise = "living.noise" }, unknown = "default" }
severity = { default = "2" }
unit = { from = ["{unit}"] }
closed = { from = ["{state}"], values = ["Closed"] }
answer = ["{answer}"]

[time]
formats = ["%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d"]
utc_offset = "-05:00"
raised_at = ["{raised}"]
due_at = ["{due}"]
closed_at = ["{closed}"]

[[skip]]
from = ["{label}"]
contains = "|"
reason = "the row has two labels"
"#;

    const NAMES: [&str; 12] = [
        "id", "topic", "text", "place", "channel", "label", "unit", "state", "raised", "due", "closed",
        "answer",
    ];

    /// A valid row, changed by `changes`.
    fn case(changes: &[(&str, &str)]) -> Result<ImportCase, String> {
        case_by(MAP, changes)
    }

    fn case_by(map: &str, changes: &[(&str, &str)]) -> Result<ImportCase, String> {
        let columns = Columns::new(NAMES.iter().map(|name| (*name).to_owned()).collect());
        let valid = [
            ("id", "1"),
            ("text", "停暖"),
            ("raised", "04/12/2018 11:11:26 AM"),
        ];
        let value = |name: &&str| {
            let found = changes.iter().chain(&valid).find(|(column, _)| column == name);
            found.map_or(String::new(), |(_, value)| (*value).to_owned())
        };
        let fields: Vec<String> = NAMES.iter().map(value).collect();
        let map = Map::parse(map).expect("the map is valid");
        let unit = |name: &str| (name == "Housing").then_some(UnitId(uuid::Uuid::nil()));
        let mapping = Mapping {
            map: &map,
            columns: &columns,
            as_of: at("2026-01-01T00:00:00Z"),
            unit: &unit,
        };
        mapping.case(&fields).map_err(|reject| reject.to_string())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn local_times_become_instants_by_the_maps_offset() {
        let case = case(&[("due", "04/13/2018 12:00:00 PM")]).expect("accepted");
        assert_eq!(case.raised_at, at("2018-04-12T16:11:26Z"));
        assert_eq!(case.due_at, Some(at("2018-04-13T17:00:00Z")));
    }

    #[test]
    fn a_day_alone_is_its_first_moment_and_the_usual_forms_are_always_understood() {
        assert_eq!(
            case(&[("due", "2018/04/13")]).expect("accepted").due_at,
            Some(at("2018-04-13T05:00:00Z"))
        );
        let iso = case(&[("raised", "2018-04-13T01:02:03")]).expect("accepted");
        assert_eq!(iso.raised_at, at("2018-04-13T06:02:03Z"));
        for usual in ["2018-04-13 01:02", "2018/4/13 1:02", "2018-04-13 01:02:00"] {
            let case = case(&[("raised", usual)]).expect("accepted");
            assert_eq!(case.raised_at, at("2018-04-13T06:02:00Z"), "{usual}");
        }
    }

    #[test]
    fn a_time_in_no_known_format_rejects_the_row() {
        let reason = case(&[("due", "soon")]).expect_err("rejected");
        assert_eq!(reason, "the time it was due at is in no known format: soon");
        assert!(case(&[("raised", "")]).is_err());
        assert!(case(&[("raised", "04/12/2118 11:11:26 AM")]).is_err());
    }

    #[test]
    fn a_missing_time_may_mean_the_import_itself() {
        let map = MAP.replace("[time]", "[time]\nmissing = \"as_of\"");
        let case = case_by(&map, &[("raised", "")]).expect("accepted");
        assert_eq!(case.raised_at, at("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn a_case_is_closed_if_its_state_says_so() {
        let closed = ("closed", "04/14/2018 12:00:00 AM");
        let ended = |state| case(&[closed, ("state", state)]).map(|case| case.closed_at.is_some());
        assert_eq!(ended("Closed"), Ok(true));
        assert_eq!(ended("Open"), Ok(false));
        assert!(case(&[("state", "Closed")]).is_err());
    }

    #[test]
    fn values_go_through_their_tables() {
        let made = case(&[("channel", "Phone"), ("label", "noise")]).expect("accepted");
        assert_eq!(
            (made.channel.as_str(), made.category.as_deref()),
            ("phone", Some("living.noise"))
        );
        assert_eq!(case(&[("label", "other")]).expect("accepted").category, None);
        let reason = case(&[("channel", "Pigeon")]).expect_err("rejected");
        assert_eq!(reason, "the map does not know the channel: Pigeon");
        assert_eq!(case(&[]).expect("accepted").channel, "letter");
    }

    #[test]
    fn an_unknown_unit_rejects_the_row_or_is_left_open_as_the_map_says() {
        assert!(case(&[("unit", "Housing")]).expect("accepted").unit.is_some());
        assert!(case(&[("unit", "Nobody")]).is_err());
        let map = MAP.replace("unit = { from", "unit = { unknown = \"default\", from");
        assert_eq!(case_by(&map, &[("unit", "Nobody")]).expect("accepted").unit, None);
    }

    #[test]
    fn rows_that_the_map_leaves_out_are_rejected_with_its_reason() {
        assert_eq!(
            case(&[("label", "a|b")]).expect_err("rejected"),
            "the row has two labels: a|b"
        );
    }

    #[test]
    fn a_row_without_key_or_text_is_rejected() {
        assert!(case(&[("id", " ")]).is_err());
        assert!(case(&[("text", "\u{3000}\r\n")]).is_err());
    }

    #[test]
    fn a_missing_title_is_the_first_sentence() {
        assert_eq!(
            case(&[("text", "停暖三天。无人处理")]).expect("accepted").title,
            "停暖三天"
        );
        let long = "长".repeat(100);
        assert_eq!(
            case(&[("text", &long)]).expect("accepted").title.chars().count(),
            DERIVED_TITLE_CHARS + 1
        );
        assert!(case(&[("topic", &"长".repeat(301))]).is_err());
    }

    #[test]
    fn control_characters_are_left_out_and_line_ends_made_one() {
        assert_eq!(
            case(&[("text", "a\0b\r\nc\rd")]).expect("accepted").text,
            "ab\nc\nd"
        );
    }
}
