//! An archive run that dies, and loses whatever it had not synced: nothing is missing, and the next run goes on.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use bihuan_store::archive::ARCHIVE_FILE;

use super::forgetting::forget_unsynced;
use super::support::{Directory, Layer, PROGRAM, path};

const ARCHIVE: [&str; 3] = ["archive", "--before", "2026-11-18"];

/// More cases than one batch takes.
const CASES: &str = "300";

#[test]
fn an_archive_run_that_dies_at_any_of_its_syncs_loses_nothing_and_goes_on() {
    let city = Directory::in_database(None);
    city.ok(&["demo", "--no-serve", "--cases", CASES, "--until", "2026-11-20"]);
    let checkpoint = city.file("checkpoint");
    std::fs::write(&checkpoint, city.ok(&["checkpoint"])).expect("kept");
    let events = city.ok(&["export", "events"]);
    let layer = Layer::compile("forgetful");
    let mut deaths = 0;
    let whole = loop {
        let directory = copy_of(&city);
        let died = dies(&directory, &layer.library(), deaths + 1);
        if !died {
            break directory;
        }
        deaths += 1;
        forget_unsynced(&directory.data());
        assert!(
            directory.ok(&["export", "events"]) == events,
            "death {deaths} lost events"
        );
        directory.ok(&ARCHIVE);
        // Looking at everything takes the longest.
        if deaths % 3 == 0 {
            directory.ok(&["verify", "--against", path(&checkpoint)]);
        }
    };
    assert!(
        deaths > 8,
        "it syncs at least twice a batch, and at its beginning and end: {deaths}"
    );
    println!("died at each of {deaths} syncs");
    assert!(whole.data().join(ARCHIVE_FILE).metadata().expect("made").len() > 100_000);
    assert!(whole.ok(&["export", "events"]) == events);
    whole.ok(&["verify", "--against", path(&checkpoint)]);
    let again = whole.ok(&ARCHIVE);
    assert!(again.starts_with("0 cases"), "{again}");
}

/// Copies a city that nobody has open, with its key.
fn copy_of(city: &Directory) -> Directory {
    let copy = Directory::in_database(None);
    let from = format!("{}/.", path(city.root.path()));
    let copied = Command::new("cp")
        .args(["-R", &from])
        .arg(copy.root.path())
        .status();
    assert!(copied.expect("cp is there").success());
    copy
}

/// Archives over a file layer that dies at a sync; returns whether it came to that.
fn dies(directory: &Directory, library: &Path, at: u32) -> bool {
    let data = directory.data().canonicalize().expect("the directory is there");
    let mut archive = Command::new(PROGRAM);
    archive.args(ARCHIVE).arg("--data").arg(&data);
    archive.env("LD_PRELOAD", library).env("FORGETFUL_ROOT", &data);
    archive.env("FORGETFUL_DIES", at.to_string());
    let output = archive.output().expect("the program starts");
    let died = output.status.signal().is_some();
    assert!(
        died || output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    died
}
