//! The ids that a pack defines, collected before anything that cites them is read.

use super::section::{Problems, Section, Text, unknown};

/// The ids that rules may cite.
pub(super) struct Refs {
    sources: Vec<String>,
    clocks: Vec<String>,
    messages: Vec<String>,
    taxonomies: Vec<String>,
}

impl Refs {
    /// Collects the ids from the root of a pack.
    pub(super) fn collect(root: &mut Section<'_, '_>) -> Refs {
        // Tables of the wrong type are reported when they are read in full.
        let mut ignored = Problems::new();
        let mut ids = |key| {
            root.named(key, &mut ignored)
                .into_iter()
                .map(|(id, _)| id.text)
                .collect()
        };
        Refs {
            sources: ids("sources"),
            clocks: ids("clocks"),
            messages: ids("messages"),
            taxonomies: ids("taxonomies"),
        }
    }

    /// Reads the source that a rule must cite.
    pub(super) fn source(&self, section: &mut Section<'_, '_>, out: &mut Problems) -> String {
        let text = section.text("source", out);
        cite("source", text, &self.sources, section.subject(), out)
    }

    /// Reads the source that a rule may name under `key`.
    pub(super) fn optional_source(
        &self,
        key: &'static str,
        section: &mut Section<'_, '_>,
        out: &mut Problems,
    ) -> Option<String> {
        let text = section.optional_text(key, out)?;
        Some(cite("source", text, &self.sources, section.subject(), out))
    }

    pub(super) fn message(&self, text: Text, subject: &str, out: &mut Problems) -> String {
        cite("message", text, &self.messages, subject, out)
    }

    pub(super) fn taxonomy(&self, text: Text, subject: &str, out: &mut Problems) -> String {
        cite("taxonomy", text, &self.taxonomies, subject, out)
    }

    pub(super) fn clock(&self, text: Text, subject: &str, out: &mut Problems) -> String {
        cite("clock", text, &self.clocks, subject, out)
    }

    /// Returns the clocks that a procedure may name: those of the pack and its own.
    pub(super) fn with_clocks(&self, own: &[String]) -> Refs {
        Refs {
            sources: self.sources.clone(),
            clocks: self.clocks.iter().chain(own).cloned().collect(),
            messages: self.messages.clone(),
            taxonomies: self.taxonomies.clone(),
        }
    }
}

/// Reports a text that names nothing among `known`, and returns it.
pub(super) fn cite(what: &str, text: Text, known: &[String], subject: &str, out: &mut Problems) -> String {
    if !text.text.is_empty() && !known.contains(&text.text) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        out.push(unknown(what, &text, &known, subject));
    }
    text.text
}
