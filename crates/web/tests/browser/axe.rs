//! axe-core, the checker of WCAG, fetched once at a fixed version and held to its digest.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

/// The package and its version.
const PACKAGE: &str = "axe-core@4.10.3";
/// The SHA-512 of its archive.
const DIGEST: &str =
    "Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg==";

/// Returns the checker's script.
pub fn script() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    let archive = folder.join("axe-core-4.10.3.tgz");
    if !archive.exists() {
        fetch(&folder);
    }
    let digest = Sha512::digest(std::fs::read(&archive).unwrap());
    assert_eq!(
        STANDARD.encode(digest),
        DIGEST,
        "{} is another",
        archive.display()
    );
    let taken = Command::new("tar")
        .args(["--extract", "--gzip", "--to-stdout", "--file"])
        .args([archive.as_os_str(), "package/axe.min.js".as_ref()])
        .output()
        .unwrap();
    assert!(taken.status.success(), "{taken:?}");
    String::from_utf8(taken.stdout).unwrap()
}

fn fetch(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let fetched = Command::new("npm")
        .args(["pack", "--silent", PACKAGE, "--pack-destination"])
        .arg(folder)
        .output()
        .expect("the accessibility test needs npm (apt-get install npm)");
    assert!(fetched.status.success(), "{fetched:?}");
}
