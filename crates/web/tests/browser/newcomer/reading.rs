//! What a newcomer is shown and does, page by page: the words that stand there unfolded, those of them that stood on
//! no page before, and the clicks, fields and keys.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use serde_json::Value;

/// The texts that can be seen on the page, each as it stands in a line of its own, with what fields show. Parts that
/// are folded, what is there for screen readers alone, and the mark of a testing directory are left out.
pub const TEXTS: &str = r#"
const texts = new Map();
const add = (place, text) => texts.set(place, `${texts.get(place) ?? ''}${text}`);
const shown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  && !element.closest('.hidden-visually, .skip, .mark-bar, svg, script, style, [aria-hidden=true]');
const block = element => {
  while (getComputedStyle(element).display.startsWith('inline') && element.parentElement) element = element.parentElement;
  return element;
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const { data, parentElement } = walker.currentNode;
  if (data.trim() && shown(parentElement) && parentElement.tagName !== 'OPTION') add(block(parentElement), data);
}
for (const field of document.querySelectorAll('input[type=text], input[type=search], textarea, select')) {
  if (shown(field)) add(field, field.tagName === 'SELECT' ? field.selectedOptions[0]?.text ?? '' : field.value || field.placeholder);
}
return [...texts.values()].map(text => text.replace(/\s+/g, ' ').trim()).filter(Boolean);
"#;

/// One page that was read.
struct Shown {
    name: &'static str,
    /// All words on it.
    words: usize,
    /// Those in lines that stood on no page before.
    new: usize,
}

/// What was shown and done on the way so far.
#[derive(Default)]
pub struct Reading {
    pages: Vec<Shown>,
    lines: BTreeSet<String>,
    pub clicks: usize,
    pub fields: usize,
    pub keys: usize,
}

impl Reading {
    /// Reads a page, given its [`TEXTS`].
    pub fn read(&mut self, name: &'static str, texts: &Value) {
        let mut shown = Shown {
            name,
            words: 0,
            new: 0,
        };
        for text in texts.as_array().unwrap() {
            let text = text.as_str().unwrap();
            let words = text
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .count();
            shown.words += words;
            if self.lines.insert(text.to_owned()) {
                shown.new += words;
            }
        }
        self.pages.push(shown);
    }

    /// Returns the words of the whole way, each line once.
    pub fn words(&self) -> usize {
        self.pages.iter().map(|page| page.new).sum()
    }

    /// Returns how long the acting takes by the keystroke-level model, in seconds: 0.28 for a key, 1.1 for a click,
    /// and 1.35 to make ready for each click and each field.
    pub fn acting_seconds(&self) -> f64 {
        let [keys, clicks, fields] = [self.keys, self.clicks, self.fields]
            .map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        keys * 0.28 + clicks * 1.1 + (clicks + fields) * 1.35
    }
}

impl Display for Reading {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for page in &self.pages {
            writeln!(f, "| {} | {} | {} |", page.name, page.words, page.new)?;
        }
        let (all, new) = (
            self.pages.iter().map(|page| page.words).sum::<usize>(),
            self.words(),
        );
        writeln!(f, "| {} pages | {all} | {new} |", self.pages.len())?;
        let Reading {
            clicks, fields, keys, ..
        } = self;
        let acting = self.acting_seconds();
        write!(f, "{clicks} clicks, {fields} fields, {keys} keys: {acting:.0} s")
    }
}
