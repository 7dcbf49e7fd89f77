//! How pages look beyond what the browser says by itself: in large print 适老化, with high contrast, or both.
//! Everybody chooses for themselves; a cookie keeps it, as it does the language.

/// How pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Whether print is larger.
    pub large: bool,
    /// Whether contrast is higher.
    pub contrast: bool,
}

impl Look {
    /// Returns the look of a visitor: what the address says, else the cookie, else the usual.
    pub fn choose(query: Option<&str>, cookie: Option<&str>) -> Look {
        let found = query
            .and_then(Look::named)
            .or_else(|| cookie.and_then(Look::named));
        found.unwrap_or_default()
    }

    /// Returns its name in addresses and in the cookie.
    pub fn name(self) -> &'static str {
        match (self.large, self.contrast) {
            (false, false) => "plain",
            (true, false) => "large",
            (false, true) => "contrast",
            (true, true) => "large-contrast",
        }
    }

    /// Returns the classes of the root element.
    pub fn classes(self) -> &'static str {
        match (self.large, self.contrast) {
            (false, false) => "",
            (true, false) => "large",
            (false, true) => "contrast",
            (true, true) => "large contrast",
        }
    }

    fn named(name: &str) -> Option<Look> {
        [false, true]
            .into_iter()
            .flat_map(|large| [false, true].map(|contrast| Look { large, contrast }))
            .find(|look| look.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie_and_what_is_unknown_changes_nothing() {
        let both = Look {
            large: true,
            contrast: true,
        };
        assert_eq!(Look::choose(Some("large-contrast"), Some("large")), both);
        assert_eq!(Look::choose(Some("x"), Some("large-contrast")), both);
        assert_eq!(Look::choose(Some("plain"), Some("large")), Look::default());
        assert_eq!(Look::choose(None, None), Look::default());
    }
}
