//! The tour of a demo: what each of its people may try, told where they come in. It follows from what their grants
//! let them do, and can be put away.

use crate::ctx::Ctx;

/// What is worth trying, by the action that it takes; the most telling first.
const WORTH: [(&str, &str); 8] = [
    ("handle", "tour-handle"),
    ("assign", "tour-assign"),
    ("register", "tour-register"),
    ("verify", "tour-verify"),
    ("identity", "tour-identity"),
    ("admin", "tour-admin"),
    ("instruct", "tour-instruct"),
    ("export", "tour-export"),
];

/// The most that is told at once.
const TOLD: usize = 2;

/// Returns what somebody with these roles may try.
pub fn hints(ctx: &Ctx, roles: &[&str]) -> Vec<String> {
    let grants = || {
        ctx.scene
            .grants
            .iter()
            .filter(|grant| roles.contains(&grant.role.as_str()))
    };
    let may = |action: &str| grants().any(|grant| grant.actions.iter().any(|held| held == action));
    let worth = WORTH.iter().filter(|(action, _)| may(action));
    worth.take(TOLD).map(|(_, key)| ctx.tongue.t(key)).collect()
}

/// Returns what the visitor of a demo may try, unless they have put the tour away.
pub fn of_visitor(ctx: &Ctx) -> Vec<String> {
    let shown = ctx.tenant.marks().demo && !ctx.tour_hidden;
    match ctx.who.as_ref().filter(|_| shown) {
        Some(who) => {
            let roles: Vec<&str> = who.viewer.roles.iter().map(|(role, _)| role.as_str()).collect();
            hints(ctx, &roles)
        }
        None => Vec::new(),
    }
}
