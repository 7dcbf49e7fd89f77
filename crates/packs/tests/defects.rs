//! Packs with one defect each are refused for that defect and for nothing else; valid ones are not.
//!
//! A file in `invalid/` is named after its defect and says in its first line which words of the problem
//! it expects.

use std::fs;
use std::path::{Path, PathBuf};

use bihuan_core::pack::parse::parse;

fn packs(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files = fs::read_dir(&folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = files
        .map(|file| file.expect("the folder can be read").path())
        .collect();
    paths.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("packs are UTF-8");
    paths.iter().map(|path| (path.clone(), text(path))).collect()
}

/// Says what is unexpected about the problems of one invalid pack.
fn complaint_about(path: &Path, text: &str) -> Option<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let first = text.lines().next().unwrap_or_default();
    let Some(expected) = first.strip_prefix("# expect: ") else {
        return Some(format!("{name}: the first line does not say what to expect"));
    };
    let Err(problems) = parse(text) else {
        return Some(format!("{name}: accepted, but should be refused: {expected}"));
    };
    let others = problems
        .iter()
        .filter(|problem| !problem.message.contains(expected));
    let others: Vec<String> = others
        .map(|it| format!("{name}:{}: {it}", it.place(text)))
        .collect();
    (!others.is_empty()).then(|| format!("{}\n    expected only: {expected}", others.join("\n")))
}

#[test]
fn every_invalid_pack_is_refused_for_its_one_defect() {
    let packs = packs("invalid");
    assert!(packs.len() >= 24, "only {} invalid packs", packs.len());
    let complaints: Vec<String> = packs
        .iter()
        .filter_map(|(path, text)| complaint_about(path, text))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_problem_has_its_place_in_the_file() {
    for (path, text) in packs("invalid") {
        for problem in parse(&text).expect_err("the pack is invalid") {
            assert!(
                problem.span.start <= problem.span.end && problem.span.end <= text.len(),
                "{path:?}"
            );
        }
    }
}

#[test]
fn every_valid_pack_is_accepted() {
    for (path, text) in packs("valid") {
        let problems = parse(&text).err().unwrap_or_default();
        let lines: Vec<String> = problems
            .iter()
            .map(|it| format!("{} {it}", it.place(&text)))
            .collect();
        assert!(lines.is_empty(), "{path:?}:\n{}", lines.join("\n"));
    }
}
