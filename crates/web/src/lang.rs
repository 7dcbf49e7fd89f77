//! The visitor's language and the message catalogues 文案.
//!
//! All words that people read come from `assets/text/{zh,en}/*.ftl` by key, in both languages; tests
//! hold both to the same keys and every key used in code or templates to its existence. Names that come
//! with the data (units, kinds, steps) are [`bihuan_core::label::Label`]s and do not pass through here.

use std::borrow::Cow;
use std::sync::LazyLock;

use bihuan_core::label::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

#[derive(RustEmbed)]
#[folder = "assets/text"]
struct Catalogues;

type Bundle = FluentBundle<FluentResource>;

static ZH: LazyLock<Bundle> = LazyLock::new(|| load("zh"));
static EN: LazyLock<Bundle> = LazyLock::new(|| load("en"));

/// What fills a place in a message.
pub type Value<'a> = FluentValue<'a>;

/// Speaks one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tongue(pub Lang);

impl Tongue {
    /// Returns the message of `key`.
    pub fn t(self, key: &str) -> String {
        self.tell(key, &[])
    }

    /// Returns the message of `key` with one place filled.
    pub fn t1(self, key: &str, name: &str, value: impl Fill) -> String {
        self.tell(key, &[(name, value.fill())])
    }

    /// Returns the message of `key` with two places filled.
    pub fn t2(self, key: &str, first: (&str, impl Fill), second: (&str, impl Fill)) -> String {
        self.tell(key, &[(first.0, first.1.fill()), (second.0, second.1.fill())])
    }

    /// Returns the message of `key` with its places filled; the key itself where there is no message,
    /// so that a mistake is seen and harms nobody.
    pub fn tell(self, key: &str, places: &[(&str, Value<'_>)]) -> String {
        let bundle = bundle(self.0);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            debug_assert!(false, "no message {key:?}");
            tracing::error!(key, "no message for a key");
            return key.to_owned();
        };
        let args: FluentArgs<'_> = places
            .iter()
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        let mut problems = Vec::new();
        let said = bundle.format_pattern(pattern, Some(&args), &mut problems);
        debug_assert!(problems.is_empty(), "message {key:?}: {problems:?}");
        said.into_owned()
    }
}

/// Something that can fill a place in a message.
pub trait Fill {
    /// Returns the value to fill in.
    fn fill(&self) -> Value<'static>;
}

impl<T: Fill + ?Sized> Fill for &T {
    fn fill(&self) -> Value<'static> {
        (**self).fill()
    }
}

impl Fill for str {
    fn fill(&self) -> Value<'static> {
        FluentValue::String(Cow::Owned(self.to_owned()))
    }
}

impl Fill for String {
    fn fill(&self) -> Value<'static> {
        self.as_str().fill()
    }
}

macro_rules! fill_number {
    ($($number:ty),*) => {$(
        impl Fill for $number {
            fn fill(&self) -> Value<'static> {
                FluentValue::from(*self)
            }
        }
    )*};
}

fill_number!(u8, u32, u64, usize, i64);

/// Returns the language of a visitor: what the address says, else the cookie, else what the browser
/// prefers, else Chinese.
pub fn choose(query: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Lang {
    query
        .and_then(named)
        .or_else(|| cookie.and_then(named))
        .or_else(|| accept_language.and_then(preferred))
        .unwrap_or_default()
}

/// Returns the language called `name`: `zh` or `en`.
pub fn named(name: &str) -> Option<Lang> {
    match name {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _other => None,
    }
}

/// Returns the name of `lang` in addresses and cookies.
pub fn name(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    }
}

/// Returns the language of an `Accept-Language` header that we speak and that weighs most there.
fn preferred(header: &str) -> Option<Lang> {
    let mut best: Option<(u32, Lang)> = None;
    for entry in header.split(',').take(16) {
        let (range, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .and_then(per_mille)
            .unwrap_or(1000);
        let lang = range
            .trim()
            .get(..2)
            .and_then(|code| named(&code.to_ascii_lowercase()));
        if let Some(lang) = lang
            && weight > 0
            && best.is_none_or(|(most, _)| most < weight)
        {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// Reads a weight such as `0.8` as 800.
fn per_mille(weight: &str) -> Option<u32> {
    let (whole, part) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<u32>().ok()?.min(1) * 1000 + part.parse::<u32>().ok()?)
}

fn bundle(lang: Lang) -> &'static Bundle {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

/// Reads all catalogues of one language. A catalogue that does not parse is a defect of the build, which
/// a test finds; what parses of it is used.
fn load(folder: &str) -> Bundle {
    let tongue = LanguageIdentifier::from_bytes(folder.as_bytes()).unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tongue]);
    bundle.set_use_isolating(false);
    for path in Catalogues::iter().filter(|path| path.starts_with(folder)) {
        let Some(file) = Catalogues::get(&path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let resource = FluentResource::try_new(text).unwrap_or_else(|(parsed, problems)| {
            debug_assert!(problems.is_empty(), "{path}: {problems:?}");
            parsed
        });
        if let Err(problems) = bundle.add_resource(resource) {
            debug_assert!(problems.is_empty(), "{path}: {problems:?}");
        }
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use super::*;

    fn keys(folder: &str) -> BTreeMap<String, String> {
        let mut keys = BTreeMap::new();
        for path in Catalogues::iter().filter(|path| path.starts_with(folder)) {
            let text = String::from_utf8(Catalogues::get(&path).unwrap().data.into_owned()).unwrap();
            for line in text
                .lines()
                .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                let (key, said) = line.split_once(" =").unwrap_or_else(|| panic!("{path}: {line}"));
                let before = keys.insert(key.to_owned(), said.trim().to_owned());
                assert!(before.is_none(), "{path}: {key} is there twice");
            }
        }
        keys
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    /// Whatever stands between two quotes in code and templates; string literals are among it.
    fn literals() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        sources(&root.join("templates"), &mut files);
        let mut found = BTreeSet::new();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            found.extend(text.split('"').skip(1).map(str::to_owned));
        }
        found
    }

    fn is_key(word: &str) -> bool {
        word.contains('-')
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let (zh, en) = (keys("zh"), keys("en"));
        let only_zh: Vec<_> = zh.keys().filter(|key| !en.contains_key(*key)).collect();
        let only_en: Vec<_> = en.keys().filter(|key| !zh.contains_key(*key)).collect();
        assert!(
            only_zh.is_empty() && only_en.is_empty(),
            "only zh: {only_zh:?}; only en: {only_en:?}"
        );
    }

    #[test]
    fn english_has_no_chinese_characters() {
        for (key, said) in keys("en") {
            let chinese = said
                .chars()
                .find(|c| ('\u{2e80}'..='\u{9fff}').contains(c) || ('\u{ff00}'..='\u{ffef}').contains(c));
            assert_eq!(chinese, None, "{key}");
        }
    }

    #[test]
    fn every_key_is_used_and_every_key_used_exists() {
        let known = keys("zh");
        let used = literals();
        let unused: Vec<_> = known.keys().filter(|key| !used.contains(*key)).collect();
        assert!(unused.is_empty(), "never used: {unused:?}");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        sources(&root.join("templates"), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for call in [".t(\"", ".t1(\"", ".t2(\"", ".tell(\""] {
                for rest in text.split(call).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    assert!(
                        !is_key(key) || known.contains_key(key),
                        "{}: no message {key:?}",
                        file.display()
                    );
                }
            }
        }
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        assert_eq!(choose(Some("en"), Some("zh"), Some("zh")), Lang::En);
        assert_eq!(choose(None, Some("en"), Some("zh")), Lang::En);
        assert_eq!(choose(None, None, Some("fr-FR, en-GB;q=0.8, zh;q=0.5")), Lang::En);
        assert_eq!(choose(None, None, Some("en;q=0.2,zh-CN;q=0.9")), Lang::Zh);
        assert_eq!(choose(Some("xx"), Some("?"), Some("fr")), Lang::Zh);
    }
}
