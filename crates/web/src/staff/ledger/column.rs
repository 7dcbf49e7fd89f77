//! The columns of the ledger and of what is exported from it.

use bihuan_core::id::PersonId;
use bihuan_core::pack::model::{Named, Pack, Phase};
use bihuan_report::table::Cell;
use bihuan_store::read::list::ListRow;
use bihuan_store::read::order::SortBy;

use crate::ctx::Ctx;
use crate::show;
use crate::staff::line;

/// A column beside number and title, which every list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The kind.
    Kind,
    /// The category.
    Category,
    /// The responsible unit.
    Unit,
    /// The person in charge.
    Person,
    /// The state.
    State,
    /// The phase.
    Phase,
    /// How it stands to its time.
    Due,
    /// The severity.
    Severity,
    /// How often it was given back.
    Returns,
    /// How often it was taken up again.
    Reopened,
    /// How it came.
    Channel,
    /// Which supervision source raised it.
    Source,
    /// When it was raised.
    Raised,
    /// When it last changed.
    Changed,
    /// When it ended.
    Closed,
}

impl Column {
    /// All, in the order that people see.
    pub const ALL: [Column; 15] = [
        Column::Kind,
        Column::Category,
        Column::Unit,
        Column::Person,
        Column::State,
        Column::Phase,
        Column::Due,
        Column::Severity,
        Column::Returns,
        Column::Reopened,
        Column::Channel,
        Column::Source,
        Column::Raised,
        Column::Changed,
        Column::Closed,
    ];

    /// Those shown where nobody chose.
    pub const DEFAULT: [Column; 6] = [
        Column::Unit,
        Column::State,
        Column::Due,
        Column::Returns,
        Column::Channel,
        Column::Raised,
    ];

    /// Returns its word in addresses and saved views.
    pub fn word(self) -> &'static str {
        match self {
            Column::Kind => "kind",
            Column::Category => "category",
            Column::Unit => "unit",
            Column::Person => "person",
            Column::State => "state",
            Column::Phase => "phase",
            Column::Due => "due",
            Column::Severity => "severity",
            Column::Returns => "returns",
            Column::Reopened => "reopened",
            Column::Channel => "channel",
            Column::Source => "source",
            Column::Raised => "raised",
            Column::Changed => "changed",
            Column::Closed => "closed",
        }
    }

    /// Returns the column with this word.
    pub fn named(word: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.word() == word)
    }

    /// Returns the message for its heading.
    pub fn key(self) -> &'static str {
        match self {
            Column::Kind => "column-kind",
            Column::Category => "column-category",
            Column::Unit => "column-unit",
            Column::Person => "column-person",
            Column::State => "column-state",
            Column::Phase => "column-phase",
            Column::Due => "column-due",
            Column::Severity => "column-severity",
            Column::Returns => "column-returns",
            Column::Reopened => "column-reopened",
            Column::Channel => "column-channel",
            Column::Source => "column-source",
            Column::Raised => "column-raised",
            Column::Changed => "column-changed",
            Column::Closed => "column-closed",
        }
    }

    /// Returns the order that a click on its heading asks for, where there is one.
    pub fn sort(self) -> Option<SortBy> {
        match self {
            Column::Due => Some(SortBy::Due),
            Column::Severity => Some(SortBy::Severity),
            Column::Raised => Some(SortBy::Raised),
            Column::Changed => Some(SortBy::Changed),
            Column::Closed => Some(SortBy::Closed),
            Column::Kind
            | Column::Category
            | Column::Unit
            | Column::Person
            | Column::State
            | Column::Phase
            | Column::Returns
            | Column::Reopened
            | Column::Channel
            | Column::Source => None,
        }
    }

    /// Whether it holds numbers, which stand to the right.
    pub fn is_number(self) -> bool {
        matches!(self, Column::Severity | Column::Returns | Column::Reopened)
    }

    /// Returns its width in a workbook, in characters of half width.
    pub fn width_chars(self) -> u8 {
        match self {
            Column::Category => 36,
            Column::Unit => 24,
            Column::Due | Column::Raised | Column::Changed | Column::Closed => 20,
            Column::Severity | Column::Returns | Column::Reopened => 8,
            Column::Kind
            | Column::Person
            | Column::State
            | Column::Phase
            | Column::Channel
            | Column::Source => 16,
        }
    }

    /// Returns what a row holds in it: the one value that the page shows and a file gets.
    pub fn value(self, ctx: &Ctx, row: &ListRow) -> Cell {
        let pack = ctx.scene.pack(&row.pack).map(|pack| &**pack);
        let kind = pack.and_then(|pack| pack.kind(&row.kind));
        match self {
            Column::Kind => Cell::Text(kind.map_or_else(|| row.kind.clone(), |kind| ctx.name(&kind.title))),
            Column::Category => Cell::Text(line::category(ctx, pack, row)),
            Column::Unit => row.unit.map(|unit| line::unit_name(ctx, unit)).into(),
            Column::Person => row.person.map(|person| person_name(ctx, person)).into(),
            Column::State => {
                let state = kind.and_then(|kind| kind.state(&row.state));
                Cell::Text(state.map_or_else(|| row.state.clone(), |state| ctx.name(&state.title)))
            }
            Column::Phase => Cell::Text(ctx.tongue.t(phase_key(row.phase))),
            Column::Due => row.due_at.into(),
            Column::Severity => Cell::Integer(i64::from(row.severity)),
            Column::Returns => Cell::Integer(i64::from(row.returns)),
            Column::Reopened => Cell::Integer(i64::from(row.reopened)),
            Column::Channel => Cell::Text(named(ctx, pack, &row.channel, Pack::channel)),
            Column::Source => row
                .source
                .as_ref()
                .map(|id| named(ctx, pack, id, Pack::supervision_source))
                .into(),
            Column::Raised => Cell::Instant(row.raised_at),
            Column::Changed => Cell::Instant(row.changed_at),
            Column::Closed => row.closed_at.into(),
        }
    }

    /// Returns a value as the page writes it.
    pub fn shown(ctx: &Ctx, value: Cell) -> String {
        match value {
            Cell::Empty => String::new(),
            Cell::Text(text) => text,
            Cell::Integer(number) => number.to_string(),
            Cell::Instant(at) => show::date(&ctx.scene.calendar, ctx.tongue, at),
            Cell::Date(day) => day.to_string(),
        }
    }
}

/// Returns the message for the phase that a case is in now.
pub fn phase_key(phase: Phase) -> &'static str {
    match phase {
        Phase::Raise => "ledger-phase-raise",
        Phase::Accept => "ledger-phase-accept",
        Phase::Act => "ledger-phase-act",
        Phase::Verify => "ledger-phase-verify",
        Phase::Answer => "ledger-phase-answer",
        Phase::Closed => "ledger-phase-closed",
        Phase::Watch => "ledger-phase-watch",
    }
}

fn named<'a>(
    ctx: &Ctx,
    pack: Option<&'a Pack>,
    id: &str,
    find: impl FnOnce(&'a Pack, &str) -> Option<&'a Named>,
) -> String {
    let named = pack.and_then(|pack| find(pack, id));
    named.map_or_else(|| id.to_owned(), |named| ctx.name(&named.title))
}

fn person_name(ctx: &Ctx, person: PersonId) -> String {
    ctx.scene
        .org
        .person(person)
        .map_or_else(|| person.to_string(), |person| ctx.name(&person.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_word() {
        for column in Column::ALL {
            assert_eq!(Column::named(column.word()), Some(column));
        }
    }
}
