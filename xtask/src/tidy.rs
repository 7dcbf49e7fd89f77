//! The house rules that a program can hold: run by `cargo xtask tidy` and by every test run.
//!
//! Each rule looks at the tracked Rust sources and answers with findings; all are reported at once.

mod functions;
mod imports;
mod manifests;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A source file, as the rules see it.
struct Source {
    /// The path from the root of the workspace.
    path: PathBuf,
    /// The whole text.
    text: String,
}

impl Source {
    /// Returns the text before the file's test module, which some rules leave out.
    fn without_tests(&self) -> &str {
        self.text
            .split("\n#[cfg(test)]\nmod ")
            .next()
            .unwrap_or(&self.text)
    }

    /// Whether the file is tests through and through.
    fn is_test(&self) -> bool {
        self.path.components().any(|part| part.as_os_str() == "tests")
    }

    /// Whether the file is part of a crate itself, not of its tests, benches or examples.
    fn is_shipped(&self) -> bool {
        self.path
            .components()
            .nth(2)
            .is_some_and(|part| part.as_os_str() == "src")
    }

    /// Returns the crate's folder name, such as `core`.
    fn krate(&self) -> String {
        let mut parts = self
            .path
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        match parts.next().as_deref() {
            Some("crates") => parts.next().unwrap_or_default(),
            other => other.unwrap_or_default().to_owned(),
        }
    }
}

/// Runs every rule over the workspace at `root`.
///
/// # Errors
/// All findings, a line each.
pub fn run(root: &Path) -> Result<()> {
    let mut sources = Vec::new();
    for folder in ["crates", "xtask"] {
        read_sources(root, &root.join(folder), &mut sources)?;
    }
    let mut findings = manifests::check(root)?;
    findings.extend(imports::check(&sources));
    findings.extend(functions::check(&sources));
    findings.extend(words::check(&sources));
    if findings.is_empty() {
        println!("tidy: {} files, nothing to say", sources.len());
        return Ok(());
    }
    bail!("{} findings\n{}", findings.len(), findings.join("\n"))
}

fn read_sources(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in folder
        .read_dir()
        .with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            read_sources(root, &path, sources)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path)?;
            sources.push(Source {
                path: path.strip_prefix(root)?.to_owned(),
                text,
            });
        }
    }
    Ok(())
}
