//! Texts put together from a row's columns.

use std::collections::HashMap;

use serde::Deserialize;

/// The column names of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The names as the file has them, from left to right.
    pub names: Vec<String>,
    at: HashMap<String, usize>,
}

impl Columns {
    /// Takes the names of a header; of two equal names the first one counts.
    pub fn new(header: Vec<String>) -> Self {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let at = names
            .iter()
            .enumerate()
            .rev()
            .map(|(at, name)| (name.clone(), at))
            .collect();
        Columns { names, at }
    }

    /// Returns the trimmed cell of `fields` in the column `name`; empty where there is none.
    fn cell<'a>(&self, fields: &'a [String], name: &str) -> &'a str {
        self.at
            .get(name)
            .and_then(|at| fields.get(*at))
            .map_or("", |cell| cell.trim())
    }

    fn has(&self, name: &str) -> bool {
        self.at.contains_key(name)
    }
}

/// Ways to put a text together, the best first: `["{detail}", "{topic} {place}"]`.
///
/// The first one whose columns are all filled is used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Templates(Vec<Vec<Part>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Column(String),
}

impl From<Vec<String>> for Templates {
    fn from(texts: Vec<String>) -> Self {
        Templates(texts.iter().map(|text| parts(text)).collect())
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((words, (column, after))) = rest
        .split_once('{')
        .and_then(|(words, tail)| Some((words, tail.split_once('}')?)))
    {
        if !words.is_empty() {
            parts.push(Part::Words(words.to_owned()));
        }
        parts.push(Part::Column(column.trim().to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest.to_owned()));
    }
    parts
}

impl Templates {
    /// Returns the text of the first way whose columns are all filled.
    pub fn fill(&self, columns: &Columns, fields: &[String]) -> Option<String> {
        self.0.iter().find_map(|template| fill(template, columns, fields))
    }

    /// Returns the columns that are named but not there.
    pub fn unknown<'a>(&'a self, columns: &'a Columns) -> impl Iterator<Item = &'a str> {
        self.0.iter().flatten().filter_map(|part| match part {
            Part::Column(name) if !columns.has(name) => Some(name.as_str()),
            Part::Column(_) | Part::Words(_) => None,
        })
    }
}

fn fill(template: &[Part], columns: &Columns, fields: &[String]) -> Option<String> {
    let mut text = String::new();
    for part in template {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Column(name) => match columns.cell(fields, name) {
                "" => return None,
                cell => text.push_str(cell),
            },
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(templates: &[&str], fields: [&str; 2]) -> Option<String> {
        let columns = Columns::new(vec![" a".to_owned(), "b".to_owned()]);
        let templates = Templates::from(templates.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        templates.fill(&columns, &fields.map(str::to_owned))
    }

    #[test]
    fn the_first_way_with_all_columns_filled_is_used() {
        assert_eq!(
            filled(&["{a} at {b}", "{a}"], ["x", "y"]).as_deref(),
            Some("x at y")
        );
        assert_eq!(filled(&["{a} at {b}", "{a}"], ["x", "  "]).as_deref(), Some("x"));
        assert_eq!(filled(&["{a} at {b}", "{a}"], ["", "y"]), None);
        assert_eq!(filled(&["{b}", "known"], ["", ""]).as_deref(), Some("known"));
    }

    #[test]
    fn columns_that_are_not_there_are_named() {
        let columns = Columns::new(vec!["a".to_owned()]);
        let templates = Templates::from(vec!["{a}{c}".to_owned(), "{d".to_owned()]);
        assert_eq!(templates.unknown(&columns).collect::<Vec<_>>(), ["c"]);
    }
}
