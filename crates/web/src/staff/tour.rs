//! The tour of a demo: what each of its people may try, told where they come in. It follows from what their grants
//! let them do, and can be put away.

use std::collections::BTreeSet;

use crate::ctx::Ctx;

/// Something worth trying.
struct Worth {
    action: &'static str,
    key: &'static str,
    /// Where it is done, where that is not the desk itself.
    href: Option<&'static str>,
}

const fn worth(action: &'static str, key: &'static str, href: Option<&'static str>) -> Worth {
    Worth { action, key, href }
}

/// What is worth trying, by the action that it takes.
const WORTH: [Worth; 9] = [
    worth("handle", "tour-handle", None),
    worth("assign", "tour-assign", None),
    worth("register", "tour-register", Some("/register")),
    worth("verify", "tour-verify", None),
    worth("identity", "tour-identity", None),
    worth("admin", "tour-admin", Some("/people")),
    worth("instruct", "tour-instruct", Some("/leader")),
    worth("answer", "tour-answer", None),
    worth("export", "tour-export", Some("/ledger?filter=overdue")),
];

/// The most that is told at once.
const TOLD: usize = 2;

/// What somebody may try, in words.
pub struct Hint {
    /// The words.
    pub said: String,
    /// Where it is done.
    pub href: Option<&'static str>,
}

/// Returns what somebody with these roles may try: first what the fewest others may.
pub fn hints(ctx: &Ctx, roles: &[&str]) -> Vec<Hint> {
    let holders = |action: &str| -> BTreeSet<&str> {
        let grants = ctx.scene.grants.iter();
        let holding = grants.filter(|grant| grant.actions.iter().any(|held| held == action));
        holding.map(|grant| grant.role.as_str()).collect()
    };
    let mut found: Vec<(usize, &Worth)> = Vec::new();
    for worth in &WORTH {
        let holders = holders(worth.action);
        if roles.iter().any(|role| holders.contains(role)) {
            found.push((holders.len(), worth));
        }
    }
    found.sort_by_key(|(holders, _)| *holders);
    let hint = |(_, worth): (usize, &Worth)| Hint {
        said: ctx.tongue.t(worth.key),
        href: worth.href,
    };
    found.into_iter().take(TOLD).map(hint).collect()
}

/// Returns what the visitor of a demo may try, unless they have put the tour away.
pub fn of_visitor(ctx: &Ctx) -> Vec<Hint> {
    let shown = ctx.tenant.marks().demo && !ctx.tour_hidden;
    match ctx.who.as_ref().filter(|_| shown) {
        Some(who) => {
            let roles: Vec<&str> = who.viewer.roles.iter().map(|(role, _)| role.as_str()).collect();
            hints(ctx, &roles)
        }
        None => Vec::new(),
    }
}
