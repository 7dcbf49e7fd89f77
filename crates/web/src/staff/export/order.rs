//! What is to be exported, and as what.

use bihuan_core::filter::Checked;
use bihuan_core::permission::READ;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::staff::asked::Asked;
use crate::staff::ledger::place::Place;

/// The action that a grant must hold.
pub const EXPORT: &str = "export";

/// What is to be exported.
#[derive(Clone)]
pub struct Order {
    /// Which cases: what was asked for, within what may be read and exported.
    pub filter: Checked,
    /// In which order, with which columns.
    pub place: Place,
    /// As what.
    pub format: Format,
}

impl Order {
    /// Makes the order of what a place's filter asks for, within what the visitor may read and export.
    ///
    /// # Errors
    /// [`WebError::Forbidden`] if they may export nothing; [`WebError::Filter`] if something is wrong with the filter.
    pub fn of(ctx: &Ctx, place: Place, format: Format) -> Result<Order, WebError> {
        access::permit_general(ctx, EXPORT)?;
        let asked = Asked::of(ctx, &place.filter);
        if !asked.faults.is_empty() {
            return Err(WebError::Filter(asked.text, asked.faults));
        }
        let filter = Checked::and(vec![asked.within(ctx, READ)?, access::scope(ctx, EXPORT)?]);
        Ok(Order {
            filter,
            place,
            format,
        })
    }
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A workbook.
    Xlsx,
    /// Text with commas.
    Csv,
}

impl Format {
    /// Returns the format with this word, which is also the file's ending.
    pub fn named(word: &str) -> Option<Format> {
        [Format::Xlsx, Format::Csv]
            .into_iter()
            .find(|format| format.word() == word)
    }

    /// Returns its word.
    pub fn word(self) -> &'static str {
        match self {
            Format::Xlsx => "xlsx",
            Format::Csv => "csv",
        }
    }

    /// Returns its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Csv => "text/csv; charset=utf-8",
        }
    }
}
