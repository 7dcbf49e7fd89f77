//! Where in the ledger a page is: filter, order, columns, view and page, all of it in the address.

use bihuan_core::pack::model::Phase;
use bihuan_store::read::order::{Cursor, Sort, SortBy};
use uuid::Uuid;

use super::column::Column;
use super::group::{Density, GroupBy};
use crate::ctx::{escaped, query_value};

/// The order of what has ended: the last first.
pub const LAST_ENDED: Sort = Sort {
    by: SortBy::Closed,
    descending: true,
};

/// A place in the ledger. What a visitor wrote and cannot be read falls back to the default, but for the
/// filter, whose problems are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The filter's text.
    pub filter: String,
    /// The order.
    pub sort: Sort,
    /// The columns beside number and title.
    pub columns: Vec<Column>,
    /// The saved view that it began from.
    pub view: Option<Uuid>,
    /// After which row the page begins.
    pub after: Option<Cursor>,
    /// What the rows of the page are put together by.
    pub group: Option<GroupBy>,
    /// How close the rows stand.
    pub density: Density,
}

/// The fields of an address that make a place.
const FIELDS: [&str; 8] = [
    "filter", "sort", "dir", "columns", "view", "after", "group", "density",
];

impl Default for Place {
    fn default() -> Self {
        Place {
            filter: String::new(),
            sort: Sort {
                by: SortBy::Raised,
                descending: true,
            },
            columns: Column::DEFAULT.to_vec(),
            view: None,
            after: None,
            group: None,
            density: Density::default(),
        }
    }
}

impl Place {
    /// Reads the fields of an address or a form. Columns come as one field with spaces or as several fields.
    pub fn read<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Place {
        let mut place = Place::default();
        let mut columns = Vec::new();
        let mut direction = None;
        let mut by = None;
        for (name, value) in fields {
            match name {
                "filter" => place.filter = value.trim().to_owned(),
                "sort" => by = SortBy::ALL.into_iter().find(|by| by.word() == value),
                "dir" => direction = Some(value == "desc"),
                "columns" => columns.extend(value.split([' ', ',']).filter_map(Column::named)),
                "view" => place.view = value.parse().ok(),
                "after" => place.after = value.parse().ok(),
                "group" => place.group = GroupBy::named(value),
                "density" if value == Density::Compact.word() => place.density = Density::Compact,
                _ => {}
            }
        }
        if let Some(by) = by {
            place.sort = Sort {
                by,
                descending: direction.unwrap_or(begins_descending(by)),
            };
        } else if let Some(descending) = direction {
            place.sort.descending = descending;
        }
        if !columns.is_empty() {
            place.columns = in_order(&columns);
        }
        place
    }

    /// Reads the query of an address.
    pub fn of_query(query: &str) -> Place {
        let fields = FIELDS.map(|name| (name, query_value(query, name)));
        let given = fields.iter();
        Place::read(given.filter_map(|(name, value)| Some((*name, value.as_deref()?))))
    }

    /// Returns the address of this place.
    pub fn href(&self) -> String {
        match self.query() {
            query if query.is_empty() => "/ledger".to_owned(),
            query => format!("/ledger?{query}"),
        }
    }

    /// Returns the address of the board of this place.
    pub fn board_href(&self) -> String {
        match self.query() {
            query if query.is_empty() => "/board".to_owned(),
            query => format!("/board?{query}"),
        }
    }

    /// Returns the query of this place's address.
    pub fn query(&self) -> String {
        let plain = Place::default();
        let mut query = Vec::new();
        // A view that is asked for without a filter is opened as it was kept.
        if !self.filter.is_empty() || self.view.is_some() {
            query.push(format!("filter={}", escaped(&self.filter)));
        }
        if self.sort != plain.sort {
            query.push(format!("sort={}&dir={}", self.sort.by.word(), self.direction()));
        }
        if self.columns != plain.columns {
            query.push(format!("columns={}", escaped(&self.column_words())));
        }
        query.extend(self.view.map(|view| format!("view={view}")));
        query.extend(self.after.as_ref().map(|after| format!("after={after}")));
        query.extend(self.group.map(|by| format!("group={}", by.word())));
        if self.density != plain.density {
            query.push(format!("density={}", self.density.word()));
        }
        query.join("&")
    }

    /// Returns it in the order that the cases of a phase begin with, or those of all phases, unless another was chosen for
    /// those of the phase before: what has ended stands behind all that was raised since.
    pub fn sorted_for(self, phase: Option<Phase>, before: Option<Phase>) -> Place {
        let begins = |phase: Option<Phase>| match phase {
            Some(phase) if phase.is_end() => LAST_ENDED,
            _ => Place::default().sort,
        };
        let sort = match self.sort == begins(before) {
            true => begins(phase),
            false => self.sort,
        };
        Place { sort, ..self }
    }

    /// Returns the columns that are shown: those that were chosen, and the one that the list is sorted by.
    pub fn shown(&self) -> Vec<Column> {
        let sorted = Column::ALL
            .into_iter()
            .find(|column| column.sort() == Some(self.sort.by));
        let chosen = self.columns.iter().copied();
        in_order(&chosen.chain(sorted).collect::<Vec<_>>())
    }

    /// Returns the word of the order's direction.
    pub fn direction(&self) -> &'static str {
        if self.sort.descending { "desc" } else { "asc" }
    }

    /// Returns the words of the columns, as addresses and saved views write them.
    pub fn column_words(&self) -> String {
        self.columns
            .iter()
            .map(|column| column.word())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Returns how the rows stand, as saved views write it: what they are put together by, and how close.
    pub fn layout_words(&self) -> String {
        let group = self.group.map(GroupBy::word);
        let density = (self.density != Density::default()).then(|| self.density.word());
        group.into_iter().chain(density).collect::<Vec<_>>().join(" ")
    }

    /// Returns the same page with its rows as [`Place::layout_words`] wrote it.
    pub fn with_layout(&self, words: &str) -> Place {
        let compact = Density::Compact.word();
        let density = match words.split_whitespace().any(|word| word == compact) {
            true => Density::Compact,
            false => Density::Comfortable,
        };
        Place {
            group: words.split_whitespace().find_map(GroupBy::named),
            density,
            ..self.clone()
        }
    }

    /// Returns the first page under another filter.
    pub fn with_filter(&self, filter: String) -> Place {
        Place {
            filter,
            after: None,
            ..self.clone()
        }
    }

    /// Returns the first page in the order that a click on a heading asks for.
    pub fn sorted_by(&self, by: SortBy) -> Place {
        let descending = if self.sort.by == by {
            !self.sort.descending
        } else {
            begins_descending(by)
        };
        Place {
            sort: Sort { by, descending },
            after: None,
            ..self.clone()
        }
    }

    /// Returns the same page with its rows as close.
    pub fn with_density(&self, density: Density) -> Place {
        Place {
            density,
            ..self.clone()
        }
    }

    /// Returns the words of what is put together and how close, empty where nothing was chosen.
    pub fn group_word(&self) -> &'static str {
        self.group.map_or("", GroupBy::word)
    }

    /// Returns the page after `after`; the first for `None`.
    pub fn at(&self, after: Option<Cursor>) -> Place {
        Place {
            after,
            ..self.clone()
        }
    }
}

/// What is due comes with the earliest first, all else with the greatest.
fn begins_descending(by: SortBy) -> bool {
    by != SortBy::Due
}

/// Returns columns once each, in the order that people see.
fn in_order(chosen: &[Column]) -> Vec<Column> {
    Column::ALL
        .into_iter()
        .filter(|column| chosen.contains(column))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Place {
        Place::of_query(address.split_once('?').map_or("", |(_, query)| query))
    }

    #[test]
    fn a_place_comes_back_from_its_address() {
        let mut place = Place::default();
        assert_eq!(place.href(), "/ledger");
        assert_eq!(read(&place.href()), place);
        place.filter = "单位 属于 \"卫健委\" & 超期 > 3工作日".to_owned();
        place.sort = Sort {
            by: SortBy::Due,
            descending: false,
        };
        place.columns = vec![Column::Unit, Column::Severity];
        place.view = Some(Uuid::from_u128(7));
        assert_eq!(place.layout_words(), "");
        place.group = Some(GroupBy::Due);
        place.density = Density::Compact;
        assert_eq!(read(&place.href()), place);
        assert_eq!(place.layout_words(), "due compact");
        let plain = Place {
            group: None,
            density: Density::Comfortable,
            ..place.clone()
        };
        assert_eq!(plain.with_layout("due compact"), place);
        assert_eq!(place.with_layout("nonsense"), plain);
    }

    #[test]
    fn what_has_ended_is_shown_by_its_end_unless_another_order_was_chosen() {
        let by_default = Place::default();
        let (act, closed, watch) = (Some(Phase::Act), Some(Phase::Closed), Some(Phase::Watch));
        let ended = by_default.clone().sorted_for(closed, None);
        assert_eq!(ended.sort, LAST_ENDED);
        assert_eq!(ended.clone().sorted_for(watch, closed), ended);
        assert_eq!(ended.clone().sorted_for(act, closed), by_default);
        assert_eq!(ended.clone().sorted_for(None, closed), by_default);
        for (chosen, before) in [
            (read("/ledger?sort=severity&dir=desc"), None),
            // What another phase begins with was chosen here.
            (by_default, closed),
            (ended, None),
        ] {
            for phase in [act, watch] {
                assert_eq!(chosen.clone().sorted_for(phase, before), chosen);
            }
        }
    }

    #[test]
    fn what_a_list_is_sorted_by_is_shown() {
        assert_eq!(Place::default().shown(), Column::DEFAULT);
        let ended = read("/ledger?sort=closed&dir=desc");
        assert_eq!(ended.columns, Column::DEFAULT);
        assert_eq!(
            ended.shown(),
            [Column::DEFAULT.as_slice(), &[Column::Closed]].concat()
        );
        assert_eq!(read("/ledger?sort=number&columns=unit").shown(), [Column::Unit]);
    }

    #[test]
    fn nonsense_in_an_address_falls_back_to_the_default() {
        let place = read("/ledger?sort=x&dir=&columns=nothing&view=1&after=%7F");
        assert_eq!(
            place,
            Place {
                sort: Sort {
                    by: SortBy::Raised,
                    descending: false
                },
                ..Place::default()
            }
        );
    }

    #[test]
    fn a_second_click_on_a_heading_turns_the_order() {
        let place = Place::default().sorted_by(SortBy::Due);
        assert!(!place.sort.descending);
        assert!(place.sorted_by(SortBy::Due).sort.descending);
    }
}
