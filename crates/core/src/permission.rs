//! Who may do what: one decision function, one permit type, deny by default.
