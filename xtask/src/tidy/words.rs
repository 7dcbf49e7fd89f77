//! Words that have no place in the sources, each with what to write instead.

use super::Source;

/// A forbidden text, where it is forbidden, and what to do instead.
struct Rule {
    text: &'static str,
    crates: &'static [&'static str],
    instead: &'static str,
}

/// The crates that know no clock and no chance.
const PURE: &[&str] = &["core", "packs", "text"];

/// Every crate.
const ALL: &[&str] = &[
    "core", "packs", "text", "store", "report", "web", "sim", "bihuan", "xtask",
];

const RULES: [Rule; 8] = [
    Rule {
        text: "Timestamp::now",
        crates: PURE,
        instead: "take the instant as an argument",
    },
    Rule {
        text: "SystemTime",
        crates: PURE,
        instead: "take the instant as an argument",
    },
    Rule {
        text: "Instant::now",
        crates: PURE,
        instead: "take the instant as an argument",
    },
    Rule {
        text: "getrandom",
        crates: PURE,
        instead: "take the entropy as an argument",
    },
    Rule {
        text: "std::fs",
        crates: PURE,
        instead: "take the text as an argument",
    },
    Rule {
        text: "#[ignore",
        crates: ALL,
        instead: "assert what is, or delete the test",
    },
    Rule {
        text: "#[allow(",
        crates: ALL,
        instead: "use #[expect(…, reason = \"…\")]",
    },
    Rule {
        text: "TODO",
        crates: ALL,
        instead: "do it, or file it",
    },
];

/// Returns a finding for each forbidden word.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    // This file names the words; it cannot keep its own rules.
    for source in sources
        .iter()
        .filter(|source| !source.path.ends_with("tidy/words.rs"))
    {
        let krate = source.krate();
        let pure_text = if source.is_shipped() {
            source.without_tests()
        } else {
            ""
        };
        for rule in RULES.iter().filter(|rule| rule.crates.contains(&krate.as_str())) {
            let text = if rule.crates.len() == ALL.len() {
                &source.text
            } else {
                pure_text
            };
            for (at, line) in text.lines().enumerate() {
                if line.contains(rule.text) {
                    let path = source.path.display();
                    findings.push(format!("{path}:{}: {}: {}", at + 1, rule.text, rule.instead));
                }
            }
        }
    }
    findings
}
