//! Dependencies point down the list of crates, and the pure crates depend on no runtime.

use std::path::Path;

use anyhow::{Context, Result};

/// The crates from the bottom up: each may depend on those before it.
const ORDER: [&str; 8] = ["core", "packs", "text", "store", "report", "web", "sim", "bihuan"];

/// What the pure crates may depend on.
const PURE: [(&str, &[&str]); 1] = [(
    "core",
    &[
        "hex",
        "jiff",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
        "toml",
        "uuid",
    ],
)];

/// Returns a finding for each dependency that points up, and for each that a pure crate may not have.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for (position, name) in ORDER.iter().enumerate() {
        let path = root.join("crates").join(name).join("Cargo.toml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: toml::Table = text
            .parse()
            .with_context(|| format!("cannot read {}", path.display()))?;
        let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
            continue;
        };
        for dependency in dependencies.keys() {
            let below = dependency
                .strip_prefix("bihuan-")
                .map(|it| ORDER.iter().position(|name| *name == it));
            if below.is_some_and(|at| at.is_none_or(|at| at >= position)) {
                findings.push(format!("crates/{name}: {dependency} stands above it"));
            }
            let allowed = PURE.iter().find(|(pure, _)| pure == name);
            if allowed.is_some_and(|(_, allowed)| !allowed.contains(&dependency.as_str())) {
                findings.push(format!("crates/{name}: {dependency} is not for a pure crate"));
            }
        }
    }
    Ok(findings)
}
