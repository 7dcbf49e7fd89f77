//! The import map: what the columns of another system's file mean.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use jiff::fmt::strtime;
use jiff::tz::Offset;
use serde::Deserialize;

use super::template::{Columns, Templates};

/// An import map. A key that is not listed here is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The other system's name; with the key it tells whether a record is already there.
    pub system: String,
    /// The kind that the records become.
    pub kind: String,
    /// The supervision source that raised them, if one did.
    pub source: Option<String>,
    /// How to read the file, where it cannot be told from the file itself.
    #[serde(default)]
    pub file: FileRules,
    /// The record's key in its system.
    pub key: Templates,
    /// The title; where absent or empty, the beginning of the text.
    #[serde(default)]
    pub title: Templates,
    /// The text.
    pub text: Templates,
    /// Where it is.
    #[serde(default)]
    pub place: Templates,
    /// How it came.
    pub channel: Coded,
    /// Its category's code.
    #[serde(default)]
    pub category: Coded,
    /// From 1 to 5.
    pub severity: Coded,
    /// The responsible unit's name or code.
    #[serde(default)]
    pub unit: Coded,
    /// When things happened.
    pub time: TimeRules,
    /// Which records are closed; where absent, those with a time of closing.
    pub closed: Option<ClosedRule>,
    /// The answer given there.
    #[serde(default)]
    pub answer: Templates,
    /// Records to leave out.
    #[serde(default)]
    pub skip: Vec<SkipRule>,
}

/// How to read the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRules {
    /// The encoding's name, such as `gb18030`; told from the bytes where absent.
    pub encoding: Option<String>,
    /// What stands between the cells; told from the header where absent.
    pub delimiter: Option<char>,
    /// The sheet's name; the first one where absent.
    pub sheet: Option<String>,
}

/// A value that is looked up in a table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coded {
    /// Where the value stands.
    #[serde(default)]
    pub from: Templates,
    /// What each value means; where the table is empty, a value means itself.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// What an absent value means.
    pub default: Option<String>,
    /// What to do with a value that the table does not have.
    #[serde(default)]
    pub unknown: Unknown,
}

/// What to do with a value that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// Reject the row.
    #[default]
    Reject,
    /// Take the default, or leave it open where there is none.
    Default,
}

/// When things happened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRules {
    /// How times are written, as in strptime; the usual forms with the year first are always understood.
    #[serde(default)]
    pub formats: Vec<String>,
    /// The offset of all times that carry none, such as `+08:00`.
    pub utc_offset: UtcOffset,
    /// When it was raised.
    pub raised_at: Templates,
    /// What an absent time of raising means.
    #[serde(default)]
    pub missing: Missing,
    /// When it was due.
    #[serde(default)]
    pub due_at: Templates,
    /// When it was closed.
    #[serde(default)]
    pub closed_at: Templates,
    /// When it was answered.
    #[serde(default)]
    pub answered_at: Templates,
}

/// What an absent time of raising means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The row is rejected.
    #[default]
    Reject,
    /// The instant that the import is made as of.
    AsOf,
}

/// A fixed offset from UTC, written `+08:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcOffset(pub Offset);

impl TryFrom<String> for UtcOffset {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = strtime::parse("%:z", &text).ok().and_then(|time| time.offset());
        parsed
            .map(UtcOffset)
            .ok_or(format!("`{text}` is not an offset such as `+08:00`"))
    }
}

/// Which records are closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedRule {
    /// Where the state stands.
    pub from: Templates,
    /// The states that mean "closed".
    pub values: Vec<String>,
}

/// Records to leave out: rejected, with this reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipRule {
    /// Where the value stands.
    pub from: Templates,
    /// A part of the value that makes the row be left out.
    pub contains: String,
    /// Why.
    pub reason: String,
}

impl Map {
    /// Reads a map; a mistake is reported with its line.
    pub fn parse(text: &str) -> Result<Map> {
        let map: Map = toml::from_str(text).context("the import map is not valid")?;
        if map.system.trim().is_empty() {
            bail!("the import map names no system: `system` is what records are known by");
        }
        let example = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
        for format in &map.time.formats {
            strtime::format(format, &example)
                .with_context(|| format!("the time format `{format}` of the import map is not valid"))?;
        }
        Ok(map)
    }

    /// Refuses a file that lacks columns which the map names, all of them at once.
    pub fn check(&self, columns: &Columns) -> Result<()> {
        let mut missing: Vec<String> = Vec::new();
        for (place, templates) in self.templates() {
            missing.extend(
                templates
                    .unknown(columns)
                    .map(|name| format!("`{name}` (for {place})")),
            );
        }
        if missing.is_empty() {
            return Ok(());
        }
        bail!(
            "the file lacks columns that the map names: {}; it has {}",
            missing.join(", "),
            columns.names.join(", ")
        )
    }

    fn templates(&self) -> impl Iterator<Item = (&'static str, &Templates)> {
        let fixed = [
            ("key", &self.key),
            ("title", &self.title),
            ("text", &self.text),
            ("place", &self.place),
            ("channel", &self.channel.from),
            ("category", &self.category.from),
            ("severity", &self.severity.from),
            ("unit", &self.unit.from),
            ("time.raised_at", &self.time.raised_at),
            ("time.due_at", &self.time.due_at),
            ("time.closed_at", &self.time.closed_at),
            ("time.answered_at", &self.time.answered_at),
            ("answer", &self.answer),
        ];
        let closed = self.closed.iter().map(|rule| ("closed", &rule.from));
        fixed
            .into_iter()
            .chain(closed)
            .chain(self.skip.iter().map(|rule| ("skip", &rule.from)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
system = "elsewhere"
kind = "complaint"
key = ["{id}"]
text = ["{text}"]
channel = { default = "letter" }
severity = { default = "2" }
time = { utc_offset = "+08:00", raised_at = ["{time}"] }
"#;

    fn refusal(text: &str) -> String {
        format!("{:#}", Map::parse(text).expect_err("the map is refused"))
    }

    #[test]
    fn a_small_map_is_read() {
        let map = Map::parse(SMALL).expect("the map is read");
        assert_eq!(map.time.utc_offset.0, jiff::tz::offset(8));
        assert_eq!(map.time.missing, Missing::Reject);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert!(refusal(&format!("colour = 1\n{SMALL}")).contains("colour"));
    }

    #[test]
    fn a_wrong_offset_or_format_is_refused() {
        assert!(refusal(&SMALL.replace("+08:00", "Beijing")).contains("+08:00"));
        let format = SMALL.replace("raised_at", "formats = [\"%Y-%!\"], raised_at");
        assert!(refusal(&format).contains("%Y-%!"));
    }

    #[test]
    fn all_missing_columns_are_named_at_once() {
        let map = Map::parse(SMALL).expect("the map is read");
        let columns = Columns::new(vec!["id".to_owned(), "Text".to_owned()]);
        let message = format!("{:#}", map.check(&columns).expect_err("columns are missing"));
        assert!(
            message.contains("`text` (for text)") && message.contains("`time`"),
            "{message}"
        );
    }

    #[test]
    fn the_shipped_maps_are_valid() {
        for text in [
            include_str!("../../../../examples/import/stream.toml"),
            include_str!("../../../../examples/import/labelled.toml"),
            include_str!("../../../../examples/import/baltimore.toml"),
        ] {
            Map::parse(text).expect("a shipped map is valid");
        }
    }
}
