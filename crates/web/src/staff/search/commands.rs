//! Where a search may lead beside cases, units and persons: the pages of the visitor, and their saved views.

use bihuan_core::label::Lang;
use bihuan_text::folded;

use super::Hit;
use super::names::Called;
use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::lang::Tongue;
use crate::staff::ledger::place::Place;
use crate::staff::views;

/// A page to go to.
struct Command {
    /// The message that names it.
    title: &'static str,
    href: &'static str,
    /// The action that a grant must hold for it, if any.
    needs: Option<&'static str>,
    /// The key that does the same.
    key: &'static str,
}

const fn command(
    title: &'static str,
    href: &'static str,
    needs: Option<&'static str>,
    key: &'static str,
) -> Command {
    Command {
        title,
        href,
        needs,
        key,
    }
}

const COMMANDS: &[Command] = &[
    command("area-desk", "/desk", None, "g d"),
    command("area-leader", "/leader", Some("instruct"), "g v"),
    command("area-ledger", "/ledger", None, "g l"),
    command("area-board", "/board", None, "g b"),
    command("area-register", "/register", Some("register"), "g r"),
    command("area-callbacks", "/callbacks", Some("answer"), "g c"),
    command("search-export", "/ledger#export", Some("export"), ""),
    command("search-columns", "/ledger#columns", None, ""),
    command("webhooks-title", "/webhooks", Some("admin"), ""),
    command("keys-title", "/keys", None, "?"),
];

/// Returns the pages and views that fit a text, the best first; all pages where it is empty.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn find(ctx: &Ctx, asked: &str, most: usize) -> Result<Vec<Hit>, WebError> {
    let asked = folded(asked.trim());
    let fit = |called: Called| match asked.is_empty() {
        true => Some(0),
        false => called.fits(&asked),
    };
    let mut found: Vec<(u8, Hit)> = Vec::new();
    for command in COMMANDS.iter().filter(|command| may(ctx, command)) {
        let both = [Lang::Zh, Lang::En].map(|lang| Tongue(lang).t(command.title));
        let called = Called::of(both.iter().map(String::as_str));
        found.extend(fit(called).map(|fit| (fit, Hit::of_command(ctx, command))));
    }
    for view in views::all(ctx).await? {
        let called = Called::of([view.name.as_str()].into_iter());
        let href = views::place_of(&view, Place::default()).href();
        let note = ctx.tongue.t("search-view");
        found.extend(fit(called).map(|fit| (fit, Hit::plain(href, view.name, note))));
    }
    found.sort_by_key(|(fit, _)| *fit);
    Ok(found.into_iter().map(|(_, hit)| hit).take(most).collect())
}

fn may(ctx: &Ctx, command: &Command) -> bool {
    command
        .needs
        .is_none_or(|action| access::permit_general(ctx, action).is_ok())
}

impl Hit {
    fn of_command(ctx: &Ctx, command: &Command) -> Hit {
        Hit::plain(
            command.href.to_owned(),
            ctx.tongue.t(command.title),
            command.key.to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_page_is_offered_once() {
        let pages: BTreeSet<_> = COMMANDS.iter().map(|command| command.href).collect();
        assert_eq!(pages.len(), COMMANDS.len());
    }
}
