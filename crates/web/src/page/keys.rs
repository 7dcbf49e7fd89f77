//! The keys of the staff's pages, as the help lists them. What they do is in `assets/js/keys.js`, and on the
//! page: an element that carries `data-key` is reached by that key.

use super::{Area, Page};

/// A key, or keys pressed one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// What is pressed, one after the other.
    pub pressed: &'static [&'static str],
    /// The message that says what it does.
    pub does: &'static str,
}

/// The keys of one kind of page.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// The message that names it.
    pub title: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    on: fn(&Page) -> bool,
}

const fn key(pressed: &'static [&'static str], does: &'static str) -> Key {
    Key { pressed, does }
}

/// All keys, the general ones first.
pub const ALL: &[Keys] = &[
    Keys {
        title: "keys-everywhere",
        keys: &[
            key(&["?"], "keys-help"),
            key(&["/"], "keys-search"),
            key(&["g", "d"], "keys-desk"),
            key(&["g", "i"], "keys-inbox"),
            key(&["g", "l"], "keys-ledger"),
            key(&["g", "b"], "keys-board"),
            key(&["g", "r"], "keys-register"),
            key(&["g", "v"], "keys-leader"),
            key(&["g", "c"], "keys-callbacks"),
        ],
        on: |_| true,
    },
    Keys {
        title: "keys-lists",
        keys: &[
            key(&["j"], "keys-down"),
            key(&["k"], "keys-up"),
            key(&["Enter"], "keys-open"),
            key(&["x"], "keys-choose"),
            key(&["b"], "keys-bulk"),
            key(&["f"], "keys-filter"),
        ],
        on: |page| page.area == Some(Area::Desk) || page.area == Some(Area::Ledger) && !is_case(page),
    },
    Keys {
        title: "keys-cards",
        keys: &[
            key(&["j"], "keys-down"),
            key(&["k"], "keys-up"),
            key(&["← ↑ ↓ →"], "keys-arrows"),
            key(&["Enter"], "keys-open"),
            key(&["m"], "keys-moves"),
            key(&["f"], "keys-filter"),
        ],
        on: |page| page.area == Some(Area::Board) && !is_case(page),
    },
    Keys {
        title: "keys-lists",
        keys: &[
            key(&["j"], "keys-down"),
            key(&["k"], "keys-up"),
            key(&["Enter"], "keys-open"),
            key(&["m"], "keys-moves"),
        ],
        on: |page| page.area == Some(Area::Leader),
    },
    Keys {
        title: "keys-case",
        keys: &[key(&["n"], "keys-next"), key(&["u"], "keys-back")],
        on: is_case,
    },
    Keys {
        title: "keys-calls",
        keys: &[
            key(&["o"], "keys-calls-open"),
            key(&["1 … 5"], "keys-calls-note"),
            key(&["w"], "keys-calls-write"),
        ],
        on: |page| page.area == Some(Area::Callbacks),
    },
    Keys {
        title: "keys-form",
        keys: &[
            key(&["Alt + 1 … 9"], "keys-form-field"),
            key(&["Alt + T"], "keys-form-template"),
            key(&["Alt + Q"], "keys-form-same"),
            key(&["Alt + C"], "keys-form-category"),
            key(&["Alt + S"], "keys-form-send"),
        ],
        on: |page| page.area == Some(Area::Register),
    },
];

fn is_case(page: &Page) -> bool {
    page.here.starts_with("/cases/")
}

impl Page {
    /// Returns the keys that do something on this page.
    pub fn keys(&self) -> impl Iterator<Item = &'static Keys> {
        ALL.iter().filter(|keys| (keys.on)(self))
    }
}
