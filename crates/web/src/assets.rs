//! Style sheet, scripts and pictures that are compiled in, each served under a name that holds its digest.
//!
//! One file per component lies in `assets/css`; they are joined once, in layers, at the first request.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::id::Digest;
use rust_embed::RustEmbed;

use crate::error::WebError;

#[derive(RustEmbed)]
#[folder = "assets/css"]
struct Styles;

#[derive(RustEmbed)]
#[folder = "assets/js"]
struct Scripts;

/// A joined file with its name.
struct Joined {
    name: String,
    text: String,
}

static STYLE: LazyLock<Joined> = LazyLock::new(|| joined("css", style()));
static SCRIPT: LazyLock<Joined> = LazyLock::new(|| joined("js", script()));
static ICON: LazyLock<Joined> =
    LazyLock::new(|| joined("svg", include_str!("../assets/icon.svg").to_owned()));

/// Returns the address of the style sheet.
pub fn style_href() -> String {
    format!("/assets/{}", STYLE.name)
}

/// Returns the address of the script.
pub fn script_href() -> String {
    format!("/assets/{}", SCRIPT.name)
}

/// Returns the address of the icon.
pub fn icon_href() -> String {
    format!("/assets/{}", ICON.name)
}

/// `GET /assets/{name}`: one of the joined files.
pub async fn read_asset(Path(name): Path<String>) -> Result<Response, WebError> {
    let (file, kind) = [
        (&*STYLE, "text/css; charset=utf-8"),
        (&*SCRIPT, "text/javascript; charset=utf-8"),
        (&*ICON, "image/svg+xml"),
    ]
    .into_iter()
    .find(|(file, _)| file.name == name)
    .ok_or(WebError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    Ok((headers, file.text.as_str()).into_response())
}

fn joined(extension: &str, text: String) -> Joined {
    let digest = Digest::of(&[text.as_bytes()]).to_string();
    Joined {
        name: format!("bihuan-{}.{extension}", &digest[..16]),
        text,
    }
}

/// Joins the style files in their layers; tokens stand outside any layer, for they only name values.
fn style() -> String {
    let mut css = String::from("@layer reset, base, components, utilities;\n");
    css.push_str(&file::<Styles>("tokens.css"));
    let mut layer = |name: &str, paths: &[String]| {
        css.push_str(&format!("@layer {name} {{\n"));
        paths.iter().for_each(|path| css.push_str(&file::<Styles>(path)));
        css.push_str("}\n");
    };
    layer("reset", &["reset.css".to_owned()]);
    layer("base", &["base.css".to_owned()]);
    layer("components", &names::<Styles>("components/"));
    layer("utilities", &["utilities.css".to_owned()]);
    css
}

/// Joins the script files, each in a block of its own, so that none sees another's names.
fn script() -> String {
    names::<Scripts>("")
        .iter()
        .map(|path| format!("{{\n{}}}\n", file::<Scripts>(path)))
        .collect()
}

/// Returns the paths under `folder`, sorted, so that the digest is the same in every build.
fn names<Files: RustEmbed>(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = Files::iter()
        .filter(|path| path.starts_with(folder))
        .map(|path| path.into_owned())
        .collect();
    names.sort();
    names
}

fn file<Files: RustEmbed>(path: &str) -> String {
    let file = Files::get(path);
    debug_assert!(file.is_some(), "{path} is compiled in");
    file.map(|file| String::from_utf8_lossy(&file.data).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_has_every_component_once_and_balanced() {
        let css = &STYLE.text;
        assert!(names::<Styles>("components/").len() > 10);
        assert_eq!(css.matches("\n.sheet {").count(), 1);
        assert_eq!(css.matches('{').count(), css.matches('}').count());
    }

    #[test]
    fn the_names_hold_the_digest_of_what_is_served() {
        assert!(
            STYLE
                .name
                .contains(&Digest::of(&[STYLE.text.as_bytes()]).to_string()[..16])
        );
        assert_ne!(STYLE.name, SCRIPT.name);
    }
}
