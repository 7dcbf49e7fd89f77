//! No function of more than seventy lines, no file of more than its reader can hold.

use super::Source;

/// The most lines a function may have, from its `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// The most lines a file may have before its tests.
const FILE_LINES_MAX: usize = 500;

/// Returns a finding for each function and file that is too long.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let path = source.path.display();
        let lines = source.without_tests().lines().count();
        if lines > FILE_LINES_MAX && !source.is_test() {
            findings.push(format!(
                "{path}: {lines} lines before its tests, more than {FILE_LINES_MAX}"
            ));
        }
        for (name, line, length) in functions(&source.text) {
            if length > FUNCTION_LINES_MAX {
                findings.push(format!(
                    "{path}:{line}: fn {name} has {length} lines, more than {FUNCTION_LINES_MAX}"
                ));
            }
        }
    }
    findings
}

/// Returns name, first line and length of each function, by the indentation that rustfmt gives.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let Some(name) = name_of(code) else { continue };
        let close = format!("{}}}", " ".repeat(indent));
        if let Some(length) = lines[at..].iter().position(|line| **line == close) {
            found.push((name.to_owned(), at + 1, length + 1));
        }
    }
    found
}

fn name_of(code: &str) -> Option<&str> {
    let mut rest = code;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "async ", "const "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    // A function in one line, or a declaration without a body, has no closing brace of its own.
    let open_ended = !code.ends_with(';') && !code.ends_with('}');
    open_ended.then(|| rest.split(['(', '<']).next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_is_found() {
        let text = format!(
            "fn short() {{\n}}\n\npub async fn long() {{\n{}}}\n",
            "    f();\n".repeat(80)
        );
        let source = Source {
            path: "crates/x/src/a.rs".into(),
            text,
        };
        assert_eq!(
            check(&[source]),
            ["crates/x/src/a.rs:4: fn long has 82 lines, more than 70"]
        );
    }
}
