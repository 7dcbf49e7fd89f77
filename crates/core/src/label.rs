//! A short text in both languages of the product.

use serde::{Deserialize, Serialize};

/// The language that a page, a message or an export is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Simplified Chinese, the product's first language.
    #[default]
    Zh,
    /// English.
    En,
}

/// A name or sentence in Chinese and in English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The Chinese text; never empty.
    pub zh: String,
    /// The English text; never empty in shipped packs.
    pub en: String,
}

impl Label {
    /// Makes a label from its two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Label {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// Returns the text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}
