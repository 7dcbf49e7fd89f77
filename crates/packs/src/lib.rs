//! The packs that come with Bihuan: the 12345 hotline, petitions, and the rectification of listed problems.
//!
//! A pack is TOML of our own under this crate; [`bihuan_core::pack`] reads and proves it. The categories of
//! matters and what the staff is told are files that are put behind each pack that includes them, so that the
//! text of a pack, as an installation keeps it in its log, is whole by itself. [`assemble`] does the same for packs
//! on disk.

#![warn(missing_docs)]

use bihuan_core::pack::model::Pack;
use bihuan_core::pack::parse::{includes, parse};
use bihuan_core::problem::Problem;

/// The 12345 hotline 热线.
pub const HOTLINE: &str = concat!(
    include_str!("../hotline/pack.toml"),
    "\n",
    include_str!("../taxonomies/matters.toml"),
    "\n",
    include_str!("../notifications/staff.toml")
);

/// Petitions 信访.
pub const PETITION: &str = concat!(
    include_str!("../petition/pack.toml"),
    "\n",
    include_str!("../taxonomies/matters.toml"),
    "\n",
    include_str!("../notifications/staff.toml")
);

/// The rectification 整改 of listed problems.
pub const RECTIFICATION: &str = concat!(
    include_str!("../rectification/pack.toml"),
    "\n",
    include_str!("../taxonomies/matters.toml"),
    "\n",
    include_str!("../notifications/staff.toml")
);

/// The working-day calendar 工作日历 of China: the notices of 2007 to 2026, and 2027 provisional 暂定.
pub const CALENDAR_CN: &str = include_str!("../calendars/cn.toml");

/// The texts of all packs that are shipped.
pub const TEXTS: [&str; 3] = [HOTLINE, PETITION, RECTIFICATION];

/// Reads and proves all packs that are shipped.
///
/// # Errors
/// The problems of the first pack that has any, with the text they are in; a test holds that none has.
pub fn shipped() -> Result<Vec<Pack>, (&'static str, Vec<Problem>)> {
    TEXTS
        .into_iter()
        .map(|text| parse(text).map_err(|problems| (text, problems)))
        .collect()
}

/// Puts the files that a pack includes behind its text, in their order.
///
/// `read` returns the text of a file by the name that the pack calls it, which is a path from where the pack
/// lies. An included file includes no others.
///
/// # Errors
/// The first error of `read`.
pub fn assemble<E>(pack: &str, mut read: impl FnMut(&str) -> Result<String, E>) -> Result<String, E> {
    let mut text = pack.to_owned();
    for file in includes(pack) {
        text.push('\n');
        text.push_str(&read(&file)?);
    }
    Ok(text)
}

/// Returns the shipped file that a pack anywhere may include by its name, which may stand behind a path.
pub fn shared(file: &str) -> Option<&'static str> {
    match file.rsplit('/').next() {
        Some("matters.toml") => Some(include_str!("../taxonomies/matters.toml")),
        Some("staff.toml") => Some(include_str!("../notifications/staff.toml")),
        Some(_) | None => None,
    }
}
