//! How the rows of one page stand together. Only the page is put in groups: its rows are those of the list's
//! order, and the next page has its own.

use bihuan_core::pack::model::Phase;
use bihuan_store::read::list::ListRow;

use super::column::{Column, phase_key};
use crate::ctx::Ctx;

/// What the rows of a page are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The phase.
    Phase,
    /// The responsible unit.
    Unit,
    /// The category.
    Category,
    /// The kind.
    Kind,
    /// How it stands to its time.
    Due,
}

/// How close the rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Density {
    /// With air, and what lies under a title.
    #[default]
    Comfortable,
    /// As many rows as a window holds.
    Compact,
}

/// The days ahead that count as soon.
const SOON_DAYS: i64 = 7;

impl GroupBy {
    /// All, in the order that people see.
    pub const ALL: [GroupBy; 5] = [
        GroupBy::Due,
        GroupBy::Phase,
        GroupBy::Unit,
        GroupBy::Category,
        GroupBy::Kind,
    ];

    /// Returns its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            GroupBy::Phase => "phase",
            GroupBy::Unit => "unit",
            GroupBy::Category => "category",
            GroupBy::Kind => "kind",
            GroupBy::Due => "due",
        }
    }

    /// Returns the one with this word.
    pub fn named(word: &str) -> Option<GroupBy> {
        GroupBy::ALL.into_iter().find(|by| by.word() == word)
    }

    /// Returns the message that names it.
    pub fn key(self) -> &'static str {
        match self {
            GroupBy::Phase => "column-phase",
            GroupBy::Unit => "column-unit",
            GroupBy::Category => "column-category",
            GroupBy::Kind => "column-kind",
            GroupBy::Due => "column-due",
        }
    }

    /// Returns the group of a row: its place among those that have an order of their own, and its name.
    fn of(self, ctx: &Ctx, row: &ListRow) -> (usize, String) {
        let named = |column: Column| {
            let said = Column::shown(ctx, column.value(ctx, row));
            // What has no name comes last.
            match said.is_empty() {
                true => (1, ctx.tongue.t("ledger-group-none")),
                false => (0, said),
            }
        };
        match self {
            GroupBy::Phase => (place(row.phase), ctx.tongue.t(phase_key(row.phase))),
            GroupBy::Unit => named(Column::Unit),
            GroupBy::Category => named(Column::Category),
            GroupBy::Kind => named(Column::Kind),
            GroupBy::Due => {
                let (place, key) = due(ctx, row);
                (place, ctx.tongue.t(key))
            }
        }
    }
}

impl Density {
    /// Returns its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Density::Comfortable => "comfortable",
            Density::Compact => "compact",
        }
    }
}

fn place(phase: Phase) -> usize {
    phase as usize
}

/// Returns how a row stands to its time, the most urgent first.
fn due(ctx: &Ctx, row: &ListRow) -> (usize, &'static str) {
    let calendar = &ctx.scene.calendar;
    let (Some(due_at), None) = (row.due_at, row.closed_at) else {
        let closed = row.closed_at.is_some();
        return if closed {
            (5, "ledger-due-closed")
        } else {
            (4, "due-none")
        };
    };
    let (day, today) = (calendar.date_of(due_at), calendar.date_of(ctx.now));
    let ahead = (day - today).get_days();
    match i64::from(ahead) {
        _ if due_at < ctx.now => (0, "ledger-due-over"),
        ..=0 => (1, "ledger-due-today"),
        1..=SOON_DAYS => (2, "ledger-due-soon"),
        _ => (3, "ledger-due-later"),
    }
}

/// Returns rows in their groups, each with its name; all in one without a name where nothing is asked for.
/// Groups without an order of their own come as their first rows do.
pub fn grouped<'a>(
    ctx: &Ctx,
    by: Option<GroupBy>,
    rows: &'a [ListRow],
) -> Vec<(Option<String>, Vec<&'a ListRow>)> {
    let Some(by) = by else {
        return vec![(None, rows.iter().collect())];
    };
    let mut groups: Vec<(usize, String, Vec<&ListRow>)> = Vec::new();
    for row in rows {
        let (place, name) = by.of(ctx, row);
        match groups.iter_mut().find(|(_, known, _)| *known == name) {
            Some((_, _, members)) => members.push(row),
            None => groups.push((place, name, vec![row])),
        }
    }
    groups.sort_by_key(|(place, _, _)| *place);
    let named = groups.into_iter().map(|(_, name, members)| (Some(name), members));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grouping_is_found_by_its_word() {
        for by in GroupBy::ALL {
            assert_eq!(GroupBy::named(by.word()), Some(by));
        }
    }
}
