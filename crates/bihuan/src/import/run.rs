//! Runs an import: each row of the file is accounted for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::intake::Intake;
use super::map::Map;
use super::progress::Progress;
use super::reject::RejectFile;
use super::row::{ImportCase, Mapping, Reject};
use super::sheet::{Row, Sheet};
use super::summary::{Outcome, Summary};

/// How many rows lie between two looks at the progress.
const PROGRESS_ROWS: u64 = 64;

/// What is imported, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The CSV file or workbook.
    pub file: PathBuf,
    /// The import map.
    pub map: PathBuf,
    /// Where rejected rows go.
    pub rejects: PathBuf,
    /// Whether to only say what would become of the rows.
    pub dry_run: bool,
    /// The instant that stands for times the records do not have; nothing may be raised after it.
    pub as_of: Timestamp,
    /// The present instant.
    pub now: Timestamp,
}

/// Reads the map that `options` name.
pub fn read_map(path: &Path) -> Result<Map> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Map::parse(&text).with_context(|| format!("in {}", path.display()))
}

/// Takes the rows of the file into `intake`.
///
/// # Errors
/// A file or map that cannot be read, or an intake that fails; what was accepted until then is there,
/// and the import can be run again.
pub fn run(
    options: &Options,
    map: &Map,
    intake: &mut dyn Intake,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let sheet = Sheet::open(&options.file, &map.file)?;
    map.check(&sheet.columns)?;
    let mut rejects = RejectFile::new(&options.rejects, &sheet.columns);
    let mut summary = Summary {
        read_as: sheet.read_as.clone(),
        ..Summary::default()
    };
    let mut seen = HashSet::new();
    for row in sheet.rows {
        let row = row?;
        let decided = case_of(&row, map, &sheet.columns, options.as_of, intake);
        let outcome = match decided {
            Err(reject) => Outcome::Rejected(reject),
            Ok(case) if !seen.insert(case.key.clone()) => Outcome::AlreadyThere,
            Ok(case) => intake.take(map, case)?,
        };
        if let Outcome::Rejected(reject) = &outcome {
            rejects.write(row.number, reject, &row.fields)?;
        }
        summary.count(&outcome);
        if summary.rows.is_multiple_of(PROGRESS_ROWS) {
            progress.at(row.share, &summary);
        }
    }
    summary.rejects = rejects.finish()?;
    progress.at(1.0, &summary);
    Ok(summary)
}

fn case_of(
    row: &Row,
    map: &Map,
    columns: &super::template::Columns,
    as_of: Timestamp,
    intake: &dyn Intake,
) -> Result<ImportCase, Reject> {
    if let Some(problem) = &row.problem {
        return Err(problem.clone());
    }
    let unit = |name: &str| intake.unit(name);
    Mapping {
        map,
        columns,
        as_of,
        unit: &unit,
    }
    .case(&row.fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::progress::Silent;
    use bihuan_core::id::UnitId;
    use std::collections::BTreeMap;

    const MAP: &str = r#"
system = "elsewhere"
kind = "complaint"
key = ["{id}"]
text = ["{text}"]
channel = { default = "letter" }
severity = { default = "2" }
time = { utc_offset = "+08:00", raised_at = ["{time}"], missing = "as_of" }
"#;

    /// Keeps the cases in memory; refuses those whose text says so.
    #[derive(Default)]
    struct Memory {
        cases: BTreeMap<String, ImportCase>,
    }

    impl Intake for Memory {
        fn unit(&self, _name: &str) -> Option<UnitId> {
            None
        }

        fn take(&mut self, _map: &Map, case: ImportCase) -> Result<Outcome> {
            if case.text == "refuse me" {
                return Ok(Outcome::Rejected(Reject::new("refused", "")));
            }
            let known = self.cases.insert(case.key.clone(), case).is_some();
            Ok(if known {
                Outcome::AlreadyThere
            } else {
                Outcome::Accepted
            })
        }
    }

    fn import(dir: &tempfile::TempDir, bytes: &[u8], into: &mut Memory) -> Result<Summary> {
        let options = Options {
            file: dir.path().join("a.csv"),
            map: dir.path().join("map.toml"),
            rejects: dir.path().join("rejects.csv"),
            dry_run: false,
            now: "2026-01-02T00:00:00Z".parse()?,
            as_of: "2026-01-01T00:00:00Z".parse()?,
        };
        std::fs::write(&options.file, bytes)?;
        std::fs::write(&options.map, MAP)?;
        run(&options, &read_map(&options.map)?, into, &mut Silent)
    }

    #[test]
    fn every_row_is_accounted_for() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut memory = Memory::default();
        let file =
            "id,text,time\n1,a,\n2,b,2020-01-01T00:00:00\n1,a,\n3,,\n4,refuse me,\n5\n6,\"x\ny\",never\n";
        let summary = import(&dir, file.as_bytes(), &mut memory).expect("imported");
        assert_eq!((summary.rows, summary.accepted), (7, 2));
        assert_eq!((summary.already_there, summary.rejected), (1, 4));
        let rejects = std::fs::read_to_string(summary.rejects.expect("a file")).expect("read");
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(rejects.as_bytes());
        let reasons: Vec<String> = reader
            .records()
            .map(|row| row.expect("a row")[1].to_owned())
            .collect();
        assert_eq!(
            reasons,
            [
                "the row has no text",
                "refused",
                "the row does not fit the header: 1 cells for 3 columns",
                "the time it was raised at is in no known format: never",
            ]
        );
    }

    #[test]
    fn a_second_run_finds_everything_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut memory = Memory::default();
        let file = b"id,text,time\n1,a,\n2,b,\n";
        assert_eq!(import(&dir, file, &mut memory).expect("imported").accepted, 2);
        let again = import(&dir, file, &mut memory).expect("imported");
        assert_eq!((again.accepted, again.already_there, again.rejects), (0, 2, None));
    }

    #[test]
    fn a_corrected_file_of_rejects_is_imported_by_the_same_map() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut memory = Memory::default();
        let summary = import(&dir, b"id,text,time\n1,,\n", &mut memory).expect("imported");
        let rejects = std::fs::read_to_string(summary.rejects.expect("a file")).expect("read");
        let corrected = rejects.replace("1,,", "1,found,");
        let summary = import(&dir, corrected.as_bytes(), &mut memory).expect("imported");
        assert_eq!((summary.accepted, summary.rejected), (1, 0));
    }

    #[test]
    fn a_file_without_a_mapped_column_is_refused_before_anything_is_taken_in() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut memory = Memory::default();
        let error = import(&dir, b"id,body,time\n1,a,\n", &mut memory).expect_err("refused");
        assert!(format!("{error:#}").contains("`text`"), "{error:#}");
        assert!(memory.cases.is_empty());
    }
}
