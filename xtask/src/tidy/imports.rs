//! No circle of imports between the modules of a crate.
//!
//! A module that says `use crate::a::b::Item` or writes such a path leans on the module `a::b`. Leaning is
//! followed from file to file; a circle is a finding. A `mod` line is not an import.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Source;

/// Modules of a crate, each with those it leans on.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns a finding for each circle.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut crates: BTreeMap<String, Vec<&Source>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        crates.entry(source.krate()).or_default().push(source);
    }
    crates
        .iter()
        .flat_map(|(name, files)| circles(name, &graph(files)))
        .collect()
}

fn graph(files: &[&Source]) -> Graph {
    let modules: BTreeSet<String> = files.iter().map(|file| module_of(&file.path)).collect();
    files
        .iter()
        .map(|file| {
            let here = module_of(&file.path);
            let paths = paths_in(file.without_tests(), &here);
            let leans = paths
                .iter()
                .filter_map(|path| nearest_module(path, &modules))
                .filter(|it| *it != here);
            (here.clone(), leans.collect())
        })
        .collect()
}

/// Returns the module a file is, such as `filter::parse`; the crate's root is the empty name.
fn module_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    let inside = text.split_once("/src/").map_or(&*text, |(_, inside)| inside);
    let name = inside
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .replace('/', "::");
    if name == "lib" || name == "main" {
        String::new()
    } else {
        name
    }
}

/// Returns the longest beginning of `path` that is a module other than the root.
fn nearest_module(path: &str, modules: &BTreeSet<String>) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    (1..=parts.len())
        .rev()
        .map(|n| parts[..n].join("::"))
        .find(|name| modules.contains(name))
}

/// Returns the paths that `text` writes from the crate's root, from its parent or from itself.
fn paths_in(text: &str, here: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    for (start, root) in ["crate::", "super::"]
        .iter()
        .flat_map(|root| code.match_indices(*root))
    {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ':') {
            continue;
        }
        let parent = here.rsplit_once("::").map_or("", |(parent, _)| parent);
        let base = if root == "crate::" { "" } else { parent };
        expand(&code[start + root.len()..], base, &mut paths);
    }
    paths
}

/// Reads one path, with braces, from the beginning of `rest` and adds all it names below `base`.
fn expand(rest: &str, base: &str, paths: &mut Vec<String>) -> usize {
    let word_end = rest
        .find(|it: char| !it.is_alphanumeric() && it != '_')
        .unwrap_or(rest.len());
    let word = &rest[..word_end];
    let joined = if base.is_empty() || word.is_empty() {
        format!("{base}{word}")
    } else {
        format!("{base}::{word}")
    };
    if let Some(after) = rest[word_end..].strip_prefix("::") {
        return rest.len() - after.len() + expand(after, &joined, paths);
    }
    if !word.is_empty() || !rest.starts_with('{') {
        paths.push(joined);
        return word_end;
    }
    let mut at = 1;
    while at < rest.len() && !rest[at..].starts_with('}') {
        let skipped = rest[at..].len() - rest[at..].trim_start_matches([' ', '\n', ',']).len();
        at += skipped;
        if rest[at..].starts_with('}') {
            break;
        }
        at += expand(&rest[at..], base, paths).max(1);
    }
    (at + 1).min(rest.len())
}

fn circles(krate: &str, graph: &Graph) -> Vec<String> {
    let mut found = BTreeSet::new();
    for start in graph.keys() {
        if let Some(circle) = way_back(start, graph) {
            // The same circle is met from each of its modules; it is told from the first by name.
            if circle.iter().min() == Some(start) {
                found.insert(format!(
                    "crates/{krate}: imports go in a circle: {} → {start}",
                    circle.join(" → ")
                ));
            }
        }
    }
    found.into_iter().collect()
}

/// Returns the shortest way from `start` back to itself.
fn way_back(start: &str, graph: &Graph) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in graph.get(way.last()?).into_iter().flatten() {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([way.clone(), vec![next.clone()]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_circle_is_found_and_told_once() {
        let files = [
            source("crates/x/src/a.rs", "use crate::b::{c::Item, Other};"),
            source("crates/x/src/b.rs", "use std::fmt;"),
            source("crates/x/src/b/c.rs", "fn f() { crate::a::g() }"),
        ];
        assert_eq!(check(&files), ["crates/x: imports go in a circle: a → b::c → a"]);
    }

    #[test]
    fn leaning_one_way_is_no_circle() {
        let files = [
            source(
                "crates/x/src/a.rs",
                "pub mod child;\nuse super::b;\nfn f() { b::g() }",
            ),
            source(
                "crates/x/src/a/child.rs",
                "use super::super::b::G; // crate::a in a comment\n",
            ),
            source("crates/x/src/b.rs", "pub struct G;"),
        ];
        assert_eq!(check(&files), Vec::<String>::new());
    }
}
